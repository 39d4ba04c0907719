"""Broken, hostile and odd files, made on the spot: the same bytes each time, none larger than a few hundred kB."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import pillow_heif
import pillow_jxl  # noqa: F401  registers what writes JPEG XL
from PIL import Image
from tests.helpers.assets import box, exif, film, maker_note
from tests.helpers.pictures import scene, xmp
from tests.helpers.raws import dng, preview_of

from unipic.reading.images import FORMATS

SEED = 20261121
SIDE = 96
ANY = None  # a photo or none: both are answers


@dataclass(frozen=True)
class Hostile:
    name: str
    data: bytes
    photo: bool | None = ANY  # whether it must be one


# Whole files that are then broken.


def picture(seed: int = 3) -> Image.Image:
    return scene(seed, SIDE, SIDE * 3 // 4)


def saved(image: Image.Image, format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


@cache
def seeds() -> Mapping[str, bytes]:
    """A whole file of each kind, by a name that ends like one."""
    frames = [picture(seed) for seed in range(3)]
    facts = exif(note=maker_note(identifier="A" * 36), place=True)
    heic = io.BytesIO()
    pillow_heif.from_pillow(picture()).save(heic, quality=50, exif=facts.tobytes())
    return {
        "baseline.jpg": saved(picture(), "JPEG", quality=80, exif=facts, xmp=xmp('xmp:Rating="4"')),
        "progressive.jpg": saved(picture(), "JPEG", quality=80, progressive=True),
        "plain.png": saved(picture(), "PNG", exif=facts),
        "moving.gif": saved(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "lossy.webp": saved(picture(), "WEBP", quality=70, exif=facts),
        "deflated.tif": saved(picture(), "TIFF", compression="tiff_deflate", exif=facts),
        "plain.bmp": saved(picture(), "BMP"),
        "phone.heic": heic.getvalue(),
        "small.avif": saved(picture(), "AVIF", quality=50, exif=facts),
        "bare.jxl": saved(picture(), "JXL", quality=70),
        "boxes.jxl": saved(picture(), "JXL", quality=70, exif=facts.tobytes(), xmp=xmp('xmp:Rating="4"')),
        "scan.jp2": saved(picture(), "JPEG2000"),
        "bare.j2k": saved(picture(), "JPEG2000", no_jp2=True),
        "sizes.ico": saved(picture(), "ICO", sizes=[(16, 12), (64, 48)], bitmap_format="bmp"),
        "sizes.icns": saved(picture().resize((64, 64)), "ICNS"),
    }


def raw_header() -> bytes:
    """The beginning of a raw photo: a TIFF with a DNG's version and a small preview as its first page."""
    return tiff([(254, 4, [1]), (256, 4, [4000]), (257, 4, [3000]), (259, 3, [7]), (50706, 1, [1, 4, 0, 0])])


@cache
def raw_with_preview() -> bytes:
    """No larger than it must be to be seen."""
    size = (640, 427)
    return dng(preview_of(scene(3, *size), quality=10), size, taken=datetime(2024, 6, 12, 20, 51, 7))


def fuzz_seeds() -> Mapping[str, bytes]:
    """A file of each kind, a raw photo, the header of one and that of a film."""
    raws = {"raw.dng": raw_header() + bytes(512), "preview.dng": raw_with_preview()}
    return {**seeds(), **raws, "film.mov": film(2.0, "A" * 36)}


def mutant(data: bytes, number: int) -> bytes:
    """The same bytes for the same number: a few flipped, overwritten, cut out, doubled or cut off."""
    rng = random.Random(SEED * 1_000_003 + number)
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 8, 32))):
        if not changed:
            break
        # Headers are where decisions are made.
        at = rng.randrange(len(changed) if rng.random() < 0.5 else min(len(changed), 600))
        length = rng.choice((1, 2, 4, 8, 64))
        match rng.randrange(7):
            case 0:
                changed[at] ^= 1 << rng.randrange(8)
            case 1:
                changed[at : at + length] = rng.choice((b"\0", b"\xff", b"\x7f", b"\x80")) * length
            case 2:
                changed[at : at + length] = rng.randbytes(length)
            case 3:
                del changed[at : at + length]
            case 4:
                changed[at:at] = changed[at : at + length]
            case 5:
                whole = rng.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, rng.getrandbits(32)))
                changed[at : at + 4] = struct.pack(rng.choice("<>") + "I", whole)
            case 6:
                if rng.random() < 0.2:
                    del changed[at:]
    return bytes(changed)


