"""Long work away from the web server: a process per run, one at a time, to be watched, stopped and taken up again.

The run's folder is all the two sides share. The process tells where it is in progress.json and leaves evidence.json
and remembered.json; a server that was restarted finds a run that says "working" and has no process, and starts it anew.

Loading models takes seconds. While a person still chooses photos a spare process has begun to: it is told a run's
folder on its standard input, and where that ends without one, the server is gone or wants no spare any more.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from server.runs import Run
from unipic.cleanup.evidence import Evidence
from unipic.cleanup.record import evidence_to_dict
from unipic.core.errors import Cancelled, DecisionsUnreadable, UnipicError
from unipic.core.files import read_json, write_json
from unipic.core.progress import FETCHING, Progress, Step
from unipic.core.settings import Settings, changed, data_folder, memory_folder, models_folder
from unipic.library.decisions import Catalogue, Ruling
from unipic.sources.base import Source
from unipic.sources.folder import FolderSource
from unipic.sources.upload import UploadSource
from unipic.tools import Tools, open_tools
from unipic.vision.base import VIEW
from unipic.vision.registry import open_encoder, open_scorer

EVERY = 0.3  # seconds between two words about progress
SPARE = 900.0  # seconds for which a process with models loaded, about a gigabyte, waits for a run
WAIT = "-"  # in place of a run's folder: wait to be told it
LOG = "work.log"
SKIP = "skip-models"  # a file of this name in the run's folder: do not wait for weights
Look = Callable[[Source, Tools, Settings, Progress, Callable[[Evidence], None]], Evidence]


NO_ROOM = "The server's disk is full. Free some space, then start again."
UNEXPECTED = "An unexpected error occurred. The server's log has the details."


@dataclass(frozen=True)
class Where:
    """How far the work is, for the screen."""

    stage: str
    done: int
    total: int
    stage_since: float  # seconds since 1970
    started: float


# The worker's side.


def work_on(folder: Path, look: Look) -> int:
    """Do a run's work from its folder alone. Gives the exit code; what went wrong stands in the run's state."""
    run = Run(folder)
    signal.signal(signal.SIGTERM, _stop)
    try:
        state = run.load()
        settings = changed(Settings(), state.settings)
        progress = _Teller(run)
        source = _source(run, progress)
        # What was uploaded is gone with its run; of a folder here the next run will want to know.
        memory = memory_folder() if state.source == "folder" else run.folder
        with open_tools(settings, models_folder(), memory, progress) as tools:
            catalogue = Catalogue(data_folder())

            def keep(found: Evidence) -> None:
                run.thumbnails.take(tools.thumbnails, {photo.digest for photo in found.gallery.photos})
                keep_evidence(run, found, catalogue)

            keep(look(source, tools, settings, progress, keep))
        run.change(state="ready", message="")
    except Cancelled:
        run.change(state="cancelled")
    except UnipicError as error:
        run.change(state="failed", message=str(error))
    except Exception as error:
        traceback.print_exc()
        full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        with suppress(OSError):  # then the server says that it ended
            run.change(state="failed", message=NO_ROOM if full else UNEXPECTED)
        return 1
    return 0


def wait_for_work(look: Look) -> int:
    """Load the models, then do the work of the run whose folder standard input names, if it names one."""
    parent = os.getppid()
    warm_up()
    line = sys.stdin.readline()
    if not line.endswith("\n") or os.getppid() != parent:
        return 0  # the server is gone; its successor starts the run anew
    folder = Path(json.loads(line))
    with suppress(OSError), open(folder / LOG, "wb") as log:
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())
    return work_on(folder, look)


def warm_up() -> None:
    """Load what a run is most likely to use, and is here. What is wrong with a model, the run says itself."""
    settings, blank = Settings(fetch=False), np.zeros((VIEW, VIEW, 3), np.uint8)
    with suppress(UnipicError):
        open_encoder(settings.encoder, models_folder(), settings.device, settings.fetch)[0].embed(blank[None])
    with suppress(UnipicError):
        scorer, _ = open_scorer(settings.ranker, models_folder(), settings.device, settings.fetch)
        if scorer:
            scorer.score([blank], settings.wish)


def keep_evidence(run: Run, evidence: Evidence, catalogue: Catalogue) -> None:
    """Into the run's folder, with what people said of these photos before. Without that record the run goes on."""
    digests = [photo.digest for photo in evidence.gallery.photos]
    before, rulings = run.folder / "remembered.json", list[Ruling]()
    try:
        rulings = catalogue.about(digests)
        evidence = replace(evidence, first_seen=catalogue.meet(digests))
    except DecisionsUnreadable as error:
        evidence = replace(evidence, notices=(*evidence.notices, f"Earlier decisions are not used: {error}"))
    if not before.exists():  # what was said in this run since is in its own steps
        write_json(before, [asdict(ruling) for ruling in rulings])
    write_json(run.folder / "evidence.json", evidence_to_dict(evidence), indent=None)


def _source(run: Run, progress: Progress) -> Source:
    state = run.load()
    if state.source == "upload":
        return UploadSource(run.photos, run.uploads())
    if state.source == "samples":
        from unipic.sources.samples import make_samples

        progress(Step("Making sample photos", 0, 0))
        made = run.photos / "samples"
        if not made.exists():
            make_samples(made)
        return FolderSource([made])
    return FolderSource([Path(root) for root in state.roots])


