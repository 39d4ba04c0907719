"""What all screens of this server share, opened once: its runs, its jobs, and what was found, read from disk."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from server.desks import open_desk
from server.jobs import Jobs
from server.operator import keeps_spare
from server.runs import Run, Runs
from unipic.core.photo import Photo
from unipic.core.settings import APP, data_folder
from unipic.library.decisions import Catalogue
from unipic.review.choices import Outcome
from unipic.review.desk import Desk
from unipic.review.taste import Verdict
from unipic.review.taste_log import FILE, verdict_in

DESKS = 8  # open at a time; each holds what is known of a run's photos, some kilobytes for each


@dataclass
class Server:
    runs: Runs
    jobs: Jobs
    desks: OrderedDict[tuple[str, int], Desk] = field(default_factory=OrderedDict)
    opening: threading.Lock = field(default_factory=threading.Lock)  # one desk at a time
    deciding: threading.Lock = field(default_factory=threading.Lock)  # one change of what was learned at a time
    exporting: threading.Lock = field(default_factory=threading.Lock)  # one ZIP at a time


def server() -> Server:
    """One for as long as the process lives. Streamlit's own cache is emptied by any visitor who presses C."""
    return _server(data_folder())


@cache
def _server(data: Path) -> Server:
    return Server(Runs(data / "runs"), Jobs([sys.executable, str(APP / "main.py"), "work"], keeps_spare()))


def desk_of(run: Run) -> Desk:
    """A run whose work is done, as it lies before the person; kept open for the few runs in use."""
    desks, path = server().desks, run.folder / "evidence.json"
    written = path.stat().st_mtime_ns
    with server().opening:
        desk = desks.get((run.token, written))
        if desk is None:
            desk = open_desk(run, Catalogue(data_folder()))
            desks[run.token, written] = desk
        desks.move_to_end((run.token, written))
        while len(desks) > DESKS:
            desks.popitem(last=False)
    with desk.lock:
        desk.refresh()
    return desk


def outcomes_of(run: Run) -> list[Outcome]:
    """What becomes of each file of a run, as it is decided now."""
    desk = desk_of(run)
    with desk.lock:
        return desk.outcomes()


def taste() -> Verdict:
    """What earlier choices say; judged once, until there are others. DecisionsUnreadable for a damaged record."""
    path = data_folder() / FILE
    return _judge(str(path.parent), path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(maxsize=1)
def _judge(folder: str, written: int) -> Verdict:
    return verdict_in(Path(folder))


def find_photo(run: Run, photo_id: str) -> Photo | None:
    """A photo of this run, for the routes that show it."""
    try:
        return desk_of(run).photos.get(photo_id)
    except FileNotFoundError:  # its work is not done
        return None
