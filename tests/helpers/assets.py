"""Files that belong to photos, as cameras and phones write them: made on the spot, a byte at a time."""

import json
import struct
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.ExifTags import IFD, Base
from tests.helpers.pictures import save, scene

NOTE = b"Apple iOS\0\0\1MM"
IDENTIFIER = "2B3F0A9E-6B0B-4B5A-9C33-0C1A5D7E4F10"


def maker_note(**texts: str) -> bytes:
    """Apple's, with a content identifier and a burst."""
    tags = {"burst": 0x000B, "identifier": 0x0011}
    fields, data = b"", b""
    start = len(NOTE) + 2 + 12 * len(texts) + 4
    for name in sorted(texts, key=lambda name: tags[name]):
        value = texts[name].encode() + b"\0"
        fields += struct.pack(">HHII", tags[name], 2, len(value), start + len(data))
        data += value
    return NOTE + struct.pack(">H", len(texts)) + fields + bytes(4) + data


def exif(
    taken: datetime | None = None, note: bytes = b"", place: bool = False, model: str = "iPhone 13", **tags: Any
) -> Image.Exif:
    """What a phone writes; `tags` by their names in EXIF."""
    found = Image.Exif()
    found[Base.Make], found[Base.Model] = "Apple", model
    inner = found.get_ifd(IFD.Exif)
    if taken:
        inner[Base.DateTimeOriginal] = f"{taken:%Y:%m:%d %H:%M:%S}"
        inner[Base.SubsecTimeOriginal] = f"{taken.microsecond // 1000:03}"
    if note:
        inner[IFD.MakerNote] = note
    for name, value in tags.items():
        inner[Base[name]] = value
    if place:
        found.get_ifd(IFD.GPSInfo).update({1: "N", 2: (38.0, 42.0, 0.0), 3: "W", 4: (9.0, 8.0, 0.0)})
    return found


def photograph(path: Path, seed: int = 1, size: tuple[int, int] = (320, 240), **facts: Any) -> Path:
    return save(scene(seed, *size), path, exif=exif(**facts))


def box(kind: bytes, *inside: bytes) -> bytes:
    content = b"".join(inside)
    return struct.pack(">I", 8 + len(content)) + kind + content


def film(seconds: float = 2.9, identifier: str = "", version: int = 0, first: bytes = b"") -> bytes:
    """A QuickTime film without a frame in it, with a table of contents as Apple writes it."""
    times = struct.pack(">II", 600, int(600 * seconds)) if not version else struct.pack(">IQ", 600, int(600 * seconds))
    mvhd = box(b"mvhd", bytes([version, 0, 0, 0]), bytes(16 if version else 8), times, bytes(80))
    key, value = b"com.apple.quicktime.content.identifier", identifier.encode()
    meta = box(
        b"meta",
        box(b"hdlr", bytes(24)),
        box(b"keys", bytes(4), struct.pack(">I", 1), box(b"mdta", key)),
        box(b"ilst", box(struct.pack(">I", 1), box(b"data", struct.pack(">II", 1, 0), value))),
    )
    return (
        first + box(b"ftyp", b"qt  ", bytes(4)) + box(b"mdat", bytes(64)) + box(b"moov", mvhd, meta if value else b"")
    )


def live_photo(folder: Path, stem: str = "IMG_1", seed: int = 1, identifier: str = IDENTIFIER, **facts: Any) -> Path:
    """A still and its film."""
    still = photograph(folder / f"{stem}.JPG", seed, note=maker_note(identifier=identifier), **facts)
    (folder / f"{stem}.MOV").write_bytes(film(identifier=identifier))
    return still


def takeout(path: Path, title: str) -> Path:
    path.write_text(json.dumps({"title": title, "photoTakenTime": {"timestamp": "1718218265"}}))
    return path
