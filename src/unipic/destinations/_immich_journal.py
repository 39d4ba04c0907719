"""The journal of what was written to an Immich server: what was meant is on the disk before it is asked for."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from unipic.core.errors import DestinationError
from unipic.core.files import make_folder
from unipic.core.language import gettext as _
from unipic.core.locks import lock
from unipic.sources.immich import Server, folder_of, private_file

SUFFIX = ".jsonl"
Kind = Literal["tag", "album", "favourite", "stack", "trash"]
Phase = Literal["intent", "done", "undone", "finished"]


@dataclass(frozen=True)
class Step:
    """One thing to be written: a tag on some assets, an album of them, ..."""

    kind: Kind
    name: str  # of the tag or album; "" for the others
    ids: tuple[str, ...]  # of assets; of a stack the first is on top
    mark: str = ""  # of an album: what tells it from others of its name


@dataclass(frozen=True)
class Past:
    """What a journal says of one step."""

    before: dict[str, Any] | None = None  # how it was; None: it was not begun
    result: dict[str, Any] | None = None  # what was done; None: it is not known whether it was
    undone: list[str] | None = None  # what could not be taken back; None: it was not undone


class Journal:
    """The journal of one run. Its steps are in its first line."""

    def __init__(self, path: Path) -> None:
        """DestinationError for a file that is no journal."""
        self.path, self.finished = path, False
        try:
            lines = path.read_bytes().split(b"\n")
            head = json.loads(lines[0])
            self.run, self.server, self.at = str(head["run"]), str(head["server"]), str(head["at"])
            self.steps = [Step(s["kind"], s["name"], tuple(s["ids"]), s["mark"]) for s in head["steps"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DestinationError(_("{path} is not a journal of Unipic's", path=path)) from error
        self.past = [Past() for _step in self.steps]
        for line in lines[1:]:
            with suppress(ValueError, TypeError, KeyError, IndexError):  # the last one may be torn
                self._take(json.loads(line))

    @classmethod
    def begin(cls, server: Server, steps: list[Step], run: str) -> Journal:
        """A new journal, on the disk before anything is written to the server."""
        folder = folder_of(server)
        make_folder(folder, 0o700)
        path = folder / f"{run}{SUFFIX}"
        head = {"run": run, "server": server.url, "at": datetime.now().isoformat(timespec="seconds")}
        with private_file(path) as file:
            file.write(json.dumps({**head, "steps": [asdict(step) for step in steps]}).encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
        return cls(path)

    def write(self, number: int, phase: Phase, value: Any = None) -> None:
        """A line about a step, which is on the disk when this returns."""
        entry = {"step": number, "phase": phase, "value": value}
        with open(self.path, "ab") as file:
            file.write(b"\n" + json.dumps(entry).encode("ascii"))
            file.flush()
            os.fsync(file.fileno())
        self._take(entry)

    def _take(self, entry: dict[str, Any]) -> None:
        number, phase, value = int(entry["step"]), entry["phase"], entry["value"]
        if phase == "finished":
            self.finished = True
            return
        old = self.past[number]
        self.past[number] = Past(
            value if phase == "intent" else old.before,
            value if phase == "done" else old.result,
            value if phase == "undone" else old.undone,
        )

    @property
    def begun(self) -> list[int]:
        """Numbers of steps that were begun, and may have left something on the server."""
        return [number for number, past in enumerate(self.past) if past.before is not None and past.undone is None]

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(past.result is not None for past in self.past)

    @property
    def open(self) -> bool:
        """Whether it was interrupted, and can go on."""
        return not self.finished and not any(past.undone is not None for past in self.past)


def new_run() -> str:
    """The name of a run: when it began, and eight digits that no other has."""
    return f"{datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


def journals(folder: Path) -> list[Journal]:
    """Those of one server, oldest first. What is damaged is left out."""
    found = []
    for path in sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else ():
        with suppress(DestinationError):
            found.append(Journal(path))
    return found


@contextmanager
def alone(server: Server) -> Iterator[None]:
    """While nobody else on this machine writes to the server. DestinationError if somebody does."""
    make_folder(folder_of(server), 0o700)
    with open(folder_of(server) / "writing.lock", "ab") as file:
        try:
            lock(file, wait=False)
        except BlockingIOError:
            raise DestinationError(
                _("Another run is writing to {url} just now; wait until it is done.", url=server.url)
            ) from None
        except OSError:  # a file system without locks
            pass
        yield
