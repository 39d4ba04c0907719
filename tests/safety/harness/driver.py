"""Work of the product, one piece in a process forked for it: what writes, over a folder made for it.

A process that has imported everything waits for orders, a line of JSON each, and forks for each: a fault costs
milliseconds. The fork waits until it is told to go, so that strace can be attached before.

    root/originals/     what only is read      root/plan.json      what was found in it
    root/out/           results                root/answered       how many steps were answered, and what was said
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import resource
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from tests.helpers.accepted import accept_all
from tests.helpers.recorded import cleanup_from_dict
from tests.safety.harness.fault import Fault
from tests.safety.harness.wrapped import Wrapped

import utils
from server import worker
from server.runs import Run
from unipic.albums.plan import Wish
from unipic.core.errors import AlreadyThere, DiskFull, UnipicError
from unipic.core.files import read_json
from unipic.core.progress import Step
from unipic.core.settings import Settings
from unipic.destinations.base import Destination, export
from unipic.destinations.folder import FolderDestination
from unipic.destinations.list import ListDestination
from unipic.destinations.tree import TreeDestination
from unipic.destinations.zip import ZipDestination
from unipic.library import index, indexing as see
from unipic.library.decisions import Catalogue, Ruling
from unipic.library.index import THUMBNAILS, StoredIndex
from unipic.library.thumbnails import Thumbnails
from unipic.reading.engines.inline import InlineEngine
from unipic.review.choices import Choice
from unipic.review.history import Change, Undo
from unipic.review.journal import Journal
from unipic.review.outcomes import outcomes
from unipic.review.proposal import propose
from unipic.tools import Tools
from unipic.vision.builtin import BuiltinEncoder

DONE, FAILED, NO_ROOM, ALREADY = 0, 1, 3, 4
FILLER = "filler"
ROOM = 1 << 16  # bytes of what a fork leaves in memory
STEPS = 6  # of the journal and of the catalogue
PTRACER, ANY = 0x59616D61, -1  # prctl's PR_SET_PTRACER: where only parents may trace, a sibling is allowed to
Answered = Callable[[], None]


def scan(root: Path, answered: Answered) -> None:
    """A run of the web app, from its folder alone, decoding in this process and thread."""
    os.environ["UNIPIC_DATA"] = str(root / "data")

    @contextmanager
    def inline(settings: Settings, models: Path, memory: Path, progress: Any) -> Iterator[Tools]:
        thumbnails = Thumbnails(memory / THUMBNAILS)
        known = StoredIndex(memory, thumbnails, settings.limits)
        try:
            yield Tools(BuiltinEncoder(), None, InlineEngine(), thumbnails, index=known)
        finally:
            known.close()

    worker.open_tools = inline  # type: ignore[assignment]
    see.ahead = lambda items, _: iter(items)  # type: ignore[assignment]  # faults are for the thread that is watched
    worker.REPORT_INTERVAL_S = index.WRITE_INTERVAL_S = (
        1e9  # each stage is told once, so that the same calls are made each time
    )
    run = Run(root / "run")
    code = worker.work_on(run.folder, utils.examine)
    if code or run.load().state != "ready":
        raise OSError(errno.EIO, run.load().message or "the work ended with an error")


def to_folder(root: Path, answered: Answered) -> None:
    _export(root, FolderDestination(root / "out" / "clean"))


def to_zip(root: Path, answered: Answered) -> None:
    _export(root, ZipDestination(root / "out" / "clean.zip"))


def to_csv(root: Path, answered: Answered) -> None:
    _export(root, ListDestination(root / "out" / "list.csv"))


def to_json(root: Path, answered: Answered) -> None:
    _export(root, ListDestination(root / "out" / "list.json"))


def to_tree(root: Path, answered: Answered) -> None:
    """A tree of groups, as the command line makes it: nothing of it is decided by a person."""
    found = cleanup_from_dict(read_json(root / "plan.json"))
    target, everything = root / "out" / "tree", outcomes(propose(found), {}, "nothing")
    export(TreeDestination(target, utils.organise(found, everything, Wish(), target)), everything)


def journal(root: Path, answered: Answered) -> None:
    """Steps that are not on disk yet, as a person says them one after the other."""
    book = Journal(root / "out" / "review.jsonl")
    known = {step for step, _ in book.read()[0]}
    for number in range(STEPS):
        if f"s{number}" not in known:
            entry = Undo() if number == 3 else Change(f"step {number}", {"g": Choice(frozenset("ab"), True)})
            book.append(f"s{number}", entry)
        answered()


def catalogue(root: Path, answered: Answered) -> None:
    book = Catalogue(root / "out")
    known = {ruling.id for ruling in book.all()}
    for number in range(STEPS):
        if f"r{number}" not in known:
            book.save([Ruling(f"r{number}", float(number), ((f"{number}" * 64, "f" * 64),), names=("a.jpg", "b.jpg"))])
        answered()
    book.meet(f"{number:064x}" for number in range(40))


def state(root: Path, answered: Answered) -> None:
    """The life of a run's own record."""
    run = Run(root / "run")
    for number, word in enumerate(("waiting", "working", "ready")):
        run.change(state=word, message=f"{number}")
        run.add_upload(f"key-{number:08}", f"{number}.jpg", number)
        answered()


