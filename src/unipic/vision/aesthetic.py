"""LAION's aesthetic head: how the people it was fitted to would rate a picture, from CLIP's vector of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from unipic.errors import ModelDamaged

SHAPES = {"weight": (1, 512), "bias": (1,)}  # a linear layer on the vectors of CLIP ViT-B/32


class AestheticHead:
    label = "LAION's aesthetic head"

    def __init__(self, weights: Path) -> None:
        """ModelDamaged when it is no such layer."""
        import torch

        entries = torch.load(weights, map_location="cpu", weights_only=True)
        shapes = {name: tuple(entry.shape) for name, entry in entries.items()}
        if shapes != SHAPES:
            raise ModelDamaged(f"{weights} holds {shapes} instead of {SHAPES}.")
        self._weight = entries["weight"][0].float().numpy()
        self._bias = entries["bias"].float().numpy()

    def rate(self, vectors: np.ndarray) -> np.ndarray:
        """float32 [N, 512], rows of length 1 -> float32 [N], on the scale of 0 to 10 people were given."""
        return vectors @ self._weight + self._bias
