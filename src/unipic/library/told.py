"""Take over what exports of Google and Apple say of photos: time, place, albums, people's names, a note, a favourite.

What the camera wrote comes first. A time is taken over where the photo has none of a clock where it was taken, a place
where it has none. Google's and Apple's times are UTC: the place tells the local time, else the photo's own offset.
Where neither is known they stay UTC, which is said wherever the time is shown.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePosixPath

from unipic.core.photo import Marked, Photo, in_utc
from unipic.library._takeout import YEAR
from unipic.library.zones import local_time_at
from unipic.reading.exports import Entry

PART = re.compile(r"(?: \[(\d+)\])?$")  # how archives number files of one name


def with_entry(photo: Photo, entry: Entry) -> Photo:
    """The photo with what is written of it."""
    place, taken, by_camera = photo.place or entry.place, photo.taken, photo.taken_by_camera
    if entry.taken is not None and (taken is None or not by_camera):
        local = local_time_at(entry.taken, place) if place else None
        zone = taken.tzinfo if taken and not in_utc(photo) else None
        taken = local or datetime.fromtimestamp(entry.taken, zone or UTC)
        by_camera = bool(local or zone)
    said = Marked(entry.favourite, entry.tags, (), entry.note)
    return replace(photo, place=place, taken=taken, taken_by_camera=by_camera, marked=both(photo.marked, said))


def with_albums(photos: Sequence[Photo], titles: Mapping[str, str], lists: Mapping[str, frozenset[str]]) -> list[Photo]:
    """The photos with their albums: `titles` by folder, and `lists` of photos' names in lower case by the album's path.

    Identical files are in all albums that one of them is in, and have all that is said of one of them.
    """
    merged: dict[str, Marked | None] = {}
    for photo in photos:
        albums = [titles.get(_folder(photo.name), "")]
        albums += [PurePosixPath(path).stem for path, names in lists.items() if _lists(path, names, photo.name)]
        albums = [album for album in albums if album and not YEAR.fullmatch(album)]
        said = both(photo.marked, Marked(albums=tuple(albums))) if albums else photo.marked
        merged[photo.digest] = both(merged.get(photo.digest), said) if said else merged.get(photo.digest)
    return [replace(photo, marked=merged[photo.digest]) for photo in photos]


def listed(photos: Iterable[Photo], lists: Mapping[str, Mapping[str, Entry]]) -> dict[str, Entry]:
    """By photo id, what Apple's lists in the photo's folder say; `lists`: by their path, entries by name in lower case.

    Several parts may have a file of one name. The list of a part has the same number as its files.
    """
    if not lists:
        return {}
    in_folder = defaultdict[str, list[tuple[str, Mapping[str, Entry]]]](list)
    for path in sorted(lists):
        in_folder[_folder(path)].append((_number(path), lists[path]))
    found = {}
    for photo in photos:
        number = _number(photo.name)
        name = _plain_name(photo.name)
        for _, rows in sorted(in_folder.get(_folder(photo.name), ()), key=lambda one: (one[0] != number, one[0])):
            if name in rows:
                found[photo.id] = rows[name]
                break
    return found


def both(one: Marked | None, other: Marked | None) -> Marked:
    """What two say of one photo; of two notes the first."""
    a, b = one or Marked(), other or Marked()
    tags, albums = (tuple(dict.fromkeys((*x, *y))) for x, y in ((a.tags, b.tags), (a.albums, b.albums)))
    return Marked(a.favourite or b.favourite, tags, albums, a.note or b.note)


def _lists(path: str, names: frozenset[str], photo: str) -> bool:
    """Whether Apple's list of an album, which lies in a folder beside that of the photos, names the photo."""
    return _folder(_folder(path)) == _folder(_folder(photo)) and _plain_name(photo) in names


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _number(name: str) -> str:
    found = PART.search(PurePosixPath(name).stem)
    return (found and found[1]) or ""


def _plain_name(name: str) -> str:
    path = PurePosixPath(name)
    return (PART.sub("", path.stem) + path.suffix).casefold()