TASKS: dict[str, Callable[[Path, Answered], None]] = {
    "folder": to_folder,
    "zip": to_zip,
    "csv": to_csv,
    "tree": to_tree,
    "json": to_json,
    "journal": journal,
    "catalogue": catalogue,
    "state": state,
    "scan": scan,
}


def _export(root: Path, destination: Destination) -> None:
    proposal = propose(cleanup_from_dict(read_json(root / "plan.json")))
    export(destination, outcomes(proposal, accept_all(proposal)), _filler(root))


def _filler(root: Path) -> Callable[[Step], None]:
    """Where root/fill says so, another program takes all room but for some bytes while files are copied."""
    order = json.loads((root / "fill").read_text()) if (root / "fill").exists() else None

    def progress(step: Step) -> None:
        if order and step.stage == "Copying" and step.done == order["after"]:
            fill(root / "out", order["leave"])

    return progress


def fill(folder: Path, leave: int) -> None:
    """A file called filler takes what room there is, but for so many bytes."""
    room = os.statvfs(folder)
    with open(folder / FILLER, "ab") as file, suppress(OSError):
        os.posix_fallocate(file.fileno(), 0, max(1, room.f_bavail * room.f_frsize - leave))


def attempt(task: str, root: Path, memory: Memory) -> int:
    """The exit code, as the command line gives it; and what a person would be told."""
    try:
        TASKS[task](root, memory.answered)
    except AlreadyThere as error:
        memory.say(error)
        return ALREADY
    except (UnipicError, OSError) as error:
        memory.say(error)
        full = isinstance(error, DiskFull) or getattr(error, "errno", None) == errno.ENOSPC
        return NO_ROOM if full else FAILED
    except BaseException:
        memory.say(traceback.format_exc())
        return 9
    return DONE


class Memory:
    """What outlives a killed process, written without a call of the system: steps that were answered, and words."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(ROOM))
        with open(path, "r+b") as file:
            self._memory = mmap.mmap(file.fileno(), ROOM)

    def answered(self) -> None:
        self._memory[0] += 1

    def say(self, text: object) -> None:
        data = str(text).encode("utf-8", "replace")[: ROOM - 1]
        self._memory[1 : 1 + len(data)] = data


def forked(order: dict[str, Any], memory: Memory, go: int) -> NoReturn:
    """Makes no call that could be a point before it is told to go: strace is attached meanwhile."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PTRACER, ctypes.c_long(ANY), 0, 0, 0)
    os.read(go, 1)
    if order["size"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["size"], order["size"]))
    if order["wrap"] or order["log"]:
        fault = Fault.from_json(order["wrap"]) if order["wrap"] else None
        Wrapped(fault, order["log"] or None).install()
    os._exit(attempt(order["task"], Path(order["root"]), memory))


def serve() -> None:
    """Orders on standard input; a fork's id, and how it ended, on standard output."""
    answers = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for own in (1, 2):
        os.dup2(nowhere, own)
    for line in sys.stdin:
        order = json.loads(line)
        memory = Memory(Path(order["root"]) / "answered")
        waits, go = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(go)
            forked(order, memory, waits)
        os.close(waits)
        print(pid, file=answers, flush=True)
        sys.stdin.readline()
        with suppress(BrokenPipeError):
            os.write(go, b"g")
        os.close(go)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), file=answers, flush=True)


if __name__ == "__main__":
    serve()
