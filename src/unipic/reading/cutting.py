"""Aligned faces cut from photos that were read before. In reading's workers, as all decoding."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from PIL import Image

from unipic.core.face import Box, Point
from unipic.core.settings import Limits
from unipic.reading.engines.base import Engine, Failure
from unipic.reading.images import load_thumbnail
from unipic.reading.scaled import Original, jpeg, opened
from unipic.vision import chips

# Pixels: the width of a face in the thumbnail from which on the thumbnail will do, since a chip shows a face about 112
# wide; the long side of an original that is opened for smaller ones.
ENOUGH, FINE_SIDE = 112, 2048
WORTH = 1.1  # by how much the original has to show a face larger


@dataclass(frozen=True)
class Where:
    """A face in a photo, by the name of its part."""

    name: str
    box: Box
    points: tuple[Point, ...]
    size: float  # pixels: its width in the original


@dataclass(frozen=True)
class Uncut:
    """A photo with the faces that are wanted of it."""

    original: Original
    thumbnail: bytes  # JPEG of ours; b"" if there is none
    faces: tuple[Where, ...]


@dataclass(frozen=True)
class Cut:
    """Aligned faces as JPEGs by name, without those that show nothing."""

    digest: str
    chips: tuple[tuple[str, bytes], ...] = ()
    reason: str = ""  # why the photo cannot be decoded
    there: bool = True  # False: its original is needed, and no file of it is there now


def cut_all(photos: Iterable[Uncut], engine: Engine, limits: Limits) -> Iterator[Cut]:
    """The faces of each photo."""
    for uncut, outcome in engine.map(partial(cut_out, limits=limits), photos):
        yield Cut(uncut.original.digest, reason=outcome.reason) if isinstance(outcome, Failure) else outcome


def cut_out(photo: Uncut, limits: Limits) -> Cut:
    """The faces of one photo, in any process: of its thumbnail, or of the original where that shows more."""
    digest, picture = photo.original.digest, load_thumbnail(photo.thumbnail) if photo.thumbnail else None
    if picture is None or _too_small(picture, photo.faces):
        found = opened(photo.original, FINE_SIDE, limits)
        if isinstance(found, str):
            return Cut(digest, reason=found, there=bool(found))
        picture = np.asarray(found.convert("RGB"))
    made = ((face.name, chips.cut(picture, face.points)) for face in photo.faces)
    return Cut(digest, tuple((name, jpeg(Image.fromarray(chip))) for name, chip in made if chip is not None))


def _too_small(thumbnail: np.ndarray, faces: Iterable[Where]) -> bool:
    width = thumbnail.shape[1]
    return any(min(face.size, ENOUGH) > WORTH * (face.box[2] - face.box[0]) * width for face in faces)
