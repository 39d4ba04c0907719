"""A cleanup from the values of its JSON, as another program would read it."""

from typing import Any

from unipic.cleanup.record import VERSION, _clutter_from, _face_from_dict, _series_from
from unipic.cleanup.result import Cleanup, Cluster, DuplicateSet
from unipic.core.photo import Gallery, Unreadable, photo_from_dict


def cleanup_from_dict(values: dict[str, Any]) -> Cleanup:
    """Inverse of cleanup_to_dict. ValueError for another version, or a cleanup that breaks its invariants."""
    if values.get("version") != VERSION:
        raise ValueError(f"a cleanup of version {values.get('version')}, this program reads {VERSION}")
    photos = tuple(photo_from_dict(photo) for photo in values["photos"])
    by_id = {photo.id: photo for photo in photos}

    def sets(name: str) -> tuple[DuplicateSet, ...]:
        return tuple(
            DuplicateSet(
                by_id[s["keeper"]],
                tuple(by_id[i] for i in s["copies"]),
                s["kind"],
                tuple(s["reasons"]),
                tuple(s["looks"]),
                tuple(s.get("doubts", ())),
            )
            for s in values[name]
        )

    return Cleanup(
        gallery=Gallery(photos, tuple(Unreadable(**file) for file in values["unreadable"])),
        exact=sets("exact"),
        near=sets("near"),
        clusters=tuple(
            Cluster(
                tuple(by_id[i] for i in c["photos"]),
                tuple(c["scores"]),
                tuple(c["alike"]),
                c["reason"],
                c["certainty"],
                tuple((name, tuple(numbers)) for name, numbers in c["columns"]),
                tuple(tuple(face and _face_from_dict(face) for face in row) for row in c.get("people", ())),
            )
            for c in values["clusters"]
        ),
        singles=tuple(by_id[i] for i in values["singles"]),
        similar=values["similar"],
        encoder=values["encoder"],
        ranker=values["ranker"],
        notices=tuple(values["notices"]),
        same=values["same"],
        series=_series_from(values, by_id),
        clutter=_clutter_from(values, by_id),
    )
