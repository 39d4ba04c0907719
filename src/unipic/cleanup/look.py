"""The second look: before a photo counts as a copy, every small block of both originals is compared at full size.

Sketches of 320 pixels, by which pairs are compared first (compare.py), show no changed digit, closed eye or distant
figure. So both originals are decoded again, in the workers that read untrusted files, laid on each other exactly
(_overlay.py), asked block by block (_difference.py), and compared by their grain (_grain.py).
"""

from collections.abc import Sequence
from functools import partial

import numpy as np

from unipic.cleanup._difference import WINDOW, Difference, difference
from unipic.cleanup._grain import two_exposures
from unipic.cleanup._overlay import overlay
from unipic.core.language import kept
from unipic.core.photo import Photo, is_preview, unchanged
from unipic.core.progress import Progress, Step
from unipic.core.settings import Limits
from unipic.core.words import count
from unipic.library.index import Index
from unipic.reading.engines.base import Engine, Failure
from unipic.reading.images import NotAPhoto, decode
from unipic.reading.seen import Look
from unipic.reading.versions import compared

Pair = tuple[Photo, Photo]

VERSION = 2  # raised when pairs get other verdicts: here, in _overlay, _difference, _grain or _alignment
STAGE = kept("Checking copies at full size")
LONG_SIDE = 2000  # pixels; a camera's 4,000 are decoded at half of them, in a quarter of the time
ENLARGED = 2  # how much larger than the other a picture is decoded: it may show more than the other, a cut
# A mark is one compact region at the border: a date, a logo, a line with the time.
MARK_SHARE = 0.12  # of the picture
# Where it lies. Verdicts are remembered in English, and put into a language where they are shown.
TOP = {"left": kept("top left"), "middle": kept("top middle"), "right": kept("top right")}
BOTTOM = {"left": kept("bottom left"), "middle": kept("bottom middle"), "right": kept("bottom right")}
SIDES = {"left": kept("left border"), "right": kept("right border")}
BORDER = 0.15  # of the height or the width, within which a mark lies as a whole
OTHER_GRAIN = kept("each has a grain of its own, so they are two exposures")
ALIKE, UNLAID = kept("checked at full size"), kept("they do not lie on each other at full size")
CHANGED = kept("a file has changed since it was read")
PREVIEWS = kept("only previews were compared, and they hide how the originals were compressed")


def look(pairs: Sequence[Pair], engine: Engine, limits: Limits, progress: Progress, index: Index) -> list[Look]:
    """The verdict on each pair, remembered or new. A pair that cannot be checked gets the verdict "unknown"."""
    made = f"{VERSION}.{compared()}"
    known = index.looks(pairs, made)
    new = [pair for pair in pairs if _digests(pair) not in known]
    done = len(pairs) - len(new)
    progress(Step(STAGE, done, len(pairs), "pair"))
    for pair, found in engine.map(partial(look_at, limits=limits), new):
        seen = Look("unknown", found.reason) if isinstance(found, Failure) else found
        known[_digests(pair)] = seen
        if seen.verdict != "unknown":  # what failed is tried again
            index.keep_look(pair, seen, made)
        done += 1
        progress(Step(STAGE, done, len(pairs), "pair"))
    return [_of_files(pair, known[_digests(pair)]) for pair in pairs]


def _of_files(pair: Pair, seen: Look) -> Look:
    """What a verdict on the pictures says of the files: two previews may look the same where the originals do not."""
    only_seen_small = is_preview(pair[0]) or is_preview(pair[1])
    return Look("unknown", PREVIEWS) if only_seen_small and seen.verdict == "same" else seen


def _digests(pair: Pair) -> tuple[str, str]:
    return pair[0].digest, pair[1].digest


def look_at(pair: Pair, limits: Limits) -> Look:
    """The verdict on one pair by its files, in a worker."""
    pictures = []
    for photo, other in (pair, pair[::-1]):
        try:
            decoded = decode(photo.path, min(LONG_SIDE, ENLARGED * max(other.width, other.height)), limits)
        except NotAPhoto as error:
            return Look("unknown", f"{photo.name} {error}")
        except OSError as error:
            return Look(
                "unknown", kept("{name} could not be read: {error}", name=photo.name, error=error.strerror or error)
            )
        if not unchanged(photo, decoded.digest):
            return Look("unknown", CHANGED)
        pictures.append(np.asarray(decoded.picture))
    return verdict(pictures[0], pictures[1], (pair[0].quality, pair[1].quality))


def verdict(a: np.ndarray, b: np.ndarray, qualities: tuple[int | None, int | None]) -> Look:
    """The verdict on two pictures, uint8 [H, W, 3] RGB, of these qualities (1 to 100, None if unknown)."""
    laid = overlay(a, b)
    if laid is None:
        return Look("different", UNLAID)
    found = difference(laid, qualities)
    if not found.differ:
        return Look("different", OTHER_GRAIN) if two_exposures(laid) else Look("same", ALIKE)
    where = mark(found)
    if where:
        return Look("mark", where)
    return Look("different", f"{count(int(found.out.sum()), 'small block')} of both differ at full size")


def mark(found: Difference) -> str:
    """Where the blocks that stand out are one compact region at the border, in words; "" if they are not."""
    rows, columns = np.nonzero(found.out)
    height, width = found.shape
    top, left = (int(place.min()) * WINDOW // 2 for place in (rows, columns))
    bottom, right = (int(place.max()) * WINDOW // 2 + WINDOW for place in (rows, columns))
    if (bottom - top) * (right - left) > MARK_SHARE * height * width:
        return ""
    upper, lower = bottom <= BORDER * height, top >= (1 - BORDER) * height
    near, far = right <= BORDER * width, left >= (1 - BORDER) * width
    middle = (left + right) / 2 / width
    side = "left" if near or middle < 1 / 3 else "right" if far or middle > 2 / 3 else "middle"
    if upper or lower:
        return (TOP if upper else BOTTOM)[side]
    return SIDES[side] if near or far else ""
