"""Estimate the compression quality of a picture from its file, where the file tells it."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from PIL import Image

VERSION = 1  # raised when a picture gets another quality
LOSSLESS = 100
# TIFF compressions that may lose detail. A TIFF does not record how much.
LOSSY_TIFF = ("jpeg", "tiff_jpeg", "webp")
# The luminance table of the JPEG standard, ITU-T T.81 Annex K.1, which libjpeg scales by its quality setting.
STANDARD = (
    *(16, 11, 10, 16, 24, 40, 51, 61),
    *(12, 12, 14, 19, 26, 58, 60, 55),
    *(14, 13, 16, 24, 40, 57, 69, 56),
    *(14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77),
    *(24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101),
    *(72, 92, 95, 98, 112, 100, 103, 99),
)


def _steps_at(quality: int) -> tuple[int, ...]:
    """The 64 steps libjpeg uses at this quality, 1 to 100, each from 1 to 255."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return tuple(min(255, max(1, (step * percent + 50) // 100)) for step in STANDARD)


SUMS = [sum(_steps_at(quality)) for quality in range(100, 0, -1)]  # rising, from quality 100 to 1
SCALED = frozenset(map(_steps_at, range(1, 101)))


def quality_of(image: Image.Image, format: str) -> int | None:
    """The quality, 0 to 100. 100: lossless. None for formats that do not record it: WEBP, HEIF, AVIF, palettes."""
    if format == "JPEG":
        return jpeg_quality(getattr(image, "quantization", {}))
    lossless = format in ("PNG", "BMP") or (format == "TIFF" and image.info.get("compression") not in LOSSY_TIFF)
    return LOSSLESS if lossless and image.mode not in ("P", "PA") else None


def jpeg_quality(tables: Mapping[int, Sequence[int]]) -> int | None:
    """The libjpeg setting, 1 to 100, whose luminance table has the same sum as the file's; None without a table.

    Exact for files written by libjpeg, an estimate for cameras with tables of their own. Chroma subsampling (4:2:0)
    does not count.
    """
    steps = tables.get(0)
    if not steps or len(steps) != 64:
        return None
    total = sum(steps)
    at = bisect_left(SUMS, total)
    near = [place for place in (at - 1, at) if 0 <= place < len(SUMS)]
    return 100 - min(near, key=lambda place: abs(SUMS[place] - total))


def is_scaled_standard(steps: Sequence[int]) -> bool:
    """Whether a table is the standard's for luminance at some quality: libjpeg's, and so most programs'."""
    return tuple(steps) in SCALED
