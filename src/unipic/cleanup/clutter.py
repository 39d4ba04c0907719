"""Clutter: photos that a person may want to look through by kind. Nothing is ever proposed to go.

Precision comes before completeness: a photo is in a lane only if several signs agree. What somebody marked, edited or
took on purpose is in none, nor is the only photo of a day at a place.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress

from unipic.cleanup._clutter_signs import SIGNS, Looks, Seen
from unipic.cleanup.face_stage import FaceReaders, look_at_faces
from unipic.cleanup.result import CLUTTER, Clutter, ClutterKind, Series
from unipic.core.errors import ModelError
from unipic.core.face import Face
from unipic.core.photo import FILM, Marked, Photo, local_time
from unipic.library.index import NO_INDEX, Index
from unipic.library.recognised import KEY
from unipic.library.thumbnails import Thumbnails

LEAST, MOST = 0.8, 0.99  # certainty of what just passes the limits, and of the clearest: an order, not a measured share
TINY, STRIP = 200, 10  # pixels of the long side, and how many times the other: icons and strips are not judged
LONG = 1.0  # seconds of exposure, from which on blur and darkness are meant
DRAWN: tuple[ClutterKind, ...] = ("screenshot", "graphic")  # made by no camera, so of no day and place
FOLDER = "folder "
CELL = 2  # decimals of degrees: about a kilometre
SECONDS = re.compile(r"(\d+(?:\.\d+)?) s\b")  # of an exposure, unless it is a fraction
Place = tuple[float, float] | None


def find_clutter(
    photos: Sequence[Photo],
    series: Sequence[Series],
    thumbnails: Thumbnails,
    faces: FaceReaders | None = None,
    index: Index = NO_INDEX,
) -> tuple[Clutter, ...]:
    """The photos of each kind, surest first. `photos`: all of a gallery.

    `faces`: finds faces in candidates, None if nobody looks. Words count if the library has read them: `index`.
    """
    together = {photo.id for one in series for photo in one.photos}
    may = [photo for photo in photos if photo.id not in together and not _dear(photo)]
    lines = index.parts(may, KEY)
    looks = Looks(may, thumbnails, index)
    seen = (Seen(photo, lines.get(photo.digest, ()), looks) for photo in may)
    found = list(filter(None, map(_judged, seen)))
    if faces is not None:
        found = _without_people(found, faces, thumbnails, index)
    return tuple(sorted(_not_alone(found, photos), key=_surest))


def _without_people(
    found: Sequence[Clutter], faces: FaceReaders, thumbnails: Thumbnails, index: Index
) -> list[Clutter]:
    """Screenshots, and what shows no face; only screenshots if the model for faces cannot be used."""
    people: dict[str, tuple[Face, ...]] = {}
    with suppress(ModelError):
        others = [one.photo for one in found if one.kind != "screenshot"]
        people = look_at_faces(others, faces, thumbnails, index=index)
    return [one for one in found if one.kind == "screenshot" or people.get(one.photo.id) == ()]


def _dear(photo: Photo) -> bool:
    """Whether somebody marked, rated or edited it or took it with care, it holds a film, or has an odd size."""
    short, long = sorted((photo.width, photo.height))
    roles = {companion.role for companion in photo.companions}
    seconds = SECONDS.match(photo.exposure)
    on_purpose = bool(photo.burst or photo.bracketed) or (seconds and float(seconds[1]) >= LONG)
    by_somebody = (photo.rating or 0) > 0 or photo.marked not in (None, Marked()) or photo.edited
    moving = photo.format == FILM or any(extra.kind == "film" for extra in photo.holds)
    odd = not TINY <= long <= STRIP * short
    return bool(on_purpose or by_somebody or moving or odd or roles & {"video", "original"})


def _judged(seen: Seen) -> Clutter | None:
    """As the first kind whose signs it has."""
    kind, clear, reason = next(filter(None, (sign(seen) for sign in SIGNS)), (None, 0.0, ""))
    return Clutter(seen.photo, kind, reason, round(LEAST + (MOST - LEAST) * clear, 3)) if kind else None


def _not_alone(found: Sequence[Clutter], photos: Sequence[Photo]) -> Iterator[Clutter]:
    """Those whose day and place have another photo, which is in no lane; without a camera's date, their folder."""
    ids = {one.photo.id for one in found}
    others = defaultdict[str, set[Place]](set)
    for photo in photos:
        if photo.id not in ids:
            others[_occasion(photo)].add(_cell(photo))
    for one in found:
        occasion, here = _occasion(one.photo), _cell(one.photo)
        beside = others[occasion] if here is None else others[occasion] & {here, None}
        if beside or (one.kind in DRAWN and occasion.startswith(FOLDER)):
            yield one


def _occasion(photo: Photo) -> str:
    """The day a camera wrote, or else the folder."""
    when = local_time(photo) if photo.taken_by_camera else None
    return f"day {when.date()}" if when else FOLDER + photo.name.rpartition("/")[0]


def _cell(photo: Photo) -> Place:
    return (round(photo.place[0], CELL), round(photo.place[1], CELL)) if photo.place else None


def _surest(one: Clutter) -> tuple[int, float, str, str]:
    return CLUTTER.index(one.kind), -one.certainty, one.photo.name, one.photo.id
