"""What Google Takeout and iCloud write beside photos: JSON for each photo and album, CSV for many photos.

The forms are those that exports of 2019 to 2026 have; the bytes are untrusted, and anything else says nothing.
"""

import csv
import io
import json
import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

MOST = 20_000_000  # bytes of a list; Apple's of 100,000 photos have 15 million
LONGEST, NAMES = 4000, 200  # characters of a description; people in a photo
APPLE_DATE = "%A %B %d,%Y %I:%M %p %Z"  # "Saturday June 4,2022 12:11 PM GMT"
DETAILS = {"imgname", "originalcreationdate"}  # columns of Apple's list of photos
ALBUM = ("images", "imgname", "imagename")  # the column of Apple's list of an album


@dataclass(frozen=True)
class Entry:
    """What is written of one photo, in plain values for JSON."""

    title: str = ""  # the photo's name, as it was before it was cut
    taken: float | None = None  # seconds since 1970, UTC
    place: tuple[float, float] | None = None  # latitude, longitude in degrees
    note: str = ""
    favourite: bool = False
    tags: tuple[str, ...] = ()  # people's names, and where the photo was put away


def said_in(data: bytes) -> tuple[Entry | None, str]:
    """What a JSON of Takeout says of its photo, or the title of the album it describes; None and "" for any other."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None, ""
    if not isinstance(value, dict) or not {"photoTakenTime", "creationTime"} & value.keys():
        return None, _text(value.get("title")) if isinstance(value, dict) else ""
    people = value.get("people")
    names = (_text(one.get("name")) for one in (people if isinstance(people, list) else ()) if isinstance(one, dict))
    put_away = (f"Google Photos: {key}" for key in ("archived", "trashed") if value.get(key) is True)
    entry = Entry(
        title=_text(value.get("title")),
        taken=_seconds(value.get("photoTakenTime")),
        place=_place(value.get("geoData")) or _place(value.get("geoDataExif")),
        note=_text(value.get("description")),
        favourite=value.get("favorited") is True,
        tags=(*dict.fromkeys(filter(None, list(names)[:NAMES])), *put_away),
    )
    return entry, ""


def rows_of(data: bytes) -> dict[str, Entry]:
    """What Apple's list says of photos, by their names in lower case; of an album's list only the names."""
    with suppress(csv.Error):
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig", "replace"), newline="")))
        header = [column.strip().casefold() for column in rows[0]] if rows else []
        if set(header) >= DETAILS:
            return {name.casefold(): entry for row in rows[1:] for name, entry in _detail(header, row)}
        if header and header[0] in ALBUM:
            return {row[0].strip().casefold(): Entry() for row in rows[1:] if row and row[0].strip()}
    return {}


def _detail(header: list[str], row: list[str]) -> Iterator[tuple[str, Entry]]:
    """Dates have a comma, and are not always quoted: the columns after them are told from the end."""
    at = header.index("originalcreationdate")
    if len(row) > len(header):
        row = [*row[:at], ",".join(row[at : at + 2]), *row[at + 2 :]]
    said = dict(zip(header, (cell.strip() for cell in row), strict=False))
    if name := said.get("imgname"):
        away = tuple(f"iCloud: {key}" for key in ("hidden", "deleted") if said.get(key) in ("yes", "true"))
        taken = None
        with suppress(ValueError):
            when = datetime.strptime(said.get("originalcreationdate", ""), APPLE_DATE)
            taken = when.replace(tzinfo=UTC).timestamp()
        yield name, Entry(title=name, taken=taken, favourite=said.get("favorite") in ("yes", "true"), tags=away)


def _text(value: Any) -> str:
    return value.strip()[:LONGEST] if isinstance(value, str) else ""


def _seconds(value: Any) -> float | None:
    """A timestamp; None for nonsense, and for 0, which Google writes where it knows none."""
    with suppress(TypeError, ValueError, OverflowError, OSError):
        seconds = float(value["timestamp"])
        datetime.fromtimestamp(seconds, UTC)
        return seconds or None
    return None


def _place(value: Any) -> tuple[float, float] | None:
    """A place; None where Google knows none, which is 0, 0."""
    with suppress(TypeError, ValueError, KeyError):
        latitude, longitude = float(value["latitude"]), float(value["longitude"])
        if abs(latitude) <= 90 and abs(longitude) <= 180 and math.hypot(latitude, longitude) > 0:
            return latitude, longitude
    return None
