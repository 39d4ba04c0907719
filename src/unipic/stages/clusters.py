"""Clusters: shots of the same moment, each directly similar to its leader."""

from __future__ import annotations

import numpy as np

from unipic.embeddings import Embeddings
from unipic.photo import Photo
from unipic.stages.greedy import count_neighbours, greedy_groups
from unipic.stages.keeper import keeper_first, local_time


def clusters(embeddings: Embeddings, similar: float, time_window: float | None = None) -> list[list[Photo]]:
    """Groups of two or more, leader first.

    Photos with the most neighbours lead, so that the middle of a series gathers it, whatever the order of the files.
    With a time window, photos whose capture times are both known must also lie within it (seconds).
    """
    # One order for any order of the files: sums of floats depend on their place in a block, if only a little.
    photos = sorted((photo for photo in embeddings.photos if photo.comparable), key=keeper_first)
    vectors = embeddings.of(photos).vectors
    neighbours = count_neighbours(vectors, similar)
    order = sorted(range(len(photos)), key=lambda i: -neighbours[i])
    times = np.array([local_time(photos[i]) for i in order], dtype="datetime64[us]")

    def close_in_time(leader: int, others: np.ndarray) -> np.ndarray:
        apart = np.abs(times[others] - times[leader]) / np.timedelta64(1, "s")
        return np.isnan(apart) | (apart <= (time_window or 0))

    groups = greedy_groups(vectors[order], similar, close_in_time if time_window else None)
    return [[photos[order[i]] for i in group] for group in groups]
