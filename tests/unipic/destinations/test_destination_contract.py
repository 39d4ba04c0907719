"""What every destination owes. One suite over all of them."""

import errno
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest
from PIL import Image
from PIL.ExifTags import IFD
from tests.helpers.accepted import accept_all
from tests.helpers.assets import photograph
from tests.helpers.galleries import cleanup, cluster, copies_of, photo
from tests.helpers.systems import needs_pipes, needs_signals

from unipic.cleanup.record import cleanup_to_dict
from unipic.core import files
from unipic.core.errors import AlreadyThere, ChangedSinceScan, DestinationError, DiskFull, NoExiftool
from unipic.core.files import PART
from unipic.core.photo import Companion, Photo, Unreadable
from unipic.core.progress import Step
from unipic.core.settings import PROJECT
from unipic.destinations import _writing
from unipic.destinations._writing import DISK_OVERHEAD
from unipic.destinations.base import MANIFEST, Destination, export, outside
from unipic.destinations.folder import FolderDestination
from unipic.destinations.zip import ZipDestination
from unipic.reading import location
from unipic.reading.location import find_exiftool
from unipic.review.outcomes import Outcome, outcomes
from unipic.review.proposal import propose


class Place:
    """One kind of destination, and how to look into it."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.strip_location = False
        self.target = folder / ("clean.zip" if kind == "zip" else "clean")

    def new(self) -> Destination:
        if self.kind == "zip":
            return ZipDestination(self.target, strip_location=self.strip_location)
        return FolderDestination(self.target, self.strip_location)

    def content(self) -> dict[str, bytes]:
        if self.kind == "zip":
            with zipfile.ZipFile(self.target) as archive:
                assert archive.testzip() is None
                names = archive.namelist()
                assert len(set(names)) == len(names)
                return {name: archive.read(name) for name in names}
        found = [path for path in self.target.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.target)): path.read_bytes() for path in found}

    def manifest(self) -> dict[str, Any]:
        return json.loads(self.content()[MANIFEST])

    def photos(self) -> dict[str, bytes]:
        return {name: data for name, data in self.content().items() if name != MANIFEST}

    def unfinished(self) -> list[Path]:
        return list(self.target.parent.rglob("*" + PART))


@pytest.fixture(params=["zip", "folder"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    (tmp_path / "results").mkdir()
    return Place(request.param, tmp_path / "results")


class Originals:
    """Files that lie somewhere, and what a scan would say of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.count = 0

    def _file(self, data: bytes) -> Path:
        self.count += 1
        path = self.folder / f"{self.count}"
        path.write_bytes(data)
        os.utime(path, (1_600_000_000 + self.count, 1_600_000_000 + self.count))
        return path

    def photo(self, name: str, data: bytes | None = None, **facts: Any) -> Photo:
        data = name.encode("utf-8", "replace") if data is None else data
        path, digest = self._file(data), hashlib.sha256(data).hexdigest()
        return photo(f"{self.count}", name=name, path=str(path), digest=digest, size=len(data), **facts)

    def companion(self, name: str, data: bytes) -> Companion:
        path = self._file(data)
        return Companion(f"{self.count}", name, str(path), hashlib.sha256(data).hexdigest(), len(data), "video")

    def unreadable(self, name: str, data: bytes, **facts: Any) -> Unreadable:
        path = self._file(data)
        return Unreadable(f"{self.count}", name, str(path), "is damaged", len(data), **facts)

    def state(self) -> dict[str, tuple[Any, ...]]:
        found = {}
        for path in sorted(self.folder.rglob("*")):
            facts = path.lstat()
            data = os.readlink(path) if path.is_symlink() else path.read_bytes()
            found[str(path)] = (data, facts.st_mtime_ns, facts.st_mode, facts.st_ino, facts.st_nlink)
        return found


@pytest.fixture
def originals(tmp_path: Path) -> Iterator[Originals]:
    """Checks at the end that nothing a destination did touched them."""
    made = Originals(tmp_path / "originals")
    yield made
    for path in made.folder.rglob("*" + PART):
        raise AssertionError(f"{path} was left among the originals")


