"""Processes on this machine, each with a limit on memory and on time. One that dies costs one item."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import TimeoutError as Late

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from unipic.engines.base import NO_MEMORY, Failure, Item, Result

AHEAD = 4  # items in hand per worker: enough that none waits, few enough that memory stays flat


def cores() -> int:
    """CPUs this process may use, as a container allows it."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class LocalEngine:
    def __init__(self, workers: int = 0, seconds: float = 15.0, memory: int = 2_000_000_000) -> None:
        self.workers = workers or cores()
        self.seconds = seconds
        # The fork server is started clean, before any thread or model: a new worker costs milliseconds.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["unipic.stages.read"])
        self._pool = ProcessPool(max_workers=self.workers, initializer=_confine, initargs=(memory,), context=context)

    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result | Failure]]:
        waiting: deque[tuple[Item, ProcessFuture]] = deque()
        try:
            for item in items:
                waiting.append((item, self._pool.schedule(task, args=[item], timeout=self.seconds)))
                if len(waiting) >= AHEAD * self.workers:
                    yield self._finish(*waiting.popleft())
            while waiting:
                yield self._finish(*waiting.popleft())
        finally:
            for _, future in waiting:
                future.cancel()

    def _finish(self, item: Item, future: ProcessFuture) -> tuple[Item, Result | Failure]:
        try:
            return item, future.result()
        except Late:
            return item, Failure(f"took longer than {self.seconds:.0f} seconds to decode")
        except ProcessExpired as death:
            return item, Failure(f"the decoder crashed on it ({_why(death.exitcode)})")
        except MemoryError:
            return item, NO_MEMORY

    def close(self) -> None:
        self._pool.stop()
        self._pool.join()


def _confine(memory: int) -> None:
    """A worker may be killed at any time and must not take more than its share."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what C decoders print about broken files helps nobody
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _why(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
