"""JPEG XL, JPEG 2000 and icons: read within the limits, upright, with metadata, and all that they hold is named."""

import base64
import io
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pillow_jxl  # noqa: F401  registers what writes JPEG XL
import pytest
from PIL import Image
from tests.helpers.containers import SHOWN, box, encoded, film, noise, see_through
from tests.helpers.pictures import blurred, scene, xmp
from tests.helpers.places import needs_exiftool, tell

from screens.parts.uploader import _ENDINGS
from server.pictures import RENDERED, SHOWN as SHOWN_BY_BROWSERS
from unipic.core.errors import LocationLeft
from unipic.core.photo import FILM, FORMATS as RANKED, RAW, Extra, Found, Photo, Unreadable
from unipic.core.settings import Limits
from unipic.reading import _jxl
from unipic.reading._jxl_header import read_header
from unipic.reading.images import BY_PILLOW, FORMATS, NotAPhoto, decode
from unipic.reading.location import Stripper
from unipic.reading.read import read_file
from unipic.reading.seen import Picture

# Written by libjxl 0.11 through imagecodecs, which can write what the plug-in cannot.
ANIMATION = base64.b64decode(
    "/wqJBE0AICYIBAEAgABLGIsVANQTP378+HOBEAACCSQpIAHoHmvM715DtdguAAgEAQCEAEsYixUA1DMTY4wT5wIhAAgSSBVCCg4+/oKwA0A86h18"
    "EQgEBQCMAEsoNCa+RkJBANTz/zHG+HOBEAAECSQpIAFjHjMxXgO1YOwE"
)
CHANNELS = base64.b64decode(
    "/wqJQIEOoANQ3AgIQAABAAQBSzhomMKD9xUUTIERdcbMGGP+uPcCYQAISV0AjL9BjvY3yAH/PYRkecgC8pE0AB0fciNjHCo9Krg6e3GJyxQYPgA="
)
TAKEN, CANON = "2024:06:12 18:03:05", "Canon EOS 5D"


def facts(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[271], exif[272], exif[274] = "Canon", CANON, orientation
    exif.get_ifd(0x8769)[36867] = TAKEN
    return exif


def read(data: bytes, folder: Path, limits: Limits | None = None) -> Photo:
    found = tried(data, folder, limits)
    assert isinstance(found, Picture), found
    return found.photo


def tried(data: bytes, folder: Path, limits: Limits | None = None) -> Picture | Unreadable:
    path = folder / "photo"
    path.write_bytes(data)
    return read_file(Found("a", "photo", str(path), len(data)), limits or Limits())


def reason(data: bytes, folder: Path, limits: Limits | None = None) -> str:
    found = tried(data, folder, limits)
    assert isinstance(found, Unreadable), found
    return found.reason


def held(data: bytes, folder: Path) -> dict[str, Extra]:
    return {extra.kind: extra for extra in read(data, folder).holds}


def jxl(picture: Image.Image = SHOWN, **options: Any) -> bytes:
    return encoded(picture, "JXL", **options)


def in_boxes(codestream: bytes, *more: bytes) -> bytes:
    """A JPEG XL container of this codestream and further boxes."""
    return _jxl.CONTAINER + box(b"ftyp", b"jxl \0\0\0\0jxl ") + b"".join(more) + box(b"jxlc", codestream)


@pytest.fixture(scope="module")
def from_jpeg(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """A JPEG, and the JPEG XL that restores it."""
    path = tmp_path_factory.mktemp("jpeg") / "photo.jpg"
    SHOWN.save(path, quality=85, exif=facts(6))
    buffer = io.BytesIO()
    with Image.open(path) as picture:
        picture.save(buffer, "JXL", lossless_jpeg=True)
    return path.read_bytes(), buffer.getvalue()


# What is read


def test_each_format_has_a_rank_a_way_to_the_browser_and_an_ending_in_the_dialog() -> None:
    assert set(FORMATS) | {RAW, FILM} == set(RANKED)
    assert set(RANKED) == set(RENDERED) | set(SHOWN_BY_BROWSERS) | {FILM}, "of a film one of its pictures is shown"
    assert {".jxl", ".jp2", ".ico", ".icns", ".heic"} <= set(_ENDINGS.split(","))
    assert set(BY_PILLOW) < set(FORMATS)


def test_only_a_worker_loads_the_decoder_of_jpeg_xl() -> None:
    code = "import sys, unipic.reading.read, server.pictures; print('pillow_jxl' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": "src"}
    )
    assert done.stdout.strip() == "False"


