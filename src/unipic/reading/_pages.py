"""What a TIFF holds besides its first page: pages, masks, layers, and what follows."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from unipic.core.language import kept
from unipic.core.photo import Extra
from unipic.reading._behind import Data, behind, digest

MANY_PAGES = 1000  # Pillow, which opens each page to count them, takes a fifth of a second for so many
MOST_PAGES, MOST_TAGS, MOST_PARTS = 5000, 500, 1_000_000
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}  # of the types
SUBFILE, STRIPS, STRIP_SIZES, TILES, TILE_SIZES, LAYERS = 254, 273, 279, 324, 325, 37724
FOLDERS = (330, 34665, 34853, 40965)  # pages below a page; EXIF, GPS and its interoperability
SHAPE = (256, 257, 258, 259, 262, 277, 317)  # width, height, bits, compression, colours, samples, predictor
REDUCED, MASK = 1, 4  # bits of SUBFILE


@dataclass
class _Tiff:
    data: Data
    order: str
    last: int = 8  # the end of what any directory names
    seen: set[int] = field(default_factory=set)
    left: int = 0  # bytes that may still be read: parts that overlap would keep a worker busy

    def __post_init__(self) -> None:
        self.left = 8 * len(self.data)

    def whole(self, tag: tuple[int, int, int]) -> tuple[int, ...]:
        """The whole numbers of a tag; () for other types and broken places."""
        kind, number, start = tag
        letter = {1: "B", 3: "H", 4: "I", 13: "I"}.get(kind)
        if letter is None or number > MOST_PARTS or start + SIZES[kind] * number > len(self.data):
            return ()
        return struct.unpack(f"{self.order}{number}{letter}", self.data[start : start + SIZES[kind] * number])

    def directory(self, at: int) -> tuple[dict[int, tuple[int, int, int]], int]:
        """(type, number, place) of each tag, and where the next directory is, 0 for none."""
        (number,) = struct.unpack(self.order + "H", self.data[at : at + 2])
        found = {}
        for entry in range(at + 2, at + 2 + 12 * min(number, MOST_TAGS), 12):
            tag, kind, many = struct.unpack(self.order + "HHI", self.data[entry : entry + 8])
            length = SIZES.get(kind, 0) * many
            start = entry + 8 if length <= 4 else self.number(entry + 8)
            found[tag] = (kind, many, start)
            self.last = max(self.last, start + length)
        end = at + 2 + 12 * number
        self.last = max(self.last, end + 4)
        return found, self.number(end)

    def number(self, at: int) -> int:
        return int(struct.unpack(self.order + "I", self.data[at : at + 4])[0]) if at + 4 <= len(self.data) else 0

    def picture(self, tags: dict[int, tuple[int, int, int]]) -> str:
        """The digest of a page's data and shape."""
        parts = []
        for offsets, sizes in ((STRIPS, STRIP_SIZES), (TILES, TILE_SIZES)):
            if offsets in tags and sizes in tags:
                parts += list(zip(self.whole(tags[offsets]), self.whole(tags[sizes]), strict=False))
            elif offsets in tags:  # old programs leave the only size out
                self.last = len(self.data)
        self.last = max([self.last, *(start + length for start, length in parts)])
        self.left -= sum(length + 16 for _, length in parts)
        if self.left < 0 or (parts and self.last > 2 * len(self.data)):
            raise ValueError("the pages overlap, or lie outside of the file")
        shape = [self.whole(tags[tag]) for tag in SHAPE if tag in tags]
        view = memoryview(self.data)
        return digest(repr(shape).encode(), *(view[start : start + length] for start, length in parts))


def many_pages(data: Data) -> int:
    """How many pages a TIFF has, by the chain of its directories alone; 0 for up to MANY_PAGES, and for a BigTIFF."""
    if data[2:4] not in (b"*\0", b"\0*"):
        return 0
    tiff, seen = _Tiff(data, "<" if data[:2] == b"II" else ">"), set[int]()
    at = tiff.number(4)
    while at and at not in seen and at + 2 <= len(data):
        seen.add(at)
        (number,) = struct.unpack(tiff.order + "H", data[at : at + 2])
        at = tiff.number(at + 2 + 12 * number)
    return len(seen) if len(seen) > MANY_PAGES else 0


def of_tiff(data: Data) -> Iterator[Extra]:
    """The extras of a TIFF. Smaller versions of a page are none."""
    if data[2:4] not in (b"*\0", b"\0*"):
        raise ValueError("a BigTIFF")
    tiff = _Tiff(data, "<" if data[:2] == b"II" else ">")
    waiting, pages, masks, layers = [(tiff.number(4), True)], list[str](), list[str](), list[str]()
    while waiting:
        if len(waiting) + len(tiff.seen) > MOST_PAGES:
            raise ValueError("too many pages")
        at, shows = waiting.pop(0)
        if not at or at in tiff.seen or at + 2 > len(data):
            continue
        first = not tiff.seen
        tiff.seen.add(at)
        tags, after = tiff.directory(at)
        kind = (*tiff.whole(tags[SUBFILE]), 0)[0] if SUBFILE in tags else 0
        value = tiff.picture(tags)
        if not first and (STRIPS in tags or TILES in tags) and not kind & REDUCED:
            (masks if kind & MASK else pages).append(value)
        if shows and LAYERS in tags:
            _, number, start = tags[LAYERS]
            layers.append(digest(memoryview(data)[start : start + number]))
        waiting += [(place, False) for tag in FOLDERS if tag in tags for place in tiff.whole(tags[tag])[:MOST_PAGES]]
        waiting.append((after, True))
    if pages:
        yield Extra(
            "pages", kept("1 more page") if len(pages) == 1 else kept("{n} more pages", n=len(pages)), "\n".join(pages)
        )
    if masks:
        yield Extra("mask", kept("a mask"), "\n".join(masks))
    if layers:
        yield Extra("layers", kept("layers"), "\n".join(layers))
    yield from behind(data, tiff.last)
