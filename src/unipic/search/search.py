"""The steps of a search, see search_gallery() in utils.py."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from unipic.core.errors import ModelError
from unipic.core.language import gettext as _, gettext_noop as N_, ngettext
from unipic.core.photo import Photo
from unipic.library.matching import Among, Every
from unipic.library.searchable import Searchable
from unipic.search.conditions import condition_of, missing
from unipic.search.meaning import Meaning
from unipic.search.names import InEvent, Names, in_none
from unipic.search.parse import Parser
from unipic.search.query import Chip, Query
from unipic.search.ranking import SAME, UNSURE, Ranked, by_examples, by_words, collapsed
from unipic.search.results import Results

CANDIDATES = 16  # nearest photos that are asked whether they are the same picture; copies are the very nearest
NO_MODEL = N_(
    "Words are looked for in names, folders, cameras, places, captions and what is written in pictures, and not in "
    "what pictures show; you can search by an example picture instead"
)


@dataclass(frozen=True, eq=False)
class Example:
    """A picture that results should be like, or unlike."""

    photo: Photo
    vector: np.ndarray  # [D]
    thumbnail: bytes = b""  # JPEG; b"": the library has it
    wanted: bool = True


@dataclass(frozen=True)
class Choice:
    """Which of the photos found are wanted."""

    every_shot: bool = False  # copies and bursts one by one
    unsure: bool = True  # also the less sure ones
    limit: int | None = None  # at most so many


Same = Callable[[Photo, Photo], bool]


class Asked:
    """One state of a library that can be asked, with its names; used for many queries."""

    def __init__(
        self,
        library: Searchable,
        language: str = "en",
        today: date | None = None,
        meaning: Meaning | None = None,
        about_meaning: Sequence[str] = (),
        event: InEvent = in_none,
    ) -> None:
        """`language`: of dates and countries, besides English; `meaning`: without it, words are letters alone.

        `about_meaning`: what to say to people who search by words: which model would find more, and how to get it.
        `event`: digests of the photos of events, by an id or words of a title.
        """
        self.meaning, self.about_meaning = meaning, tuple(about_meaning)
        self.library, self.names = library, Names(library, event)
        self.parser = Parser(self.names.vocabulary, language, today, self.count)

    def parse(self, text: str) -> Query:
        """The query as understood. QueryError."""
        return self.parser.parse(text)

    def count(self, chip: Chip) -> int:
        """How many photos a chip has by itself."""
        return len(self.allowed((chip,)))

    def allowed(self, chips: Sequence[Chip], within: Path | None = None) -> np.ndarray:
        """int64: positions of photos that meet all chips, newest first. `within`: only those in this folder."""
        condition = condition_of(chips, self.names)
        inside = (Among(self.library.reader.inside(within)),) if within else ()
        return self.library.matching(Every((*condition.conditions, *inside)))

    def rank(self, query: Query, allowed: np.ndarray, examples: Sequence[Example], same: Same) -> Ranked | None:
        """Rank by words and examples; None if the query has only conditions."""
        if not query.parts and not examples:
            return None
        ranked = Ranked.of(len(self.library.digests))
        by_words(ranked, self.library, query.parts)
        if self.meaning:
            try:
                self.meaning.rank(ranked, self.library, query.parts, allowed)
            except ModelError as error:
                ranked.notes.append(
                    _("{why}. Words are looked for as they are written alone", why=str(error).rstrip("."))
                )
        if examples:
            wanted, unwanted = (_vectors(examples, kind) for kind in (True, False))
            near = by_examples(ranked, self.library, wanted, unwanted, allowed, self.library.moment)
            ranked.zones[self._same(near[:CANDIDATES], examples, same)] = SAME
        return ranked

    def _same(self, near: np.ndarray, examples: Sequence[Example], same: Same) -> np.ndarray:
        """Those of the nearest that are the same picture as a wanted example."""
        digests = [self.library.digests[at] for at in near]
        photos = self.library.reader.by_digest(digests)
        wanted = [example.photo for example in examples if example.wanted]
        yes = [
            at
            for at, digest in zip(near.tolist(), digests, strict=True)
            if digest in photos and any(one.digest == digest or same(one, photos[digest]) for one in wanted)
        ]
        return np.array(yes, np.int64)

    def results(self, query: Query, allowed: np.ndarray, ranked: Ranked | None, choice: Choice) -> Results:
        """Order what is found, and leave out what is not wanted."""
        order = allowed if ranked is None else ranked.order(allowed)
        notes = [*missing(query.chips, self.names)]
        notes += [self.names.learned(value).about for value in query.values("label")]
        if self.library.unprepared:
            notes.append(
                ngettext(
                    "{n} photo is not searched yet: the next update makes it ready",
                    "{n:,} photos are not searched yet: the next update makes them ready",
                    self.library.unprepared,
                )
            )
        notes += ranked.notes if ranked else []
        if ranked is not None and not choice.unsure and (left := int((ranked.zones[order] == UNSURE).sum())):
            order = order[ranked.zones[order] < UNSURE]
            notes.append(ngettext("{n} less sure one is left out", "{n:,} less sure ones are left out", left))
        if any(part.weight > 0 for part in query.parts):
            notes += self.about_meaning
            if not len(order) and not self.meaning:
                notes.append(_(NO_MODEL))
        order = self._sorted(order, query)
        if choice.every_shot or {"copy", "burst"} & {*query.values("is"), *query.values("kind")}:
            shown, more = order, np.zeros(len(order), np.int64)
        else:
            shown, more = collapsed(order, self.library.groups, self.library.preference)
        if ranked is None and not query.values("sort"):  # days stay together where another copy stands for its group
            newest = np.argsort(shown)
            shown, more = shown[newest], more[newest]
        limits = [choice.limit or len(shown), *map(int, query.values("limit"))]
        limit = min(limits)
        return Results(self.library, query, shown[:limit], more[:limit], ranked, len(order), len(shown), tuple(notes))

    def _sorted(self, order: np.ndarray, query: Query) -> np.ndarray:
        match (query.values("sort") or ("",))[-1]:
            case "newest":
                return np.sort(order)
            case "oldest":
                newest = np.sort(order)
                dated = int(sum(bool(self.library.taken[at]) for at in newest.tolist()))
                return np.concatenate([newest[:dated][::-1], newest[dated:]])
            case "name":
                names = self.library.written([self.library.digests[at] for at in order])
                return np.array(sorted(order.tolist(), key=lambda at: (names[self.library.digests[at]], at)), np.int64)
        return order

    def without_each(self, query: Query) -> list[tuple[Chip, int]]:
        """Each chip with how many photos the others alone have: which of them empties an answer."""
        return [(chip, len(self.allowed(query.without(chip).chips))) for chip in query.chips]

    def example(self, digest: str, wanted: bool = True) -> Example | None:
        """A photo of the library as an example; None if it is not there, or has no vector."""
        photo = self.library.reader.by_digest([digest]).get(digest)
        vectors = self.library.vector_of(self.library.positions_of([digest]))
        return Example(photo, vectors[0], b"", wanted) if photo and len(vectors) else None


def _vectors(examples: Sequence[Example], wanted: bool) -> np.ndarray:
    rows = [np.asarray(one.vector, np.float32) for one in examples if one.wanted is wanted]
    return np.stack(rows) if rows else np.zeros((0, 0), np.float32)