def kept(*photos: Photo) -> list[Outcome]:
    return outcomes(propose(cleanup(singles=photos)))


def replaced(keeper: Photo, copy: Photo, *others: Photo) -> list[Outcome]:
    """One photo set aside for another."""
    return outcomes(propose(cleanup(singles=(keeper, *others), exact=(copies_of(keeper, copy),))))


def test_everything_that_stays_arrives_byte_for_byte(place: Place, originals: Originals) -> None:
    a, b = originals.photo("DCIM/a.jpg"), originals.photo("DCIM/b.HEIC", os.urandom(3_000_000), format="HEIF")
    broken = originals.unreadable("DCIM/broken.jpg", b"half a ph")
    copy = originals.photo("copy of a.jpg", b"DCIM/a.jpg")
    shot, other = originals.photo("1.jpg"), originals.photo("2.jpg")
    found = cleanup((cluster(shot, other),), (a, b), exact=(copies_of(a, copy),), unreadable=(broken,))
    before = originals.state()
    steps: list[Step] = []
    written = export(place.new(), outcomes(propose(found), accept_all(propose(found))), steps.append).written
    assert place.photos() == {
        "DCIM/a.jpg": b"DCIM/a.jpg",
        "DCIM/b.HEIC": Path(b.path).read_bytes(),
        "DCIM/broken.jpg": b"half a ph",
        "1.jpg": b"1.jpg",
    }
    assert originals.state() == before
    assert not any(entry.problem for entry in written)
    assert place.unfinished() == []
    assert (steps[-1].done, steps[-1].total) != (0, 0)
    assert all(step.done <= step.total for step in steps)


def test_the_manifest_says_what_became_of_every_file(place: Place, originals: Originals) -> None:
    a, copy = originals.photo("a.jpg", b"same"), originals.photo("b/a.jpg", b"same")
    broken = originals.unreadable("notes.txt", b"text")
    locked = Unreadable("gone", "link.jpg", "/nowhere", "is a symbolic link", copyable=False)
    found = cleanup(singles=(a,), exact=(copies_of(a, copy),), unreadable=(broken, locked))
    export(place.new(), outcomes(propose(found)))
    manifest = place.manifest()
    digest = hashlib.sha256(b"same").hexdigest()
    text = hashlib.sha256(b"text").hexdigest()
    single = {
        "original": "a.jpg",
        "bytes": 4,
        "reason": "the best of its copies: identical files; keeping this one because it lies in fewer folders",
        "sha256": digest,
        "file": "a.jpg",
    }
    assert manifest["kept"] == [single]
    assert manifest["set_aside"] == [
        {
            "original": "b/a.jpg",
            "bytes": 4,
            "reason": "exact copy of a.jpg",
            "decided_by": "identical",
            "sha256": digest,
            "instead": ["a.jpg"],
        }
    ]
    assert manifest["ledger"]["left_out"] == {
        "photos": 1,
        "bytes": 4,
        "by": {
            "you": {"photos": 0, "bytes": 0},
            "identical": {"photos": 1, "bytes": 4},
            "verified at full size": {"photos": 0, "bytes": 0},
        },
    }
    assert (manifest["ledger"]["found"]["photos"], manifest["ledger"]["kept"]["photos"]) == (2, 1)
    assert manifest["unreadable"] == [
        {"original": "notes.txt", "bytes": 4, "reason": "is damaged", "sha256": text, "file": "notes.txt"},
        {"original": "link.jpg", "bytes": 0, "reason": "is a symbolic link"},
    ]
    assert (manifest["renamed"], manifest["problems"], manifest["made_by"]) == ([], [], "Unipic")


def test_two_files_of_one_name_both_arrive_and_the_new_name_is_listed(place: Place, originals: Originals) -> None:
    photos = [originals.photo("a.jpg", b"1"), originals.photo("a.jpg", b"2"), originals.photo("A.JPG", b"3")]
    export(place.new(), kept(*photos))
    assert place.photos() == {"a.jpg": b"1", "a (2).jpg": b"2", "A (3).JPG": b"3"}
    assert [entry["original"] for entry in place.manifest()["renamed"]] == ["a.jpg", "A.JPG"]


