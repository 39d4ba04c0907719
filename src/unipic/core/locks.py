"""A lock on an open file that ends with the process which holds it."""

from __future__ import annotations

import os
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
