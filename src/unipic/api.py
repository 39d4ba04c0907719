"""What a script needs, in one place: the library, clean-ups, embeddings. docs/api.md has an example of each."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from unipic.core.progress import Progress, Step, silent
from unipic.core.settings import APP, Settings, data_folder, memory_folder, models_folder

if str(APP) not in sys.path:  # of a wheel: the stories lie in unipic/_app
    sys.path.append(str(APP))

from unipic.cleanup.result import Cleanup
from unipic.core.photo import Photo, Unreadable
from unipic.library.filling import Model, detector, encoder
from unipic.library.library import Library, Update
from unipic.library.listing import Filter, Listing
from unipic.library.marks import Marked, Marks
from unipic.library.searchable import Searchable
from unipic.reading.engines.base import Engine
from unipic.reading.engines.inline import InlineEngine
from unipic.reading.engines.local import LocalEngine
from unipic.search.search import Asked
from unipic.sources.folder import FolderSource
from unipic.tools import Tools, open_meaning, open_tools
from unipic.vision.base import Detector, Encoder, Part
from unipic.vision.registry import Loader, open_encoder as _open_encoder
from utils import clean_gallery, index_gallery, search_gallery, see_meaning

__all__ = [
    "Cleanup", "Detector", "Encoder", "Engine", "Filter", "InlineEngine", "Library", "Listing", "LocalEngine",
    "Marked", "Marks", "Model", "Part", "Photo", "Progress", "Settings", "Step", "Tools", "Unreadable", "Update",
    "clean", "detector", "encoder", "index", "open_encoder", "open_library", "search", "tools",
]  # fmt: skip


def open_library() -> Library:
    """The library of the data folder (UNIPIC_DATA). UnipicError if a newer version wrote it."""
    library = Library(data_folder())
    library.usable()
    return library


@contextmanager
def tools(settings: Settings | None = None, remember: bool = True) -> Iterator[Tools]:
    """Models, engine and index, for as long as the block. `remember`: whether the index keeps what is read."""
    with open_tools(settings or Settings(), models_folder(), memory_folder() if remember else None) as opened:
        yield opened


def index(
    library: Library, *folders: str | Path, settings: Settings | None = None, progress: Progress = silent
) -> list[Update]:
    """Add folders to the library and read what is new in them; without any, refresh those it has.

    SourceError for a folder that cannot be reached; nothing of it is forgotten.
    """
    chosen = list(dict.fromkeys(library.add(Path(folder)) for folder in folders)) or library.paths()
    settings = settings or Settings.of(ranker="builtin")
    with tools(settings) as opened:
        updates = [index_gallery(folder, library, opened, settings, progress) for folder in chosen]
        see_meaning(library, opened, settings, models_folder(), progress)
        return updates


def search(
    library: Library,
    query: str,
    *,
    every_shot: bool = False,
    limit: int | None = None,
    settings: Settings | None = None,
) -> list[Photo]:
    """Photos of the library by a query in people's words, the best first; docs/search.md has the language. QueryError.

    `every_shot`: copies and bursts one by one; `limit`: at most so many. Downloads nothing.
    """
    settings = settings or Settings()
    encoder, _ = _open_encoder(settings.comparing.encoder, Loader(models_folder(), fetch=False))
    searchable = Searchable(library, encoder.key, encoder.calibration)
    meaning, _ = open_meaning(searchable, settings, models_folder(), memory_folder())
    asked = Asked(searchable, meaning=meaning)
    found = search_gallery(query, asked, every_shot=every_shot, limit=limit)
    return library.photos(searchable.files[found.order].tolist())


def clean(folders: Sequence[str | Path], settings: Settings | None = None, progress: Progress = silent) -> Cleanup:
    """Copies, moments and recommendations among the photos of some folders. Nothing is removed."""
    settings = settings or Settings()
    with tools(settings) as opened:
        return clean_gallery(FolderSource([Path(folder) for folder in folders]), opened, settings, progress)


def open_encoder(name: str = "auto", fetch: bool = True) -> Encoder:
    """An encoder by its name in the settings; what is used instead of a missing one is in its `label`."""
    return _open_encoder(name, Loader(models_folder(), fetch=fetch))[0]
