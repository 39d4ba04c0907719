"""A hand-made descriptor for when there are no weights: edges, colour layout and colours of a picture.

Three blocks, each scaled to its share, so the cosine of two pictures is the weighted mean of three:
- edges: histograms of gradient directions (Dalal & Triggs 2005) in the overlapping cells of a coarse grid
  (Oliva & Torralba 2001, the gist of a scene), less their mean, so that unrelated pictures come out near 0;
- layout: brightness and two opponent colours on the same grid (after MPEG-7's colour layout descriptor);
- palette: how often each colour occurs, wherever it is (Swain & Ballard 1991).
"""

import numpy as np

from unipic.vision.base import VIEW, Calibration

GRID = 6  # soft cells across and down
DIRECTIONS = 16  # over the whole turn: dark-to-light differs from light-to-dark
TONES, HUES = 6, 7  # palette bins of brightness, and of each opponent colour
BLOCK = 8  # pixels of the half-size view across in which directions are counted
DIMENSIONS = GRID * GRID * DIRECTIONS + 3 * GRID * GRID + TONES * HUES * HUES

EDGES, LAYOUT, PALETTE = 0.5, 0.25, 0.25  # shares of the cosine
VIVID = 0.25  # opponent colour (-1..1) beyond which bins get wide: most photos are pale
NOISE = 0.1  # weaker planes of the layout count less: a grey picture's faint tint is no colour


class BuiltinEncoder:
    """An encoder without weights."""

    name = "builtin"
    label = "Built-in (no weights)"
    key = "builtin-1"  # raised when vectors change
    calibration = Calibration(middle=0.715, slope=8.4)

    def embed(self, views: np.ndarray) -> np.ndarray:
        """uint8 [N, 224, 224, 3] RGB -> float32 [N, 978], rows of length 1, each independent of the others."""
        vectors = np.empty((len(views), DIMENSIONS), np.float32)
        for row, view in zip(vectors, views, strict=True):
            row[:] = _describe(view)
        return vectors


def _describe(view: np.ndarray) -> np.ndarray:
    """uint8 [224, 224, 3] -> float64 [978] of length 1. The palette is never empty, so neither is the vector."""
    half = _shrink(view, 2)
    planes = _opponents(_shrink(view, 8))
    blocks = (_edges(half.mean(axis=2)), _layout(planes), _palette(planes))
    shares = np.sqrt((EDGES, LAYOUT, PALETTE))
    return _unit(np.concatenate([share * _unit(block) for share, block in zip(shares, blocks, strict=True)]))


def _shrink(view: np.ndarray, factor: int) -> np.ndarray:
    """uint8 [VIEW, VIEW, 3] -> float64 [VIEW / factor, VIEW / factor, 3] of 0..1: means of squares."""
    rows = np.add.reduceat(view, np.arange(0, VIEW, factor), axis=0, dtype=np.uint32)
    return np.add.reduceat(rows, np.arange(0, VIEW, factor), axis=1) / (255.0 * factor * factor)


def _opponents(pixels: np.ndarray) -> np.ndarray:
    """RGB [H, W, 3] -> [3, H, W]: brightness 0..1, red against blue and green against both -1..1."""
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    return np.stack([(red + green + blue) / 3, red - blue, green - (red + blue) / 2])


def _edges(grey: np.ndarray) -> np.ndarray:
    """[112, 112] -> [GRID * GRID * DIRECTIONS]: how strong edges are, by cell and direction."""
    rise, run = np.zeros_like(grey), np.zeros_like(grey)
    rise[1:-1] = grey[2:] - grey[:-2]
    run[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    counted = _count_directions(run, rise)
    window = _windows(counted.shape[0])
    cells = np.einsum("iy,yxd,jx->ijd", window, counted, window, optimize=True)
    strength = np.sqrt(cells)  # otherwise one strong edge would dominate
    return (strength - strength.mean(axis=2, keepdims=True)).ravel()


def _count_directions(run: np.ndarray, rise: np.ndarray) -> np.ndarray:
    """Gradients [H, W] -> [H / BLOCK, W / BLOCK, DIRECTIONS]; a pixel votes for the two nearest directions."""
    height, width = run.shape
    across = width // BLOCK
    place = (np.arange(height)[:, None] // BLOCK * across + np.arange(width) // BLOCK) * DIRECTIONS
    turn = np.arctan2(rise, run) * (DIRECTIONS / (2 * np.pi)) + DIRECTIONS
    lower = turn.astype(np.int64)
    weight, upper_part = np.hypot(run, rise), turn - lower
    size = height // BLOCK * across * DIRECTIONS
    votes = np.bincount((place + lower % DIRECTIONS).ravel(), (weight * (1 - upper_part)).ravel(), size)
    votes += np.bincount((place + (lower + 1) % DIRECTIONS).ravel(), (weight * upper_part).ravel(), size)
    return votes.reshape(-1, across, DIRECTIONS)


def _layout(planes: np.ndarray) -> np.ndarray:
    """[3, H, W] -> [3 * GRID * GRID]: brightness and colours by cell, whatever the exposure."""
    window = _windows(planes.shape[1])
    cells = (window @ planes @ window.T).reshape(3, -1)
    cells[0] -= cells[0].mean()
    return (cells / (np.linalg.norm(cells, axis=1, keepdims=True) + NOISE)).ravel()


def _palette(planes: np.ndarray) -> np.ndarray:
    """[3, H, W] -> [TONES * HUES * HUES]: square roots of the shares of soft colour bins."""
    tone = _soft_bins(planes[0], TONES)
    warm, green = (_soft_bins(np.tanh(plane / VIVID) / 2 + 0.5, HUES) for plane in planes[1:])
    hue = (warm[:, :, None] * green[:, None, :]).reshape(len(warm), -1)
    return np.sqrt(tone.T @ hue / len(hue)).ravel()


def _soft_bins(values: np.ndarray, bins: int) -> np.ndarray:
    """0..1 [H, W] -> [H * W, bins]: each value shared between the two bins beside it."""
    return np.maximum(0, 1 - np.abs(values.reshape(-1, 1) * (bins - 1) - np.arange(bins)))


def _windows(size: int) -> np.ndarray:
    """[GRID, size]: Gaussian windows, half a cell their deviation, so that a small shift changes little."""
    cell = size / GRID
    centres = (np.arange(GRID) + 0.5) * cell - 0.5
    window = np.exp(-2 * ((np.arange(size) - centres[:, None]) / cell) ** 2)
    return window / window.sum(axis=1, keepdims=True)


def _unit(vector: np.ndarray) -> np.ndarray:
    """Scaled to length 1; a zero vector stays."""
    length = np.linalg.norm(vector)
    return vector / length if length > 1e-9 else vector
