"""Traces of a file's origin, through real files: a camera's own way of writing, and what programs leave behind."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps
from PIL.ExifTags import IFD, Base
from tests.helpers.pictures import scene

from unipic.core.settings import Limits
from unipic.reading import _origin
from unipic.reading.images import decode

START = b"\xff\xd8"
CAMERA = {"settings", "maker note", "preview", "camera layout", "size as taken"}


def grainy(width: int = 400, height: int = 304, seed: int = 3) -> Image.Image:
    """A scene with the detail and grain of a photo. Nothing in it was enlarged a little, as in other made-up ones."""
    rng = np.random.default_rng(seed)
    shapes = scene(seed, width, height).filter(ImageFilter.GaussianBlur(6))
    detail = Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8).astype(np.uint8))
    detail = ImageOps.autocontrast(detail.filter(ImageFilter.GaussianBlur(1.2)))
    noise = rng.normal(0, 3, (height, width, 1))
    return Image.fromarray((np.asarray(Image.blend(shapes, detail, 0.25)) + noise).clip(0, 255).astype(np.uint8))


def written(picture: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def exif_of(picture: Image.Image, preview: Image.Image | None, note: int = 64) -> bytes:
    """EXIF as cameras write it, with a preview in the second directory."""
    exif = Image.Exif()
    exif[Base.Make] = "Canon"
    tags = exif.get_ifd(IFD.Exif)
    tags[Base.ExposureTime], tags[Base.FNumber], tags[Base.ISOSpeedRatings] = (1, 125), (8, 1), 100
    tags[Base.ExifImageWidth], tags[Base.ExifImageHeight] = picture.size
    tags[Base.MakerNote] = bytes(range(1, note + 1))
    data = exif.tobytes()
    if preview is None:
        return data
    jpeg = written(preview.resize((160, 120)))
    # A second directory of two entries, behind the first one, which Pillow ends with the offset 0.
    tiff = bytearray(data[6:])
    order = "little" if tiff[:2] == b"II" else "big"
    first = int.from_bytes(tiff[4:8], order)
    end = first + 2 + 12 * int.from_bytes(tiff[first : first + 2], order)
    at = len(tiff)
    tiff[end : end + 4] = at.to_bytes(4, order)
    entries = ((0x0201, at + 30), (0x0202, len(jpeg)))
    tiff += (2).to_bytes(2, order)
    for tag, value in entries:
        tiff += tag.to_bytes(2, order) + (4).to_bytes(2, order) + (1).to_bytes(4, order) + value.to_bytes(4, order)
    return b"Exif\0\0" + bytes(tiff) + bytes(4) + jpeg


def as_camera(picture: Image.Image, preview: Image.Image | None = None, **options: Any) -> bytes:
    """A JPEG with EXIF first and no JFIF, as cameras write it."""
    data = written(picture, exif=exif_of(picture, preview or picture), **{"quality": 93, **options})
    length = int.from_bytes(data[4:6])
    assert data[2:4] == b"\xff\xe0"
    return START + data[4 + length :]


def traces(data: bytes, folder: Path) -> set[str]:
    path = folder / "one"
    path.write_bytes(data)
    return set(decode(str(path), 640, Limits()).traces)


def test_a_camera_s_file(tmp_path: Path) -> None:
    assert traces(as_camera(grainy()), tmp_path) == CAMERA


def test_a_file_of_a_program(tmp_path: Path) -> None:
    assert traces(written(grainy(), quality=90), tmp_path) == set()


def test_exif_that_a_library_wrote_again(tmp_path: Path) -> None:
    picture = grainy()
    found = traces(written(picture, quality=93, exif=exif_of(picture, picture)), tmp_path)
    assert found == CAMERA - {"camera layout"}


def test_tables_and_sampling(tmp_path: Path) -> None:
    tables = [[7 + place // 8 for place in range(64)]] * 2
    assert traces(written(grainy(), qtables=tables), tmp_path) == {"own tables"}
    assert traces(written(grainy(), quality=90, subsampling=1), tmp_path) == {"camera sampling"}


@pytest.mark.parametrize(("size", "trace"), [((200, 152), "resized"), ((400, 200), "reframed")])
def test_a_size_that_is_not_the_one_exif_says(size: tuple[int, int], trace: str, tmp_path: Path) -> None:
    whole = grainy()
    found = traces(written(ImageOps.fit(whole, size), quality=93, exif=exif_of(whole, None)), tmp_path)
    assert {"size as taken", "resized", "reframed"} & found == {trace}


@pytest.mark.parametrize(
    ("marker", "body", "trace"),
    [
        (0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0cFBMD01000a9d", "social network"),
        (0xEC, b"Ducky\0\1\0\4\0\0\0\x3c\0\0", "web export"),
        (0xFE, b"CREATOR: gd-jpeg v1.0 (using IJG JPEG v80), quality = 90\n", "encoder"),
    ],
)
def test_marks_of_programs(marker: int, body: bytes, trace: str, tmp_path: Path) -> None:
    jpeg = written(grainy(), quality=90)
    marked = START + bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2) + body + jpeg[2:]
    assert traces(marked, tmp_path) == {trace}


def test_a_progressive_jpeg(tmp_path: Path) -> None:
    assert traces(written(grainy(), quality=90, progressive=True), tmp_path) == {"progressive"}


# What the pixels show


AGAIN = {
    "saved again": lambda picture: written(picture, quality=95),
    "without loss": lambda picture: written(picture, "PNG"),
    "brighter": lambda picture: written(ImageEnhance.Brightness(picture).enhance(1.05), quality=95),
    "mirrored": lambda picture: written(ImageOps.mirror(picture), quality=95),
    "turned": lambda picture: written(picture.transpose(Image.Transpose.ROTATE_90), quality=95),
    "grey": lambda picture: written(picture.convert("L"), quality=95),
}


@pytest.mark.parametrize("size", [(400, 304), (397, 301)], ids=str)
@pytest.mark.parametrize("how", AGAIN)
def test_an_earlier_coarser_compression(how: str, size: tuple[int, int], tmp_path: Path) -> None:
    once = grainy(*size)
    assert "compressed before" not in traces(AGAIN[how](once), tmp_path)
    assert "compressed before" in traces(AGAIN[how](opened(written(once, quality=75)).convert("RGB")), tmp_path)


@pytest.mark.parametrize("quality", [60, 75, 85, 92, 98])
def test_a_picture_that_was_saved_once(quality: int, tmp_path: Path) -> None:
    assert traces(written(grainy(), quality=quality), tmp_path) == set()


def test_a_large_picture_is_examined_in_its_middle(tmp_path: Path) -> None:
    once = opened(written(grainy(1500, 1210), quality=75)).convert("RGB")
    assert "compressed before" in traces(written(once, quality=95), tmp_path)
    assert "compressed before" in traces(written(ImageOps.mirror(once), quality=95), tmp_path)


@pytest.mark.parametrize("by", [1.25, 1.5, 1.7])
def test_an_enlargement(by: float, tmp_path: Path) -> None:
    picture = grainy(480, 360)
    larger = picture.resize((round(480 * by), round(360 * by)), Image.Resampling.BICUBIC)
    assert traces(written(larger, quality=92), tmp_path) == {"resampled"}
    assert traces(written(picture, quality=92), tmp_path) == set()


def test_a_camera_s_file_is_not_decoded_at_full_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_origin, "was_compressed_coarser", lambda *_: pytest.fail("it was"))
    assert traces(as_camera(grainy()), tmp_path) == CAMERA


def test_one_too_large_is_not_decoded_at_full_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_origin, "was_compressed_coarser", lambda *_: True)
    assert traces(written(grainy(), quality=90), tmp_path) == {"compressed before"}
    monkeypatch.setattr(_origin, "MOST_PIXELS", 400 * 304 - 1)
    assert traces(written(grainy(), quality=90), tmp_path) == set()


def test_grey_and_borders(tmp_path: Path) -> None:
    assert traces(written(grainy().convert("L").convert("RGB"), quality=90), tmp_path) == {"grey"}
    framed = ImageOps.expand(grainy(), 16, "white")
    assert traces(written(framed, quality=90), tmp_path) == {"border"}
    screen = Image.new("RGB", (400, 866))
    screen.paste(grainy(), (0, 281))
    ImageDraw.Draw(screen).text((20, 10), "10:42", fill="white", font_size=16)
    assert traces(written(screen, "PNG"), tmp_path) == {"border"}


def test_an_even_sky_is_no_border(tmp_path: Path) -> None:
    picture = grainy()
    ImageDraw.Draw(picture).polygon([(0, 0), (399, 0), (399, 40), (200, 120), (0, 30)], fill=(120, 160, 220))
    assert traces(written(picture, quality=90), tmp_path) == set()


# The camera's preview


@pytest.mark.parametrize(
    ("change", "trace"),
    [
        (ImageOps.mirror, "preview turned"),
        (lambda picture: picture.transpose(Image.Transpose.ROTATE_180), "preview turned"),
        (lambda picture: picture.convert("L").convert("RGB"), "preview has colour"),
        (lambda picture: ImageEnhance.Brightness(picture).enhance(1.3), "preview has other tones"),
    ],
)
def test_a_preview_that_tells_of_an_edit(change: Any, trace: str, tmp_path: Path) -> None:
    picture = grainy()
    found = traces(as_camera(change(picture), preview=picture), tmp_path)
    assert {name for name in found if name.startswith("preview ")} == {trace}


def test_a_preview_of_another_picture_tells_nothing(tmp_path: Path) -> None:
    assert traces(as_camera(grainy(), preview=grainy(seed=8)), tmp_path) == CAMERA


def test_a_preview_with_bars(tmp_path: Path) -> None:
    picture = grainy(480, 270)
    bars = Image.new("RGB", (480, 360))
    bars.paste(picture, (0, 45))
    assert traces(as_camera(picture, preview=bars), tmp_path) == CAMERA


def test_a_huge_preview_is_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_origin, "MOST_PREVIEW", 100)
    monkeypatch.setattr(_origin, "by_preview", lambda *_: pytest.fail("it was"))
    assert traces(as_camera(grainy()), tmp_path) == CAMERA


# Damage


@pytest.mark.parametrize("seed", range(20))
def test_broken_metadata_never_costs_the_photo(seed: int, tmp_path: Path) -> None:
    data = bytearray(as_camera(grainy(160, 120)))
    rng = np.random.default_rng(seed)
    for at in rng.integers(12, 400, 30).tolist():
        data[at] = int(rng.integers(256))
    path = tmp_path / "one"
    path.write_bytes(bytes(data))
    found = decode(str(path), 640, Limits())
    assert (found.width, found.height) in ((160, 120), (120, 160))
    assert list(found.traces) == sorted(found.traces)
