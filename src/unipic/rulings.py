"""Rulings: what a person said of some photos, known by their content, so that it holds after renames and new scans.

Of two photos the newest ruling that names both decides: in one part they belong together, in two they do not. Photos of
a ruling that also says what stays are settled: only a photo nobody had seen by then may still join them. A photo may be
settled twice, among its copies and among the shots of its moment.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from unipic.likeness import Likeness
from unipic.photo import Photo


@dataclass(frozen=True)
class Ruling:
    id: str
    at: float  # seconds since 1970
    parts: tuple[tuple[str, ...], ...]  # digests, one for each file
    kept: tuple[str, ...] | None = None  # digests that stay, one for each file; None: that is not decided
    moment: bool = True  # of shots of one moment; False: of copies
    names: tuple[str, ...] = ()  # what the files were called, for people

    @property
    def digests(self) -> frozenset[str]:
        return frozenset(digest for part in self.parts for digest in part)


class Bonds:
    """What rulings say of a gallery's photos, pair by pair."""

    def __init__(self, rulings: Iterable[Ruling], first_seen: Mapping[str, float]) -> None:
        self.rulings = sorted(rulings, key=lambda ruling: (ruling.at, ruling.id))
        self._first_seen = first_seen
        self._parts: defaultdict[str, dict[int, int]] = defaultdict(dict)  # digest -> part by ruling
        self._settled: dict[tuple[bool, str], float] = {}  # (moment, digest) -> when
        for number, ruling in enumerate(self.rulings):
            for part, digests in enumerate(ruling.parts):
                for digest in digests:
                    self._parts[digest][number] = part
                    if ruling.kept is not None:
                        self._settled[ruling.moment, digest] = ruling.at

    def __bool__(self) -> bool:
        return bool(self.rulings)

    def apart(self, a: Photo, b: Photo, moment: bool) -> bool:
        """A person keeps these two apart, as shots of one moment or as copies."""
        ours, theirs = self._parts.get(a.digest, {}), self._parts.get(b.digest, {})
        if common := ours.keys() & theirs.keys():
            newest = max(common)
            return ours[newest] != theirs[newest]
        return self._came_before(b, a, moment) or self._came_before(a, b, moment)

    def cut(self, likeness: Likeness, moment: bool) -> Likeness:
        """Without the pairs that a person keeps apart."""
        named = np.array([photo.digest in self._parts for photo in likeness.photos], dtype=bool)
        keep = np.ones(len(likeness.first), dtype=bool)
        for pair in np.flatnonzero(named[likeness.first] | named[likeness.second]).tolist():
            a, b = likeness.photos[likeness.first[pair]], likeness.photos[likeness.second[pair]]
            keep[pair] = not self.apart(a, b, moment)
        return likeness.only(keep)

    def links(self, photos: Sequence[Photo]) -> list[tuple[Photo, Photo]]:
        """Pairs that a person put together; enough of them to hold each part."""
        by_digest = {photo.digest: photo for photo in photos}
        parts = [[by_digest[d] for d in part if d in by_digest] for ruling in self.rulings for part in ruling.parts]
        pairs = [(here[0], other) for here in parts for other in here[1:]]
        return [(a, b) for a, b in pairs if a.id != b.id and not self.apart(a, b, True)]

    def _came_before(self, photo: Photo, settled: Photo, moment: bool) -> bool:
        """The photo was there when the other one's group was settled without it."""
        when = self._settled.get((moment, settled.digest))
        return when is not None and self._first_seen.get(photo.digest, float("inf")) <= when


NO_BONDS = Bonds((), {})


def settled(photos: Sequence[Photo], rulings: Sequence[Ruling]) -> frozenset[str] | None:
    """Ids of the photos of a group that stay, if rulings settle all of it; None if they do not, or all would go.

    Where files have the same bytes, as many of them stay as a person kept, those with the names they had first.
    """
    there = Counter(photo.digest for photo in photos)
    about = [r for r in rulings if r.kept is not None and len(r.digests & there.keys()) >= min(2, len(there))]
    named = Counter[str]()
    for ruling in about:
        named |= Counter(digest for part in ruling.parts for digest in part)
    if there - named:
        return None
    stays = {digest: min(Counter(r.kept)[digest] for r in about if digest in r.digests) for digest in there}
    names = {name for ruling in about for name in ruling.names}
    kept = set()
    for photo in sorted(photos, key=lambda photo: photo.name not in names):
        if stays[photo.digest] > 0:
            stays[photo.digest] -= 1
            kept.add(photo.id)
    return frozenset(kept) or None
