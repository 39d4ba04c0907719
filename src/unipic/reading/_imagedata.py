"""Separate the media data of a file from its metadata, to prove that removing metadata left the media unchanged.

Only the container is read, so formats that cannot be decoded here are covered too. In HEIF and AVIF, pictures and
metadata share one box, so they must be decoded: see location.py.
"""

import hashlib
import mmap
import os
import re
import struct
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from unipic.core.files import open_to_read
from unipic.reading._content import END, jpeg_content, segments
from unipic.reading._icons import icon_format
from unipic.reading._jp2 import CODESTREAM, EXIF as EXIF_BOX, IPTC as IPTC_BOX, XMP as XMP_BOX, is_jp2
from unipic.reading._jxl import ORIGINAL, codestream, is_jxl

PNG = b"\x89PNG\r\n\x1a\n"
PNG_WORDS = (b"eXIf", b"iTXt", b"tEXt", b"zTXt", b"tIME")
RIFF_WORDS = (b"EXIF", b"XMP ", b"VP8X", b"JUNK")  # VP8X only lists which other chunks exist
GIF_XMP = re.compile(rb"\x21\xff\x0bXMP DataXMP.*?\x01\xff\xfe.*?\x00\x00", re.DOTALL)
GIF_HEAD = 6  # bytes; they contain a version that changes with the first extension
Data = bytes | mmap.mmap
MOST_EXIF = 1 << 20  # bytes
MOST_FOLDERS = 200  # directories of one TIFF
STRIPS, STRIP_SIZES, TILES, TILE_SIZES, JPEG, JPEG_SIZE, FOLDERS, GPS = 273, 279, 324, 325, 513, 514, 330, 0x8825
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}  # of a TIFF's types
EXIF = re.compile(rb"Exif\0\0(?=II\*\0|MM\0\*)")
FILM_PLACE = re.compile(rb"\xa9xyz.{4,24}[+-]\d|ISO6709.{0,80}[+-]\d", re.DOTALL)
FILM = re.compile(rb"....ftyp", re.DOTALL)
MOST_FILMS = 8
JXL_WORDS = (b"JXL ", b"ftyp", b"jxlc", b"jxlp", b"Exif", b"xml ")
IN_ICONS = re.compile(rb"eXIf|iTXt|zTXt|tEXt|" + b"|".join(map(re.escape, (EXIF_BOX, XMP_BOX, IPTC_BOX))))
PLACE_IN_WORDS = re.compile(rb"(?i)gps(latitude|longitude)[\"'>=\s]")


