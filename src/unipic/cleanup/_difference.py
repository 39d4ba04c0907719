"""Ask of every small block of two pictures that lie on each other whether its difference is what copying makes.

Copying makes an even edit (a curve for each colour channel, more or less sharpness), the losses of coding and
resizing, and a remainder of misalignment. Each is estimated from the pair itself by robust statistics, and what it
explains is bounded: a few blocks that stand out are something that only one of the pictures shows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from unipic.cleanup._overlay import Overlay

BLUR = 1.0  # pixels; finer structure is the first that coding loses
WINDOW, STEP = 16, 8  # pixels of a block, and from one to the next: half, so that no mark falls between two
KNOTS = 17  # of a channel's curve, 16 grey levels apart
# How much the curve's bends count against the mean squared residual, step by step: nearly a line first, so that places
# that differ are known as such before the curve could follow them.
STIFFNESS = (10.0, 1e-1, 3e-3, 3e-5)
SAMPLES = 8_000  # pixels to fit a curve by
ROUNDING = 1.0  # grey levels squared: rounding, and grain that is below seeing
EDITED = 0.2  # share of what an even edit changes to which it is known: burnt colours and mixed ones follow no curve
PLACED = 0.05  # pixels that the pictures may be off each other
TYPICAL = 0.75  # quantile of the differences of blocks with similar texture
FEWEST_BLOCKS = 30  # with similar texture, to tell what is typical
NOISE, LOSS = 4.0, 0.04  # the most that is typical: grey levels squared, and share of a block's texture
STANDS_OUT = 8.0  # times what is explained
FEWEST_OUT = 3  # blocks that stand out; half overlap, so that one mark is seen by four
# Of the luminance steps of libjpeg at quality 50, those of the low frequencies that BLUR leaves: root mean square.
STEP_AT_50 = 14.0
LEFT_BY_BLUR = 0.3
UNTOLD = 50  # the quality assumed of formats that do not tell it
LEVEL = 1e-4  # how much a curve's slope counts: where fewer pixels than this share tell, the curve stays level
UNIQUE = 1e-9  # an offset may be in any of the three curves; this chooses one
PLACES = np.linspace(0, 255, KNOTS)
SLOPES, BENDS = (np.diff(np.eye(KNOTS), n, axis=0).T @ np.diff(np.eye(KNOTS), n, axis=0) for n in (1, 2))

Planes = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Difference:
    """The blocks of two pictures."""

    ratio: np.ndarray  # float32 [R, C]: difference to what is explained, larger of light and colour; 0 outside
    shape: tuple[int, ...]  # rows and columns of the pixels

    @property
    def out(self) -> np.ndarray:
        """bool [R, C]: the blocks that stand out."""
        return self.ratio > STANDS_OUT

    @property
    def differ(self) -> bool:
        """Whether enough blocks stand out for something that only one picture shows."""
        return int(self.out.sum()) >= FEWEST_OUT

    @property
    def most(self) -> float:
        """The ratio that at least FEWEST_OUT blocks reach."""
        ratios = self.ratio.ravel()
        return float(np.partition(ratios, -FEWEST_OUT)[-FEWEST_OUT]) if len(ratios) >= FEWEST_OUT else 0.0


def difference(laid: Overlay, qualities: tuple[int | None, int | None]) -> Difference:
    """Every block's difference. `qualities`: of both files' compression, 1 to 100, None where the format has none.

    What is burnt or has lost its colours follows from the other picture, but not the other from it. So a block stands
    out only if neither picture explains it by the other.
    """
    noise = NOISE + sum(coding_noise(quality) for quality in qualities)
    inside = cv2.erode(laid.both.astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=1)
    found = Difference(_ratio(laid.ours, laid.theirs, inside, noise), inside.shape)
    if not found.differ:
        return found
    return replace(found, ratio=np.minimum(found.ratio, _ratio(laid.theirs, laid.ours, inside, noise)))


def _ratio(target: np.ndarray, source: np.ndarray, inside: np.ndarray, noise: float) -> np.ndarray:
    """Each block's difference to what is explained, where the target is predicted from the source: float32 [R, C]."""
    light = _unexplained([_planes(target, source, inside, _light)], noise, WINDOW)
    light *= _blocks(inside.astype(np.float32), WINDOW) > 0.999
    # Colours have half the resolution in most files.
    target, source, inside = (_halved(plane) for plane in (target, source, inside))
    colour = _unexplained([_planes(target, source, inside, part) for part in (_red, _blue)], noise, WINDOW // 2)
    if not colour.size:
        return light
    colour *= _blocks(inside.astype(np.float32), WINDOW // 2) > 0.999
    return np.maximum(light, cv2.resize(colour, light.shape[::-1], interpolation=cv2.INTER_NEAREST))


def coding_noise(quality: int | None) -> float:
    """Grey levels squared that JPEG's rounding at this quality leaves in a blurred picture."""
    quality = UNTOLD if quality is None else max(1, quality)
    percent = 5000 / quality if quality < 50 else 200 - 2 * quality
    return (STEP_AT_50 * percent / 100) ** 2 / 12 * LEFT_BY_BLUR


# Planes of a picture.


def _light(picture: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)


def _red(picture: np.ndarray) -> np.ndarray:
    return cv2.extractChannel(cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb), 1).astype(np.float32)


def _blue(picture: np.ndarray) -> np.ndarray:
    return cv2.extractChannel(cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb), 2).astype(np.float32)


