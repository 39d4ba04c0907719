"""Photos with their embedding vectors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from unipic.core.photo import Photo


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Photos with their vectors: float32, one L2-normalised row per photo. Those `of` some share the rows of all."""

    photos: tuple[Photo, ...]
    matrix: np.ndarray  # float32 [M, D]
    at: np.ndarray | None = None  # int64 [N]: the row of each photo; None: row i belongs to photo i

    def __post_init__(self) -> None:
        if self.at is not None:
            return
        if self.matrix.ndim != 2 or len(self.matrix) != len(self.photos):
            raise ValueError(f"{len(self.photos)} photos, vectors of shape {self.matrix.shape}")
        if self.matrix.dtype != np.float32:
            raise ValueError(f"vectors must be float32, not {self.matrix.dtype}")
        lengths = np.sqrt(np.einsum("nd,nd->n", self.matrix, self.matrix))  # without a second matrix
        if not np.allclose(lengths, 1.0, atol=1e-3):
            raise ValueError("an embedding is not of length 1")

    @property
    def vectors(self) -> np.ndarray:
        """float32 [N, D]: a row for each photo."""
        return self.matrix if self.at is None else self.matrix[self.at]

    def of(self, photos: Iterable[Photo]) -> Embeddings:
        """The embeddings of some of the photos, in the order given."""
        row = {photo.id: i for i, photo in enumerate(self.photos)}
        chosen = tuple(photos)
        places = np.array([row[photo.id] for photo in chosen], np.int64)
        return Embeddings(chosen, self.matrix, places if self.at is None else self.at[places])
