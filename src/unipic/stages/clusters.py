"""Clusters: shots of the same moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from unipic.likeness import Likeness
from unipic.photo import Photo, local_time
from unipic.stages.grouping import RULES
from unipic.stages.keeper import keeper_first


def clusters(
    likeness: Likeness,
    similar: float,
    time_window: float | None = None,
    rule: str = "greedy",
    links: Sequence[tuple[Photo, Photo]] = (),
) -> list[list[Photo]]:
    """Groups of two or more photos whose similarity (0 to 100) is at least `similar`, leader first.

    With a time window, photos whose capture times are both known must also lie within it (seconds). Photos that a
    person put together, `links`, are one whatever they look like. The answer does not depend on the order of the files.
    """
    likeness = likeness.of(sorted(likeness.photos, key=keeper_first))
    near = likeness.similarity >= similar
    if time_window is not None:
        times = np.array([local_time(photo) for photo in likeness.photos], dtype="datetime64[us]")
        apart = np.abs(times[likeness.first] - times[likeness.second]) / np.timedelta64(1, "s")
        near &= np.isnan(apart) | (apart <= time_window)
    bundles = _bundles(likeness.photos, links)
    a, b = bundles[likeness.first[near]], bundles[likeness.second[near]]
    pairs = np.unique(np.stack([np.minimum(a, b), np.maximum(a, b)])[:, a != b], axis=1)
    members: defaultdict[int, list[int]] = defaultdict(list)
    for place, bundle in enumerate(bundles.tolist()):
        members[bundle].append(place)
    groups = RULES[rule](len(likeness.photos), pairs[0], pairs[1])
    grouped = {bundle for group in groups for bundle in group}
    groups += [[bundle] for bundle, those in members.items() if len(those) > 1 and bundle not in grouped]
    return [[likeness.photos[i] for bundle in group for i in members[bundle]] for group in groups]


def _bundles(photos: Sequence[Photo], links: Sequence[tuple[Photo, Photo]]) -> np.ndarray:
    """int64 [N]: of each photo the first one it is put together with, itself where there is none."""
    place = {photo.id: i for i, photo in enumerate(photos)}
    first = list(range(len(photos)))

    def root(i: int) -> int:
        while first[i] != i:
            i = first[i]
        return i

    for a, b in links:
        low, high = sorted((root(place[a.id]), root(place[b.id])))
        first[high] = low
    return np.array([root(i) for i in range(len(photos))], dtype=np.int64)
