"""What a file holds besides its picture is found in every container, and nothing broken costs the photo."""

import struct
from pathlib import Path

import pillow_jxl  # noqa: F401  registers what writes JPEG XL
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image, ImageCms, PngImagePlugin
from tests.helpers.containers import (
    SHOWN,
    box,
    chunk,
    deep,
    encoded,
    film,
    noise,
    see_through,
    segment,
    several,
    with_chunk,
    with_segment,
)
from tests.helpers.pictures import scene, xmp
from tests.safety.harness.amounts import amount

from unipic.core.photo import Extra, Found, Photo
from unipic.core.settings import Limits
from unipic.reading._pages import MANY_PAGES, many_pages
from unipic.reading.read import read_file
from unipic.reading.seen import Picture

PLAIN = {kind: encoded(kind=kind) for kind in ("JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP", "AVIF", "HEIF", "JPEG2000")}
PLAIN["JXL"] = encoded(kind="JXL", use_container=True)
XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\0"
GAIN_MAP = with_segment(encoded(scene(7, 80, 60)), 0xE1, XMP_HEAD + b"<x hdrgm:Version='1.0'/>")


def read(data: bytes, folder: Path) -> Photo:
    path = folder / "photo"
    path.write_bytes(data)
    found = read_file(Found("a", "photo", str(path), len(data)), Limits())
    assert isinstance(found, Picture), found
    return found.photo


def held(data: bytes, folder: Path) -> dict[str, Extra]:
    return {extra.kind: extra for extra in read(data, folder).holds}


@pytest.mark.parametrize("kind", PLAIN)
def test_a_plain_file_holds_nothing_more(kind: str, tmp_path: Path) -> None:
    photo = read(PLAIN[kind], tmp_path)
    assert (photo.holds, photo.told) == ((), ())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_a_film_behind_the_picture(kind: str, tmp_path: Path) -> None:
    one, same, other = (held(PLAIN[kind] + film(number), tmp_path)["film"] for number in (1, 1, 2))
    assert one == same
    assert one.words == "a film of 2.1 s"
    assert other.value != one.value


def test_the_film_in_a_heif_s_own_box(tmp_path: Path) -> None:
    assert held(PLAIN["HEIF"] + box(b"mpvd", film(1)), tmp_path)["film"].words == "a film of 2.1 s"


def test_the_film_of_a_samsung(tmp_path: Path) -> None:
    """A name stands before it, an index and a time behind it."""
    data = PLAIN["JPEG"] + b"\0\0\x30\x0a\x10\0\0\0MotionPhoto_Data" + film(1) + b"SEFH\x6a\0\0\0index\x18\0\0\0SEFT"
    assert set(held(data, tmp_path)) == {"film", "data"}
    assert held(data, tmp_path)["film"] == held(PLAIN["JPEG"] + film(1), tmp_path)["film"]
    assert held(PLAIN["JPEG"] + b"\0\0\x01\x0aImage_UTC_Data1714550400SEFHxxSEFT", tmp_path) == {}


@pytest.mark.parametrize("kind", PLAIN)
def test_anything_behind_the_picture_counts(kind: str, tmp_path: Path) -> None:
    one, other = (held(PLAIN[kind] + noise(number, 5000), tmp_path)["data"] for number in (1, 2))
    assert one.words == "something behind the picture (5.0 kB)"
    assert one.value != other.value


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_padding_is_nothing(kind: str, tmp_path: Path) -> None:
    assert held(PLAIN[kind] + bytes(4000) + b"\r\n\xff\xff", tmp_path) == {}


@pytest.mark.parametrize(
    ("kind", "extra", "words"),
    [
        ("TIFF", "pages", "2 more pages"),
        ("HEIF", "pages", "2 more pictures"),
        ("MPO", "pages", "another picture (2)"),
        ("GIF", "frames", "an animation of 3 frames"),
        ("PNG", "frames", "an animation of 3 frames"),
        ("WEBP", "frames", "an animation of 3 frames"),
        ("AVIF", "frames", "moving pictures"),
    ],
)
def test_pages_and_frames(kind: str, extra: str, words: str, tmp_path: Path) -> None:
    made = several(kind, (1, 2))
    again = made if kind == "AVIF" else several(kind, (1, 2))  # an AVIF has the second it was saved at
    one, same, other = (held(data, tmp_path) for data in (made, again, several(kind, (1, 3))))
    assert list(one) == [extra]
    assert one == same
    assert one[extra].words.startswith(words)
    assert other[extra].value != one[extra].value


