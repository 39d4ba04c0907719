"""Spans of time, as the values of chips: "2019", "2019-07", "2019-07-14", and from one to another with dots between."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

# Year, month, day. Without a year it comes each year again; without a day, or a month, all of it is meant.
Point = tuple[int | None, int | None, int | None]


@dataclass(frozen=True)
class Span:
    """From one point to another, both included; with years, or each year again."""

    first: Point
    last: Point

    @property
    def open(self) -> bool:
        """Whether it has no year."""
        return self.first[0] is None

    def in_year(self, year: int) -> "Span":
        """The span that begins in this year."""
        (_, *first), (_, *last) = self.first, self.last
        turns = [one or 0 for one in last] < [one or 0 for one in first]
        return Span((year, first[0], first[1]), (year + turns, last[0], last[1]))

    def chip(self) -> tuple[str, str]:
        """As (key, value)."""
        key = ("day" if self.first[2] else "month") if self.open else "date"
        return key, ranged_text(self.first, self.last)


def point_text(point: Point) -> str:
    """2019-07-14, 2019-07, 2019; without a year 07-14 or 7."""
    year, month, day = point
    if year is None:
        return f"{month:02}-{day:02}" if day else str(month)
    return "-".join([f"{year:04}", *(f"{part:02}" for part in (month, day) if part)])


def ranged_text(first: Point, last: Point) -> str:
    """Two points with dots between them, or one."""
    return point_text(first) if first == last else f"{point_text(first)}..{point_text(last)}"


def first_day(text: str) -> date:
    """The first day of "2019", "2019-07" or "2019-07-14". ValueError for anything else."""
    year, month, day = (*map(int, text.split("-")), 1, 1)[:3]
    return date(year, month, day)


def day_after(text: str) -> date:
    """The first day after "2019", "2019-07" or "2019-07-14". ValueError for anything else."""
    first, precision = first_day(text), text.count("-")
    if precision == 0:
        return date(min(first.year + 1, 9999), 1, 1)
    return first + timedelta(monthrange(first.year, first.month)[1] if precision == 1 else 1)


def is_point(text: str) -> bool:
    """Whether the text is a day, a month or a year of the calendar, written so."""
    if not re.fullmatch(r"\d{4}(?:-\d\d){0,2}", text):
        return False
    try:
        return bool(first_day(text))
    except ValueError:
        return False
