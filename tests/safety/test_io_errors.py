"""A share that fails or goes away: what cannot be read is listed with the reason, and nothing is set aside for it."""

import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from itertools import cycle, islice, product
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.accepted import accept_all
from tests.helpers.galleries import tools
from tests.helpers.pictures import save, scene
from tests.safety.harness.amounts import amount
from tests.safety.harness.driver import DONE, FAILED
from tests.safety.harness.fault import Fault
from tests.safety.harness.faults import Forks, way
from tests.safety.harness.ledger import record
from tests.safety.harness.originals import differences, state
from tests.safety.harness.places import Place

from unipic.cleanup.evidence import Evidence
from unipic.cleanup.record import evidence_from_dict
from unipic.core.files import PART, read_json
from unipic.core.photo import Unreadable
from unipic.core.settings import Settings
from unipic.library.thumbnails import Thumbnails
from unipic.reading.engines.inline import InlineEngine
from unipic.review.outcomes import Outcome, outcomes
from unipic.review.proposal import propose
from unipic.sources.folder import FolderSource
from utils import arrange, examine

ERRORS = ("EIO", "ESTALE", "EACCES", "EROFS")
CALLS = ("openat", "read", "getdents64")


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with Forks() as started:
        yield started


def decided(evidence: Evidence) -> list[Outcome]:
    """With everything that is proposed accepted: the most that could be set aside."""
    proposal = propose(arrange(evidence, Settings().thresholds))
    return outcomes(proposal, accept_all(proposal))


def scanned(place: Place) -> list[Outcome]:
    return decided(evidence_from_dict(read_json(place.root / "run" / "evidence.json")))


def not_blamed(everything: list[Outcome], path: Path, reason: str) -> list[str]:
    """A file or folder that could not be read is listed as just that, and nothing names it as what stays."""
    of = [outcome for outcome in everything if outcome.file.path == str(path)]
    wrong = [] if len(of) == 1 and of[0].fate == "unreadable" else [f"{path} became {[o.fate for o in of]}"]
    wrong += [] if of and reason in of[0].reason.lower() else [f"no reason: {[o.reason for o in of]}"]
    wrong += [f"{o.file.name} goes for it" for o in everything if str(path) in [photo.path for photo in o.instead]]
    return wrong + [
        f"{o.file.name} is called deleted" for o in everything if "gone" in o.reason or "deleted" in o.reason
    ]


def test_a_file_or_folder_that_cannot_be_read(forks: Forks, tmp_path: Path) -> None:
    number, wrong = amount(pr=4, nightly=60), list[str]()
    first = Place(tmp_path / "first", "scan", amount(pr=8, nightly=16))
    files = sorted(path for path in first.originals.rglob("*") if path.is_file() and not path.is_symlink())
    folders = sorted(path for path in first.originals.rglob("*") if path.is_dir())
    plan = islice(zip(cycle(product(ERRORS, CALLS)), cycle(files), strict=False), number)
    for i, ((error, call), file) in enumerate(plan):
        victim = folders[i % len(folders)] if call == "getdents64" else file
        place = first.copy(tmp_path / f"{i}")
        ended = forks.run("scan", place.root, Fault({call: 1}, error, sticky=True, paths=(str(victim),)))
        said = os.strerror(getattr(errno, error)).lower()
        found = [] if ended.code == DONE else [f"ended with {ended.code}: {ended.said}"]
        found += not_blamed(scanned(place), victim, said) if ended.code == DONE else []
        found += [f"original changed: {name}" for name in differences(place.before, state(place.originals))]
        again = forks.run("scan", place.root)
        found += [] if again.code == DONE else [f"the rerun ended with {again.code}: {again.said}"]
        wrong += [
            f"{error} on {call} of {victim.name}: {line}" for line in found + place.problems() + place.incomplete()
        ]
    record("T21", "I/O errors while scanning", number, len(wrong), way())
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("task", ["folder", "zip"])
def test_an_original_that_cannot_be_read_any_more_when_it_is_copied(task: str, forks: Forks, tmp_path: Path) -> None:
    """Listed in the manifest; or the export says what happened, leaves nothing half, and a rerun finishes it."""
    number, wrong = amount(pr=2, nightly=16), list[str]()
    first = Place(tmp_path / "first", task)
    names = ("0.jpg", "4.jpg", "2.jpg", "1000.jpg", "2000.jpg", "3.jpg")
    for i, (error, call) in enumerate(islice(cycle(product(ERRORS, ("openat", "read"))), number)):
        victim = first.originals / names[i % len(names)]
        place = first.copy(tmp_path / f"{i}")
        ended = forks.run(task, place.root, Fault({call: 1}, error, sticky=True, paths=(str(victim),)))
        found = [f"left behind: {path}" for path in place.root.rglob("*" + PART)]
        if ended.code == FAILED:
            found += place.problems() + ([] if ended.said else ["does not say what happened"])
            again = forks.run(task, place.root)
            found += [] if again.code == DONE else [f"the rerun ended with {again.code}: {again.said}"]
            found += place.problems() + place.incomplete()
        elif ended.code == DONE:
            found += _told(place, victim)
        else:
            found.append(f"ended with {ended.code}: {ended.said}")
        wrong += [f"{error} on {call} of {victim.name}: {line}" for line in found]
    record("T21", f"I/O errors while exporting, {task}", number, len(wrong), way())
    assert not wrong, "\n".join(wrong)


