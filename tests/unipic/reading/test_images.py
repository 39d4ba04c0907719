"""The opener: formats by content, upright, limits before decoding, and words for whatever is wrong."""

import errno
import hashlib
import io
import os
import re
import socket
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pillow_jxl  # noqa: F401  registers what writes JPEG XL
import pytest
from PIL import Image, ImageFile, PngImagePlugin, TiffImagePlugin
from PIL.Image import Transpose
from tests.helpers.pictures import blurred, save, scene, xmp
from tests.helpers.raws import MODEL, dng, preview_of, raw_photo
from tests.helpers.systems import needs_pipes

from unipic.core.photo import Found
from unipic.core.settings import Limits
from unipic.reading import images
from unipic.reading._exif import Exif
from unipic.reading._measures import WORKING
from unipic.reading._raw import LEAST, Preview
from unipic.reading.images import Decoded, NotAPhoto, decode, load_thumbnail
from unipic.reading.metadata import read_file_metadata, read_metadata
from unipic.reading.read import read_file
from unipic.reading.seen import Picture

FORMATS = ("JPEG", "PNG", "HEIF", "WEBP", "BMP", "TIFF", "GIF", "AVIF", "JXL", "JPEG2000")
SUFFIXES = dict(
    zip(FORMATS, (".JpG", ".PNG", ".HeIC", ".wEBP", ".Bmp", ".TIF", ".giF", ".AVIF", ".Jxl", ".JP2"), strict=True)
)
# How a camera that was held that way stores an upright scene; each undoes what the tag of that number asks for.
STORED = {
    1: (),
    2: (Transpose.FLIP_LEFT_RIGHT,),
    3: (Transpose.ROTATE_180,),
    4: (Transpose.FLIP_TOP_BOTTOM,),
    5: (Transpose.TRANSPOSE,),
    6: (Transpose.ROTATE_90,),
    7: (Transpose.TRANSVERSE,),
    8: (Transpose.ROTATE_270,),
}


def opened(path: Path, **limits: Any) -> Decoded:
    return decode(str(path), WORKING, Limits(**limits))


def said(path: Path) -> Exif:
    """What its metadata says, read from the file alone; the same as when it is read with its picture."""
    again = read_file_metadata(Found("id", path.name, str(path), path.stat().st_size))
    assert isinstance(again, Exif)
    with images.opened(str(path), path.stat().st_size) as (file, _):
        assert read_metadata(file) == again
    return again


def refusal(path: Path, **limits: Any) -> str:
    with pytest.raises(NotAPhoto) as reason:
        opened(path, **limits)
    return str(reason.value)


def pixels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture, dtype=np.float64)


def apart(a: Image.Image, b: Image.Image) -> float:
    """Mean difference of two pictures, in tones of 256."""
    return float(np.abs(pixels(a) - pixels(b)).mean())


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def oriented(number: int) -> bytes:
    exif = Image.Exif()
    exif[274] = number
    return exif.tobytes()


# Formats


@pytest.mark.parametrize("kind", FORMATS)
def test_opens_every_format_whatever_case_its_suffix_has(tmp_path: Path, kind: str) -> None:
    picture = scene(1, 320, 240)
    photo = opened(save(picture, tmp_path / f"photo{SUFFIXES[kind]}", format=kind))
    assert (photo.format, photo.width, photo.height, photo.note) == (kind, 320, 240, "")
    assert photo.picture.mode == "RGB"
    assert apart(photo.picture, picture) < 12  # GIF has 256 colours


@pytest.mark.parametrize(("kind", "other"), list(zip(FORMATS, FORMATS[1:] + FORMATS[:1], strict=True)))
def test_content_decides_not_the_suffix(tmp_path: Path, kind: str, other: str) -> None:
    assert opened(save(scene(1, 80, 60), tmp_path / f"photo{SUFFIXES[other]}", format=kind)).format == kind


@pytest.mark.parametrize("name", ["no_suffix", "photo.jpg.txt", "photo.mp4", ".jpg"])
def test_a_photo_is_one_under_any_name(tmp_path: Path, name: str) -> None:
    assert opened(save(scene(1, 80, 60), tmp_path / name, format="JPEG")).format == "JPEG"


def test_formats_nobody_asked_for_are_not_even_tried(tmp_path: Path) -> None:
    for kind in ("PPM", "TGA", "SGI", "PCX", "DDS"):
        path = save(scene(1, 64, 64), tmp_path / "photo.jpg", format=kind)
        assert refusal(path) == "is not in any photo format Unipic knows"


def test_digest_and_size_are_the_files(tmp_path: Path) -> None:
    for kind in FORMATS:
        path = save(scene(2, 80, 60), tmp_path / kind, format=kind)
        photo = opened(path)
        assert photo.digest == hashlib.sha256(path.read_bytes()).hexdigest()
        assert photo.size == path.stat().st_size


@pytest.mark.parametrize("kind", FORMATS)
def test_a_file_too_large_to_be_read_at_once_is_the_same_photo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = save(scene(2, 320, 240), tmp_path / "photo", format=kind)
    whole = opened(path)
    monkeypatch.setattr(images, "IN_MEMORY_BYTES", path.stat().st_size - 1)
    pieces = opened(path)
    assert pieces.picture.tobytes() == whole.picture.tobytes()
    assert replace(pieces, picture=whole.picture) == whole


