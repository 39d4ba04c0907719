"""Measure a picture: sharpness of the subject, shake, tones, grain, tilt and framing.

Everything is measured on the working picture (long side WORKING pixels), because gradients are comparable only at one
scale. Each number describes one picture alone; the ranking decides what a difference is worth.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from unipic.core.photo import Measures

cv2.setNumThreads(1)  # photos are read in as many processes as there are cores

VERSION = 2  # raised when a picture gets other measures
WHITE = 255  # the brightest tone
WORKING = 640  # pixels of the long side; also the thumbnail a person sees
LEAST = 16  # pixels of the short side; smaller pictures have no structure
CELLS = 16  # of the long side: the grid in which gradients are averaged
COARSE = 2.0  # pixels of blur; the structure that remains is in every shot of a scene, sharp or not
FAINT = 1e-6  # squared gradient of a quarter of one tone of 256; less is no structure
ABOVE_GRAIN = 1.15  # grain varies between cells, and any remainder would count as the finest detail
SUBJECT = 0.4  # of half a side: how far from the middle a subject counts, as a Gaussian; the thirds are at 0.33
DIRECTIONS = tuple(math.pi * i / 8 for i in range(8))
MOST_GRAIN = 0.1  # of the whites: a night shot at the highest ISO; counts as all noise
MIDDLE = 0.4  # mean brightness of a well exposed picture; half of the photos have more
GAMMA = 2.2  # from tones to light
LOST_LIGHT, LOST_DARK = 250, 6  # tones of 256; detail above or below cannot be recovered
MOST_TILT = 12.0  # degrees; a larger tilt is deliberate, or not a line
TILT_BIN, TILT_BLUR = 0.5, 1.0  # degrees
# See tilt(). Half of generated photos pass it, and those name the straighter frame 9 times of 10.
LEAST_TRUST = 0.02
SMALL = 64  # pixels of the long side: salience depends on large shapes
RIM = 0.06  # of a side; content within it touches the frame


@dataclass(frozen=True, eq=False)
class Gradients:
    """Squared gradients averaged in cells, float32 [rows, columns]: the strength and direction of change."""

    xx: np.ndarray
    xy: np.ndarray
    yy: np.ndarray

    @property
    def energy(self) -> np.ndarray:
        """Squared gradient in all directions, float32 [rows, columns]."""
        return self.xx + self.yy

    def along(self, angle: float) -> np.ndarray:
        """The squared gradient in one direction (radians), float32 [rows, columns]."""
        c, s = math.cos(angle), math.sin(angle)
        return c * c * self.xx + 2 * c * s * self.xy + s * s * self.yy


def measure(rgb: np.ndarray) -> Measures:
    """Every measure of an upright picture, uint8 [H, W, 3] RGB. Below LEAST pixels only the tones are measured."""
    grey = luminance(rgb)
    highlights, shadows = lost(rgb)
    tones = tones_of(grey)
    whites = share_below(tones, 0.98)
    if min(grey.shape) < LEAST:
        return Measures(0.0, exposure(tones), contrast(tones), 0.0, highlights=highlights, shadows=shadows)
    half = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    half = cv2.GaussianBlur(half, (0, 0), COARSE / 2)
    grid = _grid(grey.shape, CELLS, 3)
    fine, coarse = gradients(grey, grid, 1.0), gradients(half, grid, 0.5)
    grain, floor = grain_of(grey, fine)
    cut, framing = framing_of(salience(rgb, coarse))
    return Measures(
        sharpness=sharpness(fine, coarse, floor),
        exposure=exposure(tones),
        contrast=contrast(tones),
        noise=min(1.0, grain / max(whites, 0.05) / MOST_GRAIN),
        shake=shake(fine, coarse, floor),
        highlights=highlights,
        shadows=shadows,
        tilt=tilt(half),
        cut=cut,
        framing=framing,
    )


def luminance(rgb: np.ndarray) -> np.ndarray:
    """uint8 [H, W, 3] -> float32 [H, W] from 0 to 1 (Rec. 601)."""
    weights = np.array([[0.299, 0.587, 0.114]], dtype=np.float32) / WHITE
    return cv2.transform(rgb.astype(np.float32), weights).reshape(rgb.shape[:2])


def gradients(grey: np.ndarray, grid: tuple[int, int], scale: float) -> Gradients:
    """Averaged in `grid` (columns, rows). Units are per working pixel; one pixel of `grey` is 1 / `scale` of those."""
    dx = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=1, scale=scale / 2)
    dy = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=1, scale=scale / 2)
    return Gradients(*(_means(plane, grid) for plane in (dx * dx, dx * dy, dy * dy)))


def sharpness(fine: Gradients, coarse: Gradients, floor: float) -> float:
    """How much steeper edges are than after a blur: 0 where blur changes nothing, towards 1 for the finest detail.

    A ratio, so neither fog nor exposure changes it. Pixels near the middle weigh more, since people centre their
    subject. Only the sharper half of the structure counts, since a portrait with a soft background is not a blurred
    photo.
    """
    steeper = np.sqrt(np.maximum(fine.energy - floor, 0) / (coarse.energy + FAINT))
    weight = np.sqrt(coarse.energy)
    y, x = np.ogrid[-1 : 1 : weight.shape[0] * 1j, -1 : 1 : weight.shape[1] * 1j]
    weight = weight * np.exp(-(x**2 + y**2) / (2 * SUBJECT**2))
    return max(0.0, 1 - 1 / max(1.0, _upper_half(steeper, weight)))


def shake(fine: Gradients, coarse: Gradients, floor: float) -> float:
    """How much edge steepness one direction lacks: 0 for none, towards 1 for strong motion blur.

    Only the sharper half of the frame counts: motion blurs all of it, while defocus leaves something sharp, and blurs
    in all directions alike.
    """
    below = np.maximum([coarse.along(angle) for angle in DIRECTIONS], 0)
    above = np.maximum([fine.along(angle) - floor / 2 for angle in DIRECTIONS], 0)
    steeper = list(map(_upper_half, np.sqrt(above / (below + FAINT / 2)), np.sqrt(below)))
    return 1 - min(steeper) / max(steeper) if max(steeper) > 0 else 0.0


def tones_of(grey: np.ndarray) -> np.ndarray:
    """How many pixels of float32 [H, W] from 0 to 1 have each tone, float32 [256]."""
    return cv2.calcHist([cv2.convertScaleAbs(grey, alpha=WHITE)], [0], None, [WHITE + 1], [0, WHITE + 1]).ravel()


def share_below(tones: np.ndarray, share: float) -> float:
    """The tone, 0 to 1, up to which this share of the pixels lies."""
    sums = np.cumsum(tones, dtype=np.float64)
    return float(np.searchsorted(sums, share * sums[-1])) / WHITE


def exposure(tones: np.ndarray) -> float:
    """The share of the recordable light that was caught: 1 for all, halved by each stop of underexposure.

    Measured at the brightest fiftieth, and half by the mean, where a lamp or window leaves the rest dark. Overexposure
    counts as lost highlights instead.
    """
    mean = float(tones @ np.arange(WHITE + 1)) / WHITE / float(tones.sum(dtype=np.float64))
    return share_below(tones, 0.98) ** GAMMA * math.sqrt(min(1.0, (mean / MIDDLE) ** GAMMA))


def lost(rgb: np.ndarray) -> tuple[float, float]:
    """Shares of the picture, 0 to 1, that hold no detail: burnt highlights and blocked shadows.

    A pixel is burnt if two of three channels are: a red flower may fill one, a burnt sky loses its colour. It is
    blocked if all three are dark.
    """
    red, green, blue = cv2.split(np.ascontiguousarray(rgb))
    second = cv2.max(cv2.min(red, green), cv2.min(cv2.max(red, green), blue))
    brightest = cv2.max(cv2.max(red, green), blue)
    burnt, black = np.count_nonzero(second >= LOST_LIGHT), np.count_nonzero(brightest <= LOST_DARK)
    return float(burnt / second.size), float(black / second.size)


def contrast(tones: np.ndarray) -> float:
    """The tones' 90th percentile minus the 10th: 0 for one tone, 1 for black and white."""
    return share_below(tones, 0.9) - share_below(tones, 0.1)


