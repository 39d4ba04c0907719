"""What HEIF and AVIF files hold besides their picture: further pictures, depth and gain maps, mattes, films, frames.

By ISO 14496-12 (boxes, items) and 23008-12 (HEIF). The bytes are untrusted: counts, depth and bytes read are limited.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from unipic.core.language import kept
from unipic.core.photo import Extra
from unipic.core.words import size
from unipic.reading._behind import Data, Sum, behind, digest, film
from unipic.reading.apple import boxes, read_clip_in

MOST_BOXES, MOST_ITEMS, MOST_DEPTH = 1000, 10_000, 4
PLAIN = {b"ftyp", b"meta", b"mdat", b"free", b"skip", b"wide", b"idat", b"styp"}
PICTURES = {b"hvc1", b"hev1", b"av01", b"avc1", b"jpeg", b"j2k1", b"vvc1", b"unci", b"grid", b"iovl", b"iden", b"tmap"}
METADATA = {b"Exif", b"mime"}
# Auxiliary pictures by the name that says what they are of; the alpha plane is seen in the decoded picture.
AUXILIARY = (
    (b"hdrgainmap", "gain map", kept("a gain map")),
    (b"auxid:2", "depth", kept("a depth map")),
    (b"depth", "depth", kept("a depth map")),
    (b"disparity", "depth", kept("a depth map")),
    (b"matte", "matte", kept("a portrait matte")),
)
ALPHA = (b"auxid:1", b"alpha")


class _Reader:
    """Whole numbers from a box, in order. IndexError behind its end."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, length: int) -> int:
        part = self.data[self.at : self.at + length]
        if len(part) < length:
            raise IndexError(kept("the box ends early"))
        self.at += length
        return int.from_bytes(part)


@dataclass
class _Items:
    """The items of a file's meta box."""

    data: Data
    primary: int = 0
    kinds: dict[int, bytes] = field(default_factory=dict)
    references: list[tuple[bytes, int, tuple[int, ...]]] = field(default_factory=list)
    auxiliary: dict[int, bytes] = field(default_factory=dict)  # what each auxiliary picture says it is
    places: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    left: int = 0  # bytes that may still be read

    def value(self, item: int, depth: int = 0) -> Sum:
        """The data of an item and of those it is made of, but the primary picture's."""
        found = Sum()
        for start, end in self.places.get(item, ()):
            self.left -= end - start
            if self.left < 0:
                raise ValueError("the items overlap")
            found.add(memoryview(self.data)[start:end])
        for kind, source, targets in self.references:
            if kind == b"dimg" and source == item and depth < MOST_DEPTH:
                for target in targets:
                    if target != self.primary:
                        found.add(self.value(target, depth + 1).digest.encode())
        return found


def of_heif(data: Data) -> Iterator[Extra]:
    """The extras of a HEIF or AVIF."""
    at = 0
    for number, (kind, start, end) in enumerate(boxes(data, 0, len(data))):
        if number == MOST_BOXES or (kind == b"ftyp" and number):  # a film that was appended
            break
        if kind == b"meta":
            yield from _of_items(_items(data, start + 4, end))
        elif kind == b"moov":
            yield _sequence(data)
        elif kind == b"mpvd":
            yield film(data, start, end)
        elif kind not in PLAIN:
            yield Extra(
                "data",
                kept("a program's own data ({size})", size=size(end - start)),
                digest(memoryview(data)[start:end]),
            )
        at = end
    yield from behind(data, at)


def _sequence(data: Data) -> Extra:
    """A film or animation whose frames lie among the file's pictures: all of the data stands for it."""
    found, seconds = Sum(), read_clip_in(data, 0, len(data)).seconds
    for kind, start, end in boxes(data, 0, len(data)):
        if kind in (b"moov", b"mdat"):
            found.add(memoryview(data)[start:end])
    return Extra(
        "frames",
        kept("moving pictures of {seconds:.1f} s", seconds=seconds) if seconds else kept("moving pictures"),
        found.digest,
    )


