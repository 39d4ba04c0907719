"""Chips in words, for people."""

from collections.abc import Callable, Mapping
from datetime import date

from unipic.search._tongue import WEEKDAYS, country_name
from unipic.search.query import Chip, ranged

MONTHS = [f"{date(2000, month, 1):%B}" for month in range(1, 13)]
BARE = {
    "kind",
    "is",
    "country",
    "place",
    "who",
    "date",
    "month",
    "day",
    "color",
    "camera",
    "format",
}  # without their key
HAS = {"place": "with a location", "edits": "edited", "film": "with a film"}


def label(chip: Chip, language: str = "en") -> str:
    """A chip in words: "May 2019", "not blurry", "Italy or France", "21:00 to 6:00"."""
    words = " or ".join(_said(chip.key, value, language) for value in chip.values)
    named = words if chip.key in BARE | {"time", "has", "before", "after"} else f"{chip.key}: {words}"
    return f"not {named}" if chip.negative else named


def country(code: str, language: str = "en") -> str:
    """The name of a country by its two letters."""
    return country_name(code, language)


def _said(key: str, value: str, language: str) -> str:
    readers: Mapping[str, Callable[[str], str]] = {
        "date": _date,
        "before": lambda value: f"before {_point(value)}",
        "after": lambda value: f"after {_point(value)}",
        "month": lambda value: _to(value, lambda end: MONTHS[int(end) - 1]),
        "day": _day,
        "time": lambda value: _to(value, lambda hour: f"{hour}:00"),
        "country": lambda value: country_name(value, language),
        "has": lambda value: HAS[value],
        "rating": lambda value: _to(value, lambda end: f"{end} stars"),
        "near": lambda value: "{}, {} within {} km".format(*value.split(",")),
        "format": str.upper,
        "is": lambda value: "black and white" if value == "bw" else value,
    }
    return readers.get(key, str)(value)


def _to(value: str, said: Callable[[str], str]) -> str:
    """A range in words: "from" and "up to" where an end is open."""
    low, high = ranged(value)
    if low == high:
        return said(low)
    if not (low and high):
        return f"from {said(low)}" if low else f"up to {said(high)}"
    return f"{said(low)} to {said(high)}"


def _date(value: str) -> str:
    return _to(value, _point)


def _point(value: str) -> str:
    """ "14 July 2019" for 2019-07-14."""
    year, *rest = value.split("-")
    month = [MONTHS[int(rest[0]) - 1]] if rest else []
    return " ".join([*(str(int(day)) for day in rest[1:]), *month, year])


def _day(value: str) -> str:
    if value in WEEKDAYS or "-" not in value:
        return value.capitalize()
    return _to(value, lambda end: f"{int(end[3:])} {MONTHS[int(end[:2]) - 1]}")
