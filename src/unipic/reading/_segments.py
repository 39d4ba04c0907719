"""What a JPEG holds besides its picture: in its segments, and behind its end."""

import struct
from collections.abc import Iterator
from contextlib import suppress

from unipic.core.language import kept
from unipic.core.photo import Extra
from unipic.core.words import size
from unipic.reading._behind import Data, behind, digest
from unipic.reading._content import END, SCAN, segments

HEAD = 1 << 16  # bytes of an XMP packet that tell what it carries
MOST_SEGMENTS = 4000  # before the picture; a profile or an extended XMP has up to some hundred
APPLICATIONS = range(0xE0, 0xF0)
LIST, SIZE = 0xB002, 16  # of the MPF index: the tag of its entries, and the bytes of each
PREVIEWS = (0x010001, 0x010002)  # kinds of an MPF entry: the picture made smaller
EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"
CREDENTIALS = b"JP"
# What metadata and decoders read; a few bytes of a camera's own beside it are no content.
READ = (
    *(
        b"JFIF\0",
        b"JFXX\0",
        b"Exif\0",
        b"http://ns.adobe.com/xap/1.0/\0",
        b"ICC_PROFILE\0",
        b"MPF\0",
        b"Photoshop 3.0\0",
    ),
    *(b"Adobe", b"Ducky", b"FPXR", b"urn:iso:std:iso:ts:21496"),
)
LEAST = 4096  # bytes
INSIDE = (
    (b"GDepth", "depth", kept("a depth map")),
    (b"GAudio", "film", kept("a sound")),
    (b"GImage", "pages", kept("another picture")),
)


def of_jpeg(data: Data) -> Iterator[Extra]:
    """The extras of a JPEG."""
    parts: list[tuple[int, int]] = []
    scans, end = False, len(data)
    for marker, start, stop in segments(data):
        scans = scans or marker == SCAN
        if marker == END:
            end = stop
        elif not scans and marker in APPLICATIONS and len(parts) < MOST_SEGMENTS:
            parts.append((start + 4, min(stop, len(data))))
    yield from _in_segments(data, parts)
    yield from behind(data, end, _previews(data, parts))


def _in_segments(data: Data, parts: list[tuple[int, int]]) -> Iterator[Extra]:
    extended, credentials, others = [], [], []
    view = memoryview(data)
    for start, end in parts:
        body = data[start : start + 40]
        if body.startswith(EXTENDED):
            extended.append(view[start + len(EXTENDED) + 40 : end])  # behind its id, length and offset
        elif body.startswith(CREDENTIALS):
            credentials.append(view[start:end])
        elif not body.startswith(READ):
            others.append(view[start:end])
    if extended:
        kind, words = _inside(bytes(extended[0][:HEAD]))
        yield Extra(kind, words, digest(*extended))
    if credentials:
        yield Extra("credentials", kept("content credentials"), digest(*credentials))
    if (length := sum(map(len, others))) >= LEAST:
        yield Extra("data", kept("a camera's or program's own data ({size})", size=size(length)), digest(*others))


def _inside(packet: bytes) -> tuple[str, str]:
    """What an extended XMP packet carries."""
    found = next(((kind, words) for sign, kind, words in INSIDE if sign in packet), None)
    return found or ("data", kept("further XMP data"))


def _previews(data: Data, parts: list[tuple[int, int]]) -> frozenset[int]:
    """Where the MPF index (CIPA DC-007) says that smaller versions of the picture begin."""
    index = next(((a, b) for a, b in parts if data[a : a + 4] == b"MPF\0"), None)
    if index is None:
        return frozenset()
    base = index[0] + 4
    with suppress(struct.error):
        return frozenset(base + offset for offset in _listed(data[base : index[1]]))
    return frozenset()


def _listed(head: bytes) -> Iterator[int]:
    """Offsets of previews by the index."""
    order = "<" if head[:2] == b"II" else ">"
    (at,) = struct.unpack_from(order + "I", head, 4)
    (number,) = struct.unpack_from(order + "H", head, at)
    for entry in range(at + 2, at + 2 + 12 * min(number, 32), 12):
        tag, _, length, where = struct.unpack_from(order + "HHII", head, entry)
        for one in range(where, where + min(length, 64 * SIZE), SIZE) if tag == LIST else ():
            about, _, offset = struct.unpack_from(order + "III", head, one)
            if about & 0xFFFFFF in PREVIEWS and offset:
                yield offset
