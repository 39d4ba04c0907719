"""Locks on open files and folders, which end with the process that holds them."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

# Without flock(2) an open file itself is the lock: Windows neither renames nor removes it.
FLOCK = fcntl is not None
_BEYOND = 1 << 30  # Windows locks bytes, and nobody else may read those; no file that is locked gets this long


def lock(file: BinaryIO, wait: bool = True) -> None:
    """BlockingIOError where somebody else holds it and `wait` is off; OSError where the file system has no locks."""
    if FLOCK:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        return
    import msvcrt

    at = file.tell()
    file.seek(_BEYOND)
    try:
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except PermissionError as error:
        raise BlockingIOError(*error.args) from None
    finally:
        file.seek(at, os.SEEK_SET)


@contextmanager
def lock_folder(folder: Path, shared: bool) -> Iterator[None]:
    """A lock on a folder, into which nothing is written; shared ones exclude only those that are not.

    BlockingIOError where somebody else holds one; OSError where the system or the file system has none.
    """
    if not FLOCK:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP), str(folder))
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)
