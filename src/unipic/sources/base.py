"""The interface of sources. A source lists files; it never opens, moves or changes them."""

import os
import time
from collections.abc import Iterator, Sequence
from typing import Protocol

from unipic.core.photo import Found, Unreadable

NEW = 2_000_000_000  # nanoseconds: the coarsest clock of a file system, FAT's


def stamp(status: os.stat_result) -> str:
    """Identifies a state of a file by its times, device and inode; "" for a file written within the last NEW.

    The change time reveals writers that restore the modification time. Within NEW, two writes may have the same time.
    """
    if time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) < NEW:
        return ""
    return f"{status.st_mtime_ns} {status.st_ctime_ns} {status.st_dev} {status.st_ino}"


def stamp_of(path: str) -> str:
    """The stamp of a file; "" if it cannot be examined."""
    try:
        return stamp(os.lstat(path))
    except OSError:
        return ""


class Source(Protocol):
    """A place that photos come from."""

    def files(self) -> Iterator[Found | Unreadable]:
        """Every file once, in an order that does not depend on the disk."""


class Listed:
    """Files that were listed before."""

    def __init__(self, files: Sequence[Found | Unreadable]) -> None:
        self._files = files

    def files(self) -> Iterator[Found | Unreadable]:
        return iter(self._files)


class Together:
    """Several sources as one."""

    def __init__(self, *sources: Source) -> None:
        self.sources = sources

    def files(self) -> Iterator[Found | Unreadable]:
        for source in self.sources:
            yield from source.files()
