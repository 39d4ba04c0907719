"""Chips in words, for people."""

from collections.abc import Callable, Mapping

from unipic.core.language import gettext as _, gettext_noop as N_, month_name, weekday_name
from unipic.search._tongue import WEEKDAYS, country_name
from unipic.search.query import Chip, ranged

# Without their key.
BARE = {"kind", "is", "country", "place", "who", "date", "month", "day", "color", "camera", "format"}
HAS = {"place": N_("with a location"), "edits": N_("edited"), "film": N_("with a film")}


def label(chip: Chip, language: str = "en") -> str:
    """A chip in words: "May 2019", "not blurry", "Italy or France", "21:00 to 6:00"."""
    words = f" {_('or')} ".join(_said(chip.key, value, language) for value in chip.values)
    named = words if chip.key in BARE | {"time", "has", "before", "after"} else f"{chip.key}: {words}"
    return _("not {what}", what=named) if chip.negative else named


def country(code: str, language: str = "en") -> str:
    """The name of a country by its two letters."""
    return country_name(code, language)


def _said(key: str, value: str, language: str) -> str:
    readers: Mapping[str, Callable[[str], str]] = {
        "date": lambda value: _to(value, _point),
        "before": lambda value: _("before {time}", time=_point(value)),
        "after": lambda value: _("after {time}", time=_point(value)),
        "month": lambda value: _to(value, lambda end: month_name(int(end))),
        "day": _day,
        "time": lambda value: _to(value, lambda hour: f"{hour}:00"),
        "country": lambda value: country_name(value, language),
        "has": lambda value: _(HAS[value]),
        "rating": lambda value: _to(value, lambda end: _("{stars} stars", stars=end)),
        "near": _near,
        "format": str.upper,
        "is": lambda value: _("black and white") if value == "bw" else value,
    }
    return readers.get(key, str)(value)


def _to(value: str, said: Callable[[str], str]) -> str:
    """A range in words: "from" and "up to" where an end is open."""
    low, high = ranged(value)
    if low == high:
        return said(low)
    if not (low and high):
        return _("from {low}", low=said(low)) if low else _("up to {high}", high=said(high))
    return _("{low} to {high}", low=said(low), high=said(high))


def _near(value: str) -> str:
    latitude, longitude, km = value.split(",")
    return _("{latitude}, {longitude} within {km} km", latitude=latitude, longitude=longitude, km=km)


def _point(value: str) -> str:
    """ "14 July 2019" for 2019-07-14."""
    year, *rest = value.split("-")
    month = [month_name(int(rest[0]))] if rest else []
    return " ".join([*(str(int(day)) for day in rest[1:]), *month, year])


def _day(value: str) -> str:
    if value in WEEKDAYS or "-" not in value:
        return weekday_name(WEEKDAYS.index(value)) if value in WEEKDAYS else _(value.capitalize())
    return _to(value, lambda end: f"{int(end[3:])} {month_name(int(end[:2]))}")
