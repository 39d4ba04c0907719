"""Clutter: photos that a person may want to look through by kind. Nothing is ever proposed to go.

Precision comes before completeness: a photo is in a lane only if several signs agree. What somebody marked, edited or
took on purpose is in none, nor is the only photo of a day at a place.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress

from unipic.cleanup._clutter_signs import SIGNS, Seen
from unipic.cleanup.face_stage import FaceReaders, look_at_faces
from unipic.cleanup.result import CLUTTER, Clutter, ClutterKind, Series
from unipic.core.errors import ModelError
from unipic.core.photo import FILM, Marked, Photo, local_time
from unipic.library.index import NO_INDEX, Index
from unipic.library.recognised import KEY
from unipic.library.thumbnails import Thumbnails

LEAST, MOST = 0.8, 0.99  # certainty of what just passes the limits, and of the clearest: an order, not a measured share
LONG = 1.0  # seconds of exposure, from which on blur and darkness are meant
DRAWN: tuple[ClutterKind, ...] = ("screenshot", "graphic")  # made by no camera, so of no day and place
CELL = 2  # decimals of degrees: about a kilometre
SECONDS = re.compile(r"^(1/)?([\d.]+) s\b")
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
    seen = (Seen(photo, lines.get(photo.digest, ()), thumbnails) for photo in may)
    found = [one for each in seen for one in _judged(each)]
    if faces is not None:
        found = _without_people(found, faces, thumbnails, index)
    return tuple(sorted(_not_alone(found, photos), key=_surest))


def _without_people(
    found: Sequence[Clutter], faces: FaceReaders, thumbnails: Thumbnails, index: Index
) -> list[Clutter]:
    """Screenshots, and what shows no face; only screenshots if the model for faces cannot be used."""
    screenshots = [one for one in found if one.kind == "screenshot"]
    others = [one for one in found if one.kind != "screenshot"]
    with suppress(ModelError):
        people = look_at_faces([one.photo for one in others], faces, thumbnails, index=index)
        return [*screenshots, *(one for one in others if not people[one.photo.id])]
    return screenshots


def _dear(photo: Photo) -> bool:
    """Whether somebody marked, rated or edited it, or took it with care; or whether it holds a film."""
    roles = {companion.role for companion in photo.companions}
    on_purpose = bool(photo.burst or photo.bracketed) or _exposed(photo) >= LONG
    by_somebody = (photo.rating or 0) > 0 or photo.marked not in (None, Marked()) or photo.edited
    moving = photo.format == FILM or any(extra.kind == "film" for extra in photo.holds)
    return bool(on_purpose or by_somebody or moving or roles & {"video", "original"})


def _exposed(photo: Photo) -> float:
    """Seconds, 0 if the camera does not say."""
    told = SECONDS.match(photo.exposure)
    return (1 / float(told[2]) if told[1] else float(told[2])) if told and float(told[2]) else 0.0


def _judged(seen: Seen) -> Iterator[Clutter]:
    """The first kind whose signs it has."""
    for sign in SIGNS:
        if found := sign(seen):
            kind, clear, reason = found
            yield Clutter(seen.photo, kind, reason, round(LEAST + (MOST - LEAST) * clear, 3))
            return


def _not_alone(found: Sequence[Clutter], photos: Sequence[Photo]) -> Iterator[Clutter]:
    """Those whose day and place have another photo, which is in no lane; without a camera's date, their folder."""
    ids = {one.photo.id for one in found}
    others = defaultdict[str, set[Place]](set)
    for photo in photos:
        if photo.id not in ids:
            others[_occasion(photo)].add(_cell(photo))
    for one in found:
        places, here = others[_occasion(one.photo)], _cell(one.photo)
        beside = bool(places) if here is None else bool(places & {here, None})
        if beside or (one.kind in DRAWN and not _by_camera(one.photo)):
            yield one


def _by_camera(photo: Photo) -> bool:
    return photo.taken is not None and photo.taken_by_camera


def _occasion(photo: Photo) -> str:
    """The day a camera wrote, or else the folder."""
    when = local_time(photo) if _by_camera(photo) else None
    return f"day {when.date()}" if when else f"folder {photo.name.rpartition('/')[0]}"


def _cell(photo: Photo) -> Place:
    return (round(photo.place[0], CELL), round(photo.place[1], CELL)) if photo.place else None


def _surest(one: Clutter) -> tuple[int, float, str, str]:
    return CLUTTER.index(one.kind), -one.certainty, one.photo.name, one.photo.id
