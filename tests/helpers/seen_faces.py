"""Faces in photos that nobody took."""

from collections.abc import Mapping, Sequence
from typing import Any

import hypothesis.strategies as st
import numpy as np

from unipic.core.face import Face
from unipic.core.photo import Photo
from unipic.vision.base import Part
from unipic.vision.eyes import Look, Points

POINTS = ((0.3, 0.4), (0.7, 0.4), (0.5, 0.6), (0.35, 0.8), (0.65, 0.8))  # of a face, in shares of its box


def face(photo: Photo, across: float, down: float = 0.5, width: float = 0.2, **facts: Any) -> Face:
    """A square face whose middle is there, in shares of the photo; `width` in shares of its width."""
    half, high = width / 2, width / 2 * photo.width / photo.height
    box = (across - half, down - high, across + half, down + high)
    points = tuple((box[0] + 2 * half * x, box[1] + 2 * high * y) for x, y in POINTS)
    values: dict[str, Any] = {"score": 0.95, "size": width * photo.width, "eyes": 2.0, "smile": 0.0}
    return Face(photo.digest, box, points, **{**values, **facts})


@st.composite
def faces_over(draw: st.DrawFn, photos: Sequence[Photo]) -> Mapping[str, tuple[Face, ...]]:
    """In each photo some of four people who stand in a row, more or less in their place, awake or not."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    found: dict[str, tuple[Face, ...]] = {}
    for photo in photos:
        here = [place for place in range(4) if rng.random() < 0.7]
        found[photo.id] = tuple(
            face(
                photo,
                0.14 + 0.24 * place + float(rng.normal()) * 0.02,
                width=float(rng.choice((0.05, 0.12, 0.13))),
                eyes=[None, -2.0, 2.0][rng.integers(3)],
                smile=[None, -1.0, 1.5][rng.integers(3)],
                score=float(rng.choice((0.75, 0.95))),
            )
            for place in here
        )
    return found


class Finder:
    """Finds one face in the middle of each picture, and counts."""

    name, label, kind, key = "finder", "Finder", "face", "finder-1"

    def __init__(self, width: float = 0.25) -> None:
        self.width, self.looked = width, 0

    def find(self, pictures: Sequence[np.ndarray]) -> list[list[Part]]:
        """See Detector.find."""
        self.looked += len(pictures)
        left, right = 0.5 - self.width / 2, 0.5 + self.width / 2
        points = [[left + self.width * x, left + self.width * y] for x, y in POINTS]
        facts = {"points": points, "score": 0.9}
        return [[Part("face 1", "face", (left, left, right, right), facts=facts)] for _ in pictures]


class Eyes:
    """Takes faces in light pictures for awake and smiling, and counts."""

    key = "eyes-1"

    def __init__(self) -> None:
        self.looked = 0

    def look(self, faces: Sequence[tuple[np.ndarray, Points]]) -> list[Look]:
        """See EyeReader.look."""
        self.looked += len(faces)
        odds = [2.0 if picture.mean() > 127 else -2.0 for picture, _ in faces]
        return [Look(one, one, one) for one in odds]
