"""Events of a gallery as folders of a tree: "2024-03-15 Lisbon"."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from unipic.albums.events import Event, events_of
from unipic.albums.shots import Shot
from unipic.core.photo import Photo
from unipic.library.places import places


def event_folders(photos: Sequence[Photo]) -> list[tuple[str, list[Photo]]]:
    """The name of a folder, and its photos, for each event, trip or day. Undated photos are in none."""
    by_digest: dict[str, list[Photo]] = {}
    for photo in photos:
        by_digest.setdefault(photo.digest, []).append(photo)
    found = events_of([_shot(some[0]) for some in by_digest.values()])
    return [
        (_folder(event), [photo for digest in event.digests for photo in by_digest[digest]])
        for event in found.events
        if event.start
    ]


def _folder(event: Event) -> str:
    assert event.start
    day = f"{event.start.year:04}-{event.start:%m-%d}"
    name = "" if event.kind == "day" else event.name
    return f"{day} {name}".strip()


def _shot(photo: Photo) -> Shot:
    place = places().at(*photo.place) if photo.place else None
    city = (place.within or place) if place else None
    return Shot(
        photo.digest,
        photo.taken,
        photo.taken_by_camera,
        photo.place,
        city.name if city else "",
        place.country if place else "",
        photo.camera,
        str(PurePosixPath(photo.name).parent).removeprefix("."),
        photo.burst,
    )
