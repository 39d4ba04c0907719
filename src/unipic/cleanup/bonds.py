"""Apply rulings: a person's decisions about photos, known by content, so they survive renames and new scans.

Of two photos the newest ruling that names both decides: in one part they belong together, in two they do not. A ruling
that says which photos stay closes its group: only photos first seen later can join it. A photo may be in two closed
groups, that of its copies and that of its moment.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from unipic.cleanup.keeper import keeper_first
from unipic.cleanup.likeness import Likeness
from unipic.cleanup.result import DuplicateSet
from unipic.core.photo import Photo
from unipic.library.decisions import Ruling

NEVER = float("-inf")


class Bonds:
    """What rulings say about a gallery's photos, pair by pair."""

    def __init__(self, rulings: Iterable[Ruling], first_seen: Mapping[str, float]) -> None:
        about_several = (ruling for ruling in rulings if not ruling.alone)
        self.rulings = sorted(about_several, key=lambda ruling: (ruling.at, ruling.id))
        self._first_seen = first_seen
        self._parts: defaultdict[str, dict[int, int]] = defaultdict(dict)  # digest -> part by ruling
        self._settled: dict[tuple[bool, str], float] = {}  # (moment, digest) -> when
        self._held: dict[str, float] = {}  # digests grouped with others, as shots or by hand -> when
        for number, ruling in enumerate(self.rulings):
            for part, digests in enumerate(ruling.parts):
                for digest in digests:
                    self._parts[digest][number] = part
                    if ruling.kept is not None:
                        self._settled[ruling.moment, digest] = ruling.at
                    if len(digests) > 1 and (ruling.moment or ruling.kept is None):
                        self._held[digest] = ruling.at

    def __bool__(self) -> bool:
        return bool(self.rulings)

    def apart(self, a: Photo, b: Photo, moment: bool) -> bool:
        """Whether a person keeps these two apart, as shots of one moment or as copies."""
        since = NEVER
        if newest := self._newest(a, b):
            if not self._in_one_part(newest, a, b):
                return True
            if newest.kept is not None and (moment or not newest.moment):
                return False
            if moment:  # belonging together does not make two photos copies
                since = newest.at
        return self._came_before(b, a, moment, since) or self._came_before(a, b, moment, since)

    def cut(self, likeness: Likeness, moment: bool) -> Likeness:
        """Without the pairs that a person keeps apart. Pairs settled as copies get a sameness of 100."""
        photos, values = likeness.photos, (likeness.similarity if moment else likeness.sameness).copy()
        named = np.array([photo.digest in self._parts for photo in photos], dtype=bool)
        keep = np.ones(len(likeness.first), dtype=bool)
        for pair in np.flatnonzero((named[likeness.first] | named[likeness.second]) & (values > 0)).tolist():
            a, b = photos[likeness.first[pair]], photos[likeness.second[pair]]
            keep[pair] = not (self.apart(a, b, moment) or (not moment and self._were_shots(a, b)))
            if not moment and self._were_copies(a, b):
                values[pair] = 100.0
        if any(len(ruling.parts) > 1 for ruling in self.rulings):
            self._cut_between(likeness, values, keep, moment)
        return (likeness if moment else replace(likeness, sameness=values)).only(keep)

    def without_apart(self, sets: Iterable[DuplicateSet]) -> list[DuplicateSet]:
        """Without those of which a person keeps a copy and its keeper apart."""
        return [s for s in sets if not any(self.apart(s.keeper, copy, moment=False) for copy in s.copies)]

    def without_torn(self, likeness: Likeness, identical: Iterable[DuplicateSet]) -> Likeness:
        """Without pairs that a person took apart by name; files with identical pixels count as one."""
        photos, keep = likeness.photos, np.ones(len(likeness.first), dtype=bool)
        files: defaultdict[str, list[Photo]] = defaultdict(list, {photo.id: [photo] for photo in photos})
        for found in identical:
            files[found.keeper.id] += found.copies
        several = {d for ruling in self.rulings if len(ruling.parts) > 1 for d in ruling.digests}
        named = np.array([any(file.digest in several for file in files[p.id]) for p in photos], dtype=bool)
        for pair in np.flatnonzero(named[likeness.first] & named[likeness.second]).tolist():
            ours, theirs = (files[photos[side[pair]].id] for side in (likeness.first, likeness.second))
            keep[pair] = all(self._taken_apart(a, b) == NEVER for a in ours for b in theirs)
        return likeness.only(keep)

    def links(self, photos: Sequence[Photo]) -> list[tuple[Photo, Photo]]:
        """Pairs that a person put together; enough of them to connect each part."""
        return self._bundled(photos)[0]

    def _bundled(self, photos: Sequence[Photo]) -> tuple[list[tuple[Photo, Photo]], dict[str, list[Photo]]]:
        """(pairs, bundle of photos by photo id). Newer rulings win."""
        by_digest = {photo.digest: photo for photo in photos}
        bundles = {photo.id: [photo] for photo in photos}
        pairs = []
        for part in (part for ruling in reversed(self.rulings) for part in ruling.parts):
            here = [by_digest[digest] for digest in dict.fromkeys(part) if digest in by_digest]
            for i, other in enumerate(here):
                for one in here[:i]:
                    ours, theirs = bundles[one.id], bundles[other.id]
                    if ours is theirs:
                        break
                    if not any(self._torn(a, b) for a in ours for b in theirs):
                        pairs.append((one, other))
                        ours += theirs
                        bundles |= {photo.id: ours for photo in theirs}
                        break
        return pairs, bundles

    def _torn(self, a: Photo, b: Photo) -> bool:
        """Whether a newer ruling than the present one keeps them apart."""
        several = len(self._parts.get(a.digest, ())) > 1 or len(self._parts.get(b.digest, ())) > 1
        return several and self.apart(a, b, True)

    def _cut_between(self, likeness: Likeness, values: np.ndarray, keep: np.ndarray, moment: bool) -> None:
        """If a person separated A and B, a third photo may stay with only one of them, the more similar.

        A third photo that was first seen after that decision may join both. Groupings that follow chains may still join
        A and B over more steps.
        """
        photos = likeness.photos
        several = {digest for ruling in self.rulings if len(ruling.parts) > 1 for digest in ruling.digests}
        bundles = self._bundled(photos)[1] if moment else {photo.id: [photo] for photo in photos}
        place = {photo.id: i for i, photo in enumerate(photos)}
        bundle = np.array([place[bundles[photo.id][0].id] for photo in photos], dtype=np.int64)
        members = {i: [p for p in bundles[photos[i].id] if p.digest in several] for i in set(bundle.tolist())}
        named = np.array([bool(members[i]) for i in bundle.tolist()], dtype=bool)
        near: defaultdict[int, defaultdict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        candidates = keep & (values > 0) & (named[likeness.first] | named[likeness.second])
        for pair in np.flatnonzero(candidates).tolist():
            a, b = int(bundle[likeness.first[pair]]), int(bundle[likeness.second[pair]])
            near[a][b].append(pair)
            near[b][a].append(pair)
        for third, those in near.items():
            stays: list[int] = []
            for one in sorted(those, key=lambda i: (-max(values[pair] for pair in those[i]), photos[i].digest)):
                when = max(
                    (self._taken_apart(p, q) for i in stays for p in members[one] for q in members[i]), default=NEVER
                )
                own = max((self._taken_apart(p, q) for p in members[one] for q in members[third]), default=NEVER)
                if own > NEVER or (when > NEVER and self._seen_by(photos[third], when)):
                    keep[those[one]] = False
                elif one != third:
                    stays.append(one)

    def _taken_apart(self, a: Photo, b: Photo) -> float:
        """When the two were taken apart, if that is the latest ruling on both; otherwise NEVER."""
        newest = self._newest(a, b)
        return NEVER if newest is None or self._in_one_part(newest, a, b) else newest.at

    @staticmethod
    def _in_one_part(ruling: Ruling, a: Photo, b: Photo) -> bool:
        return any({a.digest, b.digest} <= set(part) for part in ruling.parts)

    def _were_copies(self, a: Photo, b: Photo) -> bool:
        """Whether a person settled them as copies."""
        newest = self._newest(a, b)
        return newest is not None and newest.kept is not None and not newest.moment

    def _were_shots(self, a: Photo, b: Photo) -> bool:
        """Whether a person put the lesser one with others while it was no copy of the better one."""
        better, lesser = sorted((a, b), key=keeper_first)
        if newest := self._newest(a, b):
            return newest.kept is not None and newest.moment
        return self._seen_by(better, self._held.get(lesser.digest, NEVER))

    def _newest(self, a: Photo, b: Photo) -> Ruling | None:
        common = self._parts.get(a.digest, {}).keys() & self._parts.get(b.digest, {}).keys()
        return self.rulings[max(common)] if common else None

    def _came_before(self, photo: Photo, settled: Photo, moment: bool, since: float) -> bool:
        """Whether the photo was known when the other's group was settled without it, after `since`."""
        when = self._settled.get((moment, settled.digest), NEVER)
        return when > since and self._seen_by(photo, when)

    def _seen_by(self, photo: Photo, when: float) -> bool:
        return self._first_seen.get(photo.digest, float("inf")) <= when


NO_BONDS = Bonds((), {})


def settled(photos: Sequence[Photo], rulings: Sequence[Ruling]) -> frozenset[str] | None:
    """Ids of a group's photos that stay, if rulings settle all of it; None if they do not, or if none would stay.

    The newest ruling about a photo counts. Of files with the same bytes, as many stay as a person kept, preferring the
    names they had then.
    """
    there = Counter(photo.digest for photo in photos)
    about = [r for r in rulings if r.kept is not None and len(r.digests & there.keys()) >= min(2, len(there))]
    about.sort(key=lambda ruling: (ruling.at, ruling.id))
    named = Counter[str]()
    for ruling in about:
        named |= Counter(digest for part in ruling.parts for digest in part)
    if there - named:
        return None
    newest = {digest: ruling for ruling in about for digest in ruling.digests}
    stays = {digest: Counter(newest[digest].kept)[digest] for digest in there}
    names = {(digest, name) for r in about if r.kept for digest, name in zip(r.kept, r.names, strict=False)}
    kept = set()
    for photo in sorted(photos, key=lambda photo: ((photo.digest, photo.name) not in names, keeper_first(photo))):
        if stays[photo.digest] > 0:
            stays[photo.digest] -= 1
            kept.add(photo.id)
    return frozenset(kept) or None
