"""Dates as people write them: "July 2019", "last summer", "between May and July 2018", "on Saturday night".

All times are the clock on the wall where the photo was taken.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cached_property

from unipic.core.folding import folded
from unipic.search._relative import Relative
from unipic.search._tongue import WEEKDAYS, tongue
from unipic.search._yearly import OF, PART_OF_DAY, PARTS_OF_DAY, Found, Yearly, any_of, with_part_of_day
from unipic.search.spans import Point, Span, is_point, point_text

FIRST_YEAR = 1900  # smaller numbers are numbers
ALSO_WORDS = {"may", "march", "fall", "mars"}  # these need a capital, a word such as "in" before them, or a year
ARTICLES = {"the", "le", "la", "el", "il", "de", "het"}


class Dates:
    """Reads dates in English and one other language."""

    def __init__(self, language: str, today: date, south: bool = False) -> None:
        """`south`: most photos were taken where it is winter in July."""
        self.today, self.words = today, tongue(language)
        self._yearly = Yearly(self.words, south)
        self._relative = Relative(self._yearly, today)

    def value(self, text: str) -> str | None:
        """The value of a `date:` chip, as "2019-07..2019-08", for what a person wrote; None if it is no date."""
        text = folded(text)
        low, dots, high = text.partition("..")
        if dots:
            first, last = (self.value(one) if one else "" for one in (low, high))
            if first is None or last is None or not first + last:
                return None
            return f"{first.partition('..')[0]}..{last.rpartition('..')[2]}"
        if is_point(text):
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
        whole = (one for one in found if _ends_word(text, one[0]) and all(map(_exists, one[1])))
        return max(whole, key=lambda one: one[0], default=None)

    def _all(self, text: str, start: int, strong: bool) -> Iterator[Found]:
        readers: tuple[Callable[[str, int], Iterator[Found]], ...] = (
            self._ranges,
            self._open_ended,
            self._relative.read,
        )
        for reader in readers:
            yield from reader(text, start)
        for end, span in self._spans(text, start):
            if strong or text[start:end] not in ALSO_WORDS:
                yield end, [span.chip()]
                yield from with_part_of_day(text, end, [span.chip()])
        yield from self._days(text, start)
        if strong and (match := PART_OF_DAY.match(text, start)):
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
            for end, span, short in self._yearly.spans(text, begin):
                year_after = self._year_after.match(text, end)
                year = int(year_after[1]) if year_after else None
                if given and self._is_year(given):
                    yield end, span.in_year(given)
                elif year and self._is_year(year) and year_after:
                    if self._is_date(span.in_year(year).first):
                        yield year_after.end(), span.in_year(year)
                elif begin == start and not short:
                    yield end, span

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

    # Days of the week, and parts of the day.

    def _days(self, text: str, start: int) -> Iterator[Found]:
        if match := self._yearly.weekday.match(text, start):
            chip = ("day", WEEKDAYS[self.words.weekdays[match[1]]])
            yield match.end(), [chip]
            yield from with_part_of_day(text, match.end(), [chip])
        if match := re.compile(r"weekends?").match(text, start):
            yield match.end(), [("day", "weekend")]

    # Patterns, compiled when they are used first.

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
        return re.compile(rf"(?:{any_of(self.words.before)} )*")

    _year_first = re.compile(r"((?:19|20)\d\d) ")
    _year_after = re.compile(rf" {OF}((?:19|20)\d\d)(?!\d)")
    _decade = re.compile(r"((?:19|20)\d0|\d0)s")
    _joint = re.compile(r" ?(?:-|–|—|\.\.) ?| (?:to|and|until|till|bis|und|a|et|y) ")
    _open = re.compile(r"(before|after|since|until|till) (?:the )?")


def _joined(first: Span, last: Span) -> Span | None:
    """From one span to another; the year of the last one holds for both. None if they do not go together."""
    if first.open and not last.open and last.last[0]:
        first = first.in_year(last.last[0])
    if first.open != last.open or bool(first.first[2]) != bool(last.last[2]):
        return None
    return Span(first.first, last.last) if first.open or first.first[0] is not None else None


def _ends_word(text: str, end: int) -> bool:
    return end == len(text) or not (text[end].isalnum() or text[end] in "-_/.'")


def _exists(chip: tuple[str, str]) -> bool:
    """Whether the calendar has the days of a chip: 2019 had no 29 February."""
    key, value = chip
    return key not in ("date", "before", "after") or all(map(is_point, filter(None, value.split(".."))))
