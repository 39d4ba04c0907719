"""Killed at any call of the system: originals are as they were, nothing half has a real name, one rerun finishes."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.safety.harness.amounts import amount
from tests.safety.harness.driver import ALREADY, DONE
from tests.safety.harness.fault import Call, Fault
from tests.safety.harness.faults import Forks, points, program, spread, way
from tests.safety.harness.ledger import record
from tests.safety.harness.originals import album, differences, state
from tests.safety.harness.places import Place

from unipic.core.files import PART
from unipic.core.settings import PROJECT
from unipic.destinations.base import MANIFEST

# Of all points, the share of each kind of work; the folder has the rest.
SHARES = {"zip": 0.17, "csv": 0.05, "json": 0.05, "journal": 0.10, "catalogue": 0.14, "state": 0.06, "scan": 0.08}
CHANGES = {"write", "pwrite64", "fsync", "fdatasync", "openat", "unlink", "mkdir", "sqlite"}
FILES = {"folder": amount(pr=8, nightly=40), "zip": amount(pr=8, nightly=16), "scan": amount(pr=4, nightly=15)}


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with Forks() as started:
        yield started


class Work:
    """One kind of work: what it calls when nothing goes wrong, and a new place for each attempt."""

    def __init__(self, forks: Forks, task: str, folder: Path) -> None:
        self.forks, self.task, self.folder = forks, task, folder
        folder.mkdir(parents=True)
        self.place = Place(folder / "first", task, FILES.get(task, 8))
        clean = self.new()
        done = forks.run(task, clean.root, trace=True)
        assert (done.code, done.said) == (DONE, "")
        assert clean.problems() + clean.incomplete() == []
        self.calls = done.calls
        root, began = self.new().root, time.monotonic()
        forks.run(task, root)
        self.seconds = time.monotonic() - began

    def new(self) -> Place:
        return self.place.copy(self.folder / f"{len(list(self.folder.iterdir()))}")

    def after_a_kill(self, fault: Fault | None = None, after: float | None = None) -> tuple[bool, list[str]]:
        """Whether it was killed, and what went wrong: at once, and after one rerun."""
        place = self.new()
        died = self.forks.run(self.task, place.root, fault, after=after)
        wrong = place.problems() + place.unanswered(died.answered)
        again = self.forks.run(self.task, place.root)
        if again.code not in (DONE, ALREADY):
            wrong.append(f"the rerun ended with {again.code}: {again.said}")
        return died.killed, [f"{self.task} {fault or after}: {line}" for line in wrong + _finished(place)]


def _finished(place: Place) -> list[str]:
    return place.problems() + place.incomplete()


@pytest.fixture(scope="module")
def works(forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Work]:
    folder = tmp_path_factory.mktemp("kill")
    return {task: Work(forks, task, folder / task) for task in ("folder", *SHARES)}


def chosen(works: dict[str, Work], number: int) -> list[tuple[str, str, int]]:
    """Points of all kinds of work, each by its call and the so-maniest of it."""
    found = []
    for task, share in SHARES.items():
        of = spread(points(works[task].calls), round(share * number), kind=lambda point: point[0])
        found += [(task, *point) for point in of]
    rest = spread(points(works["folder"].calls), number - len(found), kind=lambda point: point[0])
    return [*(("folder", *point) for point in rest), *found]


def test_killed_at_a_call(works: dict[str, Work]) -> None:
    wrong, kinds, reached = list[str](), Counter[str](), 0
    number = amount(pr=12, nightly=550)
    plan = chosen(works, number)
    for task, call, which in plan:
        killed, found = works[task].after_a_kill(Fault({call: which}))
        reached += killed
        kinds[call] += killed
        wrong += found
    record("T4", "kill points", reached, len(wrong), f"{way()}: {', '.join(f'{n} {k}' for k, n in kinds.items())}")
    assert not wrong, "\n".join(wrong)
    assert len(plan) >= number
    assert reached >= 0.95 * len(plan), "of some calls there are fewer in one attempt than in another"
    assert {*kinds} >= CHANGES & {call.name for work in works.values() for call in work.calls}


def test_killed_at_any_time(works: dict[str, Work]) -> None:
    dice, wrong, killed, tried = random.Random(4), list[str](), 0, 0
    number = amount(pr=2, nightly=50)
    while killed < number and tried < 10 * number:  # some are through before
        work = works[("folder", "scan", "zip", "catalogue", "journal")[tried % 5]]
        tried += 1
        died, found = work.after_a_kill(after=dice.uniform(0, work.seconds))
        killed += died
        wrong += found
    record("T4", "kills at random times", killed, len(wrong))
    assert not wrong, "\n".join(wrong)
    assert killed == number


def _order(calls: tuple[Call, ...], target: str) -> tuple[int, int, int, int]:
    """Where a file was written last, made safe, given its name, and where its folder was made safe after that."""
    named = next(
        i
        for i, c in enumerate(calls)
        if c.name in ("link", "linkat", "rename", "renameat", "renameat2") and c.paths[-1] == target
    )
    part = next(path for path in calls[named].paths if path.endswith(PART))
    about = [i for i, c in enumerate(calls) if part in c.paths]
    written = max((i for i in about if calls[i].name == "write"), default=-1)
    synced = max(i for i in about if calls[i].name == "fsync" and i < named)
    folder = str(Path(target).parent)
    after = next(i for i, c in enumerate(calls) if i > named and c.name == "fsync" and folder in c.paths)
    return written, synced, named, after


@pytest.mark.parametrize("task", ["folder", "zip", "csv", "json"])
def test_a_file_is_safe_before_it_has_its_name_and_its_folder_after(task: str, works: dict[str, Work]) -> None:
    """What a power cut could undo is undone in this order, so that a name never stands for half a file."""
    calls = works[task].calls
    place = next(c.paths[-1] for c in calls if c.paths and c.paths[-1].endswith(works[task].place.target.name))
    names = [f"{place}/{name}" for name in works["folder"].place.wanted] if task == "folder" else [place]
    orders = [_order(calls, name) for name in names]
    for written, synced, named, after in orders:
        assert written < synced < named < after
    if task == "folder":
        last = _order(calls, f"{place}/{MANIFEST}")
        assert last[0] > max(after for *_, after in orders), "the manifest says what is safe already"
        assert last == tuple(sorted(last))


def test_the_whole_program_is_killed_and_a_second_run_finishes(tmp_path: Path) -> None:
    """Before what it wrote is safe: the files of a folder one after the other, and a ZIP."""
    source = album(tmp_path / "photos", amount(pr=10, nightly=20))
    before, wrong = state(source), list[str]()
    number = amount(pr=1, nightly=20)
    for i in range(number):
        folder, kind = tmp_path / f"{i}", ("--to", "--zip")[i % 5 == 1]
        target = folder / ("clean" if kind == "--to" else "clean.zip")
        arguments = [str(PROJECT / "src" / "main.py"), "clean", str(source), kind, str(target)]
        arguments += ["--encoder", "builtin", "--ranker", "builtin", "--offline", "--workers", "1"]
        fault = Fault({"fsync": 1 + i if kind == "--to" else 1})
        died, _ = program(arguments, folder, fault)
        wrong += [f"{died.returncode} at {fault}: {died.stderr}"] * (died.returncode not in (-9, 137))
        wrong += [f"false manifest at {fault}"] * ((target / MANIFEST).exists() or target.is_file())
        again, _ = program(arguments, folder)
        wrong += [f"{again.returncode} after {fault}: {again.stderr}"] * (again.returncode != 0)
        wrong += [f"left behind: {path}" for path in folder.rglob("*" + PART)] + differences(before, state(source))
    record("T4", "kills of the whole program", number, len(wrong), way())
    assert not wrong, "\n".join(wrong)
