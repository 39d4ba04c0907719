"""Rulings of a review: their ids, photos in parts, and whether one regroups photos."""

import hashlib
from collections.abc import Iterable, Sequence

from unipic.core.photo import Photo
from unipic.library.decisions import Ruling
from unipic.review.proposal import identical


def regroups(before: Ruling | None, after: Ruling | None, deciding: bool) -> bool:
    """Whether a changed ruling regroups photos. Deciding an existing group does not, nor one photo by itself."""
    if any(ruling and ruling.alone for ruling in (before, after)):
        return False
    return before != after and not (deciding and after is not None and after.kept is not None)


def alike(photos: Sequence[Photo]) -> list[list[Photo]]:
    """Photos in parts; identical photos are in one part."""
    parts: list[list[Photo]] = []
    for photo in photos:
        part = next((part for part in parts if any(identical(photo, other) for other in part)), None)
        if part is None:
            parts.append([photo])
        else:
            part.append(photo)
    return parts


def ruling_id(kind: str, photos: Iterable[Photo]) -> str:
    """The same for the same photos, so a later ruling about them replaces an earlier one."""
    digests = "\n".join([kind, *sorted(photo.digest for photo in photos)])
    return hashlib.sha256(digests.encode()).hexdigest()[:24]
