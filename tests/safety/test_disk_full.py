"""No room on the disk: nothing cut short has a real name, the person is told how much is missing, a rerun finishes."""

import os
import random
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.safety.harness.amounts import amount
from tests.safety.harness.driver import DONE, FAILED, FILLER, NO_ROOM, fill
from tests.safety.harness.fault import Fault
from tests.safety.harness.faults import TAKING, Forks, before, program, spread, way
from tests.safety.harness.ledger import record
from tests.safety.harness.originals import album, differences, state
from tests.safety.harness.places import BIG, EXPORTS, Place

from unipic.core.files import PART, write_json
from unipic.core.settings import PROJECT
from unipic.destinations.base import MANIFEST

TASKS = ("folder", "zip", "csv", "json", "journal", "catalogue", "state", "scan")
FILES = amount(pr=8, nightly=24)
NEEDS = re.compile(r"needs ([\d,]+): ([\d,]+ are missing|but the disk, or your share of it, ran full)")
RESULT_BYTES = 2 * BIG  # bytes a result needs, about


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with Forks() as started:
        yield started


def parts(folder: Path) -> list[str]:
    return [f"left behind: {path}" for path in folder.rglob("*" + PART)]


def verified(place: Place) -> dict[str, int]:
    """What is in a folder under real names already, each by the file it is."""
    found = [path for path in place.out.rglob("*") if path.is_file() and path.name != FILLER]
    return {str(path): path.stat().st_ino for path in found if path.suffix == ".jpg"}


def told(said: str) -> list[str]:
    return [] if NEEDS.search(said) else [f"does not say how many bytes are needed: {said!r}"]


def finished(forks: Forks, place: Place, there: dict[str, int]) -> list[str]:
    """After there is room again: one rerun completes, and what was verified stays the very file it was."""
    again = forks.run(place.task, place.root)
    wrong = [] if again.code == DONE else [f"the rerun ended with {again.code}: {again.said}"]
    moved = [path for path, inode in there.items() if verified(place).get(path) != inode]
    return wrong + [f"written again: {path}" for path in moved] + place.problems() + place.incomplete()


def test_full_from_a_call_on(forks: Forks, tmp_path: Path) -> None:
    number = amount(pr=12, nightly=250)
    wrong, plan = list[str](), list[tuple[Place, dict[str, int]]]()
    for task in TASKS:
        (tmp_path / task).mkdir()
        first = Place(tmp_path / task / "first", task, 4 if task == "scan" else FILES)
        clean = first.copy(tmp_path / task / "clean")
        calls = forks.run(task, clean.root, trace=True).calls
        taking = [i for i, call in enumerate(calls) if call.name in (*TAKING, "sqlite")]
        plan += [(first, before(calls, i, (*TAKING, "sqlite"))) for i in taking]
    some = spread(plan, number, kind=lambda point: point[0].task)
    failed = 0
    for i, (first, at) in enumerate(some):
        place = first.copy(tmp_path / first.task / f"{i}")
        full = forks.run(place.task, place.root, Fault(at, "ENOSPC", sticky=True))
        failed += full.code != DONE
        found = place.problems() + place.unanswered(full.answered)
        if place.task in EXPORTS:
            found += parts(place.root) + (told(full.said) if place.task in ("folder", "zip") else [])
            found += [] if full.code == NO_ROOM else [f"ended with {full.code}: {full.said}"]
        found += finished(forks, place, verified(place))
        wrong += [f"{place.task} {at}: {line}" for line in found]
    record("T5", "disk full from a call on", failed, len(wrong), way())
    assert not wrong, "\n".join(wrong)
    assert len(some) >= number
    assert failed >= 0.9 * len(some), "the record of decisions may fail without its run failing"


