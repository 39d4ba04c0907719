"""A step in words: what is counted, how fast, and how long it still takes."""

from __future__ import annotations

import pytest

from unipic.core.progress import BYTE, Step


@pytest.mark.parametrize(
    ("step", "seconds", "words"),
    [
        (Step("Reading", 0, 0), 9, "Reading"),
        (Step("Reading", 1, 692, "photo"), 9, "Reading · 1 of 692 photos · Starting…"),
        (Step("Reading", 100, 692, "photo"), 4, "Reading · 100 of 692 photos"),
        (Step("Reading", 100, 692, "photo"), 10, "Reading · 100 of 692 photos · 10 a second · 59 s left"),
        (Step("Reading", 10, 20), 10, "Reading · 10 of 20 · 1 a second · 10 s left"),
        (Step("Fetching", 50_000, 200_000, BYTE), 10, "Fetching · 50.0 kB of 200 kB · 5.0 kB a second · 30 s left"),
    ],
)
def test_a_step_in_words(step: Step, seconds: float, words: str) -> None:
    assert step.told(seconds) == words


def test_the_share_is_at_most_1() -> None:
    assert [Step("Reading", done, 2).share for done in (0, 1, 3)] == [0.0, 0.5, 1.0]
    assert Step("Reading", 3, 0).share == 0.0