def test_a_photo_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[int] = []

    class Counting(io.FileIO):
        def read(self, size: int = -1, /) -> bytes:
            data = super().read(size)
            reads.append(len(data))
            return data

    monkeypatch.setattr(images, "open_to_read", Counting)
    for kind in FORMATS:
        path = save(scene(2, 320, 240), tmp_path / kind, format=kind)
        reads.clear()
        opened(path)
        assert reads == [path.stat().st_size]


# Upright


@pytest.mark.parametrize("number", STORED)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "HEIF", "WEBP", "TIFF", "AVIF"])
def test_every_orientation_shows_the_same_upright_picture(tmp_path: Path, kind: str, number: int) -> None:
    """HEIF is turned by its decoder already, and keeps the tag: it must not be turned twice."""
    upright = stored = blurred(scene(3, 120, 80))
    for turn in STORED[number]:
        stored = stored.transpose(turn)
    photo = opened(save(stored, tmp_path / "photo", format=kind, exif=oriented(number)))
    assert (photo.width, photo.height) == (120, 80)
    assert photo.picture.size == (120, 80)
    assert apart(photo.picture, upright) < 12


def test_heif_is_turned_by_its_box_and_never_by_exif_alone(tmp_path: Path) -> None:
    path = save(scene(3, 120, 80), tmp_path / "photo.heic", format="HEIF", exif=oriented(6))
    assert b"irot" in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(b"irot", b"free"))
    assert (opened(path).width, opened(path).height) == (120, 80)


@pytest.mark.parametrize("number", [0, 9, 65535])
def test_an_orientation_that_is_none_changes_nothing(tmp_path: Path, number: int) -> None:
    picture = blurred(scene(3, 120, 80))
    photo = opened(save(picture, tmp_path / "photo.jpg", exif=oriented(number)))
    assert apart(photo.picture, picture) < 12


# What its file says


def carrying(picture: Image.Image, path: Path, kind: str, packet: bytes, exif: bytes = b"") -> Path:
    """A file of that format with this XMP packet in its own place for it."""
    options: dict[str, Any] = {"xmp": packet}
    if kind == "PNG":
        options = {"pnginfo": PngImagePlugin.PngInfo()}
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", packet.decode("utf-8", "replace"))
    if kind == "TIFF":
        options = {"tiffinfo": TiffImagePlugin.ImageFileDirectory_v2()}
        options["tiffinfo"][700] = packet
    return (
        save(picture, path, format=kind, exif=exif, **options) if exif else save(picture, path, format=kind, **options)
    )


WITH_XMP = ("JPEG", "PNG", "HEIF", "WEBP", "TIFF", "AVIF", "MPO")


@pytest.mark.parametrize("kind", WITH_XMP)
def test_stars_and_editors_in_every_format_that_has_xmp(tmp_path: Path, kind: str) -> None:
    packet = xmp('xmp:Rating="4"', "<xmp:CreatorTool>Snapseed 2.0</xmp:CreatorTool>")
    exif = said(carrying(scene(1, 80, 60), tmp_path / "photo", kind, packet))
    assert (exif.rating, exif.edited) == (4, "Snapseed")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "HEIF", "WEBP", "TIFF", "AVIF"])
def test_stars_and_editors_in_every_format_that_has_exif(tmp_path: Path, kind: str) -> None:
    exif = Image.Exif()
    exif.update({0x131: "GIMP 2.10", 0x4746: 3, 0x4749: 50})
    found = said(save(scene(1, 80, 60), tmp_path / "photo", format=kind, exif=exif.tobytes()))
    assert (found.rating, found.edited) == (3, "GIMP")


def test_xmp_behind_the_pixels_of_a_png_is_found(tmp_path: Path) -> None:
    data = save(scene(1, 80, 60), tmp_path / "photo.png").read_bytes()
    text = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp('xmp:Rating="4"'))
    end = data.rindex(b"IEND") - 4
    assert said(written(tmp_path / "photo.png", data[:end] + text + data[end:])).rating == 4


@pytest.mark.parametrize("kind", WITH_XMP)
@pytest.mark.parametrize(
    "packet",
    [
        b"<broken",
        b"\xff\xfe\x00",
        b'<!DOCTYPE x [<!ENTITY a "4">]>' + xmp(inside="<xmp:Rating>&a;</xmp:Rating>"),
        xmp('xmp:Rating="NaN"'),
        xmp('xmp:Rating="99"'),
    ],
    ids=["broken", "bytes", "bomb", "NaN", "99"],
)
def test_a_hostile_packet_costs_only_its_stars(tmp_path: Path, kind: str, packet: bytes) -> None:
    picture = blurred(scene(1, 80, 60))
    path = carrying(picture, tmp_path / "photo", kind, packet)
    assert (said(path).rating, said(path).edited) == (None, "")
    assert apart(opened(path).picture, picture) < 12


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["PNG", "HEIF", "WEBP", "TIFF", "AVIF"])  # a JPEG's has 64 kB at most
def test_a_packet_of_50_mb_costs_only_its_stars(tmp_path: Path, kind: str) -> None:
    packet = xmp('xmp:Rating="4"', " " * 50_000_000)
    path = carrying(scene(1, 80, 60), tmp_path / "photo", kind, packet)
    assert opened(path).format == kind
    assert said(path).rating is None


