"""What a model owes: an Encoder turns pictures into vectors, a Scorer says how good pictures are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

VIEW = 224  # pixels: every encoder looks at the same square view, made once when the photo is read


@dataclass(frozen=True)
class Calibration:
    """What a cosine of one encoder is worth: log-odds that two photos show one moment, before any other evidence.

    Fitted by logistic regression to labelled pairs, the evidence of keypoints and times given.
    """

    middle: float  # the cosine of as likely as not
    slope: float  # log-odds for each 1 of cosine

    def odds(self, cosine: np.ndarray) -> np.ndarray:
        return self.slope * (cosine - self.middle)

    def cosine(self, odds: float) -> float:
        return self.middle + odds / self.slope


class Encoder(Protocol):
    """Vectors of one encoder compare with each other only; what their cosines mean belongs to the encoder."""

    name: str  # "mobilenet"
    label: str  # for people: "MobileNetV3-Small (ImageNet)"
    calibration: Calibration
    key: str  # other whenever the vectors may be

    def embed(self, views: np.ndarray) -> np.ndarray:
        """uint8 [N, VIEW, VIEW, 3] RGB -> float32 [N, D], rows of length 1."""
        ...


class Scorer(Protocol):
    """One column for each thing it can say. Each has its own scale; how much it counts is the ranker's business."""

    name: str
    label: str
    names: tuple[str, ...]  # of the columns: ("wish",) or ("wish", "aesthetic")
    key: str  # other whenever the scores may be

    def score(self, pictures: Sequence[np.ndarray], prompt: str) -> np.ndarray:
        """uint8 [H, W, 3] RGB each -> float32 [N, len(names)], higher is better in each column."""
        ...