# Formats, a piece at a time.


def chunk(kind: bytes, body: bytes = b"", crc: int | None = None, length: int | None = None) -> bytes:
    """Of a PNG, whose checksum and length may lie."""
    size = len(body) if length is None else length
    return struct.pack(">I", size) + kind + body + struct.pack(">I", zlib.crc32(kind + body) if crc is None else crc)


def png(
    *before: bytes, width: int = 8, height: int = 8, depth: int = 8, colour: int = 2, data: bytes | None = None
) -> bytes:
    """Grey lines with chunks before them; `data` in the place of the deflated pixels."""
    rows = zlib.compress(bytes(height * (1 + width * 3))) if data is None else data
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(before) + chunk(b"IDAT", rows) + chunk(b"IEND")


Tag = tuple[int, int, list[int]]  # number, type, values


def folder(tags: Iterable[Tag], start: int, following: int = 0, order: str = "<") -> bytes:
    """One directory of a TIFF that stands at `start`."""
    entries, extra = b"", b""
    tags = sorted(tags)
    free = start + 2 + 12 * len(tags) + 4
    for tag, kind, values in tags:
        body = b"".join(struct.pack(order + {1: "B", 2: "B", 3: "H", 4: "I", 7: "B"}[kind], v) for v in values)
        if len(body) > 4:
            entries += struct.pack(order + "HHII", tag, kind, len(values), free + len(extra))
            extra += body
        else:
            entries += struct.pack(order + "HHI", tag, kind, len(values)) + body.ljust(4, b"\0")
    return struct.pack(order + "H", len(tags)) + entries + struct.pack(order + "I", following) + extra


def tiff(tags: Iterable[Tag], following: int = 0, tail: bytes = b"") -> bytes:
    return b"II*\0" + struct.pack("<I", 8) + folder(tags, 8, following) + tail


def page(width: int = 8, height: int = 8, at: int = 8, size: int = 192, rows: int = 8) -> list[Tag]:
    """The tags of uncompressed RGB."""
    return [
        *((256, 4, [width]), (257, 4, [height]), (258, 3, [8, 8, 8]), (259, 3, [1]), (262, 3, [2])),
        *((273, 4, [at]), (277, 3, [3]), (278, 4, [rows]), (279, 4, [size])),
    ]


