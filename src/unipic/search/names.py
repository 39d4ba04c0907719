"""The names that occur in a library, for the parser, and the places they stand for."""

from collections import Counter, defaultdict
from collections.abc import Callable
from functools import cached_property
from typing import Any

from unipic.core.folding import folded
from unipic.library.places import Place, places
from unipic.library.searchable import Searchable
from unipic.search.learned import Learned, learned
from unipic.search.vocabulary import Vocabulary

InEvent = Callable[[str], frozenset[str]]


def in_none(event: str) -> frozenset[str]:
    """Default for `event`: nobody looked for events."""
    return frozenset()


class Names:
    """Names in one state of the library."""

    def __init__(self, library: Searchable, event: InEvent = in_none) -> None:
        """`event`: digests of the photos of events, by an id or words of a title."""
        self.library, self.event = library, event
        self._labels: dict[tuple[str, frozenset[str], frozenset[str]], Learned] = {}

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Each name with its number of photos."""
        photos: Counter[str] = Counter()
        for id, number in self._counted("place") + self._counted("city"):
            if place := places().named(id):
                photos[place.name] += number
        others = {folded(name): place.name for place in self._places.values() for name in place.others}
        rows = self.library.ask("SELECT count(*) FILTER (WHERE z < 0), count(z) FROM trait")
        south, all_of_them = rows[0] if rows else (0, 0)
        countries, cameras = (
            {str(name): number for name, number in self._counted(column)} for column in ("country", "camera")
        )
        return Vocabulary(photos, others, countries, self.library.named(), cameras, south > all_of_them / 2)

    def place_ids(self, name: str) -> tuple[int, ...]:
        """GeoNames' ids of the places of the library that have this name in some language."""
        return tuple(self._ids.get(folded(name), ()))

    def learned(self, tag: str) -> Learned:
        """What a tag teaches, learned once for the photos that have it. QueryError says why it cannot be."""
        known = tag, self.library.said("tag", tag), self.library.said("tag", f"not {tag}")
        if known not in self._labels:
            self._labels[known] = learned(self.library, tag)
        return self._labels[known]

    @cached_property
    def _ids(self) -> dict[str, list[int]]:
        ids: dict[str, list[int]] = defaultdict(list)
        for id, place in self._places.items():
            for name in {folded(name) for name in (place.name, *place.others)}:
                ids[name].append(id)
        return ids

    @cached_property
    def _places(self) -> dict[int, Place]:
        ids = {id for column in ("place", "city") for id, _ in self._counted(column)}
        found = ((id, places().named(id)) for id in sorted(ids))
        return {id: place for id, place in found if place}

    def _counted(self, column: str) -> list[tuple[Any, int]]:
        asked = f"SELECT {column}, count(*) FROM trait WHERE {column} IS NOT NULL AND {column} != '' GROUP BY {column}"
        return [(value, number) for value, number in self.library.ask(asked)]