def _of_items(items: _Items) -> Iterator[Extra]:
    parts = {target for kind, _, targets in items.references if kind == b"dimg" for target in targets}
    small = {source for kind, source, _ in items.references if kind == b"thmb"}
    aside = parts | small | {items.primary}
    pages: list[str] = []
    for item, kind in items.kinds.items():
        if item in aside or kind in METADATA:
            continue
        said = items.auxiliary.get(item)
        if said is not None:
            yield from _auxiliary(items, item, said)
        elif kind == b"tmap":
            yield Extra("gain map", kept("a gain map"), items.value(item).digest)
        elif kind in PICTURES:
            pages.append(items.value(item).digest)
        elif (value := items.value(item)).length:
            yield Extra("data", kept("a program's own data ({size})", size=size(value.length)), value.digest)
    if pages:
        yield Extra(
            "pages",
            kept("1 more picture") if len(pages) == 1 else kept("{n} more pictures", n=len(pages)),
            "\n".join(pages),
        )


def _auxiliary(items: _Items, item: int, said: bytes) -> Iterator[Extra]:
    if any(sign in said for sign in ALPHA):
        return
    known = next(((kind, words) for sign, kind, words in AUXILIARY if sign in said), None)
    kind, words = known or ("data", kept("an auxiliary picture"))
    yield Extra(kind, words, items.value(item).digest)


def _items(data: Data, at: int, end: int) -> _Items:
    found = _Items(data, left=4 * len(data))
    parts = {kind: (start, stop) for kind, start, stop in boxes(data, at, end)}

    def body(kind: bytes) -> bytes:
        start, stop = parts.get(kind, (0, 0))
        return data[start:stop]

    if b"pitm" in parts:
        pitm = _Reader(body(b"pitm"))
        found.primary = pitm.take(2 if pitm.take(4) >> 24 == 0 else 4)
    _infos(found, body(b"iinf"))
    _references(found, body(b"iref"))
    _properties(found, body(b"iprp"))
    _locations(found, body(b"iloc"), parts.get(b"idat", (0, 0)))
    return found


def _infos(found: _Items, body: bytes) -> None:
    head = 6 if body[:1] == b"\0" else 8
    for kind, start, end in boxes(body, head, len(body)):
        if kind == b"infe" and len(found.kinds) < MOST_ITEMS:
            info = _Reader(body[start:end])
            version = info.take(4) >> 24
            item = info.take(4 if version == 3 else 2)
            info.take(2)
            found.kinds[item] = info.take(4).to_bytes(4) if version >= 2 else b"mime"


def _references(found: _Items, body: bytes) -> None:
    wide = 2 if body[:1] == b"\0" else 4
    for kind, start, end in boxes(body, 4, len(body)):
        reference = _Reader(body[start:end])
        source, number = reference.take(wide), reference.take(2)
        if len(found.references) + number > MOST_ITEMS:
            raise ValueError(kept("too many references"))
        found.references.append((kind, source, tuple(reference.take(wide) for _ in range(number))))


def _properties(found: _Items, body: bytes) -> None:
    """Which items are auxiliary pictures, and of what."""
    parts = {kind: body[start:end] for kind, start, end in boxes(body, 0, len(body))}
    said = []
    holder = parts.get(b"ipco", b"")
    for kind, start, end in boxes(holder, 0, len(holder)):
        said.append(holder[start + 4 : min(end, start + 200)] if kind == b"auxC" else None)
    if b"ipma" not in parts:
        return
    table = _Reader(parts[b"ipma"])
    flags = table.take(4)
    for _ in range(min(table.take(4), MOST_ITEMS)):
        item = table.take(4 if flags >> 24 else 2)
        for _ in range(table.take(1)):
            place = table.take(2) & 0x7FFF if flags & 1 else table.take(1) & 0x7F
            if 0 < place <= len(said) and (name := said[place - 1]) is not None:
                found.auxiliary[item] = name


def _locations(found: _Items, body: bytes, inside: tuple[int, int]) -> None:
    """Where each item's data lies: in the file, or in the box for small ones."""
    table = _Reader(body)
    version = table.take(4) >> 24 if body else 0
    sizes = table.take(2) if body else 0
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    for _ in range(min(table.take(2 if version < 2 else 4), MOST_ITEMS) if body else 0):
        item = table.take(2 if version < 2 else 4)
        method = table.take(2) & 15 if version else 0
        table.take(2)
        start = table.take(base) + (inside[0] if method == 1 else 0)
        places = found.places.setdefault(item, [])
        for _ in range(table.take(2)):
            table.take(index if version else 0)
            at, many = table.take(offset), table.take(length)
            places.append((start + at, start + at + many if length and many else len(found.data)))