def test_names_stay_as_they_are_where_any_system_can_hold_them(place: Place, originals: Originals) -> None:
    """Earlier programs turned my_best_day.jpg into my_day.jpg."""
    names = ["my_best_day.jpg", "best_man.jpg", "Hawaii.jpg", "s w\u00e4n.jpg", "e\u0301.jpg", ".hidden.jpg"]
    export(place.new(), kept(*(originals.photo(name) for name in names)))
    assert set(place.photos()) == set(names)
    assert place.manifest()["renamed"] == []


HOSTILE = ("../../etc/passwd", "/etc/cron.d/x.jpg", "..\\x.jpg", "", ".", "\udcff.jpg", "a\x00b.jpg", "x" * 300)


@pytest.mark.parametrize("name", [*HOSTILE, MANIFEST, f"{MANIFEST}/a.jpg", f"a.jpg{PART}"])
def test_a_hostile_name_leads_nowhere_else(name: str, place: Place, originals: Originals, tmp_path: Path) -> None:
    export(place.new(), kept(originals.photo(name, b"data"), originals.photo("other.jpg")))
    assert sorted(place.photos().values()) == [b"data", b"other.jpg"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["originals", "results"]
    assert len(list(place.target.parent.iterdir())) == 1


def test_a_name_like_a_part_file_s_does_not_get_in_the_way(place: Place, originals: Originals) -> None:
    export(place.new(), kept(originals.photo(f"a.jpg{PART}", b"1"), originals.photo("a.jpg", b"2")))
    assert sorted(place.photos().values()) == [b"1", b"2"]


def test_very_many_files_of_one_name(place: Place, originals: Originals) -> None:
    photos = [originals.photo("image.jpg", str(i).encode()) for i in range(1000 if place.kind == "zip" else 100)]
    export(place.new(), kept(*photos))
    assert sorted(place.photos().values()) == sorted(str(i).encode() for i in range(len(photos)))


def test_nothing_at_all_is_a_result_too(place: Place) -> None:
    assert export(place.new(), []).written == ()
    assert place.manifest()["kept"] == []


def test_what_is_there_is_not_overwritten(place: Place, originals: Originals) -> None:
    export(place.new(), kept(originals.photo("a.jpg")))
    before = place.content()
    for attempt in (place.new().ready, lambda: export(place.new(), kept(originals.photo("b.jpg")))):
        with pytest.raises(AlreadyThere):
            attempt()
    assert place.content() == before


def test_a_place_that_cannot_be_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DestinationError, match="is not a folder; create it first"):
        ZipDestination(tmp_path / "missing" / "a.zip").ready()
    with pytest.raises(AlreadyThere, match="already exists and is not a folder"):
        FolderDestination(tmp_path / "file").ready()
    assert (tmp_path / "file").read_bytes() == b""


@pytest.mark.parametrize("where", [".", "inside", "inside/deeper", ".."])
def test_a_result_among_the_originals_is_refused(where: str, tmp_path: Path) -> None:
    source = tmp_path / "photos"
    source.mkdir()
    with pytest.raises(DestinationError, match="Choose a place outside"):
        outside(source / where, [source])


def test_a_link_into_the_originals_is_seen_through(tmp_path: Path) -> None:
    source = tmp_path / "photos"
    source.mkdir()
    (tmp_path / "link").symlink_to(source)
    with pytest.raises(DestinationError, match="Choose a place outside"):
        outside(tmp_path / "link" / "clean.zip", [source])
    with pytest.raises(DestinationError, match="Choose a place outside"):
        outside(source / "clean.zip", [tmp_path / "link"])


def test_a_place_beside_the_originals_is_fine(tmp_path: Path) -> None:
    source = tmp_path / "photos"
    source.mkdir()
    (source / "a.jpg").write_bytes(b"a")
    outside(tmp_path / "photos-clean", [source])
    outside(source / "clean.zip", [source / "a.jpg"])


