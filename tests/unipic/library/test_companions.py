"""Companions: what belongs to a photo becomes part of it, and what only is called so does not."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from tests.helpers.assets import IDENTIFIER, film, live_photo, maker_note, photograph, takeout
from tests.helpers.pictures import save, scene
from tests.helpers.raws import raw_photo

from unipic.core.photo import Gallery, Photo, Unreadable, files_of
from unipic.core.settings import Limits
from unipic.library.companions import together, with_what
from unipic.reading.engines.inline import InlineEngine
from unipic.reading.engines.local import LocalEngine
from unipic.reading.read import read
from unipic.reading.seen import Picture
from unipic.sources.folder import FolderSource

WHEN = datetime(2024, 6, 12, 20, 51, 7)


def gallery_of(folder: Path) -> Gallery:
    found = list(read(FolderSource([folder]).files(), InlineEngine(), Limits()))
    photos = tuple(picture.photo for picture in found if isinstance(picture, Picture))
    return Gallery(photos, tuple(file for file in found if not isinstance(file, Picture)))


def assets_in(folder: Path) -> dict[str, set[str]]:
    """By photo, what belongs to it; checks that no file got lost or came twice, whatever order they came in."""
    before = gallery_of(folder)
    after = together(before, InlineEngine())
    again = together(Gallery(before.photos[::-1], before.unreadable[::-1]), InlineEngine())
    assert set(again.photos) == set(after.photos)
    files = [file.id for asset in (*after.photos, *after.unreadable) for file in files_of(asset)]
    assert sorted(files) == sorted(file.id for file in (*before.photos, *before.unreadable))
    for photo in after.photos:
        for file in photo.companions:
            assert (file.digest, file.size) == (
                hashlib.sha256(Path(file.path).read_bytes()).hexdigest(),
                Path(file.path).stat().st_size,
            )
    return {photo.name: {file.name for file in photo.companions} for photo in after.photos}


def test_a_live_photo_is_one(tmp_path: Path) -> None:
    live_photo(tmp_path)
    live_photo(tmp_path / "sub", seed=2, identifier="another one, 36 characters or not")
    assert assets_in(tmp_path) == {"IMG_1.JPG": {"IMG_1.MOV"}, "sub/IMG_1.JPG": {"sub/IMG_1.MOV"}}
    assert with_what(together(gallery_of(tmp_path), InlineEngine()).photos[0]) == "Live Photo"


def test_a_film_without_an_identifier_must_be_short(tmp_path: Path) -> None:
    for name, seconds in (("short", 2.9), ("long", 9.0)):
        save(scene(1), tmp_path / f"{name}.jpg")
        (tmp_path / f"{name}.mp4").write_bytes(film(seconds))
    (tmp_path / "no film.mov").write_bytes(b"text")
    save(scene(1), tmp_path / "no film.jpg")
    assert assets_in(tmp_path) == {"short.jpg": {"short.mp4"}, "long.jpg": set(), "no film.jpg": set()}


def test_a_film_with_the_identifier_of_another_still_stays_a_file_of_its_own(tmp_path: Path) -> None:
    photograph(tmp_path / "IMG_1.JPG", note=maker_note(identifier="A" * 36))
    (tmp_path / "IMG_1.MOV").write_bytes(film(2.0, IDENTIFIER))
    assert assets_in(tmp_path) == {"IMG_1.JPG": set()}


def test_the_film_goes_with_the_still_it_was_taken_with(tmp_path: Path) -> None:
    """Of two that are called alike, as an export of the HEIC beside it."""
    live_photo(tmp_path, "IMG_1")
    save(scene(1, 320, 240), tmp_path / "IMG_1.heic")
    assert assets_in(tmp_path) == {"IMG_1.JPG": {"IMG_1.MOV"}, "IMG_1.heic": set()}


def test_a_raw_file_beside_what_the_camera_made_of_it(tmp_path: Path) -> None:
    photograph(tmp_path / "DSC_1.JPG", taken=WHEN)
    save(scene(2), tmp_path / "DSC_2.jpg")  # whoever made it, it was no camera
    for name in ("DSC_1.NEF", "DSC_2.NEF", "DSC_3.NEF"):
        (tmp_path / name).write_bytes(b"II*\0" + name.encode())
    (tmp_path / "DSC_1.NEF.xmp").write_text("<x/>")
    (tmp_path / "DSC_1.xmp").write_text("<x/>")
    assert assets_in(tmp_path) == {"DSC_1.JPG": {"DSC_1.NEF", "DSC_1.NEF.xmp", "DSC_1.xmp"}, "DSC_2.jpg": set()}


def test_a_raw_photo_that_can_be_seen_goes_with_what_the_camera_made_of_it(tmp_path: Path) -> None:
    for name in ("DSC_1", "DSC_2", "DSC_3", "DSC_4"):
        raw_photo(tmp_path / f"{name}.DNG", taken=WHEN)
    photograph(tmp_path / "DSC_1.JPG", taken=WHEN)
    save(scene(2), tmp_path / "DSC_2.jpg")  # whoever made it, it was no camera
    photograph(tmp_path / "DSC_3.JPG", taken=WHEN + timedelta(seconds=90))
    for sidecar in ("DSC_1.DNG.xmp", "DSC_1.xmp", "DSC_4.xmp", "DSC_4.DNG.pp3"):
        (tmp_path / sidecar).write_text("<x/>")
    assert assets_in(tmp_path) == {
        "DSC_1.JPG": {"DSC_1.DNG", "DSC_1.DNG.xmp", "DSC_1.xmp"},
        "DSC_2.jpg": set(),
        "DSC_2.DNG": set(),
        "DSC_3.JPG": set(),
        "DSC_3.DNG": set(),
        "DSC_4.DNG": {"DSC_4.xmp", "DSC_4.DNG.pp3"},
    }
    roles = {
        file.name: file.role
        for photo in together(gallery_of(tmp_path), InlineEngine()).photos
        for file in photo.companions
    }
    assert roles["DSC_1.DNG"] == "raw"
    assert with_what(
        next(p for p in together(gallery_of(tmp_path), InlineEngine()).photos if p.name == "DSC_1.JPG")
    ) == ("raw (DNG), sidecar (XMP)")


def test_a_raw_photo_goes_with_the_edited_photo_and_its_original(tmp_path: Path) -> None:
    raw_photo(tmp_path / "IMG_1.DNG")
    photograph(tmp_path / "IMG_1.JPG", taken=WHEN)
    photograph(tmp_path / "IMG_E1.JPG", seed=2, taken=WHEN)
    assert assets_in(tmp_path) == {"IMG_E1.JPG": {"IMG_1.JPG", "IMG_1.DNG"}}


def test_sidecars_by_the_names_programs_give_them(tmp_path: Path) -> None:
    photo = save(scene(1), tmp_path / "IMG_1.JPG")
    names = ("IMG_1.AAE", "IMG_1.xmp", "img_1.jpg.XMP", "IMG_1.JPG.pp3", "IMG_1.JPG.dop", "IMG_1.THM")
    others = ("IMG_10.AAE", "IMG_1.txt", "IMG_2.JPG.xmp", "IMG_1.JPG.zip")
    for name in (*names, *others):
        (tmp_path / name).write_text(name)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "IMG_1.AAE").write_text("in another folder")
    assert assets_in(tmp_path) == {photo.name: set(names)}
    reasons = {file.name: file.reason for file in together(gallery_of(tmp_path), InlineEngine()).unreadable}
    assert reasons["IMG_10.AAE"] == "is a sidecar of a photo that is not here"
    assert "sidecar" not in reasons["IMG_1.txt"]


@pytest.mark.parametrize(
    ("photo", "sidecar"),
    [
        ("IMG_1.JPG", "IMG_1.JPG.json"),
        ("IMG_1.JPG", "IMG_1.JPG.supplemental-metadata.json"),
        ("IMG_1.JPG", "IMG_1.JPG.supplemental-meta.json"),
        ("IMG_1(2).JPG", "IMG_1.JPG(2).json"),
        ("IMG_1(2).JPG", "IMG_1.JPG.supplemental-metadata(2).json"),
        (
            "a name that is so long that Takeout cuts it off.jpg",
            "a name that is so long that Takeout cuts it of.json"[:51],
        ),
    ],
)
def test_what_google_takeout_says_of_a_photo(photo: str, sidecar: str, tmp_path: Path) -> None:
    save(scene(1), tmp_path / photo)
    takeout(tmp_path / sidecar, photo)
    assert assets_in(tmp_path) == {photo: {sidecar}}


def test_json_about_something_else_belongs_to_no_photo(tmp_path: Path) -> None:
    for number, text in enumerate(("[]", "{}", "{", '{"title": "IMG_1.JPG"}', "[" * 100_000, '"photoTakenTime"')):
        save(scene(1), tmp_path / f"{number}.jpg")
        (tmp_path / f"{number}.jpg.json").write_text(text)
    assert set(map(frozenset, assets_in(tmp_path).values())) == {frozenset()}


def test_two_long_names_are_told_apart_by_the_title(tmp_path: Path) -> None:
    start = "x" * 46
    for end in ("1", "2"):
        save(scene(1), tmp_path / f"{start}{end}.jpg")
    takeout(tmp_path / f"{start}.json", f"{start}2.jpg")
    assert assets_in(tmp_path) == {f"{start}1.jpg": set(), f"{start}2.jpg": {f"{start}.json"}}


@pytest.mark.parametrize(
    ("edited", "original"),
    [
        ("IMG_E1234.JPG", "IMG_1234.jpg"),
        ("a-edited.jpg", "a.jpg"),
        ("a-bearbeitet.jpg", "a.JPG"),
        ("é-modifié.jpg", "é.jpg"),
    ],
)
def test_an_edited_photo_has_its_original_with_it(edited: str, original: str, tmp_path: Path) -> None:
    photograph(tmp_path / edited, 1, taken=WHEN)
    photograph(tmp_path / original, 2, taken=WHEN)
    assert assets_in(tmp_path) == {edited: {original}}


def test_what_comes_with_the_original_comes_with_what_became_of_it(tmp_path: Path) -> None:
    live_photo(tmp_path, "IMG_1234", taken=WHEN)
    photograph(tmp_path / "IMG_E1234.JPG", 2, taken=WHEN)
    for name in ("IMG_1234.AAE", "IMG_O1234.AAE"):
        (tmp_path / name).write_text(name)
    takeout(tmp_path / "IMG_1234.JPG.json", "IMG_1234.JPG")
    with_it = {"IMG_1234.JPG", "IMG_1234.MOV", "IMG_1234.AAE", "IMG_O1234.AAE", "IMG_1234.JPG.json"}
    assert assets_in(tmp_path) == {"IMG_E1234.JPG": with_it}


@pytest.mark.parametrize("facts", [{"taken": WHEN + timedelta(seconds=2)}, {"taken": WHEN, "model": "iPhone 8"}, {}])
def test_a_name_alone_makes_no_original(facts: dict[str, object], tmp_path: Path) -> None:
    """Another moment, another camera, or no word of when: two photos."""
    photograph(tmp_path / "IMG_E1234.JPG", 1, taken=WHEN)
    photograph(tmp_path / "IMG_1234.JPG", 2, **facts)
    assert assets_in(tmp_path) == {"IMG_E1234.JPG": set(), "IMG_1234.JPG": set()}


def test_edited_again_nothing_is_lost(tmp_path: Path) -> None:
    for name in ("IMG_1.JPG", "IMG_E1.JPG", "IMG_E1-edited.JPG"):
        photograph(tmp_path / name, taken=WHEN)
    assert assets_in(tmp_path) == {"IMG_E1-edited.JPG": {"IMG_E1.JPG"}, "IMG_1.JPG": set()}


def test_two_files_of_one_name_in_an_upload(tmp_path: Path) -> None:
    """Two originals to choose from are none."""
    photograph(tmp_path / "IMG_E1.JPG", 1, taken=WHEN)
    photograph(tmp_path / "a.JPG", 2, taken=WHEN)
    photograph(tmp_path / "b.JPG", 3, taken=WHEN)
    gallery = gallery_of(tmp_path)
    renamed = Gallery(tuple(p if p.name == "IMG_E1.JPG" else replace(p, name="IMG_1.JPG") for p in gallery.photos))
    assert len(together(renamed, InlineEngine()).photos) == 3


def test_what_vanished_or_may_not_be_read_belongs_to_nothing(tmp_path: Path) -> None:
    live_photo(tmp_path)
    gallery = gallery_of(tmp_path)
    (tmp_path / "IMG_1.MOV").unlink()
    left = together(gallery, InlineEngine())
    assert [file.name for file in left.unreadable] == ["IMG_1.MOV"]
    assert not left.photos[0].companions


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    engine = LocalEngine(2)
    yield engine
    engine.close()


def test_in_other_processes_too(engine: LocalEngine, tmp_path: Path) -> None:
    live_photo(tmp_path)
    assert together(gallery_of(tmp_path), engine) == together(gallery_of(tmp_path), InlineEngine())


NAMES = st.sampled_from(
    [
        f"{folder}{stem}{suffix}"
        for folder in ("", "a/")
        for stem in ("IMG_1", "IMG_E1", "img_1", "IMG_1-edited", "IMG_O1", "IMG_1.JPG", "IMG_1(1)", "IMG_1.JPG(1)")
        for suffix in (".JPG", ".jpg", ".MOV", ".AAE", ".json", ".NEF", ".xmp", ".heic", "")
    ]
)


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> tuple[Photo, list[Path]]:
    folder = tmp_path_factory.mktemp("stock")
    photograph(folder / "p.jpg", taken=WHEN)
    files = []
    for number, data in enumerate((film(2.0), b"text", b'{"title": "IMG_1.JPG", "photoTakenTime": 1}')):
        files.append(folder / f"{number}")
        files[-1].write_bytes(data)
    return gallery_of(folder).photos[0], files


@given(st.data())
@settings(max_examples=300)
def test_whatever_files_are_called_none_is_lost(stock: tuple[Photo, list[Path]], data: st.DataObject) -> None:
    photo, files = stock
    photos = [replace(photo, id=f"p{i}", name=n) for i, n in enumerate(data.draw(st.lists(NAMES, max_size=6)))]
    others = [
        Unreadable(f"u{i}", name, str(data.draw(st.sampled_from(files))), "is not in any photo format Unipic knows", 9)
        for i, name in enumerate(data.draw(st.lists(NAMES, max_size=8)))
    ]
    after = together(Gallery(tuple(photos), tuple(others)), InlineEngine())
    found = [file.id for asset in (*after.photos, *after.unreadable) for file in files_of(asset)]
    assert sorted(found) == sorted(file.id for file in (*photos, *others))
    shuffled = Gallery(tuple(photos[::-1]), tuple(others[::-1]))
    assert {p.id: set(p.companions) for p in together(shuffled, InlineEngine()).photos} == {
        p.id: set(p.companions) for p in after.photos
    }
