"""Look at the faces of shots of one moment: where they are, whether eyes are open, and whether they smile.

Boxes and points come from the finder of faces, which the library uses too; nothing says whose face it is.
"""

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, fields, replace
from itertools import islice

import numpy as np

from unipic.core.face import Face
from unipic.core.language import kept
from unipic.core.machine import cores
from unipic.core.photo import Photo
from unipic.core.progress import Progress, Step, silent
from unipic.library.index import NO_INDEX, Index
from unipic.library.thumbnails import Thumbnails
from unipic.vision.base import Detector, Part
from unipic.vision.eyes import Eyes, Look, Points, eyes_open, looks

STAGE = kept("Looking at faces")
FACE = "face"  # the kind of the parts
BATCH_PHOTOS = 64  # thumbnails in memory: 64 are 80 MB
NUMBERS = len(fields(Look))  # kept for each face


@dataclass(frozen=True)
class FaceReaders:
    """The models that look at faces."""

    finder: Detector  # several threads may ask it at a time
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
    many = {digest: NUMBERS * len(faces_of(parts)) for digest, parts in found.items()}
    known = {digest for digest in found if digest in told and len(told[digest]) == many[digest]}
    new = list({photo.digest: photo for photo in photos if photo.digest not in known}.values())

    def find(picture: np.ndarray) -> list[Part]:
        return readers.finder.find([picture])[0]

    with ThreadPoolExecutor(cores()) as pool:
        for start in range(0, len(new), BATCH_PHOTOS):
            progress(Step(STAGE, len(photos) - len(new) + start, len(photos), "photo"))
            some = new[start : start + BATCH_PHOTOS]
            digests = [photo.digest for photo in some]
            pictures = dict(zip(digests, pool.map(thumbnails.load, digests), strict=True))
            unseen = [photo for photo in some if photo.digest not in found]
            parts = pool.map(find, [pictures[photo.digest] for photo in unseen])
            for photo, its in zip(unseen, parts, strict=True):
                found[photo.digest] = its
                index.keep_parts(photo, its, readers.finder.key)
            faces = [_placed(pictures[photo.digest], part) for photo in some for part in faces_of(found[photo.digest])]
            seen = iter(looks(readers.eyes, faces))
            for photo in some:
                of_photo = islice(seen, len(faces_of(found[photo.digest])))
                told[photo.digest] = [number for look in of_photo for number in astuple(look)]
                index.keep_score(photo, told[photo.digest], readers.key)
    return {photo.id: tuple(_faces(photo, found[photo.digest], told[photo.digest])) for photo in photos}


def faces_of(parts: Sequence[Part]) -> list[Part]:
    """The faces among the parts of a photo, in an order of their own. Those of a film are at times of it."""
    still = (part for part in parts if part.kind == FACE and part.box and part.time is None)
    return sorted(still, key=lambda part: part.name)


def _placed(picture: np.ndarray, part: Part) -> tuple[np.ndarray, Points, float]:
    """A face as looks() asks for it."""
    height, width = picture.shape[:2]
    left, _, right, _ = part.box or (0, 0, 0, 0)
    return picture, [(x * width, y * height) for x, y in part.facts["points"]], (right - left) * width


def _faces(photo: Photo, parts: Sequence[Part], numbers: Sequence[float]) -> Iterator[Face]:
    for at, part in enumerate(faces_of(parts)):
        look = Look(*numbers[NUMBERS * at : NUMBERS * (at + 1)])
        box = part.box or (0.0, 0.0, 0.0, 0.0)
        points = tuple((float(x), float(y)) for x, y in part.facts["points"])
        size = (box[2] - box[0]) * photo.width
        face = Face(photo.digest, box, points, part.facts["score"], size)
        if math.isnan(look.smile):
            yield face
        else:
            yield replace(face, eyes=eyes_open(look), smile=look.smile, lids=look.lids, detail=look.detail)
