"""What tests let engines do. Here, because a worker process must be able to import it."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import time

import numpy as np

from unipic.settings import Settings
from unipic.sources.base import Found
from unipic.stages.read import Picture, read_file


def square(number: int) -> int:
    return number * number


def square_slowly_at_first(number: int) -> int:
    """The first items come back last, unless someone keeps the order."""
    time.sleep(0.05 if number < 3 else 0)
    return number * number


def misbehave(word: str) -> str:
    """Does what the word says, and gives the word back if that was possible."""
    if word == "exit":
        os._exit(3)
    if word == "segfault":
        ctypes.string_at(0)
    if word == "abort":
        os.abort()
    if word == "sleep":
        time.sleep(60)
    if word == "hog":
        np.ones(1 << 32, dtype=np.uint8)
    if word == "interrupt":
        os.kill(os.getpid(), signal.SIGINT)
    return word


def without_memory(number: int) -> int:
    if number == 1:
        raise MemoryError
    return number


def mistaken(number: int) -> int:
    raise LookupError("a mistake in the task")


def read_and_weigh(file: Found) -> tuple[bool, float, int]:
    """Whether it is a photo, the seconds that took, and the most memory this process ever had, in bytes."""
    began = time.monotonic()
    photo = isinstance(read_file(file, Settings()), Picture)
    return photo, time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
