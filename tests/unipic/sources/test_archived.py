"""Exports as they were downloaded: each photo dated, placed and marked as its sidecar says; hostile archives in words."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from tests.helpers import takeouts
from tests.helpers.takeouts import (
    ROOT,
    STAMP,
    Truth,
    icloud,
    picture,
    sidecar,
    takeout,
    write_parts,
    write_tgz,
    write_zip,
)

from unipic.core import archives
from unipic.core.files import open_to_read
from unipic.core.photo import Found, Gallery, Photo, Unreadable
from unipic.core.settings import Limits
from unipic.library.companions import together
from unipic.reading.engines.inline import InlineEngine
from unipic.reading.read import read
from unipic.reading.seen import Picture
from unipic.sources.folder import FolderSource
from unipic.sources.upload import UploadSource


def gallery_of(*roots: Path) -> Gallery:
    files = list(FolderSource(roots).files())
    found = list(read(files, InlineEngine(), Limits()))
    photos = tuple(picture.photo for picture in found if isinstance(picture, Picture))
    gallery = Gallery(photos, tuple(file for file in found if not isinstance(file, Picture)))
    return together(gallery, InlineEngine(), files=files)


def said_of(photo: Photo) -> Truth:
    assert photo.taken is not None
    assert photo.marked is not None
    marked = photo.marked
    place = photo.place
    taken = photo.taken.replace(tzinfo=None)
    return Truth(taken, place, marked.favourite, marked.tags, marked.note, frozenset(marked.albums))


@pytest.mark.parametrize("ending", ["zip", "tgz"])
def test_every_photo_is_dated_placed_and_marked_as_its_sidecar_says(tmp_path: Path, ending: str) -> None:
    made = takeout(60)
    parts = write_parts(tmp_path, made.files, ending=ending)
    gallery = gallery_of(*parts)
    by_name = {file.name: photo for photo in gallery.photos for file in photo.files}
    wrong = {
        name: (said_of(by_name[name]), true) for name, true in made.truth.items() if said_of(by_name[name]) != true
    }
    assert not wrong
    assert not [file for file in gallery.unreadable if not file.name.endswith("metadata.json")]