def _halved(plane: np.ndarray) -> np.ndarray:
    return cv2.resize(plane, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def _blurred(plane: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(plane, (0, 0), BLUR)


# An even edit.


def _planes(
    target: np.ndarray, source: np.ndarray, inside: np.ndarray, part: Callable[[np.ndarray], np.ndarray]
) -> Planes:
    """A part of the target, as an even edit makes it from the source, and how much that changes: float32 [H, W]."""
    there = np.flatnonzero(inside)
    there = there[np.random.default_rng(0).integers(0, len(there), SAMPLES)]
    plane, before = (_blurred(part(picture)) for picture in (target, source))
    curves = _curves(_blurred(source).reshape(-1, 3)[there], (plane - before).ravel()[there])
    change = _blurred(cv2.transform(cv2.LUT(source, curves), np.ones((1, 3), np.float32)))
    predicted = before + change
    return plane, predicted + _sharpened(plane, predicted, there), change


def _curves(source: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Curves of the three channels that add up to the change: float32 [256, 1, 3].

    source: uint8 [N, 3]; change: float32 [N], in grey levels.
    """
    places, shares = _hats(source)
    size = 3 * KNOTS
    one, other = np.triu_indices(len(places))  # the products are symmetric
    cells = (places[one] * size + places[other]).ravel()
    products = shares[one] * shares[other]
    stiff, loose = np.kron(np.eye(3), BENDS), LEVEL * np.kron(np.eye(3), SLOPES) + UNIQUE * np.eye(size)
    weights = np.ones(len(change))
    for stiffness in STIFFNESS:
        left = np.bincount(cells, (products * weights).ravel(), size * size).reshape(size, size)
        left = left + left.T - np.diag(np.diag(left))
        right = np.bincount(places.ravel(), (shares * (weights * change)).ravel(), size)
        knots = np.linalg.solve(left + (stiffness * stiff + loose) * weights.sum(), right)
        weights = _weights(change - (knots[places] * shares).sum(axis=0))
    curves = np.stack([np.interp(np.arange(256), PLACES, part) for part in knots.reshape(3, KNOTS)], axis=-1)
    return curves.astype(np.float32)[:, None]


def _hats(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The two nearest knots of each channel and their shares: uint8 [N, 3] -> int64 [6, N], float64 [6, N]."""
    places = np.minimum(values.T / (255 / (KNOTS - 1)), KNOTS - 1.001)
    lower = places.astype(np.int64)
    knots = lower + KNOTS * np.arange(3)[:, None]
    return np.concatenate([knots, knots + 1]), np.concatenate([1 - (places - lower), places - lower])


def _weights(off: np.ndarray) -> np.ndarray:
    """1 for what agrees, near 0 far beyond the median difference."""
    spread = 1.5 * float(np.median(np.abs(off))) + 0.5
    return np.asarray(1 / (1 + (off / (2 * spread)) ** 2) ** 2)


def _sharpened(plane: np.ndarray, predicted: np.ndarray, there: np.ndarray) -> np.ndarray:
    """What makes the prediction as sharp as the plane: one share of its Laplacian, float32 [H, W]."""
    edges = cv2.Laplacian(predicted, cv2.CV_32F)
    slope, off = edges.ravel()[there], (plane - predicted).ravel()[there]
    strong = np.abs(slope) >= np.quantile(np.abs(slope), 0.8)
    slope, off, share = slope[strong], off[strong], 0.0
    for _ in range(3):
        weights = _weights(off - np.float32(share) * slope)
        share = float((weights * slope * off).sum() / max(1e-3, float((weights * slope**2).sum())))
    return np.float32(share) * edges


# Blocks.


def _unexplained(planes: Sequence[Planes], noise: float, window: int) -> np.ndarray:
    """Of each block the difference to what is explained, float32 [R, C]; several planes add up."""
    parts = [
        (
            _variance(plane - predicted, window),
            np.maximum(_variance(plane, window), _variance(predicted, window)),
            PLACED**2 * _blocks(_slope(plane), window) + EDITED**2 * _blocks(change * change, window),
        )
        for plane, predicted, change in planes
    ]
    off, texture, known = (np.sum(part, axis=0) for part in zip(*parts, strict=True))
    typical = np.minimum(_typical(off, texture), noise + LOSS * texture)
    return np.asarray(off / (ROUNDING + typical + known), np.float32)


def _typical(off: np.ndarray, texture: np.ndarray) -> np.ndarray:
    """The usual difference of blocks with similar texture, float64 [R, C]."""
    level = np.log2(1 + texture)
    middles, values = [], []
    for low in range(16):
        alike = off[(level >= low - 0.5) & (level < low + 1.5)]
        if len(alike) >= FEWEST_BLOCKS:
            middles.append(low + 0.5)
            values.append(float(np.quantile(alike, TYPICAL)))
    return np.interp(level, middles, values) if middles else np.zeros_like(level)


def _slope(plane: np.ndarray) -> np.ndarray:
    across = cv2.Sobel(plane, cv2.CV_32F, 1, 0, scale=0.125)
    down = cv2.Sobel(plane, cv2.CV_32F, 0, 1, scale=0.125)
    np.multiply(across, across, out=across)
    np.multiply(down, down, out=down)
    return np.add(across, down, out=across)


def _blocks(plane: np.ndarray, window: int) -> np.ndarray:
    """The mean of each block, float32 [R, C]: blocks of `window` pixels, half of one apart."""
    half = window // 2
    rows, columns = plane.shape[0] // half, plane.shape[1] // half
    if min(rows, columns) < 2:
        return np.zeros((0, 0), np.float32)
    cells = cv2.resize(plane[: rows * half, : columns * half], (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray((cells[1:, 1:] + cells[1:, :-1] + cells[:-1, 1:] + cells[:-1, :-1]) / 4)


def _variance(plane: np.ndarray, window: int) -> np.ndarray:
    mean = _blocks(plane, window)
    return np.maximum(_blocks(plane * plane, window) - mean * mean, 0)
