"""Where pictures of an address lie: those of a run under its token, those of the library under a word."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from server.runs import Run, Runs
from unipic.core.photo import Photo
from unipic.library.index import VIEWS
from unipic.library.library import Library
from unipic.library.reader import INDEX
from unipic.library.thumbnails import Thumbnails

FindPhoto = Callable[[Run, str], Photo | None]
LIBRARY = "library"  # in place of a token, of which it can be none


@dataclass(frozen=True)
class Shelf:
    """Thumbnails and larger pictures of some photos."""

    thumbnails: Thumbnails
    views: Path  # cached pictures for the large view
    photo: Callable[[str], Photo | None]  # by the id that is used in addresses


class Shelves:
    """All shelves of a server."""

    def __init__(self, runs: Runs, find_photo: FindPhoto, library: Library | None = None) -> None:
        self.runs = runs
        self.find_photo = find_photo
        self.library = library

    def open(self, token: str) -> Shelf:
        """The shelf of a run, or of the library. RunNotFound if there is none."""
        if self.library and token == LIBRARY:
            return Shelf(
                self.library.thumbnails, self.library.data / INDEX / VIEWS, partial(photo_at_hand, self.library)
            )
        run = self.runs.open(token)
        return Shelf(run.thumbnails, run.views, partial(self.find_photo, run))


def photo_at_hand(library: Library, digest: str) -> Photo | None:
    """The photo with this content: of identical files one that is there now, if any is."""
    photo = library.by_digest([digest]).get(digest)
    if photo is None or os.path.exists(photo.path):
        return photo
    there = next((place for place in library.places(digest) if place.exists()), None)
    return replace(photo, path=str(there)) if there else photo
