"""This machine: its cores, its memory, and the environment of child processes."""

import ctypes
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from unipic.core.container import ROOT, cpu_quota, memory_limit

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
FREE_BYTES_KEPT = 64_000_000  # bytes of free memory; libraries ask for that much at once
LARGEST_PIECE_KEPT = 32_000_000  # bytes of one allocation from it; glibc's highest limit
SMALLEST_PIECE_GIVEN_BACK = 1_000_000  # bytes: of 1080p, finding the best frames took 550 MB without, 160 with it
NEW_OBJECTS_AND_ROUNDS = 10_000, 20, 20  # from which the garbage collector looks through new, older and all objects
# Bytes that a run takes without its decode processes, and the web server: 1,049 and 186 MB, see benchmarks/RESULTS.md.
RUN_MEMORY = 1_200_000_000
# Bytes of a decode process that met a large photo: 403 MB after a HEIC of 48 megapixels, 438 after a WebP of 24. Most
# stay at 79, so with the rare larger one there is still room.
WORKER_MEMORY = 500_000_000


def keep_freed_memory() -> None:
    """Make glibc keep freed memory. Returned to the system, it would be cleared page by page on reuse.

    That took a fifth of the time of finding keypoints. Other C libraries are left as they are.
    """
    _malloc(MMAP_THRESHOLD, LARGEST_PIECE_KEPT)
    _malloc(TRIM_THRESHOLD, FREE_BYTES_KEPT)


def give_back_freed_memory() -> None:
    """Make glibc return freed pictures to the system: pieces of many sizes in turn would fill a film's limit."""
    _malloc(MMAP_THRESHOLD, SMALLEST_PIECE_GIVEN_BACK)


def collect_garbage_rarely() -> None:
    """Have the garbage collector look less often: a gallery is millions of objects, which stay.

    Looking through them again and again took a tenth of a run over 100,000 photos.
    """
    gc.set_threshold(*NEW_OBJECTS_AND_ROUNDS)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Have products of matrices, numpy's and OpenCV's, computed by the thread that asks.

    Threads of their own would make those of a pool wait, on a busy machine ten times as long as computing takes.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        yield


def _malloc(what: int, value: int) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    if mallopt:
        mallopt(what, value)


def limit_memory(limit: int) -> None:
    """Bytes of address space for this process, and no core dump. macOS may refuse it; Windows has no such limit."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def cores(root: Path = ROOT) -> int:
    """CPUs this process may use, at least 1: those it is bound to, or fewer by the container's limit.

    A limit is rounded down: past it the kernel stops every process of the container, the web server too, until the
    next period. `root`: the folder with the system's files.
    """
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = cpu_quota(root)
    return bound if quota is None else max(1, min(bound, int(quota)))


def memory_bytes(root: Path = ROOT) -> int:
    """Bytes of memory of the machine, or of the container if it may use less; 0 if unknown."""
    limit = memory_limit(root)
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return limit or 0
    return whole if limit is None else min(whole, limit)


def decode_processes(root: Path = ROOT) -> int:
    """How many decode processes to start by default: one per core, or fewer that fit memory; at least 1."""
    memory = memory_bytes(root)
    if not memory:
        return cores(root)
    return max(1, min(cores(root), (memory - RUN_MEMORY) // WORKER_MEMORY))


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
