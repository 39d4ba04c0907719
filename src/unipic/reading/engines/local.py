"""Processes on this machine, each with a limit on memory and on processor time. One that dies costs one item.

The limit on time counts what the processor did for an item, not the clock: on a busy machine good photos take longer
by the clock, and must not be refused for that.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from concurrent.futures import TimeoutError as Late
from multiprocessing.context import BaseContext

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from unipic.core.machine import cores, environment, keep_freed_memory, limit_memory
from unipic.reading.engines.base import NO_MEMORY, Failure, Item, Result

# Items a worker that are taken and not yet given, at most: what is done waits behind a slow file, at 200 kB a photo. A
# stream goes on for some seconds that way, where most slow files are done.
AHEAD = 64
IN_HAND = 8  # of them not yet done: as many as are read while a batch of 32 is embedded, so that no worker waits
WALL_CLOCK = 20  # times the limit on processor time by the clock: for a file on a network share that is gone
# The exit code of a worker that used up its processor time.
TOO_BUSY = -signal.SIGPROF if hasattr(signal, "SIGPROF") else None


class LocalEngine:
    def __init__(self, workers: int = 0, seconds: float = 15.0, memory: int = 2_000_000_000) -> None:
        """`seconds` of processor time, and `memory` in bytes, are what one item may take."""
        self.workers = workers or cores()
        self.seconds = seconds
        context = _context()
        self._pool = ProcessPool(max_workers=self.workers, initializer=_confine, initargs=(memory,), context=context)

    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result | Failure]]:
        waiting: deque[tuple[Item, ProcessFuture]] = deque()
        try:
            for item in items:
                waiting.append((item, self._scheduled(task, item)))
                while self._full(waiting):
                    yield self._finish(*waiting.popleft())
            while waiting:
                yield self._finish(*waiting.popleft())
        finally:
            for _, future in waiting:
                future.cancel()

    def _scheduled(self, task: Callable[[Item], Result], item: Item) -> ProcessFuture:
        return self._pool.schedule(_limited, args=[task, item, self.seconds], timeout=WALL_CLOCK * self.seconds)

    def _full(self, waiting: Sequence[tuple[Item, ProcessFuture]]) -> bool:
        """Whether the first is to be given now. Waits until it is done or there is room for another item."""
        if len(waiting) >= AHEAD * self.workers:
            return True
        running = [future for _, future in waiting if not future.done()]
        if len(running) >= IN_HAND * self.workers:
            wait(running, return_when=FIRST_COMPLETED)
        return bool(waiting) and waiting[0][1].done()

    def _finish(self, item: Item, future: ProcessFuture) -> tuple[Item, Result | Failure]:
        try:
            return item, future.result()
        except Late:
            return item, Failure(f"took longer than {WALL_CLOCK * self.seconds:.0f} seconds to decode")
        except ProcessExpired as death:
            if death.exitcode == TOO_BUSY:
                return item, Failure(f"took longer than {self.seconds:.0f} seconds of processor time to decode")
            return item, Failure(f"the decoder crashed on it ({_why(death.exitcode)})")
        except MemoryError:
            return item, NO_MEMORY

    def close(self) -> None:
        self._pool.stop()
        self._pool.join()


def _context() -> BaseContext:
    """The fork server is started clean, before any thread or model: a new worker costs milliseconds, and shares the
    memory of what it imports. Windows has none: there each worker imports everything."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["unipic.reading.read"])
    with environment(PYTHONPATH=os.pathsep.join(sys.path), OPENBLAS_NUM_THREADS="1"):
        forkserver.ensure_running()  # which by itself would not find our modules: CPython 3.11 forgets the path
    return context


def _limited(task: Callable[[Item], Result], item: Item, seconds: float) -> Result:
    """The task's result. The process is killed where it takes more processor time, also in the middle of a decoder."""
    _kill_when_busy(seconds)
    try:
        return task(item)
    finally:
        _kill_when_busy(0)


def _kill_when_busy(seconds: float) -> None:
    """SIGPROF after so much processor time of this process, 0 for never. Windows has no such timer, only the clock."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _confine(memory: int) -> None:
    """A worker may be killed at any time and must not take more than its share."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what C decoders print about broken files helps nobody
    limit_memory(memory)
    gc.freeze()  # what was imported is never garbage, and need not be looked through again and again
    keep_freed_memory()


def _why(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
