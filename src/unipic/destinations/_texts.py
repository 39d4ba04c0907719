"""metadata.txt and group.json: what is known of a group and of each of its photos, for people and for programs."""

import ctypes
import json
import os
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from unipic.albums.groups import AlbumGroup
from unipic.core.photo import Photo
from unipic.core.words import count, printable
from unipic.reading.details import PLACE, Details

METADATA, GROUP_JSON = "metadata.txt", "group.json"
SCHEMA = 1  # raised when a field of group.json gets another meaning
RULE = 80  # characters of a line below a heading
BTIME_MASK, BTIME_AT, STATX_BYTES, HERE = 0x800, 80, 256, -100  # linux/stat.h, linux/fcntl.h

ReadDetails = Callable[[Sequence[Photo]], Mapping[str, Details]]  # by id


@dataclass(frozen=True)
class Shown:
    """A photo of a group as it is in the tree."""

    photo: Photo
    files: tuple[tuple[str, str], ...]  # name below the group's folder and sha256 of each file, the photo first


@dataclass(frozen=True)
class GroupText:
    """What the two files say."""

    group: AlbumGroup
    shown: Sequence[Shown]
    best: Sequence[str]  # names of the best shots below the group's folder
    details: Mapping[str, Details]
    suggested: Sequence[str] = ()  # names of photos that would be best by now, while another one is
    earlier: Sequence[Mapping[str, Any]] = ()  # photos of earlier runs that lie here, and are not found today
    made: Sequence[Mapping[str, Any]] = ()  # pictures made of the group: merges and composites
    place: bool = True  # whether the location may be told


def group_json(text: GroupText) -> bytes:
    """A JSON object, ASCII."""
    group = text.group
    value = {
        "schema": SCHEMA,
        "group": group.folder,
        "kinds": sorted({one.kind for one in group.series}),
        "why_grouped": group.why_grouped,
        "best": list(text.best),
        "why_best": group.why_best,
        "suggested_best": list(text.suggested),
        "made": [dict(one) for one in text.made],
        "photos": [_values(one, text) for one in text.shown],
        "earlier": [dict(one) for one in text.earlier],
    }
    return json.dumps(value, indent=1).encode("ascii") + b"\n"


def metadata_txt(text: GroupText) -> bytes:
    """UTF-8; each value is one line, with control characters replaced."""
    lines = [f"Photo Group - {count(len(text.shown), 'image')}", "=" * RULE, ""]
    lines += _lines({"best": ", ".join(text.best), "why best": text.group.why_best, "why": text.group.why_grouped})
    lines += _lines({"would be best by now": ", ".join(text.suggested)})
    lines += _lines({"also here, from an earlier run": ", ".join(str(one["filename"]) for one in text.earlier)})
    for number, one in enumerate(text.shown, 1):
        values = _values(one, text)
        flat = {name: value for name, value in values.items() if isinstance(value, str | int | float)}
        flat |= {f"exif_{name}": value for name, value in values["exif"].items()}
        beside = ", ".join(name for name, _ in one.files[1:])
        lines += ["", f"Photo {number}: {values['filename']}", "-" * RULE, *_lines({**flat, "belongs to it": beside})]
    return ("\n".join(map(printable, lines)) + "\n").encode("utf-8")


def _lines(values: Mapping[str, Any]) -> Iterator[str]:
    return (f"{name}: {value}" for name, value in values.items() if value not in ("", None))


def _values(one: Shown, text: GroupText) -> dict[str, Any]:
    photo, details = one.photo, text.details.get(one.photo.id, Details())
    exif = {k: v for k, v in details.exif.items() if text.place or not k.startswith(PLACE)}
    values = {
        "filename": PurePosixPath(photo.name).name,
        "filepath": printable(photo.path),
        "filesize": photo.size,
        "modified": _modified(photo.path),
        "created": _created(photo.path),
        "dimensions": f"{photo.width}x{photo.height}",
        "format": photo.format,
        "color_mode": details.mode,
        "taken": photo.taken.isoformat() if photo.taken else "",
        "score": text.group.scores.get(photo.id, ""),
        "sha256": photo.digest,
        "exif": exif,
        "files": [{"file": name, "sha256": digest} for name, digest in one.files],
    }
    if text.place and photo.place:
        values["location"] = f"{photo.place[0]:.6f}, {photo.place[1]:.6f}"
    return values


def _modified(path: str) -> str:
    try:
        return _moment(os.stat(path).st_mtime)
    except OSError:
        return ""


def _created(path: str) -> str:
    """When the file was made, where the system and the file system know it; "" elsewhere."""
    try:
        born = getattr(os.stat(path), "st_birthtime", None)
    except OSError:
        return ""
    libc = ctypes.CDLL(None) if os.name == "posix" else None
    if born is None and hasattr(libc, "statx"):
        assert libc is not None
        buffer = ctypes.create_string_buffer(STATX_BYTES)
        known = not libc.statx(HERE, os.fsencode(path), 0, BTIME_MASK, buffer)
        if known and struct.unpack_from("I", buffer)[0] & BTIME_MASK:
            born = float(struct.unpack_from("q", buffer, BTIME_AT)[0])
    return "" if born is None else _moment(born)


def _moment(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):  # a year no calendar has
        return ""
