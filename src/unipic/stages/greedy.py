"""Greedy grouping around leaders, by blocks: directly similar only, no n x n matrix.

The order of the rows decides who leads: a row that no leader took becomes one, and takes every later row that
is at least `threshold` like itself. So members are always like their leader, and never members by a chain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

ROWS, COLUMNS = 1024, 8192  # a block is 32 MB of float32
ROUNDING = 1e-4  # what float32 sums may lose; pairs that near the threshold are looked at again in float64

Agrees = Callable[[int, np.ndarray], np.ndarray]


def greedy_groups(vectors: np.ndarray, threshold: float, agrees: Agrees | None = None) -> list[list[int]]:
    """Row numbers by group, leader first, groups of one left out.

    vectors: float32 [N, D], rows of length 1. agrees(leader, others) -> bool [len(others)] is a second opinion.
    """
    taken = np.zeros(len(vectors), dtype=bool)
    groups = []
    for leader, candidates in _candidates(vectors, threshold - ROUNDING, taken):
        if taken[leader]:
            continue
        members = candidates[~taken[candidates]]
        exact = vectors[members].astype(np.float64) @ vectors[leader].astype(np.float64)
        members = members[exact >= threshold - 1e-9]
        if agrees is not None and len(members):
            members = members[agrees(leader, members)]
        taken[leader] = True
        taken[members] = True
        if len(members):
            groups.append([leader, *members.tolist()])
    return groups


def count_neighbours(vectors: np.ndarray, threshold: float) -> np.ndarray:
    """For each row, how many others are at least that similar. float32 [N, D] -> int [N]."""
    counts = np.zeros(len(vectors), dtype=np.int64)
    for start in range(0, len(vectors), ROWS):
        rows = vectors[start : start + ROWS]
        for other in range(0, len(vectors), COLUMNS):
            counts[start : start + ROWS] += (rows @ vectors[other : other + COLUMNS].T >= threshold).sum(axis=1)
    return counts - 1


def _candidates(vectors: np.ndarray, threshold: float, taken: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Each row that is still free when its block begins, with the later rows like it."""
    for start in range(0, len(vectors), ROWS):
        rows = start + np.flatnonzero(~taken[start : start + ROWS])
        blocks = range(start, len(vectors), COLUMNS)
        like = np.concatenate([vectors[rows] @ vectors[b : b + COLUMNS].T >= threshold for b in blocks], axis=1)
        for row, matches in zip(rows.tolist(), like, strict=True):
            columns = start + np.flatnonzero(matches)
            yield row, columns[columns > row]