def test_each_page_has_a_digest_of_its_own(tmp_path: Path) -> None:
    many, few = (held(several("TIFF", numbers), tmp_path)["pages"].value.split("\n") for numbers in ((1, 2, 3), (2,)))
    assert len(many) == 3
    assert set(few) < set(many)


def test_a_gain_map_is_no_second_picture(tmp_path: Path) -> None:
    assert list(held(PLAIN["JPEG"] + GAIN_MAP, tmp_path)) == ["gain map"]


def test_a_depth_map_in_extended_xmp(tmp_path: Path) -> None:
    body = b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32 + bytes(8) + b'<x GDepth:Data="' + noise(1, 999)
    assert held(with_segment(PLAIN["JPEG"], 0xE1, body), tmp_path)["depth"].words == "a depth map"


def test_a_preview_by_the_index_is_no_extra(tmp_path: Path) -> None:
    """Sony and Panasonic put the picture made smaller behind it."""
    size = 16 + 4 + 2 + 12 + 4 + 32
    jpeg, small = PLAIN["JPEG"], encoded(SHOWN.resize((80, 60)))
    base = 2 + 4 + 4
    offset = len(jpeg) + size - base + 4 - 4
    for kind, expected in ((0x010001, {}), (0x020002, {"pages"})):
        head = b"II*\0" + struct.pack("<I", 8) + struct.pack("<HHHII", 1, 0xB002, 7, 32, 26) + struct.pack("<I", 0)
        table = struct.pack("<IIIHH", 0x030000, len(jpeg), 0, 0, 0)
        index = b"MPF\0" + head + table
        whole = len(with_segment(jpeg, 0xE2, index + bytes(16)))
        offset = whole - base
        table += struct.pack("<IIIHH", kind, len(small), offset, 0, 0)
        data = with_segment(jpeg, 0xE2, b"MPF\0" + head + table) + small
        assert set(held(data, tmp_path)) == set(expected)


def test_data_of_programs_in_the_file(tmp_path: Path) -> None:
    assert "data" in held(with_chunk(PLAIN["PNG"], b"mkBT", noise(1, 900)), tmp_path)
    assert "data" in held(with_segment(PLAIN["JPEG"], 0xE3, noise(1, 9000)), tmp_path)
    assert "credentials" in held(with_segment(PLAIN["JPEG"], 0xEB, b"JP" + noise(1, 90)), tmp_path)
    assert "data" in held(PLAIN["HEIF"] + box(b"uuid", noise(1, 90)), tmp_path)
    gif = PLAIN["GIF"]
    assert "data" in held(gif[:-1] + b"\x21\xff\x0bSECRETS 1.0\x04data\0;", tmp_path)
    webp = PLAIN["WEBP"] + b"LAYR" + struct.pack("<I", 6) + b"layers"
    assert "data" in held(webp[:4] + struct.pack("<I", len(webp) - 8) + webp[8:], tmp_path)


def test_layers_of_photoshop(tmp_path: Path) -> None:
    tags = Image.Exif()
    tags[37724] = b"Adobe Photoshop Document Data Block\0" + noise(1, 100)
    assert held(encoded(kind="TIFF", tiffinfo=dict(tags)), tmp_path)["layers"].words == "layers"


