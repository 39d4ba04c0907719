"""Folders on this machine, listed recursively and read-only. Links and set-aside photos are named, not followed."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from unipic.core.errors import SourceError
from unipic.core.photo import Found, Unreadable
from unipic.core.settings import data_folder
from unipic.sources.base import stamp

SET_ASIDE = "Unipic set aside"  # the folder of dated ones, see destinations/quarantine.py
JOURNAL = "unipic-undo.jsonl"  # in each dated one


class FolderSource:
    """Photos under one or more folders, or single files. A folder given twice, or inside another, counts once."""

    def __init__(self, roots: Sequence[Path]) -> None:
        if not roots:
            raise SourceError("no folder was given; name at least one")
        self.roots = _outermost([_existing(root) for root in roots])
        self.labels = _labels(self.roots)

    def files(self) -> Iterator[Found | Unreadable]:
        """See Source.files."""
        for root, label in zip(self.roots, self.labels, strict=True):
            if os.path.isdir(root):
                yield from _walk(root, label)
            else:
                yield _entry(root, label)


def allowed(path: Path, roots: Sequence[Path]) -> Path:
    """The real folder behind a path. SourceError if the operator does not allow it."""
    real = Path(_real(path))
    if not any(real == root or root in real.parents for root in (Path(os.path.realpath(r)) for r in roots)):
        raise SourceError(f"{path} is outside the folders this server may read")
    if not os.path.isdir(real):
        raise SourceError(f"{path} is not a folder")
    return real


def is_set_aside(path: str) -> bool:
    """Whether this folder holds photos set aside: by its name, and a journal in a subfolder."""
    if os.path.basename(path) != SET_ASIDE or os.path.islink(path):
        return False
    try:
        return any(os.path.lexists(os.path.join(path, name, JOURNAL)) for name in os.listdir(path))
    except OSError:
        return False


def _existing(root: Path) -> str:
    real = _real(root)
    if not os.path.exists(real):
        raise SourceError(f"{root} does not exist")
    if any(is_set_aside(str(folder)) for folder in (Path(real), *Path(real).parents)):
        raise SourceError(f"{root} holds photos set aside; name another folder, or put them back with undo first")
    if os.path.isdir(real) and not os.access(real, os.R_OK | os.X_OK):
        raise SourceError(f"{root} may not be read: permission denied")
    return real


def _real(path: Path) -> str:
    try:
        return os.path.realpath(path)
    except ValueError:  # a zero byte, which no path can hold
        raise SourceError(f"{str(path)!r} cannot be a folder's name") from None


def _outermost(roots: list[str]) -> list[str]:
    unique = sorted(set(roots))
    return [r for r in unique if not any(r != o and os.path.commonpath((r, o)) == o for o in unique)]


def _labels(roots: list[str]) -> list[str]:
    """Prefixes of names: "" for a single folder, otherwise each folder's own name, or a file's whole name.

    Equal ones are numbered.
    """
    if len(roots) == 1 and os.path.isdir(roots[0]):
        return [""]
    labels: list[str] = []
    for root in roots:
        plain = label = os.path.basename(root)
        stem, suffix = (plain, "") if os.path.isdir(root) else os.path.splitext(plain)
        number = 2
        while label in labels:
            label, number = f"{stem} ({number}){suffix}", number + 1
        labels.append(label)
    return labels


def _walk(root: str, label: str) -> Iterator[Found | Unreadable]:
    """Depth first, names in byte order, without recursion. Without links there are no loops."""
    waiting, own = [(root, label)], os.path.realpath(data_folder())
    while waiting:
        folder, prefix = waiting.pop()
        try:
            names = sorted(os.listdir(folder), key=os.fsencode)
        except OSError as error:
            reason = f"is a folder that may not be read: {error.strerror}"
            yield Unreadable(_id(prefix), prefix or folder, folder, reason, copyable=False)
            continue
        folders = []
        for name in names:
            path, shown = os.path.join(folder, name), f"{prefix}/{name}" if prefix else name
            if is_set_aside(path):
                reason = "holds what was set aside; not looked at"
                yield Unreadable(_id(shown), shown, path, reason, copyable=False)
            elif path == own:
                reason = "is Unipic's own data folder; not looked at"
                yield Unreadable(_id(shown), shown, path, reason, copyable=False)
            elif os.path.isdir(path) and not os.path.islink(path):
                folders.append((path, shown))
            else:
                yield _entry(path, shown)
        waiting.extend(reversed(folders))


def _entry(path: str, name: str) -> Found | Unreadable:
    """One file by lstat; it is not opened."""
    try:
        status = os.lstat(path)
    except OSError as error:
        return Unreadable(_id(name), name, path, f"could not be examined: {error.strerror}", copyable=False)
    if stat.S_ISREG(status.st_mode):
        return Found(_id(name), name, path, status.st_size, stamp(status))
    link = stat.S_ISLNK(status.st_mode)
    reason = "is a symbolic link, which is not followed" if link else "is not a regular file"
    return Unreadable(_id(name), name, path, reason, copyable=False)


def _id(name: str) -> str:
    return hashlib.blake2s(os.fsencode(name), digest_size=10).hexdigest()
