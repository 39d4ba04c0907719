"""The inbox: what phones sent, directly or by a sync program. Its files are originals; the complete ones are listed."""

import os
import re
import secrets
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from unipic.core.errors import AlreadyThere
from unipic.core.files import PART, hash_file, make_folder
from unipic.core.language import kept
from unipic.core.moving import move
from unipic.core.photo import Found, Unreadable
from unipic.core.settings import inbox_folder

# Names that belong to a program, not to a photo: hidden files and folders, and those of unfinished copies.
UNFINISHED = re.compile(r"[.~].*|.*\.(part|partial|filepart|tmp|temp|crdownload|download|unipic-part)", re.I | re.S)
QUIET_S = 60.0  # seconds without a change; a phone that changes its network pauses for less
MARKER = ".unipic-inbox"  # an inbox with nothing else in it is empty, and no disk that is not mounted
READ_ONLY = 0o444  # of joined files: a program that writes into one would change the other


class Entry(NamedTuple):
    """A file of the inbox."""

    changed: float  # seconds since 1970
    name: str  # its path below the inbox, with "/"
    size: int  # bytes
    place: tuple[int, int]  # device and inode, which names of the same bytes share
    complete: bool


def open_inbox() -> Path:
    """The inbox's real path. It is made if it is not there."""
    make_folder(inbox_folder())
    (inbox_folder() / MARKER).touch()
    return inbox_folder().resolve()


def entries() -> list[Entry]:
    """The files of the inbox, the latest first."""
    found, root = [], str(inbox_folder())
    for folder, _folders, names in os.walk(root):
        for path in (os.path.join(folder, name) for name in names if name != MARKER):
            with suppress(FileNotFoundError):
                status, name = os.lstat(path), path[len(root) + 1 :].replace(os.sep, "/")
                place, complete = (status.st_dev, status.st_ino), not (unfinished(name) or changing(status))
                found.append(Entry(status.st_mtime, name, status.st_size, place, complete))
    return sorted(found, reverse=True)


def used(files: Iterable[Entry]) -> int:
    """Bytes of the disk that files of the inbox take."""
    return sum({entry.place: entry.size for entry in files}.values())


def take(arrived: Path, place: Path) -> bool:
    """Give a file its name in the inbox; it is dropped if that has the same content. False if another file has it."""
    try:
        move(str(arrived), str(place))
    except AlreadyThere:
        if place.samefile(arrived):
            return True
        if place.is_dir() or arrived.is_dir() or hash_file(arrived) != hash_file(place):
            return False
        arrived.unlink()
    return True


def delete(names: Sequence[str]) -> None:
    """Delete files of the inbox. OSError."""
    for name in {entry.name for entry in entries()} & set(names):
        (inbox_folder() / name).unlink(missing_ok=True)


def keep_once(files: Iterable[tuple[str, str]]) -> int:
    """Give files of the inbox with the same bytes one place on the disk; each keeps its name. `files`: digest, path.

    Returns how many gave up a place of their own. None does that changed, or where the disk has no second names.
    """
    first: dict[str, str] = {}
    return sum(_joined(first.setdefault(digest, path), path, digest) for digest, path in files)


def _joined(first: str, other: str, digest: str) -> bool:
    link = Path(f"{other}.{secrets.token_hex(4)}{PART}")
    try:
        if os.path.samefile(first, other) or hash_file(first) != digest or hash_file(other) != digest:
            return False
        link.hardlink_to(first)
        link.chmod(READ_ONLY)
        link.replace(other)
        return True
    except OSError:
        link.unlink(missing_ok=True)
        return False


def once_complete(file: Found | Unreadable) -> Found | Unreadable:
    """The file if it is complete; else Unreadable, so that it is looked at again later."""
    with suppress(FileNotFoundError):
        if isinstance(file, Unreadable) or not (unfinished(file.name) or changing(os.lstat(file.path))):
            return file
    return Unreadable(file.id, file.name, file.path, kept("is still arriving, or a program's own file"), copyable=False)


def unfinished(name: str) -> bool:
    """Whether a file's name, or that of a folder it is in, belongs to a program."""
    return any(UNFINISHED.fullmatch(part) for part in name.split("/"))


def changing(status: os.stat_result) -> bool:
    """Whether a file changed lately. Only files that are complete get a second name."""
    # Programs cannot set the change time, as they do the other, to a phone's. Windows has the date of creation there.
    changed = status.st_mtime if os.name == "nt" else status.st_ctime
    return status.st_nlink == 1 and abs(time.time() - changed) < QUIET_S
