"""How a file gets into a result: as a verified copy, or as a link to the original."""

import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, get_args

from unipic.core.errors import DestinationError, SettingsError
from unipic.core.files import atomic_file, copy_and_hash, hash_file, make_folder, open_to_read, sync_folder
from unipic.core.language import gettext as _, gettext_noop as N_
from unipic.destinations._writing import compare, copy_verified
from unipic.destinations.base import Item

Link = Literal["copy", "reflink", "hardlink", "symlink"]
LINKS: tuple[Link, ...] = get_args(Link)
FICLONE = 0x40049409  # linux/fs.h
NO_CLONES = (errno.EOPNOTSUPP, errno.EXDEV, errno.EINVAL, errno.ENOTTY, errno.ENOSYS, errno.EPERM)
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
WARNINGS: dict[Link, str] = {
    "hardlink": N_(
        "A hard link is the original under a second name: a program that edits it in place changes your original."
    ),
    "symlink": N_("A symbolic link breaks when the original is moved or renamed."),
}


@dataclass
class Linker:
    """Puts files into a result by one kind of link, and remembers what it had to do otherwise."""

    link: Link = "copy"
    absolute: bool = False  # symbolic links name the whole path
    notes: dict[str, int] = field(default_factory=dict)  # what was copied instead, and how often

    def __post_init__(self) -> None:
        if self.link not in LINKS:
            raise SettingsError(_("--link is one of {links}, not {link!r}", links=", ".join(LINKS), link=self.link))

    def check(self, folder: Path, originals: Iterable[str]) -> None:
        """DestinationError if the originals cannot be linked from this folder, which may not exist yet."""
        if self.link != "hardlink":
            return
        there = next(path for path in (folder, *folder.parents) if path.exists())
        device = os.stat(there).st_dev
        for path in originals:
            if os.path.lexists(path) and os.lstat(path).st_dev != device:
                raise DestinationError(
                    _(
                        "{folder} is on another file system than {path}, so there can be no hard links. Choose a "
                        "folder on the same disk, or --link copy.",
                        folder=folder,
                        path=path,
                    )
                )

    def bytes_of(self, item: Item) -> int:
        """Bytes that this item needs on the disk."""
        return item.file.size if self.link in ("copy", "reflink") else 0

    def clones(self, folder: Path, original: str) -> bool:
        """Whether files can share their blocks here; if not, they are copied from now on, and a note says so."""
        if self.link != "reflink":
            return False
        try:
            with tempfile.TemporaryFile(dir=folder) as file, open_to_read(original) as source:
                _clone(source, file)
        except OSError as error:
            if error.errno not in NO_CLONES:
                raise
            self.link = "copy"
            self.notes[N_("files are copied: this file system cannot share blocks between files (reflink)")] = 1
            return False
        return True

    def put(self, item: Item, original: BinaryIO, target: Path) -> str:
        """Put a file to a free name; returns the sha256 of what is there."""
        if self.link != "copy" and not os.path.lexists(item.file.path):
            self._note(N_("copied instead of linked, since they lie in archives"))
            return copy_verified(original, target)
        if self.link == "hardlink" and os.fstat(original.fileno()).st_mode & OTHERS_WRITE:
            self._note(N_("copied instead of linked, since other people may write to the original"))
        elif self.link == "hardlink":
            return _linked(item, target, lambda: os.link(item.file.path, target, follow_symlinks=False))
        elif self.link == "symlink":
            real = os.path.realpath(item.file.path)
            to = real if self.absolute else os.path.relpath(real, os.path.realpath(target.parent))
            return _linked(item, target, lambda: os.symlink(to, target))
        elif self.link == "reflink":
            return _cloned(original, target)
        return copy_verified(original, target)

    def _note(self, words: str) -> None:
        self.notes[words] = self.notes.get(words, 0) + 1


def holds(path: Path, original: str, size: int, digest: str | None) -> bool:
    """Whether a path is this original: a link to it, or a copy of its bytes."""
    try:
        if os.path.samefile(path, original):
            return True
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode) or status.st_size != size:
            return False
        return hash_file(path) == (digest or hash_file(original))
    except OSError:
        return False


def _linked(item: Item, target: Path, make: Callable[[], None]) -> str:
    make_folder(target.parent)
    make()
    sync_folder(target.parent)
    if not os.path.samefile(target, item.file.path):
        raise DestinationError(
            _("{target} does not lead to {path}; it was left as it is", target=target, path=item.file.path)
        )
    changed = os.stat(target).st_size != item.file.size
    return hash_file(item.file.path) if changed or item.digest is None else item.digest


def _cloned(original: BinaryIO, target: Path) -> str:
    make_folder(target.parent)
    status = os.fstat(original.fileno())
    with atomic_file(target, replace=False) as file:
        _clone(original, file)
        digest = copy_and_hash(original)
        compare(file, digest, target)
        os.utime(file.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))
    return digest


def _clone(source: BinaryIO, target: BinaryIO) -> None:
    """OSError with one of NO_CLONES where the file system cannot."""
    try:
        import fcntl
    except ImportError:  # Windows
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS)) from None
    fcntl.ioctl(target.fileno(), FICLONE, source.fileno())
