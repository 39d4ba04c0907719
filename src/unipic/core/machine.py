"""This machine: its cores, its memory, and the environment of child processes."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
FREE_BYTES_KEPT = 64_000_000  # bytes of free memory; libraries ask for that much at once
LARGEST_PIECE_KEPT = 32_000_000  # bytes of one allocation from it; glibc's highest limit


def keep_freed_memory() -> None:
    """Make glibc keep freed memory. Returned to the system, it would be cleared page by page on reuse.

    That took a fifth of the time of finding keypoints. Other C libraries are left as they are.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt:
        mallopt(MMAP_THRESHOLD, LARGEST_PIECE_KEPT)
        mallopt(TRIM_THRESHOLD, FREE_BYTES_KEPT)


def limit_memory(limit: int) -> None:
    """Bytes of address space for this process, and no core dump. macOS may refuse it; Windows has no such limit."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def cores() -> int:
    """CPUs this process may use; respects a container's limit."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_bytes() -> int:
    """Bytes of memory of the machine; 0 if unknown."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0


@contextmanager
def environment(**values: str) -> Iterator[None]:
    """Set environment variables within the block, and restore them afterwards."""
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
