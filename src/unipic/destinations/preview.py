"""What an export would do, said before it does it. Nothing is opened: sizes and places only."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from unipic.core.photo import Companion, Photo, Unreadable
from unipic.destinations._writing import ROOM
from unipic.destinations.base import Plan


@dataclass(frozen=True)
class Preview:
    photos: int  # that are copied
    companions: int  # that go with them: films of Live Photos, raw files, sidecars
    unreadable: int  # files that go along as they are
    left: int  # files without bytes to copy: links, pipes, locked ones
    bytes: int  # of all that is copied
    aside: int  # photos that stay where they are
    aside_bytes: int
    renamed: tuple[tuple[str, str], ...]  # a file's name, and its name in the result
    gone: tuple[str, ...]  # names of originals that are needed and no longer where they were
    changed: tuple[str, ...]  # and of those whose size is another; who keeps its size is found when it is copied

    located: int  # of the photos that are copied, those that say where they were taken

    @property
    def needed(self) -> int:
        """Bytes of disk the result takes."""
        return int(self.bytes * ROOM)

    def missing(self, folder: Path) -> int:
        """Bytes there is no room for in a folder that is there, or 0."""
        return max(0, self.needed - shutil.disk_usage(folder).free)


def preview(plan: Plan) -> Preview:
    """Of the files that would be written, under the names they would get."""
    items, outcomes = plan.items, plan.outcomes
    copied = [item.file for item in items]
    aside = [outcome.file for outcome in outcomes if outcome.fate == "set aside"]
    now = [(file, _size_now(file)) for file in copied]
    photos, companions = (sum(isinstance(file, kind) for file in copied) for kind in (Photo, Companion))
    return Preview(
        photos=photos,
        located=sum(isinstance(file, Photo) and file.place is not None for file in copied),
        companions=companions,
        unreadable=len(items) - photos - companions,
        left=len(outcomes) - len(aside) - (len(items) - companions),
        bytes=sum(file.size for file in copied),
        aside=len(aside),
        aside_bytes=sum(file.bytes for file in aside),
        renamed=tuple((item.file.name, item.name) for item in items if item.name != item.file.name),
        gone=tuple(file.name for file, size in now if size is None),
        changed=tuple(
            file.name for file, size in now if not isinstance(file, Unreadable) and size not in (None, file.size)
        ),
    )


def _size_now(file: Photo | Companion | Unreadable) -> int | None:
    """None for what is no longer a file of its own."""
    try:
        status = os.lstat(file.path)
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