@pytest.mark.parametrize("kind", WITH_XMP)
def test_metadata_is_read_without_decoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    path, decoded = carrying(scene(1, 80, 60), tmp_path / "photo", kind, xmp('xmp:Rating="4"')), []

    def spy(load: Callable[[Image.Image], Any]) -> Callable[[Image.Image], Any]:
        return lambda image: (decoded.append(image.size), load(image))[1]

    openers = (Image.Image, ImageFile.ImageFile, *(opener for opener, _ in Image.OPEN.values()))
    for each in {base for opener in openers if isinstance(opener, type) for base in opener.mro()}:
        if "load" in vars(each):
            monkeypatch.setattr(each, "load", spy(each.load))
    assert said(path).rating == 4
    assert set(decoded) <= {(1, 1)}, "of a PNG a pixel that stands for the picture"
    opened(path)
    assert (80, 60) in decoded


def test_a_png_with_more_metadata_than_anybody_writes_is_read_in_part(tmp_path: Path) -> None:
    data = save(scene(1, 80, 60), tmp_path / "photo.png").read_bytes()
    end = data.rindex(b"IEND") - 4
    large = chunk(b"eXIf", bytes(17_000_000))
    text = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp('xmp:Rating="4"'))
    assert said(written(tmp_path / "photo.png", data[:end] + large + text + data[end:])).rating == 4
    assert said(written(tmp_path / "photo.png", data[:end] + text[:20])).rating is None


def test_metadata_costs_no_second_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opens = []

    def spy(path: str) -> Any:
        opens.append(path)
        return open_to_read(path)

    open_to_read = images.open_to_read
    monkeypatch.setattr(images, "open_to_read", spy)
    path = carrying(scene(1, 80, 60), tmp_path / "photo.jpg", "JPEG", xmp('xmp:Rating="4"'))
    before = (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode)
    picture = read_file(Found("id", path.name, str(path), path.stat().st_size), Limits())
    assert isinstance(picture, Picture)
    assert picture.photo.rating == 4
    assert opens == [str(path)]
    assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode) == before


@pytest.mark.parametrize(
    ("kind", "options", "quality"),
    [
        *(("JPEG", {"quality": quality}, quality) for quality in (5, 50, 75, 95, 100)),
        ("MPO", {"quality": 60}, 60),
        ("PNG", {}, 100),
        ("BMP", {}, 100),
        ("TIFF", {"compression": "tiff_adobe_deflate"}, 100),
        ("TIFF", {"compression": "jpeg"}, None),
        ("GIF", {}, None),
        ("HEIF", {"quality": 50}, None),
        ("AVIF", {}, None),
        ("WEBP", {}, None),
    ],
)
def test_the_quality_of_the_compression(
    tmp_path: Path, kind: str, options: dict[str, Any], quality: int | None
) -> None:
    """Also of a JPEG that is shrunk while it is decoded."""
    assert opened(save(scene(1, 1600, 1200), tmp_path / "photo", format=kind, **options)).quality == quality


def test_the_quality_of_a_jpeg_without_its_end_marker(tmp_path: Path) -> None:
    assert opened(cut(tmp_path / "photo.jpg", -2, quality=65)).quality == 65


# Pixels of every kind


GREY = scene(4, 1000, 750).convert("L")  # larger than the working picture, so that it is shrunk too
SHRUNK = GREY.resize((640, 480), Image.Resampling.BICUBIC).convert("RGB")


def sixteen_bits(order: str) -> Image.Image:
    return Image.fromarray((np.asarray(GREY).astype(np.uint16) * 257).astype(f"{order}u2"))


@pytest.mark.parametrize(
    ("picture", "kind", "tolerance"),
    [
        (GREY, "PNG", 2),
        (GREY.convert("LA"), "PNG", 2),
        (GREY.convert("RGBA"), "WEBP", 6),
        (sixteen_bits("<"), "PNG", 2),
        (sixteen_bits("<"), "TIFF", 2),
        (sixteen_bits(">"), "TIFF", 2),
        (GREY.convert("RGB").convert("CMYK"), "JPEG", 4),
        (GREY.convert("RGB").convert("CMYK"), "TIFF", 2),
        (GREY.convert("RGB").convert("YCbCr"), "TIFF", 3),
        (GREY.quantize(256), "PNG", 4),
        (GREY.quantize(256), "GIF", 4),
    ],
    ids=lambda value: getattr(value, "mode", str(value)),
)
def test_modes_come_out_as_they_look(tmp_path: Path, picture: Image.Image, kind: str, tolerance: float) -> None:
    photo = opened(save(picture, tmp_path / "photo", format=kind))
    assert photo.picture.size == (640, 480)
    assert apart(photo.picture, SHRUNK) < tolerance


