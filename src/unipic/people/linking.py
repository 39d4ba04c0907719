"""Groups of faces that are one person's: average linkage from sums, with faces that must and cannot be together.

Two groups are as alike as their pairs of faces are on average, which two sums of vectors tell. The likest two are
joined until none are as alike as FaceLimits.join. Two groups never join that one photo shows together, or that people
ruled apart. The order of the faces is nothing: they are sorted by their keys, which break ties too.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from unipic.core.face import Face
from unipic.library.vectors import DIGITS, neighbours
from unipic.people.limits import NEIGHBOURS, FaceLimits
from unipic.people.rulings import NOTHING, Said

Era = Callable[[Face, str], int]  # the part of a person's life that a face is from


def no_era(face: Face, person: str) -> int:
    """Default: a life has one part."""
    return 0


def vectors_of(faces: Sequence[Face]) -> np.ndarray:
    """float32 [N, D]. ValueError if a face has no vector, or one that is not finite."""
    rows = [face.vector for face in faces]
    if any(row is None or not np.isfinite(row).all() for row in rows):
        raise ValueError("a face has no vector")
    return np.ascontiguousarray(np.stack([row for row in rows if row is not None]), np.float32)


def link(faces: Sequence[Face], said: Mapping[str, Said], limits: FaceLimits, era: Era = no_era) -> list[list[Face]]:
    """Groups of faces, each sorted by key; the groups by their first key.

    Faces said to be of one person begin as one group for each era of that person.
    """
    if not faces:
        return []
    ordered = sorted(faces, key=lambda face: face.key)
    linkage = _Linkage(ordered, [said.get(face.key, NOTHING) for face in ordered], limits, era)
    linkage.run()
    groups: dict[int, list[Face]] = {}
    for face, root in zip(ordered, linkage.roots().tolist(), strict=True):
        groups.setdefault(root, []).append(face)
    return list(groups.values())


class Apart:
    """Why a group cannot join another: the photos that it is in, and what people said of it."""

    __slots__ = ("nots", "person", "photos", "twice")

    def __init__(self, photos: set[str], twice: set[str], person: str, nots: set[str]) -> None:
        """`twice`: those of its photos in which it may be twice."""
        self.photos, self.twice, self.person, self.nots = photos, twice, person, nots

    @classmethod
    def of(cls, face: Face, said: Said) -> Apart:
        """A single face."""
        photo = {face.picture}
        return cls(set() if said.twice else photo, photo if said.twice else set(), said.person, set(said.nots))

    def blocks(self, other: Apart) -> bool:
        """Whether the two cannot be one person."""
        return self.ruled(other) or self.together(other)

    def ruled(self, other: Apart) -> bool:
        """Whether people said that they are not one person."""
        if self.person and other.person:
            return self.person != other.person
        return self.person in other.nots or other.person in self.nots  # "" is in neither

    def together(self, other: Apart) -> bool:
        """Whether one photo shows both."""
        if not self.photos.isdisjoint(other.photos):
            return True
        return not (self.photos.isdisjoint(other.twice) and self.twice.isdisjoint(other.photos))

    def take(self, other: Apart) -> None:
        """Become the group of both."""
        self.photos |= other.photos
        self.twice |= other.twice
        self.nots |= other.nots
        self.person = self.person or other.person


def whole_of(faces: Sequence[tuple[Face, Said]]) -> Apart:
    """What keeps the group of these faces apart from others."""
    first, *others = (Apart.of(*one) for one in faces)
    for one in others:
        first.take(one)
    return first


class _Linkage:
    """The groups as they grow. A group has the number of its first face, so that ties are broken by content."""

    def __init__(self, faces: Sequence[Face], said: Sequence[Said], limits: FaceLimits, era: Era) -> None:
        vectors = vectors_of(faces)
        self._least = limits.join
        self._parent = np.arange(len(faces))
        self._sums, self._counts = vectors.copy(), np.ones(len(faces), np.float32)
        self._apart = [Apart.of(*one) for one in zip(faces, said, strict=True)]
        self._near = list(neighbours(vectors, min(NEIGHBOURS, len(faces) - 1)))
        self._age = [0] * len(faces)  # how often a group grew: what was said of it before is out of date
        first: dict[tuple[str, int], int] = {}
        for number, (face, its) in enumerate(zip(faces, said, strict=True)):
            if its.person:
                start = first.setdefault((its.person, era(face, its.person)), number)
                if start != number:
                    self._join(start, number)

    def run(self) -> None:
        """Join the likest two groups, again and again."""
        heap = [best for one in np.unique(self.roots()).tolist() if (best := self._best(one))]
        newest = {entry[3]: entry for entry in heap}  # by the group that asked; older ones do not count
        heapq.heapify(heap)
        while heap:
            entry = heapq.heappop(heap)
            _, low, high, owner, ages = entry
            if newest.get(owner) is not entry:
                continue
            if ages == (self._age[low], self._age[high]):
                self._join(low, high)
                newest.pop(high, None)
                owner = low
            if best := self._best(owner):
                newest[owner] = best
                heapq.heappush(heap, best)
            else:
                newest.pop(owner, None)

    def roots(self) -> np.ndarray:
        """int64 [N]: the group of each face."""
        return self._of(np.arange(len(self._parent)))

    def _of(self, numbers: np.ndarray) -> np.ndarray:
        roots = self._parent[numbers]
        while (above := self._parent[roots]).tobytes() != roots.tobytes():
            roots = above
        return roots

    def _best(self, one: int) -> tuple[float, int, int, int, tuple[int, int]] | None:
        """The likest group that this one may join, as the heap has it; None if there is none.

        Those that it can never join are left out from then on: two groups are never more alike than the likest of
        their parts were, and what keeps two apart keeps those apart that they become.
        """
        near = np.unique(self._of(self._near[one][self._near[one] >= 0]))
        near = near[near != one]
        scores = self._sums[near] @ self._sums[one] / (self._counts[near] * self._counts[one])
        scores = np.round(scores.astype(np.float64), DIGITS)
        order = np.lexsort((near, -scores))
        order = order[scores[order] >= self._least]
        for place, other in enumerate(near[order].tolist()):
            if not self._apart[one].blocks(self._apart[other]):
                self._near[one] = near[order[place:]]
                low, high = sorted((one, other))
                return -float(scores[order[place]]), low, high, one, (self._age[low], self._age[high])
        self._near[one] = near[:0]
        return None

    def _join(self, low: int, high: int) -> None:
        self._parent[high] = low
        self._sums[low] += self._sums[high]
        self._counts[low] += self._counts[high]
        self._apart[low].take(self._apart[high])
        self._near[low] = np.concatenate([self._near[low], self._near[high]])
        self._near[high] = self._near[high][:0]
        self._age[low] += 1
        self._age[high] += 1
