"""What was seen is remembered exactly, known again only while it is still so, and never in the way."""

import importlib
import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.galleries import photo
from tests.helpers.pictures import save, scene

from unipic.core.photo import Companion, Found, Photo
from unipic.core.settings import Limits
from unipic.library._facts import NO_METADATA
from unipic.library._tables import FILE
from unipic.library.index import NO_INDEX, StoredIndex
from unipic.library.thumbnails import Thumbnails
from unipic.reading.seen import PairResult, Seen, half
from unipic.sources import base
from unipic.sources.folder import FolderSource

LIMITS = Limits()
FOUND = Found("id", "a/IMG_1.jpg", "/photos/a/IMG_1.jpg", 1000, "stamp")


@pytest.fixture
def thumbnails(tmp_path: Path) -> Thumbnails:
    return Thumbnails(tmp_path / "thumbs")


@pytest.fixture
def index(tmp_path: Path, thumbnails: Thumbnails) -> Iterator[StoredIndex]:
    opened = StoredIndex(tmp_path, thumbnails, LIMITS)
    yield opened
    opened.close()


def seen_of(found: Found, name: str = "one") -> Seen:
    one = replace(photo(name), id=found.id, name=found.name, path=found.path, digest=name * 8, companions=())
    vector = half(np.random.default_rng(3).normal(size=(1, 16)).astype(np.float32))[0]
    return Seen(one, vector, b"thumbnail of " + name.encode())


def keep(index: StoredIndex, found: Found = FOUND, name: str = "one", key: str = "encoder") -> Seen:
    seen = seen_of(found, name)
    index.thumbnails.save(seen.photo.digest, seen.thumbnail)
    index.keep(found, seen, key)
    return seen


def recalled(index: StoredIndex, *files: Found, key: str = "encoder") -> list[Seen | None]:
    return [seen for _, seen in index.seen(files, key)]


def test_what_was_seen_comes_back_to_the_last_bit(tmp_path: Path, thumbnails: Thumbnails) -> None:
    index = StoredIndex(tmp_path, thumbnails, LIMITS)
    kept = keep(index)
    index.close()
    again = StoredIndex(tmp_path, thumbnails, LIMITS)
    (seen,) = recalled(again, FOUND)
    assert seen is not None
    assert seen.photo == kept.photo
    assert seen.vector.dtype == np.float16
    np.testing.assert_array_equal(seen.vector, kept.vector)
    assert again.notices == ()
    again.close()


@pytest.mark.parametrize(
    "change", [{"size": 1001}, {"stamp": "another"}, {"stamp": ""}, {"path": "/photos/b/IMG_1.jpg"}]
)
def test_a_file_that_is_another_now_is_new(index: StoredIndex, change: dict[str, str | int]) -> None:
    keep(index)
    assert recalled(index, replace(FOUND, **change)) == [None]  # type: ignore[arg-type]


def test_vectors_of_another_encoder_are_none(index: StoredIndex) -> None:
    keep(index)
    assert recalled(index, FOUND, key="another") == [None]


def test_a_file_without_a_stamp_is_not_kept(index: StoredIndex) -> None:
    keep(index, replace(FOUND, stamp=""))
    assert recalled(index, FOUND) == [None]


def test_what_it_is_called_now_is_what_counts(index: StoredIndex) -> None:
    keep(index)
    (seen,) = recalled(index, replace(FOUND, id="other", name="album/IMG_1.jpg"))
    assert seen is not None
    assert (seen.photo.id, seen.photo.name) == ("other", "album/IMG_1.jpg")


@pytest.mark.parametrize("left", [None, b"", b"cut"])
def test_without_its_whole_thumbnail_a_photo_is_new(index: StoredIndex, left: bytes | None) -> None:
    seen = keep(index)
    path = index.thumbnails.path(seen.photo.digest)
    path.unlink() if left is None else path.write_bytes(left)
    assert recalled(index, FOUND) == [None]


def test_thousands_are_asked_for_in_their_order(index: StoredIndex) -> None:
    files = [replace(FOUND, id=str(i), path=f"/photos/\udcff{i}.jpg") for i in range(1200)]
    for i in range(0, 1200, 7):
        keep(index, files[i], f"{i:04}")
    answers = list(index.seen(files, "encoder"))
    assert [file for file, _ in answers] == files
    assert [seen is not None for _, seen in answers] == [i % 7 == 0 for i in range(1200)]
    assert all(seen.photo.path == file.path for file, seen in answers if seen)


def v1(_: tuple[Photo, Photo]) -> str:
    return "v1"


def pair(a: str = "a", b: str = "b") -> tuple[Photo, Photo]:
    return replace(photo(a), digest=a * 8), replace(photo(b), digest=b * 8)


