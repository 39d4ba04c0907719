"""The nearest photos that earlier runs found, so that a run searches only for those that are new.

What was found of a photo holds as long as none of its nearest is gone, since new photos can only take places among
them. So an earlier gallery that shares most photos spares most of the search, and the answer is the same.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from unipic.core.embeddings import Embeddings
from unipic.core.files import atomic_file, make_folder

VERSION = 1  # raised when cleanup/_neighbours.py finds other pairs
GALLERIES = 4  # that are kept, with some 400 bytes for each photo
ENDING = ".npz"
DAMAGED = (OSError, ValueError, KeyError, EOFError, BadZipFile)  # what reading such a file may raise

Pairs = tuple[np.ndarray, np.ndarray, np.ndarray]  # int64 [P] and int64 [P], rows; float64 [P], cosines


@dataclass(frozen=True, eq=False)
class KnownPairs:
    """What earlier runs found of some photos and of galleries like them. It may be deleted at any time."""

    folder: Path
    names: np.ndarray  # see names_of()
    made: str  # how it is searched

    def same(self) -> Pairs | None:
        """What was found of the very same photos, from each to its nearest ones."""
        found = _read(self._path)
        return found[1] if found else None

    def most_like(self) -> tuple[Pairs, np.ndarray]:
        """What still holds from the gallery that shares most photos, and the rows that must be searched."""
        best, shared = None, 0
        for path in self._paths():
            with suppress(*DAMAGED), np.load(path) as file:
                if str(file["made"]) == self._made and (both := int(np.isin(file["names"], self.names).sum())) > shared:
                    best, shared = path, both
        found = _read(best) if best else None
        if found is None:
            none = np.zeros(0, np.int64)
            return (none, none, np.zeros(0)), np.arange(len(self.names))
        return _held(*found, self.names)

    def keep(self, pairs: Pairs) -> None:
        """Store what was found, and drop the oldest. A full disk costs the next run its time, and nothing else."""
        one, other = (side.astype(np.int32) for side in pairs[:2])
        with suppress(OSError):
            make_folder(self.folder)
            with atomic_file(self._path) as file:
                np.savez(file, made=self._made, names=self.names, one=one, other=other, cosine=pairs[2])
            for old in sorted(self._paths(), key=lambda path: path.stat().st_mtime)[:-GALLERIES]:
                old.unlink(missing_ok=True)

    @property
    def _made(self) -> str:
        return f"{VERSION} {self.made}"

    @property
    def _path(self) -> Path:
        name = blake2b(self._made.encode() + self.names.tobytes(), digest_size=16).hexdigest()
        return self.folder / (name + ENDING)

    def _paths(self) -> Iterator[Path]:
        return self.folder.glob("*" + ENDING)


def names_of(embeddings: Embeddings) -> np.ndarray:
    """bytes [N] of 32: what tells each photo with its vector from all others."""
    at = range(len(embeddings.photos)) if embeddings.at is None else embeddings.at.tolist()
    rows = (embeddings.matrix[row].data for row in at)
    both = (photo.digest.encode() + row for photo, row in zip(embeddings.photos, rows, strict=True))
    return np.array([blake2b(one, digest_size=16).hexdigest() for one in both], dtype="S32")


def _read(path: Path) -> tuple[np.ndarray, Pairs] | None:
    with suppress(*DAMAGED), np.load(path) as file:
        one, other = (file[side].astype(np.int64) for side in ("one", "other"))
        return file["names"], (one, other, file["cosine"])
    return None


def _held(earlier: np.ndarray, pairs: Pairs, names: np.ndarray) -> tuple[Pairs, np.ndarray]:
    """The pairs of photos that are still there, as rows of `names`; and the rows of which not all is known."""
    order = np.argsort(names)
    place = order[np.minimum(np.searchsorted(names, earlier, sorter=order), len(names) - 1)]
    place[names[place] != earlier] = -1
    one, other, cosine = place[pairs[0]], place[pairs[1]], pairs[2]
    search = np.ones(len(names), bool)
    search[place[place >= 0]] = False
    search[one[(one >= 0) & (other < 0)]] = True  # a place among its nearest is free
    there = (one >= 0) & (other >= 0)
    return (one[there], other[there], cosine[there]), np.flatnonzero(search)
