"""Icons of Windows (ICO) and macOS (ICNS): several sizes of one picture, of which the largest is read.

Pillow believes the sizes in an icon's directory, and the pictures inside may be of any size. So the largest picture is
cut out by what it says itself, and opened like a file of its own, with all limits.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from unipic.core.language import kept
from unipic.core.photo import Extra
from unipic.reading._behind import Data, digest
from unipic.reading._jp2 import is_jp2, shape

ICO, ICNS = b"\0\0\1\0", b"icns"
PNG = b"\x89PNG\r\n\x1a\n"
MOST_PICTURES = 200
LARGEST_BITMAP = 1024  # pixels a side of an uncompressed picture; Windows writes 256 at most
# Pictures of old icons by kind: their side, and the kind of their mask. Newer ones are PNG or JPEG 2000.
OLD = {b"it32": (128, b"t8mk"), b"ih32": (48, b"h8mk"), b"il32": (32, b"l8mk"), b"is32": (16, b"s8mk")}


@dataclass(frozen=True)
class Picture:
    """One picture of an icon, as a file that Pillow opens."""

    width: int
    height: int
    bits: int  # of a pixel; 0 if unknown
    file: bytes


def icon_format(head: bytes) -> str:
    """ "ICO" or "ICNS" for a file that begins like this; "" for any other."""
    return "ICO" if head.startswith(ICO) else "ICNS" if head.startswith(ICNS) else ""


def largest(data: Data) -> Picture:
    """The largest picture of an icon, the one with most bits of a pixel among equals. ValueError without any."""
    found = list(_pictures(data))
    if not found:
        raise ValueError(kept("it has no picture that can be read"))
    return max(found, key=lambda one: (one.width * one.height, one.bits))


def of_icon(data: Data) -> Iterator[Extra]:
    """The extras of an icon: its other sizes, and what could not be read."""
    found = list(_pictures(data))
    shown = largest(data)
    others = list({one.file: one for one in found if one.file != shown.file}.values())
    if others:
        sizes = ", ".join(f"{one.width} x {one.height}" for one in others[:3])
        sizes += ", ..." if others[3:] else ""
        one = len(others) == 1
        words = (
            kept("1 more size ({sizes})", sizes=sizes)
            if one
            else kept("{n} more sizes ({sizes})", n=len(others), sizes=sizes)
        )
        yield Extra("sizes", words, "\n".join(digest(one.file) for one in others))
    if sum(len(one.file) for one in found) + 4096 < len(data):
        yield Extra("data", kept("data besides its pictures"), digest(memoryview(data)))


def _pictures(data: Data) -> Iterator[Picture]:
    return _of_ico(data) if data[:4] == ICO else _of_icns(data)


def _of_ico(data: Data) -> Iterator[Picture]:
    number = min(int.from_bytes(data[4:6], "little"), MOST_PICTURES)
    for at in range(6, 6 + 16 * number, 16):
        entry = data[at : at + 16]
        if len(entry) < 16:
            return
        bits, length, start = struct.unpack("<6xHII", entry)
        body = data[start : start + length]
        if found := _compressed(body, bits):
            yield found
        elif len(body) >= 40:
            width, height, depth = struct.unpack("<4xii2xH", body[:16])
            height //= 2  # the mask stands below the picture
            if 0 < width <= LARGEST_BITMAP and 0 < height <= LARGEST_BITMAP:
                alone = struct.pack("<BBBxHHII", width % 256, height % 256, entry[2], 1, bits or depth, length, 22)
                yield Picture(width, height, bits or depth, ICO + b"\1\0" + alone + body)


def _of_icns(data: Data) -> Iterator[Picture]:
    parts: dict[bytes, bytes] = {}
    at = 8
    while at + 8 <= len(data) and len(parts) < MOST_PICTURES:
        kind, length = struct.unpack(">4sI", data[at : at + 8])
        if length < 8:
            break
        parts.setdefault(kind, data[at + 8 : at + length])
        at += length
    for kind, body in parts.items():
        if found := _compressed(body, 0):
            yield found
        elif kind in OLD:
            side, mask = OLD[kind]
            both = [(name, parts[name]) for name in (kind, mask) if name in parts]
            inner = b"".join(name + struct.pack(">I", 8 + len(part)) + part for name, part in both)
            yield Picture(side, side, 32, ICNS + struct.pack(">I", 8 + len(inner)) + inner)


def _compressed(body: bytes, bits: int) -> Picture | None:
    """A picture that is a PNG or JPEG 2000 of its own; None for any other, or a broken one."""
    if body[:8] == PNG and len(body) >= 33:
        width, height = struct.unpack(">II", body[16:24])
        return Picture(width, height, bits, body)
    if is_jp2(body[:12]):
        width, height, _ = shape(body)
        return Picture(width, height, bits, body)
    return None
