"""The library reads each file once, hides what is gone, and forgets nothing of a folder that cannot be reached."""

import os
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.helpers.pictures import save, scene

from unipic.core.errors import DecisionsUnreadable, ModelError, SourceError, UnipicError
from unipic.core.photo import Found, Photo, Unreadable
from unipic.core.settings import Settings
from unipic.library import library as module
from unipic.library._decisions import FILE as DECISIONS
from unipic.library.filling import detector, encoder
from unipic.library.index import NO_INDEX, StoredIndex
from unipic.library.library import Library, Update
from unipic.library.listing import EVERYTHING, Filter
from unipic.library.reader import INDEX
from unipic.library.status import status
from unipic.library.thumbnails import Thumbnails
from unipic.reading.engines.inline import InlineEngine
from unipic.tools import Tools
from unipic.vision.base import Part
from unipic.vision.builtin import BuiltinEncoder
from utils import index_gallery

SETTINGS = Settings()
DAY = 86_400


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("unipic.sources.base.NEW", 0)  # or a file written just now is read again by the next update
    return tmp_path / "data"


@pytest.fixture
def library(data: Path) -> Library:
    return Library(data)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for number, name in enumerate(("2020/a.jpg", "2020/b.jpg", "2021/c.png")):
        save(scene(number), folder / name)
    (folder / "2021" / "notes.txt").write_text("no photo")
    return folder


def updated(library: Library, folder: Path) -> Update:
    index = StoredIndex(library.data / INDEX, library.thumbnails, SETTINGS.limits)
    tools = Tools(BuiltinEncoder(), None, InlineEngine(), library.thumbnails, index=index)
    try:
        return index_gallery(folder, library, tools, SETTINGS)
    finally:
        index.close()


def shown(library: Library, wanted: Filter = EVERYTHING) -> list[Photo]:
    return library.photos(library.listing(wanted).ids)


def names(library: Library, wanted: Filter = EVERYTHING) -> list[str]:
    return sorted(photo.name for photo in shown(library, wanted))


@pytest.fixture
def filled(library: Library, photos: Path) -> Library:
    updated(library, library.add(photos))
    return library


def test_each_file_is_read_once(library: Library, photos: Path) -> None:
    folder = library.add(photos)
    first = updated(library, folder)
    assert (first.files, first.new, first.gone) == (4, 4, 0)
    assert [file.name for file in first.unreadable] == ["2021/notes.txt"]
    again = updated(library, folder)
    assert (again.files, again.new, again.gone, again.unreadable) == (4, 0, 0, ())
    assert names(library) == ["2020/a.jpg", "2020/b.jpg", "2021/c.png"]


