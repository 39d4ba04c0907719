"""What can be measured on a picture, where it matters: sharpness of the subject, shake, tones, grain, tilt, framing.

All of it is taken from the working picture (long side WORKING pixels), because a gradient means nothing without a
fixed scale. Every number is of one picture alone; what a difference is worth is for the ranking to say. Tested at
pictures whose answer is known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from unipic.core.photo import Measures

cv2.setNumThreads(1)  # photos are read in as many processes as there are cores

VERSION = 1  # raised when a picture gets other measures
WORKING = 640  # pixels of the long side; also the thumbnail a person sees
LEAST = 16  # pixels of the short side; less has no structure to speak of
CELLS = 16  # of the long side: the grid in which gradients are averaged
COARSE = 2.0  # pixels: structure that outlasts this much blur is in every shot of a scene, sharp or not
FAINT = 1e-6  # squared gradient of a quarter of a tone in 256: less is no structure
ABOVE_GRAIN = 1.15  # cells vary in their grain, and what is left of it would count as the finest detail
SUBJECT = 0.4  # of half a side: how far from the middle a subject counts, as a Gaussian; the thirds are at 0.33
DIRECTIONS = tuple(math.pi * i / 8 for i in range(8))
MOST_GRAIN = 0.1  # of the whites: a night shot at the highest ISO; counts as all noise
MIDDLE = 0.4  # mean brightness of a well exposed picture; half of the photos have more
GAMMA = 2.2  # from tones to light
LOST_LIGHT, LOST_DARK = 250, 6  # tones of 256, from which and up to which nothing can be brought back
MOST_TILT = 12.0  # degrees: more is meant, or no line at all
TILT_BIN, TILT_BLUR = 0.5, 1.0  # degrees
# See tilt(). Of generated series it lets half of the photos speak, and these name the straighter frame 9 times of 10.
LEAST_TRUST = 0.02
SMALL = 64  # pixels of the long side: where the eye goes is a matter of large shapes
RIM = 0.06  # of a side: what lies in it touches the frame


@dataclass(frozen=True, eq=False)
class Gradients:
    """Squared gradients averaged in cells, float32 [rows, columns]: how much change there is, and which way."""

    xx: np.ndarray
    xy: np.ndarray
    yy: np.ndarray

    @property
    def energy(self) -> np.ndarray:
        return self.xx + self.yy

    def along(self, angle: float) -> np.ndarray:
        """The part across edges that face that way, in radians."""
        c, s = math.cos(angle), math.sin(angle)
        return c * c * self.xx + 2 * c * s * self.xy + s * s * self.yy


def measure(rgb: np.ndarray) -> Measures:
    """uint8 [H, W, 3] -> Measures."""
    grey = luminance(rgb)
    highlights, shadows = lost(rgb)
    tones = grey[::2, ::2].flatten()
    whites = whites_of(tones)
    if min(grey.shape) < LEAST:
        return Measures(0.0, exposure(grey, whites), contrast(tones), 0.0, highlights=highlights, shadows=shadows)
    half = cv2.resize(cv2.GaussianBlur(grey, (0, 0), COARSE), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    grid = _grid(grey.shape, CELLS, 3)
    fine, coarse = gradients(grey, grid, 1.0), gradients(half, grid, 0.5)
    grain, floor = grain_of(grey, fine)
    cut, framing = framing_of(salience(rgb, coarse))
    return Measures(
        sharpness=sharpness(fine, coarse, floor),
        exposure=exposure(grey, whites),
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
    weights = np.array([[0.299, 0.587, 0.114]], dtype=np.float32) / 255
    return cv2.transform(rgb.astype(np.float32), weights).reshape(rgb.shape[:2])


def gradients(grey: np.ndarray, grid: tuple[int, int], scale: float) -> Gradients:
    """In a grid of columns and rows; per pixel of the working picture, of which this one's pixels are 1 / scale."""
    dx = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=1, scale=scale / 2)
    dy = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=1, scale=scale / 2)
    return Gradients(*(cv2.resize(plane, grid, interpolation=cv2.INTER_AREA) for plane in (dx * dx, dx * dy, dy * dy)))


