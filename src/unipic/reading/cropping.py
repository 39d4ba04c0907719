"""Pictures for crops and collages, and crops of originals at full size. In reading's workers, as all decoding."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from unipic.core.face import Box
from unipic.core.files import atomic_file
from unipic.core.language import gettext as _, kept
from unipic.core.settings import Limits
from unipic.reading._measures import gradients, luminance, salience
from unipic.reading.images import NotAPhoto, decode

QUALITY = 95  # of JPEG: nobody sees a difference to the original
LONGEST = 65_500  # pixels; JPEG has no more
SHARE = 0.8  # of what the eye is drawn to lies in the subject's box, along each side
CHANGED = kept("has changed since it was looked at")
ORIENTATION, WIDTH, HEIGHT, DETAILS = 0x0112, 0xA002, 0xA003, 0x8769  # EXIF tags, and the block that has the sizes


@dataclass(frozen=True, eq=False)
class Picture:
    """A photo made smaller, or why there is none."""

    path: str
    digest: str = ""
    width: int = 0  # of the original, upright
    height: int = 0
    rgb: np.ndarray | None = None  # uint8 [H, W, 3], the long side at most as asked
    subject: Box = (0.0, 0.0, 1.0, 1.0)  # where the eye goes
    reason: str = ""  # why it cannot be decoded


def picture(path: str, side: int, limits: Limits) -> Picture:
    """One photo, its long side at most `side` pixels, with the box of its subject."""
    try:
        found = decode(path, side, limits)
    except NotAPhoto as error:
        return Picture(path, reason=str(error))
    except OSError as error:
        return Picture(path, reason=_("could not be read: {error}", error=error.strerror or error))
    rgb = np.asarray(found.picture)
    return Picture(path, found.digest, found.width, found.height, rgb, subject_of(rgb))


def subject_of(rgb: np.ndarray) -> Box:
    """The box of what draws the eye, in shares of the picture."""
    where = salience(rgb, gradients(luminance(rgb), (24, 24), 1.0))
    (left, right), (top, bottom) = _middle(where.sum(axis=0)), _middle(where.sum(axis=1))
    return left, top, right, bottom


def _middle(weights: np.ndarray) -> tuple[float, float]:
    """Between which shares of its length the middle part of the weight lies."""
    sums = np.cumsum(weights) / max(float(weights.sum()), 1e-12)
    first, last = np.searchsorted(sums, [(1 - SHARE) / 2, (1 + SHARE) / 2])
    return float(first) / len(weights), min(float(last + 1) / len(weights), 1.0)


@dataclass(frozen=True)
class Cut:
    """A crop to write: pixels of the upright original."""

    path: str
    digest: str
    box: tuple[int, int, int, int]  # left, top, right, bottom
    target: Path


def write_crop(cut: Cut, limits: Limits) -> str:
    """Write one crop with the original's pixels, EXIF and colours, as a JPEG. Returns "", or why it was not written.

    FileExistsError if there is something at the target.
    """
    try:
        found = decode(cut.path, LONGEST, limits)
    except NotAPhoto as error:
        return str(error)
    if found.digest != cut.digest:
        return CHANGED
    part = found.picture.crop(cut.box)
    info = found.picture.info
    profile = info.get("icc_profile")
    colours = profile if profile and profile[16:20] == b"RGB " else None
    with atomic_file(cut.target, replace=False) as file:
        part.save(
            file, "JPEG", quality=QUALITY, comment=b"", icc_profile=colours, exif=_exif(info.get("exif"), part.size)
        )
    return ""


def _exif(stored: bytes | None, size: tuple[int, int]) -> bytes:
    """The original's EXIF for an upright picture of this size, without its preview."""
    exif = Image.Exif()
    if stored:
        exif.load(stored)
    exif.pop(ORIENTATION, None)
    if stored:
        exif.get_ifd(DETAILS)[WIDTH], exif.get_ifd(DETAILS)[HEIGHT] = size
    return exif.tobytes()


def png_or_pdf(page: np.ndarray, kind: str, dpi: int) -> bytes:
    """A page, uint8 [H, W, 3], as a file of the kind "PNG" or "PDF"."""
    buffer = io.BytesIO()
    image = Image.fromarray(page)
    if kind == "PDF":
        image.save(buffer, "PDF", resolution=float(dpi), quality=QUALITY)
    else:
        image.save(buffer, "PNG", dpi=(dpi, dpi))
    return buffer.getvalue()


def resized(rgb: np.ndarray, width: int, height: int) -> np.ndarray:
    """uint8 [height, width, 3]."""
    return np.asarray(Image.fromarray(rgb).resize((width, height), Image.Resampling.LANCZOS))
