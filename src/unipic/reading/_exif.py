"""Read a photo's metadata: when, with which camera and where it was taken, how it was edited, and what people wrote.

Sources are EXIF with its sub-IFDs, and IPTC and XMP, which people and programs add. An implausible value counts as
missing.
"""

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, BinaryIO

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.PngImagePlugin import PngImageFile

from unipic.core.photo import Extra
from unipic.reading._editors import editor
from unipic.reading._words import iptc, words_in
from unipic.reading._xmp import Xmp, read_xmp, stars_of
from unipic.reading.apple import BURST, CONTENT, maker_note

# Raised when this module or metadata.py reads other values. The orientation belongs to images.VERSION.
VERSION = 3

# (moment, its fraction, its offset): of the exposure, of the digital form, and of any change
MOMENTS = (
    (Base.DateTimeOriginal, Base.SubsecTimeOriginal, Base.OffsetTimeOriginal),
    (Base.DateTimeDigitized, Base.SubsecTimeDigitized, Base.OffsetTimeDigitized),
    (Base.DateTime, Base.SubsecTime, Base.OffsetTime),
)
ZONES = (Base.OffsetTimeOriginal, Base.OffsetTimeDigitized, Base.OffsetTime)
# Dates and times of IPTC: of the picture, then of its digital form. "20240612" and "180305+0200".
IPTC_MOMENTS = ((55, 60), (62, 63))
IPTC_TIME = re.compile(r"(\d{6})(?:([+-]\d\d)(\d\d))?")
RATING, RATING_PERCENT = 0x4746, 0x4749  # what Windows writes beside XMP
XMP = 700  # its tag in a TIFF
CLOCK_NEVER_SET = datetime(1970, 1, 1)
FIRST_PHOTOGRAPH = datetime(1826, 1, 1)
# The limits of real cameras; values beyond them are nonsense.
SHORTEST, LONGEST = 1e-6, 86_400.0  # seconds
WIDEST, NARROWEST = 0.5, 1000.0  # f-numbers
MOST_SENSITIVE, MOST_BIAS = 10_000_000, 20.0  # ISO, EV
ISO_ELSEWHERE = 65_535  # the field's maximum: the real number is in another field
AUTO_BRACKET = 2  # of EXIF's ExposureMode
TEXT = 80  # characters of a camera's name that are shown


@dataclass(frozen=True)
class Exif:
    """What EXIF and XMP say of a photo; the defaults stand for what they do not say."""

    taken: datetime | None = None
    camera: str = ""
    place: tuple[float, float] | None = None
    taken_by_camera: bool = True  # False where `taken` is when the file was last changed, or UTC
    rating: int | None = None  # stars, 1 to 5; 0: none given, -1: rejected, None: nothing is said
    edited: str = ""  # the editor that left its name
    exposure: str = ""  # of this press of the shutter, as "1/125 s, f/8, ISO 100, +0.7 EV"
    identifier: str = ""  # of a Live Photo
    burst: str = ""  # of the burst it was taken in
    bias: float | None = None  # EV
    bracketed: bool = False
    told: tuple[Extra, ...] = ()  # what people wrote into it


def read_exif(image: Image.Image) -> Exif:
    """EXIF and XMP of a loaded image. A broken field is left out and never costs the photo."""
    exif = Image.Exif()
    with suppress(Exception):  # on broken bytes Pillow's EXIF parser may raise anything
        exif = image.getexif()
    named = () if isinstance(image, PngImageFile) else ("photoshop", "comment")  # a PNG has named of any name
    told = {name: value for name, value in image.info.items() if not named or name in named}
    return _read(exif, image.info.get("xmp"), told)


def read_tiff_exif(file: BinaryIO) -> Exif | None:
    """EXIF and XMP of a file with TIFF tags, such as a raw photo; None for any other file."""
    exif = Image.Exif()
    with suppress(Exception):
        file.seek(0)
        exif.load_from_fp(file)
        return _read(exif, exif.get(XMP), {}) if len(exif) else None
    return None


def _read(exif: Image.Exif, packet: Any, info: Mapping[Any, Any]) -> Exif:
    tags: dict[int, Any] = {}
    gps: dict[int, Any] = {}
    with suppress(Exception):
        tags.update(exif)
        with suppress(Exception):
            tags.update(exif.get_ifd(IFD.Exif))
        with suppress(Exception):
            gps.update(exif.get_ifd(IFD.GPSInfo))
    xmp, note = read_xmp(packet), maker_note(tags.get(IFD.MakerNote))
    taken, by_camera = _taken(tags, gps, info)
    return Exif(
        taken=taken,
        camera=_camera(tags),
        place=_place(gps) or xmp.place,
        taken_by_camera=by_camera,
        rating=_rating(tags) if xmp.rating is None else xmp.rating,
        edited=_edited(tags, xmp),
        exposure=_exposure(tags),
        identifier=note.get(CONTENT, ""),
        burst=note.get(BURST, "") or xmp.burst,
        bias=_bias(tags),
        bracketed=tags.get(Base.ExposureMode) == AUTO_BRACKET,
        told=_words(tags, info, xmp),
    )


def _words(tags: dict[int, Any], info: Mapping[Any, Any], xmp: Xmp) -> tuple[Extra, ...]:
    with suppress(Exception):  # untrusted values of any type
        return words_in(tags, info, xmp.written)
    return ()


def _taken(tags: dict[int, Any], gps: dict[int, Any], info: Mapping[Any, Any]) -> tuple[datetime | None, bool]:
    """The moment the photo was taken, and whether it is that of the camera's or a person's clock where it was taken.

    What the camera wrote comes first, then IPTC, then the satellites' time, then when the file was changed.
    """
    camera = (parse_moment(*(_text(tags.get(tag)) for tag in moment)) for moment in MOMENTS)
    first, second, changed = camera
    if found := first or second or _by_iptc(tags, info):
        return found, True
    if found := _by_gps(gps):
        zone = next((zone for tag in ZONES if (zone := _zone(_text(tags.get(tag))))), None)
        return found.astimezone(zone or UTC), zone is not None
    return changed, changed is None


