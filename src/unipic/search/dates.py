"""Dates as people write them: "July 2019", "last summer", "between May and July 2018", "on Saturday night".

All times are the clock on the wall where the photo was taken.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from unipic.core.folding import folded
from unipic.search._tongue import WEEKDAYS, Tongue, tongue

Point = tuple[
    int | None, int | None, int | None
]  # year, month, day; what is None is left open, from the end or the start
Found = tuple[int, list[tuple[str, str]]]  # where it ends in the text, and the chips as (key, value)

FIRST_YEAR = 1900  # smaller numbers are numbers
NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
           "nine": 9, "ten": 10}  # fmt: skip
PARTS_OF_DAY = {"morning": "6..12", "noon": "11..14", "afternoon": "12..18", "evening": "18..21", "night": "21..6"}
HOLIDAYS: dict[str, tuple[tuple[int, int], tuple[int, int]]] = {
    "christmas": ((12, 24), (12, 26)),
    "christmas eve": ((12, 24), (12, 24)),
    "new year's eve": ((12, 31), (12, 31)),
    "new years eve": ((12, 31), (12, 31)),
    "new year's day": ((1, 1), (1, 1)),
    "halloween": ((10, 31), (10, 31)),
    "valentine's day": ((2, 14), (2, 14)),
}
ALSO_WORDS = {"may", "march", "fall", "mars"}  # these need a capital, a word such as "in" before them, or a year
ARTICLES = {"the", "le", "la", "el", "il", "de", "het"}
OF = r"(?:(?:of|de|del|do|di) )?"
WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class Span:
    """From one point to another, both included; with years, or each year again."""

    first: Point
    last: Point

    @property
    def open(self) -> bool:
        """Whether it has no year."""
        return self.first[0] is None

    def in_year(self, year: int) -> Span:
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


class Dates:
    """Reads dates in English and one other language."""

    def __init__(self, language: str, today: date, south: bool = False) -> None:
        """`south`: most photos were taken where it is winter in July."""
        self.today, self.south = today, south
        self.words: Tongue = tongue(language)

    def value(self, text: str) -> str | None:
        """The value of a `date:` chip, as "2019-07..2019-08", for what a person wrote; None if it is no date."""
        text = folded(text)
        low, dots, high = text.partition("..")
        if dots:
            ends = [self.value(one) if one else "" for one in (low, high)]
            return None if None in ends or not any(ends) else f"{_low(ends[0])}..{_high(ends[1])}"
        if _is_point(text):
            return text  # whatever its year
        end, chips = self.at(text, 0, True) or (0, [])
        return chips[0][1] if end == len(text) and [key for key, _ in chips] == ["date"] else None

    def at(self, text: str, start: int, capital: bool = False) -> Found | None:
        """The longest date that begins there in a folded text; `capital`: words such as "may" count as months."""
        prefix = self._before.match(text, start)
        assert prefix
        sure = bool(set(prefix[0].split()) - ARTICLES)
        begins = {start: capital, prefix.end(): capital or sure}
        found = [found for begin, strong in begins.items() for found in self._all(text, begin, strong)]
        return max((one for one in found if _ends_word(text, one[0])), key=lambda one: one[0], default=None)

    def _all(self, text: str, start: int, strong: bool) -> Iterator[Found]:
        readers: tuple[Callable[[str, int], Iterator[Found]], ...] = (self._ranges, self._open_ended, self._relative)
        for reader in readers:
            yield from reader(text, start)
        for end, span in self._spans(text, start):
            if strong or text[start:end] not in ALSO_WORDS:
                yield end, [span.chip()]
                yield from self._with_part_of_day(text, end, [span.chip()])
        yield from self._days(text, start)
        if strong and (match := self._part_of_day.match(text, start)):
            yield match.end(), [("time", PARTS_OF_DAY[match[1]])]

    # Spans: a day, a month, a season, a holiday, a year.

    def _spans(self, text: str, start: int) -> Iterator[tuple[int, Span]]:
        for match in filter(None, (pattern.match(text, start) for pattern in self._numeric)):
            parts = {name: int(value) for name, value in match.groupdict().items() if value}
            point: Point = (parts["y"], parts.get("m"), parts.get("d"))
            if self._is_date(point):
                yield match.end(), Span(point, point)
        if (decade := self._decade.match(text, start)) and (first := self._first_of(decade)):
            yield decade.end(), Span((first, None, None), (first + 9, None, None))
        year_before = self._year_first.match(text, start)
        for begin, given in ((start, None), *([(year_before.end(), int(year_before[1]))] if year_before else ())):
            for end, span, short in self._recurring(text, begin):
                year_after = self._year_after.match(text, end)
                year = int(year_after[1]) if year_after else None
                if given and self._is_year(given):
                    yield end, span.in_year(given)
                elif year and self._is_year(year) and year_after:
                    if self._is_date(span.in_year(year).first):
                        yield year_after.end(), span.in_year(year)
                elif begin == start and not short:
                    yield end, span

    def _recurring(self, text: str, start: int) -> Iterator[tuple[int, Span, bool]]:
        """Spans of each year, and whether they need a year: an abbreviation alone may be another word."""
        for pattern in (self._month_day, self._day_month, self._month):
            if match := pattern.match(text, start):
                name, day = match["month"], match.groupdict().get("day")
                point: Point = (None, self._months[name], int(day) if day else None)
                if not day or int(day) <= monthrange(2020, point[1] or 1)[1]:
                    yield match.end(), Span(point, point), name not in self.words.months and not day
        if match := self._season.match(text, start):
            first = (3 + 3 * self.words.seasons[match[1]] + 6 * self.south - 1) % 12 + 1
            yield match.end(), Span((None, first, None), (None, (first + 1) % 12 + 1, None)), False
        for name, (first_of, last_of) in HOLIDAYS.items():
            if text.startswith(name, start):
                yield start + len(name), Span((None, *first_of), (None, *last_of)), False

    def _is_year(self, year: int) -> bool:
        return FIRST_YEAR <= year <= self.today.year

    def _is_date(self, point: Point) -> bool:
        year, month, day = point
        try:
            date(year or 2020, month or 1, day or 1)
        except ValueError:
            return False
        return year is None or self._is_year(year)

    def _first_of(self, match: re.Match[str]) -> int | None:
        digits = match[1]
        year = (
            int(digits)
            if len(digits) == 4
            else next((y for y in (2000, 1900) if y + int(digits) <= self.today.year), 0)
        )
        year += int(digits) if len(digits) == 2 else 0
        return year if self._is_year(year) else None

    # Several spans, and open ends.

    def _ranges(self, text: str, start: int) -> Iterator[Found]:
        opening = re.compile(r"(?:between|from|zwischen|von|entre|de) ").match(text, start)
        for begin in {start, opening.end() if opening else start}:
            for end, first in self._spans(text, begin):
                joint = self._joint.match(text, end)
                for last_end, last in self._spans(text, joint.end()) if joint else ():
                    whole = _joined(first, last)
                    if whole and _ends_word(text, last_end):
                        yield last_end, [whole.chip()]

    def _open_ended(self, text: str, start: int) -> Iterator[Found]:
        if match := self._open.match(text, start):
            for end, span in self._spans(text, match.end()):
                if not span.open:
                    first, last = point_text(span.first), point_text(span.last)
                    values = {"before": ("before", first), "after": ("after", last), "since": ("date", f"{first}..")}
                    yield end, [values.get(match[1], ("date", f"..{last}"))]

    # Relative to today.

    def _relative(self, text: str, start: int) -> Iterator[Found]:
        for word, days in (("today", 0), ("yesterday", 1)):
            if text.startswith(word, start):
                chip = ("date", str(self.today - timedelta(days)))
                yield start + len(word), [chip]
                yield from self._with_part_of_day(text, start + len(word), [chip])
        if match := self._ago.match(text, start):
            yield match.end(), [("date", self._back(_number(match[1]), match[2]))]
        if (match := self._past.match(text, start)) and (many := _number(match[1])):
            first = self._days_back(many, match[2])
            yield match.end(), [("date", f"{first}..{self.today}")]
        if match := self._last.match(text, start):
            yield from self._of_last(text, match.end(), 1 if match[1] == "last" else 0)

    def _of_last(self, text: str, start: int, back: int) -> Iterator[Found]:
        """What follows "last" (back = 1) or "this" (0)."""
        if match := re.compile(r"week|month|year").match(text, start):
            yield match.end(), [("date", self._back(back, match[0]))]
        if text.startswith("weekend", start):
            saturday = self._monday() - WEEK * back + timedelta(5)
            yield start + len("weekend"), [("date", f"{saturday}..{saturday + timedelta(1)}")]
        if (match := self._part_of_day.match(text, start)) and (back == 0 or match[1] == "night"):
            yield match.end(), [("date", str(self.today - timedelta(back))), ("time", PARTS_OF_DAY[match[1]])]
        if match := self._weekday.match(text, start):
            behind = (self.today.weekday() - self.words.weekdays[match[1]]) % 7
            chip = ("date", str(self.today - timedelta(behind or 7 * back)))
            yield match.end(), [chip]
            yield from self._with_part_of_day(text, match.end(), [chip])
        for end, span, _ in self._recurring(text, start):
            yield end, [self._latest(span, bool(back)).chip()]

    def _latest(self, span: Span, over: bool) -> Span:
        """Of a span that comes each year, this year's, or with `over` the last one that is over."""
        years = range(self.today.year, self.today.year - 3, -1)
        spans = (span.in_year(year) for year in years)
        return next(one for one in spans if not over or day_after(point_text(one.last)) <= self.today)

    def _back(self, many: int, unit: str) -> str:
        """The day, week, month or year so long ago."""
        if unit == "day":
            return str(self.today - timedelta(many))
        if unit == "week":
            monday = self._monday() - WEEK * many
            return f"{monday}..{monday + timedelta(6)}"
        if unit == "month":
            year, month = divmod(self.today.year * 12 + self.today.month - 1 - many, 12)
            return f"{max(year, 1):04}-{month + 1:02}"
        return f"{max(self.today.year - many, 1):04}"

    def _days_back(self, many: int, unit: str) -> date:
        """The first of the last so many days, weeks, months or years."""
        if unit in ("day", "week"):
            return self.today - timedelta(many - 1 if unit == "day" else 7 * many - 1)
        year, month = divmod(self.today.year * 12 + self.today.month - 1 - many * (1 if unit == "month" else 12), 12)
        return date(max(year, 1), month + 1, min(self.today.day, monthrange(max(year, 1), month + 1)[1]))

    def _monday(self) -> date:
        return self.today - timedelta(self.today.weekday())

    # Days of the week, and parts of the day.

    def _days(self, text: str, start: int) -> Iterator[Found]:
        if match := self._weekday.match(text, start):
            chip = ("day", WEEKDAYS[self.words.weekdays[match[1]]])
            yield match.end(), [chip]
            yield from self._with_part_of_day(text, match.end(), [chip])
        if match := re.compile(r"weekends?").match(text, start):
            yield match.end(), [("day", "weekend")]

    def _with_part_of_day(self, text: str, end: int, chips: list[tuple[str, str]]) -> Iterator[Found]:
        match = re.compile(rf" (?:in the |at )?({'|'.join(PARTS_OF_DAY)})").match(text, end)
        if match:
            yield match.end(), [*chips, ("time", PARTS_OF_DAY[match[1]])]

    # Patterns, compiled when they are used first.

    @property
    def _months(self) -> dict[str, int]:
        return {**self.words.short_months, **self.words.months}

    @cached_property
    def _numeric(self) -> tuple[re.Pattern[str], ...]:
        year = r"(?P<y>(?:19|20)\d\d)"
        return (
            re.compile(rf"{year}([-/.])(?P<m>[01]?\d)\2(?P<d>[0-3]?\d)(?!\d)"),
            re.compile(rf"(?P<d>[0-3]?\d)\.(?P<m>[01]?\d)\.{year}(?!\d)"),
            re.compile(rf"{year}-(?P<m>[01]\d)(?!\d)"),
            re.compile(rf"{year}(?!\d)"),
        )

    @cached_property
    def _before(self) -> re.Pattern[str]:
        return re.compile(rf"(?:{_any(self.words.before)} )*")

    @cached_property
    def _month(self) -> re.Pattern[str]:
        return re.compile(rf"(?P<month>{_any(self._months)})\b\.?")

    @cached_property
    def _month_day(self) -> re.Pattern[str]:
        return re.compile(rf"(?P<month>{_any(self._months)})\.? (?P<day>[0-3]?\d)(?:st|nd|rd|th)?(?!\w)")

    @cached_property
    def _day_month(self) -> re.Pattern[str]:
        day = r"(?P<day>[0-3]?[1-9]|[123]0)(?:st|nd|rd|th|\.|er)?"
        return re.compile(rf"{day} {OF}(?P<month>{_any(self._months)})\b\.?")

    @cached_property
    def _season(self) -> re.Pattern[str]:
        return re.compile(rf"({_any(self.words.seasons)})\b")

    @cached_property
    def _weekday(self) -> re.Pattern[str]:
        return re.compile(rf"({_any(self.words.weekdays)})s?\b")

    _year_first = re.compile(r"((?:19|20)\d\d) ")
    _year_after = re.compile(rf" {OF}((?:19|20)\d\d)(?!\d)")
    _decade = re.compile(r"((?:19|20)\d0|\d0)s")
    _part_of_day = re.compile(rf"(?:the )?({'|'.join(PARTS_OF_DAY)})\b")
    _joint = re.compile(r" ?(?:-|–|—|\.\.) ?| (?:to|and|until|till|bis|und|a|et|y) ")
    _open = re.compile(r"(before|after|since|until|till) (?:the )?")
    _ago = re.compile(rf"(\d{{1,3}}|{'|'.join(NUMBERS)}) (day|week|month|year)s? ago")
    _past = re.compile(rf"(?:the )?(?:last|past) (\d{{1,3}}|{'|'.join(NUMBERS)}) (day|week|month|year)s?")
    _last = re.compile(r"(last|this) ")


def _any(words: object) -> str:
    """Any of the words, the longest first."""
    assert hasattr(words, "__iter__")
    return "(?:" + "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) + ")"


def _number(word: str) -> int:
    return NUMBERS.get(word) or int(word)


def _joined(first: Span, last: Span) -> Span | None:
    """From one span to another; the year of the last one holds for both. None if they do not go together."""
    if first.open and not last.open and last.last[0]:
        first = first.in_year(last.last[0])
    if first.open != last.open or bool(first.first[2]) != bool(last.last[2]):
        return None
    return Span(first.first, last.last) if first.open or first.first[0] is not None else None


def _ends_word(text: str, end: int) -> bool:
    return end == len(text) or not (text[end].isalnum() or text[end] in "-_/.'")


def _is_point(text: str) -> bool:
    if not re.fullmatch(r"\d{4}(?:-\d\d){0,2}", text):
        return False
    try:
        return bool(first_day(text))
    except ValueError:
        return False


def _low(value: str | None) -> str:
    return (value or "").partition("..")[0]


def _high(value: str | None) -> str:
    return (value or "").rpartition("..")[2]
