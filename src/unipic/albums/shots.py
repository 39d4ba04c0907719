"""What events are made of: when and where each photo of the library was taken, in the order of time."""

import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import PurePosixPath

from unipic.library.kinds import KINDS
from unipic.library.listing import FolderNames
from unipic.library.places import NOWHERE, Place, places
from unipic.library.reader import SHOWN, Reader

MOST_A_SECOND = 20  # photos with one time to the second, bursts aside: more of them were copied, not taken
NIGHT_ENDS = timedelta(hours=4)  # until then it is still the evening before
NO_MOMENTS = sum(1 << KINDS.index(kind) for kind in ("screenshot", "document"))  # bits of the column `kinds`
FACTS = f"""
SELECT f.digest, min(f.path), json_extract(m.facts, '$.taken'), json_extract(m.facts, '$.taken_by_camera'),
    json_extract(m.facts, '$.burst'), m.lat, m.lon, t.camera, t.place, t.city, t.country, t.rating, t.sharp, t.kinds
FROM file f LEFT JOIN metadata m ON m.digest = f.digest LEFT JOIN trait t ON t.digest = f.digest
WHERE {SHOWN} GROUP BY f.digest ORDER BY f.digest
"""


@dataclass(frozen=True, slots=True)
class Shot:
    """What is known of when and where a photo was taken."""

    digest: str
    taken: datetime | None = None  # the clock on the wall, with an offset only where the file has one
    by_camera: bool = True  # False: the time is another one, as of the file's last change
    place: tuple[float, float] | None = None  # latitude, longitude in degrees
    town: str = ""  # the city it was taken in, by GeoNames
    country: str = ""  # two letters
    camera: str = ""
    folder: str = ""  # as people know it
    burst: str = ""
    worth: tuple[float, ...] = ()  # greater ones stand for an event first


@dataclass(frozen=True, slots=True)
class Dated:
    """A shot whose time is known."""

    shot: Shot
    at: float  # seconds since 1970, by UTC as far as offsets tell
    local: datetime  # the clock on the wall, without an offset
    day: date  # which it counts to: one that ends at four, and that of the first shot of its session


def shots_of(library: Reader) -> list[Shot]:
    """Every photo of the library that is shown, by digest. No file is opened."""
    names, known = FolderNames(library.paths()), dict[int, Place | None]()
    favourites = library.marks.favourites()

    def town(*ids: int | None) -> str:
        found = next((id for id in ids if id is not None), None)
        if found is None:
            return ""
        if found not in known:
            known[found] = places().named(found)
        place = known[found]
        return place.name if place else ""

    return [
        Shot(
            digest,
            datetime.fromisoformat(taken) if taken else None,
            bool(by_camera),
            None if lat is None or (lat, lon) in NOWHERE else (lat, lon),
            town(city, place),
            country or "",
            camera or "",
            PurePosixPath(names.name(os.fsdecode(path))).parent.as_posix(),
            burst or "",
            (float(not (kinds or 0) & NO_MOMENTS), float(digest in favourites), float(rating or 0), float(sharp or 0)),
        )
        for digest, path, taken, by_camera, burst, lat, lon, camera, place, city, country, rating, sharp, kinds
        in library.ask(FACTS)
    ]  # fmt: skip


def in_order(shots: Iterable[Shot], ahead: Mapping[str, float]) -> tuple[list[Dated], list[Shot]]:
    """The shots whose camera wrote the time, in order; and the others, by digest.

    `ahead`: by how many seconds the clock was ahead, by digest. A time without an offset is taken to have that of the
    shot nearest in local time, so that only journeys between zones change an order.
    """
    everything = sorted(shots, key=lambda shot: shot.digest)
    second = Counter(shot.taken.replace(microsecond=0) for shot in everything if shot.taken and not shot.burst)

    def dated(shot: Shot) -> bool:
        if not (shot.taken and shot.by_camera):
            return False
        return bool(shot.burst) or second[shot.taken.replace(microsecond=0)] <= MOST_A_SECOND

    known = sorted(
        (_local(shot), shot.taken.utcoffset() or timedelta())
        for shot in everything
        if shot.taken and dated(shot) and shot.taken.tzinfo
    )
    found = []
    for shot in filter(dated, everything):
        assert shot.taken is not None
        local, offset = _local(shot), shot.taken.utcoffset()
        utc = local - (_offset(local, known) if offset is None else offset)
        shift = timedelta(seconds=ahead.get(shot.digest, 0.0))
        local -= shift
        found.append(Dated(shot, (utc - shift - EPOCH).total_seconds(), local, (local - NIGHT_ENDS).date()))
    found.sort(key=lambda one: (one.at, one.shot.digest))
    return found, [shot for shot in everything if not dated(shot)]


EPOCH = datetime(1970, 1, 1)


def _local(shot: Shot) -> datetime:
    assert shot.taken is not None
    return shot.taken.replace(tzinfo=None)


def _offset(local: datetime, known: list[tuple[datetime, timedelta]]) -> timedelta:
    """The offset of the nearest of the known ones; none without any."""
    after = bisect_left(known, (local, timedelta.min))
    near = known[max(after - 1, 0) : after + 1]
    return min(near, key=lambda one: (abs(one[0] - local), one), default=(local, timedelta()))[1]
