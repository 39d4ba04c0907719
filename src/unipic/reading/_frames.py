"""What GIF, PNG, WebP and BMP files hold besides their picture: frames, unknown chunks, and what follows."""

import re
import struct
from collections.abc import Iterator

from unipic.core.language import kept
from unipic.core.photo import Extra
from unipic.core.words import size
from unipic.reading._behind import Data, Sum, behind

MOST = 1_000_000  # blocks of one file
# Chunks of a PNG that make its picture, or that metadata is read from.
PNG_PICTURE = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"bKGD"}
PNG_MORE = {b"hIST", b"pHYs", b"sPLT", b"cICP", b"mDCV", b"cLLI", b"iDOT", b"vpAg", b"caNv", b"orNT", b"oFFs", b"pCAL"}
PNG_WORDS = {b"tIME", b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"sCAL", b"sTER"}
PNG_PLAIN = PNG_PICTURE | PNG_MORE | PNG_WORDS
RIFF_PLAIN = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP", b"EXIF", b"XMP ", b"ANIM", b"JUNK"}
IMAGE, EXTENSION, TRAILER, CONTROL, COMMENT = 0x2C, 0x21, 0x3B, 0xF9, 0xFE
GIF_PLAIN = re.compile(rb"NETSCAPE|ANIMEXTS|XMP Data|ICCRGBG1")


def animation(frames: int, value: str) -> Extra:
    """An animation of so many frames, the first of which is the picture."""
    return Extra(
        "frames",
        kept("an animation of 1 frame") if frames == 1 else kept("an animation of {n:,} frames", n=frames),
        value,
    )


def other_chunks(found: Sum) -> Iterator[Extra]:
    """What chunks of unknown kinds hold."""
    if found.parts:
        yield Extra("data", kept("a program's own data ({size})", size=size(found.length)), found.digest)


def of_png(data: Data) -> Iterator[Extra]:
    """The extras of a PNG; an animated one has its further frames in chunks of their own."""
    view, others, coded = memoryview(data), Sum(), Sum()
    at, frames, end = 8, 0, len(data)
    for _ in range(MOST):
        if at + 12 > len(data):
            break
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        stop = min(at + 12 + length, len(data))
        if kind == b"IEND":
            end = stop
            break
        frames += kind == b"fcTL"
        if kind in (b"fcTL", b"fdAT"):
            coded.add(view[at + 8 : stop])
        elif kind not in PNG_PLAIN and kind != b"acTL":
            others.add(view[at:stop])
        at = stop
    if frames > 1 or coded.parts > frames:
        yield animation(max(2, frames), coded.digest)
    yield from other_chunks(others)
    yield from behind(data, end)


def of_webp(data: Data) -> Iterator[Extra]:
    """The extras of a WebP; in an animated one each frame is a chunk."""
    view, others, coded = memoryview(data), Sum(), Sum()
    end = min(len(data), 8 + struct.unpack("<I", data[4:8])[0])
    at = 12
    for _ in range(MOST):
        if at + 8 > end:
            break
        kind, length = struct.unpack("<4sI", data[at : at + 8])
        stop = min(at + 8 + length + length % 2, end)
        if kind == b"ANMF":
            coded.add(view[at + 8 : stop])
        elif kind not in RIFF_PLAIN:
            others.add(view[at:stop])
        at = stop
    if coded.parts > 1:
        yield animation(coded.parts, coded.digest)
    yield from other_chunks(others)
    yield from behind(data, end)


def of_gif(data: Data) -> Iterator[Extra]:
    """The extras of a GIF: the images behind the first, with their delays."""
    view, others, coded = memoryview(data), Sum(), Sum()
    at, images, control = 13 + _table(data[10]), 0, 0
    for _ in range(MOST):
        if at >= len(data) or data[at] not in (IMAGE, EXTENSION):
            break
        start, what = at, data[at]
        if what == IMAGE:
            at = _blocks(data, at + 11 + _table(data[at + 9]))
            images += 1
            coded.add(view[control or start : at])
            control = 0
        else:
            label, control = data[at + 1], start if data[at + 1] == CONTROL else control
            at = _blocks(data, at + 2)
            if label not in (CONTROL, COMMENT) and not GIF_PLAIN.match(data[start + 3 : start + 14]):
                others.add(view[start:at])
    if images > 1:
        yield animation(images, coded.digest)
    yield from other_chunks(others)
    yield from behind(data, at + (at < len(data) and data[at] == TRAILER))


def _table(flags: int) -> int:
    """Bytes of a colour table, by the byte that tells of it."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(data: Data, at: int) -> int:
    """Where a chain of blocks ends, each with its length before it."""
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return min(at + 1, len(data))


def of_bmp(data: Data) -> Iterator[Extra]:
    """What follows a BMP, by the size in its header."""
    return behind(data, max(struct.unpack("<I", data[2:6])[0], 54))