def image_data(path: Path) -> str:
    """Hash of everything but metadata; "" for an unknown container."""
    data = _mapped(path)
    if data[:2] == b"\xff\xd8":
        return _jpeg(data[:])
    if data[:8] == PNG:
        return _digest(_png(data))
    if data[:4] == b"RIFF":
        return _digest(_riff(data))
    if data[:4] == b"GIF8":
        return _digest([GIF_XMP.sub(b"", data[GIF_HEAD:])])
    if is_jxl(data[:12]):
        return _digest(_jxl(data))
    if is_jp2(data[:12]):
        return _digest(_jp2(data))
    if data[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return _digest(body for kind, body in _boxes(memoryview(data)) if kind == b"mdat")
    return _digest(_tiff(data)) if data[:2] in (b"II", b"MM") else ""


def places_between(path: Path) -> bool:
    """Whether a location is left where metadata readers do not look: in a preview, or a film after the picture."""
    data = _mapped(path)
    if FILM_PLACE.search(data) or PLACE_IN_WORDS.search(data) or _unread(data):
        return True
    return any(_has_place(data[match.end() : match.end() + MOST_EXIF]) for match in EXIF.finditer(data))


def _unread(data: Data) -> bool:
    """Whether there is metadata that exiftool does not read: in the pictures of icons, and compressed in JPEG XL."""
    if icon_format(data[:4]):
        return bool(IN_ICONS.search(data))
    return is_jxl(data[:12]) and any(kind == b"brob" for kind, _ in _boxes(memoryview(data)))


def films_behind(path: Path) -> list[int]:
    """Offsets at which a film begins inside a file of another kind, as in a motion photo."""
    found = FILM.finditer(_mapped(path))
    return [match.start() for match in islice(found, MOST_FILMS) if match.start()]


def _mapped(path: Path) -> Data:
    """The file as a memory map: a film does not fit into memory."""
    with open_to_read(path) as file:
        if not os.fstat(file.fileno()).st_size:
            return b""
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _digest(parts: Iterable[bytes | memoryview]) -> str:
    """sha256 of the parts with their lengths; "" if they are all empty, since nothing is known then."""
    found, digest = 0, hashlib.sha256()
    for part in parts:
        found += len(part)
        digest.update(struct.pack("<Q", len(part)))
        digest.update(part)
    return digest.hexdigest() if found else ""


def _jpeg(data: bytes) -> str:
    """Hash of the first picture's data and of everything after it."""
    end = next((end for marker, _, end in segments(data) if marker == END), 0)
    content = jpeg_content(data)
    return _digest([content.encode(), data[end:] if end else b""]) if content else ""


def _png(data: Data) -> Iterator[bytes]:
    at = len(PNG)
    while at + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind not in PNG_WORDS:
            yield data[at + 4 : at + 12 + size]
        at += 12 + size


def _riff(data: Data) -> Iterator[bytes]:
    at = 12
    while at + 8 <= len(data):
        kind, size = struct.unpack("<4sI", data[at : at + 8])
        if kind not in RIFF_WORDS:
            yield data[at : at + 8 + size]
        at += 8 + size + size % 2


def _jxl(data: Data) -> Iterator[bytes | memoryview]:
    """The codestream and other boxes; nothing for a file that restores a JPEG, whose metadata is in there too."""
    others = [(kind, body) for kind, body in _boxes(memoryview(data)) if kind not in JXL_WORDS] if data[0] == 0 else []
    if all(kind != ORIGINAL for kind, _ in others):
        yield from codestream(data)
        yield from (part for kind, body in others for part in (kind, body))


def _jp2(data: Data) -> Iterator[bytes | memoryview]:
    if data[:4] == CODESTREAM:
        yield data[:]
        return
    for kind, body in _boxes(memoryview(data)):
        if kind != b"xml " and not (kind == b"uuid" and bytes(body[:16]) in (EXIF_BOX, XMP_BOX, IPTC_BOX)):
            yield kind
            yield body


def _boxes(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        head = 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16]), 16
        elif size == 0:
            size = len(data) - at
        if size < head:
            return
        yield kind, data[at + head : at + size]
        at += size


def _tiff(data: Data) -> Iterator[bytes]:
    """The strips, tiles and previews of all pictures, in the order of the directories."""
    order = "<" if data[:2] == b"II" else ">"
    waiting, seen = [_long(data, 4, order)], set[int]()
    while waiting and len(seen) < MOST_FOLDERS:
        at = waiting.pop(0)
        if not at or at in seen:
            continue
        seen.add(at)
        tags, after = _directory(data, at, order)
        for offsets, sizes in ((STRIPS, STRIP_SIZES), (TILES, TILE_SIZES), (JPEG, JPEG_SIZE)):
            for start, size in zip(tags.get(offsets, ()), tags.get(sizes, ()), strict=False):
                yield data[start : start + size]
        waiting += [*tags.get(FOLDERS, ()), after]


def _has_place(tiff: bytes) -> bool:
    """Whether an EXIF block contains GPS tags other than the version."""
    order = "<" if tiff[:2] == b"II" else ">"
    tags, _ = _directory(tiff, _long(tiff, 4, order), order)
    return any(set(_directory(tiff, at, order)[0]) - {0} for at in tags.get(GPS, ()))


def _directory(data: Data, at: int, order: str) -> tuple[dict[int, tuple[int, ...]], int]:
    """Tags of one directory, with their whole numbers (() for other types), and the offset of the next, 0 if none."""
    found: dict[int, tuple[int, ...]] = {}
    if at + 2 > len(data):
        return found, 0
    (count,) = struct.unpack_from(order + "H", data, at)
    for entry in range(at + 2, min(at + 2 + 12 * count, len(data) - 11), 12):
        tag, kind, number = struct.unpack_from(order + "HHI", data, entry)
        size = SIZES.get(kind, 0) * number
        start = entry + 8 if size <= 4 else _long(data, entry + 8, order)
        whole = {3: "H", 4: "I", 13: "I"}.get(kind)
        if whole and start + size <= len(data):
            found[tag] = struct.unpack_from(f"{order}{number}{whole}", data, start)
        else:
            found[tag] = ()
    return found, _long(data, at + 2 + 12 * count, order)


def _long(data: Data, at: int, order: str) -> int:
    return int(struct.unpack_from(order + "I", data, at)[0]) if at + 4 <= len(data) else 0
