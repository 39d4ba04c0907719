"""Files that are written atomically (temporary name, fsync, rename), and read safely."""

import errno
import glob
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol

from unipic.core.archives import open_member
from unipic.core.language import gettext as _, kept
from unipic.core.locks import FLOCK, lock
from unipic.core.moving import move

PART = ".unipic-part"
CHUNK = 1 << 20
# The flags that this system has: O_BINARY is of Windows, the others are of all but Windows.
_FLAGS = ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
READ = os.O_RDONLY | sum(getattr(os, name, 0) for name in _FLAGS)


@contextmanager
def atomic_file(path: Path, replace: bool = True) -> Iterator[BinaryIO]:
    """A file to write, which appears as `path` when the block succeeds and leaves no trace when it fails.

    replace=False: AlreadyThere if `path` exists. Two writers of one path do not disturb each other before the last
    step, since each has its own part file.
    """
    part, opened = _new_part(path)
    try:
        with opened as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            # While locked: unlocked part files are swept away. Windows does not rename open files.
            if not FLOCK:
                file.close()
            if replace:
                os.replace(part, path)
            else:
                move(str(part), str(path), _(" Choose another name."))
                part = path  # delete it too if syncing the folder fails
        sync_folder(path.parent)
    except BaseException:
        with suppress(FileNotFoundError):
            part.unlink()
        raise


def _new_part(path: Path) -> tuple[Path, BinaryIO]:
    """A new, locked part file. Made again if it was swept away before it was locked."""
    while True:
        part = path.with_name(f"{path.name}.{secrets.token_hex(4)}{PART}")
        file = open(part, "x+b")  # noqa: SIM115  closed by whoever writes to it
        with suppress(OSError):  # not every file system has locks
            lock(file)
        if os.fstat(file.fileno()).st_nlink:
            return part, file
        file.close()


def sweep_parts(folder: Path, pattern: str) -> None:
    """Delete part files of `pattern` left by killed writers. Those being written are locked, and stay."""
    for part in folder.glob(f"{pattern}.{'[0-9a-f]' * 8}{PART}"):
        if part.is_symlink() or not part.is_file():
            continue
        with suppress(OSError), open(part, "rb") as file:
            lock(file, wait=False)
            if not FLOCK:
                file.close()
            part.unlink()


def is_full(error: BaseException) -> bool:
    """Whether the disk, or what may be used of it, is full."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def open_to_read(path: str | Path) -> BinaryIO:
    """The file, or the member of an archive, opened read-only. OSError if a link or a pipe took its place."""
    if not hasattr(os, "O_NOFOLLOW") and os.path.islink(path):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    try:
        handle = os.open(path, READ)
    except (FileNotFoundError, NotADirectoryError):
        return open_member(str(path))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, kept("is not a regular file"), str(path))
    return os.fdopen(handle, "rb")


class Readable(Protocol):
    """A file to read bytes from."""

    def read(self, size: int = ..., /) -> bytes: ...


def copy_and_hash(source: Readable, target: IO[bytes] | None = None) -> str:
    """Copy everything in chunks, and return its sha256, hexadecimal. Without a target, only hash."""
    digest = hashlib.sha256()
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        if target is not None:
            target.write(chunk)
    return digest.hexdigest()


def hash_file(path: str | Path) -> str:
    """sha256 of the file's bytes, hexadecimal. Raises OSError."""
    with open_to_read(path) as file:
        return copy_and_hash(file)


def write_json(path: Path, value: Any, indent: int | None = 1) -> None:
    """Replaces the file atomically, and removes part files left by writers that were killed."""
    sweep_parts(path.parent, glob.escape(path.name))
    with atomic_file(path) as file:
        # ASCII only: names may hold bytes that are no valid text.
        file.write(json.dumps(value, ensure_ascii=True, indent=indent).encode("ascii"))


def read_json(path: Path) -> Any:
    """The file's value. Raises OSError and ValueError."""
    return json.loads(path.read_text(encoding="ascii"))


def make_folder(folder: Path, mode: int = 0o777) -> None:
    """Make a folder and its parents, all durable across a power cut."""
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(new):
        path.mkdir(mode, exist_ok=True)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in this folder durable across a power cut, if the system and the file system support it."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)
