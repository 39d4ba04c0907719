"""Frames that show nothing: black, white, one colour, test bars, a dead signal. Fog, snow, stars and pages stay."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from unipic.core.language import kept

VERSION = 1  # raised when another frame counts as technical
SIZE = (160, 90)  # pixels at which a frame is judged
BLOCK = 10  # pixels of a block; its mean is free of noise
# Grey levels, 0 to 255. A span is from the darkest to the lightest; what compression leaves of one colour stays within.
BLACK, BLACK_SPAN = 34, 14
LIGHTS, ABOVE = 12, 45  # full-size pixels so far above the mean: stars, or a lamp
WHITE, WHITE_SPAN, WHITE_BLOCKS = 222, 14, 7
ONE_SPAN, ONE_BLOCKS = 12, 5
EVEN = 4.0  # standard deviation down a column of a test picture
BARS = 6  # of equal width, at least
LOUD, UNRELATED = 900.0, 0.15  # variance, and correlation of neighbours, of a dead signal
# Tones of colour bars: every channel is near one of these shares of full, at 75 or 100 %.
CORNERS = np.array([0.0, 0.75, 1.0]) * 255
CORNER = 24  # grey levels around a corner, for compression and limited range


def technical(picture: NDArray[np.uint8]) -> str:
    """What a frame is instead of a picture: "black", "white", "one colour", "test bars", "no signal"; "" if it is one.

    `picture`: uint8 [H, W, 3] RGB at full size.
    """
    small = np.asarray(cv2.resize(picture, SIZE, interpolation=cv2.INTER_AREA), np.uint8)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    blocks = cv2.resize(small, (SIZE[0] // BLOCK, SIZE[1] // BLOCK), interpolation=cv2.INTER_AREA).astype(np.float32)
    span = float(np.ptp(blocks.reshape(-1, 3), axis=0).max())
    if grey.max() < BLACK and span < BLACK_SPAN:
        return "" if _has_lights(picture) else "black"
    if grey.min() > WHITE and np.ptp(grey) < WHITE_SPAN and span < WHITE_BLOCKS:
        return "white"
    if span < ONE_BLOCKS and float(np.ptp(small.reshape(-1, 3).astype(np.int16), axis=0).max()) < ONE_SPAN:
        return kept("one colour")
    if _are_bars(small):
        return kept("test bars")
    return kept("no signal") if _is_dead(picture) else ""


def _has_lights(picture: NDArray[np.uint8]) -> bool:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return int((grey > float(grey.mean()) + ABOVE).sum()) >= LIGHTS


def _are_bars(small: NDArray[np.uint8]) -> bool:
    """Even columns in the upper half, in bars of one width, of a generator's colours or a staircase of greys."""
    upper = small[: SIZE[1] // 2].astype(np.float32)
    # The edge of a bar may fall within a column, so a few may be uneven.
    if float(np.quantile(upper.std(axis=0).max(axis=1), 0.85)) >= EVEN:
        return False
    tones = upper.mean(axis=0)
    edges = np.flatnonzero(np.abs(np.diff(tones, axis=0)).max(axis=1) > 5)
    starts = [0, *(int(edge) + 1 for edge in edges), len(tones)]
    widths = np.diff(starts)
    bars = [(a, b) for a, b, width in zip(starts[:-1], starts[1:], widths, strict=True) if width >= 4]
    if len(bars) < BARS:
        return False
    middles = np.array([tones[(a + b) // 2] for a, b in bars])
    centres = np.array([(a + b) / 2 for a, b in bars])
    gaps = np.diff(centres)
    if gaps.max() > 1.35 * gaps.min():
        return False
    grey = np.ptp(middles, axis=1).max() < 10
    steps = np.diff(middles.mean(axis=1))
    staircase = grey and (bool((steps > 3).all()) or bool((steps < -3).all()))
    corners = np.abs(middles[:, :, None] - CORNERS).min(axis=2).max() < CORNER
    return bool(staircase or (corners and len(np.unique(middles.round(-1), axis=0)) >= BARS))


def _is_dead(picture: NDArray[np.uint8]) -> bool:
    """Noise alone: loud, and no pixel knows its neighbour. At full size, since noise made smaller is even."""
    height, width = picture.shape[:2]
    for top, left in ((0, 0), (height // 2, width // 2), (0, width * 3 // 4)):
        piece = picture[top : top + SIZE[1], left : left + SIZE[0]]
        grey = cv2.cvtColor(np.ascontiguousarray(piece), cv2.COLOR_RGB2GRAY).astype(np.float32)
        if min(grey.shape) < 2 or float(grey.var()) <= LOUD:
            return False
        across = np.corrcoef(grey[:, :-1].ravel(), grey[:, 1:].ravel())[0, 1]
        down = np.corrcoef(grey[:-1].ravel(), grey[1:].ravel())[0, 1]
        if max(across, down) >= UNRELATED:
            return False
    return True
