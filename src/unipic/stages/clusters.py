"""Clusters: shots of the same moment."""

from __future__ import annotations

import numpy as np

from unipic.likeness import Likeness, local_time
from unipic.photo import Photo
from unipic.stages.grouping import RULES
from unipic.stages.keeper import keeper_first


def clusters(
    likeness: Likeness, similar: float, time_window: float | None = None, rule: str = "greedy"
) -> list[list[Photo]]:
    """Groups of two or more photos whose similarity (0 to 100) is at least `similar`, leader first.

    With a time window, photos whose capture times are both known must also lie within it (seconds). The answer does
    not depend on the order of the files.
    """
    likeness = likeness.of(sorted(likeness.photos, key=keeper_first))
    near = likeness.similarity >= similar
    if time_window is not None:
        times = np.array([local_time(photo) for photo in likeness.photos], dtype="datetime64[us]")
        apart = np.abs(times[likeness.first] - times[likeness.second]) / np.timedelta64(1, "s")
        near &= np.isnan(apart) | (apart <= time_window)
    groups = RULES[rule](len(likeness.photos), likeness.first[near], likeness.second[near])
    return [[likeness.photos[i] for i in group] for group in groups]
