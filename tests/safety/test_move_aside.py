"""Killed at every step of setting aside and of undoing it: nothing is lost, and undo makes it as it was.

The process is ended by os._exit before its Nth call that changes a disk, so that it cleans nothing up. What a power cut
does is not shown by that; the order of what is asked of the disk is tested beside the code.
"""

import hashlib
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.helpers.galleries import photo
from tests.helpers.moves import DONE, KILLED, LINKING, PLAIN, RENAMING, calls_of, in_a_process, knowing
from tests.safety.harness.amounts import amount
from tests.safety.harness.ledger import record

from unipic.core.files import hash_file
from unipic.core.photo import Companion, Photo
from unipic.destinations.aside import AsideDestination
from unipic.destinations.undo import undo_all
from unipic.review.outcomes import Outcome
from unipic.sources.folder import JOURNAL, SET_ASIDE

COPIES = 12
POINTS = amount(pr=21, nightly=250)  # of moving, and as many of undoing; a third of them each way
Act = Callable[[], object]
State = dict[str, tuple[str, int, int]]


def gallery(root: Path) -> list[Outcome]:
    """A few photos that stay and copies of them, in folders of several depths, some with a video and a sidecar."""
    keepers = [_photo(root / f"{n}.jpg", f"picture {n}") for n in range(3)]
    outcomes = [Outcome(keeper, "kept", "it stays") for keeper in keepers]
    for n in range(COPIES):
        path = root / ("copies/" * (n % 4)) / f"copy {n}.jpg"
        extras = tuple(_companion(path.with_suffix(end), f"{n}{end}") for end in (".mov", ".xmp")) if n % 3 == 0 else ()
        outcomes.append(Outcome(_photo(path, f"picture {n % 3}", extras), "set aside", "a copy", (keepers[n % 3],)))
    return outcomes


def _photo(path: Path, text: str, companions: tuple[Companion, ...] = ()) -> Photo:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, ns=(1, 1_600_000_000_123_456_789 + len(str(path))))
    return photo(str(path), path=str(path), digest=hash_file(path), size=len(text), companions=companions)


def _companion(path: Path, text: str) -> Companion:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return Companion(str(path), path.name, str(path), hash_file(path), len(text), "sidecar")


def state(root: Path) -> State:
    """Every file by name: content, time of change, mode; but for the journals."""
    return {
        str(path.relative_to(root)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
            path.stat().st_mode,
        )
        for path in root.rglob("*")
        if path.is_file() and path.name != JOURNAL
    }


def contents(files: State) -> set[str]:
    return {digest for digest, *_ in files.values()}


def move_aside(root: Path, outcomes: list[Outcome]) -> None:
    destination = AsideDestination([root])
    plan = destination.plan(outcomes)
    moved = destination.carry_out(plan.at_most(plan.files))
    assert moved.problems == ()


def take_back(root: Path) -> None:
    assert [problem for undone in undo_all(root) for problem in undone.problems] == []


def points(calls: int, most: int) -> Iterator[tuple[int, bool]]:
    """(calls made, whether half of a write that follows arrives): all there are, or so many spread evenly."""
    every = list(itertools.product(range(calls), (False, True)))
    step = max(1.0, len(every) / most)
    return (every[int(number * step)] for number in range(min(most, len(every))))


@pytest.mark.parametrize("way", [RENAMING, LINKING, PLAIN])
def test_killed_while_moving_undo_puts_all_of_it_back(way: str, tmp_path: Path) -> None:
    with knowing(way):
        root = tmp_path / "count"
        outcomes = gallery(root)
        calls = calls_of(lambda: move_aside(root, outcomes))
        lost = tried = 0
        for number, (most, half) in enumerate(points(calls, POINTS // 3)):
            root = tmp_path / str(number)
            outcomes = gallery(root)
            before = state(root)
            assert in_a_process(lambda root=root, outcomes=outcomes: move_aside(root, outcomes), most, half) == KILLED
            lost += contents(state(root)) != contents(before)
            take_back(root)
            lost += state(root) != before
            assert not (root / SET_ASIDE).exists()
            tried += 1
            shutil.rmtree(root)
    record("T4", f"kill points of setting aside by {way}", tried, found=lost, note="os._exit before a changing call")
    assert lost == 0


@pytest.mark.parametrize("way", [RENAMING, LINKING, PLAIN])
def test_killed_while_undoing_a_second_undo_finishes_it(way: str, tmp_path: Path) -> None:
    def set_aside(root: Path) -> State:
        outcomes = gallery(root)
        before = state(root)
        move_aside(root, outcomes)
        return before

    with knowing(way):
        root = tmp_path / "count"
        set_aside(root)
        calls = calls_of(lambda: take_back(root))
        lost = tried = 0
        for number, (most, half) in enumerate(points(calls, POINTS // 3)):
            root = tmp_path / str(number)
            before = set_aside(root)
            assert in_a_process(lambda root=root: take_back(root), most, half) == KILLED
            lost += contents(state(root)) != contents(before)
            assert in_a_process(lambda root=root: take_back(root)) == DONE
            lost += state(root) != before
            assert not (root / SET_ASIDE).exists()
            tried += 1
            shutil.rmtree(root)
    record("T4", f"kill points of undoing by {way}", tried, found=lost, note="os._exit before a changing call")
    assert lost == 0


@pytest.mark.parametrize("which", ["photo", "companion", "keeper"])
def test_what_is_changed_between_the_look_and_the_move_stays(which: str, tmp_path: Path) -> None:
    """Each way to change one of the files of a copy, one at a time: that copy stays with all that belongs to it."""
    ways = (_edited, _same_size_and_time, _replaced, _gone, _linked)
    stale = tried = 0
    for number in range(amount(pr=5, nightly=60)):
        root = tmp_path / str(number)
        outcomes = gallery(root)
        copies = [outcome for outcome in outcomes if outcome.fate == "set aside"]
        chosen = copies[number * 3 % len(copies)]
        assert isinstance(chosen.file, Photo)
        file = {"photo": chosen.file, "companion": chosen.file.companions[0], "keeper": chosen.instead[0]}[which]
        ways[number % len(ways)](Path(file.path))
        before = state(root)
        destination = AsideDestination([root])
        moved = destination.carry_out(destination.plan(outcomes).at_most(100))
        concerned = [
            copy for copy in copies if copy is chosen or (which == "keeper" and chosen.instead == copy.instead)
        ]
        assert len(moved.problems) == len(concerned)
        assert moved.photos == len(copies) - len(concerned)
        for copy in concerned:
            assert isinstance(copy.file, Photo)
            stale += sum(
                str(Path(one.path).relative_to(root)) not in state(root)
                for one in (copy.file, *copy.file.companions)
                if str(Path(one.path).relative_to(root)) in before
            )
        take_back(root)
        stale += state(root) != before
        tried += 1
    record("T9", f"a {which} changed before the move", tried, found=stale)
    assert stale == 0


def _edited(path: Path) -> None:
    path.write_text("edited")


def _same_size_and_time(path: Path) -> None:
    facts = path.stat()
    path.write_bytes(b"x" * facts.st_size)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def _replaced(path: Path) -> None:
    path.with_name("new").write_text("another file")
    path.with_name("new").replace(path)


def _gone(path: Path) -> None:
    path.unlink()


def _linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))
