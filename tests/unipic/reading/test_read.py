"""Read: every file found becomes exactly one photo or one unreadable file with a reason."""

import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.helpers.pictures import save, scene, xmp
from tests.helpers.systems import needs_pipes

from unipic.core.photo import Found, Photo, Unreadable
from unipic.core.settings import Limits
from unipic.reading import images
from unipic.reading._measures import WORKING, measure
from unipic.reading.engines.base import NO_MEMORY, Engine, Failure
from unipic.reading.engines.inline import InlineEngine
from unipic.reading.engines.local import LocalEngine
from unipic.reading.fingerprint import fingerprint
from unipic.reading.read import read, read_file
from unipic.reading.seen import Picture
from unipic.sources.folder import FolderSource
from unipic.vision.base import VIEW

LIMITS = Limits()


@pytest.fixture(scope="module")
def workers() -> Iterator[LocalEngine]:
    engine = LocalEngine(2)
    yield engine
    engine.close()


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Photos with others between them that are none."""
    for seed, kind in enumerate(("JPEG", "PNG", "HEIF", "WEBP", "GIF", "TIFF")):
        save(scene(seed, 320, 240), tmp_path / f"{seed} photo.{kind}", format=kind)
        (tmp_path / f"{seed} text.jpg").write_bytes(b"text")
    (tmp_path / "3 link.jpg").symlink_to("0 photo.JPEG")
    save(scene(9, 100, 80), tmp_path / "sub" / "photo.jpg")
    return tmp_path


def found(path: Path) -> Found:
    return Found("id", path.name, str(path), path.lstat().st_size if os.path.lexists(path) else 0)


def one(path: Path, **limits: Any) -> Picture | Unreadable:
    return read_file(found(path), Limits(**limits))


def picture(path: Path) -> Picture:
    outcome = one(path)
    assert isinstance(outcome, Picture)
    return outcome


def reason(path: Path, **limits: Any) -> str:
    outcome = one(path, **limits)
    assert isinstance(outcome, Unreadable)
    return outcome.reason


def facts(outcome: Picture | Unreadable) -> Any:
    """All of an outcome, comparable."""
    if isinstance(outcome, Unreadable):
        return outcome
    return outcome.photo, outcome.view.tobytes(), outcome.thumbnail


# The stream


def test_every_file_becomes_one_outcome_in_the_order_of_the_files(album: Path, workers: Engine) -> None:
    files = list(FolderSource([album]).files())
    outcomes = list(read(iter(files), workers, LIMITS))
    ids = [outcome.photo.id if isinstance(outcome, Picture) else outcome.id for outcome in outcomes]
    assert ids == [file.id for file in files]
    names = [outcome.photo.name for outcome in outcomes if isinstance(outcome, Picture)]
    assert names == sorted(file.name for file in files if "photo" in file.name)


def test_what_the_source_named_stays_as_it_is(album: Path) -> None:
    files = list(FolderSource([album]).files())
    (link,) = (file for file in files if isinstance(file, Unreadable))
    assert link in list(read(files, InlineEngine(), LIMITS))


def test_no_files_are_no_outcomes(workers: Engine) -> None:
    assert list(read([], workers, LIMITS)) == []


def test_worker_count_and_engine_do_not_matter(album: Path, workers: Engine) -> None:
    files = list(FolderSource([album]).files())
    inline = [facts(outcome) for outcome in read(files, InlineEngine(), LIMITS)]
    assert [facts(outcome) for outcome in read(files, workers, LIMITS)] == inline


def test_the_order_of_the_files_does_not_matter(album: Path) -> None:
    files = list(FolderSource([album]).files())
    forwards = [facts(outcome) for outcome in read(files, InlineEngine(), LIMITS)]
    backwards = [facts(outcome) for outcome in read(files[::-1], InlineEngine(), LIMITS)]
    assert forwards == backwards[::-1]


class FailingEngine:
    def map(self, task: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        return ((item, Failure("took longer than 15 seconds to decode")) for item in items)

    def close(self) -> None:
        pass


def test_a_file_that_costs_a_worker_is_unreadable() -> None:
    file = Found("id", "a/b.jpg", "/photos/a/b.jpg", 7)
    expected = Unreadable("id", "a/b.jpg", "/photos/a/b.jpg", "took longer than 15 seconds to decode", 7)
    assert list(read([file], FailingEngine(), LIMITS)) == [expected]


def test_a_file_without_memory_is_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(images, "_load", fail)
    path = save(scene(1, 64, 48), tmp_path / "photo.jpg")
    (outcome,) = read([found(path)], InlineEngine(), LIMITS)
    assert isinstance(outcome, Unreadable)
    assert outcome.reason == NO_MEMORY.reason


def test_reading_changes_nothing(album: Path) -> None:
    def manifest() -> list[Any]:
        paths = sorted(album.rglob("*"))
        return [(path, path.lstat().st_mtime_ns, path.lstat().st_mode, path.lstat().st_size) for path in paths]

    before = manifest()
    list(read(FolderSource([album]).files(), InlineEngine(), LIMITS))
    assert manifest() == before


# A photo


def test_a_photo_has_all_its_facts(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.update({271: "Canon", 272: "EOS", 274: 6, 306: "2024:06:12 18:03:05"})
    path = save(scene(1, 1200, 900), tmp_path / "photo.jpg", exif=exif.tobytes())
    outcome = picture(path)
    thumbnail = Image.open(io.BytesIO(outcome.thumbnail))
    upright = scene(1, 1200, 900).transpose(Image.Transpose.ROTATE_270)
    assert outcome.photo == Photo(
        id="id",
        name="photo.jpg",
        path=str(path),
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
        size=path.stat().st_size,
        width=900,
        height=1200,
        format="JPEG",
        fingerprint=outcome.photo.fingerprint,
        measures=outcome.photo.measures,
        comparable=True,
        taken=datetime(2024, 6, 12, 18, 3, 5),
        camera="Canon EOS",
        taken_by_camera=False,
        quality=75,
        content=outcome.photo.content,
        traces=outcome.photo.traces,
    )
    assert len(outcome.photo.content) == 64
    assert bin(int(outcome.photo.fingerprint, 16) ^ int(fingerprint(upright), 16)).count("1") < 20
    assert (thumbnail.format, thumbnail.size) == ("JPEG", (480, WORKING))
    assert (outcome.view.shape, outcome.view.dtype) == ((VIEW, VIEW, 3), np.uint8)
    square = np.asarray(upright.resize((VIEW, VIEW), Image.Resampling.BICUBIC), dtype=float)
    assert np.abs(square - outcome.view).mean() < 6


def test_what_the_file_says_about_itself_reaches_the_photo(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.update({0x131: "Snapseed 2.0", 0x4746: 1})
    exif.get_ifd(0x8769).update({0x9003: "2024:06:12 18:03:05", 0x829A: 0.008, 0x829D: 8.0, 0x8827: 100})
    packet = xmp('xmp:Rating="4"')
    path = save(scene(1, 64, 48), tmp_path / "photo.jpg", exif=exif.tobytes(), xmp=packet, quality=66)
    photo = picture(path).photo
    assert (photo.rating, photo.edited, photo.quality) == (4, "Snapseed", 66)
    assert (photo.taken, photo.taken_by_camera) == (datetime(2024, 6, 12, 18, 3, 5), True)
    assert photo.exposure == "1/125 s, f/8, ISO 100"


def test_measures_are_those_of_the_working_picture(tmp_path: Path) -> None:
    path = save(scene(1, 640, 480), tmp_path / "photo.png")
    assert picture(path).photo.measures == measure(np.asarray(scene(1, 640, 480)))


def test_a_name_is_data(tmp_path: Path) -> None:
    path = save(scene(1, 64, 48), tmp_path / "photo.jpg")
    outcome = read_file(Found("id", "../../etc/passwd\n\udce9", str(path), 1), LIMITS)
    assert isinstance(outcome, Picture)
    assert outcome.photo.name == "../../etc/passwd\n\udce9"


def lights() -> Image.Image:
    """Nine tenths of it are black."""
    night = Image.new("RGB", (640, 480), "black")
    for x, y in ((100, 90), (300, 240), (520, 400)):
        night.paste((255, 220, 150), (x, y, x + 60, y + 60))
    return night


@pytest.mark.parametrize(
    ("made", "comparable"),
    [
        (scene(1, 32, 32), True),
        (lights(), True),
        (scene(1, 31, 400), False),
        (scene(1, 1, 1), False),
        (Image.new("RGB", (640, 480), "black"), False),
        (Image.new("RGB", (640, 480), "white"), False),
        (Image.new("RGBA", (640, 480), (0, 0, 0, 0)), False),
    ],
    ids=["small", "lights in the night", "narrow", "a pixel", "black", "white", "transparent"],
)
def test_the_tiny_and_the_empty_are_not_compared(tmp_path: Path, made: Image.Image, comparable: bool) -> None:
    assert picture(save(made, tmp_path / "photo.png")).photo.comparable is comparable


def test_a_thumbnail_takes_no_words_along(tmp_path: Path) -> None:
    """A browser gets to see it: comments and metadata stay in the original."""
    exif = Image.Exif()
    exif[270] = "<script>"
    for kind in ("JPEG", "GIF"):
        path = save(scene(1, 64, 48), tmp_path / kind, format=kind, comment=b"<script>", exif=exif.tobytes())
        assert b"<script>" in path.read_bytes()
        assert b"<script>" not in picture(path).thumbnail


# Reasons


@needs_pipes
def test_reasons_say_what_is_wrong(tmp_path: Path) -> None:
    photo = save(scene(1, 640, 480), tmp_path / "photo.jpg")
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_bytes(b"text")
    (tmp_path / "half.jpg").write_bytes(photo.read_bytes()[: photo.stat().st_size // 2])
    (tmp_path / "link.jpg").symlink_to("photo.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    assert reason(tmp_path / "empty.jpg") == "is empty (0 bytes)"
    assert reason(tmp_path / "text.jpg") == "is not in any photo format Unipic knows"
    assert reason(tmp_path / "half.jpg").startswith("ends early: about ")
    assert reason(tmp_path / "link.jpg") == "could not be read: Too many levels of symbolic links"
    assert reason(tmp_path / "pipe.jpg") == "could not be read: is not a regular file"
    assert reason(photo, max_file=1000).startswith("is 0.0 GB, larger than ")
    assert reason(photo, max_pixels=1000).startswith("is 640 x 480 = 0 megapixels, more than ")
    assert reason(photo, max_decoded=1000).startswith("is 640 x 480 in a format that must be decoded whole")


def test_a_file_removed_between_listing_and_reading_is_named(album: Path, workers: Engine) -> None:
    files = list(FolderSource([album]).files())
    (album / "sub" / "photo.jpg").unlink()
    (album / "sub").rmdir()
    gone = list(read(files, workers, LIMITS))[-1]
    assert isinstance(gone, Unreadable)
    assert (gone.name, gone.reason) == ("sub/photo.jpg", "was deleted after the folder was listed")
    assert not gone.copyable


def test_a_link_that_took_a_files_place_is_not_followed(album: Path) -> None:
    files = list(FolderSource([album]).files())
    (album / "sub" / "photo.jpg").unlink()
    (album / "sub" / "photo.jpg").symlink_to(album / "0 photo.JPEG")
    swapped = list(read(files, InlineEngine(), LIMITS))[-1]
    assert isinstance(swapped, Unreadable)


def test_a_file_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(scene(1, 64, 48), tmp_path / "photo.jpg")

    def deny(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", deny)
    outcome = one(path)
    assert isinstance(outcome, Unreadable)
    assert outcome.reason == "may not be read: permission denied"
    assert not outcome.copyable


def test_an_error_of_the_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(scene(1, 64, 48), tmp_path / "photo.jpg")

    class Broken(io.FileIO):
        def read(self, *_: object) -> bytes:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(images, "open_to_read", Broken)
    for at_once in (images.IN_MEMORY_BYTES, 0):  # in one piece, and piece by piece
        monkeypatch.setattr(images, "IN_MEMORY_BYTES", at_once)
        assert reason(path) == "could not be read: Input/output error"
