"""One content means one picture: whatever else differs in the files, and never where a pixel does."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image, ImageCms, PngImagePlugin
from PIL.Image import Transpose
from tests.helpers.pictures import save, scene, xmp

from unipic.core.settings import Limits
from unipic.reading import images
from unipic.reading._content import END, SCAN, decodes_whole, jpeg_content, segments
from unipic.reading._measures import WORKING
from unipic.reading.images import decode

PICTURE = scene(1, 160, 120)
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
EXACT = ("PNG", "TIFF", "BMP")
NONE = ""


def content(data: bytes, folder: Path) -> str:
    path = folder / "photo"
    path.write_bytes(data)
    return content_of(path)


def content_of(path: Path) -> str:
    return decode(str(path), WORKING, Limits()).content


def encoded(picture: Image.Image = PICTURE, kind: str = "JPEG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def exif(orientation: int = 1) -> bytes:
    found = Image.Exif()
    found[0x112] = orientation
    found[0x110] = "EOS 5D"
    return found.tobytes()


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def without(data: bytes, *markers: int) -> bytes:
    """A JPEG less some of its segments, as tools that clean metadata write it."""
    parts = [(marker, data[start:end]) for marker, start, end in segments(data)]
    first = next(start for marker, start, _ in segments(data) if marker == SCAN)
    head = b"".join(part for marker, part in parts[: [m for m, _ in parts].index(SCAN)] if marker not in markers)
    return data[:2] + head + data[first:]


def behind_start(data: bytes, *parts: bytes) -> bytes:
    return data[:2] + b"".join(parts) + data[2:]


# JPEG: its image data

PLAIN = encoded()


def test_it_is_a_hash(tmp_path: Path) -> None:
    for data in (PLAIN, encoded(kind="PNG")):
        assert len(content(data, tmp_path)) == 64
        assert int(content(data, tmp_path), 16)


@pytest.mark.parametrize("way", [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"optimize": True}], ids=str)
def test_metadata_is_no_part_of_a_jpeg(tmp_path: Path, way: dict[str, Any]) -> None:
    data = encoded(exif=exif(), xmp=xmp('xmp:Rating="4"'), comment=b"hello", **way)
    stripped = without(data, 0xE1, 0xFE)
    assert b"EOS 5D" in data
    assert b"EOS 5D" not in stripped
    assert content(data, tmp_path) == content(stripped, tmp_path) != NONE


def test_what_follows_the_picture_is_a_part_of_it(tmp_path: Path) -> None:
    video = b"\0\0\0\x18ftypmp42" + bytes(5000) + PLAIN
    assert content(PLAIN + video, tmp_path) != content(PLAIN, tmp_path)
    assert content(PLAIN + video, tmp_path) == content(without(PLAIN, 0xE1) + video, tmp_path)


def test_of_a_file_of_several_jpegs_all_count(tmp_path: Path) -> None:
    two = encoded(kind="MPO", save_all=True, append_images=[scene(2, 160, 120)])
    three = encoded(kind="MPO", save_all=True, append_images=[scene(3, 160, 120), scene(2, 160, 120)])
    assert NONE != content(two, tmp_path) != content(three, tmp_path) != NONE
    assert content(encoded(scene(2, 160, 120), "MPO"), tmp_path) != content(two, tmp_path)


def test_another_compression_is_another_content(tmp_path: Path) -> None:
    again = encoded(Image.open(io.BytesIO(PLAIN)))
    others = [PLAIN, again, encoded(quality=76), encoded(subsampling=0), encoded(progressive=True)]
    assert len({content(data, tmp_path) for data in others}) == len(others)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_the_same_data_shown_turned_is_another_picture(tmp_path: Path, kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    every = {content(encoded(kind=kind, exif=exif(number), **options), tmp_path) for number in range(1, 9)}
    assert len(every) == 8
    assert NONE not in every


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF", "AVIF"])
def test_another_colour_profile_is_another_picture(tmp_path: Path, kind: str) -> None:
    plain, profiled = (content(encoded(kind=kind, **options), tmp_path) for options in ({}, {"icc_profile": PROFILE}))
    assert NONE != plain != profiled != NONE


def test_adobes_word_on_colours_counts() -> None:
    marks = [segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes((transform,))) for transform in (0, 1)]
    found = {jpeg_content(data) for data in (PLAIN, *(behind_start(PLAIN, mark) for mark in marks))}
    assert len(found) == 3


def test_jfif_counts_only_where_it_decides_on_the_colours(tmp_path: Path) -> None:
    """Decoders take three components for YCbCr if there is one, even where all else says RGB."""
    assert jpeg_content(without(PLAIN, 0xE0)) == jpeg_content(PLAIN) != NONE
    for rgb in (
        behind_start(without(PLAIN, 0xE0), segment(0xEE, b"Adobe\0\x64\0\0\0\0\0")),
        encoded(keep_rgb=True).replace(b"JFIF\0", b"jfif\0"),
    ):
        jfif = behind_start(rgb, segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"))
        shown = [np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) for data in (rgb, jfif)]
        assert not np.array_equal(*shown)
        assert jpeg_content(rgb) != jpeg_content(jfif)
        assert NONE not in (jpeg_content(rgb), jpeg_content(jfif))


def test_metadata_that_hides_picture_data_is_not_left_out() -> None:
    """Left out between scans, or between stray bytes, it would join what it divides."""
    scan = next(end for marker, _, end in segments(PLAIN) if marker == SCAN)
    comment = segment(0xFE, b"hello")
    half = (scan + len(PLAIN)) // 2
    divided = PLAIN[:half] + comment + PLAIN[half:]
    assert jpeg_content(divided) != jpeg_content(PLAIN)
    assert jpeg_content(behind_start(PLAIN, b"stray", comment)) == NONE
    assert jpeg_content(behind_start(PLAIN, comment, b"\xff\xff")) == jpeg_content(PLAIN)
    assert jpeg_content(PLAIN[:half] + b"\xff\x05\0\4\1\2" + PLAIN[half:]) == NONE


@pytest.mark.parametrize("way", [{}, {"progressive": True}], ids=str)
def test_a_jpeg_that_breaks_off_claims_nothing(way: dict[str, Any]) -> None:
    data = encoded(exif=exif(), **way)
    whole = jpeg_content(data)
    for kept in (*range(0, len(data), 7), len(data) - 1):
        assert jpeg_content(data[:kept]) in (NONE, whole)
    assert jpeg_content(data[:-2]) == NONE


def test_a_jpeg_that_lacks_its_end_is_read_and_claims_nothing(tmp_path: Path) -> None:
    assert content(PLAIN[:-2], tmp_path) == NONE


@given(st.integers(0, len(PLAIN) - 1), st.binary(max_size=6), st.integers(0, 6))
@settings(max_examples=300)
def test_damage_is_another_content_or_none(at: int, put: bytes, taken: int) -> None:
    """Only behind the picture, in JFIF's segment and as filling may bytes change without changing it."""
    jfif = range(2, 2 + 18)
    broken = PLAIN[:at] + put + PLAIN[at + taken :]
    if at in jfif or broken.startswith(PLAIN):
        return
    if jpeg_content(broken) == jpeg_content(PLAIN):
        shown = [np.asarray(Image.open(io.BytesIO(data))) for data in (PLAIN, broken)]
        assert np.array_equal(*shown)


