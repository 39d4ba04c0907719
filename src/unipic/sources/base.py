"""Where files come from. A source lists; it never opens, moves or changes anything."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Protocol

from unipic.core.photo import Found, Unreadable

NEW = 2_000_000_000  # nanoseconds: the coarsest clock of a file system, FAT's


def stamp(status: os.stat_result) -> str:
    """When a file was written and changed, and which one it is on its disk; not for one that was written just now.

    The change time catches who writes and sets the old time again. Within NEW a file may be written twice at one time.
    """
    if time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) < NEW:
        return ""
    return f"{status.st_mtime_ns} {status.st_ctime_ns} {status.st_dev} {status.st_ino}"


class Source(Protocol):
    def files(self) -> Iterator[Found | Unreadable]:
        """Everything that is there, each once, in an order that does not depend on the disk."""
        ...
