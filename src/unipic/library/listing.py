"""Which photos of the library are meant, and in which order they are shown."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePath

import numpy as np

from unipic.core.photo import Found
from unipic.sources.folder import labelled
from unipic.sources.immich_place import name_of


@dataclass(frozen=True)
class Filter:
    """Which photos of the library are meant; all conditions hold."""

    folder: Path | None = None
    favourite: bool = False
    tag: str = ""
    album: str = ""  # its id


EVERYTHING = Filter()


@dataclass(frozen=True, eq=False)
class Listing:
    """Photos in the order in which they are shown: newest first, those without a time last; identical files once."""

    ids: np.ndarray  # int64 [N]: rows of the table `file`
    days: list[tuple[str, int]]  # "2024-05-01" and its number of photos; "" for photos without a time


def listed(rows: Sequence[tuple[int, str, str | None]]) -> Listing:
    """The listing of (row, digest, time taken) in any order."""
    ordered = sorted(rows, key=lambda row: (row[2] or "", row[0]), reverse=True)
    ids = np.fromiter((row[0] for row in ordered), np.int64, len(ordered))
    days = [(day, sum(1 for _ in some)) for day, some in groupby((row[2] or "")[:10] for row in ordered)]
    return Listing(ids, days)


class FolderNames:
    """Names of files for people: relative to their folder, with its name before it if there are several.

    A photo of Immich is named after its place, as immich:album/Trip/IMG_1.jpg.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._places = {str(folder): name for folder in folders if (name := name_of(folder))}
        here = [os.path.realpath(folder) for folder in folders if folder.exists() and str(folder) not in self._places]
        self._labels = labelled(here)

    def name(self, path: str) -> str:
        """The name of a file."""
        if place := self._places.get(os.path.dirname(os.path.dirname(path))):
            return f"{place}/{os.path.basename(path)}"
        for root, label in self._labels.items():
            if path.startswith(root.rstrip(os.sep) + os.sep):
                return "/".join(filter(None, (label, PurePath(os.path.relpath(path, root)).as_posix())))
        return os.path.basename(path)

    def found(self, path: str, size: int) -> Found:
        """The file, named so."""
        return Found(id_of(path), self.name(path), path, size)


def id_of(path: str) -> str:
    """An id of a file of the library, unique and stable."""
    return hashlib.blake2s(os.fsencode(path), digest_size=10).hexdigest()
