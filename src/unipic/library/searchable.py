"""The library as it is searched: its photos in memory in one order, conditions and words by SQL, vectors by need.

An object is one state of the library, see `version`; it may be used by several threads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import log
from threading import Lock
from typing import Any

import numpy as np

from unipic.core.errors import DecisionsUnreadable
from unipic.core.folding import folded
from unipic.library._tables import marks, portions
from unipic.library.appearances import numbers, showing
from unipic.library.decisions import Catalogue
from unipic.library.matching import Condition, Every, match_of, sql_of
from unipic.library.persons import Persons
from unipic.library.reader import SHOWN, Reader
from unipic.library.vectors import ExactVectors
from unipic.reading import versions
from unipic.vision.base import Calibration

SURE = log(9)  # log-odds of 9 in 10, from which two shots in quick succession are of one burst
BURST_S = 10  # seconds between two shots of a burst by one camera, at most
SAME = "same"  # the verdict of a second look on two files of one picture


# Vectors of films' frames: those of the encoder are kept with their shots, under a key that ends with the encoder's.
FRAMES_SEEN = (
    "SELECT t.id, v.part, v.value FROM vector v JOIN trait t ON t.digest = v.digest WHERE v.part GLOB '[0-9]*' "
    "AND (v.key = ? OR substr(v.key, 1, 7) = 'frames ' AND substr(v.key, -length(?) - 1) = ' ' || ?2) "
    "GROUP BY t.id, v.part ORDER BY t.id, v.part"
)


@dataclass(frozen=True, eq=False)
class Nearest:
    """Photos most like a vector, best first."""

    places: np.ndarray  # int64 [N], positions
    cosines: np.ndarray  # float32 [N]
    vectors: np.ndarray  # float32 [N, D]: of the photo, or of the film's frame that is like it
    at: dict[int, float]  # seconds into a film at which that frame is, by position


class Searchable:
    """One state of a library. Photos are numbered by their position, newest first, then by digest."""

    def __init__(self, reader: Reader, encoder_key: str, calibration: Calibration) -> None:
        """`encoder_key`: of the vectors, with what their cosines are worth."""
        self.reader, self.encoder_key = reader, encoder_key
        self.moment = calibration.middle  # from this cosine on, two photos more likely show one moment than not
        self.alike = calibration.cosine(SURE)
        self.version = reader.version()
        rows = self.ask(
            "SELECT t.id, min(f.id), f.digest, t.taken FROM file f LEFT JOIN trait t ON t.digest = f.digest "
            f"WHERE {SHOWN} GROUP BY f.digest"
        )
        self.unprepared = sum(id is None for id, *_ in rows)  # photos that an update has not made ready for the search
        rows = [row for row in rows if row[0] is not None]
        rows.sort(key=lambda row: row[2])
        rows.sort(key=lambda row: row[3] or "", reverse=True)
        self.digests = [digest for _, _, digest, _ in rows]
        self.taken = [taken or "" for *_, taken in rows]
        self.files = np.array([file for _, file, _, _ in rows], np.int64)  # of the table `file`
        self._ids = np.array([id for id, *_ in rows], np.int64)  # of the table `trait`
        self._place = np.full(self._ids.max(initial=-1) + 2, -1)  # the position of each id
        self._place[self._ids] = np.arange(len(self._ids))
        self._lock = Lock()
        self._spaces: dict[str, ExactVectors | None] = {}
        self._frames: dict[tuple[int, str], int] = {}  # ids beyond those of `trait`, by the film's id and the frame

    def ask(self, words: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows of a query."""
        return self.reader.ask(words, values)

    # Positions.

    def matching(self, condition: Condition) -> np.ndarray:
        """int64: the positions of photos that meet a condition, ascending."""
        if condition == Every(()):
            return np.arange(len(self._ids))
        words, values = sql_of(condition)
        rows = self.ask(f"SELECT group_concat(t.id) FROM trait t WHERE {words}", values)  # one text, read at once
        listed = str(rows[0][0]) if rows and rows[0][0] else ""
        ids = np.fromstring(listed, np.int64, sep=",") if listed else np.zeros(0, np.int64)
        found = self._place[ids[ids < len(self._place)]]
        return np.sort(found[found >= 0])

    def containing(self, pieces: Sequence[str]) -> np.ndarray:
        """int64: positions of photos whose words contain all the pieces, each folded and of 3 letters or more.

        The best first, by bm25; of equal ones the newest.
        """
        asked = "SELECT rowid, bm25(text, 2, 1, 1, 2, 2, 2) FROM text WHERE text MATCH ?"
        rows = np.array(self.ask(asked, [match_of(pieces)]) if pieces else [], np.float64).reshape(-1, 2)
        ids = rows[:, 0].astype(np.int64)
        found = np.where(ids < len(self._place), self._place[np.minimum(ids, len(self._place) - 1)], -1)
        there = found >= 0
        return found[there][np.lexsort((found[there], np.round(rows[there, 1], 6)))]

    def written(self, digests: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Name, folder, camera, place, caption and words in the picture of photos, folded, by digest."""
        found: dict[str, tuple[str, ...]] = {}
        for some in portions(digests):
            rows = self.ask(
                "SELECT t.digest, w.name, w.folder, w.camera, w.place, w.caption, w.words FROM trait t "
                f"JOIN text w ON w.rowid = t.id WHERE t.digest IN ({marks(some)})",
                some,
            )
            found |= {digest: tuple(texts) for digest, *texts in rows}
        return found

    def beginning_with(self, digits: str) -> str | None:
        """The only digest that begins so; None if there is none, or several."""
        found = [digest for digest in self.digests if digest.startswith(digits)]
        return found[0] if len(found) == 1 else None

    def positions_of(self, digests: Iterable[str]) -> np.ndarray:
        """int64: positions of photos by digest, ascending."""
        return np.array(sorted(self._by_digest[one] for one in digests if one in self._by_digest), np.int64)

    @cached_property
    def _by_digest(self) -> dict[str, int]:
        return {digest: position for position, digest in enumerate(self.digests)}

    @cached_property
    def groups(self) -> np.ndarray:
        """int64 [N]: the same number for copies of one picture and for shots of one burst: the first's position."""
        return grouped(len(self._ids), self._pairs())

    @cached_property
    def preference(self) -> np.ndarray:
        """int64 [N]: the rank of each photo to stand for its group: by stars, then pixels, then sharpness."""
        rows = self.ask("SELECT id, coalesce(rating, 0), pixels, coalesce(sharp, 0) FROM trait")
        known = {id: rest for id, *rest in rows}
        stars, pixels, sharp = np.array([known.get(id, (0, 0, 0)) for id in self._ids.tolist()]).reshape(-1, 3).T
        rank = np.zeros(len(self._ids), np.int64)
        rank[np.lexsort((np.arange(len(rank)), -sharp, -pixels, -stars))] = np.arange(len(rank))
        return rank

    def of_groups(self, which: str) -> frozenset[str]:
        """Digests of the "best" of each group of several, the one shown for it, of every "copy", or of the "single"."""
        sizes = np.bincount(self.groups, minlength=len(self._ids))[self.groups]
        best = np.zeros(len(sizes), bool)
        best[np.lexsort((self.preference, self.groups))[np.unique(np.sort(self.groups), return_index=True)[1]]] = True
        chosen = {"best": (sizes > 1) & best, "copy": sizes > 1, "single": sizes == 1}[which]
        return frozenset(self.digests[position] for position in np.flatnonzero(chosen))

    def _pairs(self) -> Iterator[tuple[int, int]]:
        facts = {id: rest for id, *rest in self.ask("SELECT id, content, burst FROM trait")}
        first: dict[tuple[int, str], int] = {}
        for position, id in enumerate(self._ids.tolist()):
            for number, value in enumerate(facts.get(id, ())):
                if value:
                    yield first.setdefault((number, value), position), position
        for pair in self.ask("SELECT first, second FROM look WHERE verdict = ?", [SAME]):
            if all(digest in self._by_digest for digest in pair):
                yield self._by_digest[pair[0]], self._by_digest[pair[1]]
        yield from self._alike(self._in_quick_succession())

    def _in_quick_succession(self) -> Iterator[tuple[int, int]]:
        """Two shots of one camera, one after the other within BURST_S."""
        cameras = dict(self.ask("SELECT id, camera FROM trait WHERE camera != '' AND by_camera"))
        before: dict[str, tuple[int, datetime]] = {}
        for position, id in enumerate(self._ids.tolist()):
            if (camera := cameras.get(id)) and (taken := self.taken[position]):
                when = datetime.fromisoformat(taken)
                other, then = before.get(camera, (position, when))
                if other != position and (then - when).total_seconds() <= BURST_S:
                    yield other, position
                before[camera] = position, when

    def _alike(self, pairs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Those of the pairs whose vectors are alike."""
        both = np.array(list(pairs), np.int64).reshape(-1, 2)
        if not len(both) or not self.vectors:
            return
        both = both[self.vectors.has(self._ids[both]).all(axis=1)]
        a, b = (self.vectors.of(self._ids[column]) for column in both.T)
        yield from both[np.einsum("nd,nd->n", a, b) >= self.alike].tolist()

    # Vectors.

    @property
    def vectors(self) -> ExactVectors | None:
        """The encoder's vectors by the ids of `trait`; None without any."""
        return self.vectors_by(self.encoder_key)

    def vectors_by(self, key: str) -> ExactVectors | None:
        """The vectors with this key by the ids of `trait`; None without any."""
        with self._lock:
            if key not in self._spaces:
                self._spaces[key] = self._vectors(key)
            return self._spaces[key]

    def number_by(self, key: str) -> int:
        """How many photos have a vector with this key, without reading the vectors."""
        asked = (
            "SELECT count(DISTINCT v.digest) FROM vector v JOIN trait t ON t.digest = v.digest "
            "JOIN file f ON f.digest = v.digest "
            f"WHERE v.key = ? AND v.part = '' AND v.made = ? AND {SHOWN}"
        )
        return int(self.ask(asked, [key, versions.picture()])[0][0])

    def _vectors(self, key: str) -> ExactVectors | None:
        rows = self.ask(
            "SELECT t.id, v.value FROM vector v JOIN trait t ON t.digest = v.digest "
            "WHERE v.key = ? AND v.part = '' AND v.made = ?",
            [key, versions.picture()],
        )
        rows += [(self._frame(id, part), value) for id, part, value in self.ask(FRAMES_SEEN, [key, key])]
        if not rows:
            return None
        matrix = np.stack([np.frombuffer(value, np.float16) for _, value in rows])
        found = ExactVectors(matrix.shape[1])
        found.add([id for id, _ in rows], matrix)
        return found

    def _frame(self, film: int, part: str) -> int:
        """The id of a film's frame, as of a photo: its place is the film's."""
        if (film, part) not in self._frames:
            self._frames[film, part] = len(self._place)
            self._place = np.append(self._place, self._place[film] if film < len(self._place) else -1)
        return self._frames[film, part]

    @cached_property
    def compared(self) -> np.ndarray:
        """int64: positions of photos that have a vector of the encoder."""
        return np.flatnonzero(self.vectors.has(self._ids)) if self.vectors else np.zeros(0, np.int64)

    def vector_of(self, positions: np.ndarray, key: str = "") -> np.ndarray:
        """float32 [N, D]: vectors of those of the photos that have one. `key`: another than the encoder's."""
        ids, vectors = self._ids[positions], self.vectors_by(key or self.encoder_key)
        return vectors.of(ids[vectors.has(ids)]) if vectors else np.zeros((0, 0), np.float32)

    def nearest(self, query: np.ndarray, k: int, allowed: np.ndarray | None, key: str = "") -> Nearest:
        """The k photos most like a vector, best first. A film is as like as its picture or the best of its frames.

        `allowed`: positions; `key`: of another space than the encoder's.
        """
        vectors = self.vectors_by(key or self.encoder_key)
        if not vectors:
            return Nearest(np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros((0, 0), np.float32), {})
        there = np.append(np.full(len(self._ids), allowed is None), False)  # the last: ids of nothing shown
        there[() if allowed is None else allowed] = True
        some, number = np.flatnonzero(there[self._place]), k
        while True:
            ids, cosines = vectors.search(query, number, some)
            first = np.sort(np.unique(self._place[ids], return_index=True)[1])[:k]
            if len(first) == k or len(ids) < number:
                break
            number *= 2
        times = {id: int(part) / 1000 for (_, part), id in self._frames.items()}
        places = self._place[ids[first]]
        at = {place: times[id] for place, id in zip(places.tolist(), ids[first].tolist(), strict=True) if id in times}
        return Nearest(places, cosines[first], vectors.of(ids[first]), at)

    # What people said.

    def named(self) -> dict[str, int]:
        """Names of people with the number of their photos; {} if the decisions cannot be used."""
        try:
            persons = Persons(self.reader.data).all()[0]
        except DecisionsUnreadable:
            return {}
        photos, found = numbers(self.reader), Counter[str]()
        for one in persons:
            if one.name and not one.hidden:
                found[one.name] += photos.get(one.id, 0)
        return dict(found)

    def said(self, key: str, value: str) -> frozenset[str]:
        """Digests of favourites, of a tag, an album or a person by name, or of what a decision kept or set aside."""
        marks = self.reader.marks
        if key == "tag":
            return frozenset().union(
                *(marks.tagged(name) for name in marks.tags() if name.casefold() == value.casefold())
            )
        if key == "who":
            persons = Persons(self.reader.data).all()[0]
            return showing(self.reader, {one.id for one in persons if one.name and folded(one.name) == folded(value)})
        if key == "album":
            named = [album.id for album in marks.albums() if album.name.casefold() == value.casefold()]
            return frozenset().union(*map(marks.in_album, named))
        if value == "favourite":
            return marks.favourites()
        rulings = Catalogue(self.reader.data).all()
        kept = {digest for ruling in rulings for digest in ruling.kept or ()}
        decided = {digest for ruling in rulings if ruling.kept is not None for part in ruling.parts for digest in part}
        return frozenset(kept if value == "kept" else decided - kept)


def copies(reader: Reader) -> dict[str, str]:
    """One digest for all copies of a picture, by the digest of each photo that has any.

    Copies have the same pixels, or were found to be the same picture when they were cleaned up.
    """
    rows = reader.ask("SELECT digest, content FROM trait ORDER BY digest")
    at = {digest: number for number, (digest, _) in enumerate(rows)}
    first: dict[str, int] = {}
    pairs = [(first.setdefault(content, at[digest]), at[digest]) for digest, content in rows if content]
    alike = reader.ask("SELECT first, second FROM look WHERE verdict = ?", [SAME])
    pairs += [(at[one], at[other]) for one, other in alike if one in at and other in at]
    roots = grouped(len(rows), pairs).tolist()
    names = list(at)
    shared = {root for number, root in enumerate(roots) if root != number}
    return {names[number]: names[root] for number, root in enumerate(roots) if root in shared}


def grouped(number: int, pairs: Iterable[tuple[int, int]]) -> np.ndarray:
    """int64 [number]: for each of the numbers from 0 on the least one that pairs join it to."""
    parent = list(range(number))

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for a, b in pairs:
        first, last = sorted((root(a), root(b)))
        parent[last] = first
    return np.array([root(one) for one in range(number)], np.int64)
