"""Waiting for disks that are far away: a cloud or network drive may be slow, or not have a file yet."""

import errno
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from unipic.core.language import kept

T = TypeVar("T")

PASSING = frozenset(
    getattr(errno, name, -1)
    for name in ("EIO", "EAGAIN", "EBUSY", "ETIMEDOUT", "ESTALE", "ENOTCONN", "ECONNRESET", "EREMOTEIO", "EHOSTDOWN")
)
PAUSE = 1.0  # seconds before the second try
FAR = ("fuse", "nfs", "cifs", "smb", "9p", "davfs", "ceph")  # how the types of file systems begin that are elsewhere
LISTING, FETCHING = 60.0, 300.0  # seconds that the list of a folder may take, and a file


def twice(work: Callable[[], T]) -> T:
    """The answer, of a second try if the first met a fault that may pass. Raises what the second raises."""
    try:
        return work()
    except OSError as error:
        if error.errno not in PASSING:
            raise
        time.sleep(PAUSE)
        return work()


def within(seconds: float, work: Callable[[], T]) -> T:
    """The answer, or TimeoutError (an OSError) if it takes longer; what hangs is left behind in a thread of its own."""
    answers: list[T] = []
    faults: list[OSError] = []

    def run() -> None:
        try:
            answers.append(work())
        except Exception as error:  # of any library that speaks to a cloud: its words might hold a password
            faults.append(error if isinstance(error, OSError) else OSError(errno.EIO, type(error).__name__))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if faults:
        raise faults[0]
    if not answers:
        raise TimeoutError(errno.ETIMEDOUT, kept("no answer within {seconds:.0f} seconds", seconds=seconds))
    return answers[0]


def is_far(path: str) -> bool:
    """Whether a file lies on a network or cloud drive, by Linux's list of mounts; other systems do not tell."""
    with suppress(OSError, ValueError, IndexError):
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        mounts = [(line.split()[4].replace("\\040", " "), line.split(" - ")[1]) for line in lines]
        return max((point, kind) for point, kind in mounts if Path(path).is_relative_to(point))[1].startswith(FAR)
    return False


def in_words(error: OSError, path: str = "") -> str:
    """The fault, and what to do where it may pass, for people. `path`: of the file; "" where it lies in a cloud."""
    may_pass = error.errno in PASSING and (not path or is_far(path))
    later = kept("; a cloud or network drive may not have it yet. The next run tries it again") if may_pass else ""
    return f"{error.strerror or error}{later}"