def sharpness(fine: Gradients, coarse: Gradients, floor: float) -> float:
    """How much steeper edges are than after a blur: 0 where blur changes nothing, towards 1 for the finest detail.

    A ratio, so that neither fog nor exposure counts. Taken around the middle, where people put what they mean, and
    there in the sharper half of the structure, because a portrait with a soft background is not a blurred photo.
    """
    steeper = np.sqrt(np.maximum(fine.energy - floor, 0) / (coarse.energy + FAINT))
    weight = np.sqrt(coarse.energy)
    y, x = np.ogrid[-1 : 1 : weight.shape[0] * 1j, -1 : 1 : weight.shape[1] * 1j]
    weight = weight * np.exp(-(x**2 + y**2) / (2 * SUBJECT**2))
    return max(0.0, 1 - 1 / max(1.0, _upper_half(steeper, weight)))


def shake(fine: Gradients, coarse: Gradients, floor: float) -> float:
    """How much of the steepness is missing in one direction: 0 for none, towards 1 for a long stroke.

    In the sharper half of the frame: motion blurs it all, a lens leaves something sharp, and both ways alike.
    """
    steeper = []
    for angle in DIRECTIONS:
        below = np.maximum(coarse.along(angle), 0)
        above = np.maximum(fine.along(angle) - floor / 2, 0)
        steeper.append(_upper_half(np.sqrt(above / (below + FAINT / 2)), np.sqrt(below)))
    return 1 - min(steeper) / max(steeper) if max(steeper) > 0 else 0.0


def exposure(grey: np.ndarray, whites: float) -> float:
    """How much of the light that a file can hold was caught: 1 for all, halved by each stop it is underexposed.

    By the brightest fiftieth, or half of it by the mean where a lamp or a window leaves the rest in the dark. What is
    too much shows as lost highlights.
    """
    mean = float(grey.mean())
    return whites**GAMMA * math.sqrt(min(1.0, (mean / MIDDLE) ** GAMMA))


def whites_of(tones: np.ndarray) -> float:
    """The tone that only a fiftieth of the picture is brighter than. Leaves the tones in another order."""
    return float(np.percentile(tones, 98, overwrite_input=True))


def lost(rgb: np.ndarray) -> tuple[float, float]:
    """Shares of the picture without drawing: burnt highlights and blocked shadows.

    Highlights are lost where two of three channels are: a red flower may fill one, a burnt sky loses its colour.
    Shadows are lost where all three are.
    """
    red, green, blue = cv2.split(np.ascontiguousarray(rgb))
    second = cv2.max(cv2.min(red, green), cv2.min(cv2.max(red, green), blue))
    brightest = cv2.max(cv2.max(red, green), blue)
    burnt, black = np.count_nonzero(second >= LOST_LIGHT), np.count_nonzero(brightest <= LOST_DARK)
    return float(burnt / second.size), float(black / second.size)


def contrast(tones: np.ndarray) -> float:
    """Spread between the dark and the bright tenth: 0 for one tone, 1 for black and white. Reorders the tones."""
    low, high = np.percentile(tones, (10, 90), overwrite_input=True)
    return float(high - low)


def grain_of(grey: np.ndarray, fine: Gradients) -> tuple[float, float]:
    """Standard deviation of what no smooth surface has (Immerkaer 1996), and the squared gradient it makes.

    Taken in the quietest eighth of the picture, since texture looks like grain to it, but not where light or
    shadow is lost: a burnt sky is quiet in the noisiest photo. The gradient is at most four times what independent
    grain would make: cameras and JPEG smear it, which the filter does not see, while a picture without any quiet
    place has texture there and no grain.
    """
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)
    residual = np.abs(cv2.filter2D(grey, cv2.CV_32F, kernel))
    grid = fine.xx.shape[1], fine.xx.shape[0]
    residual, tones = (cv2.resize(plane, grid, interpolation=cv2.INTER_AREA) for plane in (residual, grey))
    alive = (tones > 0.03) & (tones < 0.95)
    if alive.sum() < 8:
        alive = np.ones_like(alive)
    quiet = alive & (residual <= np.quantile(residual[alive], 1 / 8))
    grain = math.sqrt(math.pi / 2) / 6 * float(residual[quiet].mean())
    return grain, ABOVE_GRAIN * min(float(fine.energy[quiet].mean()), 4 * grain**2)