@given(st.binary(max_size=400))
def test_any_bytes_can_be_looked_through(data: bytes) -> None:
    for start in (b"", b"\xff\xd8\xff"):
        jpeg_content(start + data)
        ends = [(marker, at) for marker, at, _ in segments(start + data)]
        assert all(marker != END for marker, _ in ends[:-1])
        assert ends == sorted(ends, key=lambda found: found[1])


# All else: its pixels


def test_the_same_pixels_in_another_container(tmp_path: Path) -> None:
    found = {content(encoded(kind=kind), tmp_path) for kind in EXACT}
    found |= {content(encoded(kind="TIFF", compression=way), tmp_path) for way in ("tiff_lzw", "tiff_adobe_deflate")}
    found |= {content(encoded(kind="PNG", compress_level=level), tmp_path) for level in (0, 9)}
    found.add(content(encoded(kind="WEBP", lossless=True), tmp_path))
    assert len(found) == 1
    assert found != {NONE}


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_the_same_pixels_stored_as_greys_or_by_palette(tmp_path: Path, mode: str) -> None:
    few = PICTURE.quantize(64) if mode == "P" else PICTURE.convert(mode)
    kinds = ("PNG", "BMP", "GIF") if mode == "P" else EXACT
    found = {content(encoded(few, kind), tmp_path) for kind in kinds}
    assert found == {content(encoded(few.convert("RGB"), "PNG"), tmp_path)} != {NONE}


