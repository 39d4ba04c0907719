"""Which files of the inbox are complete. Programs that copy from a phone often write a file bit by bit, under its name."""

from __future__ import annotations

import os
import re
import time

from unipic.core.photo import Found, Unreadable

# Names that belong to a program, not to a photo: hidden files and folders, and those of unfinished copies.
UNFINISHED = re.compile(r"[.~].*|.*\.(part|partial|filepart|tmp|temp|crdownload|download|unipic-part)", re.I | re.S)
QUIET_S = 60.0  # seconds without a change; a phone that changes its network pauses for less
ARRIVING = "is still arriving, or is another program's own file"


def once_complete(file: Found | Unreadable) -> Found | Unreadable:
    """The file if it is complete; else Unreadable, so that it is looked at again later."""
    if isinstance(file, Unreadable) or not (unfinished(file.name) or changing(file.path)):
        return file
    return Unreadable(file.id, file.name, file.path, ARRIVING, copyable=False)


def unfinished(name: str) -> bool:
    """Whether a file's name, or that of a folder it is in, belongs to a program."""
    return any(UNFINISHED.fullmatch(part) for part in name.split("/"))


def changing(path: str) -> bool:
    """Whether a file changed lately, or is gone. A second name is given only to files that are complete."""
    try:
        status = os.lstat(path)
    except OSError:
        return True
    # Programs cannot set the change time, as they do the other, to a phone's. Windows has the date of creation there.
    changed = status.st_mtime if os.name == "nt" else status.st_ctime
    return status.st_nlink == 1 and abs(time.time() - changed) < QUIET_S
