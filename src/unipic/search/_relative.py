"""Dates that are told from today: "yesterday", "last summer", "3 weeks ago", "the last 7 days"."""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

from unipic.search._yearly import PART_OF_DAY, PARTS_OF_DAY, Found, Yearly, with_part_of_day
from unipic.search.spans import Span, day_after, is_point, point_text

NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
           "nine": 9, "ten": 10}  # fmt: skip
_MANY = rf"(\d{{1,3}}|{'|'.join(NUMBERS)})"
AGO = re.compile(rf"{_MANY} (day|week|month|year)s? ago")
PAST = re.compile(rf"(?:the )?(?:last|past) {_MANY} (day|week|month|year)s?")
LAST = re.compile(r"(last|this) ")
WEEK = timedelta(weeks=1)


class Relative:
    """Reads dates that are told from `today`."""

    def __init__(self, yearly: Yearly, today: date) -> None:
        self.yearly, self.today = yearly, today

    def read(self, text: str, start: int) -> Iterator[Found]:
        """What begins there in a folded text."""
        for word, days in (("today", 0), ("yesterday", 1)):
            if text.startswith(word, start):
                chip = ("date", str(self.today - timedelta(days)))
                yield start + len(word), [chip]
                yield from with_part_of_day(text, start + len(word), [chip])
        if match := AGO.match(text, start):
            yield match.end(), [("date", self._back(_number(match[1]), match[2]))]
        if (match := PAST.match(text, start)) and (many := _number(match[1])):
            first = self._days_back(many, match[2])
            yield match.end(), [("date", f"{first}..{self.today}")]
        if match := LAST.match(text, start):
            yield from self._of_last(text, match.end(), 1 if match[1] == "last" else 0)

    def _of_last(self, text: str, start: int, back: int) -> Iterator[Found]:
        """What follows "last" (back = 1) or "this" (0)."""
        if match := re.compile(r"week|month|year").match(text, start):
            yield match.end(), [("date", self._back(back, match[0]))]
        if text.startswith("weekend", start):
            saturday = self._monday() - WEEK * back + timedelta(5)
            yield start + len("weekend"), [("date", f"{saturday}..{saturday + timedelta(1)}")]
        if (match := PART_OF_DAY.match(text, start)) and (back == 0 or match[1] == "night"):
            yield match.end(), [("date", str(self.today - timedelta(back))), ("time", PARTS_OF_DAY[match[1]])]
        if match := self.yearly.weekday.match(text, start):
            behind = (self.today.weekday() - self.yearly.words.weekdays[match[1]]) % 7
            chip = ("date", str(self.today - timedelta(behind or 7 * back)))
            yield match.end(), [chip]
            yield from with_part_of_day(text, match.end(), [chip])
        for end, span, _ in self.yearly.spans(text, start):
            yield end, [self._latest(span, bool(back)).chip()]

    def _latest(self, span: Span, over: bool) -> Span:
        """Of a span that comes each year, this year's, or with `over` the last one that is over."""
        years = range(self.today.year, self.today.year - 9, -1)
        spans = (span.in_year(year) for year in years)
        there = (one for one in spans if is_point(point_text(one.first)))  # 29 February is not
        return next((one for one in there if not over or day_after(point_text(one.last)) <= self.today), span)

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


def _number(word: str) -> int:
    return NUMBERS.get(word) or int(word)
