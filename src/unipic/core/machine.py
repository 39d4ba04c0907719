"""This machine: its cores and memory, the environment of what is started, and memory kept for the next photo."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
KEPT = 64_000_000  # bytes of free memory; libraries ask for that much at once
LARGEST_KEPT = 32_000_000  # bytes of a single piece that may come from it; glibc has no higher limit


def keep_freed_memory() -> None:
    """glibc gives what is freed back to the system, which clears it a page at a time when it is asked for again.

    Looking for keypoints spent a fifth of its time that way. Other C libraries go on as they do.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt:
        mallopt(MMAP_THRESHOLD, LARGEST_KEPT)
        mallopt(TRIM_THRESHOLD, KEPT)


def limit_memory(limit: int) -> None:
    """Bytes of address space for this process, and no core dump. macOS may refuse it; Windows has no such limit."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def cores() -> int:
    """CPUs this process may use, as a container allows it."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_bytes() -> int:
    """Bytes of memory of the machine; 0 where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0


@contextmanager
def environment(**values: str) -> Iterator[None]:
    """For what is started in the block; afterwards it is as it was."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