def test_a_look_is_known_in_its_direction_and_by_its_key(index: StoredIndex) -> None:
    index.keep_pair(pair(), PairResult(12, 71.25, "whole; 12 points", (0.25, -0.5)), "24 bits", "v1")
    index.keep_pair(pair("a", "c"), PairResult(0), "24 bits", "v1")
    asked = [pair(), pair("b", "a"), pair("a", "c"), pair("c", "d")]
    assert index.pairs(asked, "24 bits", v1) == {
        ("a" * 8, "b" * 8): PairResult(12, 71.25, "whole; 12 points", (0.25, -0.5)),
        ("a" * 8, "c" * 8): PairResult(0),
    }
    assert index.pairs(asked, "20 bits", v1) == {}


def test_scores_are_kept_exactly(index: StoredIndex) -> None:
    one, other = pair()
    score = np.array([1 / 3, -7.1], np.float32).tolist()
    index.keep_score(one, score, "clip: sharp")
    assert index.scores([one, other], "clip: sharp") == {one.digest: score}
    assert index.scores([one], "clip: soft") == {}


def test_what_lies_in_other_files_is_known_while_they_are_the_same(index: StoredIndex) -> None:
    index.keep_said(FOUND, {"title": "Ümläut \udcff"}, "v1")
    index.keep_said(replace(FOUND, path="/new", stamp=""), {"title": "too fresh"}, "v1")
    assert index.said([FOUND], "v1") == {"id": {"title": "Ümläut \udcff"}}
    assert index.said([replace(FOUND, stamp="another")], "v1") == {}
    assert index.said([replace(FOUND, path="/new")], "v1") == {}


