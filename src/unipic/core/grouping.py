"""Three algorithms that turn pairs into groups. Photos are numbers here; a group's leader comes first.

greedy, the default, requires every member to be directly similar to its leader. components and dbscan follow chains (a
like b, b like c), which suits a slow pan or a long burst, but can join what nobody would.
"""

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np

Grouping = Callable[[int, np.ndarray, np.ndarray], list[list[int]]]  # n, pairs [P] and [P] -> groups of two or more

CROWD = 3  # neighbours, itself included, that make a photo a DBSCAN core; a pair alone is no group


def greedy(n: int, a: np.ndarray, b: np.ndarray) -> list[list[int]]:
    """The photo with the most free neighbours leads next and takes them all; among equals, the lower number."""
    starts, neighbours = _neighbours(n, a, b)
    free = np.ones(n, dtype=bool)
    crowds = np.diff(starts)
    some = np.flatnonzero(crowds)
    queue = list(zip((-crowds[some]).tolist(), some.tolist(), strict=True))
    heapify(queue)
    groups = []
    while queue:
        size, leader = heappop(queue)
        if not free[leader]:
            continue
        around = neighbours[starts[leader] : starts[leader + 1]]
        members = around[free[around]]
        if len(members) < -size:  # some are taken: requeue with the new count
            if len(members):
                heappush(queue, (-len(members), leader))
            continue
        free[leader] = False
        free[members] = False
        groups.append([leader, *members.tolist()])
    return groups


def components(n: int, a: np.ndarray, b: np.ndarray) -> list[list[int]]:
    """Connected components, without SciPy, which takes 0.4 s to load."""
    labels = np.arange(n)
    while (labels[a] != labels[b]).any():
        # A component's label is its lowest photo: of two that touch, the higher label gives way to the lower.
        np.minimum.at(labels, np.maximum(labels[a], labels[b]), np.minimum(labels[a], labels[b]))
        while (labels[labels] != labels).any():
            labels = labels[labels]
    return _led(labels, a, b)


def dbscan(n: int, a: np.ndarray, b: np.ndarray, crowd: int = CROWD) -> list[list[int]]:
    """Components connected through photos with at least `crowd` - 1 neighbours (Ester et al. 1996)."""
    from sklearn.cluster import DBSCAN

    if not len(a):
        return []
    labels = DBSCAN(eps=1.0, min_samples=crowd, metric="precomputed").fit(_graph(n, a, b)).labels_
    return _led(labels, a, b)


GROUPINGS: dict[str, Grouping] = {"greedy": greedy, "dbscan": dbscan, "components": components}


def _neighbours(n: int, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int64 [n + 1] starts, and int32 [2 P]: the neighbours of i, ascending, at starts[i] to starts[i + 1]."""
    one, other = np.concatenate([a, b]), np.concatenate([b, a])
    order = np.argsort(one * n + other, kind="stable")
    starts = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(one, minlength=n), out=starts[1:])
    return starts, other[order].astype(np.int32)


def _graph(n: int, a: np.ndarray, b: np.ndarray) -> Any:  # scipy.sparse.csr_array [n, n]; scipy has no types
    from scipy.sparse import coo_array

    # All neighbours have the same distance; a missing entry means no neighbour.
    places = np.concatenate([a, b]), np.concatenate([b, a])
    return coo_array((np.full(2 * len(a), 0.5), places), shape=(n, n)).tocsr()


def _led(labels: np.ndarray, a: np.ndarray, b: np.ndarray) -> list[list[int]]:
    """Groups by label, -1 for none; the member with the most neighbours leads."""
    crowds = np.bincount(np.concatenate([a, b]), minlength=len(labels))
    order = np.lexsort((np.arange(len(labels)), -crowds, labels))
    groups = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
    # In the order of their first photos.
    groups = [group for group in groups if len(group) > 1 and labels[group[0]] >= 0]
    return [group.tolist() for group in sorted(groups, key=lambda group: int(group.min()))]
