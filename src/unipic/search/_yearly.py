"""What comes each year, week or day again: months, days of a month, seasons, holidays, weekdays, parts of the day."""

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator

from unipic.search._tongue import Tongue
from unipic.search.spans import Point, Span

Found = tuple[int, list[tuple[str, str]]]  # where it ends in the text, and the chips as (key, value)

PARTS_OF_DAY = {"morning": "6..12", "noon": "11..14", "afternoon": "12..18", "evening": "18..21", "night": "21..6"}
PART_OF_DAY = re.compile(rf"(?:the )?({'|'.join(PARTS_OF_DAY)})\b")
_PART_AFTER = re.compile(rf" (?:in the |at )?({'|'.join(PARTS_OF_DAY)})")
HOLIDAYS: dict[str, tuple[tuple[int, int], tuple[int, int]]] = {
    "christmas": ((12, 24), (12, 26)),
    "christmas eve": ((12, 24), (12, 24)),
    "new year's eve": ((12, 31), (12, 31)),
    "new years eve": ((12, 31), (12, 31)),
    "new year's day": ((1, 1), (1, 1)),
    "halloween": ((10, 31), (10, 31)),
    "valentine's day": ((2, 14), (2, 14)),
}
OF = r"(?:(?:of|de|del|do|di) )?"


class Yearly:
    """Reads what comes again, in the words of English and one other language."""

    def __init__(self, words: Tongue, south: bool) -> None:
        self.words, self.south = words, south
        self._months = {**words.short_months, **words.months}
        month, day = f"(?P<month>{any_of(self._months)})", r"(?P<day>[0-3]?[1-9]|[123]0)(?:st|nd|rd|th|\.|er)?"
        self._days = (
            re.compile(rf"{month}\.? (?P<day>[0-3]?\d)(?:st|nd|rd|th)?(?!\w)"),
            re.compile(rf"{day} {OF}{month}\b\.?"),
            re.compile(rf"{month}\b\.?"),
        )
        self._season = re.compile(rf"({any_of(words.seasons)})\b")
        self.weekday = re.compile(rf"({any_of(words.weekdays)})s?\b")  # as group 1

    def spans(self, text: str, start: int) -> Iterator[tuple[int, Span, bool]]:
        """Spans of each year, and whether they need a year: an abbreviation alone may be another word."""
        for pattern in self._days:
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


def with_part_of_day(text: str, end: int, chips: list[tuple[str, str]]) -> Iterator[Found]:
    """The chips with a part of the day that follows them, if one does."""
    if match := _PART_AFTER.match(text, end):
        yield match.end(), [*chips, ("time", PARTS_OF_DAY[match[1]])]


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of the words, the longest first."""
    return "(?:" + "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) + ")"
