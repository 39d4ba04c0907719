"""Look at the faces of shots of one moment: where they are, whether eyes are open, and whether they smile.

Boxes and points come from the finder of faces, which the library uses too; nothing says whose face it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from itertools import islice
from typing import Protocol

import numpy as np

from unipic.core.face import Face
from unipic.core.photo import Photo
from unipic.core.progress import Progress, Step, silent
from unipic.library.index import NO_INDEX, Index
from unipic.library.thumbnails import Thumbnails
from unipic.vision.base import Detector, Part
from unipic.vision.eyes import Look, Points, eyes_open, readable

STAGE = "Looking at faces"
FACE = "face"  # the kind of the parts
BATCH_PHOTOS = 64  # thumbnails in memory: 64 are 80 MB
UNREAD = Look(math.nan, math.nan, math.nan)  # of a face that is too small, or turned away


class Eyes(Protocol):
    """What looks at eyes and mouths: vision.eyes.EyeReader."""

    key: str

    def look(self, faces: Sequence[tuple[np.ndarray, Points]]) -> list[Look]:
        """Pictures with the points of a face each."""
        ...


@dataclass(frozen=True)
class FaceReaders:
    """The models that look at faces."""

    finder: Detector
    eyes: Eyes

    @property
    def key(self) -> str:
        """Changes whenever what they say may."""
        return f"{self.finder.key} {self.eyes.key}"


def look_at_faces(
    photos: Sequence[Photo],
    readers: FaceReaders,
    thumbnails: Thumbnails,
    progress: Progress = silent,
    index: Index = NO_INDEX,
) -> dict[str, tuple[Face, ...]]:
    """The faces in each photo, by its id. Each picture is looked at once, and few are in memory at a time."""
    found = index.parts(photos, readers.finder.key)
    told = index.scores(photos, readers.key)
    known = {
        digest for digest, parts in found.items() if digest in told and len(told[digest]) == 3 * len(faces_of(parts))
    }
    new = list({photo.digest: photo for photo in photos if photo.digest not in known}.values())
    for start in range(0, len(new), BATCH_PHOTOS):
        progress(Step(STAGE, len(photos) - len(new) + start, len(photos), "photo"))
        some = new[start : start + BATCH_PHOTOS]
        pictures = {photo.digest: thumbnails.load(photo.digest) for photo in some}
        unseen = [photo for photo in some if photo.digest not in found]
        parts = readers.finder.find([pictures[photo.digest] for photo in unseen])
        for photo, its in zip(unseen, parts, strict=True):
            found[photo.digest] = its
            index.keep_parts(photo, its, readers.finder.key)
        faces = [(pictures[photo.digest], part) for photo in some for part in faces_of(found[photo.digest])]
        looks = iter(_looks(faces, readers.eyes))
        for photo in some:
            numbers = [astuple(look) for look in islice(looks, len(faces_of(found[photo.digest])))]
            told[photo.digest] = [number for three in numbers for number in three]
            index.keep_score(photo, told[photo.digest], readers.key)
    return {photo.id: tuple(_faces(photo, found[photo.digest], told[photo.digest])) for photo in photos}


def faces_of(parts: Sequence[Part]) -> list[Part]:
    """The faces among the parts of a photo, in an order of their own. Those of a film are at times of it."""
    still = (part for part in parts if part.kind == FACE and part.box and part.time is None)
    return sorted(still, key=lambda part: part.name)


def _looks(faces: Sequence[tuple[np.ndarray, Part]], eyes: Eyes) -> list[Look]:
    """Of each face; UNREAD where it is too small or turned away."""
    asked: list[tuple[np.ndarray, Points] | None] = []
    for picture, part in faces:
        height, width = picture.shape[:2]
        points = [(x * width, y * height) for x, y in part.facts["points"]]
        left, _, right, _ = part.box or (0, 0, 0, 0)
        asked.append((picture, points) if readable(points, (right - left) * width) else None)
    said = iter(eyes.look([one for one in asked if one]))
    return [next(said) if one else UNREAD for one in asked]


def _faces(photo: Photo, parts: Sequence[Part], numbers: Sequence[float]) -> Iterator[Face]:
    for at, part in enumerate(faces_of(parts)):
        look = Look(*numbers[3 * at : 3 * at + 3])
        box = part.box or (0.0, 0.0, 0.0, 0.0)
        points = tuple((float(x), float(y)) for x, y in part.facts["points"])
        smile = None if math.isnan(look.smile) else look.smile
        size = (box[2] - box[0]) * photo.width
        yield Face(photo.digest, box, points, part.facts["score"], size, eyes=eyes_open(look), smile=smile)
