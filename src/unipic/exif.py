"""What a photo says about itself: when, with what and where it was taken. Sub-IFDs included; nonsense is absence."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

# (moment, its fraction, its offset), the moment of the shutter first
MOMENTS = (
    (Base.DateTimeOriginal, Base.SubsecTimeOriginal, Base.OffsetTimeOriginal),
    (Base.DateTimeDigitized, Base.SubsecTimeDigitized, Base.OffsetTimeDigitized),
    (Base.DateTime, Base.SubsecTime, Base.OffsetTime),
)
CLOCK_NEVER_SET = datetime(1970, 1, 1)
FIRST_PHOTOGRAPH = datetime(1826, 1, 1)
TEXT = 80  # characters of a camera's name a person needs to see


@dataclass(frozen=True)
class Exif:
    taken: datetime | None = None
    camera: str = ""
    place: tuple[float, float] | None = None
    orientation: int = 1


def read_exif(image: Image.Image) -> Exif:
    """EXIF of an opened image. Broken EXIF costs what is broken, never the photo."""
    tags: dict[int, Any] = {}
    gps: dict[int, Any] = {}
    # Pillow's EXIF parser raises whatever the broken bytes lead it to.
    with suppress(Exception):
        exif = image.getexif()
        tags.update(exif)
        with suppress(Exception):
            tags.update(exif.get_ifd(IFD.Exif))
        with suppress(Exception):
            gps.update(exif.get_ifd(IFD.GPSInfo))
    orientation = tags.get(Base.Orientation, 1)
    return Exif(_taken(tags), _camera(tags), _place(gps), int(orientation) if orientation in range(1, 9) else 1)


def _taken(tags: dict[int, Any]) -> datetime | None:
    for moment, fraction, offset in MOMENTS:
        found = parse_moment(_text(tags.get(moment)), _text(tags.get(fraction)), _text(tags.get(offset)))
        if found:
            return found
    return None


def parse_moment(moment: str, fraction: str = "", offset: str = "") -> datetime | None:
    """ "2024:06:12 18:03:05", "25", "+02:00" -> a datetime; local time stays naive. None for zeros and nonsense."""
    try:
        when = datetime.strptime(moment.strip(), "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    # A clock that was never set or runs ahead says nothing; a day of grace for time zones.
    if when == CLOCK_NEVER_SET or not FIRST_PHOTOGRAPH <= when <= datetime.now() + timedelta(days=1):
        return None
    if fraction.strip().isdecimal():
        when = when.replace(microsecond=int(fraction.strip()[:6].ljust(6, "0")))
    if match := re.fullmatch(r"([+-])(\d\d):([0-5]\d)", offset.strip()):
        sign = -1 if match[1] == "-" else 1
        minutes = int(match[2]) * 60 + int(match[3])
        if minutes < 24 * 60:
            return when.replace(tzinfo=timezone(sign * timedelta(minutes=minutes)))
    return when


def _camera(tags: dict[int, Any]) -> str:
    make, model = _text(tags.get(Base.Make)), _text(tags.get(Base.Model))
    name = model if model.lower().startswith(make.lower()) else f"{make} {model}"
    return name.strip()[:TEXT]


def _place(gps: dict[int, Any]) -> tuple[float, float] | None:
    try:
        latitude = _degrees(gps[GPS.GPSLatitude]) * (-1 if _text(gps[GPS.GPSLatitudeRef]) == "S" else 1)
        longitude = _degrees(gps[GPS.GPSLongitude]) * (-1 if _text(gps[GPS.GPSLongitudeRef]) == "W" else 1)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return None
    inside = abs(latitude) <= 90 and abs(longitude) <= 180
    # 0, 0 in the Gulf of Guinea is what a camera without a fix writes.
    return (latitude, longitude) if inside and (latitude, longitude) != (0, 0) else None


def _degrees(parts: Any) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(value):
        raise ValueError("not a number of degrees")
    return value


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    text = str(value) if isinstance(value, str | int) else ""
    return "".join(c for c in text if c.isprintable()).strip()
