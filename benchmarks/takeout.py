"""Ten parts of a Google Takeout with 2,000 photos: how many are dated, placed and marked as their sidecars say.

The parts are made by tests/helpers/takeouts.py, with names that were cut, counted and cleaned as people report them,
and sidecars, films and edits in other parts than their photos.
"""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.helpers.takeouts import Made, Truth, takeout, write_parts

from unipic.core.files import open_to_read
from unipic.core.photo import Found, Gallery, Photo
from unipic.core.settings import Limits
from unipic.library.companions import together
from unipic.reading.engines.inline import InlineEngine
from unipic.reading.read import read
from unipic.reading.seen import Picture
from unipic.sources.folder import FolderSource

PHOTOS, PARTS = 2000, 10
FACTS: dict[str, Callable[[Photo, Truth], bool]] = {
    "time": lambda photo, true: photo.taken is not None and photo.taken.replace(tzinfo=None) == true.taken,
    "place, or none": lambda photo, true: photo.place == true.place,
    "favourite, people, description": lambda photo, true: (
        photo.marked is not None
        and (photo.marked.favourite, photo.marked.tags, photo.marked.note) == (true.favourite, true.tags, true.note)
    ),
    "albums": lambda photo, true: photo.marked is not None and frozenset(photo.marked.albums) == true.albums,
}


def run(workers: int) -> None:
    """Print the tables."""
    made = takeout(PHOTOS)
    print(f"{PHOTOS:,} photos, {len(made.files):,} files, {PARTS} parts\n")
    print(
        "| parts | listing, s of processor | reading, s | opening 100 anywhere, ms each | " + " | ".join(FACTS) + " |"
    )
    print("|---|---:|---:|---:|" + "---:|" * len(FACTS))
    for ending in ("zip", "tgz"):
        with TemporaryDirectory() as folder:
            print(f"| .{ending} | {_row(made, write_parts(Path(folder), made.files, PARTS, ending))} |")


def _row(made: Made, parts: list[Path]) -> str:
    begun = time.process_time()
    files = list(FolderSource(parts).files())
    listed = time.process_time()
    found = list(read(files, InlineEngine(), Limits()))
    photos = tuple(one.photo for one in found if isinstance(one, Picture))
    gallery = Gallery(photos, tuple(one for one in found if not isinstance(one, Picture)))
    gallery = together(gallery, InlineEngine(), files=files)
    read_all = time.process_time()
    some = [file for file in files if isinstance(file, Found)][:: len(files) // 100][:100]
    for file in reversed(some):
        with open_to_read(file.path):
            pass
    opened = (time.process_time() - read_all) / len(some) * 1000
    by_name = {file.name: photo for photo in gallery.photos for file in photo.files}
    right = [
        sum(name in by_name and holds(by_name[name], true) for name, true in made.truth.items())
        for holds in FACTS.values()
    ]
    figures = [f"{listed - begun:.2f}", f"{read_all - listed:.1f}", f"{opened:.1f}"]
    return " | ".join([*figures, *(f"{number:,} of {len(made.truth):,}" for number in right)])
