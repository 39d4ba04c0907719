"""The inbox: what phones sent. Its files are originals; equal ones take their room on the disk once."""

from __future__ import annotations

import os
import secrets
import shutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from unipic.core.files import PART, hash_file, make_folder
from unipic.core.photo import Found, Unreadable
from unipic.core.settings import inbox_folder
from unipic.library.reader import UNDER, Reader, under
from unipic.sources.arriving import changing, unfinished
from unipic.sources.base import stamp_of

MARKER = ".unipic-inbox"  # an inbox with nothing else in it is empty, and no disk that is not mounted
READ_ONLY = 0o444  # of joined files: a program that writes into one would change the other

Files = list[Found | Unreadable]


@dataclass(frozen=True)
class Entry:
    """A file of the inbox."""

    name: str  # its path below the inbox, with "/"
    size: int  # bytes
    place: tuple[int, int]  # device and inode, which names of the same bytes share
    changed: float  # seconds since 1970
    complete: bool


def open_inbox() -> Path:
    """The inbox's real path. It is made if it is not there."""
    inbox = inbox_folder()
    make_folder(inbox)
    (inbox / MARKER).touch()
    return inbox.resolve()


def entries() -> list[Entry]:
    """The files of the inbox, the latest first."""
    found = []
    for folder, _, names in os.walk(inbox_folder()):
        for name in names:
            path = Path(folder, name)
            with suppress(FileNotFoundError):
                status, below = path.lstat(), path.relative_to(inbox_folder()).as_posix()
                place, complete = (status.st_dev, status.st_ino), not (unfinished(below) or changing(str(path)))
                found.append(Entry(below, status.st_size, place, status.st_mtime, complete))
    found = [entry for entry in found if entry.name != MARKER]
    return sorted(found, key=lambda entry: (-entry.changed, entry.name))


def used(files: Iterable[Entry]) -> int:
    """Bytes on the disk of some files of the inbox."""
    return sum({entry.place: entry.size for entry in files}.values())


def room(limit: int, keep_free: int) -> int:
    """Bytes that may still arrive: by the limit, and by the disk, of which `keep_free` bytes stay free."""
    return min(limit - used(entries()), shutil.disk_usage(inbox_folder()).free - keep_free)


def remove(names: Sequence[str]) -> int:
    """Delete files of the inbox by their names. Returns how many there were. OSError."""
    there = {entry.name for entry in entries()} & set(names)
    for name in there:
        (inbox_folder() / name).unlink(missing_ok=True)
    return len(there)


def keep_once(library: Reader, folder: Path, files: Files) -> tuple[Files, int]:
    """Have equal complete files under the inbox share their bytes; every name stays.

    Returns the files as they are now, and how many gave up bytes of their own. Elsewhere nothing is done.
    """
    if not folder.is_relative_to(inbox_folder().resolve()):
        return files, 0
    rows = library.ask(f"SELECT path, size, stamp, digest FROM file f WHERE {UNDER}", under(folder))
    known = {tuple(row): digest for *row, digest in rows if digest}
    same_size: defaultdict[int, list[Found]] = defaultdict(list)
    for file in files:
        if isinstance(file, Found) and file.size:
            same_size[file.size].append(file)
    joined = 0
    for some in same_size.values():
        first: dict[str, str] = {}
        there = [(*one, file) for file in some if (one := _status(file.path))]
        several = len({place for _, place, _ in there}) > 1
        for _, _, file in sorted(there, key=lambda one: (one[0], one[2].path)) if several else ():
            digest = known.get((os.fsencode(file.path), file.size, file.stamp)) or _hash(file.path)
            if digest and first.setdefault(digest, file.path) != file.path:
                joined += _joined(first[digest], file.path, digest)
    if joined:
        files = [replace(one, stamp=stamp_of(one.path)) if isinstance(one, Found) else one for one in files]
    return files, joined


def _joined(first: str, other: str, digest: str) -> bool:
    """Make `other` a second name of `first`. Not if one of them changed, or the disk has no second names."""
    link = f"{other}.{secrets.token_hex(4)}{PART}"
    if os.path.samefile(first, other):
        return False
    try:
        os.link(first, link)
        if not _hash(link) == _hash(other) == digest:
            return False
        os.chmod(link, READ_ONLY)
        os.replace(link, other)
    except OSError:
        return False
    finally:
        with suppress(OSError):
            os.unlink(link)
    return True


def _hash(path: str) -> str:
    """The file's sha256, hexadecimal; "" if it cannot be read."""
    with suppress(OSError):
        return hash_file(path)
    return ""


def _status(path: str) -> tuple[float, tuple[int, int]] | None:
    """When a file changed, in seconds since 1970, and its device and inode; None if it is gone."""
    with suppress(OSError):
        status = os.lstat(path)
        return status.st_mtime, (status.st_dev, status.st_ino)
    return None