@pytest.mark.parametrize("scale", [1 / 255, 1000.0])
def test_floats_and_long_integers_are_scaled_not_clipped(tmp_path: Path, scale: float) -> None:
    for kind in (np.float32, np.int32):
        values = (np.asarray(GREY.resize((320, 240))) * max(scale, 1 if kind is np.int32 else 0)).astype(kind)
        photo = opened(save(Image.fromarray(values), tmp_path / "photo.tif"))
        tones = pixels(photo.picture)
        assert tones.min() == 0
        assert tones.max() >= 254
        assert np.corrcoef(tones[..., 0].ravel(), values.astype(float).ravel())[0, 1] > 0.999


def test_numbers_that_are_none_do_no_harm(tmp_path: Path) -> None:
    values = np.linspace(0, 1, 100 * 80, dtype=np.float32).reshape(80, 100)
    values[3, 3:9], values[50, 50] = np.nan, np.inf
    tones = pixels(opened(save(Image.fromarray(values), tmp_path / "photo.tif")).picture)
    assert tones[3, 5].tolist() == [0, 0, 0]
    assert tones[79, 99].tolist() == [255, 255, 255]


def test_black_and_white_shrinks_to_greys(tmp_path: Path) -> None:
    """Leaving pixels out would make noise of a scanned page, and of every copy of it another noise."""
    dotted = scene(4, 1280, 960).convert("1")
    photo = opened(save(dotted, tmp_path / "page.png"))
    assert len(np.unique(pixels(photo.picture))) > 3
    assert apart(photo.picture, dotted.convert("RGB").resize((640, 480), Image.Resampling.BOX)) < 30


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_transparency_lies_on_white(tmp_path: Path, kind: str) -> None:
    picture = Image.new("RGBA", (100, 80), (255, 0, 0, 255))
    picture.paste((0, 0, 0, 0), (0, 0, 50, 80))
    tones = pixels(opened(save(picture, tmp_path / "photo", format=kind, lossless=True)).picture)
    assert tones[40, 10].tolist() == [255, 255, 255]
    assert tones[40, 90].tolist() == [255, 0, 0]


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_transparent_palette_entries_lie_on_white(tmp_path: Path, kind: str) -> None:
    picture = Image.new("P", (1000, 80), 1)
    picture.putpalette([0, 0, 0, 255, 0, 0])
    picture.paste(0, (0, 0, 500, 80))
    tones = pixels(opened(save(picture, tmp_path / "photo", format=kind, transparency=0)).picture)
    assert tones[20, 10].tolist() == [255, 255, 255]
    assert tones[20, 600].tolist() == [255, 0, 0]


# More pictures than one


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF", "MPO"])
def test_the_first_of_several_pictures_is_taken_and_said(tmp_path: Path, kind: str) -> None:
    first, *rest = (scene(seed, 320, 240) for seed in (5, 6, 7))
    photo = opened(save(first, tmp_path / "photo", format=kind, save_all=True, append_images=rest))
    assert photo.note == "first of 3 pictures in the file"
    assert photo.format == ("JPEG" if kind == "MPO" else kind)
    assert apart(photo.picture, first) < 12


def test_a_broken_second_page_does_not_take_the_place_of_the_first(tmp_path: Path) -> None:
    """Counting stops at the broken page, and must go back."""
    first, *rest = (scene(seed, 96, 64) for seed in (5, 6, 7))
    path = save(first, tmp_path / "pages.tif", save_all=True, append_images=rest)
    data = bytearray(path.read_bytes())
    page = struct.unpack_from("<L", data, 4)[0]
    for _ in range(2):  # each page ends with the place of the next
        page = struct.unpack_from("<L", data, page + 2 + 12 * struct.unpack_from("<H", data, page)[0])[0]
    width = data.index(struct.pack("<HH", 256, 4), page)
    struct.pack_into("<H", data, width, 65000)  # the third page has no width any more
    photo = opened(written(path, bytes(data)))
    assert apart(photo.picture, first) < 1


# Damage


WAYS: list[dict[str, Any]] = [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"subsampling": 0}]


def cut(path: Path, kept: float | int, picture: Image.Image | None = None, **options: Any) -> Path:
    """A JPEG of which a share, or all but some bytes, is left."""
    data = save(picture or scene(8, 640, 480), path, format="JPEG", **options).read_bytes()
    return written(path, data[: int(len(data) * kept) if isinstance(kept, float) else kept])


@pytest.mark.parametrize("kept", [0.3, 0.5, 0.8])
@pytest.mark.parametrize("way", [way for way in WAYS if "progressive" not in way], ids=str)
def test_a_jpeg_that_ends_early_says_how_much_is_missing(tmp_path: Path, kept: float, way: dict[str, Any]) -> None:
    reason = refusal(cut(tmp_path / "photo.jpg", kept, **way))
    found = re.fullmatch(r"ends early: about (\d+) % of the picture is missing", reason)
    assert found
    assert abs(int(found[1]) - 100 * (1 - kept)) < 15


