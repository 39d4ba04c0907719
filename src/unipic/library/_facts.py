"""The facts of a photo as the index stores them, and a photo made of them again."""

import json
from dataclasses import asdict

from unipic.core.photo import Found, Photo, photo_from_dict, photo_to_dict
from unipic.reading.metadata import Metadata

# Fields that belong to the file, not to its content.
OF_THE_FILE = ("id", "name", "path", "companions", "marked")
NO_METADATA = asdict(Metadata())
BESIDE = ("taken", "taken_by_camera", "place")  # what a file beside a photo may say in place of the photo


def pixels_told(photo: Photo) -> str:
    """What was found by decoding it, as JSON."""
    told = photo_to_dict(photo)
    return json.dumps({name: value for name, value in told.items() if name not in (*OF_THE_FILE, *NO_METADATA)})


def metadata_told(photo: Photo) -> str:
    """Its metadata, as JSON."""
    told = photo_to_dict(photo)
    return json.dumps({name: told[name] for name in NO_METADATA})


def photo_of(file: Found, facts: str, metadata: str | None, beside: bool = False) -> Photo:
    """A photo from what is stored of it; with what files `beside` it say. ValueError, TypeError or KeyError if damaged.

    A run finds the files beside a photo by itself, so that its answer does not depend on what is stored.
    """
    told = {**NO_METADATA} if metadata is None else {**json.loads(metadata)}
    said = told.pop("beside", None) or {}
    if beside:
        told |= {name: said[name] for name in BESIDE if name in said}
    return photo_from_dict({**json.loads(facts), **told, "id": file.id, "name": file.name, "path": file.path})