def raised(owner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the code behind this VERSION gave something else from now on."""
    module = importlib.import_module(f"unipic.{owner}")
    monkeypatch.setattr(module, "VERSION", module.VERSION + 1)


PIXELS = ("reading.images", "reading.fingerprint", "reading._measures", "reading._content", "reading._compression")
METADATA = ("reading._exif", "reading._xmp", "reading._editors", "reading.apple")


@pytest.mark.parametrize("owner", [*PIXELS, *METADATA])
def test_a_new_version_costs_the_facts_of_its_kind(
    owner: str, tmp_path: Path, thumbnails: Thumbnails, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = StoredIndex(tmp_path, thumbnails, LIMITS)
    kept = keep(index)
    index.keep_score(kept.photo, [1.0], "scorer")
    index.close()
    raised(owner, monkeypatch)
    index = StoredIndex(tmp_path, thumbnails, LIMITS)
    (seen,) = recalled(index, FOUND)
    if owner in PIXELS:
        assert seen is None
    else:
        assert seen is not None
        assert seen.stale
        assert seen.photo == replace(kept.photo, **NO_METADATA)
        np.testing.assert_array_equal(seen.vector, kept.vector)
    assert index.scores([kept.photo], "scorer") == ({} if owner == "reading.images" else {kept.photo.digest: [1.0]})
    keep(index)
    (again,) = recalled(index, FOUND)
    assert again is not None
    assert (again.photo, again.stale) == (kept.photo, False)
    index.close()
    with sqlite3.connect(tmp_path / FILE) as base:
        for table in ("pixels", "metadata", "vector"):
            assert base.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,), (
                "what is made again takes its place"
            )


def test_vectors_of_an_older_picture_are_none(
    index: StoredIndex, thumbnails: Thumbnails, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(index, key="first")
    raised("reading.images", monkeypatch)
    index.__dict__.pop("_pixels")
    keep(index, key="second")
    assert recalled(index, FOUND, key="first") == [None]
    assert None not in recalled(index, FOUND, key="second")


def test_metadata_that_was_read_again_is_kept(index: StoredIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = keep(index)
    raised("reading._xmp", monkeypatch)
    now = replace(kept.photo, rating=3, taken=datetime(2024, 6, 12, 18, 3, 5, 250_000, timezone(timedelta(hours=2))))
    index.keep_metadata(now)
    (seen,) = recalled(index, FOUND)
    assert seen is not None
    assert (seen.photo, seen.stale) == (now, False)


def test_what_an_older_version_made_of_pairs_and_companions_is_not_known(index: StoredIndex) -> None:
    index.keep_pair(pair(), PairResult(3), "key", "v1")
    index.keep_said(FOUND, {"title": "old"}, "v1")
    assert index.pairs([pair()], "key", lambda _: "v2") == index.said([FOUND], "v2") == {}
    index.keep_pair(pair(), PairResult(4), "key", "v2")
    index.keep_said(FOUND, {"title": "new"}, "v2")
    assert index.pairs([pair()], "key", lambda _: "v2") == {("a" * 8, "b" * 8): PairResult(4)}
    assert index.said([FOUND], "v2") == {"id": {"title": "new"}}
    assert index.pairs([pair()], "key", v1) == index.said([FOUND], "v1") == {}


def test_tables_of_an_older_time_are_made_anew(tmp_path: Path, thumbnails: Thumbnails) -> None:
    with sqlite3.connect(tmp_path / FILE) as base:
        base.executescript("CREATE TABLE maker (key TEXT); CREATE TABLE vector (x INT); CREATE TABLE gone (y INT);")
    index = StoredIndex(tmp_path, thumbnails, LIMITS)
    keep(index)
    assert recalled(index, FOUND) != [None]
    assert index.notices == ()
    index.close()


@pytest.mark.parametrize("damage", [b"not a database, and long enough to be looked at" * 40, b"SQLite format 3\0"])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, thumbnails: Thumbnails, damage: bytes) -> None:
    (tmp_path / FILE).write_bytes(damage)
    index = StoredIndex(tmp_path, thumbnails, LIMITS)
    keep(index)
    index.close()
    again = StoredIndex(tmp_path, thumbnails, LIMITS)
    assert recalled(again, FOUND) != [None]
    (notice,) = index.notices
    assert "was damaged" in notice
    assert again.notices == ()
    again.close()


def test_damage_found_in_mid_run_is_made_again_too(tmp_path: Path, thumbnails: Thumbnails) -> None:
    index = StoredIndex(tmp_path, thumbnails, LIMITS)
    keep(index)
    index.close()
    with sqlite3.connect(tmp_path / FILE) as base:  # text that is none, as a flipped bit leaves it
        base.execute("UPDATE pixels SET facts = CAST(x'ff61' AS TEXT)")
    index = StoredIndex(tmp_path, thumbnails, LIMITS)
    assert recalled(index, FOUND) == [None]
    keep(index)
    assert len(index.notices) == 1
    index.close()
    again = StoredIndex(tmp_path, thumbnails, LIMITS)
    assert recalled(again, FOUND) != [None]
    assert again.notices == ()
    again.close()


@pytest.mark.parametrize("text", ["[0.25", "7", "x", "", '["a"]', '{"a": '])
def test_a_damaged_text_is_not_known(index: StoredIndex, tmp_path: Path, text: str) -> None:
    one = keep(index).photo
    index.keep_score(one, [0.25], "scorer")
    index.keep_said(FOUND, {"a": 1}, "version")
    index.write()
    with sqlite3.connect(tmp_path / FILE) as base:
        for column in ("score SET value", "beside SET facts", "pixels SET facts", "metadata SET facts"):
            base.execute(f"UPDATE {column} = ?", [text])
    assert index.scores([one], "scorer") == {}
    assert index.said([FOUND], "version") == {}
    assert recalled(index, FOUND) == [None]
    assert index.photos_of([FOUND]) == {}


def test_a_file_of_a_newer_version_is_left_as_it_is(tmp_path: Path, thumbnails: Thumbnails) -> None:
    with sqlite3.connect(tmp_path / FILE) as base:
        base.execute("PRAGMA user_version = 99")
    before = (tmp_path / FILE).read_bytes()
    index = StoredIndex(tmp_path, thumbnails, LIMITS)
    keep(index)
    assert recalled(index, FOUND) != [None]
    assert "newer Unipic" in index.notices[0]
    index.close()
    assert (tmp_path / FILE).read_bytes() == before


def test_where_nothing_can_be_kept_it_is_said_and_the_run_goes_on(tmp_path: Path, thumbnails: Thumbnails) -> None:
    (tmp_path / FILE).mkdir()
    index = StoredIndex(tmp_path, thumbnails, LIMITS)
    keep(index)
    assert recalled(index, FOUND) != [None]  # as long as it runs
    assert [notice for notice in index.notices if FILE in notice and "reads those photos again" in notice]
    index.close()


def test_a_file_that_breaks_in_mid_run_costs_the_memory_alone(tmp_path: Path, thumbnails: Thumbnails) -> None:
    index = StoredIndex(tmp_path, thumbnails, LIMITS)
    keep(index)
    index.base._base.close()  # what follows raises as any other trouble would
    assert recalled(index, FOUND) == [None]
    keep(index)
    assert recalled(index, FOUND) != [None]
    assert len(index.notices) == 1
    index.close()


def test_two_may_use_it_at_once(tmp_path: Path, thumbnails: Thumbnails) -> None:
    one, other = (StoredIndex(tmp_path, thumbnails, LIMITS) for _ in range(2))
    keep(one)
    one.close()
    keep(other, replace(FOUND, path="/b.jpg"), "two")
    assert [seen is not None for seen in recalled(other, FOUND, replace(FOUND, path="/b.jpg"))] == [True, True]
    other.close()


def test_one_that_is_still_at_work_keeps_no_other_waiting(
    tmp_path: Path, thumbnails: Thumbnails, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever could not write within SQLite's patience would forget all of its run."""
    monkeypatch.setattr("unipic.library._tables.LOCK_TIMEOUT_S", 0.2)
    one, other = (StoredIndex(tmp_path, thumbnails, LIMITS) for _ in range(2))
    keep(one)
    recalled(one, FOUND)
    keep(other, replace(FOUND, path="/b.jpg"), "two")
    other.close()
    one.close()
    assert one.notices == other.notices == ()
    again = StoredIndex(tmp_path, thumbnails, LIMITS)
    assert None not in recalled(again, FOUND, replace(FOUND, path="/b.jpg"))
    again.close()


def test_where_nothing_is_remembered_everything_is_new() -> None:
    assert list(NO_INDEX.seen([FOUND], "key")) == [(FOUND, None)]
    assert NO_INDEX.pairs([pair()], "key", v1) == NO_INDEX.scores(pair(), "key") == NO_INDEX.said([FOUND], "v1") == {}


def test_what_nobody_asks_for_is_forgotten_with_its_thumbnail(
    tmp_path: Path, thumbnails: Thumbnails, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, other = time.time(), replace(FOUND, path="/b.jpg")

    def after(days: float) -> StoredIndex:
        monkeypatch.setattr("unipic.library.index.time.time", lambda: begun + days * 86_400)
        return StoredIndex(tmp_path, thumbnails, LIMITS)

    index = after(0)
    kept, gone = keep(index, FOUND, "kept"), keep(index, other, "gone")
    looked = (kept.photo, gone.photo)
    index.keep_pair(looked, PairResult(3), "key", "v1")
    index.keep_said(FOUND, {"title": "kept"}, "v1")
    index.keep_said(other, {"title": "gone"}, "v1")
    index.close()
    index = after(100)
    assert index.said([FOUND], "v1") == {"id": {"title": "kept"}}
    assert recalled(index, FOUND) != [None]
    index.close()
    index = after(200)
    assert recalled(index, FOUND) != [None]
    assert recalled(index, other) == [None]
    assert [thumbnails.path(one.photo.digest).exists() for one in (kept, gone)] == [True, False]
    assert index.pairs([looked], "key", v1) == {}
    assert index.said([other], "v1") == {}
    assert index.said([FOUND], "v1") == {"id": {"title": "kept"}}
    index.close()


# The stamp


def stamp_of(path: Path) -> str:
    (found,) = FolderSource([path]).files()
    assert isinstance(found, Found)
    return found.stamp


@pytest.fixture
def picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(base, "NEW", 0)
    return save(scene(1, 64, 48), tmp_path / "a.png")


def test_the_stamp_stays_while_nobody_touches_the_file(picture: Path) -> None:
    before = stamp_of(picture)
    picture.read_bytes()
    assert stamp_of(picture) == before != ""


def test_writing_in_place_shows_even_with_the_old_time(picture: Path) -> None:
    before, index = stamp_of(picture), picture.stat()
    data = bytearray(picture.read_bytes())
    data[-1] ^= 1
    while picture.stat().st_ctime_ns == index.st_ctime_ns:  # the clock of the file system has ticks
        picture.write_bytes(data)
        os.utime(picture, ns=(index.st_atime_ns, index.st_mtime_ns))
    assert picture.stat().st_mtime_ns == index.st_mtime_ns
    assert stamp_of(picture) != before


def test_another_file_of_the_same_name_shows(picture: Path) -> None:
    before, index = stamp_of(picture), picture.stat()
    other = picture.with_name("other.png")
    other.write_bytes(picture.read_bytes())
    os.utime(other, ns=(index.st_atime_ns, index.st_mtime_ns))
    os.replace(other, picture)
    assert stamp_of(picture) != before


def test_a_file_that_was_written_just_now_has_none(tmp_path: Path) -> None:
    assert stamp_of(save(scene(1, 64, 48), tmp_path / "a.png")) == ""


def test_companions_are_not_facts_of_a_photo(index: StoredIndex) -> None:
    """They are found anew each time: they come and go without the photo."""
    seen = seen_of(FOUND)
    beside = Companion("c", "a/IMG_1.MOV", "/photos/a/IMG_1.MOV", "d" * 64, 5, "video")
    index.thumbnails.save(seen.photo.digest, seen.thumbnail)
    index.keep(FOUND, replace(seen, photo=replace(seen.photo, companions=(beside,))), "encoder")
    (again,) = recalled(index, FOUND)
    assert again is not None
    assert again.photo == seen.photo