def tilt(grey: np.ndarray) -> float | None:
    """Degrees, clockwise, by which lines that should be level or upright lean; None where they do not say.

    Directions of straight edges (of the local structure tensor) within MOST_TILT of an axis make a histogram; its
    peak is the tilt. Trust is the peak's share of all edges times how far it stands out from the other directions.
    """
    dx, dy = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=1 / 8)
    xx, xy, yy = (cv2.GaussianBlur(product, (0, 0), 1.5) for product in (dx * dx, dx * dy, dy * dy))
    energy = xx + yy
    straight = np.sqrt(energy) * (cv2.magnitude(xx - yy, 2 * xy) / (energy + 4 * FAINT)) ** 4
    edges = float(straight.sum())
    if edges == 0:
        return None
    leaning = cv2.phase(xx - yy, 2 * xy, angleInDegrees=True) / 2 + 45
    leaning -= 90 * ((leaning >= 90).view(np.uint8) + (leaning >= 180).view(np.uint8))  # % 90, and ten times as fast
    leaning -= 45
    reach = MOST_TILT + 3 * TILT_BLUR
    counts, _ = np.histogram(leaning, round(2 * reach / TILT_BIN), (-reach, reach), weights=straight)
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
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    small /= max(0.05, float(np.quantile(small, 0.98)))  # whatever the exposure, the eye adapts
    lab = cv2.GaussianBlur(cv2.cvtColor(small.clip(0, 1), cv2.COLOR_RGB2LAB), (0, 0), 1.0)
    rim = np.concatenate([side.reshape(-1, 3) for side in (lab[:3], lab[-3:], lab[:, :3], lab[:, -3:])])
    away = lab - rim.mean(axis=0)
    spread = np.linalg.inv(np.cov(rim.T) + 20 * np.eye(3))  # 20: colours nearer than that are one colour
    unlike = np.sqrt(np.einsum("hwi,ij,hwj->hw", away, spread, away))
    detail = cv2.resize(np.sqrt(fine.energy), size, interpolation=cv2.INTER_LINEAR)
    found = (unlike + 0.05) * (detail + 0.1 * detail.mean() + 1e-6)
    return found / found.sum()


def framing_of(where: np.ndarray) -> tuple[float, float]:
    """Of what salience() gives: how much of it is at the frame, and how well it sits in it.

    Cut is the largest share in a rim at the left, right or top, where 0.06 is what an even picture has; the bottom
    does not count, people stand on it. Framing is 1 with the weight in the middle and 0 with it in a corner.
    """
    height, width = where.shape
    across, down = max(1, round(RIM * width)), max(1, round(RIM * height))
    cut = max(where[:, :across].sum(), where[:, -across:].sum(), where[:down].sum())
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    off = math.hypot(float((where * x).sum()), float((where * y).sum()))
    return float(cut), max(0.0, 1 - off / math.sqrt(2))


def _upper_half(values: np.ndarray, weights: np.ndarray) -> float:
    """The mean of the largest values that hold half of the weight; 0 without any weight."""
    order = np.argsort(-values, axis=None, kind="stable")
    values, weights = values.ravel()[order], weights.ravel()[order]
    if not weights.sum() > 0:
        return 0.0
    upper = np.cumsum(weights) <= weights.sum() / 2
    upper[0] = True
    return float(np.average(values[upper], weights=weights[upper] + 1e-12))


def _grid(shape: tuple[int, ...], cells: int, least: int) -> tuple[int, int]:
    """Columns and rows of nearly square cells, so many along the long side of a picture."""
    height, width = shape[:2]
    return max(least, round(width * cells / max(height, width))), max(least, round(height * cells / max(height, width)))
