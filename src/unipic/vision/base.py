"""What a model owes: an Encoder turns pictures into vectors, a Scorer says how well pictures fit a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

VIEW = 224  # pixels: every encoder looks at the same square view, made once when the photo is read


class Encoder(Protocol):
    """Vectors of one encoder compare with each other only; the thresholds belong to the encoder."""

    name: str  # "mobilenet"
    label: str  # for people: "MobileNetV3-Small (ImageNet)"
    near: float  # cosine similarity from which two photos may be the same picture
    similar: float  # cosine similarity from which two photos are the same moment

    def embed(self, views: np.ndarray) -> np.ndarray:
        """uint8 [N, VIEW, VIEW, 3] RGB -> float32 [N, D], rows of length 1."""
        ...


class Scorer(Protocol):
    name: str
    label: str

    def score(self, pictures: Sequence[np.ndarray], prompt: str) -> np.ndarray:
        """uint8 [H, W, 3] RGB each -> float32 [N]: cosine similarity of picture and prompt, higher is better."""
        ...
