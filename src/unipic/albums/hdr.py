"""Merge an exposure bracket into one picture: aligned, by exposure fusion (Mertens et al. 2007), safe from ghosts.

Only series that the camera's data calls a bracket are merged (cleanup/series.py), never a burst. Frames that do not lie
on each other are refused. What moved between two frames is taken from the middle one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from unipic.albums.made import Bracket
from unipic.core.language import kept
from unipic.core.settings import Limits
from unipic.reading.images import NotAPhoto, decode

PIXELS = 24_000_000  # of a frame; larger ones are halved, since a merge holds each as floats several times
ALIKE = 0.9  # ECC, the correlation of two aligned frames; below it they do not lie on each other
COMMON = 0.85  # share of the middle frame that all frames show
STILL = 0.3  # pixels; a warp costs sharpness, and moves nothing anybody sees below this
LEVELS = (
    (200, 60),
    (500, 40),
    (1600, 20),
)  # pixels of the long side when frames are aligned, and most iterations of ECC
PRECISION, SMOOTH = 1e-6, 5  # of ECC: the change of the correlation at which it ends; pixels of its blur
DARK, BRIGHT = 8, 247  # of 255: values between tell an exposure; others are clipped
GHOST, GHOSTS = 0.1, 0.01  # difference of matched exposures, 0 to 1; share of pixels from which something moved
MOST_MOVED = 0.15  # share of pixels that may have moved
FEATHER = 15  # pixels
CALM = 5  # pixels that a difference is blurred over, so that an edge half a pixel off is no ghost

Refused = str  # why there is no merge, in words


@dataclass(frozen=True, eq=False)
class Merged:
    """The picture, and what was done."""

    pixels: np.ndarray  # float32 [H, W, 3] RGB, 0 to 1
    correlation: float  # the lowest ECC of two frames
    ghosts: float  # share of pixels that are the middle frame's alone, since something moved
    crop: tuple[int, int, int, int]  # the part of the middle frame that is shown: left, top, right, bottom

    @property
    def note(self) -> str:
        """What a person should know."""
        return kept("somebody moved: there the middle frame alone is shown") if self.ghosts > GHOSTS else ""


def merge_files(bracket: Bracket, limits: Limits) -> Merged | Refused:
    """Merge files. Runs in a worker: it decodes every frame in full, and holds all of them."""
    frames = []
    for path in bracket.paths:
        frame = whole(path, limits)
        if isinstance(frame, str):
            return kept("a frame cannot be read: it {reason}", reason=frame)
        frames.append(frame)
    return merge(frames, bracket.middle)


def whole(path: str, limits: Limits) -> np.ndarray | Refused:
    """The picture of a file, uint8 [H, W, 3] RGB, upright, halved until it has at most PIXELS. Runs in a worker."""
    try:
        picture = decode(path, limits.max_pixels, limits).picture.convert("RGB")
    except (NotAPhoto, OSError) as error:
        return str(error)
    while picture.width * picture.height > PIXELS:
        picture = picture.reduce(2)
    return np.asarray(picture)


def merge(frames: Sequence[np.ndarray], middle: int) -> Merged | Refused:
    """Merge frames, uint8 [H, W, 3] RGB of one size, onto the middle one."""
    if len({frame.shape for frame in frames}) != 1:
        return kept("the frames have different sizes")
    height, width = frames[middle].shape[:2]
    warps, correlations = [], []
    for number, frame in enumerate(frames):
        found = (np.eye(2, 3), 1.0) if number == middle else _laid_on(frames[middle], frame)
        if found is None or found[1] < ALIKE:
            return kept("the frames do not lie on each other")
        warps.append(found[0])
        correlations.append(found[1])
    left, top, right, bottom = _common(warps, width, height)
    if (right - left) * (bottom - top) < COMMON * width * height:
        return kept("the frames share too little of the picture")
    laid = [warped(frame, warp)[top:bottom, left:right] for frame, warp in zip(frames, warps, strict=True)]
    ghosts = _without_ghosts(laid, middle)
    fused = cv2.createMergeMertens(1.0, 1.0, 1.0).process(laid)
    return Merged(
        np.clip(fused, 0.0, 1.0).astype(np.float32), float(min(correlations)), ghosts, (left, top, right, bottom)
    )


def _laid_on(to: np.ndarray, frame: np.ndarray) -> tuple[np.ndarray, float] | None:
    """As aligned(). What moved between the frames, if it is little, is left out: it says nothing of the camera."""
    found = aligned(to, frame)
    if found and found[1] < ALIKE:
        moved = _differs(to, warped(frame, found[0]))
        if moved.mean() <= MOST_MOVED:
            return aligned(to, frame, cv2.dilate(moved.astype(np.uint8), np.ones((FEATHER, FEATHER), np.uint8)) == 0)
    return found


def aligned(to: np.ndarray, frame: np.ndarray, still: np.ndarray | None = None) -> tuple[np.ndarray, float] | None:
    """The shift and turn that take places of `to` to places of `frame`, float64 [2, 3], and ECC; None without a fit.

    It starts where median thresholds (MTB) put it, or where it is, whichever ends better, and gets finer by levels.
    `still`: bool [H, W], the pixels of `to` to look at; all by default.
    """
    greys = [cv2.cvtColor(one, cv2.COLOR_RGB2GRAY) for one in (to, frame)]
    starts = [np.eye(2, 3), np.eye(2, 3)]
    found: list[tuple[np.ndarray, float]] = []
    for side, steps in LEVELS:
        scale = min(1.0, side / max(to.shape[:2]))
        small = [cv2.resize(one, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) for one in greys]
        if not found:
            shift = cv2.createAlignMTB().calculateShift(small[1], small[0])
            starts[0][:, 2] = -np.array(shift, float) / scale
        mask = cv2.inRange(small[0], DARK, BRIGHT)
        if still is not None:
            size = (small[0].shape[1], small[0].shape[0])
            there = cv2.resize(still.astype(np.uint8) * 255, size, interpolation=cv2.INTER_NEAREST)
            mask = cv2.bitwise_and(mask, there)
        found = [fit for start in starts if (fit := _fitted(small, start, scale, mask, steps))]
        if not found:
            return None
        starts = [max(found, key=lambda fit: fit[1])[0]]
        if scale == 1.0:
            break
    return max(found, key=lambda fit: fit[1])


def _fitted(
    greys: Sequence[np.ndarray], start: np.ndarray, scale: float, mask: np.ndarray, steps: int
) -> tuple[np.ndarray, float] | None:
    """ECC of two grey pictures, the first at the exposure of the second; None if it does not converge."""
    ours, theirs = greys
    even = _at_exposure(ours[..., None], theirs[..., None])[..., 0]
    warp = np.hstack([start[:, :2], start[:, 2:] * scale]).astype(np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, steps, PRECISION)
    try:
        correlation, fine = cv2.findTransformECCWithMask(
            even, theirs, mask, np.full_like(theirs, 255), warp, cv2.MOTION_EUCLIDEAN, stop, SMOOTH
        )
    except cv2.error:
        return None
    return np.hstack([fine[:, :2], fine[:, 2:] / scale]).astype(float), float(correlation)


def warped(frame: np.ndarray, warp: np.ndarray) -> np.ndarray:
    """The frame laid onto the other, of the same size; as it is where it would move by less than STILL."""
    height, width = frame.shape[:2]
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]], float)
    if np.abs(corners @ warp.T - corners[:, :2]).max() < STILL:
        return frame
    how = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(frame, warp, (width, height), flags=how, borderMode=cv2.BORDER_REFLECT)


def _common(warps: Iterable[np.ndarray], width: int, height: int) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of the part of the middle frame that every frame shows."""
    left, top, right, bottom = 0.0, 0.0, float(width), float(height)
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]], float)
    for warp in warps:
        back = cv2.invertAffineTransform(warp)
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = corners @ back.T
        left, right = max(left, ax, cx), min(right, bx, dx)
        top, bottom = max(top, ay, by), min(bottom, cy, dy)
    return int(np.ceil(left)), int(np.ceil(top)), int(np.floor(right)), int(np.floor(bottom))


