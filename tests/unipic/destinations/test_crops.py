"""Crops and pages are copies: the originals keep every byte, and a crop keeps their pixels and EXIF."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.helpers.pictures import save, scene

from unipic.albums.crop import Head
from unipic.core.errors import AlreadyThere, SettingsError
from unipic.core.photo import Found
from unipic.core.settings import Limits
from unipic.destinations.crops import crop_all, write_collage
from unipic.reading.engines.inline import InlineEngine

LIMITS = Limits()
PAGE = 620, 877  # A4 at a quarter of its pixels


def nobody(pictures: Sequence[np.ndarray]) -> list[list[Head]]:
    return [[] for _ in pictures]


def at_the_right(pictures: Sequence[np.ndarray]) -> list[list[Head]]:
    return [[Head((0.8, 0.3, 0.9, 0.5))] for _ in pictures]


def found(path: Path) -> Found:
    return Found(path.name, path.name, str(path), path.stat().st_size)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo that was taken on its side: 480 x 640 once it is upright."""
    exif = Image.Exif()
    exif[0x0110], exif[0x0112] = "X-T30", 6
    exif.get_ifd(0x8769)[0x9003] = "2024:06:12 20:51:10"
    exif.get_ifd(0x8825)[1] = "N"
    return save(scene(3, 640, 480), tmp_path / "a.jpg", quality=95, exif=exif.tobytes())


def test_a_crop_has_the_photo_s_pixels_and_exif(photo: Path, tmp_path: Path) -> None:
    before = photo.read_bytes()
    done = list(crop_all([found(photo)], ["1:1", "16:9"], tmp_path / "out", at_the_right, InlineEngine(), LIMITS))
    assert [one.target and one.target.name for one in done] == ["a 1x1.jpg", "a 16x9.jpg"]
    assert photo.read_bytes() == before
    with Image.open(tmp_path / "out" / "a 1x1.jpg") as image:
        exif = image.getexif()
        assert image.size == (480, 480)
        assert (exif[0x0110], exif.get(0x0112, 1)) == ("X-T30", 1)
        assert exif.get_ifd(0x8769)[0x9003] == "2024:06:12 20:51:10"
        assert (exif.get_ifd(0x8769)[0xA002], exif.get_ifd(0x8825)[1]) == (480, "N")
        crop = done[0].crop
        assert crop is not None
        with Image.open(photo) as original:
            upright = original.transpose(Image.Transpose.ROTATE_270).convert("RGB").crop(crop.box)
        difference = np.abs(np.asarray(image.convert("RGB"), int) - np.asarray(upright, int))
        assert difference.mean() < 2, "nothing is enlarged: only coded again"


def test_nothing_is_replaced_and_what_is_no_photo_is_told(photo: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.jpg"
    text.write_text("no photo")
    files, folder = [found(text), found(photo)], tmp_path / "out"
    done = list(crop_all(files, ["4:5"], folder, nobody, InlineEngine(), LIMITS))
    assert [bool(one.problem) for one in done] == [True, False]
    assert [path.name for path in folder.iterdir()] == ["a 4x5.jpg"]
    with pytest.raises(AlreadyThere):
        list(crop_all(files, ["1:1", "4:5"], folder, nobody, InlineEngine(), LIMITS))
    assert len([*folder.iterdir()]) == 1


@pytest.mark.parametrize(("name", "begins"), [("page.png", b"\x89PNG"), ("page.pdf", b"%PDF")])
def test_a_page_at_300_dpi(name: str, begins: bytes, photo: Path, tmp_path: Path) -> None:
    other = save(scene(4, 300, 200), tmp_path / "b.png")
    text = tmp_path / "text.jpg"
    text.write_text("no photo")
    photos = [str(one) for one in (photo, other, text)]
    problems = write_collage(tmp_path / name, photos, PAGE, nobody, InlineEngine(), LIMITS)
    assert len(problems) == 1
    assert "text.jpg" in problems[0]
    assert (tmp_path / name).read_bytes().startswith(begins)
    if name.endswith("png"):
        with Image.open(tmp_path / name) as image:
            assert image.size == PAGE
            assert round(image.info["dpi"][0]) == 300
            assert image.getpixel((3, 3)) == (255, 255, 255)
            assert (np.asarray(image.reduce(8)) < 250).any(axis=2).mean() > 0.5
    with pytest.raises(AlreadyThere):
        write_collage(tmp_path / name, photos, PAGE, nobody, InlineEngine(), LIMITS)
    with pytest.raises(SettingsError):
        write_collage(tmp_path / "page.gif", photos, PAGE, nobody, InlineEngine(), LIMITS)
    with pytest.raises(SettingsError):
        write_collage(tmp_path / "none.png", [str(text)], PAGE, nobody, InlineEngine(), LIMITS)