def test_without_the_decoder_a_file_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_jxl", None)
    found = tried(jxl(), tmp_path)
    assert isinstance(found, Unreadable)
    assert "pillow-jxl-plugin, which decodes it, is not installed" in found.reason
    assert not found.lasting, "once it is installed, the file is read"


@pytest.mark.parametrize(
    ("picture", "options"),
    [
        (SHOWN, {}),
        (SHOWN, {"lossless": True}),
        (SHOWN.convert("L"), {}),
        (see_through(), {"lossless": True}),
        (SHOWN.resize((801, 333)), {}),
        (SHOWN.resize((64, 1024)), {}),
        (SHOWN.resize((1024, 512)), {}),
    ],
)
def test_the_header_tells_size_and_channels(picture: Image.Image, options: dict[str, Any]) -> None:
    header = read_header(jxl(picture, **options))
    assert (header.width, header.height) == picture.size
    assert header.grey == (picture.mode == "L")
    assert header.alpha == (picture.mode == "RGBA")
    assert (header.bits, header.animated, header.transfer) == (8, False, 13)


def test_a_jpeg_xl_is_upright_by_its_codestream_alone(tmp_path: Path) -> None:
    """As its standard demands; EXIF may still have what a camera wrote."""
    photo = read(jxl(exif=facts(6).tobytes()), tmp_path)
    assert (photo.format, photo.width, photo.height) == ("JXL", *SHOWN.size)
    assert (str(photo.taken), photo.camera) == ("2024-06-12 18:03:05", CANON)


def test_a_jpeg_xl_made_of_a_jpeg_is_that_jpeg(from_jpeg: tuple[bytes, bytes], tmp_path: Path) -> None:
    jpeg, packed = from_jpeg
    one, other = read(jpeg, tmp_path), read(packed, tmp_path)
    assert other.format == "JXL"
    for name in ("width", "height", "taken", "camera", "quality", "content", "holds", "fingerprint"):
        assert getattr(one, name) == getattr(other, name), name
    assert one.content


def test_what_the_jpeg_held_is_still_held(tmp_path: Path) -> None:
    """A film behind a JPEG goes into what restores it."""
    path = tmp_path / "motion.jpg"
    path.write_bytes(encoded() + film(1))
    buffer = io.BytesIO()
    with Image.open(path) as picture:
        picture.save(buffer, "JXL", lossless_jpeg=True)
    assert held(buffer.getvalue(), tmp_path)["film"] == held(path.read_bytes(), tmp_path)["film"]


@pytest.mark.parametrize("options", [{}, {"no_jp2": True}])
def test_a_lossless_jpeg_2000_is_the_same_picture_as_its_png(options: dict[str, Any], tmp_path: Path) -> None:
    photo = read(encoded(SHOWN, "JPEG2000", **options), tmp_path)
    assert (photo.format, photo.holds, photo.told) == ("JPEG2000", (), ())
    assert photo.content == read(encoded(SHOWN, "PNG"), tmp_path).content


def test_a_large_jpeg_2000_is_decoded_at_half_its_size(tmp_path: Path) -> None:
    picture = blurred(scene(3, 1600, 1200))
    data = encoded(picture, "JPEG2000", quality_mode="rates", quality_layers=[20])
    path = tmp_path / "large.jp2"
    path.write_bytes(data)
    whole, half = (decode(str(path), 640, Limits(max_decoded=most)) for most in (600_000_000, 20_000_000))
    assert (half.width, half.height, half.picture.size) == (1600, 1200, (640, 480))
    assert np.abs(np.asarray(whole.picture, float) - np.asarray(half.picture, float)).mean() < 2
    assert (bool(whole.content), half.content) == (True, "")
    with pytest.raises(NotAPhoto, match="must be decoded whole"):
        decode(str(path), 1000, Limits(max_decoded=20_000_000))


