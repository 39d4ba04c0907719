"""How alike the photos of a gallery are, pair by pair: the number people see, and its parts.

Similarity runs from 0 to 100 and means the same for every encoder: of labelled pairs with similarity 90, about 90 in a
hundred showed one moment. It sums evidence in log-odds: the encoder's calibrated cosine, the keypoints that move
together, and the time between two shots of one camera.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from unipic.core.photo import Photo, local_time

# Log-odds of keypoints: NO_POINTS if none match, PER_DOUBLING for every doubling beyond the few that match by chance.
NO_POINTS = -3.0
PER_DOUBLING = 0.8
BY_CHANCE = 6

# Seconds between two shots of one camera, and the log-odds that they are one moment. Of labelled pairs with an
# undecided cosine, 27 of 28 within a minute were one, 13 of 32 within ten, none of 35 within an hour, none of 603
# later. Reduced from the fitted values (6, 2.4, -1.5, -4.3), since a panning camera sees other things within a minute.
TIMES = ((60.0, 3.0), (600.0, 1.0), (3600.0, -1.5))
LATER = -3.0


def points_evidence(points: np.ndarray) -> np.ndarray:
    """Keypoints that move together [N], 0 where too few to tell -> log-odds [N]."""
    beyond = PER_DOUBLING * np.log2(1 + np.maximum(0, points - BY_CHANCE))
    return np.where(points > 0, beyond, NO_POINTS)


def time_evidence(photos: Sequence[Photo], first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Log-odds [P] of pairs of photos, by place; 0 if times or cameras are unknown, or the cameras differ."""
    cameras: dict[str, int] = {"": -1}
    camera = np.array([cameras.setdefault(photo.camera, len(cameras)) for photo in photos], np.int64)
    timed = np.array([bool(photo.taken and photo.taken_by_camera) for photo in photos], bool)
    when = np.array(
        [local_time(photo) if timed[place] else None for place, photo in enumerate(photos)], "datetime64[us]"
    )
    apart = np.abs(when[first] - when[second]) / np.timedelta64(1, "s")
    odds = np.select([apart <= within for within, _ in TIMES], [odds for _, odds in TIMES], LATER)
    told = timed[first] & timed[second] & (camera[first] == camera[second]) & (camera[first] >= 0)
    return np.where(told, odds, 0.0)


def percent(odds: np.ndarray) -> np.ndarray:
    """Log-odds -> 0 to 100."""
    return 100 / (1 + np.exp(-np.asarray(odds, dtype=np.float64)))


@dataclass(frozen=True, eq=False)
class Likeness:
    """The pairs of a gallery that are at all alike; every other pair has similarity 0.

    Pair p is photos[first[p]] and photos[second[p]], first < second, in the order of first and then second.
    """

    photos: tuple[Photo, ...]
    first: np.ndarray  # int64 [P]
    second: np.ndarray  # int64 [P]
    similarity: np.ndarray  # float64 [P], 0 to 100: one moment
    sameness: np.ndarray  # float64 [P], 0 to 100: one picture; 50 is the limit, see cleanup/compare.py
    how: dict[tuple[str, str], str] = field(default_factory=dict)  # of same pictures: in what they agree, for people
    # How far the view moved, in shares of the frame, if the camera was swept; for panoramas.
    steps: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    # Of pairs that count as one picture: why a person should look before one of them is set aside.
    doubts: dict[tuple[str, str], str] = field(default_factory=dict)
    otherwise: np.ndarray | None = None  # float64 [P]: the similarity if they are not one picture; None once checked

    def __contains__(self, photo: Photo) -> bool:
        return photo.id in self._places

    def similar(self, a: Photo, b: Photo) -> float:
        """Similarity of two of the photos, 0 to 100."""
        return self._of_pair(self.similarity, a, b)

    def same(self, a: Photo, b: Photo) -> float:
        """Sameness of two of the photos, 0 to 100."""
        return self._of_pair(self.sameness, a, b)

    def said(self, a: Photo, b: Photo) -> str:
        """How two same pictures agree, in words; "" for other pairs."""
        return self.how.get((a.id, b.id)) or self.how.get((b.id, a.id), "")

    def doubt(self, a: Photo, b: Photo) -> str:
        """Why a person should look before one of two same pictures is set aside; "" if nothing speaks against it."""
        return self.doubts.get((a.id, b.id)) or self.doubts.get((b.id, a.id), "")

    def step(self, a: Photo, b: Photo) -> tuple[float, float] | None:
        """How far the view moved from `a` to `b`, in shares of the frame; None if not swept."""
        if back := self.steps.get((b.id, a.id)):
            return -back[0], -back[1]
        return self.steps.get((a.id, b.id))

    def of(self, photos: Iterable[Photo]) -> Likeness:
        """The likeness of some of the photos, in the order given."""
        chosen = tuple(photos)
        place = {photo.id: i for i, photo in enumerate(chosen)}
        to = np.array([place.get(photo.id, -1) for photo in self.photos], dtype=np.int64)
        a, b = to[self.first], to[self.second]
        kept = np.flatnonzero((a >= 0) & (b >= 0))
        a, b = a[kept], b[kept]
        a, b = np.minimum(a, b), np.maximum(a, b)
        order = np.argsort(a * len(chosen) + b, kind="stable")
        kept = kept[order]
        return replace(
            self,
            photos=chosen,
            first=a[order],
            second=b[order],
            similarity=self.similarity[kept],
            sameness=self.sameness[kept],
            otherwise=None if self.otherwise is None else self.otherwise[kept],
        )

    def paired(self) -> list[Photo]:
        """The photos that are in a pair."""
        return [self.photos[place] for place in np.union1d(self.first, self.second).tolist()]

    def only(self, kept: np.ndarray) -> Likeness:
        """Only the pairs where `kept` is True, bool [P]."""
        values = (self.first, self.second, self.similarity, self.sameness)
        first, second, similarity, sameness = (value[kept] for value in values)
        otherwise = None if self.otherwise is None else self.otherwise[kept]
        return replace(self, first=first, second=second, similarity=similarity, sameness=sameness, otherwise=otherwise)

    def which(self, pairs: Iterable[tuple[str, str]]) -> np.ndarray:
        """bool [P]: which pairs are those of these ids, in either order."""
        found = np.zeros(len(self.first), dtype=bool)
        found[[at for a, b in pairs if (at := self._at(a, b)) is not None]] = True
        return found

    def _of_pair(self, values: np.ndarray, a: Photo, b: Photo) -> float:
        """The entry of `values` for two photos."""
        if a.id == b.id:
            return 100.0
        at = self._at(a.id, b.id)
        return 0.0 if at is None else float(values[at])

    def _at(self, a: str, b: str) -> int | None:
        """The place of the pair of two ids. Pairs are sorted, so a binary search replaces a table."""
        one, other = self._places.get(a), self._places.get(b)
        if one is None or other is None:
            return None
        pair = min(one, other) * len(self.photos) + max(one, other)
        at = int(self._pairs.searchsorted(pair))
        return at if at < len(self._pairs) and self._pairs[at] == pair else None

    @cached_property
    def _places(self) -> dict[str, int]:
        return {photo.id: i for i, photo in enumerate(self.photos)}

    @cached_property
    def _pairs(self) -> np.ndarray:
        """int64 [P], ascending: a unique number per pair."""
        return self.first * len(self.photos) + self.second