@contextmanager
def disk(folder: Path, megabytes: int) -> Iterator[None]:
    """A small file system of its own in memory; skipped where it may not be mounted."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a file system may not be mounted here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("megabytes", [8, 16, 32, 64])
def test_a_real_disk_runs_full(megabytes: int, forks: Forks, tmp_path: Path) -> None:
    """Filled before, or by another program while files are copied; by any amount."""
    dice, wrong, full = random.Random(megabytes), list[str](), 0
    fills = amount(pr=1, nightly=10)
    for task in ("folder", "zip", "catalogue", "journal"):
        for i in range(fills):
            place = Place(tmp_path / f"{task}-{i}", task, FILES)
            with disk(place.out, megabytes):
                leave = dice.randrange(RESULT_BYTES if task in EXPORTS else 16_000)
                if task in EXPORTS and (i + megabytes // 8) % 2:
                    write_json(place.root / "fill", {"after": dice.randrange(1, FILES), "leave": leave // 2})
                else:
                    fill(place.out, leave)
                ended = forks.run(task, place.root)
                full += ended.code != DONE
                found = place.problems() + place.unanswered(ended.answered)
                if task in EXPORTS and ended.code != DONE:
                    found += parts(place.root) + told(ended.said)
                    found += [] if ended.code == NO_ROOM else [f"ended with {ended.code}: {ended.said}"]
                there = verified(place)
                (place.root / "fill").unlink(missing_ok=True)
                (place.out / FILLER).unlink()
                if ended.code != DONE:
                    found += finished(forks, place, there)
            wrong += [f"{task}, {leave} bytes left: {line}" for line in found]
    record("T5", f"fills of a real disk of {megabytes} MB", 4 * fills, len(wrong), f"{full} ran full")
    assert not wrong, "\n".join(wrong)
    assert full > 0


def test_no_file_may_become_as_large(forks: Forks, tmp_path: Path) -> None:
    """As where a user's files have a limit, or on a memory card."""
    dice, wrong = random.Random(5), list[str]()
    number = amount(pr=2, nightly=40)
    for i in range(number):
        place = Place(tmp_path / f"{i}", ("folder", "zip")[i % 2], FILES)
        limit = dice.randrange(300, BIG)
        ended = forks.run(place.task, place.root, size=limit)
        found = place.problems() + parts(place.root)
        found += [] if ended.code in (FAILED, NO_ROOM) else [f"ended with {ended.code}"]
        found += [] if "could not be written" in ended.said else [f"does not say what happened: {ended.said!r}"]
        wrong += [f"{place.task} {limit}: {line}" for line in found + finished(forks, place, verified(place))]
    record("T5", "limits of a file's size", number, len(wrong))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("option", ["--to", *(pytest.param(o, marks=pytest.mark.nightly) for o in ("--zip", "--list"))])
def test_the_command_says_that_there_is_no_room(option: str, tmp_path: Path) -> None:
    """What is still held back when a file was written comes out with fsync, on network shares first of all."""
    source = album(tmp_path / "photos", 10)
    before_it = state(source)
    target = tmp_path / "out" / {"--to": "clean", "--zip": "clean.zip", "--list": "list.csv"}[option]
    arguments = [str(PROJECT / "src" / "main.py"), "clean", str(source), option, str(target)]
    arguments += ["--encoder", "builtin", "--ranker", "builtin", "--offline", "--workers", "1"]
    ended, _ = program(arguments, tmp_path / "out", Fault({"fsync": 2 if option == "--to" else 1}, "ENOSPC", True))
    assert ended.returncode == 3, ended.stderr
    said = " ".join(ended.stderr.split())
    if option != "--list":
        assert told(said) == []
    assert parts(tmp_path) == []
    assert not target.is_file()
    assert not (target / MANIFEST).exists()
    assert differences(before_it, state(source)) == []
    record("T5", f"clean {option} on a full disk", 1, 0, way())


def test_the_command_on_a_disk_that_is_full(tmp_path: Path) -> None:
    source = album(tmp_path / "photos", 10)
    out = tmp_path / "out"
    out.mkdir()
    arguments = [str(PROJECT / "src" / "main.py"), "clean", str(source), "--to", str(out / "clean")]
    arguments += ["--encoder", "builtin", "--ranker", "builtin", "--offline", "--workers", "1"]
    with disk(out, 8):
        fill(out, 12_000)
        ended, _ = program(arguments, tmp_path / "elsewhere")
        assert ended.returncode == 3, ended.stderr
        assert "are missing" in " ".join(ended.stderr.split())
        os.unlink(out / FILLER)
        again, _ = program(arguments, tmp_path / "elsewhere")
        assert again.returncode == 0, again.stderr
        assert (out / "clean" / MANIFEST).exists()