@pytest.mark.parametrize("kept", [0.2, 0.6, 0.95, 0.99])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_progressive_jpeg_that_ends_early_is_never_called_whole(tmp_path: Path, kept: float, mode: str) -> None:
    """All of its rows are there, only coarser: it would pass for a photo and is none to keep."""
    path = cut(tmp_path / "photo.jpg", kept, scene(8, 640, 480).convert(mode), progressive=True)
    assert refusal(path) == "ends early: the fine detail of the picture is missing"


@pytest.mark.parametrize("kept", [-2, -1])
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_jpeg_without_its_end_marker_is_whole(tmp_path: Path, kept: int, way: dict[str, Any]) -> None:
    photo = opened(cut(tmp_path / "photo.jpg", kept, scene(8, 1600, 1200), **way))
    assert photo.note == "the file lacks its end marker, the picture is whole"
    assert (photo.width, photo.height, photo.picture.size) == (1600, 1200, (640, 480))
    assert apart(photo.picture, scene(8, 1600, 1200).resize((640, 480))) < 6


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_floor_of_one_tone_is_not_missing(tmp_path: Path, way: dict[str, Any]) -> None:
    """Nor does it hide that the rest of a picture is."""
    picture = scene(8, 640, 480)
    picture.paste((10, 10, 10), (0, 300, 640, 480))
    assert apart(opened(cut(tmp_path / "whole.jpg", -2, picture, **way)).picture, picture) < 12
    assert "ends early" in refusal(cut(tmp_path / "half.jpg", 0.5, picture, **way))


def test_a_jpeg_cut_at_a_restart_mark_is_not_whole(tmp_path: Path) -> None:
    path = save(scene(8, 640, 480), tmp_path / "photo.jpg", restart_marker_rows=1)
    data = path.read_bytes()
    assert "ends early" in refusal(written(path, data[: data.index(b"\xff\xd5") + 1]))


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "JPEG"])
def test_half_a_file_is_refused(tmp_path: Path, kind: str) -> None:
    path = save(scene(8, 640, 480), tmp_path / "photo", format=kind)
    assert refusal(written(path, path.read_bytes()[: path.stat().st_size // 2])).startswith("is ")


@pytest.mark.parametrize("value", ["abc", b"\x01", b"abcd", 1.5])
def test_a_tag_of_the_wrong_type_stops_nothing(tmp_path: Path, value: Any) -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags.tagtype[254], tags[254] = {str: 2, bytes: 7, float: 12}[type(value)], value
    assert opened(save(scene(1, 64, 48), tmp_path / "photo.tif", tiffinfo=tags)).format == "TIFF"


def test_whatever_a_decoder_raises_becomes_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(scene(1, 64, 48), tmp_path / "photo.png")

    def fail(image: Image.Image) -> None:
        raise IndexError("list index\nout of range")

    monkeypatch.setattr(ImageFile.ImageFile, "load", fail)
    assert refusal(path) == "is damaged: list index out of range"


def test_an_error_of_the_disk_is_not_blamed_on_the_photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(scene(1, 64, 48), tmp_path / "photo.png")

    def fail(image: Image.Image) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(ImageFile.ImageFile, "load", fail)
    with pytest.raises(OSError, match="Input/output error") as error:
        opened(path)
    assert error.value.errno == errno.EIO


# Bombs, refused before anything is decoded


@pytest.fixture
def forbid_decoding(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    return partial(_forbid_decoding, monkeypatch)


def _forbid_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("decoded")

    for kind in (Image.Image, ImageFile.ImageFile, images.pillow_heif.HeifImageFile):
        monkeypatch.setattr(kind, "load", fail)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + name + data + struct.pack(">L", zlib.crc32(name + data))


def png_header(width: int, height: int, bits: int, colours: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, bits, colours, 0, 0, 0))


def test_a_pixel_bomb_is_refused_by_its_header(tmp_path: Path, forbid_decoding: Callable[[], None]) -> None:
    rows = zlib.compress(bytes(3751) * 30_000, 1)
    bomb = png_header(30_000, 30_000, 1, 0) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    forbid_decoding()
    assert refusal(written(tmp_path / "bomb.png", bomb)) == (
        "is 30000 x 30000 = 900 megapixels, more than the 200 that are safe to decode"
    )


def test_headers_that_lie_are_taken_at_their_word(tmp_path: Path, forbid_decoding: Callable[[], None]) -> None:
    jpeg = bytearray(save(Image.new("RGB", (64, 48)), tmp_path / "photo.jpg").read_bytes())
    frame = jpeg.index(b"\xff\xc0")
    struct.pack_into(">HH", jpeg, frame + 5, 65_500, 65_500)
    bmp = b"BM" + struct.pack("<LLL", 70, 0, 54) + struct.pack("<LllHH", 40, 200_000, 200_000, 1, 24) + bytes(40)
    gif = b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + b",\0\0\0\0" + b"\xff" * 4 + b"\0\2\2D\1\0;"
    png = png_header(2_000_000_000, 2_000_000_000, 8, 2) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    forbid_decoding()
    for name, data in (("bomb.jpg", bytes(jpeg)), ("bomb.bmp", bmp), ("bomb.gif", gif), ("bomb.png", png)):
        assert "megapixels, more than the 200 that are safe" in refusal(written(tmp_path / name, data))


def test_what_must_be_decoded_whole_may_have_fewer_pixels(tmp_path: Path, forbid_decoding: Callable[[], None]) -> None:
    png = png_header(12_000, 12_000, 8, 0) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    forbid_decoding()
    assert "must be decoded whole: 864 MB, more than the 600 MB" in refusal(written(tmp_path / "large.png", png))


def test_a_jpeg_made_of_scans_is_refused(tmp_path: Path, forbid_decoding: Callable[[], None]) -> None:
    data = save(Image.new("RGB", (64, 48)), tmp_path / "photo.jpg", progressive=True).read_bytes()
    last = data.rindex(b"\xff\xda")
    scans = written(tmp_path / "scans.jpg", data[:last] + data[last:-2] * 500 + data[-2:])
    forbid_decoding()
    assert "has more than 100 scans" in refusal(scans)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_video_behind_a_photo_counts_as_no_scans(tmp_path: Path, progressive: bool) -> None:
    """Motion photos: in megabytes of video the bytes of a marker turn up by chance."""
    path = save(scene(1, 320, 240), tmp_path / "motion.jpg", progressive=progressive)
    data = path.read_bytes() + b"\0\0\0\x18ftypmp42" + b"\xff\xda\0\x0c" * 1000
    photo = opened(written(path, data))
    assert (photo.format, photo.note) == ("JPEG", "")
    assert photo.digest == hashlib.sha256(data).hexdigest()


def test_a_thumbnail_inside_counts_as_no_scan(tmp_path: Path) -> None:
    inside = save(scene(1, 160, 120), tmp_path / "small.jpg").read_bytes() * 3
    exif = b"Exif\0\0" + inside + b"\xff\xda\0\x0c" * 200
    assert opened(save(scene(1, 320, 240), tmp_path / "photo.jpg", exif=exif)).format == "JPEG"


def test_jpegs_are_shrunk_while_they_are_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(scene(1, 4000, 3000), tmp_path / "photo.jpg")
    sizes = []
    thumbnail = Image.Image.thumbnail

    def spy(image: Image.Image, *args: Any, **options: Any) -> None:
        sizes.append(image.size)
        thumbnail(image, *args, **options)

    monkeypatch.setattr(Image.Image, "thumbnail", spy)
    photo = opened(path)
    assert (photo.width, photo.height, photo.picture.size) == (4000, 3000, (640, 480))
    assert sizes == [(1000, 750)]


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 9000), (9000, 2), (31, 8)])
def test_odd_shapes_keep_at_least_a_pixel(tmp_path: Path, width: int, height: int) -> None:
    for kind in ("PNG", "JPEG"):
        photo = opened(save(scene(1, width, height), tmp_path / "photo", format=kind))
        assert (photo.width, photo.height) == (width, height)
        assert 1 <= min(photo.picture.size) <= max(photo.picture.size) <= WORKING