def grain_of(grey: np.ndarray, fine: Gradients) -> tuple[float, float]:
    """Standard deviation of the noise (Immerkaer 1996), and the squared gradient it causes.

    Measured in the quietest eighth of the picture, since texture resembles grain, and not where light or shadow is
    lost: a burnt sky is quiet in the noisiest photo. The gradient is capped at four times that of independent grain.
    Cameras and JPEG smear grain, which the filter misses; but a picture without any quiet place has texture there, not
    grain.
    """
    second = np.array([1, -2, 1], dtype=np.float32)
    grid = fine.xx.shape[1], fine.xx.shape[0]
    residual, tones = (
        _means(plane, grid) for plane in (np.abs(cv2.sepFilter2D(grey, cv2.CV_32F, second, second)), grey)
    )
    alive = (tones > 0.03) & (tones < 0.95)
    if alive.sum() < 8:
        alive = np.ones_like(alive)
    quiet = alive & (residual <= np.quantile(residual[alive], 1 / 8))
    grain = math.sqrt(math.pi / 2) / 6 * float(residual[quiet].mean())
    return grain, ABOVE_GRAIN * min(float(fine.energy[quiet].mean()), 4 * grain**2)


def tilt(grey: np.ndarray) -> float | None:
    """Degrees, clockwise, by which level or upright lines lean; None if too few lines agree.

    The directions of straight edges (by the structure tensor) within MOST_TILT of an axis form a histogram; its peak is
    the tilt. The trust in it is the peak's share of all edges times its height over the mean.
    """
    dx, dy = (cv2.Sobel(grey, cv2.CV_32F, *axis, scale=1 / 8) for axis in ((1, 0), (0, 1)))
    xx, xy, yy = (cv2.GaussianBlur(product, (0, 0), 1.5) for product in (dx * dx, dx * dy, dy * dy))
    energy, across, twice = xx + yy, xx - yy, 2 * xy
    agreeing = cv2.magnitude(across, twice) / (energy + 4 * FAINT)
    agreeing *= agreeing
    straight = np.sqrt(energy) * agreeing * agreeing
    edges = float(straight.sum())
    if edges == 0:
        return None
    leaning = cv2.phase(across, twice, angleInDegrees=True) / 2  # 0 to 180
    bins = ((leaning + 45) / TILT_BIN).astype(np.int32) % round(90 / TILT_BIN)
    around = np.bincount(bins.ravel(), straight.ravel(), round(90 / TILT_BIN))
    reach, middle = round((MOST_TILT + 3 * TILT_BLUR) / TILT_BIN), len(around) // 2
    counts = around[middle - reach : middle + reach]
    at = np.arange(-3 * TILT_BLUR, 3 * TILT_BLUR + TILT_BIN / 2, TILT_BIN)
    bell = np.exp(-((at / TILT_BLUR) ** 2) / 2)
    counts = np.convolve(counts, bell / bell.sum(), "valid")
    peak = int(counts.argmax())
    trust = float(counts[peak] / edges * counts[peak] / max(counts.mean(), 1e-9))
    degrees = (peak - (len(counts) - 1) / 2) * TILT_BIN
    return degrees if trust >= LEAST_TRUST and 0 < peak < len(counts) - 1 else None


