"""Read Apple's identifiers, which tie a still to its video and the shots of a burst together.

The EXIF maker note follows ExifTool's published table of tags; films follow Apple's QuickTime File Format
Specification. The bytes are untrusted: every length is checked, and a broken structure says nothing.
"""

import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from mmap import mmap
from typing import BinaryIO

VERSION = 1  # raised when other values are read from a maker note or a film
NOTE = b"Apple iOS\0\0\1MM"  # the start of a maker note; offsets count from here
BURST, CONTENT = 0x000B, 0x0011
ASCII = 2
TEXT = 80  # bytes of an identifier; Apple's have 36
IDENTIFIER = b"com.apple.quicktime.content.identifier"
HEADER = 64_000_000  # bytes of a film's table of contents; those of Live Photos have 10,000


@dataclass(frozen=True)
class Clip:
    """A film's length and identifier."""

    seconds: float | None = None
    identifier: str = ""  # that of the still it belongs to


def maker_note(note: object) -> dict[int, str]:
    """The texts of an Apple maker note by tag; {} for anything else."""
    if not isinstance(note, bytes) or not note.startswith(NOTE):
        return {}
    found = {}
    with suppress(struct.error):
        (number,) = struct.unpack_from(">H", note, len(NOTE))
        for entry in range(min(number, 200)):
            tag, kind, size, at = struct.unpack_from(">HHII", note, len(NOTE) + 2 + 12 * entry)
            if kind == ASCII and 4 < size <= TEXT:
                found[tag] = _text(note[at : at + size])
    return found


def read_clip(file: BinaryIO) -> Clip:
    """Length and identifier of a QuickTime or MP4 film, read from its table of contents alone."""
    size = os.fstat(file.fileno()).st_size
    header = b""
    for kind, start, end in _boxes_on_disk(file, size):
        if kind == b"moov" and end - start <= HEADER:
            file.seek(start)
            header = file.read(end - start)
            break
    return _clip(header)


def read_clip_in(data: bytes | mmap, at: int, end: int) -> Clip:
    """Length and identifier of a film that lies within other data."""
    for kind, start, stop in boxes(data, at, end):
        if kind == b"moov" and stop - start <= HEADER:
            return _clip(data[start:stop])
    return Clip()


def _clip(header: bytes) -> Clip:
    """What a film's table of contents, its moov box, says; Clip() for none."""
    seconds, identifier = None, ""
    with suppress(struct.error, ZeroDivisionError, IndexError):
        for kind, start, end in boxes(header, 0, len(header)):
            if kind == b"mvhd":
                seconds = _seconds(header[start:end])
            elif kind == b"meta":
                identifier = _identifier(header, start, end)
    return Clip(seconds, identifier)


def _boxes_on_disk(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """(kind, start, end) of the content of each box of the file, without reading the content."""
    at = 0
    while at + 8 <= size:
        file.seek(at)
        box = _box(file.read(16), 0, size - at)
        if box is None:
            return
        kind, start, end = box
        yield kind, at + start, at + end
        at += end


def boxes(data: bytes | mmap, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(kind, start, end) of the content of each box between two places, up to the first that is broken."""
    while at + 8 <= end and (box := _box(data, at, end)):
        yield box
        at = box[2]


def _box(data: bytes | mmap, at: int, end: int) -> tuple[bytes, int, int] | None:
    size, start = int.from_bytes(data[at : at + 4]), at + 8
    if size == 1:
        size, start = int.from_bytes(data[at + 8 : at + 16]), at + 16
    stop = end if size == 0 else at + size
    return (data[at + 4 : at + 8], start, stop) if start <= stop <= end else None


def _seconds(header: bytes) -> float | None:
    """Length by the mvhd box, whose version 1 has 64-bit numbers."""
    scale, length = struct.unpack_from(">IQ" if header[0] == 1 else ">II", header, 20 if header[0] == 1 else 12)
    return length / scale


def _identifier(data: bytes, start: int, end: int) -> str:
    """The content identifier in QuickTime's meta box, which lists keys, and values by the key's number; "" if none."""
    if data[start + 4 : start + 8] != b"hdlr":  # MP4's meta has a version before its boxes, QuickTime's has none
        start += 4
    parts = {kind: (a, b) for kind, a, b in boxes(data, start, end)}
    if b"keys" not in parts or b"ilst" not in parts:
        return ""
    a, b = parts[b"keys"]
    keys = [data[x:y] for _, x, y in boxes(data, a + 8, b)]
    for number, x, y in boxes(data, *parts[b"ilst"]):
        place = int.from_bytes(number)
        if 0 < place <= len(keys) and keys[place - 1] == IDENTIFIER:
            return next((_text(data[i + 8 : j]) for kind, i, j in boxes(data, x, y) if kind == b"data"), "")
    return ""


def _text(value: bytes) -> str:
    text = value[:TEXT].split(b"\0")[0].decode("ascii", "replace")
    return text if text.isprintable() else ""
