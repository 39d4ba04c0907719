"""Cells: parts of the space of embeddings, so that not every photo of a large library is compared with every other.

An inverted file (Jégou, Douze, Schmid 2011): each photo lives in the cell of its nearest centre and is compared with
those that live in the cells of its nearest few. FAISS finds the centres, and who is near to them. Two photos that are
alike and far from each other's cells are missed, see PROBES.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from math import sqrt

import numpy as np

Members = np.ndarray  # int64 [M], rows of the vectors, ascending

# Cells a photo is looked for in. Of the pairs of the exact search among 60,000 photos, made up to be as hard to find as
# real ones, 96 keep 0.9996, 64 keep 0.9991 and 32 keep 0.9968; of the likely ones each misses less than one in 10,000.
# Cells get smaller as there are more: among 400,000 photos 96 keep 0.9988, and the 136 of the fourth root 0.9995.
PROBES = 96
PROBES_UP_TO = 100_000  # photos; among more the cells grow with the fourth root of their number
CENTRES = 4.0  # times the square root of the photos, as FAISS advises
# Centres need not be good, only the same each time.
SAMPLE, ROUNDS = 40, 5  # photos for each centre, and rounds of k-means
AT_ONCE = 4096  # photos that are told their cells together


def cells(vectors: np.ndarray, threads: int) -> Iterator[tuple[Members, Members]]:
    """Who lives in each cell, and who looks into it, those who live there among them.

    The same vectors in the same order have the same cells, whatever the number of threads.
    """
    near = _nearest_centres(vectors, _centres(vectors), threads)
    homes = dict(_by_cell(near[:, :1]))
    # All neighbours first, so that it soon shows who is none of anybody's nearest.
    yield from ((members, members) for members in homes.values())
    yield from ((homes[cell], visitors) for cell, visitors in _by_cell(near) if cell in homes)


def _by_cell(near: np.ndarray) -> Iterator[tuple[int, Members]]:
    order = np.argsort(near, axis=None, kind="stable")  # of 16 bits: by counting, in no time
    cell = near.ravel()[order]
    order //= near.shape[1]  # in place, since it is the largest there is beside the vectors
    starts = np.flatnonzero(np.r_[True, cell[1:] != cell[:-1]])
    yield from zip(cell[starts].tolist(), np.split(order, starts[1:]), strict=True)


def _centres(vectors: np.ndarray) -> np.ndarray:
    """float32 [C, D] of length 1, by spherical k-means.

    On one thread, since other sums are rounded otherwise, make other centres and miss other pairs.
    """
    import faiss
    from threadpoolctl import threadpool_limits

    amount = min(len(vectors), round(CENTRES * sqrt(len(vectors))), np.iinfo(np.uint16).max)
    sample = np.sort(np.random.default_rng(0).choice(len(vectors), min(len(vectors), SAMPLE * amount), replace=False))
    options = {"niter": ROUNDS, "seed": 0, "spherical": True, "min_points_per_centroid": 1}
    kmeans = faiss.Kmeans(vectors.shape[1], amount, max_points_per_centroid=SAMPLE + 1, **options)
    with threadpool_limits(1):
        kmeans.train(vectors[sample])
    return np.asarray(kmeans.centroids)


def _nearest_centres(vectors: np.ndarray, centres: np.ndarray, threads: int) -> np.ndarray:
    """uint16 [N, P], numbers of centres, the nearest first. Each block on one thread, as above."""
    import faiss
    from threadpoolctl import threadpool_limits

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(centres)
    probes = min(len(centres), round(PROBES * max(1.0, len(vectors) / PROBES_UP_TO) ** 0.25))

    def near(start: int) -> np.ndarray:
        return np.asarray(index.search(vectors[start : start + AT_ONCE], probes)[1].astype(np.uint16))

    one_each = ThreadPoolExecutor(threads, initializer=faiss.omp_set_num_threads, initargs=(1,))
    with threadpool_limits(1, user_api="blas"), one_each as pool:
        return np.concatenate(list(pool.map(near, range(0, len(vectors), AT_ONCE))))
