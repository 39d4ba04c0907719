"""A face in a photo: where it is, how clear it is, and the numbers by which it is compared."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

Box = tuple[float, float, float, float]  # left, top, right, bottom as shares of the upright picture, 0 to 1
SURE = 1.0  # log-odds of eyes and smiles beyond which they count as told; see models/eyes/README.md
TURNED = 0.45  # of turned(): beyond it a face is half a profile, and one eye is hidden
Point = tuple[float, float]  # x, y, in the same shares


@dataclass(frozen=True, eq=False)
class Face:
    """A face that a detector found in one photo."""

    digest: str  # of the photo
    box: Box
    points: tuple[Point, ...]  # right eye, left eye, nose, right and left corner of the mouth, as shown
    score: float  # 0 to 1: how sure the detector is
    size: float  # pixels: the width of the box in the original
    clear: bool = True  # good enough to start or extend a person; False: it may only be attached to one
    eyes: float | None = None  # log-odds that both eyes are open; None: can't tell, or not measured
    smile: float | None = None  # log-odds of a smile; None: can't tell, or not measured
    lids: float = 0.0  # as `eyes`, also where that does not tell
    detail: float = 0.0  # see vision.eyes.Look
    vector: np.ndarray | None = None  # float32 [128], of length 1; None: nobody asked whose face it is
    time: float | None = None  # seconds into a film; None: of a photo

    @cached_property
    def key(self) -> str:
        """The photo's digest and the box in thousandths: the same whenever this face is found again."""
        return " ".join((self.digest, *(str(round(1000 * edge)) for edge in self.box)))

    @property
    def picture(self) -> str:
        """The photo, or the moment of a film, that shows it: two faces in one are of two people."""
        return self.digest if self.time is None else f"{self.digest} {self.time:g}"


def turned(points: Sequence[Point]) -> float:
    """How far the nose is from the middle of the eyes, along the line of the eyes, by their distance."""
    (right_x, right_y), (left_x, left_y), (nose_x, nose_y) = points[:3]
    across, down = left_x - right_x, left_y - right_y
    length = across * across + down * down
    if length == 0:
        return math.inf
    return abs((nose_x - (right_x + left_x) / 2) * across + (nose_y - (right_y + left_y) / 2) * down) / length


def overlap(first: Box, second: Box) -> float:
    """The area that two boxes share over the area of both, 0 to 1."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    shared = max(width, 0.0) * max(height, 0.0)
    both = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (first, second)) - shared
    return shared / both if both > 0 else 0.0


def place_of(key: str) -> tuple[str, Box]:
    """The photo's digest and the box that a face's key names. ValueError for anything else."""
    digest, *edges = key.split(" ")
    left, top, right, bottom = (int(edge) / 1000 for edge in edges)
    return digest, (left, top, right, bottom)
