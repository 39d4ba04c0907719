"""One task that gives many results, in a process of its own with limits: for items that take long, as films do."""

import gc
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from unipic.core.language import kept
from unipic.core.machine import give_back_freed_memory, limit_memory
from unipic.reading.engines.base import Failure, Item, Result
from unipic.reading.engines.local import TOO_BUSY, WALL_CLOCK, _context, _kill_when_busy, _why

_armed = 0.0  # seconds of processor time that this worker has until its next sign of progress; 0: this is no worker


@dataclass(frozen=True)
class Allowed:
    """What one task may take."""

    memory: int  # bytes of address space
    seconds: float  # of processor time between two signs of progress


def streamed(task: Callable[[Item], Iterator[Result]], item: Item, allowed: Allowed) -> Iterator[Result | Failure]:
    """What `task(item)` yields, made in another process; a Failure at the end if that process died or was stopped.

    The limit counts processor time since the last result or call of `progressed`, so a busy machine fails nothing.
    Closing the iterator ends the process. An exception of the task is raised here.
    """
    context: Any = _context()
    results, sender = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(sender, task, item, allowed), daemon=True)
    process.start()
    sender.close()
    try:
        yield from _received(results, process, allowed)
    finally:
        process.kill()
        process.join()
        results.close()


def progressed() -> None:
    """Say that the task goes on. Does nothing outside of a worker."""
    if _armed:
        _kill_when_busy(_armed)


def _received(results: Connection, process: Any, allowed: Allowed) -> Iterator[Any]:
    while True:
        if not results.poll(WALL_CLOCK * allowed.seconds):
            yield Failure(kept("gave nothing for {seconds:.0f} seconds", seconds=WALL_CLOCK * allowed.seconds))
            return
        try:
            kind, value = results.recv()
        except (EOFError, OSError):
            process.join()
            yield _death(process.exitcode, allowed)
            return
        if kind == "error":
            raise value
        if kind == "end":
            return
        yield value


def _death(code: int, allowed: Allowed) -> Failure:
    if code == TOO_BUSY:
        return Failure(kept("took {seconds:.0f} seconds of processor time without getting on", seconds=allowed.seconds))
    return Failure(kept("the decoder crashed on it ({why})", why=_why(code)))


def _serve(sender: Connection, task: Callable[[Any], Iterator[Any]], item: Any, allowed: Allowed) -> None:
    """Run the task in this new process, and send what it yields."""
    global _armed
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # silence C decoders' messages about broken files
    limit_memory(allowed.memory)
    give_back_freed_memory()
    gc.freeze()
    _armed = allowed.seconds
    progressed()
    try:
        for result in task(item):
            sender.send(("result", result))
            progressed()
        sender.send(("end", None))
    except MemoryError:
        sender.send(("result", Failure(kept("needs more memory to decode than one film is allowed"))))
        sender.send(("end", None))
    except Exception as error:
        sender.send(("error", error))