def test_transparency_and_what_is_under_it(tmp_path: Path) -> None:
    assert list(held(encoded(see_through().convert("RGBA"), "PNG"), tmp_path)) == ["transparency", "hidden"]
    blank = Image.composite(see_through(), Image.new("RGBA", SHOWN.size), see_through().getchannel("A"))
    for kind in ("PNG", "WEBP", "TIFF", "AVIF", "HEIF"):
        options = {"lossless": True} if kind == "WEBP" else {}
        assert "transparency" in held(encoded(blank, kind, **options), tmp_path), kind
    assert list(held(encoded(blank, "PNG"), tmp_path)) == ["transparency"]
    assert held(encoded(SHOWN.convert("RGBA"), "PNG"), tmp_path) == {}


def test_more_than_8_bits(tmp_path: Path) -> None:
    assert held(deep(), tmp_path)["bits"] == Extra("bits", "16 bits a colour", "16")
    grey = Image.new("I;16", (64, 64), 40_000)
    assert held(encoded(grey, "TIFF"), tmp_path)["bits"].value == "16"
    assert held(encoded(Image.new("F", (64, 64), 0.5), "TIFF"), tmp_path)["bits"].value == "32"


def test_colours_beyond_srgb(tmp_path: Path) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    wide = bytearray(srgb)
    at = srgb.index(b"XYZ ", srgb.index(b"gXYZ") + 12)
    places = {srgb[i : i + 4]: struct.unpack(">I", srgb[i + 4 : i + 8])[0] for i in range(132, 132 + 12 * 20, 12)}
    at = places[b"gXYZ"]
    wide[at + 8 : at + 20] = struct.pack(">iii", *(round(part * 65536) for part in (0.205, 0.626, 0.061)))
    for kind in ("JPEG", "PNG", "TIFF", "WEBP"):
        assert held(encoded(kind=kind, icc_profile=srgb), tmp_path) == {}
        assert "colours" in held(encoded(kind=kind, icc_profile=bytes(wide)), tmp_path)
    assert "inks" in held(encoded(SHOWN.convert("CMYK")), tmp_path)


def test_the_content_hash_covers_what_else_is_there(tmp_path: Path) -> None:
    files = [PLAIN["JPEG"] + more for more in (b"", film(1), film(2), film(1) + film(2), GAIN_MAP, noise(1, 99))]
    assert len({read(data, tmp_path).content for data in files}) == len(files)
    assert read(files[1], tmp_path).content == read(with_segment(files[1], 0xFE, b"hello"), tmp_path).content


def test_what_people_wrote(tmp_path: Path) -> None:
    tags = Image.Exif()
    tags[0x010E], tags[0x8298] = "Grandma at the lake", "OLYMPUS DIGITAL CAMERA"
    tags[0x9C9E] = "beach;dog\0".encode("utf-16-le")
    inside = (
        "<dc:subject xmlns:dc='http://purl.org/dc/elements/1.1/'><rdf:Bag><rdf:li>dog</rdf:li><rdf:li>Łódź</rdf:li>"
        "</rdf:Bag></dc:subject><r:Regions xmlns:r='http://www.metadataworkinggroup.com/schemas/regions/'>"
        "<r:RegionList><rdf:Bag><rdf:li><rdf:Description r:Name='Anna'/></rdf:li></rdf:Bag></r:RegionList></r:Regions>"
    )
    data = encoded(exif=tags, xmp=xmp(inside=inside), comment=b"a remark")
    told = {extra.kind: extra.value for extra in read(data, tmp_path).told}
    expected = {"caption": "Grandma at the lake", "keywords": "beach\ndog\nŁódź", "people": "Anna", "note": "a remark"}
    assert told == expected


def test_texts_of_a_png_and_iptc(tmp_path: Path) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Description", "At sea")
    texts.add_text("parameters", "a cat")
    texts.add_text("Software", "GIMP")
    told = {extra.kind: extra.value for extra in read(encoded(kind="PNG", pnginfo=texts), tmp_path).told}
    assert told == {"caption": "At sea", "note": "parameters: a cat"}
    iptc = b"".join(b"\x1c\x02" + bytes((tag,)) + struct.pack(">H", len(text)) + text for tag, text in ((25, b"sea"),))
    body = b"Photoshop 3.0\x008BIM" + struct.pack(">H2sI", 1028, b"\0\0", len(iptc)) + iptc + bytes(len(iptc) % 2)
    told = {extra.kind: extra.value for extra in read(with_segment(PLAIN["JPEG"], 0xED, body), tmp_path).told}
    assert told == {"keywords": "sea"}