def _by_iptc(tags: dict[int, Any], info: Mapping[Any, Any]) -> datetime | None:
    """Local time by IPTC, with its offset if it has one. A day without a time is none: it would be midnight."""
    said = dict[int, str]()
    with suppress(Exception):  # untrusted values of any type
        for number, text in iptc(tags, info):
            said.setdefault(number, text)
    for day, time in IPTC_MOMENTS:
        if match := IPTC_TIME.fullmatch(said.get(time, "").strip("\0 ")):
            moment = f"{_parted(said.get(day, '')[:8], 4)} {_parted(match[1], 2)}"
            if found := parse_moment(moment, "", f"{match[2]}:{match[3]}" if match[2] else ""):
                return found
    return None


def _parted(digits: str, first: int) -> str:
    """ "20240612", 4 -> "2024:06:12"."""
    return ":".join([digits[:first], *(digits[at : at + 2] for at in range(first, len(digits), 2))])


def _by_gps(gps: dict[int, Any]) -> datetime | None:
    """The satellites' time, which is UTC.

    Without an offset in EXIF it stays UTC, which no clock on a wall showed: the place alone does not tell the local
    time, since zones follow borders, and change.
    """
    try:
        hours, minutes, seconds = (float(part) for part in gps[GPS.GPSTimeStamp])
        time = f"{hours:02.0f}:{minutes:02.0f}:{int(seconds):02d}"
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return None
    fraction = f"{int(seconds % 1 * 1_000_000):06d}"
    return parse_moment(f"{_text(gps.get(GPS.GPSDateStamp)).replace('-', ':')} {time}", fraction, "+00:00")


def parse_moment(moment: str, fraction: str = "", offset: str = "") -> datetime | None:
    """ "2024:06:12 18:03:05", "25", "+02:00" -> a datetime; local time stays naive. None for zeros and nonsense."""
    try:
        when = datetime.strptime(moment.strip(), "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    # Ignore clocks that were never set or run ahead; one day is allowed for time zones.
    if when == CLOCK_NEVER_SET or not FIRST_PHOTOGRAPH <= when <= datetime.now() + timedelta(days=1):
        return None
    if fraction.strip().isdecimal():
        when = when.replace(microsecond=int(fraction.strip()[:6].ljust(6, "0")))
    return when.replace(tzinfo=_zone(offset))


def _zone(offset: str) -> timezone | None:
    """ "+02:00" -> a zone; None for anything else."""
    match = re.fullmatch(r"([+-])(\d\d):([0-5]\d)", offset.strip())
    if match is None or int(match[2]) >= 24:
        return None
    minutes = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-minutes if match[1] == "-" else minutes)


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
    # Cameras without a GPS fix write 0, 0, which is in the Gulf of Guinea.
    return (latitude, longitude) if inside and (latitude, longitude) != (0, 0) else None


def _rating(tags: dict[int, Any]) -> int | None:
    stars, percent = tags.get(RATING), tags.get(RATING_PERCENT)
    if isinstance(stars, int) and 0 <= stars <= 5:
        return int(stars)
    return stars_of(percent) if isinstance(percent, int) else None


def _edited(tags: dict[int, Any], xmp: Xmp) -> str:
    """The editor; "" for none. The same EXIF field also names a camera's firmware, which is no editor."""
    return editor((_text(tags.get(Base.Software)), _text(tags.get(Base.ProcessingSoftware)), *xmp.programs))


def _exposure(tags: dict[int, Any]) -> str:
    """Time, aperture, ISO and bias in words. Missing and impossible values and a bias of 0 are left out."""
    time, f_number = _number(tags.get(Base.ExposureTime)), _number(tags.get(Base.FNumber))
    iso, bias = _iso(tags), round(_number(tags.get(Base.ExposureBiasValue)), 1)
    parts = (
        f"{_seconds(time)} s" if SHORTEST <= time <= LONGEST else "",
        f"f/{round(f_number, 2):g}" if WIDEST <= f_number <= NARROWEST else "",
        f"ISO {iso:.0f}" if 1 <= iso <= MOST_SENSITIVE else "",
        f"{bias:+g} EV" if 0 < abs(bias) <= MOST_BIAS else "",
    )
    return ", ".join(filter(None, parts))


def _bias(tags: dict[int, Any]) -> float | None:
    bias = round(_number(tags.get(Base.ExposureBiasValue)), 2)
    return bias if Base.ExposureBiasValue in tags and abs(bias) <= MOST_BIAS else None


def _seconds(time: float) -> str:
    """An exposure time as cameras show it: 1/125, 0.4, 30."""
    return f"1/{1 / time:.0f}" if time < 0.35 else f"{round(time, 1):g}"


def _iso(tags: dict[int, Any]) -> float:
    iso = _number(tags.get(Base.ISOSpeedRatings))
    others = (_number(tags.get(tag)) for tag in (Base.RecommendedExposureIndex, Base.ISOSpeed))
    return next((other for other in others if other > 0), 0.0) if iso == ISO_ELSEWHERE else iso


def _number(value: Any) -> float:
    """The value as a float; 0 for anything that is no finite number: a division by zero, text, an empty list."""
    with suppress(TypeError, ValueError, ArithmeticError, IndexError):
        number = float(value[0] if isinstance(value, tuple) else value)
        if not isinstance(value, str | bytes) and math.isfinite(number):
            return number
    return 0.0


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