def _without_ghosts(frames: list[np.ndarray], middle: int) -> float:
    """Replace what moved by the middle frame in each exposure, in place; returns the share of pixels where it did."""
    others = {number: frame for number, frame in enumerate(frames) if number != middle}
    moved = np.logical_or.reduce([_differs(frames[middle], frame) for frame in others.values()])
    share = float(moved.mean())
    if share <= GHOSTS:
        return 0.0
    grown = cv2.dilate(moved.astype(np.uint8), np.ones((FEATHER, FEATHER), np.uint8)).astype(np.float32)
    mask = cv2.GaussianBlur(grown, (0, 0), FEATHER / 2)[..., None]
    for number, frame in others.items():
        mixed = frame * (1 - mask) + _at_exposure(frames[middle], frame) * mask
        frames[number] = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)
    return share


def _differs(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """bool [H, W]: where two exposures show another thing.

    Each is brought to the exposure of the other, and compared where it is not clipped itself: a clipped pixel does not
    tell what it would be in the other. Where both tell, they must both see a difference.
    """
    differs = np.ones(one.shape[:2], bool)
    tells = np.zeros(one.shape[:2], bool)
    for ours, theirs in ((one, two), (two, one)):
        matched, other = (
            cv2.blur(each, (CALM, CALM)).astype(np.int16) for each in (_at_exposure(ours, theirs), theirs)
        )
        able = (ours.min(axis=2) >= DARK) & (ours.max(axis=2) <= BRIGHT)
        differs &= (np.abs(matched - other).max(axis=2) > GHOST * 255) | ~able
        tells |= able
    return differs & tells


def _at_exposure(frame: np.ndarray, like: np.ndarray) -> np.ndarray:
    """The frame at the exposure of another one of the same scene: their histograms agree, channel by channel."""
    found = np.empty_like(frame)
    for channel in range(frame.shape[2]):
        ours, theirs = (np.bincount(one[..., channel].ravel(), minlength=256).cumsum() for one in (frame, like))
        curve: Any = np.interp(ours / ours[-1], theirs / theirs[-1], np.arange(256))
        found[..., channel] = np.round(curve).astype(np.uint8)[frame[..., channel]]
    return found
