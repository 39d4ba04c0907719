"""The library as it is searched: its photos in memory in one order, conditions and words by SQL, vectors by need.

An object is one state of the library, see `version`; it may be used by several threads.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan, log
from threading import Lock
from typing import Any

import numpy as np

from unipic.core.errors import DecisionsUnreadable
from unipic.core.folding import folded
from unipic.core.settings import vectors_place
from unipic.library._tables import marks, portions
from unipic.library.appearances import numbers, showing
from unipic.library.decisions import Catalogue
from unipic.library.matching import Condition, Every, match_of, sql_of
from unipic.library.persons import Persons
from unipic.library.reader import SHOWN, Reader
from unipic.library.segments import PartVectors, segments_seen_by
from unipic.library.vectors import EXACT_ROWS, Vectors, vectors_for
from unipic.reading import versions
from unipic.vision.base import Calibration

SURE = log(9)  # log-odds of 9 in 10, from which two shots in quick succession are of one burst
READ = 2_000  # vectors at a time
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
        self._spaces: dict[str, Vectors | None] = {}
        self._segments: dict[str, PartVectors | None] = {}
        self._frames: dict[str, PartVectors | None] = {}

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
        return np.sort(self._at(rows[0][0] if rows else ""))

    def _at(self, listed: str | None) -> np.ndarray:
        """int64: the positions of the photos with these ids of `trait`, in their order."""
        ids = np.fromstring(listed, np.int64, sep=",") if listed else np.zeros(0, np.int64)
        found = self._place[ids[ids < len(self._place)]]
        return found[found >= 0]

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
        best = "coalesce(rating, 0) DESC, pixels DESC, coalesce(sharp, 0) DESC, coalesce(taken, '') DESC, digest"
        rows = self.ask(f"SELECT group_concat(id) FROM (SELECT id FROM trait ORDER BY {best})")
        order, rank = self._at(rows[0][0] if rows else ""), np.zeros(len(self._ids), np.int64)
        rank[order] = np.arange(len(order))
        return rank

    def of_groups(self, which: str) -> frozenset[str]:
        """Digests of the "best" of each group of several, the one shown for it, of every "copy", or of the "single"."""
        sizes = np.bincount(self.groups, minlength=len(self._ids))[self.groups]
        best = np.zeros(len(sizes), bool)
        best[np.lexsort((self.preference, self.groups))[np.unique(np.sort(self.groups), return_index=True)[1]]] = True
        chosen = {"best": (sizes > 1) & best, "copy": sizes > 1, "single": sizes == 1}[which]
        return frozenset(self.digests[position] for position in np.flatnonzero(chosen))

    def _pairs(self) -> Iterator[tuple[int, int]]:
        for column in ("content", "burst"):
            asked = f"SELECT group_concat(id) FROM trait WHERE {column} != '' GROUP BY {column} HAVING count(*) > 1"
            for (ids,) in self.ask(asked):
                same = self._at(ids).tolist()
                yield from ((same[0], other) for other in same[1:])
        for pair in self.ask("SELECT first, second FROM look WHERE verdict = ?", [SAME]):
            if all(digest in self._by_digest for digest in pair):
                yield self._by_digest[pair[0]], self._by_digest[pair[1]]
        yield from self._alike(self._in_quick_succession())

    def _in_quick_succession(self) -> np.ndarray:
        """int64 [P, 2]: two shots of one camera, one after the other within BURST_S, the newer first."""
        asked = "SELECT group_concat(id) FROM trait WHERE camera != '' AND by_camera AND taken != '' GROUP BY camera"
        found = [np.zeros((0, 2), np.int64)]
        for (ids,) in self.ask(asked):
            shots = np.sort(self._at(ids))
            times = np.array([self.taken[shot] for shot in shots.tolist()], "datetime64[us]")
            soon = np.flatnonzero(times[:-1] - times[1:] <= np.timedelta64(BURST_S, "s"))
            found.append(np.stack([shots[soon], shots[soon + 1]], axis=1))
        return np.concatenate(found)

    def _alike(self, both: np.ndarray) -> Iterator[tuple[int, int]]:
        """Those of the pairs, int64 [P, 2], whose vectors are alike."""
        if not len(both) or not self.vectors:
            return
        both = both[self.vectors.has(self._ids[both]).all(axis=1)]
        for some in np.array_split(both, len(both) // READ + 1):
            a, b = (self.vectors.of(self._ids[column]) for column in some.T)
            yield from some[np.einsum("nd,nd->n", a, b) >= self.alike].tolist()

    # Vectors.

    @property
    def vectors(self) -> Vectors | None:
        """The encoder's vectors by the ids of `trait`; None without any."""
        return self.vectors_by(self.encoder_key)

    def vectors_by(self, key: str) -> Vectors | None:
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

    def _vectors(self, key: str) -> Vectors | None:
        """Read some at a time, since the rows take more memory than what is made of them."""
        joined = "FROM trait t JOIN vector v ON v.digest = t.digest WHERE v.key = ? AND v.part = '' AND v.made = ?"
        values = [key, versions.picture()]
        now = dict(self.ask(f"SELECT t.id, v.digest {joined} ORDER BY t.id", values))
        first = self.ask(f"SELECT v.value {joined} LIMIT 1", values)
        if not first:
            return None
        size = len(first[0][0]) // np.float16().itemsize
        found: Vectors = vectors_for(len(now), size)
        if place := vectors_place():
            from unipic.library.lance import LanceVectors

            found = LanceVectors(place, size, key)
        found.delete([id for id, name in found.names.items() if now.get(id) != name])
        new = [id for id in now if id not in found.names]
        for some in portions(new, READ if len(now) <= EXACT_ROWS else len(now)):  # cells are taught by the first ones
            asked = f"SELECT t.id, v.value {joined} AND t.id IN (SELECT value FROM json_each(?))"
            rows = self.ask(asked, [*values, json.dumps(some)])
            matrix = np.frombuffer(b"".join(value for _, value in rows), np.float16).reshape(-1, size)
            found.add([id for id, _ in rows], matrix, [now[id] for id, _ in rows])
        return found

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
        key, shown = key or self.encoder_key, self._ids if allowed is None else self._ids[allowed]
        vectors, frames = self.vectors_by(key), self._frames_by(key)
        found = [(shown[:0], np.zeros(0, np.float32), np.zeros((0, len(query)), np.float32), np.zeros(0))]
        if vectors:
            ids, cosines = vectors.search(query, k, shown)
            found.append((ids, cosines, vectors.of(ids), np.full(len(ids), np.nan)))
        if frames:
            some, ids, cosines = frames.nearest(query, len(frames.rows), shown)
            of_films = np.sort(np.unique(ids, return_index=True)[1])[:k]  # the best frame of each film
            some, ids, cosines = some[of_films], ids[of_films], cosines[of_films]
            found.append((ids, cosines, frames.vectors.of(some), frames.rows[some] / 1000))
        ids, cosines, seen, times = (np.concatenate(parts) for parts in zip(*found, strict=True))
        best = np.lexsort((ids, -cosines))
        best = best[np.sort(np.unique(ids[best], return_index=True)[1])[:k]]
        places = self._place[ids[best]]
        in_films = zip(places.tolist(), times[best].tolist(), strict=True)
        return Nearest(places, cosines[best], seen[best], {place: at for place, at in in_films if not isnan(at)})

    def _frames_by(self, key: str) -> PartVectors | None:
        """The frames of films with vectors of this key; their rows are milliseconds into the film."""
        with self._lock:
            if key not in self._frames:
                rows = [(id, int(part), value) for id, part, value in self.ask(FRAMES_SEEN, [key, key])]
                self._frames[key] = PartVectors(rows) if rows else None
            return self._frames[key]

    def nearest_segments(
        self, query: np.ndarray, k: int, allowed: np.ndarray, encoder_key: str
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Of the k things most like a vector, best first: their photos, cosines, vectors, and rows of `part`.

        `allowed`: positions; `encoder_key`: of the text encoder that saw the things.
        """
        with self._lock:
            if encoder_key not in self._segments:
                self._segments[encoder_key] = segments_seen_by(self.ask, encoder_key)
        segments = self._segments[encoder_key]
        if segments is None:
            return allowed[:0], np.zeros(0, np.float32), np.zeros((0, len(query)), np.float32), allowed[:0]
        found, photos, cosines = segments.nearest(query, k, self._ids[allowed])
        return self._place[photos], cosines, segments.vectors.of(found), segments.rows[found]

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
        """Digests of favourites, of a tag, an album or a person by name or id, or of what was kept or set aside."""
        marks = self.reader.marks
        if key == "tag":
            return frozenset().union(
                *(marks.tagged(name) for name in marks.tags() if name.casefold() == value.casefold())
            )
        if key == "who":
            persons = Persons(self.reader.data).all()[0]
            ids = {one.id for one in persons if one.name and folded(one.name) == folded(value)}
            return showing(self.reader, ids or {value})  # an id, also of somebody without a name
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
    roots = np.array(parent, np.int64)
    while not np.array_equal(above := roots[roots], roots):
        roots = above
    return roots