def test_a_photo_stored_turned_is_the_one_stored_upright(tmp_path: Path) -> None:
    turned = encoded(PICTURE.transpose(Transpose.ROTATE_90), "TIFF", exif=exif(6))
    assert content(turned, tmp_path) == content(encoded(kind="PNG"), tmp_path)


@pytest.mark.parametrize("kind", [*EXACT, "WEBP"])
@pytest.mark.parametrize("at", [(0, 0), (80, 63), (80, 64), (159, 119)])
def test_one_changed_pixel_is_another_picture(tmp_path: Path, kind: str, at: tuple[int, int]) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    changed = PICTURE.copy()
    red, green, blue = PICTURE.getpixel(at)  # type: ignore[misc]
    changed.putpixel(at, (red, green, blue ^ 1))
    one, other = (content(encoded(picture, kind, **options), tmp_path) for picture in (PICTURE, changed))
    assert NONE != one != other != NONE


def test_the_same_row_of_pixels_in_another_shape_is_another_picture(tmp_path: Path) -> None:
    pixels = np.asarray(PICTURE)
    shapes = (pixels, pixels.reshape(160, 120, 3), pixels.reshape(60, 320, 3))
    assert len({content(encoded(Image.fromarray(shape), "PNG"), tmp_path) for shape in shapes}) == 3


def test_transparency_counts_where_there_is_some(tmp_path: Path) -> None:
    opaque, holed, other = (PICTURE.convert("RGBA") for _ in range(3))
    holed.putpixel((5, 70), (*PICTURE.getpixel((5, 70)), 254))  # type: ignore[misc]
    other.putpixel((6, 70), (*PICTURE.getpixel((6, 70)), 254))  # type: ignore[misc]
    plain = content(encoded(kind="PNG"), tmp_path)
    assert content(encoded(opaque, "PNG"), tmp_path) == content(encoded(opaque, "TIFF"), tmp_path) == plain
    assert len({content(encoded(picture, "PNG"), tmp_path) for picture in (opaque, holed, other)}) == 3
    assert content(encoded(holed, "PNG"), tmp_path) == content(encoded(holed, "TIFF"), tmp_path)
    colour = PICTURE.getpixel((5, 70))
    assert content(encoded(kind="PNG", transparency=colour), tmp_path) not in (plain, NONE)


@pytest.mark.parametrize("kind", ["HEIF", "AVIF", "WEBP", "GIF"])
def test_metadata_is_no_part_of_the_pixels(tmp_path: Path, kind: str) -> None:
    one = encoded(kind=kind)
    other = encoded(kind=kind, comment=b"hello") if kind == "GIF" else encoded(kind=kind, exif=exif())
    assert one != other
    assert content(one, tmp_path) == content(other, tmp_path) != NONE
    assert content(encoded(scene(2, 160, 120), kind), tmp_path) != content(one, tmp_path)


def sixteen() -> np.ndarray:
    return (np.asarray(PICTURE.convert("L")).astype(np.uint16) << 8) + 7


def sixteen_bit_png() -> bytes:
    """Three times 16 bits, which Pillow reads as three times 8 and cannot write."""
    rows = np.repeat(np.asarray(PICTURE), 2, axis=2).reshape(120, -1)
    pixels = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    header = struct.pack(">LLBBBBB", 160, 120, 16, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body)) for kind, body in chunks
    )


def of_16_bits() -> bytes:
    return encoded(Image.fromarray(sixteen()), "PNG")