def test_the_place_in_xmp(tmp_path: Path) -> None:
    names = "xmlns:exif='http://ns.adobe.com/exif/1.0/' exif:GPSLatitude='45,30.5N' exif:GPSLongitude='5,30,36W'"
    assert read(encoded(xmp=xmp(names)), tmp_path).place == pytest.approx((45.50833, -5.51), abs=1e-4)


def test_words_of_machines_are_none(tmp_path: Path) -> None:
    for comment in (
        b"CREATOR: gd-jpeg v1.0",
        b"Created with GIMP",
        b"Lavc58.134.100",
        b"  \0 ",
        b"File written by Adobe",
    ):
        assert read(encoded(comment=comment), tmp_path).told == ()


def test_words_of_people_that_name_a_tool_stay(tmp_path: Path) -> None:
    for comment in (b"Created by Anna", b"My first digital camera", b"The house we edited together with Ben"):
        assert [extra.value for extra in read(encoded(comment=comment), tmp_path).told] == [comment.decode()]


BROKEN = (
    b"",
    b"\xff\xd8\xff\xe0",
    film(1)[:40],
    struct.pack(">I4s4s", 1, b"ftyp", b"mp42") + bytes(8),
    struct.pack(">I4s4s", 0, b"ftyp", b"mp42"),
    b"\xff\xd8\xff\xdb" * 300,
    segment(0xE1, b"x") * 50,
)


@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize("more", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_extra_costs_nothing_but_itself(kind: str, more: bytes, tmp_path: Path) -> None:
    assert bool(held(PLAIN[kind] + more, tmp_path)) == bool(more)


def test_a_tiff_that_goes_in_circles_ends(tmp_path: Path) -> None:
    data = bytearray(several("TIFF", (1, 2)))
    (first,) = struct.unpack("<I", data[4:8])
    (number,) = struct.unpack("<H", data[first : first + 2])
    data[first + 2 + 12 * number : first + 6 + 12 * number] = struct.pack("<I", first)
    assert read(bytes(data), tmp_path).format == "TIFF"


def test_many_frames_and_chunks_end(tmp_path: Path) -> None:
    many = PLAIN["PNG"][:-12] + chunk(b"abCD", b"x") * 50_000 + PLAIN["PNG"][-12:]
    assert list(held(many, tmp_path)) == ["data"]
    views = PLAIN["JPEG"] + encoded(scene(3, 16, 16)) * 500
    assert list(held(views, tmp_path)) == ["pages"]


@given(st.sampled_from(sorted(PLAIN)), st.integers(0, 2**32 - 1), st.integers(1, 30))
@settings(max_examples=amount(pr=60, nightly=3000))
def test_damage_anywhere_breaks_no_finder(kind: str, seed: int, places: int) -> None:
    """Whatever is changed in a file, each finder answers with extras."""
    import random

    from unipic.reading._holds import IN, _tried

    rng = random.Random(seed)
    data = bytearray(several("HEIF", (1, 2)) if kind == "HEIF" else PLAIN[kind] + film(1))
    for _ in range(places):
        data[rng.randrange(min(len(data), 2000))] = rng.randrange(256)
    assert all(isinstance(extra, Extra) for extra in _tried(IN[kind], bytes(data)))


@pytest.mark.parametrize(("length", "counted"), [(MANY_PAGES, 0), (MANY_PAGES + 1, MANY_PAGES + 1)])
def test_many_pages_are_counted_by_their_directories(length: int, counted: int) -> None:
    """Each directory has no tags, and leads to the next; the last leads back to the first."""
    chain = b"".join(struct.pack("<HI", 0, 8 + 6 * ((at + 1) % length)) for at in range(length))
    assert many_pages(b"II*\0" + struct.pack("<I", 8) + chain) == counted
    assert many_pages(b"II+\0" + bytes(99)) == 0
