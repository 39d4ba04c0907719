"""The keys of chips, and which values each takes."""

import math
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches

from unipic.core.folding import folded
from unipic.core.language import gettext as _
from unipic.search._tongue import WEEKDAYS, tongue
from unipic.search.dates import Dates
from unipic.search.query import QueryError, ranged

COLOURS = ("red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "brown", "black", "white", "grey")
COLOUR_NAMES: Mapping[str, str] = {
    **{name: name for name in COLOURS},
    **{"gray": "grey", "turquoise": "teal", "cyan": "teal", "violet": "purple"},
}
KINDS = ("screenshot", "document", "selfie", "panorama", "live", "burst", "raw", "film")
FORMATS: Mapping[str, str] = {
    **{"jpeg": "jpeg", "jpg": "jpeg", "heif": "heif", "heic": "heif", "png": "png", "webp": "webp", "gif": "gif"},
    **{"tiff": "tiff", "tif": "tiff", "bmp": "bmp", "avif": "avif", "raw": "raw"},
}
IS = (
    *("portrait", "landscape", "square", "blurry", "dark", "bright", "bw", "favourite"),
    *("best", "copy", "single", "kept", "aside"),
)
CHOICES: Mapping[str, tuple[str, ...]] = {
    "kind": KINDS,
    "color": COLOURS,
    "is": IS,
    "has": ("place", "edits", "film"),
    "people": ("none", "some"),
    "eyes": ("open", "closed"),
    "smiling": ("yes", "no"),
    "sort": ("newest", "oldest", "relevance", "name"),
}
SAME: Mapping[str, str] = {"colour": "color", "person": "who", "type": "kind", "taken": "date", "in": "place"}
# Any text.
FREE = ("place", "who", "camera", "name", "folder", "text", "tag", "album", "event", "label", "like", "word")
COUNTED = ("faces", "rating", "width", "height", "year")
KEYS = (*CHOICES, *FREE, *COUNTED, "date", "before", "after", "month", "day", "time", "country", "near", "format",
        "size", "mp", "limit")  # fmt: skip
NEAR_KM = 10.0  # where a distance is not said
UNITS = {"": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9}
NUMBER = r"\d{1,9}(?:\.\d{1,3})?"
MOST_LIMIT = 1_000_000


def key_of(word: str) -> str:
    """The key of this name. QueryError with the nearest one if there is none."""
    key = SAME.get(word.lower(), word.lower())
    if key not in KEYS:
        near = get_close_matches(key, (*KEYS, *SAME), 1, 0.5)
        known = ", ".join(sorted(KEYS))
        advice = _("Did you mean {key}:?", key=near[0]) if near else _("There are {keys}.", keys=known)
        raise QueryError(
            _(
                "There is no {word}: to search by. {advice} To search for the text itself, put it in quotes",
                word=word,
                advice=advice,
            )
        )
    return key


def value_of(key: str, text: str, dates: Dates, language: str = "en") -> str:
    """One value of a key as it is stored in a chip. QueryError if the key does not take it."""
    checks: dict[str, Callable[[str], str | None]] = {
        **dict.fromkeys(FREE, lambda value: value or None),
        **dict.fromkeys(COUNTED, _numbers),
        "date": dates.value,
        "before": lambda value: _start(dates.value(value), False),
        "after": lambda value: _start(dates.value(value), True),
        "month": lambda value: _named(value, {**dates.words.short_months, **dates.words.months}, 1, 12),
        "day": lambda value: _day(value, dates),
        "time": _hours,
        "country": lambda value: _country(value, language),
        "near": _near,
        "format": lambda value: FORMATS.get(value.lower().lstrip(".")),
        "size": lambda value: value if bytes_range(value) else None,
        "mp": _numbers,
        "limit": lambda value: value if value.isdecimal() and 0 < int(value[:9]) <= MOST_LIMIT else None,
    }
    if key in CHOICES:
        value = folded(text)
        found = COLOUR_NAMES.get(value) if key == "color" else value
        checked = found if found in CHOICES[key] else None
    else:
        checked = checks[key](text.strip())
    if checked is None:
        raise QueryError(_("{key}: does not take {text!r}. {advice}", key=key, text=text, advice=_advice(key)))
    return checked


def _advice(key: str) -> str:
    if key in CHOICES:
        return _("It takes {choices}", choices=", ".join(CHOICES[key]))
    examples = {
        **{"date": "2019-07..2019-08", "before": "2019-07", "after": "2020", "month": "7 or 6..8", "day": "saturday"},
        **{"time": "22..4", "country": "it", "near": "48.86,2.35,5km", "format": "heic", "size": ">5MB", "limit": "50"},
    }
    return _("Write it as {example}", example=f"{key}:{examples.get(key, '>=4 or 3..7')}")


def number_range(value: str) -> tuple[float, float]:
    """ "3..7", "4..", ">3", "<5" or "5" as a lowest value and the first that is too high."""
    if value[0] in "<>":
        number = float(value[1:])
        return (math.nextafter(number, math.inf), math.inf) if value[0] == ">" else (-math.inf, number)
    low, high = ranged(value)
    return float(low or -math.inf), math.nextafter(float(high), math.inf) if high else math.inf


def bytes_range(value: str) -> tuple[float, float] | None:
    """ ">5MB" in bytes, as number_range has it; None if it is none."""
    match = re.fullmatch(rf"(>=|<=|>|<)?({NUMBER})\s?([kmg]?b)?", value.strip(), re.IGNORECASE)
    if not match:
        return None
    number = float(match[2]) * UNITS[(match[3] or "").lower()]
    sign = match[1] or ""
    low = number if sign in (">=", "") else math.nextafter(number, math.inf) if sign == ">" else -math.inf
    high = number if sign == "<" else math.nextafter(number, math.inf) if sign in ("<=", "") else math.inf
    return low, high


def _numbers(value: str) -> str | None:
    """ ">=4" and "4.." are one."""
    if match := re.fullmatch(rf"(>=|<=|>|<)\s?({NUMBER})", value):
        return {">=": f"{match[2]}..", "<=": f"..{match[2]}"}.get(match[1], match[1] + match[2])
    shape = rf"{NUMBER}|{NUMBER}\.\.(?:{NUMBER})?|\.\.{NUMBER}"
    return value if re.fullmatch(shape, value) else None


def _start(value: str | None, last: bool) -> str | None:
    """The end of a date that matters: "before 2019..2020" is before 2019."""
    if value is None:
        return None
    return (value.rpartition("..")[2] if last else value.partition("..")[0]) or None


def _named(value: str, names: Mapping[str, int], least: int, most: int) -> str | None:
    numbers = []
    for one in folded(value).split(".."):
        number = names.get(one, int(one) if one.isdecimal() and len(one) < 3 else 0)
        if not least <= number <= most:
            return None
        numbers.append(str(number))
    return "..".join(numbers) if len(numbers) < 3 else None


def _day(value: str, dates: Dates) -> str | None:
    name = folded(value)
    if name == "weekend" or name in WEEKDAYS:
        return name
    if name in dates.words.weekdays:
        return WEEKDAYS[dates.words.weekdays[name]]
    if name.isdecimal() and 1 <= int(name[:3]) <= 31:
        return str(int(name))
    shape = r"(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    return name if re.fullmatch(rf"{shape}(?:\.\.{shape})?", name) else None


def _hours(value: str) -> str | None:
    match = re.fullmatch(r"(\d{1,2})(?::00)?(?:\.\.(\d{1,2})(?::00)?)?", value)
    if not match or any(int(hour) > 24 for hour in match.groups() if hour):
        return None
    first = int(match[1]) % 24
    return f"{first}..{int(match[2]) if match[2] else first + 1}"


def _country(value: str, language: str) -> str | None:
    known = tongue(language).countries
    return value.upper() if value.upper() in known.values() else known.get(folded(value))


def _near(value: str) -> str | None:
    number = r"-?\d{1,3}(?:\.\d{1,9})?"
    match = re.fullmatch(rf"({number}),\s?({number})(?:,\s?({NUMBER})\s?(?:km)?)?", value)
    if not match or abs(float(match[1])) > 90 or abs(float(match[2])) > 180:
        return None
    return f"{match[1]},{match[2]},{float(match[3] or NEAR_KM):g}"