def segment(marker: int, body: bytes, length: int | None = None) -> bytes:
    """Of a JPEG."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2 if length is None else length) + body


def in_jpeg(*segments: bytes) -> bytes:
    """A whole JPEG with these segments at its beginning."""
    return b"\xff\xd8" + b"".join(segments) + seeds()["progressive.jpg"][2:]


def with_exif(tags: bytes) -> bytes:
    return in_jpeg(segment(0xE1, b"Exif\0\0" + tags))


def bmp(width: int, height: int, bits: int = 24, compression: int = 0, body: bytes = b"", at: int = 54) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(body), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(body), 0, 0, at) + header + body


def gif(width: int, height: int, *parts: bytes) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + b"".join(parts) + b";"


def gif_frame(width: int = 1, height: int = 1, left: int = 0, bits: int = 2, body: bytes = b"\x02\x44\x01\0") -> bytes:
    return b"," + struct.pack("<HHHHB", left, 0, width, height, 0) + bytes([bits]) + body


def riff(kind: bytes, *chunks: tuple[bytes, bytes], size: int | None = None) -> bytes:
    body = b"".join(name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for name, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4 if size is None else size) + kind + body


def deflated(size: int, byte: bytes = b"\0") -> bytes:
    """So many equal bytes, deflated a piece at a time: they are never here together."""
    packer, out = zlib.compressobj(9), []
    piece = byte * min(size, 1 << 20)
    for _ in range(size // max(1, len(piece))):
        out.append(packer.compress(piece))
    return b"".join((*out, packer.compress(byte * (size % max(1, len(piece)))), packer.flush()))


# The corpus.


@cache
def hostile_files() -> tuple[Hostile, ...]:
    """More than two hundred, each under a name of its own."""
    return (*_damaged(), *_misnamed(), *_polyglots(), *_png(), *_jpeg(), *_tiff(), *_others(), *_no_photos())


def _damaged() -> Iterator[Hostile]:
    """Each kind cut short, with holes, filled, turned round, and with another's beginning."""
    rng = random.Random(SEED)
    names = list(seeds())
    for number, (name, data) in enumerate(seeds().items()):
        for percent in (1, 5, 20, 40, 60, 80, 95, 99):
            yield Hostile(f"cut/{percent:02} {name}", data[: len(data) * percent // 100])
        yield Hostile(f"cut/without its last byte {name}", data[:-1])
        for share in (0, 1, 2, 3):
            start, length = len(data) * share // 4 + 8, len(data) // 5
            hole = data[:start] + bytes(length) + data[start + length :]
            yield Hostile(f"zeroed/{share} {name}", hole[: len(data)])
        middle = len(data) // 2
        yield Hostile(f"filled/{name}", data[:middle] + b"\xff" * (len(data) - middle))
        yield Hostile(f"noise/{name}", data[:32] + rng.randbytes(len(data) - 32))
        yield Hostile(f"reversed/{name}", data[::-1])
        yield Hostile(f"doubled/{name}", data[:middle] + data[:middle] + data[middle:])
        other = seeds()[names[(number + 1) % len(names)]]
        yield Hostile(f"mixed/{name}", other[:64] + data[64:])


def _misnamed() -> Iterator[Hostile]:
    """Content decides, not the name."""
    names = list(seeds())
    for number, (name, data) in enumerate(seeds().items()):
        suffix = names[(number + 2) % len(names)].split(".")[1]
        yield Hostile(f"misnamed/{name}.{suffix}", data, True)
    yield Hostile("misnamed/no suffix", seeds()["baseline.jpg"], True)
    yield Hostile("misnamed/program.exe", seeds()["baseline.jpg"], True)


def _polyglots() -> Iterator[Hostile]:
    """Two things at once."""
    jpeg, still = seeds()["baseline.jpg"], seeds()["moving.gif"]
    script = b"<script>alert(1)</script>"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("../../evil.jpg", "no")
    packed = archive.getvalue()
    yield Hostile("polyglot/jpeg and zip.jpg", jpeg + packed, True)
    yield Hostile("polyglot/zip and jpeg.jpg", packed + jpeg, False)
    yield Hostile("polyglot/jpeg and html.jpg", in_jpeg(segment(0xFE, b"<html>" + script)), True)
    yield Hostile("polyglot/html and jpeg.jpg", b"<html>" + script + jpeg, False)
    yield Hostile("polyglot/gif and js.gif", b"GIF89a=1;/*" + still[11:] + b"*/=1;alert(1)")
    yield Hostile("polyglot/gif with js behind.gif", still + b"/*" + script + b"*/", True)
    yield Hostile("polyglot/png and html.png", png(chunk(b"tEXt", b"Comment\0" + script)), True)
    yield Hostile("polyglot/png and php.png", png() + b"<?php system($_GET[0]); ?>", True)
    yield Hostile("polyglot/pdf and jpeg.jpg", b"%PDF-1.7\n" + jpeg, False)
    yield Hostile("polyglot/jpeg and pdf.jpg", in_jpeg(segment(0xFE, b"%PDF-1.7\n")), True)
    yield Hostile("polyglot/jpeg and film.jpg", jpeg + film(), True)
    yield Hostile("polyglot/two jpegs.jpg", jpeg + jpeg, True)
    yield Hostile("polyglot/bmp and js.bmp", b"BM=1;/*" + seeds()["plain.bmp"][7:])
    yield Hostile("polyglot/webp and zip.webp", seeds()["lossy.webp"] + packed, True)
    yield Hostile("polyglot/jar.jpg", packed, False)
    yield Hostile("polyglot/shell.jpg", b"#!/bin/sh\ntouch /tmp/evil\n" + jpeg, False)


def _png() -> Iterator[Hostile]:
    text = deflated(80_000_000, b"A")
    profile = deflated(80_000_000)
    yield Hostile("png/text bomb.png", png(chunk(b"zTXt", b"Comment\0\0" + text)))
    yield Hostile("png/many text bombs.png", png(*[chunk(b"zTXt", b"Comment\0\0" + deflated(900_000))] * 90))
    yield Hostile("png/unicode text bomb.png", png(chunk(b"iTXt", b"Comment\0\1\0\0\0" + text)))
    yield Hostile("png/profile bomb.png", png(chunk(b"iCCP", b"icc\0\0" + profile)))
    yield Hostile("png/profile of nonsense.png", png(chunk(b"iCCP", b"icc\0\0" + zlib.compress(b"no profile"))), True)
    yield Hostile("png/pixels without end.png", png(data=deflated(50_000_000)), True)
    yield Hostile("png/pixels missing.png", png(data=zlib.compress(b"\0")))
    yield Hostile("png/pixels no deflate.png", png(data=b"nonsense"), False)
    for width, height in ((0, 0), (0, 8), (1, 2**31 - 1), (2**31 - 1, 1), (2**32 - 1, 2**32 - 1), (300_000, 300_000)):
        small = zlib.compress(bytes(100))
        yield Hostile(f"png/size {width} x {height}.png", png(width=width, height=height, data=small), False)
    for depth, colour in ((3, 2), (16, 3), (8, 7), (255, 255)):
        yield Hostile(f"png/depth {depth} colour {colour}.png", png(depth=depth, colour=colour), False)
    yield Hostile("png/palette missing.png", png(colour=3, data=zlib.compress(bytes(8 * 9))))
    yield Hostile("png/checksum wrong.png", png(chunk(b"tEXt", b"a\0b", crc=0)))
    yield Hostile("png/chunk longer than the file.png", png(chunk(b"tEXt", b"a", length=2**31 - 1)), False)
    yield Hostile("png/chunk of no length.png", png(*[chunk(b"tEXt")] * 2000))
    yield Hostile("png/animated without frames.png", png(chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))))
    frame = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 9999, 9999, 0, 0, 1, 1, 0, 0))
    yield Hostile("png/animated frame too large.png", png(chunk(b"acTL", struct.pack(">II", 2, 0)), frame))
    yield Hostile("png/exif loop.png", png(chunk(b"eXIf", tiff([(0x8769, 4, [8])]))), True)


def _jpeg() -> Iterator[Hostile]:
    base = seeds()["baseline.jpg"]
    loop = [(0x8769, 4, [8]), (0x8825, 4, [8]), (0xA005, 4, [8])]
    yield Hostile("jpeg/exif points to itself.jpg", with_exif(tiff(loop)), True)
    yield Hostile("jpeg/exif follows itself.jpg", with_exif(tiff([(0x0112, 3, [1])], following=8)), True)
    yield Hostile("jpeg/exif of lies.jpg", with_exif(b"II*\0" + b"\xff" * 400), True)
    yield Hostile("jpeg/exif too short.jpg", with_exif(b"II*"), True)
    yield Hostile("jpeg/exif empty.jpg", with_exif(b""), True)
    counted = struct.pack("<HHHII", 1, 0x010F, 2, 2**32 - 1, 2**32 - 1)
    yield Hostile("jpeg/exif counts too many.jpg", with_exif(b"II*\0\x08\0\0\0" + counted + bytes(4)), True)
    many = struct.pack("<H", 65535) + struct.pack("<HHII", 0x010F, 2, 9, 8) * 5000
    yield Hostile("jpeg/exif of many entries.jpg", with_exif(b"II*\0\x08\0\0\0" + many), True)
    for orientation in (0, 9, 255, 65535):
        yield Hostile(f"jpeg/orientation {orientation}.jpg", with_exif(tiff([(0x0112, 3, [orientation])])), True)
    yield Hostile("jpeg/orientation is text.jpg", with_exif(tiff([(0x0112, 2, list(b"up\0"))])), True)
    yield Hostile("jpeg/name is long.jpg", with_exif(tiff([(0x010F, 2, [65] * 60_000)])), True)
    yield Hostile("jpeg/note is nonsense.jpg", with_exif(tiff([(0x927C, 7, list(b"Apple iOS\0\0\1MM\xff\xff"))])), True)
    entities = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    laughs = f'<!DOCTYPE x [<!ENTITY a "ha">{entities}]><x>&i;</x>'.encode()
    outside = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
    packets = {"laughs": laughs, "outside": outside, "deep": b"<a>" * 15_000, "broken": b"<x", "binary": bytes(900)}
    for name, packet in packets.items():
        yield Hostile(f"jpeg/xmp {name}.jpg", in_jpeg(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet)), True)
    yield Hostile("jpeg/profile in pieces.jpg", in_jpeg(*[segment(0xE2, b"ICC_PROFILE\0\x05\x02abc")] * 9), True)
    yield Hostile("jpeg/profile of pieces of nothing.jpg", in_jpeg(segment(0xE2, b"ICC_PROFILE\0")))
    yield Hostile("jpeg/comments.jpg", in_jpeg(*[segment(0xFE, b"x" * 60_000)] * 4), True)
    yield Hostile("jpeg/length of nothing.jpg", in_jpeg(segment(0xFE, b"", length=0)))
    yield Hostile("jpeg/length of one.jpg", in_jpeg(segment(0xFE, b"", length=1)))
    yield Hostile("jpeg/length beyond.jpg", b"\xff\xd8" + segment(0xE1, b"Exif\0\0", length=65535), False)
    yield Hostile("jpeg/nothing but a start.jpg", b"\xff\xd8", False)
    yield Hostile("jpeg/start and end.jpg", b"\xff\xd8\xff\xd9", False)
    yield Hostile("jpeg/starts.jpg", b"\xff\xd8" * 500, False)
    yield Hostile("jpeg/restarts.jpg", base[:-2] + b"\xff\xd0" * 4000 + b"\xff\xd9")
    frame = base.index(b"\xff\xc0")
    for height, width in ((0, 0), (0, 96), (65535, 65535)):
        size = struct.pack(">HH", height, width)
        changed = base[: frame + 5] + size + base[frame + 9 :]
        yield Hostile(f"jpeg/size {width} x {height}.jpg", changed, False)
    for precision in (0, 12, 255):
        yield Hostile(
            f"jpeg/precision {precision}.jpg", base[: frame + 4] + bytes([precision]) + base[frame + 5 :], False
        )
    for components in (0, 2, 5, 255):
        changed = base[: frame + 9] + bytes([components]) + base[frame + 10 :]
        yield Hostile(f"jpeg/components {components}.jpg", changed, False)
    yield Hostile("jpeg/arithmetic.jpg", base.replace(b"\xff\xc0", b"\xff\xc9", 1))
    yield Hostile("jpeg/lossless.jpg", base.replace(b"\xff\xc0", b"\xff\xc3", 1), False)
    for kind, marker in (("quantization", b"\xff\xdb"), ("huffman", b"\xff\xc4")):
        start = base.index(marker)
        size = struct.unpack(">H", base[start + 2 : start + 4])[0]
        yield Hostile(f"jpeg/without {kind}.jpg", base[:start] + base[start + 2 + size :])
        yield Hostile(f"jpeg/{kind} of ff.jpg", base[: start + 4] + b"\xff" * (size - 2) + base[start + 2 + size :])
    scans = seeds()["progressive.jpg"]
    last = scans.rindex(b"\xff\xda")
    yield Hostile("jpeg/1000 scans.jpg", scans[:-2] + scans[last:-2] * 1000 + b"\xff\xd9", False)
    for entries, offset in ((2, 2**32 - 1), (2, 0), (65535, 8), (0, 0)):
        index = struct.pack("<IIIHH", 2**20, offset, offset, 0, 0) * 2
        tags = [(0xB000, 7, list(b"0100")), (0xB001, 4, [entries]), (0xB002, 7, list(index))]
        yield Hostile(f"mpo/{entries} at {offset}.jpg", in_jpeg(segment(0xE2, b"MPF\0" + tiff(tags))), True)