# A disk that is too small


def test_a_full_disk_is_said_before_anything_is_written(
    place: Place, originals: Originals, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = kept(originals.photo("a.jpg", b"x" * 1_000_000))
    usage = shutil.disk_usage(place.target.parent)
    monkeypatch.setattr(_writing.shutil, "disk_usage", lambda path: usage._replace(free=20_000))
    needed = int(1_000_000 * DISK_OVERHEAD)
    with pytest.raises(DiskFull, match=f"{needed - 20_000:,} are missing"):
        export(place.new(), everything)
    assert not place.target.exists() or not any(place.target.iterdir())


class FullAfter:
    """A file on a disk that runs full after so many bytes."""

    def __init__(self, file: IO[bytes], room: list[int], number: int) -> None:
        self._file, self._room, self._number = file, room, number

    def write(self, data: bytes) -> int:
        self._room[0] -= len(data)
        if self._room[0] < 0:
            raise OSError(self._number, os.strerror(self._number))
        return self._file.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@pytest.fixture
def disk_with_room(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def limit(room: int, number: int = errno.ENOSPC) -> None:
        left, real = [room], files.atomic_file

        @contextmanager
        def atomic_file(path: Path, replace: bool = True) -> Iterator[Any]:
            with real(path, replace) as file:
                yield FullAfter(file, left, number)

        for module in ("zip", "folder", "_writing"):
            monkeypatch.setattr(f"unipic.destinations.{module}.atomic_file", atomic_file)

    return limit


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("room", [0, 10, 1_000_000, 2_500_000])
def test_a_disk_that_runs_full_leaves_no_half_file(
    room: int, number: int, place: Place, originals: Originals, disk_with_room: Callable[..., None]
) -> None:
    photos = [originals.photo(f"{i}.jpg", bytes([i]) * 1_200_000) for i in range(3)]
    before = originals.state()
    disk_with_room(room, number)
    with pytest.raises(DiskFull, match=r"what is still to be written needs [\d,]+") as error:
        export(place.new(), kept(*photos))
    assert originals.state() == before
    assert place.unfinished() == []
    if place.kind == "zip":
        assert not place.target.exists()
        assert f"needs {int(3_600_000 * DISK_OVERHEAD):,}" in str(error.value)
    else:
        there = place.content()
        assert all(data == Path(photos[int(name[0])].path).read_bytes() for name, data in there.items())
        assert f"needs {int((3 - len(there)) * 1_200_000 * DISK_OVERHEAD):,}" in str(error.value)


def test_a_run_after_room_was_made_finishes(
    place: Place, originals: Originals, disk_with_room: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = [originals.photo(f"{i}.jpg", bytes([i]) * 1_200_000) for i in range(3)]
    with monkeypatch.context():
        disk_with_room(2_500_000)
        with pytest.raises(DiskFull):
            export(place.new(), kept(*photos))
    disk_with_room(10_000_000)
    export(place.new(), kept(*photos))
    assert len(place.photos()) == 3


def test_a_system_that_refuses_to_write_is_quoted(
    place: Place, originals: Originals, disk_with_room: Callable[..., None]
) -> None:
    disk_with_room(0, errno.EROFS)
    with pytest.raises(DestinationError, match="Read-only file system"):
        export(place.new(), kept(originals.photo("a.jpg")))
    assert place.unfinished() == []


# Originals that change between the scan and the result


def change(path: Path) -> None:
    """Same size, same time: only the bytes tell."""
    facts = path.stat()
    path.write_bytes(b"X" * facts.st_size)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def delete(path: Path) -> None:
    path.unlink()


def replace_by_link(path: Path) -> None:
    twin = path.with_name("twin")
    path.rename(twin)
    path.symlink_to(twin)


def replace_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


REPLACE_BY_PIPE = pytest.param(replace_by_pipe, marks=needs_pipes)
ACCIDENTS = [change, delete, replace_by_link, REPLACE_BY_PIPE, replace_by_folder]


@pytest.mark.parametrize("accident", ACCIDENTS)
def test_a_copy_stays_when_its_keeper_is_not_what_it_was(
    accident: Callable[[Path], None], place: Place, originals: Originals
) -> None:
    keeper, copy = originals.photo("keeper.jpg", b"same"), originals.photo("copy.jpg", b"same")
    plan = replaced(keeper, copy, originals.photo("other.jpg"))
    accident(Path(keeper.path))
    written = export(place.new(), plan).written
    assert place.photos()["copy.jpg"] == b"same"
    assert place.photos()["other.jpg"] == b"other.jpg"
    manifest = place.manifest()
    reasons = {entry["original"]: entry["reason"] for entry in manifest["kept"]}
    assert reasons["copy.jpg"] == "kept, because keeper.jpg has changed since the scan"
    assert manifest["set_aside"] == []
    problems = {entry.item.file.name: entry.problem for entry in written if entry.problem}
    assert manifest["problems"] == [{"original": name, "problem": words} for name, words in problems.items()]
    assert problems.pop("copy.jpg") == f"was to be set aside and is {reasons['copy.jpg']}"
    (problem,) = problems.values()
    if accident is change:
        assert place.photos()["keeper.jpg"] == b"XXXX"
        assert problem == "changed since the scan; exported as it is now"
        (about,) = [entry for entry in manifest["kept"] if entry["original"] == "keeper.jpg"]
        assert about["sha256"] == hashlib.sha256(b"XXXX").hexdigest()
    else:
        assert "keeper.jpg" not in place.photos()
        assert problem.startswith("could not be copied: ")
        assert not any(entry.get("file") == "keeper.jpg" for entry in manifest["kept"])


@pytest.mark.parametrize("accident", ACCIDENTS)
def test_a_group_is_left_alone_when_one_that_was_to_go_is_not_what_it_was(
    accident: Callable[[Path], None], place: Place, originals: Originals
) -> None:
    keeper, copy, other = (originals.photo(f"{name}.jpg", b"same") for name in ("keeper", "copy", "other"))
    lone = originals.photo("lone.jpg")
    plan = outcomes(propose(cleanup(singles=(keeper, lone), exact=(copies_of(keeper, copy, other),))))
    accident(Path(copy.path))
    export(place.new(), plan)
    manifest = place.manifest()
    assert manifest["set_aside"] == []
    reasons = {entry["original"]: entry["reason"] for entry in manifest["kept"]}
    assert reasons["copy.jpg"] == "kept, because it has changed since the scan"
    assert reasons["other.jpg"] == "kept, because copy.jpg has changed since the scan"
    assert {problem["original"] for problem in manifest["problems"]} == {"copy.jpg", "other.jpg"}
    assert {"keeper.jpg", "other.jpg", "lone.jpg"} <= place.photos().keys()


def test_what_belongs_to_a_photo_travels_or_stays_with_it(place: Place, originals: Originals) -> None:
    film, facts = originals.companion("DCIM/IMG_1.MOV", b"film"), originals.companion("DCIM/IMG_1.AAE", b"facts")
    live = originals.photo("DCIM/IMG_1.HEIC", b"still", companions=(facts, film))
    again = originals.photo("IMG_1.HEIC", b"still", companions=(originals.companion("IMG_1.MOV", b"film"),))
    alone = originals.photo("DCIM/img_1.heic", b"another", companions=(originals.companion("DCIM/img_1.mov", b"2"),))
    before = originals.state()
    export(place.new(), outcomes(propose(cleanup(singles=(live, alone), exact=(copies_of(live, again),)))))
    assert place.photos() == {
        "DCIM/IMG_1.HEIC": b"still",
        "DCIM/IMG_1.MOV": b"film",
        "DCIM/IMG_1.AAE": b"facts",
        "DCIM/img_1 (2).heic": b"another",
        "DCIM/img_1 (2).mov": b"2",
    }
    manifest = place.manifest()
    assert {e["original"]: e.get("instead") for e in manifest["set_aside"]} == {
        "IMG_1.HEIC": ["DCIM/IMG_1.HEIC"],
        "IMG_1.MOV": ["DCIM/IMG_1.HEIC"],
    }
    assert {e["original"]: e["reason"] for e in manifest["kept"]}["DCIM/IMG_1.MOV"] == "belongs to DCIM/IMG_1.HEIC"
    assert originals.state() == before


def test_a_group_is_left_alone_when_what_belongs_to_its_keeper_is_gone(place: Place, originals: Originals) -> None:
    live = originals.photo("a.jpg", b"still", companions=(originals.companion("a.mov", b"film"),))
    again = originals.photo("b.jpg", b"still", companions=(originals.companion("b.mov", b"film"),))
    plan = outcomes(propose(cleanup(singles=(live,), exact=(copies_of(live, again),))))
    Path(live.companions[0].path).unlink()
    export(place.new(), plan)
    assert place.photos() == {"a.jpg": b"still", "b.jpg": b"still", "b.mov": b"film"}
    assert {problem["original"] for problem in place.manifest()["problems"]} == {"a.mov", "b.jpg"}


def test_every_photo_something_was_set_aside_for_must_still_be_there(place: Place, originals: Originals) -> None:
    """Two shots of a group stay, and only one of them is like the third: it is not enough that the other lives."""
    best, unlike, aside = (originals.photo(name) for name in ("best.jpg", "unlike.jpg", "aside.jpg"))
    found = cleanup((cluster(best, aside, unlike, alike=(1.0, 0.95, 0.5)),))
    plan = outcomes(propose(found), accept_all(propose(found)))
    Path(best.path).unlink()
    export(place.new(), plan)
    assert set(place.photos()) == {"unlike.jpg", "aside.jpg"}


@pytest.mark.parametrize("accident", [change, delete])
def test_a_keeper_that_changes_while_others_are_copied_is_noticed(
    accident: Callable[[Path], None], place: Place, originals: Originals
) -> None:
    first, keeper = originals.photo("first.jpg"), originals.photo("keeper.jpg", b"same")
    plan = [*kept(first), *replaced(keeper, originals.photo("copy.jpg", b"same"))]

    def meanwhile(step: Step) -> None:
        if step.stage == "Copying" and step.done == 1:
            accident(Path(keeper.path))

    with pytest.raises(ChangedSinceScan, match=r"keeper.jpg changed while .* copy.jpg was set aside for it"):
        export(place.new(), plan, meanwhile)
    assert place.unfinished() == []
    if place.kind == "zip":
        assert not place.target.exists()
    else:
        assert MANIFEST not in place.content()
    export(place.new(), plan)
    assert place.photos()["copy.jpg"] == b"same"


def test_an_unreadable_file_that_is_gone_is_listed(place: Place, originals: Originals) -> None:
    broken = originals.unreadable("broken.jpg", b"half")
    Path(broken.path).unlink()
    export(place.new(), outcomes(propose(cleanup(unreadable=(broken,)))))
    assert place.photos() == {}
    assert place.manifest()["problems"][0]["problem"] == "could not be copied: No such file or directory"


def test_what_was_written_is_read_back(place: Place, originals: Originals, monkeypatch: pytest.MonkeyPatch) -> None:
    real = files.copy_and_hash

    def misread(source: IO[bytes], target: IO[bytes] | None = None) -> str:
        return real(source, target) if target else "something else"

    for module in ("zip", "folder", "_writing"):
        monkeypatch.setattr(f"unipic.destinations.{module}.copy_and_hash", misread)
    with pytest.raises(DestinationError, match="removed"):
        export(place.new(), kept(originals.photo("a.jpg")))
    assert place.unfinished() == []
    assert not place.target.exists() or place.content() == {}


# A plug that is pulled


def pull_the_plug(place: Place, originals: Originals, names: Sequence[str], after: int) -> None:
    """Write in another process, that is killed when so many files were begun."""
    script = textwrap.dedent("""
        import json, os, signal, sys
        from pathlib import Path
        from unipic.destinations.folder import FolderDestination
        from unipic.destinations.zip import ZipDestination
        from tests.helpers.recorded import cleanup_from_dict
        from unipic.review.proposal import propose
        from unipic.review.outcomes import outcomes
        from unipic.destinations import _writing

        kind, target, after = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
        real = _writing.open_to_read

        class Deadly:
            def __init__(self, file): self.file = file
            def fileno(self): return self.file.fileno()
            def read(self, size):
                data = self.file.read(size)
                if not data: os.kill(os.getpid(), signal.SIGKILL)
                return data
            def __enter__(self): return self
            def __exit__(self, *_): self.file.close()

        begun = 0
        def open_to_read(path):
            global begun
            begun += 1
            return Deadly(real(path)) if begun > after else real(path)

        _writing.open_to_read = open_to_read
        cleanup = cleanup_from_dict(json.load(sys.stdin))
        destination = ZipDestination(target) if kind == "zip" else FolderDestination(target)
        destination.carry_out(destination.plan(outcomes(propose(cleanup))))
    """)
    plan = json.dumps(cleanup_to_dict(cleanup(singles=tuple(originals.photo(name) for name in names))))
    arguments = [sys.executable, "-c", script, place.kind, str(place.target), str(after)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (PROJECT / "src", PROJECT)))}
    died = subprocess.run(arguments, input=plan.encode(), env=environment, timeout=60)
    assert died.returncode == -signal.SIGKILL


@needs_signals
def test_killed_in_the_middle_no_half_file_has_a_name_and_a_second_run_finishes(
    place: Place, originals: Originals
) -> None:
    names = [f"sub/{i}.jpg" for i in range(4)]
    pull_the_plug(place, originals, names, after=2)
    assert len(place.unfinished()) == 1
    before = originals.state()
    if place.kind == "zip":
        assert not place.target.exists()
    else:
        assert place.content().keys() >= {"sub/0.jpg", "sub/1.jpg"}
        assert MANIFEST not in place.content()
        assert all(data == name.encode() for name, data in place.photos().items() if not name.endswith(PART))
        inode = (place.target / "sub/0.jpg").stat().st_ino
    photos = [photo(f"{i}", name=name, path=str(originals.folder / f"{i + 1}")) for i, name in enumerate(names)]
    digests = [hashlib.sha256(name.encode()).hexdigest() for name in names]
    again = [photo(p.id, name=p.name, path=p.path, digest=d, size=9) for p, d in zip(photos, digests, strict=True)]
    export(place.new(), kept(*again))
    assert place.photos() == {name: name.encode() for name in names}
    assert place.unfinished() == []
    assert originals.state() == before
    if place.kind == "folder":
        assert (place.target / "sub/0.jpg").stat().st_ino == inode  # what was whole was left as it was


# Without the place.


@pytest.fixture
def located(tmp_path: Path) -> list[Photo]:
    """A photo with a place and its sidecar with one, one without, and what nothing can be taken out of."""
    folder = tmp_path / "located"
    here, plain = photograph(folder / "here.jpg", 1, place=True), photograph(folder / "plain.png", 2)
    (folder / "here.json").write_text(json.dumps({"title": "here.jpg", "geoData": {"latitude": 38.7}}))
    (folder / "two.jpg").write_bytes(photograph(tmp_path / "other.jpg", 3).read_bytes() + here.read_bytes())

    def facts(path: Path) -> dict[str, Any]:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return {"name": path.name, "path": str(path), "digest": digest, "size": path.stat().st_size}

    sidecar = Companion(id="json", role="sidecar", **facts(folder / "here.json"))
    return [
        photo("here", **facts(here), companions=(sidecar,)),
        photo("plain", **facts(plain)),
        photo("two", **facts(folder / "two.jpg")),
    ]


@pytest.mark.skipif(find_exiftool() is None, reason="exiftool is not installed")
def test_without_the_place(place: Place, located: list[Photo]) -> None:
    originals = {file.path: Path(file.path).read_bytes() for one in located for file in one.files}
    place.strip_location = True
    written = export(place.new(), kept(*located)).written
    photos, manifest = place.photos(), place.manifest()
    assert set(photos) == {"here.jpg", "here.json", "plain.png"}
    assert b"38.7" not in photos["here.json"]
    with Image.open(io.BytesIO(photos["here.jpg"])) as copy, Image.open(located[0].path) as original:
        assert not copy.getexif().get_ifd(IFD.GPSInfo)
        assert original.getexif().get_ifd(IFD.GPSInfo)
        assert copy.getexif()[271] == "Apple", "the rest of it stays"
        assert copy.tobytes() == original.tobytes()
    assert manifest["location"] == "taken out of every file"
    for entry in manifest["kept"]:
        if "file" in entry:
            assert entry["sha256"] == hashlib.sha256(photos[entry["file"]]).hexdigest()
    assert [problem["original"] for problem in manifest["problems"]] == ["two.jpg"]
    assert [entry.problem.startswith("was left out: two.jpg") for entry in written if entry.problem] == [True]
    assert {path: Path(path).read_bytes() for path in originals} == originals
    assert place.unfinished() == []


@pytest.mark.skipif(find_exiftool() is None, reason="exiftool is not installed")
def test_what_was_written_without_the_place_is_gone_on_with(tmp_path: Path, located: list[Photo]) -> None:
    folder = FolderDestination(tmp_path / "clean", strip_location=True)
    export(folder, kept(*located[:2]))
    (tmp_path / "clean" / MANIFEST).unlink()
    (tmp_path / "clean" / "plain.png").unlink()
    before = (tmp_path / "clean" / "here.jpg").stat().st_ino
    export(folder, kept(*located[:2]))
    assert (tmp_path / "clean" / "here.jpg").stat().st_ino == before
    (tmp_path / "clean" / MANIFEST).unlink()
    (tmp_path / "clean" / "here.jpg").write_bytes(b"of somebody else")
    with pytest.raises(AlreadyThere):
        export(folder, kept(*located[:2]))


def test_without_exiftool_nothing_is_begun(place: Place, originals: Originals, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(location, "find_exiftool", lambda: None)
    place.strip_location = True
    with pytest.raises(NoExiftool):
        place.new().ready()
    with pytest.raises(NoExiftool):
        export(place.new(), kept(originals.photo("a.jpg")))
    assert not place.target.exists()


class Failing(io.BytesIO):
    """A file whose disk gives up after a megabyte."""

    def __init__(self, data: bytes, original: Path) -> None:
        super().__init__(data)
        self._handle = os.open(original, os.O_RDONLY)

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() >= 1 << 20:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(size)

    def fileno(self) -> int:
        return self._handle

    def close(self) -> None:
        os.close(self._handle)
        super().close()


def test_an_original_that_cannot_be_read_to_its_end_costs_only_itself(
    place: Place, originals: Originals, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, last = originals.photo("first.jpg"), originals.photo("last.jpg")
    torn = originals.photo("torn.jpg", os.urandom(2 << 20))
    broken = originals.unreadable("broken.jpg", os.urandom(2 << 20))
    real = _writing.open_to_read

    def opened(path: str | Path) -> IO[bytes]:
        path = Path(path)
        return Failing(path.read_bytes(), path) if str(path) in (torn.path, broken.path) else real(path)

    monkeypatch.setattr(_writing, "open_to_read", opened)
    written = export(place.new(), outcomes(propose(cleanup(singles=(first, torn, last), unreadable=(broken,))))).written
    assert place.photos() == {"first.jpg": b"first.jpg", "last.jpg": b"last.jpg"}
    assert {entry.item.file.name: entry.problem for entry in written if entry.problem} == dict.fromkeys(
        ("torn.jpg", "broken.jpg"), "could not be copied: Input/output error"
    )
    assert [entry["original"] for entry in place.manifest()["problems"]] == ["torn.jpg", "broken.jpg"]
    assert place.unfinished() == []
