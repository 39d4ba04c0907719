"""Join films, raw files and sidecars to their photos in the index, folder by folder."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from unipic.core.photo import FILM, Found, Gallery, Unreadable
from unipic.core.progress import Progress, Step
from unipic.library._database import Database
from unipic.library._tables import marks, portions
from unipic.library.companions import STAGE, together
from unipic.library.index import Index, path_of
from unipic.reading.engines.base import Engine


@dataclass(frozen=True)
class Joiner:
    """What joining works with: `index` knows the photos, `engine` reads films and sidecars, `base` takes the result."""

    engine: Engine
    index: Index
    base: Database

    def join(self, files: Sequence[Found], folders: set[bytes], progress: Progress) -> None:
        """Join the files of some folders. `files`: at least all of theirs."""
        files = [file for file in files if folder_of(file) in folders] if folders else []
        for done, (_, some) in enumerate(groupby(sorted(files, key=folder_of), key=folder_of)):
            progress(Step(STAGE, done, len(folders), "folder"))
            self._join(list(some))

    def _join(self, files: list[Found]) -> None:
        problems: dict[bytes, str | None] = {}
        for some in portions([path_of(file) for file in files]):
            problems |= dict(self.base.ask(f"SELECT path, problem FROM file WHERE path IN ({marks(some)})", some))
        # A film may belong to a photo that came later.
        photos = {id: photo for id, photo in self.index.photos_of(files).items() if photo.format != FILM}
        unreadable = tuple(
            Unreadable(file.id, file.name, file.path, problems.get(path_of(file)) or "", file.size)
            for file in files
            if file.id not in photos
        )
        gallery = together(Gallery(tuple(photos.values()), unreadable), self.engine, index=self.index, files=files)
        changes: list[tuple[str, Sequence[Any]]] = [
            (f"UPDATE file SET beside = 0, companions = NULL WHERE path IN ({marks(some)})", some)
            for some in portions(list(problems))
        ]
        for photo in gallery.photos:
            if photo.companions:
                told = json.dumps([asdict(companion) for companion in photo.companions])
                changes.append(("UPDATE file SET companions = ? WHERE path = ?", (told, os.fsencode(photo.path))))
                beside = [os.fsencode(companion.path) for companion in photo.companions]
                changes.append((f"UPDATE file SET beside = 1 WHERE path IN ({marks(beside)})", beside))
        self.base.all_at_once(changes)


def folder_of(file: Found) -> bytes:
    """The folder that a file lies in."""
    return os.path.dirname(path_of(file))