def _tiff() -> Iterator[Hostile]:
    pixels = bytes(192)
    first = folder(page(at=8), 200)
    head = b"II*\0" + struct.pack("<I", 200) + pixels
    yield Hostile("tiff/page follows itself.tif", head + folder(page(at=8), 200, following=200), True)
    there_and_back = folder(page(at=8), 200, following=200 + len(first))
    yield Hostile(
        "tiff/pages follow each other.tif", head + there_and_back + folder(page(at=8), 200 + len(first), 200), True
    )
    nested, start = b"", 200
    for _ in range(300):
        tags = [*page(at=8), (330, 4, [0]), (0x8769, 4, [0])]
        size = len(folder(tags, 0))
        below = start + len(nested) + size
        nested += folder([*page(at=8), (330, 4, [below]), (0x8769, 4, [below])], start + len(nested), below)
    yield Hostile("tiff/300 folders deep.tif", head + nested)
    yield Hostile("tiff/subfolder is itself.tif", head + folder([*page(at=8), (330, 4, [200] * 50)], 200), True)
    for name, changed in {
        "strips beyond": page(at=2**31),
        "strips of everything": page(at=0, size=2**32 - 1),
        "no rows a strip": page(rows=0),
        "rows without end": page(rows=2**32 - 1),
        "wide": page(width=2**31 - 1),
        "huge": page(width=60_000, height=60_000, size=100),
        "nothing": page(width=0, height=0),
    }.items():
        yield Hostile(
            f"tiff/{name}.tif", head + folder(changed, 200), False if name in ("wide", "huge", "nothing") else ANY
        )
    for compression in (0, 2, 4, 5, 6, 7, 8, 32773, 34712, 34925, 50000, 65535):
        tags = [tag for tag in page(at=8) if tag[0] != 259] + [(259, 3, [compression])]
        yield Hostile(f"tiff/compression {compression}.tif", head + folder(tags, 200))
    for bits in ([1], [16, 16, 16], [32, 32, 32], [64], [255] * 40, [0]):
        tags = [tag for tag in page(at=8) if tag[0] != 258] + [(258, 3, bits)]
        yield Hostile(f"tiff/{len(bits)} samples of {bits[0]} bits.tif", head + folder(tags, 200))
    yield Hostile("tiff/no folder.tif", b"II*\0\0\0\0\0", False)
    yield Hostile("tiff/folder beyond.tif", b"II*\0\xff\xff\xff\x7f", False)
    yield Hostile("tiff/bigtiff.tif", b"II+\0\x08\0\0\0" + struct.pack("<Q", 2**63), False)
    yield Hostile("tiff/raw.jpg", raw_header(), False)
    raw = raw_with_preview()
    yield Hostile("tiff/raw with its preview.jpg", raw, True)
    for percent in (1, 20, 50, 95):
        yield Hostile(f"tiff/{percent} % of a raw.dng", raw[: len(raw) * percent // 100], False)
    yield Hostile("tiff/raw without a preview.dng", dng(), False)
    frame = seeds()["baseline.jpg"].index(b"\xff\xc0") + 5
    for width, height in ((65_500, 65_500), (60_000, 40_000), (0, 0), (640, 0), (64_000, 1)):
        bomb = bytearray(seeds()["baseline.jpg"])
        bomb[frame : frame + 4] = struct.pack(">HH", height, width)
        yield Hostile(f"tiff/raw with a preview of {width} x {height}.dng", dng(bytes(bomb), (width, height)), False)


def _others() -> Iterator[Hostile]:
    for width, height in ((0, 0), (2**31 - 1, 2**31 - 1), (-5, 5), (30_000, -30_000), (5, -(2**31))):
        yield Hostile(f"bmp/size {width} x {height}.bmp", bmp(width, height, body=bytes(64)), False)
    yield Hostile("bmp/run-length.bmp", bmp(3000, 3000, 8, 1, (b"\xff\x01" * 500) + b"\0\x01"))
    yield Hostile("bmp/pixels beyond.bmp", bmp(8, 8, body=bytes(192), at=2**31 - 1), False)
    yield Hostile("bmp/bits.bmp", bmp(8, 8, bits=77, body=bytes(192)), False)
    yield Hostile("gif/nothing.gif", gif(0, 0), False)
    yield Hostile("gif/no frame.gif", gif(9, 9), False)
    yield Hostile("gif/5000 frames.gif", gif(1, 1, *[gif_frame()] * 5000), True)
    yield Hostile("gif/frame outside.gif", gif(4, 4, gif_frame(9, 9, left=60_000)))
    yield Hostile("gif/screen of 65535.gif", gif(65535, 65535, gif_frame()), False)
    yield Hostile("gif/code size.gif", gif(4, 4, gif_frame(4, 4, bits=255)))
    yield Hostile("gif/extensions.gif", gif(1, 1, *[b"\x21\xfe\x01x\0"] * 9000, gif_frame()), True)
    yield Hostile("webp/size lies.webp", riff(b"WEBP", (b"VP8 ", b"\0" * 30), size=2**32 - 1), False)
    canvas = b"\x02\0\0\0" + b"\xff\xff\xff" * 2
    frame = (b"ANMF", bytes(16) + b"VP8 " + struct.pack("<I", 10) + bytes(10))
    yield Hostile("webp/canvas.webp", riff(b"WEBP", (b"VP8X", canvas), (b"ANIM", bytes(6)), frame), False)
    yield Hostile("webp/lossless nothing.webp", riff(b"WEBP", (b"VP8L", b"\x2f\xff\xff\xff\xff\xff")), False)
    yield Hostile("webp/empty.webp", riff(b"WEBP"), False)
    heic, avif = seeds()["phone.heic"], seeds()["small.avif"]
    for name, data in (("heic", heic), ("avif", avif)):
        for kind in (b"meta", b"iloc", b"ipma", b"ispe", b"iprp", b"ipco", b"pitm", b"iinf"):
            at = data.find(kind)
            for size in (0, 1, 7, 2**32 - 1):
                if at > 4:
                    changed = data[: at - 4] + struct.pack(">I", size) + data[at:]
                    yield Hostile(f"{name}/{kind.decode()} of {size}.{name}", changed)
        at = data.find(b"ispe")
        huge = data[: at + 8] + struct.pack(">II", 2**31 - 1, 2**31 - 1) + data[at + 16 :]
        yield Hostile(f"{name}/huge.{name}", huge)
        boxes = box(b"ftyp", name.encode(), bytes(4)) + box(b"meta", bytes(4), *[box(b"meta", bytes(4))] * 2000)
        yield Hostile(f"{name}/boxes.{name}", boxes, False)
        nested = b""
        for _ in range(2000):
            nested = box(b"meta", nested)
        yield Hostile(f"{name}/nested.{name}", box(b"ftyp", name.encode(), bytes(4)) + nested, False)


def _no_photos() -> Iterator[Hostile]:
    """What lies under a photo's name and is none."""
    rng = random.Random(SEED + 1)
    for name, data in {
        "empty": b"",
        "one byte": b"\xff",
        "zeros": bytes(100_000),
        "noise": rng.randbytes(100_000),
        "text": b"a shopping list\n" * 100,
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://198.51.100.1/x"/></svg>',
        "html": b"<html><script>alert(1)</script></html>",
        "ps": b"%!PS\n(/tmp/evil) (w) file\n",
        "pdf": b"%PDF-1.7\n1 0 obj\n",
        "film": film(),
        "matroska": b"\x1aE\xdf\xa3" + bytes(60),
        "avi": riff(b"AVI ", (b"LIST", bytes(40))),
        "elf": b"\x7fELF" + bytes(100),
        "pickle": b"cposix\nsystem\n(S'id'\ntR.",
        "gzip bomb": b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + deflated(10_000_000)[2:-4],
        "playlist": b"#EXTM3U\nfile:///etc/passwd\n",
    }.items():
        yield Hostile(f"none/{name}.jpg", data, False)
    for format, data in other_openers().items():
        yield Hostile(f"opener/{format}.jpg", data, False)


def other_openers() -> Mapping[str, bytes]:
    """For each format that Pillow opens and we do not, a file that it takes for one."""
    small = picture().resize((32, 32))
    grey, two = small.convert("L"), small.convert("1")
    pcx = saved(small, "PCX")
    wmf = struct.pack("<IHhhhhHIH", 0x9AC6CDD7, 0, 0, 0, 100, 100, 72, 0, 0) + b"\x01\0\x09\0" + bytes(60)
    psd = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 8, 8, 8, 3) + bytes(12) + bytes(200)
    fits = "".join(f"{line:80}" for line in ("SIMPLE  =                    T", "BITPIX  =                    8"))
    fits += "".join(f"{line:80}" for line in ("NAXIS   =                    2", "NAXIS1  =                    8"))
    fits += f"{'NAXIS2  =                    8':80}{'END':80}"
    fli = struct.pack("<IHHHHHHIHH", 200, 0xAF12, 1, 8, 8, 8, 3, 70, 0, 0).ljust(128, b"\0")
    fli += struct.pack("<IHH", 70, 0xF1FA, 0).ljust(70, b"\0")
    ftex = b"FTEX" + struct.pack("<iiiii", 1, 8, 8, 1, 1) + struct.pack("<ii", 1, 32) + bytes(300)
    gbr = struct.pack(">IIIII", 20 + 8, 1, 8, 8, 1) + bytes(8) + bytes(64)
    words = [0] * 65
    words[1:3] = 0, 4
    words[9], words[10], words[11], words[14], words[15], words[34] = 8, 8, 1, 1, 0, 256
    mcidas = b"\0\0\0\0\0\0\0\4" + struct.pack(">62i", *words[3:65]) + bytes(300)
    pcd = bytearray(4096)
    pcd[2048:2052] = b"PCD_"
    pixar = bytearray(1200)
    pixar[:4], pixar[416:426] = b"\x80\xe8\0\0", struct.pack("<HHHHH", 8, 8, 0, 0, 0)
    pixar[424:428] = struct.pack("<HH", 14, 2)
    sun = struct.pack(">IIIIIIII", 0x59A66A95, 8, 8, 24, 192, 1, 0, 0) + bytes(192)
    mpeg = b"\0\0\x01\xb3" + b"\x16\x01\x20\x13" + bytes(60)
    xpm = b'/* XPM */\nstatic char *x[] = {\n"2 2 1 1",\n"a c #000000",\n"aa",\n"aa"\n};\n'
    fields = ((20, b"\0\x08"), (30, b"\0\x08"), (60, b"\1\0"), (120, b"\1"))
    iptc = b"".join(b"\x1c\x03" + struct.pack(">BH", number, len(value)) + value for number, value in fields)
    iptc += b"\x1c\x08\x0a\0\x40" + bytes(64)
    cursor = b"\0\0\2\0\1\0" + struct.pack("<BBBBHHII", 32, 32, 0, 0, 0, 0, 4096, 22) + saved(small, "DIB")
    found = {
        "BLP": saved(small.quantize(), "BLP"),
        "BUFR": b"BUFR" + bytes(60),
        "CUR": cursor,
        "DCX": struct.pack("<II", 987654321, 12) + struct.pack("<I", 0) + pcx,
        "DDS": saved(small, "DDS"),
        "DIB": saved(small, "DIB"),
        "EPS": saved(small, "EPS"),
        "FITS": fits.encode().ljust(2880, b" ") + bytes(2880),
        "FLI": fli,
        "FTEX": ftex,
        "GBR": gbr,
        "GRIB": b"GRIB" + bytes(3) + b"\1" + bytes(60),
        "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(60),
        "IM": saved(small, "IM"),
        "IMT": b"width 8\nheight 8\npixel n8\n\x0c" + bytes(64),
        "IPTC": iptc,
        "MCIDAS": mcidas,
        "MPEG": mpeg,
        "MSP": saved(two, "MSP"),
        "PCD": bytes(pcd),
        "PCX": pcx,
        "PIXAR": bytes(pixar),
        "PPM": saved(small, "PPM"),
        "PSD": psd,
        "QOI": saved(small, "QOI"),
        "SGI": saved(small, "SGI"),
        "SPIDER": saved(grey.convert("F"), "SPIDER"),
        "SUN": sun,
        "TGA": saved(small, "TGA"),
        "WMF": wmf,
        "XBM": saved(two, "XBM"),
        "XPM": xpm,
        "XVTHUMB": b"P7 332\n#END_OF_COMMENTS\n8 8 255\n" + bytes(64),
    }
    assert not set(found) & set(FORMATS)
    return found
