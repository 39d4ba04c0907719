"""Memory that was used for one picture is kept for the next."""

from __future__ import annotations

import ctypes

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
KEPT = 64_000_000  # bytes of free memory; libraries ask for that much at once
LARGEST_KEPT = 32_000_000  # bytes of a single piece that may come from it; glibc has no higher limit


def keep_freed_memory() -> None:
    """glibc gives what is freed back to the system, which clears it a page at a time when it is asked for again.

    Looking for keypoints spent a fifth of its time that way. Other C libraries go on as they do.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(MMAP_THRESHOLD, LARGEST_KEPT)
        mallopt(TRIM_THRESHOLD, KEPT)
