"""Thumbnails by digest, so copies share one. They may be deleted at any time."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from unipic.core.files import PART
from unipic.reading.images import load_thumbnail


class Thumbnails:
    """A folder of thumbnails."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str) -> Path:
        """Where the thumbnail of a digest is stored."""
        return self.folder / digest[:2] / f"{digest}.jpg"  # subfolders, since a folder of 100,000 files is slow to list

    def size(self, digest: str) -> int:
        """Bytes of a thumbnail. OSError if there is none."""
        return os.stat(f"{self.folder}/{digest[:2]}/{digest}.jpg").st_size  # pathlib takes four times as long

    def digests(self) -> Iterator[str]:
        """Digests that have a thumbnail, whole or not."""
        for folder in os.scandir(self.folder) if self.folder.is_dir() else ():
            if folder.is_dir():
                yield from (name.removesuffix(".jpg") for name in os.listdir(folder) if name.endswith(".jpg"))

    def save(self, digest: str, data: bytes) -> None:
        """Write atomically, without fsync: a lost thumbnail is made again."""
        path = self.path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(digest + PART)  # the next run overwrites one that a killed run left
        try:
            part.write_bytes(data)
            os.replace(part, path)
        except FileNotFoundError:
            if not path.exists():
                raise  # otherwise another run saved the same one first
        except OSError:  # a full disk: no later run may have to write this one
            part.unlink(missing_ok=True)
            raise

    def take(self, others: "Thumbnails", digests: Iterable[str]) -> None:
        """Add thumbnails from another folder, as hard links if possible; deleting them there does not matter."""
        for digest in digests if others.folder != self.folder else ():
            ours, theirs = self.path(digest), others.path(digest)
            if not ours.exists() and theirs.exists():
                ours.parent.mkdir(parents=True, exist_ok=True)
                try:
                    os.link(theirs, ours)
                except OSError:
                    self.save(digest, theirs.read_bytes())

    def load(self, digest: str) -> np.ndarray:
        """uint8 [H, W, 3]."""
        return load_thumbnail(str(self.path(digest)))


class Lent(Thumbnails):
    """A folder of thumbnails, and some in memory that are not stored."""

    def __init__(self, folder: Path, lent: Mapping[str, bytes]) -> None:
        """`lent`: JPEGs by digest; b"" stands for one that is in the folder."""
        super().__init__(folder)
        self._lent = lent

    def load(self, digest: str) -> np.ndarray:
        lent = self._lent.get(digest)
        return load_thumbnail(lent) if lent else super().load(digest)
