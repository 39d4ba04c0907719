"""JPEG 2000: what a file's boxes hold besides its picture, the bits of its colours, and its metadata.

By ITU-T T.800, annexes A and I. The bytes are untrusted: lengths are checked, and counts are limited.
"""

import struct
from collections.abc import Iterator
from itertools import islice
from typing import Any

from unipic.core.language import kept
from unipic.core.photo import Extra
from unipic.core.words import size
from unipic.reading._behind import Data, Sum, behind, digest
from unipic.reading.apple import boxes

SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
CODESTREAM = b"\xff\x4f\xff\x51"
MOST_BOXES, MOST_WORDS = 4096, 16_000_000  # bytes of metadata that are read
HEAD = 65_536  # bytes of a codestream in which its style stands
PACKET, SEEN = b"<x:xmpmeta", 1000  # what XMP begins with, and bytes of a box that tell what it is
END = b"\xff\xd9"
PLAIN = (b"jP  ", b"ftyp", b"jp2h", b"jp2c", b"xml ", b"jp2i", b"free", b"rreq")
# By the identifiers that exiftool and Adobe write; "Exif" alone is another way to write the first.
EXIF, XMP, IPTC = (
    bytes.fromhex(name)
    for name in (
        "4a706754696666457869662d3e4a5032",
        "be7acfcb97a942e89c71999491e3afac",
        "33c7a4d2b81d4723a0baf1a3e097ad38",
    )
)


def is_jp2(head: bytes) -> bool:
    """Whether a file that begins like this is JPEG 2000."""
    return head.startswith((SIGNATURE, CODESTREAM))


def shape(data: Data) -> tuple[int, int, int]:
    """(width, height, bits of a colour) by the codestream, which a decoder believes. ValueError if it has none."""
    at = _codestream(data)
    siz = data[at + 6 : at + 44]  # behind the marker's length
    if len(siz) < 36:
        raise ValueError(kept("its header ends early"))
    right, bottom, left, top = struct.unpack(">4I", siz[2:18])
    (planes,) = struct.unpack(">H", siz[34:36])
    depths = data[at + 42 : at + 42 + 3 * min(planes, 64) : 3]
    return right - left, bottom - top, max(((depth & 0x7F) + 1 for depth in depths), default=8)


def levels(data: Data) -> int:
    """How often the picture can be halved while it is decoded. ValueError as for shape()."""
    at = _codestream(data)
    style = data.find(b"\xff\x52", at, at + HEAD)
    return min(int.from_bytes(data[style + 9 : style + 10]), 32) if style > 0 else 0


def _codestream(data: Data) -> int:
    at = next((start for kind, start, _ in _boxes(data) if kind == b"jp2c"), 0)
    if data[at : at + 4] != CODESTREAM:
        raise ValueError(kept("its JPEG 2000 data ends early or is missing"))
    return at


def length(data: Data) -> int:
    """Bytes up to the last whole box of the picture's own. OpenJPEG refuses a file with anything else behind."""
    return max((end for _, _, end in _boxes(data)), default=len(data))


def metadata(data: Data) -> dict[str, Any]:
    """EXIF, XMP and IPTC, by the names that Pillow gives them in a JPEG's info."""
    found: dict[str, Any] = {}
    for kind, start, end in _boxes(data):
        if end - start > MOST_WORDS:
            continue
        name, body = data[start : start + 16], start + 16
        if kind == b"uuid" and name == EXIF:
            found.setdefault("exif", data[body:end])
        elif kind == b"uuid" and name == XMP:
            found.setdefault("xmp", data[body:end])
        elif kind == b"uuid" and name == IPTC:
            found.setdefault("photoshop", {1028: data[body:end]})
        elif kind == b"xml " and PACKET in data[start : start + SEEN]:
            found.setdefault("xmp", data[start:end])
    return found


def of_jp2(data: Data) -> Iterator[Extra]:
    """The extras of a JPEG 2000."""
    view, others, at, pages = memoryview(data), Sum(), 0, list[str]()
    kind = b"jp2c"  # all that a file without boxes has
    for kind, start, end in _boxes(data):
        at = end
        if kind == b"jp2c":
            pages.append(digest(view[start:end]))
        elif kind == b"jumb":
            yield Extra("credentials", kept("content credentials"), digest(view[start:end]))
        elif not _is_read(kind, data[start : min(end, start + SEEN)]):
            others.add(view[start:end])
    if pages[1:]:
        yield Extra(
            "pages",
            kept("{n} more pictures", n=len(pages) - 1) if pages[2:] else kept("another picture"),
            "\n".join(pages[1:]),
        )
    if others.parts:
        yield Extra("data", kept("a program's own data ({size})", size=size(others.length)), others.digest)
    if kind == b"jp2c" and at in (0, len(data)) and data[-2:] != END:  # it may have swallowed what was appended
        yield Extra("data", kept("something behind the picture"), digest(view))
    yield from behind(data, at) if at else ()


def _is_read(kind: bytes, body: bytes) -> bool:
    """Whether a box makes the picture, or metadata() reads it."""
    if kind == b"uuid":
        return body[:16] in (EXIF, XMP, IPTC)
    return kind in PLAIN and (kind != b"xml " or PACKET in body)


def _boxes(data: Data) -> Iterator[tuple[bytes, int, int]]:
    if data[:4] == CODESTREAM:
        return
    for number, box in enumerate(islice(boxes(data, 0, len(data)), MOST_BOXES)):
        if box[0] == b"ftyp" and number > 1:  # a film that was appended
            return
        yield box
