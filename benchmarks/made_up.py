"""A library as if each file of a folder had been read: one picture under made-up digests, over twenty years."""

import hashlib
import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from PIL import Image

from unipic.core.photo import Found
from unipic.core.settings import Limits
from unipic.library._database import Database
from unipic.library.index import StoredIndex
from unipic.library.library import Library
from unipic.reading.read import read_file
from unipic.reading.seen import Picture, Seen, half
from unipic.sources.folder import FolderSource
from unipic.vision.base import Encoder

FIRST, YEARS = datetime(2006, 1, 1, 12), 20
SOME = 5_000  # rows between two writes
Looks = Callable[[int, Seen], Seen]


def alike(number: int, seen: Seen) -> Seen:
    """Every photo the same."""
    return seen


def fill_in(library: Library, folder: Path, encoder: Encoder, looks: Looks = alike) -> int:
    """Rows and thumbnails of every file under the folder, whatever is in it. Returns how many.

    `looks`: what differs between the photos, by number.
    """
    files = [file for file in FolderSource([folder]).files() if isinstance(file, Found)]
    picture = _picture(library.data)
    vector = half(encoder.embed(picture.view[None]))[0]
    library.update(folder, files)
    index = StoredIndex(library.path.parent, library.thumbnails, Limits())
    for number, file in enumerate(files):
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        taken = FIRST + timedelta(days=number * YEARS * 365 // len(files), minutes=number % 600)
        photo = replace(picture.photo, id=file.id, digest=digest, taken=taken, taken_by_camera=True)
        seen = looks(number, Seen(photo, vector, picture.thumbnail))
        _link(library, digest, seen.thumbnail)
        index.keep(file, seen, encoder.key)
        if number % SOME == 0:
            index.write()
    index.close()
    with closing(Database(library.path)) as base:
        base.queue("UPDATE file SET beside = 0", ())
    return len(files)


def _picture(folder: Path) -> Picture:
    """One photo as reading gives it."""
    path = folder / "one.jpg"
    noise = np.random.default_rng(1).integers(0, 255, (30, 40, 3), np.uint8)
    Image.fromarray(noise).resize((4000, 3000), Image.Resampling.BICUBIC).save(path)
    seen = read_file(Found("one", "one.jpg", str(path), path.stat().st_size), Limits())
    path.unlink()
    assert isinstance(seen, Picture)
    return seen


def _link(library: Library, digest: str, thumbnail: bytes) -> None:
    """A thumbnail that thousands share: 100,000 of their own would be 5 GB, and ext4 allows 65,000 links to one."""
    shared, path = library.path.parent / f"{digest[0]}.jpg", library.thumbnails.path(digest)
    if not shared.exists():
        shared.write_bytes(thumbnail)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        os.link(shared, path)