# What is no photo, named


FTYP = b"\0\0\0\x18ftyp"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty (0 bytes)"),
        (b"\xff\xd8", "is a JPEG with nothing in it"),
        (b"\xff\xd8\xff\xe0junk", "is damaged: Truncated File Read"),
        (b"\xff\xd8\xff\x00junk", "is a damaged JPEG"),
        (b"\x89PNG\r\n\x1a\n", "is a damaged PNG"),
        (b"hello, world", "is not in any photo format Unipic knows"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n(rm) run", "is PostScript, which Unipic does not run"),
        (b"%PDF-1.7\n", "is a PDF document, not a photo"),
        (b"<?xml version='1.0'?>\n<SVG onload='x'/>", "is an SVG drawing, not a photo"),
        (b"<!doctype html><HTML><script>x</script>", "is a web page, not a photo"),
        (b"PK\x03\x04../evil", "is a ZIP archive, not a photo"),
        (FTYP + b"mp42", "is a video, not a photo"),
        (FTYP + b"qt  ", "is a video, not a photo"),
        (b"RIFF\x10\0\0\0AVI LIST", "is a video, not a photo"),
        (b"\x1aE\xdf\xa3matroska", "is a video, not a photo"),
        (FTYP + b"heic", "is a damaged HEIC/AVIF"),
        (FTYP + b"avif", "is a damaged HEIC/AVIF"),
        (b"II*\0" + bytes(4), "is a raw file or TIFF that cannot be decoded"),
    ],
)
def test_content_that_is_no_photo_is_named(tmp_path: Path, data: bytes, words: str) -> None:
    assert refusal(written(tmp_path / "photo.jpg", data)) == words


# Raw photos


UNREADABLE = "is a raw file or TIFF that cannot be decoded"
NO_PREVIEW = "is a raw photo without a preview to judge it by; it is kept and listed"


@pytest.mark.parametrize(
    "head",
    [b"FUJIFILMCCD-RAW 0201", b"FOVb", b"IIU\0", b"IIRO\x08\0", b"MMOR\0\x08", FTYP + b"crx "],
    ids=["RAF", "X3F", "RW2", "ORF", "ORF big-endian", "CR3"],
)
def test_damaged_raw_photos_are_named(tmp_path: Path, head: bytes) -> None:
    assert refusal(written(tmp_path / "photo", head + bytes(100))) == UNREADABLE


