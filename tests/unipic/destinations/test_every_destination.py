"""What holds for all destinations: a plan is only a plan, a result is what the plan said, and everything is told."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.helpers.galleries import photo

from unipic.core.errors import Cancelled, DestinationError
from unipic.core.files import hash_file
from unipic.core.photo import Photo
from unipic.core.progress import Step
from unipic.destinations.aside import AsideDestination
from unipic.destinations.base import Destination, Item, Plan, export
from unipic.destinations.folder import FolderDestination
from unipic.destinations.list import ListDestination
from unipic.destinations.zip import ZipDestination
from unipic.review.outcomes import Outcome

DESTINATIONS: dict[str, Callable[[Path, Path], Destination]] = {
    "zip": lambda photos, out: ZipDestination(out / "clean.zip"),
    "folder": lambda photos, out: FolderDestination(out / "clean"),
    "csv": lambda photos, out: ListDestination(out / "list.csv"),
    "json": lambda photos, out: ListDestination(out / "list.json"),
    "aside": lambda photos, out: AsideDestination([photos]),
}
COPIES = ("zip", "folder")


def on_disk(path: Path) -> Photo:
    """A file that contains its own name."""
    path.write_bytes(path.name.encode())
    return photo(path.name, name=path.name, path=str(path), digest=hash_file(path), size=len(path.name))


@pytest.fixture(params=DESTINATIONS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def outcomes(tmp_path: Path) -> list[Outcome]:
    """Two photos that stay, and a copy of the first that goes."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "out").mkdir()
    first, copy, other = (on_disk(tmp_path / "photos" / name) for name in ("a.jpg", "b.jpg", "c.jpg"))
    return [
        Outcome(first, "kept", "the best"),
        Outcome(copy, "set aside", "a copy of a.jpg", (first,)),
        Outcome(other, "kept", "one of its kind"),
    ]


def open_destination(kind: str, tmp_path: Path) -> Destination:
    return DESTINATIONS[kind](tmp_path / "photos", tmp_path / "out")


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Content and time of change of every file, by its path."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): (path.read_bytes(), os.stat(path).st_mtime_ns) for path in found}


def planned(kind: str, outcomes: list[Outcome]) -> list[str]:
    """Which files a destination of this kind would copy or move."""
    fate = {"aside": "set aside", "csv": "", "json": ""}.get(kind, "kept")
    return [outcome.file.name for outcome in outcomes if outcome.fate == fate]


def test_a_plan_writes_nothing_and_opens_nothing(
    kind: str, outcomes: list[Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, destination = files(tmp_path), open_destination(kind, tmp_path)
    destination.ready()
    monkeypatch.setattr("builtins.open", lambda *_, **__: pytest.fail("a file was opened"))
    monkeypatch.setattr(os, "open", lambda *_, **__: pytest.fail("a file was opened"))
    plan = destination.plan(outcomes)
    monkeypatch.undo()
    assert files(tmp_path) == before
    assert [item.file.name for item in plan.items] == planned(kind, outcomes)
    assert plan == destination.plan(outcomes)


def test_the_result_is_what_the_plan_said(kind: str, outcomes: list[Outcome], tmp_path: Path) -> None:
    destination = open_destination(kind, tmp_path)
    plan = destination.plan(outcomes)
    result = destination.carry_out(plan)
    assert (result.files, result.bytes, result.problems) == (plan.files, plan.bytes, ())
    assert result.photos == plan.files


def test_originals_are_as_they_were_or_were_moved_whole(kind: str, outcomes: list[Outcome], tmp_path: Path) -> None:
    before = files(tmp_path / "photos")
    result = export(open_destination(kind, tmp_path), outcomes)
    after = files(tmp_path / "photos")
    if kind == "aside":
        (folder,) = result.folders
        gone = {name: value for name, value in before.items() if name not in after}
        assert list(gone) == ["b.jpg"]
        assert gone["b.jpg"] in files(folder).values()
    assert before.items() >= {name: value for name, value in after.items() if name in before}.items()
    assert kind == "aside" or after == before


def test_an_original_that_changed_costs_no_photo(kind: str, outcomes: list[Outcome], tmp_path: Path) -> None:
    """The copy stays where the photo that was to stay for it is not what it was."""
    destination = open_destination(kind, tmp_path)
    plan = destination.plan(outcomes)
    (tmp_path / "photos" / "a.jpg").write_bytes(b"another picture")
    result = destination.carry_out(plan)
    assert (tmp_path / "photos" / "b.jpg").read_bytes() == b"b.jpg"
    if kind in COPIES:
        assert {entry.item.file.name for entry in result.written} == {"a.jpg", "b.jpg", "c.jpg"}
    if kind in (*COPIES, "aside"):
        assert any(problem.startswith("b.jpg ") for problem in result.problems)


def test_what_is_there_is_never_replaced(kind: str, outcomes: list[Outcome], tmp_path: Path) -> None:
    export(open_destination(kind, tmp_path), outcomes)
    before = files(tmp_path)
    if kind == "aside":  # all that was to go has gone
        assert export(open_destination(kind, tmp_path), outcomes).files == 0
    else:
        with pytest.raises(DestinationError):
            export(open_destination(kind, tmp_path), outcomes)
    assert {name: value for name, value in files(tmp_path).items() if name in before} == before


def test_progress_counts_up_to_its_total(kind: str, outcomes: list[Outcome], tmp_path: Path) -> None:
    steps: list[Step] = []
    export(open_destination(kind, tmp_path), outcomes, steps.append)
    assert steps
    for stage in {step.stage for step in steps}:
        counts = [step.done for step in steps if step.stage == stage]
        assert counts == sorted(counts)
        assert all(0 <= step.done <= step.total for step in steps if step.stage == stage)


def test_it_can_be_stopped_at_any_step_and_begun_again(kind: str, outcomes: list[Outcome], tmp_path: Path) -> None:
    """Nothing that looks finished is left behind, no original is lost, and the next run goes through."""
    contents = {value for value, _ in files(tmp_path / "photos").values()}

    def stop(step: Step) -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        export(open_destination(kind, tmp_path), outcomes, stop)
    assert contents <= {value for value, _ in files(tmp_path / "photos").values()}
    again = open_destination(kind, tmp_path)
    again.ready()
    assert again.carry_out(again.plan(outcomes)).problems == ()


def test_a_plan_larger_than_was_confirmed_is_refused(outcomes: list[Outcome]) -> None:
    photos = [outcome.file for outcome in outcomes if isinstance(outcome.file, Photo)]
    plan = Plan(tuple(outcomes), tuple(Item(outcomes[0], photo, photo.name) for photo in photos))
    assert plan.at_most(3) is plan
    with pytest.raises(DestinationError, match="3 files, not 2"):
        plan.at_most(2)
