"""What an export would do, shown before it is done. No file is opened."""

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from unipic.core.photo import Companion, Photo, Unreadable
from unipic.destinations._writing import DISK_OVERHEAD
from unipic.destinations.base import Plan


@dataclass(frozen=True)
class Preview:
    """The figures of an export."""

    photos: int  # to be copied
    companions: int  # copied with them: films of Live Photos, raw files, sidecars
    unreadable: int  # unreadable files that are copied unchanged
    left: int  # files without bytes to copy: links, pipes, locked ones
    bytes: int  # of all that is copied
    aside: int  # photos that stay where they are
    aside_bytes: int
    renamed: tuple[tuple[str, str], ...]  # a file's name, and its name in the result
    gone: tuple[str, ...]  # names of originals that are missing
    changed: tuple[str, ...]  # names of those whose size changed; other changes are found while copying
    located: int  # copied photos that carry a location

    @property
    def needed(self) -> int:
        """Bytes of disk the result needs."""
        return int(self.bytes * DISK_OVERHEAD)

    def missing(self, folder: Path) -> int:
        """Bytes that are missing on the disk of an existing folder; 0 if it fits."""
        return max(0, self.needed - shutil.disk_usage(folder).free)


def preview(plan: Plan) -> Preview:
    """The preview of a plan to copy."""
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
    """Bytes; None if there is no regular file any more."""
    try:
        status = os.lstat(file.path)
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
