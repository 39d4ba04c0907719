"""Faces in films: found in pictures spread over a film, followed from one to the next, and the best of each kept.

They are rows of the film's faces, with a time, so that persons, answers and forgetting treat them as those of photos.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from unipic.core.face import Box, Point, overlap
from unipic.core.language import kept
from unipic.core.photo import Photo
from unipic.core.progress import Progress, Stage, Step, silent
from unipic.core.settings import FilmLimits, Settings
from unipic.library import faces
from unipic.library.library import Library
from unipic.reading.engines.base import Failure
from unipic.reading.images import load_thumbnail
from unipic.reading.read import jpeg
from unipic.video.decode import Decoder, in_worker
from unipic.video.facts import seconds_of
from unipic.video.film import NotAFilm
from unipic.video.reading import KEYS_FROM
from unipic.vision import chips
from unipic.vision.base import Part
from unipic.vision.faces import KIND, part_name
from unipic.vision.registry import open_face_encoder, open_faces

VERSION = 1  # raised when other faces are kept
PACE, MOST = 1.0, 200  # seconds between two pictures of a film that are looked at, at least; pictures in all
SIDE = 1280  # pixels: the long side of a picture that chips are cut from; the finder makes it smaller for itself
OVER, LIKE = 0.4, 0.9  # overlap of two boxes, and cosine, from which a face is the one of the picture before
LOST = 3  # pictures without it after which a face that comes is another track
BEST = 3  # faces of a track that are kept
STAGE = Stage(kept("Looking for faces in films"), 5, kept("The best faces of each person in a film, with their time."))

Embed = Callable[[np.ndarray], np.ndarray]  # uint8 [N, S, S, 3] -> float32 [N, D] of length 1


@dataclass(frozen=True)
class FilmFace:
    """A face in a film."""

    picture: int  # which of those that were looked at
    seconds: float
    box: Box
    points: tuple[Point, ...]  # as in core's Face
    score: float
    size: float  # pixels: its width in the picture
    chip: bytes  # JPEG, aligned


@dataclass(frozen=True)
class Searched:
    """A film to look through. Can be sent to a worker."""

    path: str
    seconds: float
    limits: FilmLimits = field(default_factory=FilmLimits)


@dataclass
class _Track:
    faces: list[FilmFace]
    vector: np.ndarray  # of the last


def find(film: Searched) -> Iterator[FilmFace]:
    """The faces of a film in order of time. NotAFilm, OSError. For a worker: it decodes."""
    finder, pace = open_faces(), max(PACE, film.seconds / MOST)
    for number, one in enumerate(Decoder(film.path, 0.0, pace, film.seconds > KEYS_FROM, film.limits)):
        picture = one.within(SIDE)
        for part in finder.find([picture])[0]:
            points = tuple((float(x), float(y)) for x, y in part.facts["points"])
            chip = chips.cut(picture, points)
            if part.box and chip is not None:
                width = (part.box[2] - part.box[0]) * picture.shape[1]
                coded = jpeg(Image.fromarray(chip))
                yield FilmFace(number, one.seconds, part.box, points, part.facts["score"], width, coded)


def best_of_tracks(found: Sequence[FilmFace], embed: Embed) -> list[FilmFace]:
    """The BEST faces of each track, by how sure and large they are. `found`: in order of time."""
    if not found:
        return []
    tracks = list[_Track]()
    for face, vector in zip(found, embed(np.stack([load_thumbnail(one.chip) for one in found])), strict=True):
        mine = next((track for track in reversed(tracks) if _follows(face, vector, track)), None)
        if mine is None:
            tracks.append(_Track([face], vector))
        else:
            mine.faces.append(face)
            mine.vector = vector
    kept = (sorted(track.faces, key=lambda one: (-one.score * one.size, one.seconds))[:BEST] for track in tracks)
    return sorted((face for some in kept for face in some), key=lambda face: (face.seconds, face.box))


def _follows(face: FilmFace, vector: np.ndarray, track: _Track) -> bool:
    last = track.faces[-1]
    near = 0 < face.picture - last.picture <= LOST and overlap(face.box, last.box) >= OVER
    return near and float(vector @ track.vector) >= LIKE


def look_for_faces(library: Library, settings: Settings, progress: Progress = silent) -> None:
    """Keep the best faces of the library's films, where that is turned on. ModelError.

    A film that cannot be decoded has those that were found until then.
    """
    todo = faces.unsearched_films(library, VERSION)
    if not todo:
        return
    embed = open_face_encoder(settings.machine.device).embed
    for done, film in enumerate(todo):
        progress(Step(STAGE.name, done, len(todo), "film", ahead=() if done else (STAGE,)))
        best = best_of_tracks(_found(film, settings.films), embed)
        faces.keep_film_faces(library, film.digest, VERSION, _parts(best))


def _found(film: Photo, limits: FilmLimits) -> list[FilmFace]:
    found = list[FilmFace]()
    try:
        for one in in_worker(find, Searched(film.path, seconds_of(film), limits), limits):
            if isinstance(one, Failure):
                break
            found.append(one)
    except (NotAFilm, OSError):
        pass  # it was read once, so it is gone, damaged since, or away; what was found stays
    return found


def _parts(found: Sequence[FilmFace]) -> list[tuple[Part, bytes]]:
    """With their chips. Faces at one place at two times are one row: the first one's."""
    parts = dict[str, tuple[Part, bytes]]()
    for face in found:
        facts = {"points": face.points, "score": face.score}
        part = Part(part_name(face.box), KIND, face.box, round(face.seconds, 2), facts)
        parts.setdefault(part.name, (part, face.chip))
    return list(parts.values())