@pytest.mark.parametrize("bitmaps", ["png", "bmp"])
def test_the_largest_picture_of_an_icon(bitmaps: str, tmp_path: Path) -> None:
    data = encoded(scene(3, 128, 128), "ICO", sizes=[(16, 16), (96, 96), (48, 48)], bitmap_format=bitmaps)
    photo = read(data, tmp_path)
    assert (photo.format, photo.width, photo.height) == ("ICO", 96, 96)
    assert [extra.words for extra in photo.holds] == ["2 more sizes (16 x 16, 48 x 48)"]


def test_the_largest_picture_of_a_mac_s_icon(tmp_path: Path) -> None:
    photo = read(encoded(scene(3, 512, 512), "ICNS"), tmp_path)
    assert (photo.format, photo.width, photo.height) == ("ICNS", 1024, 1024)
    assert "more sizes" in photo.holds[0].words


def test_an_old_icon_of_a_mac(tmp_path: Path) -> None:
    grey = bytes(range(256)) * 3
    inner = b"is32" + struct.pack(">I", 8 + len(grey)) + grey + b"s8mk" + struct.pack(">I", 8 + 256) + b"\xff" * 256
    photo = read(b"icns" + struct.pack(">I", 8 + len(inner)) + inner, tmp_path)
    assert (photo.width, photo.height, photo.holds) == (16, 16, ())


# Limits


def test_an_icon_is_as_large_as_the_picture_in_it(tmp_path: Path) -> None:
    """Whatever its directory says: Pillow would decode it all."""
    large = encoded(Image.new("L", (5000, 4000)), "PNG")
    data = b"\0\0\1\0\1\0" + struct.pack("<BBBxHHII", 16, 16, 0, 1, 32, len(large), 22) + large
    assert "megapixels, more than" in reason(data, tmp_path, Limits(max_pixels=10_000_000))
    assert read(data, tmp_path).width == 5000


@pytest.mark.parametrize("kind", ["JXL", "JPEG2000"])
def test_limits_hold_by_the_header(kind: str, tmp_path: Path) -> None:
    data = encoded(SHOWN, kind)
    assert "megapixels, more than" in reason(data, tmp_path, Limits(max_pixels=19_199))
    assert "must be decoded whole" in reason(data, tmp_path, Limits(max_decoded=150_000))
    assert read(data, tmp_path, Limits(max_pixels=19_200)).pixels == 19_200


def test_a_jpeg_xl_made_of_a_jpeg_keeps_to_the_limits(from_jpeg: tuple[bytes, bytes], tmp_path: Path) -> None:
    assert "megapixels, more than" in reason(from_jpeg[1], tmp_path, Limits(max_pixels=19_199))


def test_a_jpeg_2000_whose_data_is_larger_than_its_header_says(tmp_path: Path) -> None:
    data = bytearray(encoded(SHOWN, "JPEG2000"))
    at = data.index(b"ihdr") + 4
    data[at : at + 8] = struct.pack(">II", 8, 8)
    assert "of another size than its header says" in reason(bytes(data), tmp_path)


def test_an_animation_of_jpeg_xl_is_refused_in_words(tmp_path: Path) -> None:
    """Its decoder would show the last picture, at the cost of all."""
    assert read_header(ANIMATION).animated
    for data in (ANIMATION, in_boxes(ANIMATION)):
        assert reason(data, tmp_path) == "is a JPEG XL animation; of this format only stills are read"


