"""Clusters: groups of shots of one moment."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from unipic.cleanup.bonds import Bonds
from unipic.cleanup.copies import Copies
from unipic.cleanup.keeper import keeper_first
from unipic.cleanup.likeness import Likeness
from unipic.core.grouping import GROUPINGS
from unipic.core.photo import Photo, local_time
from unipic.core.settings import Thresholds


def find_moments(copies: Copies, thresholds: Thresholds, bonds: Bonds) -> list[list[Photo]]:
    """Groups of shots of one moment among the photos that are no copies, leader first."""
    shots = copies.likeness.of(copies.left(copies.likeness.photos))
    links = bonds.links(shots.photos)
    how = thresholds.similar, thresholds.time_window, thresholds.grouping
    return clusters(bonds.cut(shots, moment=True), *how, links)


def clusters(
    likeness: Likeness,
    similar: float,
    time_window: float | None = None,
    grouping: str = "greedy",
    links: Sequence[tuple[Photo, Photo]] = (),
) -> list[list[Photo]]:
    """Groups of two or more photos whose similarity (0 to 100) is at least `similar`, leader first.

    With a time window (seconds), photos that both have a capture time must also lie within it. `links` are pairs that a
    person put together; each bundle of them counts as one. The result does not depend on the order of the files.
    """
    close = likeness.similarity >= similar
    if time_window is not None:
        times = np.array([local_time(photo) for photo in likeness.photos], dtype="datetime64[us]")
        apart = np.abs(times[likeness.first] - times[likeness.second]) / np.timedelta64(1, "s")
        close &= np.isnan(apart) | (apart <= time_window)
    likeness = likeness.only(close)
    some = {photo.id: photo for photo in (*likeness.paired(), *(photo for link in links for photo in link))}
    likeness = likeness.of(sorted(some.values(), key=keeper_first))
    bundles = _bundles(likeness.photos, links)
    n = len(likeness.photos)
    a, b = bundles[likeness.first], bundles[likeness.second]
    pairs = np.unique((np.minimum(a, b) * n + np.maximum(a, b))[a != b])
    members: defaultdict[int, list[int]] = defaultdict(list)  # of the bundles with more than one
    for place in np.flatnonzero(np.bincount(bundles, minlength=n)[bundles] > 1).tolist():
        members[int(bundles[place])].append(place)
    groups = GROUPINGS[grouping](n, *np.divmod(pairs, max(1, n)))
    grouped = {bundle for group in groups for bundle in group}
    groups += [[bundle] for bundle in members if bundle not in grouped]
    return [[likeness.photos[i] for bundle in group for i in members.get(bundle, (bundle,))] for group in groups]


def _bundles(photos: Sequence[Photo], links: Sequence[tuple[Photo, Photo]]) -> np.ndarray:
    """int64 [N]: for each photo the first one of its bundle, itself if it is alone (union-find)."""
    place = {photo.id: i for i, photo in enumerate(photos)}
    first = list(range(len(photos)))

    def root(i: int) -> int:
        while first[i] != i:
            first[i] = first[first[i]]  # path halving
            i = first[i]
        return i

    for a, b in links:
        low, high = sorted((root(place[a.id]), root(place[b.id])))
        first[high] = low
    return np.array([root(i) for i in range(len(photos))], dtype=np.int64)
