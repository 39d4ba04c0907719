"""Three ways from pairs to groups. Photos are numbers here, and a group's leader comes first.

greedy is the default: every member is directly like its leader, so a group is never longer than one step. components
and dbscan follow chains (a like b, b like c), which suits a slow pan or a long burst, and can join what nobody would.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np

Rule = Callable[[int, np.ndarray, np.ndarray], list[list[int]]]  # n, pairs [P] and [P] -> groups of two or more

CROWD = 3  # photos within reach, itself included, that make a photo the core of a DBSCAN group; a pair alone is none


def greedy(n: int, a: np.ndarray, b: np.ndarray) -> list[list[int]]:
    """Whoever has the most free neighbours leads next and takes them all. Of equals the lower number leads."""
    neighbours = _neighbours(n, a, b)
    free = np.ones(n, dtype=bool)
    crowds = np.array([len(those) for those in neighbours])
    queue = [(-int(crowds[i]), i) for i in range(n) if crowds[i]]
    heapify(queue)
    groups = []
    while queue:
        size, leader = heappop(queue)
        if not free[leader]:
            continue
        members = [i for i in neighbours[leader] if free[i]]
        if len(members) < -size:  # some were taken since: it waits for its turn
            if members:
                heappush(queue, (-len(members), leader))
            continue
        free[[leader, *members]] = False
        groups.append([leader, *members])
    return groups


def components(n: int, a: np.ndarray, b: np.ndarray) -> list[list[int]]:
    """Everything that hangs together."""
    from scipy.sparse.csgraph import connected_components

    return _led(connected_components(_graph(n, a, b), directed=False)[1], _neighbours(n, a, b))


def dbscan(n: int, a: np.ndarray, b: np.ndarray) -> list[list[int]]:
    """Everything that hangs together through photos with at least CROWD - 1 neighbours (Ester et al. 1996)."""
    from sklearn.cluster import DBSCAN

    if not len(a):
        return []
    labels = DBSCAN(eps=1.0, min_samples=CROWD, metric="precomputed").fit(_graph(n, a, b)).labels_
    return _led(labels, _neighbours(n, a, b))


RULES: dict[str, Rule] = {"greedy": greedy, "dbscan": dbscan, "components": components}


def _neighbours(n: int, a: np.ndarray, b: np.ndarray) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(n)]
    for one, other in zip(a.tolist(), b.tolist(), strict=True):
        found[one].append(other)
        found[other].append(one)
    return [sorted(those) for those in found]


def _graph(n: int, a: np.ndarray, b: np.ndarray) -> Any:  # scipy.sparse.csr_array [n, n]; scipy has no types
    from scipy.sparse import coo_array

    # All distances of neighbours are alike, and a photo is no neighbour of itself where nothing is stored.
    places = np.concatenate([a, b]), np.concatenate([b, a])
    return coo_array((np.full(2 * len(a), 0.5), places), shape=(n, n)).tocsr()


def _led(labels: np.ndarray, neighbours: list[list[int]]) -> list[list[int]]:
    """Groups by label, -1 being none; the one with the most neighbours leads."""
    groups: dict[int, list[int]] = {}
    for number, label in enumerate(labels.tolist()):
        if label >= 0:
            groups.setdefault(label, []).append(number)
    return [sorted(group, key=lambda i: (-len(neighbours[i]), i)) for group in groups.values() if len(group) > 1]
