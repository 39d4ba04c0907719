"""Aligned faces as JPEGs, so that another model needs no photo. A cache: all of it may be deleted at any time."""

import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from unipic.core.files import PART
from unipic.reading import versions
from unipic.vision import chips, faces

FOLDER = "faces"  # in the data folder
MODE = 0o700  # nobody else on the machine looks at them


class Chips:
    """A folder of aligned faces, by photo and by the name of their part. It is made when the first one is saved."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._own = folder / f"{versions.picture()}.{chips.VERSION}.{faces.VERSION}"  # others are cut otherwise

    def path(self, digest: str, name: str) -> Path:
        """Where the chip of a face is stored."""
        return self._own / digest[:2] / f"{digest} {name}.jpg"

    def load(self, digest: str, names: Sequence[str]) -> dict[str, bytes]:
        """The JPEGs of a photo's faces, of those that are stored."""
        paths = {name: self.path(digest, name) for name in names}
        return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}

    def save(self, digest: str, name: str, jpeg: bytes) -> None:
        """Write atomically, without fsync: a lost one is made again."""
        path = self.path(digest, name)
        self.folder.mkdir(MODE, parents=True, exist_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + PART)
        part.write_bytes(jpeg)
        os.replace(part, path)

    def forget(self, digest: str, name: str = "*") -> int:
        """Delete the chips of a photo, or of one of its faces. Returns how many."""
        paths = list((self._own / digest[:2]).glob(f"{digest} {name}.jpg"))
        for path in paths:
            path.unlink(missing_ok=True)
        return len(paths)

    def keep_only(self, digests: Collection[str]) -> None:
        """Delete the chips of all other photos, and those of other versions."""
        for folder in _folders(self.folder):
            if folder != self._own:
                shutil.rmtree(folder, ignore_errors=True)
        for path in self._files():
            if path.name.split(" ")[0] not in digests:
                path.unlink(missing_ok=True)

    def clear(self) -> int:
        """Delete all of them. Returns how many. OSError if one cannot be deleted."""
        number = sum(path.suffix == ".jpg" for path in self.folder.rglob("*")) if self.folder.is_dir() else 0
        if self.folder.is_dir():
            shutil.rmtree(self.folder)
        return number

    def _files(self) -> Iterator[Path]:
        for folder in _folders(self._own):
            yield from folder.iterdir()


def _folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
