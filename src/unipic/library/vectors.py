"""Vectors in memory, searched exactly: half-precision rows by FAISS, the answer scored again from the same rows.

Whatever index finds the nearest ones, their scores and order are those of the stored vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

FEW = 0.2  # of all rows: so few are compared one by one, more are searched through with the others
MORE = 32  # rows found beyond those asked for, since scoring again may change the order of equal ones
DIGITS = 6  # of a score: sums in another order differ beyond


class Vectors(Protocol):
    """A set of vectors by whole numbers."""

    def add(self, ids: Sequence[int], vectors: np.ndarray) -> None:
        """[N, D] of any length but 0, in place of those with the same ids. ValueError for NaN and zeros."""
        ...

    def delete(self, ids: Sequence[int]) -> None:
        """Remove vectors; ids without one do not matter."""
        ...

    def search(self, query: np.ndarray, k: int, allowed: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest of the allowed ids (None: of all), best first, and their cosines; equal ones by id."""
        ...


class ExactVectors:
    """Vectors in this process's memory: 2 bytes a number."""

    def __init__(self, dimensions: int) -> None:
        import faiss

        rows = faiss.IndexScalarQuantizer(dimensions, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        rows.train(np.zeros((1, dimensions), np.float32))
        self._rows = faiss.IndexIDMap2(rows)
        self._ids = np.zeros(0, np.int64)  # ascending

    def add(self, ids: Sequence[int], vectors: np.ndarray) -> None:
        """See Vectors.add."""
        rows = _unit(np.ascontiguousarray(vectors, np.float32))
        if len(set(ids)) != len(rows):
            raise ValueError(f"{len(set(ids))} different ids for {len(rows)} vectors")
        self.delete(ids)
        self._rows.add_with_ids(rows, np.asarray(ids, np.int64))
        self._ids = np.union1d(self._ids, np.asarray(ids, np.int64))

    def delete(self, ids: Sequence[int]) -> None:
        """See Vectors.delete."""
        import faiss

        there = np.intersect1d(np.asarray(ids, np.int64), self._ids)
        if len(there):
            self._rows.remove_ids(faiss.IDSelectorBatch(there))
            self._ids = np.setdiff1d(self._ids, there)

    def search(self, query: np.ndarray, k: int, allowed: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """See Vectors.search."""
        unit = _unit(np.asarray(query, np.float32).reshape(1, -1))
        among = self._ids if allowed is None else np.intersect1d(np.asarray(allowed, np.int64), self._ids)
        if len(among) > max(k + MORE, FEW * len(self._ids)):
            among = self._nearest(unit, k + MORE, None if allowed is None else among)
        scores = np.round(self.of(among).astype(np.float64) @ unit[0].astype(np.float64), DIGITS)
        order = np.lexsort((among, -scores))[:k]
        return among[order], scores[order].astype(np.float32)

    def of(self, ids: np.ndarray) -> np.ndarray:
        """float32 [N, D]: the vectors with these ids. RuntimeError if one is missing."""
        if not len(ids):
            return np.zeros((0, self._rows.d), np.float32)
        return np.asarray(self._rows.reconstruct_batch(np.ascontiguousarray(ids, np.int64)))

    def has(self, ids: np.ndarray) -> np.ndarray:
        """bool [N]: which of the ids have a vector."""
        return np.isin(ids, self._ids)

    def _nearest(self, query: np.ndarray, k: int, among: np.ndarray | None) -> np.ndarray:
        import faiss

        chosen = None if among is None else faiss.SearchParameters(sel=faiss.IDSelectorBatch(among))  # type: ignore[call-arg]
        _, found = self._rows.search(query, k, params=chosen)
        return np.sort(found[0][found[0] >= 0])


def _unit(vectors: np.ndarray) -> np.ndarray:
    """float32 [N, D] of length 1. ValueError if one has no direction."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(vectors).all() or not (lengths > 0).all():
        raise ValueError("a vector is not finite, or zero")
    return vectors / lengths
