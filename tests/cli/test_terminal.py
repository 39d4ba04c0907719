"""Bars while the command line works."""

from typing import Any

import pytest
import rich.progress

from cli import terminal
from cli.terminal import progress_bars
from unipic.core.progress import Step


def test_what_cannot_be_counted_ends_when_the_counted_stage_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network is loaded when the first picture asks for it, amid the pictures."""
    made: list[rich.progress.Progress] = []

    class Watched(rich.progress.Progress):
        def __init__(self, *given: Any, **options: Any) -> None:
            super().__init__(*given, **options)
            made.append(self)

    monkeypatch.setattr(rich.progress, "Progress", Watched)
    with progress_bars(quiet=True) as progress:
        told = []
        for step in (Step("Reading photos", 0, 9), Step("Loading a network", 0, 0), Step("Reading photos", 1, 9)):
            progress(step)
            told.append([(task.description, task.completed, task.total) for task in made[0].tasks])
    assert told[1:] == [
        [("Reading photos", 0, 9), ("Loading a network", 0, None)],
        [("Reading photos", 1, 9), ("Loading a network", 1, 1)],
    ]


def test_thousands_of_steps_in_a_moment_are_not_each_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    updates: list[float] = []
    update = rich.progress.Progress.update

    def counted(self: rich.progress.Progress, *given: Any, **options: Any) -> None:
        updates.append(options["completed"])
        update(self, *given, **options)

    monkeypatch.setattr(rich.progress.Progress, "update", counted)
    monkeypatch.setattr(terminal, "BAR_INTERVAL_S", 3600.0)
    with progress_bars(quiet=True) as progress:
        for done in range(5001):
            progress(Step("Reading photos", done, 5000))
    assert updates == [0, 5000]
