"""The same person's face in the shots of one moment, by where it is and how large. Nothing is compared but boxes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from unipic.cleanup.likeness import Likeness
from unipic.core.face import Face
from unipic.core.photo import Photo, local_time, seconds_apart

# In widths of the face: how far it may have moved to the next shot. People in a row are about two widths apart.
REACH = 1.5
FAST_REACH, FAST = 3.0, 10.0  # the same for shots at most so many seconds apart: in a burst people walk and turn
SIZES = 1.6  # how much larger or smaller it may have become
AGREED = 0.5  # widths within which faces agree about how the view moved
MOST = 12  # faces by which the movement of the view is told, the largest


@dataclass
class _Person:
    """A person while the shots are gone through."""

    faces: dict[int, Face]  # by the number of the shot
    at: np.ndarray  # middle of the face, in heights of the frame, as the last shot shows it
    width: float  # in heights of the frame
    last: int  # the shot in which the person was seen last


def match(
    photos: Sequence[Photo], faces: Mapping[str, Sequence[Face]], likeness: Likeness
) -> tuple[tuple[Face | None, ...], ...]:
    """For each person: the face in each of the photos, None where there is none. In any order of photos the same.

    `faces`: of each photo, by its id.
    """
    order = sorted(range(len(photos)), key=lambda i: (local_time(photos[i]) or datetime.max, photos[i].digest))
    people: list[_Person] = []
    before = None
    for i in order:
        seen = [(face, *_place(face, photos[i])) for face in sorted(faces[photos[i].id], key=lambda face: face.key)]
        moved = _moved(people, seen, None if before is None else likeness.step(photos[before], photos[i]), photos[i])
        for person in people:
            person.at = person.at + moved
        taken = _pairs(people, seen, photos, i)
        for number, (face, at, width) in enumerate(seen):
            if number in taken:
                person = people[taken[number]]
                person.faces[i], person.at, person.width, person.last = face, at, width, i
            else:
                people.append(_Person({i: face}, at, width, i))
        before = i
    return tuple(tuple(person.faces.get(i) for i in range(len(photos))) for person in people)


Seen = Sequence[tuple[Face, np.ndarray, float]]


def _place(face: Face, photo: Photo) -> tuple[np.ndarray, float]:
    """Middle and width of a face, in heights of the frame."""
    left, top, right, bottom = face.box
    aspect = photo.width / photo.height
    return np.array([(left + right) / 2 * aspect, (top + bottom) / 2]), (right - left) * aspect


def _moved(people: Sequence[_Person], seen: Seen, step: tuple[float, float] | None, photo: Photo) -> np.ndarray:
    """How faces moved since the last shot because the camera did: as it swept, else as most faces agree."""
    still = np.zeros(2)
    if step is not None:
        return np.array([-step[0] * photo.width / photo.height, -step[1]])
    old = sorted(people, key=lambda person: -person.width)[:MOST]
    new = sorted(seen, key=lambda one: -one[2])[:MOST]
    if len(old) < 2 or len(new) < 2:
        return still
    were, are = np.stack([person.at for person in old]), np.stack([at for _, at, _ in new])
    widths = np.array([person.width for person in old])
    sizes = np.array([width for *_, width in new]) / widths[:, None]
    alike = np.maximum(sizes, 1 / sizes) <= SIZES
    ways = [still, *(are[b] - were[a] for a, b in zip(*np.nonzero(alike), strict=True))]

    def agreeing(way: np.ndarray) -> float:
        apart = np.linalg.norm(are[None] - were[:, None] - way, axis=2) / widths[:, None]
        return float(np.maximum(0, 1 - np.where(alike, apart, np.inf).min(axis=1) / AGREED).sum())

    best = max(ways, key=lambda way: (round(agreeing(way), 6), -float(np.linalg.norm(way))))
    return best if agreeing(best) > max(1.0, agreeing(still)) else still


def _pairs(people: Sequence[_Person], seen: Seen, photos: Sequence[Photo], i: int) -> dict[int, int]:
    """The number of the person by that of the face: nearest first, each once."""
    found = []
    for a, person in enumerate(people):
        apart = seconds_apart(photos[person.last], photos[i])
        reach = FAST_REACH if apart is not None and apart <= FAST else REACH
        for b, (_, at, width) in enumerate(seen):
            far = float(np.linalg.norm(at - person.at)) / max(person.width, width)
            if far <= reach and max(width, person.width) <= SIZES * min(width, person.width):
                found.append((far, a, b))
    pairs: dict[int, int] = {}
    for _, a, b in sorted(found):
        if b not in pairs and a not in pairs.values():
            pairs[b] = a
    return pairs
