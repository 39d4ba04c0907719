"""Searches of the browser: a query, what it was understood as, and the photos in the order of the answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from server.examples import Examples
from server.occasions import Occasions
from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _
from unipic.core.settings import Settings, models_folder
from unipic.core.words import printable
from unipic.library.library import Library
from unipic.library.listing import Listing

if TYPE_CHECKING:  # what a search needs is loaded by the first one: the first screen should not wait for it
    from unipic.search.query import Chip, Query
    from unipic.search.results import Results
    from unipic.search.search import Asked, Example

SHORTEST_DIGEST = 8  # digits of a digest in a query that name a photo
LONGEST_QUERY = 2_000  # characters
MOST_EMPTIED = 3  # conditions that are offered to be left out


@dataclass(frozen=True)
class Wanted:
    """What a browser asks for."""

    text: str
    language: str = "en"
    today: date = date.min  # where the server is
    every_shot: bool = False
    folder: Path | None = None
    also: str = ""  # conditions of the page's own filters, written as the query is


@dataclass(frozen=True, eq=False)
class Found:
    """The photos as the grid lists them, and what is said above them."""

    listing: Listing
    about: dict[str, Any]
    results: Results | None = None  # None: the query could not be understood

    def more(self, start: int, count: int) -> list[dict[str, Any]]:
        """For photos from a position on: how many `more` are behind each, `why` it is there, and what shows it.

        `part`: left, top, right and bottom as shares of the picture; None for the whole. `at`: seconds into a film.
        """
        if self.results is None:
            return []
        some = slice(start, start + count)
        order = self.results.order[some].tolist()
        told = zip(self.results.more[some].tolist(), self.results.why(order), self.results.parts(order), strict=True)
        return [
            {"more": more, "why": printable(why), "part": part.get("box"), "at": self.results.at(position)}
            for position, (more, why, part) in zip(order, told, strict=True)
        ]


class Searches:
    """Searches of a library. The last state of the library is kept, with all its vectors once they were needed."""

    def __init__(self, library: Library, occasions: Occasions | None = None) -> None:
        self.library = library
        self.occasions = occasions or Occasions(library)
        self.examples = Examples()
        self._lock = threading.Lock()
        self._asked: tuple[tuple[Any, ...], Asked] | None = None

    def find(self, wanted: Wanted) -> Found:
        """What is found. DecisionsUnreadable if the query names marks and they are damaged."""
        from utils import search_gallery

        asked = self._state(wanted.language, wanted.today)
        text = f"{wanted.text[:LONGEST_QUERY]} {wanted.also}"
        try:
            examples = [*self._examples(asked, asked.parse(text))]
            results = search_gallery(text, asked, examples, within=wanted.folder, every_shot=wanted.every_shot)
        except SettingsError as error:
            return Found(Listing(np.zeros(0, np.int64), []), {"error": f"{error}."})
        listing = Listing(asked.library.files[results.order], _days(results))
        return Found(listing, self._about(asked, results, len(wanted.text)), results)

    def _examples(self, asked: Asked, query: Query) -> Iterator[Example]:
        """The pictures that like: names by the beginning of their digest. SettingsError for anything else."""
        for chip in query.chips:
            for value in chip.values if chip.key == "like" else ():
                example = self._example(asked, value) if len(value) >= SHORTEST_DIGEST else None
                if example is None:
                    raise SettingsError(
                        _(
                            "like: takes a photo of the library, or a picture dropped on the page a short time "
                            "ago; open a photo and choose Find similar"
                        )
                    )
                yield replace(example, wanted=not chip.negative)

    def _example(self, asked: Asked, digits: str) -> Example | None:
        digest = asked.library.beginning_with(digits)
        return (asked.example(digest, True) if digest else None) or self.examples.beginning_with(digits)

    def _about(self, asked: Asked, results: Results, length: int) -> dict[str, Any]:
        """What the query was understood as. Chips of the page's own filters, behind `length`, are left out."""
        chips = [chip for chip in results.query.chips if chip.start < length]
        about = {
            "chips": [self._chip(asked, chip) for chip in chips],
            "photos": results.total,
            "notes": results.notes,
            "without": [],
        }
        if not results.total and len(results.query.chips) > 1:
            left = sorted(asked.without_each(results.query), key=lambda one: -one[1])
            offered = [(chip, number) for chip, number in left if number and chip in chips][:MOST_EMPTIED]
            about["without"] = [{**self._chip(asked, chip), "photos": number} for chip, number in offered]
        return about

    def _chip(self, asked: Asked, chip: Chip) -> dict[str, Any]:
        """`label` is for people; text and readings are written as a query is. `photos`: None if it is no condition."""
        from unipic.search.conditions import NOT_ASKED
        from unipic.search.labels import label

        if chip.key == "event":
            titles = self.occasions.now().by_id
            told = (titles[value].title if value in titles else value for value in chip.values)
            names = printable(f" {_('or')} ".join(told))
            named = _("not event: {names}", names=names) if chip.negative else _("event: {names}", names=names)
        elif chip.key == "like":
            names = f" {_('or')} ".join(self._name(asked, value) for value in chip.values)
            named = _("unlike {names}", names=names) if chip.negative else _("like {names}", names=names)
        else:
            named = label(chip, asked.parser.language)
        return {
            "text": str(chip),
            "label": named,
            "start": chip.start,
            "end": chip.end,
            "readings": chip.readings,
            "photos": None if chip.key in NOT_ASKED else asked.count(chip),
        }

    def _name(self, asked: Asked, digits: str) -> str:
        """The name of the photo whose digest begins so."""
        digest = asked.library.beginning_with(digits)
        photo = asked.library.reader.by_digest([digest]).get(digest) if digest else None
        dropped = self.examples.beginning_with(digits)
        photo = photo or (dropped.photo if dropped else None)
        return printable(photo.name.rpartition("/")[2]) if photo else digits

    def _state(self, language: str, today: date) -> Asked:
        """The library as it is now."""
        from unipic.library.searchable import Searchable
        from unipic.search.search import Asked
        from unipic.tools import open_meaning

        with self._lock:
            key = (self.library.version(), language, today)
            if self._asked is None or self._asked[0] != key:
                same = self._asked and self._asked[0][0] == key[0]
                encoder = self.occasions.encoder()
                library = (
                    self._asked[1].library
                    if same and self._asked
                    else Searchable(self.library, encoder.key, encoder.calibration)
                )
                meaning, about = open_meaning(library, Settings(), models_folder(), self.library.path.parent)
                in_event = self.occasions.matching
                self._asked = key, Asked(library, language, today, meaning, about, in_event)
            return self._asked[1]

    def look_at(self, path: Path, name: str) -> str:
        """Look at a picture to search by, with the encoder of the library; returns its digest. SourceError."""
        return self.examples.add(path, name, self.occasions.encoder_name())


def _days(results: Results) -> list[tuple[str, int]]:
    """The headings with their numbers of photos: days, or how sure it is; one heading if the order is another."""
    headings = results.headings()
    if results.query.values("sort"):
        return [("Found", len(results.order))] if len(results.order) else []
    if headings:
        return headings
    taken = (results.library.taken[position][:10] for position in results.order.tolist())
    return [(day, sum(1 for _one in some)) for day, some in groupby(taken)]
