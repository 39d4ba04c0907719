"""Evidence and cleanups as plain values for JSON, and back. Photos are stored once, and referred to by id."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import numpy as np

from unipic.cleanup.evidence import Evidence
from unipic.cleanup.likeness import Likeness
from unipic.cleanup.result import Cleanup, Clutter, DuplicateSet, Series
from unipic.core.face import Face
from unipic.core.photo import Gallery, Photo, Unreadable, photo_from_dict, photo_to_dict

VERSION = 4


def cleanup_to_dict(cleanup: Cleanup) -> dict[str, Any]:
    """A cleanup as plain values."""
    return {
        "version": VERSION,
        "photos": [photo_to_dict(photo) for photo in cleanup.gallery.photos],
        "unreadable": [asdict(file) for file in cleanup.gallery.unreadable],
        "exact": [_set_to_dict(found) for found in cleanup.exact],
        "near": [_set_to_dict(found) for found in cleanup.near],
        "clusters": [
            {
                "photos": [p.id for p in c.photos],
                "scores": c.scores,
                "alike": c.alike,
                "reason": c.reason,
                "certainty": c.certainty,
                "columns": c.columns,
                "people": [[face and _face_to_dict(face) for face in row] for row in c.people],
            }
            for c in cleanup.clusters
        ],
        "singles": [photo.id for photo in cleanup.singles],
        "similar": cleanup.similar,
        "same": cleanup.same,
        "encoder": cleanup.encoder,
        "ranker": cleanup.ranker,
        "notices": cleanup.notices,
        "sets": [_taken_together(one) for one in cleanup.series],
        "clutter": [{**vars(one), "photo": one.photo.id} for one in cleanup.clutter],
    }


def evidence_to_dict(evidence: Evidence) -> dict[str, Any]:
    """Evidence as plain values."""
    pairs = evidence.likeness
    return {
        "version": VERSION,
        "photos": [photo_to_dict(photo) for photo in evidence.gallery.photos],
        "unreadable": [asdict(file) for file in evidence.gallery.unreadable],
        "pairs": {
            "photos": [photo.id for photo in pairs.photos],
            **{name: getattr(pairs, name).tolist() for name in ("first", "second", "similarity", "sameness")},
            "how": [[*ids, words] for ids, words in pairs.how.items()],
            "doubts": [[*ids, words] for ids, words in pairs.doubts.items()],
        },
        "encoder": evidence.encoder,
        "ranker": evidence.ranker,
        "weights": dict(evidence.weights),
        "scores": {name: dict(scores) for name, scores in evidence.scores.items()},
        "notices": evidence.notices,
        "ranked": evidence.ranked,
        "sets": [_taken_together(one) for one in evidence.series],
        "clutter": [{**vars(one), "photo": one.photo.id} for one in evidence.clutter],
        "first_seen": dict(evidence.first_seen),
        "faces": {id: [_face_to_dict(face) for face in faces] for id, faces in evidence.faces.items()},
    }


def evidence_from_dict(values: dict[str, Any]) -> Evidence:
    """Inverse of evidence_to_dict. ValueError for another version."""
    if values.get("version") != VERSION:
        raise ValueError(f"evidence of version {values.get('version')}, this program reads {VERSION}")
    photos = tuple(photo_from_dict(photo) for photo in values["photos"])
    by_id = {photo.id: photo for photo in photos}
    pairs = values["pairs"]
    likeness = Likeness(
        tuple(by_id[id] for id in pairs["photos"]),
        np.array(pairs["first"], dtype=np.int64),
        np.array(pairs["second"], dtype=np.int64),
        np.array(pairs["similarity"], dtype=np.float64),
        np.array(pairs["sameness"], dtype=np.float64),
        {(a, b): words for a, b, words in pairs["how"]},
        doubts={(a, b): words for a, b, words in pairs.get("doubts", ())},
    )
    return Evidence(
        Gallery(photos, tuple(Unreadable(**file) for file in values["unreadable"])),
        likeness,
        values["encoder"],
        values["ranker"],
        values["weights"],
        values["scores"],
        tuple(values["notices"]),
        values["ranked"],
        _series_from(values, by_id),
        {id: tuple(map(_face_from_dict, faces)) for id, faces in values.get("faces", {}).items()},
        clutter=_clutter_from(values, by_id),
        first_seen=values["first_seen"],
    )


def _face_to_dict(face: Face) -> dict[str, Any]:
    """Without the vector: whose face it is does not belong in a record."""
    return {field.name: getattr(face, field.name) for field in fields(Face) if field.name != "vector"}


def _face_from_dict(values: dict[str, Any]) -> Face:
    points = tuple((x, y) for x, y in values["points"])
    return Face(**{**values, "box": tuple(values["box"]), "points": points})


def _taken_together(one: Series) -> dict[str, Any]:
    return {"kind": one.kind, "photos": [photo.id for photo in one.photos], "reason": one.reason}


def _series_from(values: dict[str, Any], photos: Mapping[str, Photo]) -> tuple[Series, ...]:
    return tuple(
        Series(one["kind"], tuple(photos[id] for id in one["photos"]), one["reason"]) for one in values.get("sets", ())
    )


def _clutter_from(values: dict[str, Any], photos: Mapping[str, Photo]) -> tuple[Clutter, ...]:
    return tuple(Clutter(**{**one, "photo": photos[one["photo"]]}) for one in values.get("clutter", ()))


def _set_to_dict(found: DuplicateSet) -> dict[str, Any]:
    return {
        "keeper": found.keeper.id,
        "copies": [copy.id for copy in found.copies],
        "kind": found.kind,
        "reasons": found.reasons,
        "looks": found.warnings,
        "doubts": found.doubts,
    }
