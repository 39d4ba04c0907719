"""Vectors in memory: half-precision rows by FAISS, the answer scored again from the same rows.

Whatever index finds the nearest ones, their scores and order are those of the stored vectors. Above EXACT_ROWS an
inverted file finds them, which misses a few.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

FEW = 0.2  # of all rows: so few are compared one by one, more are searched through with the others
MORE = 32  # rows found beyond those asked for, since scoring again may change the order of equal ones
DIGITS = 6  # of a score: sums in another order differ beyond
EXACT_UP_TO = 50_000  # vectors whose neighbours are found exactly: half a minute of one core
# Above: centres for the square root of the vectors, vectors for each centre that teach it, and cells searched for each.
CENTRES, SAMPLE, PROBES = 4.0, 40, 32
EXACT_ROWS = 1_000_000  # vectors that are searched exactly: a fifth of a second of one core
BLOCK = 4096  # vectors searched for at a time


class Vectors(Protocol):
    """A set of vectors by whole numbers."""

    @property
    def names(self) -> Mapping[int, str]:
        """Of what the vectors are, by id, where they outlive the process; else nothing."""
        ...

    def add(self, ids: Sequence[int], vectors: np.ndarray, names: Sequence[str] = ()) -> None:
        """[N, D] of any length but 0, in place of those with the same ids. ValueError for NaN and zeros."""

    def delete(self, ids: Sequence[int]) -> None:
        """Remove vectors; ids without one do not matter."""

    def search(self, query: np.ndarray, k: int, allowed: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest of the allowed ids (None: of all), best first, and their cosines; equal ones by id."""

    def of(self, ids: np.ndarray) -> np.ndarray:
        """float32 [N, D]: the vectors with these ids, all of which must be there."""
        ...

    def has(self, ids: np.ndarray) -> np.ndarray:
        """bool, in the shape of the ids: which of them have a vector."""
        ...


