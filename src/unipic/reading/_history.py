"""Traces that earlier programs left in a picture's pixels: a coarser compression before the last one, and resampling.

A JPEG rounds each coefficient of its 8 x 8 blocks to multiples of a step. Opened and saved again with smaller steps, or
in another format, the coefficients still gather at multiples of the old ones, also after an even change of brightness,
a mirror or a turn (Lukas and Fridrich 2003). An enlargement computes pixels from their neighbours, so how much they
differ from them repeats across the picture (Gallagher 2005).
"""

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
# In 99 of 100 photos that were saved once the fifth highest is below 0.15 where the steps are known, and below 0.28
# where blocks or steps are not. In copies of visibly compressed photos it is 0.5 to 1.3.
GATHERED, GATHERED_UNKNOWN, ENOUGH_PLACES = 0.18, 0.3, 5
# A peak of the neighbours' differences over their median. Photos have up to 6 at one frequency in both directions.
REPEATED = 7.0
# What only blocks of 16 pixels leave, those of a JPEG enlarged to the double size; the mean of these peaks. Photos have
# up to 1.7, nineteen of twenty such enlargements more than 2.
DOUBLED = 2.2
BLOCKS_DOUBLED = (3 / 16, 5 / 16, 7 / 16)  # cycles a pixel
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
    least = GATHERED if steps else GATHERED_UNKNOWN
    return sum(height is not None and height >= least for height in found) >= ENOUGH_PLACES


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
    """Whether the picture, uint8 [H, W], was made larger, or a little smaller."""
    if min(luma.shape) < 8 * BLOCK:
        return False
    heights = [_repetition(luma, direction) for direction in (SECOND, SECOND.T)]
    peaks = [int(np.where(COUNTED, height, 0).argmax()) for height in heights]
    if min(height[peak] for height, peak in zip(heights, peaks, strict=True)) >= REPEATED:
        return abs(peaks[0] - peaks[1]) <= SAME_FREQUENCY * SPECTRUM
    doubled = [height[round(at * SPECTRUM) + off] for height in heights for at in BLOCKS_DOUBLED for off in (-1, 0, 1)]
    highest = np.array(doubled).reshape(-1, 3).max(axis=1)
    return bool(np.exp(np.log(highest + 1e-6).mean()) >= DOUBLED)


FREQUENCIES = np.arange(SPECTRUM // 2 + 1) / SPECTRUM
FROM_GRID = np.abs(FREQUENCIES * BLOCK - np.rint(FREQUENCIES * BLOCK)) / BLOCK
SECOND = np.array([[-1, 2, -1]], np.float32)
COUNTED = (FREQUENCIES > LOW) & (FROM_GRID > NEAR_GRID)


def _repetition(luma: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """How strongly the difference of pixels from their neighbours in one direction repeats, at each frequency.

    In units of the median. `direction` is SECOND, for neighbours in a row, or its transpose.
    """
    import cv2  # here: the web's first screen should not wait for OpenCV

    across = direction.shape[0] == 1
    seconds = np.abs(cv2.filter2D(luma, cv2.CV_16S, direction))
    seconds = seconds[:, 1:-1] if across else seconds[1:-1]
    sums = cv2.reduce(seconds, 0 if across else 1, cv2.REDUCE_SUM, dtype=cv2.CV_32F)
    differences = sums.ravel() / np.float32(luma.shape[0 if across else 1])
    tones = np.log(differences + 0.5)
    rest = (tones - np.convolve(tones, np.ones(9) / 9, "same"))[BLOCK:-BLOCK]
    heights = np.abs(np.fft.rfft(rest * np.hanning(len(rest)), SPECTRUM))
    return np.asarray(heights / max(np.median(heights[COUNTED]), 1e-6))
