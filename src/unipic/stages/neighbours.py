"""Neighbours: the pairs of photos whose embeddings are alike, by blocks, without an n x n matrix."""

from __future__ import annotations

import numpy as np

from unipic.embeddings import Embeddings

ROWS, COLUMNS = 1024, 8192  # a block is 32 MB of float32
# Of one photo the most alike count: enough for any burst, and no time-lapse makes millions of pairs. Of those that
# are alike only by some luck a few do, or an encoder that is sure of little would have everything compared.
MOST, MOST_UNLIKELY = 64, 8


def neighbours(embeddings: Embeddings, likely: float, least: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of comparable photos where one is among the nearest of the other.

    Among its MOST nearest with a cosine of `likely` or more, or its MOST_UNLIKELY nearest with `least` or more.
    int64 [P] and int64 [P], rows of the embeddings with the first below the second, in order; float32 [P], cosines.
    """
    rows = np.flatnonzero([photo.comparable for photo in embeddings.photos])
    vectors = embeddings.vectors[rows]
    found = [_of_block(vectors, start, likely, least) for start in range(0, len(vectors), ROWS)]
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32)
    a, b = (np.concatenate(part) for part in zip(*found, strict=True))
    pairs = np.unique(np.stack([np.minimum(a, b), np.maximum(a, b)], axis=1), axis=0)
    a, b = pairs.T
    # Summed once more for each pair alone: the sums of a block depend on where in it a pair lies, if only a little.
    starts = range(0, max(1, len(a)), ROWS)
    cosine = np.concatenate([_cosines(vectors, a[i : i + ROWS], b[i : i + ROWS]) for i in starts])
    return rows[a], rows[b], cosine.astype(np.float32)


def _cosines(vectors: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.einsum("pd,pd->p", vectors[a].astype(np.float64), vectors[b].astype(np.float64))


def _of_block(vectors: np.ndarray, start: int, likely: float, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Row and column numbers, each pair from one or both of its sides."""
    rows = vectors[start : start + ROWS]
    columns, values = [], []
    for other in range(0, len(vectors), COLUMNS):
        like = rows @ vectors[other : other + COLUMNS].T
        like[np.arange(len(rows))[:, None] + start == np.arange(other, other + like.shape[1])] = -np.inf
        nearest = np.argpartition(-like, min(MOST, like.shape[1]) - 1, axis=1)[:, :MOST]
        columns.append(nearest + other)
        values.append(np.take_along_axis(like, nearest, axis=1))
    column, value = np.concatenate(columns, axis=1), np.concatenate(values, axis=1)
    best = np.argsort(-value, axis=1, kind="stable")[:, :MOST]
    column, value = (np.take_along_axis(part, best, axis=1) for part in (column, value))
    row, place = np.nonzero((value >= likely) | ((value >= least) & (np.arange(value.shape[1]) < MOST_UNLIKELY)))
    return row + start, column[row, place]