def _stop(*_: object) -> None:
    raise Cancelled("stopped")


class _Teller:
    """Writes progress where the screen reads it; ends the work when nobody waits for it any more."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.parent = os.getppid()
        self.started = self.since = time.time()
        self.told = 0.0
        self.stage = ""

    def __call__(self, step: Step) -> None:
        now = time.time()
        if step.stage != self.stage:
            self.stage, self.since, self.told = step.stage, now, 0.0
        if now - self.told < EVERY:
            return
        self.told = now
        where = Where(step.stage, step.done, step.total, self.since, self.started)
        write_json(self.run.folder / "progress.json", asdict(where))
        if os.getppid() != self.parent:
            raise SystemExit(0)  # the server is gone; its successor starts this run anew
        if step.stage.startswith(FETCHING) and (self.run.folder / SKIP).exists():
            raise Cancelled("skipped")


# The server's side.


class Jobs:
    """Runs at work in this server: one at a time, since one already uses every core."""

    def __init__(self, command: Sequence[str], spares: bool = False) -> None:
        """`command` with a run's folder behind it does that run's work; with WAIT, that of the run it will be told."""
        self._command = list(command)
        self._spares = spares
        self._spare: subprocess.Popen[bytes] | None = None
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="unipic-job")
        self._lock = threading.Lock()
        self._waiting: list[str] = []
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def prepare(self) -> None:
        """Somebody is choosing photos: have a spare process. One at most, and none while a run needs the machine."""
        with self._lock:
            if not self._spares or self._waiting or self._processes:
                return
            if self._spare is None:
                self._spare = subprocess.Popen(
                    [*self._command, WAIT], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
                timer = threading.Timer(SPARE, self._dismiss, [self._spare])
                timer.daemon = True  # a server that ends does not wait for it
                timer.start()
            elif self._spare.poll() is not None:
                self._spares = False  # it ended by itself; the run's own process will tell why

    def _dismiss(self, spare: subprocess.Popen[bytes]) -> None:
        with self._lock:
            if self._spare is not spare:
                return
            self._spare = None
        spare.communicate()  # ends its standard input, and waits for it

    def start(self, run: Run) -> None:
        """Queue a run; one that is queued or at work already stays as it is."""
        with self._lock:
            if run.token in self._waiting or run.token in self._processes:
                return
            self._waiting.append(run.token)
        run.change(state="waiting", message="")
        self._pool.submit(self._work, run)

    def take_up(self, run: Run) -> None:
        """Go on with a run that says it is at work but has no process, as after a restart."""
        if run.load().state in ("waiting", "working"):
            with self._lock:
                alive = run.token in self._waiting or run.token in self._processes
            if not alive:
                self.start(run)

    def cancel(self, run: Run) -> None:
        with self._lock:
            if run.token in self._waiting:
                self._waiting.remove(run.token)
            process = self._processes.get(run.token)
        if run.load().state in ("waiting", "working"):  # and not done meanwhile
            run.change(state="cancelled")  # before the process ends, which would look like a failure
        if process:
            process.terminate()

    def ahead_of(self, run: Run) -> int:
        """How many runs are done before this one begins."""
        with self._lock:
            place = self._waiting.index(run.token) if run.token in self._waiting else 0
            return place + len(self._processes)

    def _work(self, run: Run) -> None:
        with self._lock:
            if run.token not in self._waiting or not run.folder.exists():
                return
            self._waiting.remove(run.token)
            run.change(state="working")  # before there is a process, which says itself when it is done
            (run.folder / LOG).unlink(missing_ok=True)
            process = self._processes[run.token] = self._hand_over(run) or self._begin(run)
        try:
            code = process.wait()
            if code and not (run.folder / LOG).exists() and run.folder.exists() and run.load().state == "working":
                with self._lock:  # the spare died before it had taken the run
                    process = self._processes[run.token] = self._begin(run)
                code = process.wait()
            if run.folder.exists() and run.load().state == "working":
                run.change(state="failed", message=_last_words(run, code))
        finally:
            with self._lock:
                del self._processes[run.token]

    def _begin(self, run: Run) -> subprocess.Popen[bytes]:
        with open(run.folder / LOG, "wb") as log:
            return subprocess.Popen([*self._command, str(run.folder)], stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def _hand_over(self, run: Run) -> subprocess.Popen[bytes] | None:
        """The spare process, told this run; None where there is none."""
        spare, self._spare = self._spare, None
        if spare is None or spare.poll() is not None:
            return None
        assert spare.stdin is not None
        try:
            with spare.stdin as told:
                told.write(json.dumps(str(run.folder)).encode() + b"\n")
        except OSError:  # it has just died
            spare.wait()
            return None
        return spare


def where(run: Run) -> Where | None:
    with suppress(OSError, ValueError, TypeError):
        return Where(**read_json(run.folder / "progress.json"))
    return None


def _last_words(run: Run, code: int) -> str:
    if code == -getattr(signal, "SIGKILL", 9):  # which Windows has not
        return "The scan was killed, probably because memory ran out. Try fewer photos at a time, or fewer workers."
    return f"The scan ended unexpectedly (code {code}). The server's log has the details. Start it again to retry."
