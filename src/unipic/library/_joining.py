"""Join films, raw files and sidecars to their photos in the index, folder by folder."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from unipic.core.photo import FILM, Found, Gallery, Marked, Photo, Unreadable, local_time, photo_to_dict
from unipic.core.progress import Progress, Step
from unipic.library._database import Database
from unipic.library._facts import BESIDE
from unipic.library._tables import marks, portions
from unipic.library.companions import STAGE, together
from unipic.library.index import Index, path_of
from unipic.library.told import both
from unipic.reading.engines.base import Engine


@dataclass(frozen=True)
class Joiner:
    """What joining works with: `index` knows the photos, `engine` reads films and sidecars, `base` takes the result."""

    engine: Engine
    index: Index
    base: Database

    def join(self, files: Sequence[Found], folders: set[bytes], progress: Progress) -> dict[str, Marked]:
        """Join the files of some folders. `files`: at least all of theirs. Returns what exports say, by digest."""
        files = [file for file in files if folder_of(path_of(file)) in folders] if folders else []
        said: dict[str, Marked] = {}

        def key(file: Found) -> bytes:
            return folder_of(path_of(file))

        for done, (_, some) in enumerate(groupby(sorted(files, key=key), key=key)):
            progress(Step(STAGE, done, len(folders), "folder"))
            said |= {digest: both(said.get(digest), marked) for digest, marked in self._join(list(some)).items()}
        return said

    def _join(self, files: list[Found]) -> dict[str, Marked]:
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
            changes += _beside(photo, photos[photo.id])
            if photo.companions:
                told = json.dumps([asdict(companion) for companion in photo.companions])
                changes.append(("UPDATE file SET companions = ? WHERE path = ?", (told, os.fsencode(photo.path))))
                beside = [os.fsencode(companion.path) for companion in photo.companions]
                changes.append((f"UPDATE file SET beside = 1 WHERE path IN ({marks(beside)})", beside))
        self.base.all_at_once(changes)
        return {photo.digest: photo.marked for photo in gallery.photos if photo.marked}


def _beside(photo: Photo, alone: Photo) -> Iterator[tuple[str, Sequence[Any]]]:
    """Store what the files beside a photo say of when and where it was taken, where it does not say that itself."""
    if all(getattr(photo, name) == getattr(alone, name) for name in BESIDE):
        return
    when, values = local_time(photo), photo_to_dict(photo)
    said = {name: values[name] for name in BESIDE} | {"when": when and when.isoformat(" ", "seconds")}
    put = (
        "UPDATE metadata SET facts = json_set(facts, '$.beside', json(?)), taken = ?, lat = ?, lon = ? WHERE digest = ?"
    )
    yield put, (json.dumps(said), said["when"], *(photo.place or (None, None)), photo.digest)


def folder_of(path: bytes) -> bytes:
    """The folder that a file lies in; Apple's lists of albums lie beside the folder of the photos that they name."""
    folder, name = os.path.split(path)
    above, last = os.path.split(folder)
    return os.path.join(above, b"Photos") if last == b"Albums" and name.endswith(b".csv") else folder
