"""Run tasks in processes on this machine, each with a limit on memory and processor time. One that dies costs one item.

The limit counts processor time, not the clock: on a busy machine good photos take longer, and must not be refused.
"""

import gc
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, TimeoutError as Late, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import BaseContext

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from unipic.core.language import kept
from unipic.core.machine import decode_processes, environment, keep_freed_memory, limit_memory
from unipic.reading.engines.base import NO_MEMORY, Failure, Item, Model, Result
from unipic.reading.engines.inline import apply_here

# Items per worker that are taken and not yet yielded, at most. Finished ones wait behind a slow file, 200 kB each. This
# bridges some seconds, in which most slow files finish.
AHEAD = 64
IN_HAND = 8  # unfinished ones per worker: as many as are read while a batch of 32 is embedded, so no worker waits
RESTARTS = 5  # of all processes, in the engine's life
WALL_CLOCK = 20  # the limit by the clock, as a multiple of processor time: for files on a lost network share
# The exit code of a worker that exceeded its processor time.
TOO_BUSY = -signal.SIGPROF if hasattr(signal, "SIGPROF") else None


class LocalEngine:
    """An Engine of worker processes."""

    def __init__(self, workers: int = 0, seconds: float = 15.0, memory: int = 2_000_000_000) -> None:
        """`workers`: 0 for one per core, or fewer that fit memory. One item may take `seconds` of processor time and
        `memory` bytes.
        """
        self.workers = workers or decode_processes()
        self.seconds = seconds
        self.memory = memory
        self._restarts = 0
        self._closed = False  # by its owner, perhaps while another thread still schedules
        self._pool = self._started()

    def _started(self) -> ProcessPool:
        memory = (self.memory,)
        return ProcessPool(max_workers=self.workers, initializer=_confine, initargs=memory, context=_context())

    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result | Failure]]:
        waiting: deque[tuple[Item, ProcessFuture]] = deque()
        try:
            for item in items:
                waiting.append((item, self._scheduled(task, item)))
                while self._full(waiting):
                    yield self._finish(task, *waiting.popleft())
            while waiting:
                yield self._finish(task, *waiting.popleft())
        finally:
            for _, future in waiting:
                future.cancel()

    def apply(
        self, open_model: Callable[[], Model], work: Callable[[Model, Item], Result], items: Iterable[Item]
    ) -> Iterator[tuple[Item, Result]]:
        """See Engine.apply. In this process: a network uses every core by itself, and workers have little memory."""
        return apply_here(open_model, work, items)

    def _scheduled(self, task: Callable[[Item], Result], item: Item) -> ProcessFuture:
        """The task's future. If an idle process was killed, as when memory runs out, pebble gives up on all of them."""
        if not self._pool.active and not self._closed and self._restarts < RESTARTS:
            self._restarts += 1
            self._stop()
            self._pool = self._started()
        return self._pool.schedule(_limited, args=[task, item, self.seconds], timeout=WALL_CLOCK * self.seconds)

    def _full(self, waiting: Sequence[tuple[Item, ProcessFuture]]) -> bool:
        """Whether to yield the first item now. Waits until it is done, or another item may be scheduled."""
        if len(waiting) >= AHEAD * self.workers:
            return True
        running = [future for _, future in waiting if not future.done()]
        if len(running) >= IN_HAND * self.workers:
            wait(running, return_when=FIRST_COMPLETED)
        return bool(waiting) and waiting[0][1].done()

    def _finish(
        self, task: Callable[[Item], Result], item: Item, future: ProcessFuture
    ) -> tuple[Item, Result | Failure]:
        try:
            return item, future.result()
        except Late:
            return item, Failure(
                kept("took longer than {seconds:.0f} seconds to decode", seconds=WALL_CLOCK * self.seconds)
            )
        except ProcessExpired as death:
            if death.exitcode == TOO_BUSY:
                return item, Failure(
                    kept("took longer than {seconds:.0f} seconds of processor time to decode", seconds=self.seconds)
                )
            return item, Failure(kept("the decoder crashed on it ({why})", why=_why(death.exitcode)))
        except MemoryError:
            return item, NO_MEMORY
        except BrokenProcessPool:
            if self._closed or self._restarts == RESTARTS:
                raise
            return self._finish(task, item, self._scheduled(task, item))

    def close(self) -> None:
        """Stop the processes; unfinished items are lost."""
        self._closed = True
        self._stop()

    def _stop(self) -> None:
        self._pool.stop()
        self._pool.join()


def prepare() -> None:
    """Start what workers come from, so that it imports what they need while this process imports what it needs."""
    _context()


def _context() -> BaseContext:
    """The fork server is started clean, before any thread or model: a new worker costs milliseconds, and shares the
    memory of what it imports. Windows has none: there each worker imports everything."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    from multiprocessing import forkserver

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["unipic.reading.read", "pebble.pool.process"])
    with environment(PYTHONPATH=os.pathsep.join(sys.path), OPENBLAS_NUM_THREADS="1"):
        forkserver.ensure_running()  # which by itself would not find our modules: CPython 3.11 forgets the path
    return context


def _limited(task: Callable[[Item], Result], item: Item, seconds: float) -> Result:
    """The task's result. Exceeding the processor time kills the process, even inside a decoder."""
    _kill_when_busy(seconds)
    try:
        return task(item)
    finally:
        _kill_when_busy(0)


def _kill_when_busy(seconds: float) -> None:
    """Send SIGPROF after so many seconds of processor time, 0 for never. Windows has no such timer."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _confine(memory: int) -> None:
    """Set up a worker: it may be killed at any time, and must not take more than its share."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # silence C decoders' messages about broken files
    limit_memory(memory)
    gc.freeze()  # imported modules are never garbage, so do not scan them again and again
    keep_freed_memory()


def _why(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else kept("exit code {code}", code=code)