def test_a_photo_of_this_second_is_shown_at_once(
    library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unipic.sources.base.NEW", 60_000_000_000)
    updated(library, library.add(photos))
    assert len(shown(library)) == 3


def test_what_is_gone_is_hidden_at_once_and_forgotten_after_a_month(
    filled: Library, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (gone,) = [photo for photo in shown(filled) if photo.name == "2020/a.jpg"]
    (photos / "2020" / "a.jpg").unlink()
    assert updated(filled, photos).gone == 1
    assert names(filled) == ["2020/b.jpg", "2021/c.png"]
    assert filled.thumbnails.path(gone.digest).exists(), "it may come back"
    now = module._today()
    monkeypatch.setattr(module, "_today", lambda: now + module.KEEP_GONE_DAYS + 1)
    updated(filled, photos)
    assert not filled.thumbnails.path(gone.digest).exists()
    assert filled.number("SELECT count(*) FROM pixels") == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read what nobody may")
def test_a_folder_inside_that_may_not_be_listed_loses_nothing(filled: Library, photos: Path) -> None:
    (photos / "2020").chmod(0)
    try:
        assert updated(filled, photos).gone == 0
    finally:
        (photos / "2020").chmod(0o755)
    assert len(shown(filled)) == 3


def test_of_a_folder_inside_that_cannot_be_listed_nothing_is_taken_for_gone(filled: Library, photos: Path) -> None:
    left = [file for file in filled.files(photos) if not file.name.startswith("2020/")]
    closed = Unreadable("2020", "2020", str(photos / "2020"), "is a folder that may not be read", copyable=False)
    assert filled.update(photos, [*left, closed]) == 0
    assert filled.update(photos, left) == 2


def test_what_comes_back_is_shown_again(filled: Library, photos: Path) -> None:
    away = photos.parent / "a.jpg"
    os.rename(photos / "2020" / "a.jpg", away)
    updated(filled, photos)
    os.rename(away, photos / "2020" / "a.jpg")
    updated(filled, photos)
    assert names(filled) == ["2020/a.jpg", "2020/b.jpg", "2021/c.png"]


@pytest.mark.parametrize("how", ["gone", "empty"])
def test_nothing_is_forgotten_of_a_folder_that_cannot_be_reached(filled: Library, photos: Path, how: str) -> None:
    os.rename(photos, photos.with_name("elsewhere"))
    if how == "empty":  # as a mount point without its disk
        photos.mkdir()
    with pytest.raises(SourceError, match=r"cannot be reached.*3 photos stay"):
        updated(filled, photos)
    assert len(shown(filled)) == 3
    (folder,) = filled.folders()
    assert (folder.reachable, folder.photos) == (False, 3)
    if how == "empty":
        photos.rmdir()
    os.rename(photos.with_name("elsewhere"), photos)
    assert updated(filled, photos).gone == 0


def test_a_folder_inside_another_is_part_of_it(library: Library, photos: Path) -> None:
    library.add(photos / "2020")
    library.add(photos)
    assert library.paths() == [photos]
    library.add(photos / "2021")
    assert library.paths() == [photos]
    updated(library, photos / "2021")
    assert names(library) == ["2021/c.png"]


def test_the_data_folder_is_no_folder_of_photos(library: Library, photos: Path, data: Path) -> None:
    data.mkdir()
    with pytest.raises(SourceError, match="own data folder"):
        library.add(data)
    library.add(data.parent)
    updated(library, data.parent)
    updated(library, data.parent)
    assert all("thumbs" not in photo.path for photo in shown(library))
    assert len(shown(library)) == 3


def test_folders_of_one_name_are_told_apart(library: Library, photos: Path, tmp_path: Path) -> None:
    save(scene(9), tmp_path / "other" / "photos" / "d.jpg")
    for folder in (photos, tmp_path / "other" / "photos"):
        updated(library, library.add(folder))
    assert len(set(names(library))) == 4
    assert {name.split("/")[0] for name in names(library)} == {"photos", "photos (2)"}


def test_identical_files_are_shown_once_with_all_their_places(library: Library, photos: Path) -> None:
    shutil.copy(photos / "2020" / "a.jpg", photos / "2021" / "copy.jpg")
    updated(library, library.add(photos))
    assert len(shown(library)) == 3
    digest = next(photo.digest for photo in shown(library) if photo.name.endswith(("a.jpg", "copy.jpg")))
    assert library.places(digest) == [photos / "2020" / "a.jpg", photos / "2021" / "copy.jpg"]


def test_a_sidecar_belongs_to_its_photo_even_if_it_comes_later(filled: Library, photos: Path) -> None:
    (photos / "2020" / "a.jpg.xmp").write_text("<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
    updated(filled, photos)
    (photo,) = [photo for photo in shown(filled) if photo.name == "2020/a.jpg"]
    assert [(one.name, one.role) for one in photo.companions] == [("2020/a.jpg.xmp", "sidecar")]
    (photos / "2020" / "a.jpg.xmp").unlink()
    updated(filled, photos)
    (photo,) = [photo for photo in shown(filled) if photo.name == "2020/a.jpg"]
    assert photo.companions == ()


def test_newest_first_and_photos_without_a_time_last(library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "dated"
    for number, taken in enumerate(("2019:05:04 10:00:00", "2024:12:31 23:59:59", "2019:05:04 12:00:00")):
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9003] = taken
        save(scene(number), folder / f"{number}.jpg", exif=exif)
    updated(library, library.add(folder))
    listing = library.listing()
    assert [photo.name for photo in library.photos(listing.ids)] == ["1.jpg", "2.jpg", "0.jpg"]
    assert listing.days == [("2024-12-31", 1), ("2019-05-04", 2)]


def test_a_folder_is_forgotten_and_the_rest_stays(filled: Library, photos: Path, tmp_path: Path) -> None:
    save(scene(9), tmp_path / "other" / "d.jpg")
    updated(filled, filled.add(tmp_path / "other"))
    filled.forget(photos)
    assert filled.paths() == [tmp_path / "other"]
    assert names(filled) == ["d.jpg"]
    assert filled.number("SELECT count(*) FROM pixels") == 1


def test_the_index_may_be_deleted_at_any_time(filled: Library, photos: Path) -> None:
    digests = {photo.digest for photo in shown(filled)}
    filled.marks.favourite(digests)
    assert filled.forget_all() > 0
    assert shown(filled) == []
    assert filled.paths() == [photos], "which folders there are was said by a person"
    updated(filled, photos)
    assert {photo.digest for photo in shown(filled)} == digests == filled.marks.favourites()


def test_with_damaged_decisions_everything_but_deciding_goes_on(filled: Library, photos: Path, data: Path) -> None:
    (data / DECISIONS).write_bytes(b"damaged " * 500)
    before = (data / DECISIONS).read_bytes()
    assert filled.paths() == [photos]
    filled.usable()
    assert updated(filled, photos).files == 4
    assert len(shown(filled)) == 3
    with pytest.raises(DecisionsUnreadable):
        filled.listing(Filter(favourite=True))
    found = status(filled, BuiltinEncoder().key, SETTINGS.limits)
    assert "cannot be used" in found.problem
    assert (data / DECISIONS).read_bytes() == before


@pytest.mark.parametrize("file", ["library/index.sqlite", DECISIONS])
def test_the_data_of_a_newer_version_is_refused_and_left_as_it_is(filled: Library, data: Path, file: str) -> None:
    with sqlite3.connect(data / file) as base:
        base.execute("PRAGMA user_version = 99")
    base.close()
    before = (data / file).read_bytes()
    with pytest.raises(UnipicError, match="newer Unipic"):
        filled.usable()
    assert (data / file).read_bytes() == before


def test_what_is_out_of_date_is_counted(filled: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    key = BuiltinEncoder().key
    found = status(filled, key, SETTINGS.limits)
    assert (found.photos, found.waiting, found.vectors) == (3, 0, {key: 3})
    assert status(filled, "another", SETTINGS.limits).waiting == 3
    monkeypatch.setattr("unipic.reading._measures.VERSION", 99)
    assert status(filled, key, SETTINGS.limits).waiting == 3


def test_vectors_of_shown_photos(filled: Library, photos: Path) -> None:
    digests, vectors = filled.vectors(BuiltinEncoder().key)
    assert vectors.shape == (3, 978)
    assert vectors.dtype == np.float16
    assert set(digests) == {photo.digest for photo in shown(filled)}
    assert filled.vectors("another")[0] == []
    (photos / "2020" / "a.jpg").unlink()
    updated(filled, photos)
    assert len(filled.vectors(BuiltinEncoder().key)[0]) == 2


def test_marks_are_filters(filled: Library) -> None:
    a, b, c = sorted(shown(filled), key=lambda photo: photo.name)
    filled.marks.favourite([a.digest, b.digest])
    filled.marks.tag([b.digest, c.digest], "Lisbon")
    filled.marks.album([c.digest], "Best of")
    (album,) = filled.marks.albums()
    assert names(filled, Filter(favourite=True)) == [a.name, b.name]
    assert names(filled, Filter(favourite=True, tag="Lisbon")) == [b.name]
    assert names(filled, Filter(album=album.id)) == [c.name]
    assert names(filled, Filter(folder=Path(c.path).parent)) == [c.name]


def test_without_an_index_everything_is_new_and_nothing_is_known() -> None:
    found = Found("id", "a.jpg", "/a.jpg", 1)
    assert NO_INDEX.unknown([found], "key") == [found]
    assert NO_INDEX.photos_of([found]) == {}


def test_an_empty_library_answers(library: Library) -> None:
    assert library.folders() == []
    assert shown(library) == []
    assert library.vectors("key")[0] == []
    assert list(library.parts("face")) == []
    assert status(library, "key", SETTINGS.limits).photos == 0
    assert not library.path.exists(), "to ask makes no file"


def test_a_thumbnail_that_was_deleted_is_made_again(filled: Library, photos: Path) -> None:
    one = shown(filled)[0]
    filled.thumbnails.path(one.digest).unlink()
    updated(filled, photos)
    assert filled.thumbnails.path(one.digest).exists()


def test_an_index_of_the_version_before_makes_room(data: Path) -> None:
    from unipic.library.index import taken_over

    (data / "facts" / "thumbs").mkdir(parents=True)
    (data / "facts" / "facts.sqlite").write_bytes(b"of the version before")
    assert taken_over(data)
    assert not (data / "facts").exists()
    assert not taken_over(data)


def test_thumbnails_by_digest(tmp_path: Path) -> None:
    thumbnails = Thumbnails(tmp_path / "thumbs")
    assert list(thumbnails.digests()) == []
    thumbnails.save("ab" * 32, b"jpeg")
    assert list(thumbnails.digests()) == ["ab" * 32]


class Corners:
    """A detector of two made-up parts in each picture, the second without a vector."""

    name = label = "corners"
    kind = "segment"
    key = "corners-1"

    def find(self, pictures: Sequence[np.ndarray]) -> list[list[Part]]:
        assert all(picture.dtype == np.uint8 and picture.shape[2] == 3 for picture in pictures)
        one = Part("0", "segment", (0.0, 0.0, 0.5, 0.5), facts={"sure": 0.9}, vector=np.array([0.6, 0.8], np.float32))
        return [[one, Part("1", "segment", time=2.5)] for _ in pictures]


def test_an_encoder_fills_the_library_and_goes_on_where_it_was(filled: Library, photos: Path) -> None:
    model = encoder("other", BuiltinEncoder)
    assert filled.unfilled(model.key) == 3
    assert filled.fill(model, InlineEngine()) == 3
    digests, vectors = filled.vectors(model.key)
    assert (len(digests), vectors.shape) == (3, (3, 978))
    assert filled.fill(model, InlineEngine()) == 0
    save(scene(11), photos / "new.jpg")
    updated(filled, photos)
    assert filled.fill(model, InlineEngine()) == 1


def test_a_detector_fills_the_library_with_parts(filled: Library) -> None:
    assert filled.fill(detector(Corners.key, Corners), InlineEngine()) == 3
    parts = list(filled.parts("segment"))
    assert len(parts) == 6
    assert parts[0][1:] == ("0", {"box": [0.0, 0.0, 0.5, 0.5], "time": None, "sure": 0.9})
    assert filled.number("SELECT count(*) FROM vector WHERE part = '0'") == 3
    assert filled.vectors(Corners.key)[0] == [], "a part's vector is not a photo's"
    filled.forget(kind="parts")
    assert list(filled.parts("segment")) == []
    assert filled.fill(detector(Corners.key, Corners), InlineEngine()) == 3


def test_a_photo_without_its_thumbnail_is_left_for_the_next_time(filled: Library) -> None:
    filled.thumbnails.path(shown(filled)[0].digest).unlink()
    assert filled.fill(detector(Corners.key, Corners), InlineEngine()) == 2
    assert filled.unfilled(Corners.key) == 1


def test_what_an_older_version_made_is_made_again(filled: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    filled.fill(detector(Corners.key, Corners), InlineEngine())
    monkeypatch.setattr("unipic.reading.images.VERSION", 99)
    assert filled.unfilled(Corners.key) == 3
    assert filled.fill(detector(Corners.key, Corners), InlineEngine()) == 3
    assert len(list(filled.parts("segment"))) == 6


def test_a_model_that_cannot_be_used_is_told_and_what_was_done_stays(filled: Library) -> None:
    class Broken(Corners):
        def find(self, pictures: Sequence[np.ndarray]) -> list[list[Part]]:
            raise ModelError("it cannot be loaded")

    with pytest.raises(ModelError):
        filled.fill(detector("broken", Broken), InlineEngine())
    assert len(shown(filled)) == 3
