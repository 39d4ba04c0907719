"""Libraries to search in, made of photo records alone: no file is read."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

import numpy as np

from unipic.core.photo import Found, Photo
from unipic.core.progress import silent
from unipic.core.settings import Limits
from unipic.library._database import Database
from unipic.library.index import StoredIndex
from unipic.library.library import Library
from unipic.library.reader import INDEX, SHOWN
from unipic.library.searchable import Searchable
from unipic.library.traits import describe
from unipic.reading.seen import Seen, half
from unipic.search.search import Asked, Example
from unipic.vision.base import Calibration

KEY = "made up"
CALIBRATION = Calibration(middle=0.8, slope=20.0)
TODAY = date(2024, 5, 15)


def stored(data: Path, photos: Sequence[Photo], vectors: Mapping[str, np.ndarray] | None = None) -> Library:
    """A library that has these photos under data/../photos by their names; `vectors` by id, otherwise all different."""
    library, folder = Library(data), data.parent / "photos"
    folder.mkdir(parents=True, exist_ok=True)
    library.marks.add_folder(folder)
    files = [Found(photo.id, photo.name, str(folder / photo.name), photo.size, "1") for photo in photos]
    library.update(folder, files)
    index = StoredIndex(library.data / INDEX, library.thumbnails, Limits())
    for number, (file, photo) in enumerate(zip(files, photos, strict=True)):
        vector = (vectors or {}).get(photo.id, np.random.default_rng(number).normal(size=16))
        index.keep(file, Seen(photo, half(_unit(vector)[None].astype(np.float32))[0], b""), KEY)
    index.close()
    described(library)
    return library


def described(library: Library) -> int:
    """Rows to search by made of what is stored; of how many photos."""
    with closing(Database(library.path)) as base:
        base.queue("UPDATE file SET beside = 0", ())
        return describe(base, library.paths(), SHOWN, silent)


def asked(library: Library, language: str = "en") -> Asked:
    """The library as it is now, on TODAY."""
    return Asked(Searchable(library, KEY, CALIBRATION), language, TODAY)


def example(photo: Photo, vector: np.ndarray, wanted: bool = True) -> Example:
    """A picture to search by."""
    return Example(photo, _unit(vector).astype(np.float32), b"", wanted)


def _unit(vector: np.ndarray) -> np.ndarray:
    return np.asarray(vector / np.linalg.norm(vector))