@pytest.mark.parametrize("kind", ["JXL", "JPEG2000", "ICO", "ICNS"])
def test_a_truncated_file_has_a_clear_answer(kind: str, tmp_path: Path) -> None:
    data = encoded(scene(1, 64, 64), kind)
    for length in (*range(1, 60), *(len(data) * share // 20 for share in range(1, 20))):
        found = tried(data[:length], tmp_path)
        if isinstance(found, Picture):
            assert kind in ("ICO", "ICNS"), "one picture of several may be whole"
            continue
        assert found.reason.startswith(("is damaged: ", "is not in any photo format", "is a damaged JPEG 2000")), length
        assert "Generic Error" not in found.reason


# What they hold


def test_what_lies_beside_a_jpeg_xl_is_named(tmp_path: Path) -> None:
    """Whether in boxes, behind them, or behind a codestream without any."""
    plain = jxl()
    boxes = (box(b"jumb", noise(1, 50)), box(b"jhgm", noise(2, 60)), box(b"brob", b"xml " + noise(3, 40)))
    found = held(in_boxes(plain, *boxes, box(b"abcd", noise(4, 70))) + film(1), tmp_path)
    assert {kind: extra.words for kind, extra in found.items()} == {
        "credentials": "content credentials",
        "gain map": "a gain map",
        "packed": "compressed XMP data",
        "data": "a program's own data (70 bytes)",
        "film": "a film of 2.1 s",
    }
    assert held(plain, tmp_path) == held(in_boxes(plain), tmp_path) == {}
    assert held(plain + film(1), tmp_path)["data"].words == "something behind the picture"


def test_channels_of_a_jpeg_xl(tmp_path: Path) -> None:
    assert held(CHANNELS, tmp_path)["channels"].words == "2 more channels"
    assert held(jxl(see_through()), tmp_path)["transparency"].words == "transparency"


def test_bits_of_the_new_formats(tmp_path: Path) -> None:
    deep = Image.fromarray(np.asarray(SHOWN.convert("L")).astype(np.uint16) * 257)
    for kind in ("JXL", "JPEG2000"):
        photo = read(encoded(deep, kind), tmp_path)
        assert photo.holds == (Extra("bits", "16 bits a colour", "16"),)
        assert photo.content == ""


def test_what_lies_beside_a_jpeg_2000_is_named(tmp_path: Path) -> None:
    data = encoded(SHOWN, "JPEG2000")
    assert held(data + box(b"uuid", noise(1, 90)), tmp_path)["data"].words == "a program's own data (90 bytes)"
    assert held(data + film(1), tmp_path)["film"].words == "a film of 2.1 s"
    assert held(data + box(b"jumb", noise(1, 90)), tmp_path)["credentials"].words == "content credentials"
    second = box(b"jp2c", encoded(scene(2, 40, 30), "JPEG2000", no_jp2=True))
    assert held(data + second, tmp_path)["pages"].words == "another picture"
    assert held(encoded(SHOWN, "JPEG2000", no_jp2=True) + noise(1, 50), tmp_path)["data"]


@needs_exiftool
def test_metadata_of_a_jpeg_2000(tmp_path: Path) -> None:
    path = tmp_path / "photo.jp2"
    path.write_bytes(encoded(SHOWN, "JPEG2000"))
    tell(path, f"-EXIF:DateTimeOriginal={TAKEN}", "-EXIF:Make=Canon", "-IPTC:Keywords=sea", "-XMP-xmp:Rating=4")
    photo = read(path.read_bytes(), tmp_path)
    assert (str(photo.taken), photo.camera, photo.rating) == ("2024-06-12 18:03:05", "Canon", 4)
    assert [extra.value for extra in photo.told] == ["sea"]
    assert photo.holds == ()


# Places


@needs_exiftool
def test_a_place_that_cannot_be_taken_out_for_certain_is_said(from_jpeg: tuple[bytes, bytes], tmp_path: Path) -> None:
    """What restores a JPEG restores its metadata, and compressed metadata is not read."""
    restores = tmp_path / "restores.jxl"
    restores.write_bytes(from_jpeg[1])
    tell(restores, "-GPSLatitude=38.7", "-GPSLatitudeRef=N")
    packed = tmp_path / "packed.jxl"
    packed.write_bytes(jxl(xmp=xmp('xmp:Rating="4"'), compress_metadata=True))
    icon = tmp_path / "icon.icns"
    icon.write_bytes(encoded(scene(1, 64, 64), "ICNS"))
    with Stripper() as stripper:
        for path in (restores, packed, icon):
            with (
                path.open("rb") as file,
                pytest.raises(LocationLeft, match="Leave it out, or take it with its location"),
            ):
                stripper.stripped(file, path.name, tmp_path)
