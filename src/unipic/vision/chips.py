"""Aligned faces: each turned, scaled and moved so that eyes, nose and mouth are at the same places of a square."""

import math
from collections.abc import Sequence

import numpy as np

VERSION = 1  # raised when the same face gives another chip

SIDE = 150  # pixels, as dlib's network takes them
# Where the right eye, the left eye, the nose and the corners of the mouth are in a chip, in pixels: medians of YuNet's
# points in chips that dlib cut by its own points (padding .25), so that its network sees what it was taught with.
TEMPLATE = np.array([(46.4, 46.0), (102.9, 45.7), (75.1, 78.3), (51.0, 103.2), (100.3, 102.6)])
# Of 255, the range of a chip's grey values, without the outermost hundredth: black, white and fog have less, whose
# numbers are those of nobody. Faces in the dark have 20 and more.
LEAST_RANGE = 8


def cut(picture: np.ndarray, points: Sequence[Sequence[float]]) -> np.ndarray | None:
    """uint8 [H, W, 3] and the points in shares of it -> uint8 [SIDE, SIDE, 3]; what lies outside repeats the border.

    None where the points have no extent, or the chip shows nothing.
    """
    height, width = picture.shape[:2]
    to_chip = similarity(np.asarray(points, np.float64) * (width, height), TEMPLATE)
    if not (np.isfinite(to_chip).all() and to_chip[:, :2].any()):
        return None
    chip = warped(picture, to_chip, SIDE)
    low, high = np.percentile(chip.mean(axis=2), (1, 99))
    return chip if high - low >= LEAST_RANGE else None


def warped(picture: np.ndarray, way: np.ndarray, side: int) -> np.ndarray:
    """uint8 [side, side, 3]: where `way`, float64 [2, 3], takes a picture; what lies outside repeats the border."""
    import cv2  # here: whoever only asks for VERSION does without

    height, width = picture.shape[:2]
    halvings = max(0, math.floor(-math.log2(float(np.hypot(way[0, 0], way[1, 0])))))  # before: bilinear skips pixels
    if halvings:
        size = (max(1, width >> halvings), max(1, height >> halvings))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        way = way @ np.diag((width / size[0], height / size[1], 1.0))
    return cv2.warpAffine(picture, way, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def similarity(points: np.ndarray, template: np.ndarray) -> np.ndarray:
    """float64 [2, 3]: the turn, scale and shift that bring points [N, 2] nearest to the template's (Umeyama 1991).

    Not finite where the points have no extent. It never mirrors.
    """
    if not np.isfinite(points).all() or not np.ptp(points, axis=0).any():
        return np.full((2, 3), np.nan)
    middle, wanted = points.mean(axis=0), template.mean(axis=0)
    centred = points - middle
    across = (template - wanted).T @ centred
    spread = (centred**2).sum()
    left, sizes, right = np.linalg.svd(across)
    signs = np.array((1.0, np.sign(np.linalg.det(left) * np.linalg.det(right)) or 1.0))
    turn = (left * signs) @ right * (sizes @ signs) / spread
    return np.column_stack((turn, wanted - turn @ middle))
