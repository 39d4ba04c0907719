"""CLIP: how well a picture fits the wish, compared with faults. Weights come from a local folder only."""

import hashlib
from collections.abc import Sequence
from copy import copy
from typing import Self

import numpy as np

from unipic.core.settings import FAULTS
from unipic.vision.aesthetic import AestheticHead
from unipic.vision.text import LocalTextEncoder

SCALE = 100.0  # CLIP's learned temperature; its file rounds it differently in each number format
VERSION = 3  # raised when scores change with the same weights


class ClipScorer:
    """A VectorScorer by CLIP."""

    name = "clip"
    label = "CLIP ViT-B/32"
    names: tuple[str, ...] = ("wish",)

    def __init__(self, encoder: LocalTextEncoder) -> None:
        """`encoder`: OpenAI's, which may be used for a search as well."""
        self.encoder = encoder
        self._head: AestheticHead | None = None
        faults = hashlib.sha256("\n".join(FAULTS).encode()).hexdigest()
        self.key = f"{self.name}-{encoder.weights}-{encoder.numbers}-{faults[:8]}-{VERSION}"

    def with_head(self, head: AestheticHead) -> Self:
        """The same model and network, with "aesthetic" as another column."""
        scorer = copy(self)
        scorer._head, scorer.names = head, (*self.names, "aesthetic")
        scorer.label, scorer.key = f"{self.label} and {head.label}", f"{self.key}+{head.key}"
        return scorer

    def score(self, pictures: Sequence[np.ndarray], prompt: str) -> np.ndarray:
        """uint8 [H, W, 3] RGB each -> float32 [N, len(names)], each independent of the others.

        wish: log-odds of the prompt against all FAULTS together; aesthetic: the head's rating, if there is a head.
        """
        if not len(pictures):
            return np.zeros((0, len(self.names)), np.float32)
        return self.rate(self.encoder.embed(pictures), prompt)

    def rate(self, vectors: np.ndarray, prompt: str) -> np.ndarray:
        """See VectorScorer.rate. New vectors are rounded as stored ones, so that both have one score."""
        vectors = vectors.astype(np.float16).astype(np.float32)
        wish, faults = self.encoder.text_vector(prompt), np.stack([self.encoder.text_vector(fault) for fault in FAULTS])
        columns = [_log_odds(vectors, wish, faults)]
        if self._head:
            columns.append(self._head.rate(vectors))
        return np.stack(columns, axis=1)


def _log_odds(vectors: np.ndarray, wish: np.ndarray, faults: np.ndarray) -> np.ndarray:
    """float32 [N, D], [D], [F, D] -> [N]. Log-odds, since the probability is 1 for every picture of a good series."""
    return SCALE * _dots(vectors, wish) - np.logaddexp.reduce(SCALE * _dots(vectors[:, None], faults), axis=1)


def _dots(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Dot products along the last axis. A matrix product would sum in an order that depends on the shapes."""
    return (one * other).sum(axis=-1)
