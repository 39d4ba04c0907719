"""Names in a folder that may already hold an earlier result: what is there with the right content keeps its name."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePosixPath

from unipic.albums.plan import Placed
from unipic.core.photo import Companion, Photo, Unreadable, files_of
from unipic.destinations.names import different, name_key, numbered, safe_name

BEST = "best_"  # how the best shot of a group is called, before its own name
File = Photo | Companion | Unreadable


@dataclass(frozen=True)
class Spot:
    """Where the files of one asset go, the photo first."""

    names: tuple[str, ...]
    there: tuple[bool, ...]  # for each, whether it is in place already


class Spots:
    """Hands out names below a folder, distinct under case folding and Unicode composition."""

    def __init__(self, folder: Path, same: Callable[[Path, File], bool], folders: Iterable[str]) -> None:
        """`same`: whether a path holds this file already. `folders`: of the tree, whose names no file may take."""
        self._folder, self._same = folder, same
        self._taken: dict[str, tuple[str, ...]] = {}
        for name in folders:
            self._taken |= {name_key(str(part)): () for part in (PurePosixPath(name), *PurePosixPath(name).parents)}
        self._listed: dict[str, dict[str, str]] = {}

    def reserve(self, *names: str) -> None:
        """No asset gets one of these names."""
        self._taken |= {name_key(name): () for name in names}

    def settle(self, asset: Photo | Unreadable, names: Sequence[str]) -> Spot:
        """The names of an asset's files: as wished, or all with the same number.

        An asset with the same bytes as one that has the name already shares it.
        """
        files, wished = files_of(asset), different([safe_name(name) for name in names])
        contents = tuple(getattr(file, "digest", file.id) for file in files)
        found: Spot | None = None
        for number in count(1):
            tried = wished if number == 1 else different([numbered(name, number, wished[0]) for name in wished])
            if self._taken.get(name_key(tried[0])) == contents:
                return Spot(tuple(tried), (True,) * len(tried))
            if any(name_key(name) in self._taken for name in tried):
                continue
            on_disk = [self._on_disk(name) for name in tried]
            there = tuple(
                bool(name) and self._same(self._folder / name, file) for name, file in zip(on_disk, files, strict=True)
            )
            fits = all(ours or not name for name, ours in zip(on_disk, there, strict=True))
            if fits and (found is None or there[0]):
                found = Spot(tuple(name or new for name, new in zip(on_disk, tried, strict=True)), there)
            if found and (there[0] or not any(on_disk)):  # nothing of ours has a higher number than the first free one
                break
        assert found is not None
        self._taken |= {name_key(name): () for name in found.names}
        self._taken[name_key(found.names[0])] = contents
        return found

    def _on_disk(self, name: str) -> str:
        """The name of a file that is there under this name, in whatever case; "" if none is."""
        parent, _, base = name.rpartition("/")
        if parent not in self._listed:
            try:
                found = os.listdir(self._folder / parent)
            except OSError:
                found = []
            self._listed[parent] = {name_key(one): one for one in sorted(found)}
        found_name = self._listed[parent].get(name_key(base), "")
        return f"{parent}/{found_name}".lstrip("/") if found_name else ""


def names_of(placed: Placed, alone: bool) -> list[str]:
    """Names below the tree's folder for an asset's files; companions follow the photo's name."""
    folder, photo = placed.folder, PurePosixPath(placed.asset.name).name
    wished = f"{BEST}{placed.name}" if alone and not placed.name.startswith(BEST) else placed.name
    if alone:
        folder = folder.partition("/")[0]
    old, new = PurePosixPath(photo).stem, PurePosixPath(wished).stem
    names = [wished]
    for file in files_of(placed.asset)[1:]:
        base = PurePosixPath(file.name).name
        if base.casefold().startswith(old.casefold()):
            base = new + base[len(old) :]
        elif old != new:
            base = f"{new}{PurePosixPath(base).suffix}"
        names.append(base)
    return [f"{folder}/{name}" for name in names]


def best_name(name: str) -> str:
    """The name of the best shot in its group's folder, by its name among the originals."""
    path = PurePosixPath(name)
    return f"{path.parts[0]}/{BEST}{path.name}"
