"""LAION's aesthetic head: a rating of a picture, from its CLIP vector, as the people it was fitted to would give."""

from pathlib import Path

import numpy as np

from unipic.core.errors import ModelDamaged
from unipic.core.language import gettext as _
from unipic.core.progress import silent
from unipic.vision.loading import Loaded
from unipic.vision.manifest import sha256

SHAPES = {"weight": (1, 512), "bias": (1,)}  # a linear layer on the vectors of CLIP ViT-B/32


class AestheticHead:
    """A linear layer on CLIP's vectors."""

    label = "LAION's aesthetic head"

    def __init__(self, weights: Path) -> None:
        """OSError if there is no such file."""
        self._weights = weights
        self._layer = Loaded(self.label, self._load)
        self.key = f"aesthetic-{sha256(weights)[:16]}-1"

    def rate(self, vectors: np.ndarray) -> np.ndarray:
        """float32 [N, 512], rows of length 1 -> float32 [N], about 0 to 10.

        ModelDamaged if the weights are another layer.
        """
        weight, bias = self._layer.get(silent)
        return (vectors * weight).sum(axis=1) + bias  # row by row, so the result does not depend on the batch

    def _load(self) -> tuple[np.ndarray, np.ndarray]:
        import torch

        entries = torch.load(self._weights, map_location="cpu", weights_only=True)
        shapes = {name: tuple(entry.shape) for name, entry in entries.items()}
        if shapes != SHAPES:
            raise ModelDamaged(
                _("{path} holds {found} instead of {wanted}.", path=self._weights, found=shapes, wanted=SHAPES)
            )
        return entries["weight"][0].float().numpy(), entries["bias"].float().numpy()
