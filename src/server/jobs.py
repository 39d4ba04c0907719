"""The server's side of scans: a process for each run, one at a time, which can be watched, cancelled and restarted.

Work on the library may take hours, so it gives way: a scan that somebody waits for stops it, and it goes on afterwards
where it was.

The server and the process (worker.py) share the run's folder and nothing else. After a restart, the server starts each
run anew whose state is "working" but which has no process.

Loading models takes seconds, so a spare process loads them while a person still chooses photos. It waits on its
standard input for a run's folder; at end of file it exits.
"""

import json
import signal
import subprocess
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from server.runs import Run, State
from unipic.core.files import read_json
from unipic.core.language import kept, language
from unipic.core.settings import with_immich_key

SPARE_S = 900.0  # how long a process with loaded models, about a gigabyte, waits for a run
WAIT = "-"  # instead of a run's folder: wait for one on standard input
LOG = "work.log"
SKIP = "skip-models"  # a file of this name in the run's folder: skip downloads of weights


@dataclass(frozen=True)
class Where:
    """The progress of a run, for the screen."""

    told: str  # of the whole run: its share and the time left, in words
    share: float  # of the whole run, 0 to 1
    stage: str
    done: int  # of what the stage counts
    amount: str  # of the stage, in words
    purpose: str  # of the stage, a sentence
    skippable: bool


class Jobs:
    """The runs that this server scans or will scan: one at a time, since one scan uses all cores."""

    def __init__(self, command: Sequence[str], spares: bool = False) -> None:
        """`command` plus a run's folder scans that run; plus WAIT, the run that its standard input names."""
        self._command = list(command)
        self._spares = spares
        self._spare: subprocess.Popen[bytes] | None = None
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="unipic-job")
        self._lock = threading.Lock()
        self._waiting: dict[str, Run] = {}
        self._at_work: dict[str, Run] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._giving_way: set[str] = set()  # runs that are being stopped, and go on later

    def prepare(self) -> None:
        """Start a spare process, since somebody is choosing photos. At most one, and none while a run is scanned."""
        with self._lock:
            if not self._spares or self._waiting or self._processes:
                return
            if self._spare is None:
                self._spare = subprocess.Popen(
                    [*self._command, WAIT], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
                timer = threading.Timer(SPARE_S, self._dismiss, [self._spare])
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
            run.change(language=language())
            self._queue(run)
            if not run.background:
                for other in self._at_work.values():
                    if other.background:
                        other.change(state="waiting")
                        self._giving_way.add(other.token)
                        self._processes[other.token].terminate()
        self._pool.submit(self._work)

    def _queue(self, run: Run) -> None:
        run.change(state="waiting", message="")  # first: on a full disk it is not queued
        self._waiting[run.token] = run

    def take_up(self, run: Run) -> None:
        """Go on with a run that says it is at work but has no process, as after a restart."""
        if run.load().state in ("waiting", "working"):
            with self._lock:
                alive = run.token in self._waiting or run.token in self._processes
            if not alive:
                self.start(run)

    def cancel(self, run: Run) -> None:
        """Stop a run that waits or is at work."""
        self._end(run, "cancelled")

    def pause(self, run: Run) -> None:
        """Stop a run until it is started again; what it did is kept."""
        self._end(run, "paused")

    def _end(self, run: Run, state: State) -> None:
        with self._lock:
            self._waiting.pop(run.token, None)
            if run.load().state in ("waiting", "working"):  # and not done meanwhile
                run.change(state=state)  # before the process ends, which would look like a failure
            self._giving_way.discard(run.token)
            if process := self._processes.get(run.token):
                process.terminate()

    def ahead_of(self, run: Run) -> int:
        """How many runs are done before this one begins."""
        with self._lock:
            place = self._order().index(run) if run.token in self._waiting else 0
            return place + len(self._processes)

    def _order(self) -> list[Run]:
        return sorted(self._waiting.values(), key=lambda run: run.background)  # stable: first come, first served

    def _work(self) -> None:
        with self._lock:
            run = next((run for run in self._order() if run.folder.exists()), None)
            if run is None:
                return
            del self._waiting[run.token]
            self._giving_way.discard(run.token)
            run.change(state="working")  # before there is a process, which says itself when it is done
            (run.folder / LOG).unlink(missing_ok=True)
            self._at_work[run.token] = run
            process = self._processes[run.token] = self._hand_over(run) or self._begin(run)
        try:
            code = process.wait()
            if code and not (run.folder / LOG).exists() and run.folder.exists() and run.load().state == "working":
                with self._lock:  # the spare died before it had taken the run
                    process = self._processes[run.token] = self._begin(run)
                code = process.wait()
            self._ended(run, code)
        finally:
            with self._lock:
                del self._processes[run.token], self._at_work[run.token]
                goes_on = run.token in self._giving_way and run.folder.exists() and run.load().state == "waiting"
                self._giving_way.discard(run.token)
                if goes_on:
                    self._queue(run)
                    self._pool.submit(self._work)

    def _ended(self, run: Run, code: int) -> None:
        """Say that a process ended without having said so. One that was stopped has its state already."""
        if run.folder.exists() and run.load().state == "working":
            run.change(state="failed", message=_last_words(run, code))

    def _begin(self, run: Run) -> subprocess.Popen[bytes]:
        with open(run.folder / LOG, "wb") as log:
            command, env = [*self._command, str(run.folder)], with_immich_key() if run.background else None
            return subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=env)

    def _hand_over(self, run: Run) -> subprocess.Popen[bytes] | None:
        """The spare process, told this run; None where there is none."""
        if run.background:  # it leaves the loaded models to a run that somebody waits for
            return None
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
        return kept(
            "The scan was killed, probably because memory ran out. Try fewer photos at a time, or fewer workers."
        )
    return kept(
        "The scan ended unexpectedly (code {code}). The server's log has the details. Start it again to retry.",
        code=code,
    )
