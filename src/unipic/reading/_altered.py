"""Traces of editing that a picture shows: it is grey, it has a border, or the camera's preview shows another one."""

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageOps

from unipic.core.photo import Trace

GREY = 2  # of 255: how far the channels of a grey picture are apart at most, after compression
# A border: rows of which most pixels have one tone (the rest is a clock or a caption), up to a row of which most have
# another one.
EVEN, EVEN_SHARE = 6, 0.75
OTHER, OTHER_SHARE = 24, 0.6
LEAST_BORDER, MOST_BORDER = 0.01, 0.45  # of the side
TRANSITION = 3  # rows between border and picture, blurred by resizing
SIDE = 48  # pixels a side, in which a preview is compared
SAME, OTHER_WAY = 0.85, 0.9  # correlation of brightness: one picture in one orientation, or in another one
TONED = 14.0  # of 255: mean difference of a channel that no camera's own preview has
COLOURLESS = 0.3  # of the preview's colour


def by_look(rgb: np.ndarray) -> Iterator[Trace]:
    """By the upright picture alone, uint8 [H, W, 3]."""
    some = rgb[::4, ::4].astype(np.int16)
    colour = np.maximum(np.abs(some[..., 0] - some[..., 1]), np.abs(some[..., 2] - some[..., 1]))
    if np.quantile(colour, 0.99) <= GREY:
        yield "grey"
    grey = rgb[..., 1]  # most of the brightness, without the cost of computing it
    if all(map(_border, (grey, grey[::-1]))) or all(map(_border, (grey.T, grey.T[::-1]))):
        yield "border"


def _border(grey: np.ndarray) -> bool:
    """Whether a nearly even stripe lies along the first rows and ends in a straight line."""
    least, most = int(LEAST_BORDER * len(grey)), int(MOST_BORDER * len(grey))
    tone = np.median(grey[0])
    if not _even(grey[: least + 1], tone).all():
        return False
    other = (_apart(grey[: most + TRANSITION], tone) >= OTHER).mean(axis=1) >= OTHER_SHARE
    end = int(np.argmax(other))
    return bool(other.any()) and end > least and bool(_even(grey[: end - TRANSITION], tone).all())


def _even(rows: np.ndarray, tone: float) -> np.ndarray:
    """bool [rows]: whether most pixels of a row have this tone."""
    return (_apart(rows, tone) <= EVEN).mean(axis=1) >= EVEN_SHARE


def _apart(rows: np.ndarray, tone: float) -> np.ndarray:
    return np.abs(rows.astype(np.int16) - tone)


def by_preview(picture: Image.Image, preview: Image.Image) -> Iterator[Trace]:
    """By the preview beside the picture, both RGB and stored in the same orientation.

    One that shows something else tells nothing: cameras add bars, and some programs keep that of another picture.
    """
    ours = _small(picture)
    theirs = _fitted(preview, picture)
    if _alike(ours, theirs) < SAME:
        if any(_alike(ours, _fitted(preview.transpose(turn), picture)) >= OTHER_WAY for turn in Image.Transpose):
            yield "preview turned"
        return
    colours = [float(np.ptp(rgb, axis=2).mean()) for rgb in (ours, theirs)]
    if colours[0] < COLOURLESS * colours[1] and colours[1] > 2 * GREY:
        yield "preview has colour"
    elif np.abs(ours.mean(axis=(0, 1)) - theirs.mean(axis=(0, 1))).max() > TONED:
        yield "preview has other tones"


def _fitted(preview: Image.Image, picture: Image.Image) -> np.ndarray:
    """The middle of the preview in the shape of the picture: some have black bars at the sides."""
    scale = min(preview.width / picture.width, preview.height / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return _small(ImageOps.fit(preview, size, Image.Resampling.BICUBIC))


def _small(picture: Image.Image) -> np.ndarray:
    """float32 [SIDE, SIDE, 3]."""
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float32)


def _alike(a: np.ndarray, b: np.ndarray) -> float:
    """Correlation of brightness, -1 to 1."""
    ours, theirs = (rgb.mean(axis=2) - rgb.mean() for rgb in (a, b))
    return float((ours * theirs).sum() / max(1e-6, np.linalg.norm(ours) * np.linalg.norm(theirs)))
