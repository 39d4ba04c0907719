"""Made-up faces: people whose vectors scatter as those of real ones do."""

import json
from collections.abc import Sequence
from contextlib import closing

import numpy as np

from unipic.core.face import Box, Face
from unipic.library._database import Database
from unipic.library.library import Library
from unipic.reading import versions
from unipic.vision.faces import KIND, FaceFinder, part_name
from unipic.vision.registry import face_encoder_key

DIMENSIONS = 128
# Means of cosines by dlib's network, on real faces: of two people, and of one person.
STRANGERS, ONE_PERSON = 0.83, 0.96


def direction(seed: int) -> np.ndarray:
    """float64 [D] of length 1."""
    vector = np.random.default_rng(seed).normal(size=DIMENSIONS)
    return np.asarray(vector / np.linalg.norm(vector))


MIDDLE = direction(0)  # near which all faces lie


def vector_of(person: int, shot: int, noise: float = 1.0) -> np.ndarray:
    """float32 [D]: a shot of a person; `noise`: 1 as in clear photos, more for poorer ones."""
    scatter = direction(1_000_000 + 1000 * person + shot) * np.sqrt(1 - ONE_PERSON) * noise
    vector = MIDDLE * np.sqrt(STRANGERS) + direction(1 + person) * np.sqrt(ONE_PERSON - STRANGERS) + scatter
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def digest(photo: int) -> str:
    """The sha256 of a made-up photo."""
    return f"{photo:064x}"


def face(person: int, photo: int, place: int = 0, clear: bool = True, **facts: object) -> Face:
    """A face of a person in a photo, the `place`-th from the left of at most ten."""
    left = 0.1 * place
    box: Box = (left, 0.2, left + 0.08, 0.3)
    points = tuple((left + x, y) for x, y in ((0.02, 0.23), (0.06, 0.23), (0.04, 0.25), (0.02, 0.28), (0.06, 0.28)))
    given = {"score": 0.95, "size": 120.0, "vector": vector_of(person, 10 * photo + place), **facts}
    return Face(digest(photo), box, points, clear=clear, **given)  # type: ignore[arg-type]


def faces_of(*photos: Sequence[int]) -> list[Face]:
    """The faces of photos, each given as the people in it from left to right."""
    return [face(person, number, place) for number, people in enumerate(photos) for place, person in enumerate(people)]


def turned(one: Face) -> Face:
    """The same face in the photo turned by a quarter, which has another digest."""
    left, top, right, bottom = one.box
    return Face("f" + one.digest[1:], (1 - bottom, left, 1 - top, right), (), one.score, one.size, vector=one.vector)


def put(library: Library, faces: Sequence[Face]) -> None:
    """Store faces as if they had been found and told apart in the library's photos, and turn that on."""
    library.marks.choose("faces", "on")
    made, key = versions.picture(), face_encoder_key()
    with closing(Database(library.path)) as base:
        for one in faces:
            told = json.dumps({"box": one.box, "points": one.points, "score": one.score})
            row = (one.digest, part_name(one.box), FaceFinder.key, made, KIND, told)
            base.queue("INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?, ?, ?)", row)
            assert one.vector is not None
            vector = one.vector.astype(np.float16).tobytes()
            base.queue("INSERT OR REPLACE INTO vector VALUES (?, ?, ?, ?, ?)", (*row[:2], key, made, vector))
