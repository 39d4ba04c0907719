"""What tests let engines do. Here, because a worker process must be able to import it."""

import ctypes
import itertools
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from tests.helpers.hostile_files import fuzz_seeds, mutant
from tests.helpers.memory import most_memory

from unipic.core.errors import ModelDamaged, ModelError
from unipic.core.photo import Found, Unreadable
from unipic.core.settings import Limits
from unipic.reading.read import read_file
from unipic.reading.seen import Picture


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
    if word == "spin":
        sum(itertools.repeat(1))  # in C, where no handler of a signal in Python would be called
    if word == "hog":
        np.ones(1 << 32, dtype=np.uint8)
    if word == "interrupt":
        os.kill(os.getpid(), signal.SIGINT)
    return word


def rest(seconds: float) -> float:
    """As on a machine that is busy with something else: the clock goes on, and the processor does nothing for it."""
    time.sleep(seconds)
    return seconds


def keep_busy(seconds: float) -> float:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
    return seconds


def wait_for_a_later_one(item: tuple[int, str]) -> str:
    """The first of them is done when the hundredth was."""
    number, folder = item
    late = time.monotonic() + 8
    while number == 0 and not Path(folder, "100").exists() and time.monotonic() < late:
        time.sleep(0.01)
    met = number > 0 or Path(folder, "100").exists()
    Path(folder, str(number)).touch()
    return "met" if met else "stalled"


def without_memory(number: int) -> int:
    if number == 1:
        raise MemoryError
    return number


def mistaken(number: int) -> int:
    raise LookupError("a mistake in the task")


# Models, and what is done by them


def ten(log: Path | None = None) -> int:
    """A model that is a number. The process that opens it is a line in the log."""
    if log:
        with log.open("a") as lines:
            lines.write(f"{os.getpid()}\n")
    return 10


def damaged_model() -> int:
    raise ModelDamaged("the weights are another file")


def times(model: int, number: int) -> int:
    return model * number


def times_slowly_at_first(model: int, number: int) -> int:
    return model * square_slowly_at_first(number)


def times_up_to_three(model: int, number: int) -> int:
    if number > 3:
        raise ModelError(f"{number} is more than the model knows")
    return model * number


def mistaken_by(model: int, number: int) -> int:
    raise LookupError("a mistake in the work")


def process_of(model: int, number: int) -> int:
    return os.getpid()


@dataclass(frozen=True)
class Weight:
    """What reading one file cost."""

    reason: str  # why it is no photo, "" for one
    seconds: float
    busy: float  # seconds of the processor
    memory: int  # bytes, the most this process ever had


def weigh(file: Found) -> Weight:
    began, busy = time.monotonic(), time.process_time()
    outcome = read_file(file, Limits())
    memory = most_memory()
    reason = "" if isinstance(outcome, Picture) else outcome.reason
    return Weight(reason, time.monotonic() - began, time.process_time() - busy, memory)


@dataclass(frozen=True)
class Mutants:
    """Changed copies of a seed, by their numbers, to be read one after the other under one name."""

    seed: str
    first: int
    number: int
    folder: str
    reader: str = "read"  # what is done to each


@dataclass(frozen=True)
class Read:
    photos: int
    others: int
    problems: tuple[str, ...]  # what no file may lead to


def read_mutants(mutants: Mutants) -> Read:
    """A mutant that kills the process is what lies in the folder under the seed's name afterwards."""
    data = fuzz_seeds()[mutants.seed]
    path = Path(mutants.folder) / f"{mutants.first}-{mutants.seed}"
    photos, problems = 0, []
    for number in range(mutants.first, mutants.first + mutants.number):
        changed = mutant(data, number)
        path.write_bytes(changed)
        busy = time.process_time()
        try:
            outcome = READERS[mutants.reader](Found("id", path.name, str(path), len(changed)))
        except Exception as error:  # whatever it is, it is no answer
            problems.append(f"mutant {number} of {mutants.seed} raised {error!r}")
            continue
        if isinstance(outcome, Picture):
            photos += 1
        elif not outcome.reason:
            problems.append(f"mutant {number} of {mutants.seed} is unreadable without a reason")
        if time.process_time() - busy > Limits().photo_seconds:
            problems.append(f"mutant {number} of {mutants.seed} kept the processor busy too long")
    path.unlink()
    return Read(photos, mutants.number - photos, tuple(problems))


def _raise(file: Found) -> Picture | Unreadable:
    raise LookupError("a mistake in the reader")


def _abort(file: Found) -> Picture | Unreadable:
    os.abort()


READERS: dict[str, Callable[[Found], Picture | Unreadable]] = {
    "read": partial(read_file, limits=Limits()),
    "raise": _raise,
    "abort": _abort,
}
