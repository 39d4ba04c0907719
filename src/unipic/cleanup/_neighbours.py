"""Pairs of photos with similar embeddings, found tile by tile, without an n x n matrix.

A float32 product selects candidates, with a margin for rounding; of many photos, a product of sketches that is never
below the cosine. Their exact cosine decides, and for equal cosines the digest. So the result does not depend on the
order of the files, the tiles, the sketches, or the number of threads.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from hashlib import blake2b
from itertools import islice, product
from pathlib import Path

import numpy as np

from unipic.cleanup._cells import Members, cells
from unipic.core.embeddings import Embeddings
from unipic.core.language import kept
from unipic.core.machine import cores, one_blas_thread
from unipic.core.progress import Progress, Step, silent
from unipic.library.nearest import KnownPairs, Pairs, names_of

STAGE = kept("Finding likely pairs")
# Keep the 64 nearest of each photo, and only 8 of those below `likely`. Without the caps a time-lapse, or a weak
# encoder, would make millions of pairs.
MAX_NEIGHBOURS, MAX_UNLIKELY = 64, 8
SIDE = 1024  # photos along a side of a tile: 4 MB of float32, which fit the cache
# Photos up to which every pair is compared; above, only those in nearby cells.
EXACT_UP_TO = 100_000
# Vectors are rounded to multiples of this, which is finer than float16 for all but the smallest numbers. Products are
# then multiples of 2^-52 with sums of at most 2, which float64 adds without rounding, in any order.
GRID = 2.0**-26
# Above this share of candidates a tile is computed in float64 as a whole: a single pair takes as long as 16 there.
CROWDED = 1 / 16
# Photos from which sketches are worth making, their dimensions, and the share of candidates in a tile above which the
# whole product takes less time than the candidates one by one.
SKETCHED_FROM, SKETCH, MANY = 8_000, 128, 1 / 64
SAMPLE = 8_000  # photos by which the directions of sketches are chosen
SETTLE_PAIRS = 1 << 21  # new pairs between two calls of settle()
COSINE_BATCH = 512  # pairs per exact cosine: 2 MB, which fit the cache
KNOWN_FROM = 4_000  # photos from which the search takes longer than keeping what it found


def neighbours(
    embeddings: Embeddings,
    likely: float,
    least: float,
    threads: int = 0,
    progress: Progress = silent,
    known: Path | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of comparable photos where one is among the nearest of the other.

    That is, among its MAX_NEIGHBOURS nearest with a cosine of at least `likely`, or its MAX_UNLIKELY nearest with at
    least `least`. int64 [P] and int64 [P], rows of the embeddings with the first below the second, in order; float32
    [P], cosines. Above EXACT_UP_TO photos a few pairs are missed, see _cells.py. `threads`: 0 for one per core;
    `known`: a folder for what runs found, which spares later ones time.
    """
    photos = embeddings.photos
    comparable = (i for i, photo in enumerate(photos) if photo.comparable)
    rows = np.array(sorted(comparable, key=lambda i: (photos[i].digest, photos[i].id)), dtype=np.int64)
    ordered = embeddings.of(photos[i] for i in rows.tolist())
    nearest = Nearest(len(rows), likely, least)
    earlier, found = None, None
    if known and len(rows) >= KNOWN_FROM:
        made = f"{likely} {least} {len(rows) > EXACT_UP_TO}"
        earlier = KnownPairs(known, names_of(ordered), made)
        found = earlier.same()
    if found is None:
        found = _searched(ordered.vectors, nearest, threads or cores(), progress, earlier)
        if earlier:
            earlier.keep(found)
    one, other, cosine = found
    return _in_order(rows[one], rows[other], cosine, len(photos))


def on_grid(vectors: np.ndarray) -> np.ndarray:
    """float32 [N, D], rounded in place to multiples of GRID, which float32 represents exactly below 1."""
    vectors /= np.float32(GRID)
    np.rint(vectors, out=vectors)
    vectors *= np.float32(GRID)
    return vectors


