"""What can be measured on a picture: sharpness, exposure, contrast and noise, each from 0 to 1.

All of it is taken from the working picture (long side WORKING pixels), because a Laplacian means nothing
without a fixed scale. Pure numpy, tested at pictures whose answer is known.
"""

from __future__ import annotations

import math

import numpy as np

from unipic.photo import Measures

MOST_GRAIN = 0.1  # a night shot at the highest ISO; counts as all noise
WORKING = 640  # pixels of the long side; also the thumbnail a person sees


def measure(rgb: np.ndarray) -> Measures:
    """uint8 [H, W, 3] -> Measures."""
    grey = luminance(rgb)
    grain = grain_of(grey)
    return Measures(sharpness(grey, grain), exposure(rgb, grey), contrast(grey), min(1.0, grain / MOST_GRAIN))


def luminance(rgb: np.ndarray) -> np.ndarray:
    """uint8 [H, W, 3] -> float32 [H, W] from 0 to 1 (Rec. 601)."""
    weights = np.array([0.299, 0.587, 0.114], dtype=np.float32) / 255
    return rgb.astype(np.float32) @ weights


def sharpness(grey: np.ndarray, grain: float = 0.0) -> float:
    """Energy of the Laplacian over the picture's contrast, in its sharpest quarter, less what grain adds to it.

    Divided by contrast, because fog is not blur (photo and sky both lose edges); the sharpest of the tiles
    counts, because a portrait with a soft background is not a blurred photo.
    """
    if min(grey.shape) < 16:
        return 0.0
    edges = np.abs(4 * grey[1:-1, 1:-1] - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:])
    energies = sorted((float(tile.mean()) for tile in _tiles(edges, 6)), reverse=True)
    best = sum(energies[: len(energies) // 4]) / (len(energies) // 4)
    # Independent energies add as squares; the filter's weights are 4 and four times -1.
    from_grain = math.sqrt(4**2 + 4) * math.sqrt(2 / math.pi) * grain
    best = math.sqrt(max(0.0, best**2 - from_grain**2))
    return _squash(best / (float(grey.std()) + 0.05), half=0.35)


def exposure(rgb: np.ndarray, grey: np.ndarray) -> float:
    """1 for a full range of tones around the middle; less for clipped, dark or pale pictures.

    Highlights are lost where two of three channels are: a red flower may fill one, a burnt sky loses its colour.
    """
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    second = np.maximum(np.minimum(red, green), np.minimum(np.maximum(red, green), blue))
    lost = float((second >= 250).mean() + (grey < 0.015).mean())
    off_centre = abs(float(grey.mean()) - 0.47) / 0.53
    return max(0.0, 1 - off_centre**2) * max(0.0, 1 - 3 * lost)


def contrast(grey: np.ndarray) -> float:
    """Spread between the dark and the bright tenth: 0 for one tone, 1 for black and white."""
    low, high = np.percentile(grey, (10, 90))
    return float(high - low)


def grain_of(grey: np.ndarray) -> float:
    """Standard deviation of what no smooth surface has (Immerkaer 1996), from 0 to 1 like the tones.

    Taken in the quietest quarter of the picture, since texture looks like grain to it.
    """
    if min(grey.shape) < 16:
        return 0.0
    a = grey[:-2] - 2 * grey[1:-1] + grey[2:]
    residual = np.abs(a[:, :-2] - 2 * a[:, 1:-1] + a[:, 2:])
    quiet = sorted(float(tile.mean()) for tile in _tiles(residual, 6))[:9]
    return math.sqrt(math.pi / 2) / 6 * sum(quiet) / len(quiet)


def _tiles(plane: np.ndarray, side: int) -> list[np.ndarray]:
    """side x side tiles that cover the plane."""
    return [tile for row in np.array_split(plane, side, axis=0) for tile in np.array_split(row, side, axis=1)]


def _squash(value: float, half: float) -> float:
    """0..infinity to 0..1, with `half` in the middle."""
    return value / (value + half)