@pytest.mark.parametrize(("tag", "value", "kind"), [(50706, b"\1\4\0\0", 1), (254, 1, 4)], ids=["DNG", "NEF, ARW"])
def test_a_raw_files_first_page_is_not_taken_for_the_photo(tmp_path: Path, tag: int, value: Any, kind: int) -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags.tagtype[tag], tags[tag] = kind, value
    path = save(scene(1, 160, 120), tmp_path / "photo.dng", format="TIFF", tiffinfo=tags)
    assert refusal(path) == UNREADABLE


def test_a_canon_raw_is_not_taken_for_a_tiff(tmp_path: Path) -> None:
    """Its first page is a preview of a quarter the size, and nothing but four bytes of the header says so."""
    tiff = save(scene(1, 160, 120), tmp_path / "photo.cr2", format="TIFF").read_bytes()
    page = struct.unpack_from("<L", tiff, 4)[0]
    assert page == 8
    entries = struct.unpack_from("<H", tiff, page)[0]
    moved = len(tiff)
    raw = tiff[:4] + struct.pack("<L", moved) + b"CR\2\0" + tiff[12:] + tiff[page : page + 2 + 12 * entries + 4]
    assert refusal(written(tmp_path / "photo.cr2", raw)) == UNREADABLE


def test_a_raw_photo_is_seen_by_its_preview(tmp_path: Path) -> None:
    taken = datetime(2024, 6, 12, 20, 51, 7)
    path = raw_photo(tmp_path / "photo.dng", taken=taken, xmp=xmp('xmp:Rating="4"'))
    photo = opened(path)
    assert (photo.format, photo.width, photo.height, photo.note) == ("RAW", 96, 64, "by its embedded preview")
    assert (photo.quality, photo.content) == (None, "")
    assert (photo.digest, photo.size) == (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size)
    exif = said(path)
    assert (exif.taken, exif.taken_by_camera, exif.rating, exif.camera) == (taken, True, 4, MODEL)
    assert photo.picture.size == (640, 427)
    assert apart(photo.picture, scene(1, 960, 640).resize((640, 427), Image.Resampling.BICUBIC)) < 3


@pytest.mark.parametrize("head", [b"IIRO", b"IIRS", b"IIU\0"], ids=["ORF", "another ORF", "RW2"])
def test_a_raw_photo_that_is_no_tiff_has_what_libraw_knows_of_it(tmp_path: Path, head: bytes) -> None:
    taken = datetime(2024, 6, 12, 20, 51, 7)
    data = head + dng(preview_of(scene(1, 960, 640)), orientation=6, taken=taken)[4:]
    path = written(tmp_path / "photo.orf", data)
    photo, exif = opened(path), said(path)
    assert (photo.format, photo.width, photo.height) == ("RAW", 64, 96)
    assert (exif.taken, exif.taken_by_camera, exif.camera) == (taken, True, MODEL)


def test_a_preview_is_judged_at_the_size_that_is_measured() -> None:
    assert LEAST == WORKING


@pytest.mark.parametrize("number", range(1, 9))
@pytest.mark.parametrize("says_so", [False, True], ids=["as the raw says", "as the preview says"])
def test_a_preview_is_upright_as_its_raw_photo(tmp_path: Path, number: int, says_so: bool) -> None:
    upright, stored = scene(1, 960, 640), scene(1, 960, 640)
    for turn in STORED[number]:
        stored = stored.transpose(turn)
    size = (96, 64) if number < 5 else (64, 96)
    data = dng(preview_of(stored, number if says_so else 0), stored.size, size, orientation=number)
    photo = opened(written(tmp_path / "photo.dng", data))
    assert (photo.width, photo.height, photo.picture.size) == (96, 64, (640, 427))
    assert apart(photo.picture, upright.resize((640, 427), Image.Resampling.BICUBIC)) < 3


@pytest.mark.parametrize("orientation", [0, 1])
def test_a_preview_that_is_upright_already_is_not_turned(tmp_path: Path, orientation: int) -> None:
    data = dng(preview_of(scene(1, 640, 960), orientation), (640, 960), orientation=6)
    photo = opened(written(tmp_path / "photo.dng", data))
    assert (photo.width, photo.height, photo.picture.size) == (64, 96, (427, 640))
    assert apart(photo.picture, scene(1, 640, 960).resize((427, 640), Image.Resampling.BICUBIC)) < 3


@pytest.mark.parametrize(
    ("width", "height", "words"),
    [
        (160, 107, "is a raw photo whose preview is too small to judge it by (160 x 107)"),
        (639, 426, "is a raw photo whose preview is too small to judge it by (639 x 426)"),
        (960, 540, "is a raw photo whose preview (960 x 540) has another shape than its picture (96 x 64)"),
        (640, 960, "is a raw photo whose preview (640 x 960) has another shape than its picture (96 x 64)"),
    ],
)
def test_a_preview_that_does_not_show_the_photo_is_not_taken_for_it(
    tmp_path: Path, width: int, height: int, words: str
) -> None:
    data = dng(preview_of(scene(1, width, height)), (width, height))
    assert refusal(written(tmp_path / "photo.dng", data)) == f"{words}; it is kept and listed"


