"""Cells: parts of the embedding space, so photos of a large library are compared only with nearby ones.

An inverted file (Jégou, Douze, Schmid 2011): each photo belongs to the cell of its nearest centre, and is compared with
the members of its nearest few cells. FAISS finds the centres and the nearest ones. Similar photos far from each other's
cells are missed, see PROBES.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from math import sqrt

import numpy as np

Members = np.ndarray  # int64 [M], rows of the vectors, ascending

# Cells searched per photo. Recall against the exact search, on 60,000 generated photos as hard as real ones: 0.9996
# with 96, 0.9991 with 64, 0.9968 with 32; above 0.9999 for likely pairs. Cells shrink as their number grows: on 400,000
# photos, 96 find 0.9988, and 136 (the fourth root) 0.9995.
PROBES = 96
PROBES_UP_TO = 100_000  # photos; above, the number of cells searched grows with the fourth root of the photos
CENTRES = 4.0  # times the square root of the photos, as FAISS advises
# Centres need not be good, only reproducible.
SAMPLE, ROUNDS = 40, 5  # photos for each centre, and rounds of k-means
BATCH_PHOTOS = 4096  # photos per search


def cells(vectors: np.ndarray, threads: int) -> Iterator[tuple[Members, Members]]:
    """The members of each cell, and the photos that are compared with them, members included.

    The same vectors in the same order give the same cells, whatever the number of threads.
    """
    nearest = _nearest_centres(vectors, _centres(vectors), threads)
    homes = dict(_by_cell(nearest[:, :1]))
    # Photos of one cell first: they raise the floors early, which prunes later pairs.
    yield from ((members, members) for members in homes.values())
    yield from ((homes[cell], visitors) for cell, visitors in _by_cell(nearest) if cell in homes)


def _by_cell(nearest: np.ndarray) -> Iterator[tuple[int, Members]]:
    order = np.argsort(nearest, axis=None, kind="stable")  # 16 bits: a fast radix sort
    cell = nearest.ravel()[order]
    order //= nearest.shape[1]  # in place, since it is the largest array besides the vectors
    starts = np.flatnonzero(np.r_[True, cell[1:] != cell[:-1]])
    yield from zip(cell[starts].tolist(), np.split(order, starts[1:]), strict=True)


def _centres(vectors: np.ndarray) -> np.ndarray:
    """float32 [C, D] of length 1, by spherical k-means.

    On one thread: another order of summation rounds differently, and would give other centres.
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
    """uint16 [N, P], numbers of centres, nearest first. Each block on one thread, as above."""
    import faiss
    from threadpoolctl import threadpool_limits

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(centres)
    probes = min(len(centres), round(PROBES * max(1.0, len(vectors) / PROBES_UP_TO) ** 0.25))

    def nearest(start: int) -> np.ndarray:
        return np.asarray(index.search(vectors[start : start + BATCH_PHOTOS], probes)[1].astype(np.uint16))

    one_each = ThreadPoolExecutor(threads, initializer=faiss.omp_set_num_threads, initargs=(1,))
    with threadpool_limits(1, user_api="blas"), one_each as pool:
        return np.concatenate(list(pool.map(nearest, range(0, len(vectors), BATCH_PHOTOS))))