def exact_cosines(vectors: np.ndarray, a: np.ndarray, b: np.ndarray, kind: type = np.float64) -> np.ndarray:
    """float64 [P] without rounding, for vectors on the grid. `kind`: np.float32 for rounded ones in half the time."""
    cosine = np.empty(len(a))
    for start in range(0, len(a), COSINE_BATCH):
        some = slice(start, start + COSINE_BATCH)
        ours, theirs = (vectors[side[some]].astype(kind, copy=False) for side in (a, b))
        cosine[some] = np.einsum("pd,pd->p", ours, theirs)
    return cosine


def sketches(vectors: np.ndarray) -> np.ndarray:
    """float32 [N, SKETCH + 1]: products of two are not below their cosine, but for 2 * rounding().

    Of each vector, its part in the directions in which most of the vectors lie, and the length of the rest: rests have
    no larger product than that of their lengths (Cauchy, Schwarz).
    """
    some = vectors[:: max(1, len(vectors) // SAMPLE)].astype(np.float64)
    directions = np.linalg.eigh(some.T @ some)[1][:, -SKETCH:].astype(np.float32)
    parts = vectors @ directions
    rest = np.einsum("nd,nd->n", vectors, vectors) - np.einsum("nd,nd->n", parts, parts)
    lengths = np.sqrt(np.maximum(rest, 0) + np.float32(2 * rounding(vectors.shape[1])))
    return np.concatenate([parts, lengths[:, None]], axis=1)


def rounding(dimensions: int) -> float:
    """The largest error of a cosine in float32, in any order of summation (Higham 2002, section 3.1)."""
    return (1.01 * dimensions + 4) * 2.0**-24


# The nearest so far


class Nearest:
    """The nearest found so far of each photo. Others are dropped, so memory is bounded by MAX_NEIGHBOURS per photo."""

    def __init__(self, photos: int, likely: float, least: float) -> None:
        self.likely, self.least = likely, least
        self.floor = np.full(photos, least)  # float64 [N]: lower cosines are not among this photo's nearest
        none = np.zeros(0, np.int32)
        self._found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = [(none, none, np.zeros(0))]
        self._settled, self._new = 0, 0

    def add(self, a: np.ndarray, b: np.ndarray, cosine: np.ndarray) -> None:
        """Add pairs of two different rows each. A pair may be added again."""
        for one, other in ((a, b), (b, a)):
            kept = cosine >= self.floor[one]
            self._found.append((one[kept].astype(np.int32), other[kept].astype(np.int32), cosine[kept]))
            self._new += int(kept.sum())
        if self._new > max(SETTLE_PAIRS, self._settled // 2):
            self.settle()

    def add_all(self, found: Pairs) -> None:
        """Add pairs from some photos to their nearest."""
        one, other, cosine = found
        self._found.append((one.astype(np.int32), other.astype(np.int32), cosine))
        self.settle()

    def settle(self) -> Pairs:
        """The pairs from each photo to its nearest, by photo, then most similar first. Raises the floors."""
        one, other, cosine = (np.concatenate(part) for part in zip(*self._found, strict=True))
        order = np.lexsort((other, -cosine, one))
        one, other, cosine = one[order], other[order], cosine[order]
        again = np.zeros(len(one), dtype=bool)
        again[1:] = (one[1:] == one[:-1]) & (other[1:] == other[:-1])
        one, other, cosine = one[~again], other[~again], cosine[~again]
        place = _places(one)
        likely = cosine >= self.likely
        kept = (likely & (place < MAX_NEIGHBOURS)) | ((cosine >= self.least) & (place < MAX_UNLIKELY))
        self._raise(one, cosine, place)
        self._found = [(one[kept], other[kept], cosine[kept])]
        self._settled, self._new = int(kept.sum()), 0
        return one[kept].astype(np.int64), other[kept].astype(np.int64), cosine[kept]

    def _raise(self, one: np.ndarray, cosine: np.ndarray, place: np.ndarray) -> None:
        """With MAX_UNLIKELY nearest only likely pairs can join, with MAX_NEIGHBOURS only nearer ones."""
        floor = self.floor.copy()
        few, all_of = place == MAX_UNLIKELY - 1, place == MAX_NEIGHBOURS - 1
        floor[one[few]] = np.maximum(floor[one[few]], np.minimum(self.likely, cosine[few]))
        floor[one[all_of]] = np.maximum(floor[one[all_of]], cosine[all_of])
        self.floor = floor


def _places(one: np.ndarray) -> np.ndarray:
    """int64 [P]: the position of each entry among those of its photo, from 0. `one` is sorted."""
    starts = np.flatnonzero(np.r_[True, one[1:] != one[:-1]]) if len(one) else np.zeros(0, np.int64)
    lengths = np.diff(np.r_[starts, len(one)])
    return np.arange(len(one)) - np.repeat(starts, lengths)


# The tiles


def _searched(
    vectors: np.ndarray, nearest: Nearest, threads: int, progress: Progress, earlier: KnownPairs | None = None
) -> Pairs:
    """The pairs from each row to its nearest ones. `vectors` are rounded in place; `earlier` spares rows it knows."""
    first, stands_for = _without_repeats(on_grid(vectors))
    rows = np.arange(len(first))
    if len(first) < len(vectors):
        vectors = vectors[first]
    elif earlier and len(vectors) <= EXACT_UP_TO:
        held, rows = earlier.most_like()
        nearest.add_all(held)
    _search(vectors, rows, nearest, threads, progress)
    return _repeated(nearest.settle(), first, stands_for)


def _search(vectors: np.ndarray, rows: Members, nearest: Nearest, threads: int, progress: Progress) -> None:
    """Search for the nearest of `rows`, all or some.

    One tile and one single-threaded product per thread: threads inside a product would wait for each other.
    """
    progress(Step(STAGE, 0, 0))  # the cells of a large library take a while
    tiles = list(_tiles(vectors, rows, threads))
    many = len(rows) >= SKETCHED_FROM and vectors.shape[1] > 2 * SKETCH
    sketch = sketches(vectors) if many else None
    tasks = (partial(_tile, vectors, sketch, nearest, living, looking) for living, looking in tiles)
    with one_blas_thread(), ThreadPoolExecutor(threads) as pool:
        for done, found in enumerate(_few_at_a_time(pool, tasks, 2 * threads), 1):
            nearest.add(*found)
            progress(Step(STAGE, done, len(tiles)))


def _few_at_a_time(pool: ThreadPoolExecutor, tasks: Iterable[Callable[[], Pairs]], most: int) -> Iterator[Pairs]:
    """The results in order; at most `most` are pending."""
    tasks = iter(tasks)
    waiting: deque[Future[Pairs]] = deque(pool.submit(task) for task in islice(tasks, most))
    while waiting:
        yield waiting.popleft().result()
        waiting.extend(pool.submit(task) for task in islice(tasks, 1))


def _tiles(vectors: np.ndarray, rows: Members, threads: int) -> Iterator[tuple[Members, Members]]:
    """Rows and columns of each tile. A pair with one of `rows` is in one tile or two; with cells, it may be missed."""
    if len(rows) <= len(vectors) // 2:
        yield from product(_parts(rows), _parts(np.arange(len(vectors))))
        return
    if len(vectors) > EXACT_UP_TO:
        for living, looking in cells(vectors, threads):
            yield from product(_parts(living), _parts(looking))
        return
    # From the diagonal outward: the first tiles raise the floors, which prunes the later ones.
    parts = _parts(np.arange(len(vectors)))
    for apart in range(len(parts)):
        yield from zip(parts, parts[apart:], strict=False)


def _parts(members: Members) -> list[Members]:
    return [members[start : start + SIDE] for start in range(0, len(members), SIDE)]


def _tile(vectors: np.ndarray, sketch: np.ndarray | None, nearest: Nearest, rows: Members, columns: Members) -> Pairs:
    """The tile's pairs that may be among the nearest of either photo. `sketch`: see sketches(); None for few photos.

    A pair of members of both sides may come twice.
    """
    floor, itself = nearest.floor, rows[:, None] == columns
    lows = ((floor[some] - 3 * rounding(vectors.shape[1])).astype(np.float32) for some in (rows, columns))
    low = np.minimum.outer(*lows)
    if sketch is not None:
        found = (sketch[rows] @ sketch[columns].T >= low) & ~itself
        if np.count_nonzero(found) <= MANY * found.size:
            at = np.flatnonzero(found)
            a, b = rows[at // len(columns)], columns[at % len(columns)]
            near = exact_cosines(vectors, a, b, np.float32) >= low.ravel()[at]
            return a[near], b[near], exact_cosines(vectors, a[near], b[near])
    found = (vectors[rows] @ vectors[columns].T >= low) & ~itself
    if np.count_nonzero(found) <= CROWDED * found.size:
        a, b = np.nonzero(found)
        a, b = rows[a], columns[b]
        return a, b, exact_cosines(vectors, a, b)
    like = vectors[rows].astype(np.float64) @ vectors[columns].astype(np.float64).T
    like[itself] = -np.inf
    most = _most_alike(like) | _most_alike(np.ascontiguousarray(like.T)).T
    a, b = np.nonzero(most & (like >= np.minimum.outer(floor[rows], floor[columns])) & ~itself)
    return rows[a], columns[b], like[a, b]


def _most_alike(like: np.ndarray) -> np.ndarray:
    """bool [R, C]: the MAX_NEIGHBOURS largest of each row; among equals the first."""
    if like.shape[1] <= MAX_NEIGHBOURS:
        return np.ones(like.shape, dtype=bool)
    edge = np.partition(like, -MAX_NEIGHBOURS, axis=1)[:, -MAX_NEIGHBOURS, None]
    above, at = like > edge, like == edge
    return above | (at & (np.cumsum(at, axis=1, dtype=np.int32) <= MAX_NEIGHBOURS - above.sum(axis=1, keepdims=True)))


# Many photos with one vector


def _without_repeats(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Drop photos that repeat a vector more often than matters.

    int64 [M]: the first MAX_NEIGHBOURS + 1 photos of each vector. int64 [N]: for each other photo the last of those,
    else -1. Only these need to be searched: a photo is equally like all photos of one vector, and then the first win.
    The others are among the nearest of none, and share their nearest with the last one kept.
    """
    seen: dict[bytes, list[int]] = {}
    kept, stands_for = [], np.full(len(vectors), -1, dtype=np.int64)
    for i, vector in enumerate(vectors):
        same = seen.setdefault(blake2b(vector.data, digest_size=16).digest(), [])
        if len(same) <= MAX_NEIGHBOURS:
            same.append(i)
            kept.append(i)
        else:
            stands_for[i] = same[-1]
    return np.array(kept, dtype=np.int64), stands_for


def _repeated(found: Pairs, first: np.ndarray, stands_for: np.ndarray) -> Pairs:
    """Extend the pairs found among the first ones to all rows."""
    one, other, cosine = first[found[0]], first[found[1]], found[2]
    others = np.flatnonzero(stands_for >= 0)
    starts, ends = (np.searchsorted(one, stands_for[others], side) for side in ("left", "right"))
    lengths = ends - starts
    at = np.arange(lengths.sum()) + np.repeat(starts - np.r_[0, np.cumsum(lengths)[:-1]].astype(np.int64), lengths)
    return np.r_[one, np.repeat(others, lengths)], np.r_[other, other[at]], np.r_[cosine, cosine[at]]


def _in_order(one: np.ndarray, other: np.ndarray, cosine: np.ndarray, photos: int) -> Pairs:
    """Each pair once, in order."""
    pairs, at = np.unique(np.minimum(one, other) * photos + np.maximum(one, other), return_index=True)
    return pairs // max(1, photos), pairs % max(1, photos), cosine[at].astype(np.float32)