@pytest.mark.parametrize(("width", "fits"), [(6000, True), (6119, True), (6121, False), (5881, True), (5879, False)])
def test_the_shape_of_a_preview(width: int, fits: bool) -> None:
    assert Preview(b"", 6000, 4000, (0, 0), 1).shows_all(width, 4000) == fits
    assert Preview(b"", 9000, 4000, (6000, 4000), 1).shows_all(width, 4000) == fits


def test_damaged_raw_photos_have_a_clear_answer(tmp_path: Path) -> None:
    preview = preview_of(scene(1, 960, 640))
    whole = dng(preview)
    answers = {
        "without": dng(None),
        "cut off": dng(preview[: len(preview) // 4]),
        "junk": dng(b"\xff\xd8\xff" + bytes(3000)),
        "text": dng(b"not a picture" * 100),
        "ends": whole[:-100],
        "beginning": whole[:9000],
    }
    words = {name: refusal(written(tmp_path / "photo.dng", data)) for name, data in answers.items()}
    assert words["without"] == NO_PREVIEW
    assert re.fullmatch(
        r"is a raw photo whose preview ends early: about \d+ % of the picture is missing; it is kept and listed",
        words["cut off"],
    )
    assert words["junk"] == words["text"] == NO_PREVIEW
    assert words["ends"] == words["beginning"] == UNREADABLE


def test_a_raw_photo_keeps_to_the_limits(tmp_path: Path) -> None:
    path = raw_photo(tmp_path / "photo.dng")
    opened(path, max_pixels=960 * 640, max_decoded=10_000_000)
    assert refusal(path, max_pixels=96 * 64) == (
        "is a raw photo whose preview is 960 x 640 = 1 megapixels, more than the 0 that are safe to decode; "
        "it is kept and listed"
    )
    assert refusal(path, max_pixels=96 * 64 - 1).startswith("is 96 x 64 = 0 megapixels")
    assert refusal(path, max_decoded=1000).startswith("is a raw photo of 0 MB, more than the 0 MB")


def test_a_preview_made_to_keep_a_decoder_busy_is_refused(tmp_path: Path) -> None:
    preview = preview_of(scene(1, 960, 640))
    scan = preview.index(b"\xff\xda")
    scans = preview[:-2] + 200 * preview[scan : scan + 14] + preview[-2:]
    words = refusal(written(tmp_path / "photo.dng", dng(scans)))
    assert words.startswith("is a raw photo whose preview has more than 100 scans")
    at = preview.index(b"\xff\xc0") + 5
    vast = preview[:at] + struct.pack(">HH", 40_000, 60_000) + preview[at + 4 :]
    words = refusal(written(tmp_path / "photo.dng", dng(vast)))
    assert words.startswith("is a raw photo whose preview is 60000 x 40000 = 2,400 megapixels")


def test_a_raw_photo_too_large_to_be_read_at_once_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = raw_photo(tmp_path / "photo.dng", taken=datetime(2024, 6, 12))
    whole = opened(path)
    monkeypatch.setattr(images, "IN_MEMORY_BYTES", 1000)
    pieces = opened(path)
    assert pieces.picture.tobytes() == whole.picture.tobytes()
    assert replace(pieces, picture=whole.picture) == whole


# What is never read


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sparse.jpg"
    with open(path, "wb") as file:
        file.truncate(5_000_000_000)

    def fail(*_: object) -> None:
        raise AssertionError("read")

    monkeypatch.setattr(images, "identify", fail)
    assert refusal(path) == "is 5.0 GB, larger than the 2.0 GB a photo may have"


@needs_pipes
def test_links_and_pipes_are_never_read(tmp_path: Path) -> None:
    photo = save(scene(1, 64, 48), tmp_path / "photo.jpg")
    (tmp_path / "link.jpg").symlink_to(photo)
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "folder.jpg").mkdir()
    with pytest.raises(OSError, match="symbolic links"):
        opened(tmp_path / "link.jpg")
    for name in ("pipe.jpg", "folder.jpg"):
        with pytest.raises(OSError, match="not a regular file"):
            opened(tmp_path / name)


def test_sockets_and_missing_files_are_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the whole path may be too long for a socket's name
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.jpg")
        with pytest.raises(OSError, match="No such device"):
            opened(tmp_path / "socket.jpg")
    with pytest.raises(FileNotFoundError):
        opened(tmp_path / "missing.jpg")


def test_a_thumbnail_of_ours_is_loaded_from_bytes_or_path(tmp_path: Path) -> None:
    path = save(scene(1, 64, 48), tmp_path / "small.jpg")
    assert np.array_equal(load_thumbnail(str(path)), load_thumbnail(path.read_bytes()))
    assert load_thumbnail(str(path)).shape == (48, 64, 3)


def test_no_file_is_left_open(tmp_path: Path) -> None:
    files = [save(scene(1, 64, 48), tmp_path / kind, format=kind) for kind in FORMATS]
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    if not before:
        pytest.skip("this system does not say which files are open")
    for path in files:
        opened(path)
    refusal(written(tmp_path / "text.jpg", b"text"))
    assert len(os.listdir("/proc/self/fd")) == before
