"""The server's shared state: runs, jobs, and open review sessions."""

import sys
import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from server.continue_routes import Standing
from server.desks import catalogue_of, open_desk
from server.fetching import Downloads
from server.jobs import Jobs
from server.occasions import Occasions
from server.operator import keeps_spare
from server.runs import Run, Runs
from unipic.core.errors import DecisionsUnreadable
from unipic.core.photo import Photo
from unipic.core.settings import APP, data_folder
from unipic.destinations.sidecars import with_sidecars, without_room
from unipic.library.library import Library
from unipic.library.persons import Persons
from unipic.review.choices import done
from unipic.review.desk import Desk
from unipic.review.outcomes import Outcome
from unipic.review.taste import Verdict
from unipic.review.taste_log import FILE, verdict_in

DESKS = 8  # sessions open at a time; each holds some kilobytes per photo of its run


@dataclass
class Server:
    """What all screens and routes of this process share."""

    runs: Runs
    jobs: Jobs
    downloads: Downloads = field(default_factory=Downloads)
    desks: OrderedDict[tuple[str, int, str], Desk] = field(default_factory=OrderedDict)
    opening: threading.Lock = field(default_factory=threading.Lock)  # one desk at a time
    counting: threading.Lock = field(default_factory=threading.Lock)  # one standing at a time
    deciding: threading.Lock = field(default_factory=threading.Lock)  # one update of the lessons at a time
    listed: frozenset[object] = frozenset()  # the complete files of the inbox at the latest look
    exporting: threading.Lock = field(default_factory=threading.Lock)  # one ZIP at a time
    open_to_all: bool = False  # other computers reach it, and it asks for no token: visitors name it no other server


def server() -> Server:
    """The one Server of this process. Streamlit's cache would not do: any visitor can clear it by pressing C."""
    return _server(data_folder())


@cache
def _server(data: Path) -> Server:
    return Server(Runs(data / "runs"), Jobs([sys.executable, str(APP / "main.py"), "work"], keeps_spare()))


def library() -> Library:
    """The library of this installation."""
    return _library(data_folder())


@cache
def _library(data: Path) -> Library:
    return Library(data)


def occasions() -> Occasions:
    """The events of the library."""
    return _occasions(data_folder())


@cache
def _occasions(data: Path) -> Occasions:
    return Occasions(_library(data))


def desk_of(run: Run) -> Desk:
    """The review session of a finished run, up to date. FileNotFoundError if the scan is not finished.

    Sessions of the runs in use stay open.
    """
    desks = server().desks
    key = run.token, (run.folder / "evidence.json").stat().st_mtime_ns, _said()
    with server().opening:
        desk = desks.get(key)
        if desk is None:
            desk = desks[key] = open_desk(run, catalogue_of(run), library())
        desks.move_to_end(key)
        while len(desks) > DESKS:
            desks.popitem(last=False)
    with desk.lock:
        desk.refresh()
    return desk


def _said() -> str:
    """Differs whenever somebody is named or forgotten, or the favourites change; "" while nobody can tell."""
    with suppress(DecisionsUnreadable):
        return f"{Persons(data_folder()).version()} {library().marks.favourites_state()}"
    return ""


def standing_of(run: Run) -> Standing:
    """How far a review is. FileNotFoundError if the scan is not finished.

    The session that it takes is not kept open, so that a look at many reviews closes nobody's.
    """
    stamps = [_stamp(run.folder / name) for name in ("evidence.json", "review.jsonl")]
    if stamps[0] is None:
        raise FileNotFoundError(run.folder / "evidence.json")
    with server().counting:
        return _standing(str(run.folder), *stamps)


def _stamp(path: Path) -> tuple[int, int] | None:
    """Time of the last change in nanoseconds, and size in bytes; None if there is no such file."""
    with suppress(FileNotFoundError):
        status = path.stat()
        return status.st_mtime_ns, status.st_size
    return None


@lru_cache(maxsize=256)
def _standing(folder: str, *stamps: tuple[int, int] | None) -> Standing:
    run = Run(Path(folder))
    desk = open_desk(run, catalogue_of(run))
    groups, choices = desk.proposal.duplicates, desk.choices
    photos = [*(group.photos[0] for group in groups), *desk.photos.values()]
    shown = (photo.digest for photo in photos if run.thumbnails.path(photo.digest).exists())
    return Standing(len(groups), sum(done(group, choices) for group in groups), next(shown, ""))


def progress_of(run: Run) -> list[Outcome]:
    """The outcome of every file by the decisions so far. Of what nobody looked at, only identical copies go."""
    desk = desk_of(run)
    with desk.lock:
        decided = desk.outcomes("identical")
    return marked(run, decided)


def marked(run: Run, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes, with sidecars in the run's folder for photos that have tags, albums, notes or are favourites."""
    digests = [outcome.file.digest for outcome in outcomes if isinstance(outcome.file, Photo)]
    try:
        return with_sidecars(outcomes, library().marks.of(digests), run.folder / "sidecars")
    except DecisionsUnreadable:
        return list(outcomes)


def marks_left(outcomes: Sequence[Outcome]) -> int:
    """How many photos of marked() outcomes go out without their marks, since they have a sidecar of their own."""
    digests = [outcome.file.digest for outcome in outcomes if isinstance(outcome.file, Photo)]
    try:
        return len(without_room(outcomes, library().marks.of(digests)))
    except DecisionsUnreadable:
        return 0


def selection_of(run: Run) -> tuple[list[Outcome], int]:
    """The photos selected in the library, all kept; and how many of the selection are no longer there."""
    digests = run.selected()
    photos = library().by_digest(digests)
    outcomes = [Outcome(photos[digest], "kept", "selected", by="you") for digest in digests if digest in photos]
    return marked(run, outcomes), len(digests) - len(outcomes)


def originals_of(run: Run) -> list[Path]:
    """Folders that the run's originals lie in, into which nothing is written."""
    state = run.load()
    if state.source == "immich":  # they are on their server
        return []
    return library().paths() if state.source == "selection" else [Path(root) for root in state.roots]


def taste() -> Verdict:
    """The verdict on all lessons, cached until there are new ones. DecisionsUnreadable if the file is damaged."""
    path = data_folder() / FILE
    return _judge(str(path.parent), path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(maxsize=1)
def _judge(folder: str, written: int) -> Verdict:
    return verdict_in(Path(folder))


def find_photo(run: Run, photo_id: str) -> Photo | None:
    """A photo of a run by id; None if there is none, or the scan is not finished."""
    try:
        return desk_of(run).photos.get(photo_id)
    except FileNotFoundError:  # the scan is not finished
        return None