def _told(place: Place, victim: Path) -> list[str]:
    """A finished result lists what could not be read, and sets nothing aside that has to do with it."""
    manifest = place.manifest()
    name = place.names[victim.name]
    wrong = [] if any(entry["original"] == name for entry in manifest["problems"]) else [f"{name} is not listed"]
    about = [entry for entry in manifest["set_aside"] if name in (entry["original"], *entry["instead"])]
    return wrong + [f"{entry['original']} was set aside for {entry['instead']}" for entry in about]


class Interrupted(InlineEngine):
    """Something happens to the source after so many files."""

    def __init__(self, after: int, accident: Callable[[], None]) -> None:
        self.after, self.accident = after, accident

    def map(self, task: Any, items: Any) -> Iterator[Any]:
        for number, found in enumerate(super().map(task, items)):
            if number == self.after:
                self.accident()
            yield found


def pictures(folder: Path) -> None:
    """Three pictures, each in two files."""
    for i in range(6):
        save(scene(i // 2, 96, 72), folder / f"{'ab'[i % 2]}/{i}.png")


def emptied(folder: Path) -> Callable[[], None]:
    def accident() -> None:
        folder.rename(folder.with_name("elsewhere"))
        folder.mkdir()

    return accident


def looked(source: Path, folder: Path, engine: InlineEngine) -> Evidence:
    thumbnails = Thumbnails(folder / "thumbs")
    return examine(FolderSource([source]), tools(engine=engine, thumbnails=thumbnails), Settings.of(workers=1))


@pytest.mark.parametrize("after", range(amount(pr=2, nightly=6)))
def test_a_folder_that_is_emptied_in_mid_scan(after: int, tmp_path: Path) -> None:
    source = tmp_path / "photos"
    pictures(source)
    lost = looked(source, tmp_path, Interrupted(after, emptied(source)))
    _nothing_is_lost_to_it(lost, after)
    source.rmdir()
    (tmp_path / "elsewhere").rename(source)
    _is_whole_again(looked(source, tmp_path, InlineEngine()))


@pytest.mark.parametrize("after", range(amount(pr=1, nightly=6)))
def test_a_share_that_is_unmounted_in_mid_scan(after: int, tmp_path: Path) -> None:
    """Its place is an empty folder then, as if all photos had been deleted."""
    source, other = tmp_path / "photos", tmp_path / "share"
    pictures(other)
    source.mkdir()
    mounted = subprocess.run(["mount", "--bind", str(other), str(source)], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"nothing may be mounted here: {mounted.stderr.strip()}")

    def unmount() -> None:
        subprocess.run(["umount", "-l", str(source)], check=True)

    lost = looked(source, tmp_path, Interrupted(after, unmount))
    assert os.listdir(source) == []
    _nothing_is_lost_to_it(lost, after)
    _is_whole_again(looked(other, tmp_path, InlineEngine()))


def _nothing_is_lost_to_it(evidence: Evidence, after: int) -> None:
    """What was not read any more is listed, and stays out of what is decided."""
    gallery, everything = evidence.gallery, decided(evidence)
    assert len(gallery.photos) == after + 1
    assert len(gallery.photos) + len(gallery.unreadable) == 6 == len(everything)
    lost = {file.id for file in gallery.unreadable}
    for outcome in everything:
        if outcome.file.id in lost:
            assert (outcome.fate, isinstance(outcome.file, Unreadable)) == ("unreadable", True)
            assert outcome.reason
        assert lost.isdisjoint(photo.id for photo in outcome.instead)
    record("T21", "sources that went away in mid-scan", 1, 0)


def _is_whole_again(evidence: Evidence) -> None:
    assert (len(evidence.gallery.photos), evidence.gallery.unreadable) == (6, ())
    assert sum(outcome.fate == "set aside" for outcome in decided(evidence)) == 3
