"""What tests let Ray's workers do. Here, because they must be able to import it."""

import os
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import psutil
from tests.helpers.tasks import square

from unipic.core.errors import ModelError
from unipic.core.photo import Found, Unreadable
from unipic.core.settings import Limits
from unipic.reading.engines.ray import RayEngine
from unipic.reading.read import read_file
from unipic.reading.seen import Picture
from unipic.vision.builtin import BuiltinEncoder
from unipic.vision.text import SIGLIP2, LocalTextEncoder


def actor_of_this() -> psutil.Process:
    """The Ray actor whose worker process this is."""
    return next(process for process in psutil.Process().parents() if process.name().startswith("ray::"))


def once(marker: Path) -> bool:
    """True for the first of all processes that ask."""
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        return False
    return True


def square_and_kill(number: int, deadly: int, marker: Path) -> int:
    """Kills the actor that works on the deadly number, the first time."""
    if number == deadly and once(marker):
        actor_of_this().kill()
    return number * number


def always_kill(number: int) -> int:
    if number == 2:
        actor_of_this().kill()
    return square(number)


def times_and_kill(model: int, number: int, deadly: int, marker: Path) -> int:
    """Kills its own actor at the deadly number, the first time."""
    if number == deadly and once(marker):
        psutil.Process().kill()
    return model * number


def always_kill_itself(model: int, number: int) -> int:
    if number == 2:
        psutil.Process().kill()
    return model * number


def read_and_tell(file: Found, log: Path) -> Picture | Unreadable:
    """Each read is a line in the log."""
    with log.open("a") as lines:
        lines.write(f"{file.name}\n")
    return read_file(file, Limits())


def read_and_kill(file: Found, log: Path, deadly: str) -> Picture | Unreadable:
    """Kills the actor that reads the deadly file, the first time."""
    if file.name == deadly and once(log.with_suffix(".killed")):
        actor_of_this().kill()
    return read_and_tell(file, log)


def read_until(file: Found, log: Path, last: str) -> Picture | Unreadable:
    """Comes no further than the last file until its actor is dead."""
    actor = actor_of_this()
    while file.name >= last and actor.is_running() and actor.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.05)
    return read_and_tell(file, log)


def broken_encoder() -> BuiltinEncoder:
    raise ModelError("the weights are not on this node")


class ThreadsEncoder(BuiltinEncoder):
    """Gives no vectors, but with how many threads they would be computed."""

    def embed(self, views: np.ndarray) -> np.ndarray:
        return np.full((len(views), 1), int(os.environ["OMP_NUM_THREADS"]), np.float32)


def photos_in(folder: Path) -> list[Found]:
    """With a stamp, though they were written just now."""
    return [Found(path.name, path.name, str(path), path.stat().st_size, "1 1 1 1") for path in sorted(folder.iterdir())]


def main(folder: Path, store: Path, log: Path, last: str) -> None:
    """A driver that is killed: it comes no further than the last file."""
    engine = RayEngine(workers=2, seconds=600.0, few=0)
    for _ in engine.see(photos_in(folder), partial(read_until, log=log, last=last), BuiltinEncoder, str(store), "key"):
        pass


if __name__ == "__main__":
    from tests.helpers.ray_tasks import main  # workers know the module by this name

    main(*map(Path, sys.argv[1:4]), sys.argv[4])


def siglip_in(folder: Path) -> LocalTextEncoder:
    """The tiny SigLIP of a folder."""
    return LocalTextEncoder(folder, SIGLIP2, "cpu")
