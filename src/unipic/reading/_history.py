"""Traces that earlier programs left in a picture's pixels: a coarser compression before the last one, and resampling.

A JPEG rounds each coefficient of its 8 x 8 blocks to multiples of a step. Opened and saved again with smaller steps, or
in another format, the coefficients still gather at multiples of the old ones, also after an even change of brightness,
a mirror or a turn (Lukas and Fridrich 2003). An enlargement computes pixels from their neighbours, so how much they
differ from them repeats across the picture (Gallagher 2005).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np

BLOCK = 8
SIDE = 1024  # pixels of the middle that are examined
# Coefficients that survive most compressions, as (row, column): all but the mean and the fine detail.
PLACES = tuple((row, column) for row in range(BLOCK) for column in range(BLOCK) if 0 < row + column <= 4)
LEAST_VALUES = 200  # coefficients that differ from 0, so that their mean has a noise below 0.1
MOST = 256.0  # larger coefficients are too rare to be counted
BIN = 0.5  # of the coefficients of a picture whose steps are not known
NARROWEST, WIDEST = 3.0, 32.0  # an old step: below 3 nothing is left of it after rounding
PERIODS = 160  # that are tried between two limits
# How much higher the coefficients gather at an old step than at the ones beside it, and in how many of the 14 places.
# The fifth highest is below it in 99 of 100 photos that were saved once, and 0.5 to 1.7 in copies of compressed ones.
GATHERED, ENOUGH_PLACES = 0.3, 5
# A peak of the neighbours' differences over their median. Photos have up to 6 at one frequency in both directions.
REPEATED = 7.0
SPECTRUM = 1024
LOW, NEAR_GRID = 0.12, 0.012  # cycles a pixel: what is below is content, what is near a multiple of 1/8 is blocks
SAME_FREQUENCY = 0.006


def middle(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The box that is examined of a picture of this width and height: as far from block borders as the whole is."""
    found = []
    for side in size:
        used = min(side, SIDE + side % BLOCK)
        found.append(((side - used) // 2 // BLOCK * BLOCK, used))
    (left, width), (top, height) = found
    return left, top, left + width, top + height


def was_compressed_coarser(luma: np.ndarray, steps: Sequence[int] | None) -> bool:
    """Whether the picture, uint8 [H, W], was a JPEG with larger steps before.

    `steps` are the 64 of the JPEG it is now, None for another format.
    """
    return any(_gathers(part, known) for part, known in _grids(luma, steps))


def _grids(luma: np.ndarray, steps: Sequence[int] | None) -> Iterator[tuple[np.ndarray, Sequence[int] | None]]:
    """The whole blocks from each corner: those of a mirrored picture were counted from another one."""
    height, width = luma.shape
    for top in {0, height % BLOCK}:
        for left in {0, width % BLOCK}:
            blocks = luma[top : top + height // BLOCK * BLOCK, left : left + width // BLOCK * BLOCK]
            yield blocks, None if top or left else steps


def _gathers(luma: np.ndarray, steps: Sequence[int] | None) -> bool:
    found = [_gathering(values, step) for values, step in _coefficients(luma, steps)]
    return sum(height is not None and height >= GATHERED for height in found) >= ENOUGH_PLACES


def _coefficients(luma: np.ndarray, steps: Sequence[int] | None) -> Iterator[tuple[np.ndarray, float]]:
    """The coefficients of each place in all blocks, in steps, and the step."""
    height, width = luma.shape
    tiles = luma.reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK).transpose(0, 2, 1, 3).reshape(-1, BLOCK**2)
    found = tiles.astype(np.float32) @ BASIS
    for number, (row, column) in enumerate(PLACES):
        step = float(steps[row * BLOCK + column]) if steps else BIN
        yield np.rint(found[:, number] / step), step


def _gathering(values: np.ndarray, step: float) -> float | None:
    """How much the values, whole numbers of steps, gather at multiples of something larger; None if too few tell."""
    size = np.abs(values).astype(np.int64)
    shortest = 2.0 if step > BIN else NARROWEST / step
    size = size[(size >= shortest / 2) & (size <= MOST / step)]
    if len(size) < LEAST_VALUES:
        return None
    counts = np.bincount(size, minlength=int(MOST / step) + 1)
    heights = _waves(shortest, step) @ counts.astype(np.float32) / len(size)
    valley = np.minimum.accumulate(heights[::-1])[::-1]  # the lowest of all longer periods
    return float((heights - valley).max())


@lru_cache(64)
def _waves(shortest: float, step: float) -> np.ndarray:
    """float32 [PERIODS, sizes]: the wave of each period at each whole number of steps."""
    periods = np.geomspace(shortest, max(2 * shortest, WIDEST / step), PERIODS)
    return np.cos(2 * np.pi / periods[:, None] * np.arange(int(MOST / step) + 1)).astype(np.float32)


def _basis() -> np.ndarray:
    """float32 [64, PLACES]: pixels of a block to its coefficients in these places (DCT-II)."""
    at = (2 * np.arange(BLOCK) + 1) * np.pi / (2 * BLOCK)
    waves = np.array([np.cos(k * at) * np.sqrt((2 if k else 1) / BLOCK) for k in range(BLOCK)])
    return np.stack([np.outer(waves[row], waves[column]).ravel() for row, column in PLACES], 1).astype(np.float32)


BASIS = _basis()


def was_resampled(luma: np.ndarray) -> bool:
    """Whether the picture, uint8 [H, W], was made larger, or a little smaller. An exact doubling leaves no trace."""
    picture = luma.astype(np.float32)
    if min(picture.shape) < 8 * BLOCK:
        return False
    (across, at), (down, where) = (_repetition(turned) for turned in (picture, picture.T))
    return min(across, down) >= REPEATED and abs(at - where) <= SAME_FREQUENCY


def _repetition(picture: np.ndarray) -> tuple[float, float]:
    """The highest peak, over the median, of how pixels differ from their neighbours along rows; and its frequency."""
    differences = np.abs(2 * picture[:, 1:-1] - picture[:, :-2] - picture[:, 2:]).mean(axis=0)
    tones = np.log(differences + 0.5)
    rest = (tones - np.convolve(tones, np.ones(9) / 9, "same"))[BLOCK:-BLOCK]
    heights = np.abs(np.fft.rfft(rest * np.hanning(len(rest)), SPECTRUM))
    frequencies = np.arange(len(heights)) / SPECTRUM
    from_grid = np.abs(frequencies * BLOCK - np.rint(frequencies * BLOCK)) / BLOCK
    counted = (frequencies > LOW) & (from_grid > NEAR_GRID)
    peak = int(np.where(counted, heights, 0).argmax())
    return float(heights[peak] / max(np.median(heights[counted]), 1e-6)), float(frequencies[peak])
