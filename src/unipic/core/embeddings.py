"""Photos with their embedding vectors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from unipic.core.photo import Photo


@dataclass(frozen=True, eq=False)
class Embeddings:
    """`vectors[i]` belongs to `photos[i]`: float32, one L2-normalised row per photo."""

    photos: tuple[Photo, ...]
    vectors: np.ndarray

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2 or len(self.vectors) != len(self.photos):
            raise ValueError(f"{len(self.photos)} photos, vectors of shape {self.vectors.shape}")
        if self.vectors.dtype != np.float32:
            raise ValueError(f"vectors must be float32, not {self.vectors.dtype}")
        lengths = np.sqrt(np.einsum("nd,nd->n", self.vectors, self.vectors))  # without a second matrix
        if not np.allclose(lengths, 1.0, atol=1e-3):
            raise ValueError("an embedding is not of length 1")

    def of(self, photos: Iterable[Photo]) -> Embeddings:
        """The embeddings of some of the photos, in the order given."""
        row = {photo.id: i for i, photo in enumerate(self.photos)}
        chosen = tuple(photos)
        return Embeddings(chosen, self.vectors[[row[photo.id] for photo in chosen]])
