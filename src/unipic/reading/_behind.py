"""What follows a picture in its file: films of motion photos, further JPEGs with views, depth or gain maps, or data.

Nothing says reliably what a camera appends, so every byte that is no padding belongs to a piece, known or not.
"""

import hashlib
import io
import re
from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from typing import IO

from unipic.core.language import kept
from unipic.core.photo import Extra
from unipic.core.words import size
from unipic.reading._content import END, segments
from unipic.reading.apple import boxes, read_clip_in

Data = bytes | mmap

MOST_PIECES = 64  # behind one picture; what follows them is one piece
# Where a piece begins. Padding, as cameras and scanners write it, is between them.
BEGINS = re.compile(rb"\xff\xd8\xff[\xc0-\xfe]|....ftyp[ -~]{4}|[^\0\xff\r\n ]", re.DOTALL)
KNOWN = re.compile(rb"\xff\xd8\xff[\xc0-\xfe]|....ftyp[ -~]{4}", re.DOTALL)
BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"meta", b"moof", b"mfra", b"sidx", b"udta"}
HEAD = 1 << 16  # bytes of a JPEG that tell what it is of
# Samsung ends most of its files with a time and an index, which say nothing of the picture.
SAMSUNG, INDEX_SIZE = re.compile(rb"SEFT$|_UTC_Data|SEFH"), 1024
MAPS = (
    (re.compile(rb"(?i)hdrgm|hdrgainmap|iso:ts:21496"), "gain map", kept("a gain map")),
    (re.compile(rb"(?i)matte"), "matte", kept("a portrait matte")),
    (re.compile(rb"(?i)depth|disparity"), "depth", kept("a depth map")),
)


class Sum:
    """A digest and a length that grow by parts, without keeping them."""

    def __init__(self) -> None:
        self.parts, self.length, self._hash = 0, 0, hashlib.sha256()

    def add(self, part: bytes | memoryview) -> None:
        """Add a part of a file."""
        self.parts += 1
        self.length += len(part)
        self._hash.update(part)

    @property
    def digest(self) -> str:
        """Of all parts, as digest() says."""
        return self._hash.hexdigest()[:32]


def bytes_of(file: IO[bytes]) -> Data:
    """All bytes of an open file, without a copy."""
    return file.getvalue() if isinstance(file, io.BytesIO) else mmap(file.fileno(), 0, access=ACCESS_READ)


def digest(*parts: bytes | memoryview) -> str:
    """sha256 of parts of a file, hexadecimal, shortened to 32 digits."""
    found = Sum()
    for part in parts:
        found.add(part)
    return found.digest


def unknown(data: Data, start: int, end: int) -> Extra:
    """A piece that nobody can name, which may be anything."""
    return Extra(
        "data",
        kept("something behind the picture ({size})", size=size(end - start)),
        digest(memoryview(data)[start:end]),
    )


def behind(data: Data, at: int, previews: frozenset[int] = frozenset()) -> Iterator[Extra]:
    """What the file holds from `at` on. `previews`: where smaller versions of the picture begin, which do not count."""
    for number in range(MOST_PIECES + 1):
        begin = BEGINS.search(data, at)
        if not begin:
            return
        start = begin.start()
        at = len(data) if number == MOST_PIECES else _end(data, start)
        if start not in previews:
            yield from _piece(data, start, at)


def _end(data: Data, start: int) -> int:
    """Where the piece that begins at `start` ends."""
    if data[start : start + 2] == b"\xff\xd8":
        return next((end for marker, _, end in segments(data, start) if marker == END), len(data))
    if data[start + 4 : start + 8] == b"ftyp":
        return _end_of_film(data, start)
    after = KNOWN.search(data, start + 1)
    return after.start() if after else len(data)


def _end_of_film(data: Data, start: int) -> int:
    """A film whose last box is cut off reaches to the end of the file."""
    end = start
    for kind, _, stop in boxes(data, start, len(data)):
        if kind not in BOXES or (kind == b"ftyp" and end > start):  # another film
            return end
        end = stop
    cut_off = end == start or data[end + 4 : end + 8] in BOXES
    return len(data) if cut_off else end


def _piece(data: Data, start: int, end: int) -> Iterator[Extra]:
    if data[start : start + 3] == b"\xff\xd8\xff":
        yield _view(data, start, end)
    elif data[start + 4 : start + 8] == b"ftyp":
        yield film(data, start, end)
    elif end - start > INDEX_SIZE or not SAMSUNG.search(data[start:end]):
        yield unknown(data, start, end)


def film(data: Data, start: int, end: int) -> Extra:
    """A film between two places of the file."""
    seconds = read_clip_in(data, start, end).seconds
    timed = seconds and 0 < seconds < 86_400
    words = (
        kept("a film of {seconds:.1f} s", seconds=seconds) if timed else kept("a film ({size})", size=size(end - start))
    )
    return Extra("film", words, digest(memoryview(data)[start:end]))


def _view(data: Data, start: int, end: int) -> Extra:
    head = data[start : min(end, start + HEAD)]
    kind, words = next(
        ((kind, words) for sign, kind, words in MAPS if sign.search(head)), ("pages", kept("another picture"))
    )
    return Extra(kind, words, digest(memoryview(data)[start:end]))
