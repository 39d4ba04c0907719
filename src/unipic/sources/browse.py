"""What lies in a folder, for a person who looks for the right one: its subfolders, and how many files each has."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from unipic.core.archives import is_archive, parts, set_of
from unipic.core.errors import SourceError
from unipic.core.language import gettext as _
from unipic.core.settings import data_folder
from unipic.sources.folder import is_set_aside

COUNTED = 2000  # entries of a folder, with its subfolders, that are counted: on a network disk more would take seconds


@dataclass(frozen=True)
class Counted:
    """A folder and how many files it has, with all subfolders; or an export, with as many as it has parts."""

    path: Path
    files: int
    more: bool = False  # there are more: counting ended

    @property
    def empty(self) -> bool:
        """There is certainly nothing in it."""
        return not self.files and not self.more


def subfolders(folder: Path) -> list[Counted]:
    """The folders and exports in `folder`, by name: no links, none that is hidden or ours. SourceError if it is closed.

    All parts of an export are one. Nothing is in an export.
    """
    if is_archive(str(folder)):
        return []
    try:
        inside = sorted((Path(one) for one in {*_folders(folder)}), key=lambda path: path.name.casefold())
    except OSError as error:
        raise SourceError(_("{folder} may not be read: {strerror}", folder=folder, strerror=error.strerror)) from error
    return [counted(path) for path in inside]


def counted(folder: Path) -> Counted:
    """Count files by listing folders; nothing is opened. What may not be listed counts as empty."""
    if is_archive(str(folder)):
        return Counted(folder, len(parts(str(folder))))
    waiting, files, entries = [os.fspath(folder)], 0, 0
    while waiting:
        for entry in _entries(waiting.pop()):
            entries += 1
            if entries > COUNTED:
                return Counted(folder, files, more=True)
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
            else:
                files += entry.is_file(follow_symlinks=False) and not entry.name.startswith(".")
    return Counted(folder, files)


def _folders(folder: Path) -> Iterator[str]:
    own = os.path.realpath(data_folder())
    with os.scandir(folder) as entries:
        for entry in entries:
            hidden = entry.name.startswith(".") or is_set_aside(entry.path) or os.path.realpath(entry.path) == own
            if entry.is_dir(follow_symlinks=False) and not hidden:
                yield entry.path
            elif entry.is_file(follow_symlinks=False) and not hidden and is_archive(entry.path):
                yield set_of(entry.path)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []
