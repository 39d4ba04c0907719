"""The interfaces of models: encoders turn pictures, and texts, into vectors; a Scorer rates; a Detector finds parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np

VIEW = 224  # pixels: the square input of every encoder, made once when the photo is read
FAILED = "failed"  # the kind of the part of a picture that could not be looked at; its facts have the reason


@dataclass(frozen=True)
class Calibration:
    """Turns cosines of one encoder into log-odds that two photos show one moment.

    Fitted by logistic regression on labelled pairs, given the evidence of keypoints and times.
    """

    middle: float  # the cosine with even odds
    slope: float  # log-odds per unit of cosine

    def odds(self, cosine: np.ndarray) -> np.ndarray:
        """Log-odds for a cosine."""
        return self.slope * (cosine - self.middle)

    def cosine(self, odds: float) -> float:
        """The cosine with these log-odds."""
        return self.middle + odds / self.slope


class Encoder(Protocol):
    """Turns pictures into vectors, which are comparable only with those of the same encoder."""

    name: str  # "mobilenet"
    label: str  # for people: "MobileNetV3-Small (ImageNet)"
    calibration: Calibration
    key: str  # changes whenever the vectors may

    def embed(self, views: np.ndarray) -> np.ndarray:
        """uint8 [N, VIEW, VIEW, 3] RGB -> float32 [N, D], rows of length 1."""


@dataclass(frozen=True)
class Cutoff:
    """From which margin on a photo shows what a text says, for one text encoder; see search/cutoff.py.

    Measured by `python -m benchmarks search --calibrate FOLDER` on labelled photos; no model has one before.
    """

    found: float  # the margin of photos that show it, a difference of cosines
    maybe: float  # the margin of photos that may show it; below, they do not
    measured_on: str  # for people: the labelled photos


class TextEncoder(Protocol):
    """Turns pictures and texts into vectors of one space: a text is near the pictures that show what it says.

    Either half is loaded when it is first used: looking at photos needs none of the other's memory.
    """

    name: str  # "siglip2"
    label: str  # for people: "SigLIP2 B/32-256"
    key: str  # changes whenever the vectors may
    templates: tuple[str, ...]  # texts that a search for {} asks for; their vectors are averaged
    english: bool  # understands only English
    cutoff: Cutoff | None  # None: not measured

    def embed(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """uint8 [H, W, 3] RGB each -> float32 [N, D], rows of length 1, or none finite."""

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """float32 [N, D], rows of length 1. ModelError if there is no vector for one."""

    def read_part(self, text: str) -> str:
        """The beginning of a text that is read; all of it if it is short enough."""


class Scorer(Protocol):
    """Rates pictures, one column per criterion, each on its own scale. The ranking decides the weights."""

    name: str
    label: str
    names: tuple[str, ...]  # of the columns: ("wish",) or ("wish", "aesthetic")
    key: str  # changes whenever the scores may

    def score(self, pictures: Sequence[np.ndarray], prompt: str) -> np.ndarray:
        """uint8 [H, W, 3] RGB each -> float32 [N, len(names)], higher is better in each column."""


@runtime_checkable
class VectorScorer(Scorer, Protocol):
    """A Scorer that needs no pictures where a text encoder has seen them."""

    @property
    def encoder(self) -> TextEncoder:
        """Whose vectors it rates."""

    def rate(self, vectors: np.ndarray, prompt: str) -> np.ndarray:
        """Vectors of pictures [N, D], as made or as stored -> the same as `score` of the pictures."""


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a picture or film that a model found; with the defaults, the whole picture."""

    name: str = ""  # unique among the parts of one photo, and the same whenever it is found again
    kind: str = ""  # "face", "segment", "frame"
    box: tuple[float, float, float, float] | None = None  # left, top, right, bottom as shares of the picture, 0 to 1
    time: float | None = None  # seconds from the beginning of a film
    facts: Mapping[str, Any] = field(default_factory=dict)  # plain values for JSON
    vector: np.ndarray | None = None  # float32 [D], of length 1


def failed(reason: str) -> Part:
    """What is stored of a picture that could not be looked at, in place of its parts."""
    return Part(kind=FAILED, facts={"reason": reason})


class Detector(Protocol):
    """Finds parts of pictures, such as faces, perhaps with a vector each."""

    name: str
    label: str
    kind: str  # of its parts
    key: str  # changes whenever the parts may

    def find(self, pictures: Sequence[np.ndarray]) -> list[list[Part]]:
        """uint8 [H, W, 3] RGB each -> the parts of each picture."""