def salience(rgb: np.ndarray, fine: Gradients) -> np.ndarray:
    """Where the eye goes, float32 [h, w] that sums to 1: colours unlike those at the rim, where there is detail."""
    size = _grid(rgb.shape, SMALL, 8)
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.float32) / WHITE
    whites = np.partition(small, round(0.98 * small.size), axis=None)[round(0.98 * small.size)]
    small /= max(0.05, float(whites))  # whatever the exposure, the eye adapts
    lab = cv2.GaussianBlur(cv2.cvtColor(small.clip(0, 1), cv2.COLOR_RGB2LAB), (0, 0), 1.0)
    rim = np.concatenate([side.reshape(-1, 3) for side in (lab[:3], lab[-3:], lab[:, :3], lab[:, -3:])])
    away, rim = lab - rim.mean(axis=0), rim - rim.mean(axis=0)
    spread = np.linalg.inv(rim.T @ rim / len(rim) + 20 * np.eye(3))  # 20: colours nearer than that are one colour
    unlike = np.sqrt(((away @ spread) * away).sum(axis=2))
    detail = cv2.resize(np.sqrt(fine.energy), size, interpolation=cv2.INTER_LINEAR)
    found = (unlike + 0.05) * (detail + 0.1 * detail.mean() + 1e-6)
    return found / found.sum()


def framing_of(where: np.ndarray) -> tuple[float, float]:
    """(cut, framing) of a salience map: how much of the subject touches the frame, and how central it is.

    `cut` is the largest share in a rim at the left, right or top; an even picture has 0.06. The bottom does not count,
    since people stand on it. `framing` is 1 with the weight in the middle and 0 with it in a corner.
    """
    height, width = where.shape
    across, down = max(1, round(RIM * width)), max(1, round(RIM * height))
    cut = max(where[:, :across].sum(), where[:, -across:].sum(), where[:down].sum())
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    off = math.hypot(float((where * x).sum()), float((where * y).sum()))
    return float(cut), max(0.0, 1 - off / math.sqrt(2))


def _upper_half(values: np.ndarray, weights: np.ndarray) -> float:
    """Weighted mean of the largest values that hold half of the weight; 0 without any weight."""
    order = np.argsort(-values, axis=None, kind="stable")
    values, weights = values.ravel()[order], weights.ravel()[order]
    if not weights.sum() > 0:
        return 0.0
    upper = np.cumsum(weights) <= weights.sum() / 2
    upper[0] = True
    weights = weights[upper] + 1e-12
    return float(values[upper] @ weights / weights.sum())


def _means(plane: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """float32 [H, W] -> float32 [rows, columns]: the mean of each of `grid` (columns, rows) equal cells."""
    return np.asarray(cv2.resize(plane, grid, interpolation=cv2.INTER_AREA), np.float32)  # the same with any threads


def _grid(shape: tuple[int, ...], cells: int, least: int) -> tuple[int, int]:
    """(columns, rows) of nearly square cells, `cells` along the long side."""
    height, width = shape[:2]
    return max(least, round(width * cells / max(height, width))), max(least, round(height * cells / max(height, width)))
