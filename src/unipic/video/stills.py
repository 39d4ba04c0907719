"""Photos that are a picture of a film: grabs from it, and what telephones take while they film."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from unipic.core.photo import Photo
from unipic.library.thumbnails import Thumbnails
from unipic.reading.images import load_thumbnail
from unipic.video.fingerprints import SIDE, Fingerprint, fingerprint

BLACK, WHITE = 16, 235  # of 255, as most films code them
BITS = 8  # of 63: a photo and the film's nearest picture, up to an eighth of a second away


@dataclass(frozen=True)
class Still:
    """Where a photo is in a film."""

    film: str  # its digest
    seconds: float
    bits: int  # that differ


def stills(photos: Iterable[Photo], films: Mapping[str, Fingerprint], thumbnails: Thumbnails) -> dict[str, Still]:
    """By the photo's id, the film and the time it shows; photos that are in no film are left out."""
    found: dict[str, Still] = {}
    voting = {digest: film.voting for digest, film in sorted(films.items()) if len(film.voting)}
    if not voting:
        return found
    owners = np.concatenate([np.full(len(film), place) for place, film in enumerate(voting.values())])
    times = np.concatenate([film.times for film in voting.values()])
    hashes = np.concatenate([film.hashes for film in voting.values()])
    digests = list(voting)
    for photo in photos:
        own = _of_photo(photo, thumbnails)
        if own is None:
            continue
        apart = np.bitwise_count(hashes ^ own)
        best = int(apart.argmin())
        if apart[best] <= BITS:
            found[photo.id] = Still(digests[owners[best]], float(times[best]), int(apart[best]))
    return found


def _of_photo(photo: Photo, thumbnails: Thumbnails) -> np.uint64 | None:
    """The hash of a photo's thumbnail; None if it shows nothing, or is not there."""
    path = thumbnails.path(photo.digest)
    if not path.is_file():
        return None
    grey = Image.fromarray(load_thumbnail(str(path))).convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    made: Fingerprint = fingerprint([(0.0, (BLACK + np.asarray(grey) * ((WHITE - BLACK) / 255)).astype(np.uint8))])
    return made.hashes[0] if made.votes[0] else None
