"""LAION's aesthetic head: how the people it was fitted to would rate a picture, from CLIP's vector of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from unipic.core.errors import ModelDamaged
from unipic.core.progress import silent
from unipic.vision.loading import Loaded
from unipic.vision.manifest import sha256

SHAPES = {"weight": (1, 512), "bias": (1,)}  # a linear layer on the vectors of CLIP ViT-B/32


class AestheticHead:
    label = "LAION's aesthetic head"

    def __init__(self, weights: Path) -> None:
        """OSError when there is no such file."""
        self._weights = weights
        self._layer = Loaded(self.label, self._load)
        self.key = f"aesthetic-{sha256(weights)[:16]}-1"

    def rate(self, vectors: np.ndarray) -> np.ndarray:
        """float32 [N, 512], rows of length 1 -> float32 [N], on the scale of 0 to 10 people were given.

        ModelDamaged when the weights are no such layer.
        """
        weight, bias = self._layer.get(silent)
        return (vectors * weight).sum(axis=1) + bias  # each row by itself, whichever are beside it

    def _load(self) -> tuple[np.ndarray, np.ndarray]:
        import torch

        entries = torch.load(self._weights, map_location="cpu", weights_only=True)
        shapes = {name: tuple(entry.shape) for name, entry in entries.items()}
        if shapes != SHAPES:
            raise ModelDamaged(f"{self._weights} holds {shapes} instead of {SHAPES}.")
        return entries["weight"][0].float().numpy(), entries["bias"].float().numpy()
