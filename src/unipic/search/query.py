"""What a query says: chips, which are conditions on facts, and parts, whose meaning or letters are looked for."""

import re
from dataclasses import dataclass, replace

from unipic.core.errors import SettingsError

PLAIN = re.compile(r"(?!//)[^\s\"|,]+")  # a value that needs no quotes
ONE_VALUE = ("near", "like", "word")  # keys whose value may have commas
MINUS, PLUS = -0.5, 1.0  # weights of parts with and without a minus


class QueryError(SettingsError):
    """The query cannot be understood; the message says why and what to write instead."""


@dataclass(frozen=True)
class Chip:
    """A condition: one of the values holds, or with `negative` none of them."""

    key: str
    values: tuple[str, ...]
    negative: bool = False
    start: int = 0  # where it stands in the query, in characters
    end: int = 0
    readings: tuple[str, ...] = ()  # what these words may mean otherwise, as one would write it

    def __str__(self) -> str:
        plain = re.compile(r"(?!//)\S+") if self.key in ONE_VALUE else PLAIN
        values = "|".join(value if plain.fullmatch(value) else f'"{value}"' for value in self.values)
        return f"{'-' * self.negative}{self.key}:{values}"

    def at(self, start: int, end: int) -> "Chip":
        """The same chip, standing there."""
        return replace(self, start=start, end=end)


@dataclass(frozen=True)
class Part:
    """Words that are not a chip, with their weight; negative ones are unwanted."""

    words: str
    weight: float = PLUS


@dataclass(frozen=True)
class Query:
    """A query as understood."""

    text: str  # as typed
    chips: tuple[Chip, ...] = ()
    parts: tuple[Part, ...] = ()

    def values(self, key: str) -> tuple[str, ...]:
        """All values of a key's chips that are not negative."""
        return tuple(value for chip in self.chips if chip.key == key and not chip.negative for value in chip.values)

    @property
    def words(self) -> str:
        """The parts as one would write them."""
        wanted = [part for part in self.parts if part.weight > 0]
        unwanted = [part for part in self.parts if part.weight <= 0]
        more = (_weighted(part.words, part.weight, PLUS) for part in wanted)
        less = (f"-{_weighted(part.words, -part.weight, -MINUS)}" for part in unwanted)
        return " ".join(filter(None, (" + ".join(more), *less)))

    def without(self, chip: Chip) -> "Query":
        """The query with one chip left out."""
        return replace(self, chips=tuple(one for one in self.chips if one is not chip))


def _weighted(words: str, weight: float, usual: float) -> str:
    return words if weight == usual else f"{weight:g}:{words}"


def ranged(value: str) -> tuple[str, str]:
    """ "3..7" -> ("3", "7"); "5" -> ("5", "5"); "4.." -> ("4", "")."""
    low, dots, high = value.partition("..")
    return low, high if dots else low