class ExactVectors:
    """Vectors in this process's memory: 2 bytes a number. Ids should not be much larger than their number."""

    names: Mapping[int, str] = MappingProxyType({})
    _selector, _parameters = "IDSelectorBatch", "SearchParameters"  # FAISS's kinds
    _how: Mapping[str, int] = MappingProxyType({})  # of a search

    def __init__(self, dimensions: int) -> None:
        import faiss

        rows = faiss.IndexScalarQuantizer(dimensions, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        rows.train(np.zeros((1, dimensions), np.float32))
        self._rows: Any = faiss.IndexIDMap2(rows)
        self._there = np.zeros(0, bool)  # by id

    def add(self, ids: Sequence[int], vectors: np.ndarray, names: Sequence[str] = ()) -> None:
        rows, wanted = rows_to_add(ids, vectors), np.asarray(ids, np.int64)
        self.delete(ids)
        self._rows.add_with_ids(rows, wanted)
        there = np.zeros(max(len(self._there), wanted.max(initial=-1) + 1), bool)
        there[: len(self._there)] = self._there
        there[wanted] = True
        self._there = there

    def delete(self, ids: Sequence[int]) -> None:
        import faiss

        wanted = np.asarray(ids, np.int64)
        gone = wanted[self.has(wanted)]
        if len(gone):
            self._rows.remove_ids(getattr(faiss, self._selector)(gone))
            self._there[gone] = False

    def search(self, query: np.ndarray, k: int, allowed: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        wanted = unit(np.asarray(query, np.float32).reshape(1, -1))
        some = self._there.copy()
        if allowed is not None:
            some[:] = False
            some[allowed[self.has(allowed)]] = True
        number, most = int(some.sum()), k + MORE
        few = number <= max(most, FEW * self._rows.ntotal)
        among = np.flatnonzero(some) if few else self._nearest(wanted, most, some if allowed is not None else None)
        return best_of(among, self.of(among), wanted[0], k)

    def of(self, ids: np.ndarray) -> np.ndarray:
        """float32 [N, D]: the vectors with these ids. RuntimeError if one is missing."""
        if not len(ids):
            return np.zeros((0, self._rows.d), np.float32)
        return np.asarray(self._rows.reconstruct_batch(np.ascontiguousarray(ids, np.int64)))

    def has(self, ids: np.ndarray) -> np.ndarray:
        """bool, in the shape of the ids: which of them have a vector."""
        known = (ids >= 0) & (ids < len(self._there))
        known[known] = self._there[ids[known]]
        return known

    def _nearest(self, query: np.ndarray, k: int, among: np.ndarray | None) -> np.ndarray:
        """Ascending ids. `among`: bool by id."""
        import faiss

        only: dict[str, Any] = {}
        if among is not None:
            bits = np.packbits(among, bitorder="little")
            only["sel"] = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type]
        _, found = self._rows.search(query, k, params=getattr(faiss, self._parameters)(**self._how, **only))
        return np.sort(found[0][found[0] >= 0])


class CellVectors(ExactVectors):
    """The same in cells of like vectors, of which a search looks into the nearest PROBES.

    The first vectors teach where the cells are, so they should be most of all.
    """

    _selector, _parameters, _how = "IDSelectorArray", "SearchParametersIVF", MappingProxyType({"nprobe": PROBES})

    def add(self, ids: Sequence[int], vectors: np.ndarray, names: Sequence[str] = ()) -> None:
        """See Vectors.add."""
        if not self._rows.ntotal and len(vectors):
            self._rows = self._taught(rows_to_add(ids, vectors))
        super().add(ids, vectors)

    def _taught(self, vectors: np.ndarray) -> Any:
        import faiss

        number, dimensions = vectors.shape
        cells = max(1, min(number // SAMPLE, round(number**0.5)))  # few, since each process makes them
        kind, cosine = faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        self._centres = faiss.IndexFlatIP(dimensions)  # the inverted file does not own it
        rows: Any = faiss.IndexIVFScalarQuantizer(self._centres, dimensions, cells, kind, cosine)
        rows.by_residual = False  # else half precision is that of a difference, and answers depend on the cells
        rows.train(vectors[:: max(1, number // (cells * SAMPLE))])
        rows.set_direct_map_type(2)  # FAISS's DirectMap.Hashtable, to read and delete by id
        return rows


def vectors_for(number: int, dimensions: int) -> ExactVectors:
    """An empty set of vectors that is to have this number of them."""
    return (ExactVectors if number <= EXACT_ROWS else CellVectors)(dimensions)


def best_of(ids: np.ndarray, vectors: np.ndarray, query: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k ids whose vectors [N, D] are most like the query [D], best first, and their cosines; equal ones by id."""
    scores = np.round(vectors.astype(np.float64) @ query.astype(np.float64), DIGITS)
    order = np.lexsort((ids, -scores))[:k]
    return ids[order], scores[order].astype(np.float32)


def neighbours(vectors: np.ndarray, k: int) -> np.ndarray:
    """int64 [N, k]: for each of the vectors (float32 [N, D], of length 1) the k nearest others; -1 for none.

    Exact up to EXACT_UP_TO vectors, and in the nearest PROBES cells of an inverted file above.
    """
    import faiss

    number, dimensions = vectors.shape
    index: faiss.Index = faiss.IndexFlatIP(dimensions)
    if number > EXACT_UP_TO:
        cells = round(CENTRES * number**0.5)
        index = faiss.IndexIVFFlat(index, dimensions, cells, faiss.METRIC_INNER_PRODUCT)
        index.nprobe = PROBES
        index.train(vectors[:: max(1, number // (cells * SAMPLE))])
    index.add(vectors)
    found = np.full((number, k), -1, np.int64)
    for start in range(0, number, BLOCK):
        rows = index.search(vectors[start : start + BLOCK], k + 1)[1]
        rows[rows == np.arange(start, start + len(rows))[:, None]] = -1  # the vector itself, if it is among them
        rows = np.take_along_axis(rows, np.argsort(rows < 0, axis=1, kind="stable"), axis=1)
        found[start : start + BLOCK] = rows[:, :k]
    return found


def rows_to_add(ids: Sequence[int], vectors: np.ndarray) -> np.ndarray:
    """float32 [N, D] of length 1. ValueError if one has no direction, or the ids are not as many and different."""
    if len(set(ids)) != len(vectors):
        raise ValueError(f"{len(set(ids))} different ids for {len(vectors)} vectors")
    return unit(np.ascontiguousarray(vectors, np.float32))


def unit(vectors: np.ndarray) -> np.ndarray:
    """float32 [N, D] of length 1. ValueError if one has no direction."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(vectors).all() or not (lengths > 0).all():
        raise ValueError("a vector is not finite, or zero")
    return vectors / lengths