def png_with(**chunks: tuple[int, ...]) -> bytes:
    """With gamma or chromaticity, in steps of 1/100,000."""
    info = PngImagePlugin.PngInfo()
    for name, values in chunks.items():
        info.add(name.encode(), struct.pack(f">{len(values)}L", *values))
    return encoded(kind="PNG", pnginfo=info)


SRGB = (31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000)
ADOBE_RGB = (31_270, 32_900, 64_000, 33_000, 21_000, 71_000, 15_000, 6_000)


def test_to_say_that_colours_are_the_usual_ones_changes_nothing(tmp_path: Path) -> None:
    plain = content(encoded(kind="PNG"), tmp_path)
    assert content(png_with(gAMA=(45_455,), cHRM=SRGB), tmp_path) == plain
    assert content(png_with(gAMA=(45_455,)), tmp_path) == plain


@pytest.mark.parametrize(
    "make",
    [
        of_16_bits,
        sixteen_bit_png,
        lambda: encoded(Image.fromarray(sixteen()), "TIFF"),
        lambda: encoded(Image.fromarray(sixteen().astype(np.float32)), "TIFF"),
        lambda: encoded(Image.fromarray(sixteen().astype(np.int32)), "TIFF"),
        lambda: encoded(PICTURE.convert("CMYK"), "TIFF"),
        lambda: encoded(PICTURE.convert("LAB"), "TIFF"),
        lambda: encoded(PICTURE.convert("YCbCr"), "TIFF"),
        lambda: encoded(PICTURE.quantize(64), "TIFF"),
        lambda: png_with(gAMA=(100_000,)),
        lambda: png_with(gAMA=(45_455,), cHRM=ADOBE_RGB),
    ],
    ids=[
        "16 bits",
        "48 bits",
        "16-bit TIFF",
        "floats",
        "integers",
        "CMYK",
        "Lab",
        "YCbCr",
        "palette TIFF",
        "gamma",
        "primaries",
    ],
)
def test_where_decoding_narrows_or_guesses_nothing_is_claimed(tmp_path: Path, make: Callable[[], bytes]) -> None:
    assert content(make(), tmp_path) == NONE


def test_a_heif_of_more_than_8_bits_is_not_claimed(tmp_path: Path) -> None:
    path = tmp_path / "deep.heic"
    deep = pillow_heif.from_bytes(
        "RGB;16", PICTURE.size, (np.asarray(PICTURE).astype(np.uint16) << 8).astype("<u2").tobytes()
    )
    deep.save(str(path))
    assert content_of(path) == NONE


def test_an_avif_of_more_than_8_bits_is_not_claimed() -> None:
    """Pillow cannot write one, but in its header one bit tells."""
    plain = encoded(kind="AVIF")
    image, setup = Image.open(io.BytesIO(plain)), plain.index(b"av1C")
    assert decodes_whole(image, "AVIF", plain)
    high = plain[: setup + 6] + bytes((plain[setup + 6] | 0x40,)) + plain[setup + 7 :]
    for head in (high, b"", b"ipco", plain[:100], plain[: setup + 20], plain[setup:]):
        assert not decodes_whole(image, "AVIF", head)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_there_is_more_in_an_animation_than_its_first_picture(tmp_path: Path, kind: str) -> None:
    frames = [scene(seed, 160, 120) for seed in (2, 3)]
    assert content(encoded(kind=kind, save_all=True, append_images=frames), tmp_path) == NONE


def test_it_does_not_depend_on_how_large_the_view_is(tmp_path: Path) -> None:
    large = scene(1, 1600, 1200)
    for kind in ("JPEG", "PNG"):
        path = save(large, tmp_path / "photo", format=kind)
        assert len({decode(str(path), side, Limits()).content for side in (64, 640, 4000)}) == 1


def test_a_file_is_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opens = []
    really = images.open_to_read

    def spy(path: str) -> Any:
        opens.append(path)
        return really(path)

    monkeypatch.setattr(images, "open_to_read", spy)
    for kind in ("JPEG", "PNG"):
        assert content_of(save(PICTURE, tmp_path / kind, format=kind))
    assert len(opens) == 2
