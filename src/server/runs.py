"""Runs on disk: each has an unguessable address, its own folder, and a time after which it is deleted.

A run's folder:
    run.json        source of the photos, settings, and state
    update.json     what an update of the library found in each folder
    photos/         uploaded files under ids of ours; uploads.jsonl has their names
    thumbs/         a thumbnail per digest
    views/          cached pictures for the large view, see renditions.py
    evidence.json   result of the scan;  remembered.json  earlier rulings about these photos
    immich.json     the address and key of the Immich server, while the scan needs them
    selection.json  digests of photos of the library that were selected, in order; such a run has no photos of its own
    review.jsonl    the steps of the review;  place.json  the group the person was at
    decisions.sqlite  what was decided about sample photos; decisions about others outlive their run
    out/            files for download
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from unipic.core.errors import RunNotFound
from unipic.core.files import read_json, write_json
from unipic.core.language import gettext as _
from unipic.core.words import JOINERS, without_controls
from unipic.library.thumbnails import Thumbnails

State = Literal["collecting", "waiting", "working", "paused", "ready", "failed", "cancelled"]
Origin = Literal["upload", "folder", "samples", "selection", "library", "film", "immich"]
OWN_PAGE = ("selection", "library", "film")  # sources of runs that are no reviews
TOKEN = re.compile(r"[0-9a-f]{32}")
KEY = re.compile(r"[a-z0-9-]{8,40}")
GONE = ".deleted"  # suffix of a folder that is being deleted
NAME = 1000  # characters of a stored name
PROMISED = 10_000  # runs without a folder, at a time: one for each page that was loaded


@dataclass(frozen=True)
class RunState:
    """The content of run.json."""

    source: Origin
    created: float  # seconds since 1970
    state: State = "collecting"
    roots: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    message: str = ""  # the reason of a failure
    language: str = ""  # of whoever started it; "" for the server's
    album: str = ""  # its name
    album_file: str = ""  # the finished ZIP in out/
    album_folder: str = ""  # the album's folder on the server, perhaps unfinished
    finished: bool = False  # counted in the statistics
    fetched: float = 0.0  # when the finished album was downloaded completely


@dataclass(frozen=True)
class Upload:
    """An uploaded file."""

    id: str
    name: str
    size: int


class Runs:
    """All runs of this server, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self._promised: OrderedDict[str, None] = OrderedDict()

    def promise(self) -> Run:
        """A run for uploads, without a folder: `collecting` makes that for the first one. A restart forgets it."""
        run = Run(self.folder / secrets.token_hex(16))
        self._promised[run.token] = None
        while len(self._promised) > PROMISED:
            self._promised.popitem(last=False)
        return run

    def is_promised(self, token: str) -> bool:
        """Whether the run has no folder yet, and gets one with the first upload."""
        return token in self._promised

    def collecting(self, token: str) -> Run:
        """The run that an upload goes to, made if it was promised. RunNotFound, OSError."""
        if token in self._promised:
            run = self._make(Run(self.folder / token), RunState("upload", time.time()))
            self._promised.pop(token, None)
            return run
        return self.open(token)

    def new(self, source: Origin, roots: tuple[str, ...] = ()) -> Run:
        """A new run with an empty folder."""
        return self._make(Run(self.folder / secrets.token_hex(16)), RunState(source, time.time(), roots=roots))

    def _make(self, run: Run, state: RunState) -> Run:
        try:
            for part in (run.folder, run.photos, run.out):
                part.mkdir(mode=0o700)
            run.save(state)
        except BaseException:  # a full disk leaves no half run
            shutil.rmtree(run.folder, ignore_errors=True)
            raise
        return run

    def open(self, token: str) -> Run:
        """The run with this token. RunNotFound if there is none."""
        run = Run(self.folder / token)
        if not TOKEN.fullmatch(token) or not (run.folder / "run.json").is_file():
            raise RunNotFound(_("This review no longer exists (deleted or mistyped link)."))
        return run

    def all(self) -> Iterator[Run]:
        """Every run."""
        for folder in sorted(self.folder.iterdir()):
            if TOKEN.fullmatch(folder.name) and (folder / "run.json").is_file():
                yield Run(folder)

    def sweep(self, keep: float, keep_fetched: float) -> int:
        """Delete runs unused for `keep` seconds, or `keep_fetched` once their album was downloaded.

        Returns how many.
        """
        now, gone = time.time(), 0
        for left in self.folder.glob("*" + GONE):  # deletions that a stopped server left
            if TOKEN.fullmatch(left.name.removesuffix(GONE)):
                shutil.rmtree(left, ignore_errors=True)
        for run in self.all():
            with suppress(FileNotFoundError):  # somebody deleted it meanwhile
                if now - run.touched() > (keep_fetched if run.was_fetched() else keep):
                    run.delete()
                    gone += 1
        return gone

    def tidy(self, before: float) -> None:
        """Delete what a killed server left of uploads before this time: parts, and files without a name."""
        for run in self.all():
            with suppress(FileNotFoundError):
                named = {upload.id for upload in run.uploads()}
                for path in run.photos.iterdir():
                    if path.name not in named and path.is_file() and path.stat().st_mtime < before:
                        path.unlink()


class Run:
    """One run and its folders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.token = folder.name
        self.photos = folder / "photos"
        self.thumbnails = Thumbnails(folder / "thumbs")
        self.views = folder / "views"
        self.out = folder / "out"

    def load(self) -> RunState:
        """The state. FileNotFoundError if the run was deleted."""
        values = read_json(self.folder / "run.json")
        known = {field.name for field in fields(RunState)}
        values = {name: value for name, value in values.items() if name in known}
        return RunState(**{**values, "roots": tuple(values["roots"])})

    @cached_property
    def background(self) -> bool:
        """Whether the run works on the library, for which nobody waits."""
        return self.load().source == "library"

    def save(self, state: RunState) -> None:
        """Write the state."""
        write_json(self.folder / "run.json", asdict(state))

    def change(self, **values: Any) -> RunState:
        """Change fields of the state, and return it."""
        state = replace(self.load(), **values)
        self.save(state)
        return state

    def touched(self) -> float:
        """When anything of the run was last written, seconds since 1970."""
        latest = self.folder.stat().st_mtime
        for path in self.folder.glob("*.json*"):
            with suppress(FileNotFoundError):  # a file that was being replaced
                latest = max(latest, path.stat().st_mtime)
        return latest

    def was_fetched(self) -> bool:
        """Whether the album was downloaded; False if run.json is damaged."""
        try:
            return bool(self.load().fetched)
        except (ValueError, KeyError, TypeError):
            return False

    def delete(self) -> None:
        """Delete the run's folder: uploads, thumbnails, results. Folders that photos were read from are not touched."""
        gone = self.folder.with_name(self.folder.name + GONE)
        with suppress(FileNotFoundError):
            os.rename(self.folder, gone)  # atomic, so nothing can be written to it any more
        shutil.rmtree(gone, ignore_errors=True)

    def select(self, digests: Sequence[str]) -> None:
        """Store which photos of the library were selected; then the run is ready."""
        write_json(self.folder / "selection.json", list(digests), indent=None)
        self.change(state="ready")

    def selected(self) -> list[str]:
        """Digests of the selected photos of the library, in order. FileNotFoundError for another source."""
        return [str(digest) for digest in read_json(self.folder / "selection.json")]

    # Uploads: a file is stored under its key alone; its name is data.

    def upload_path(self, key: str) -> Path:
        """Where the upload with this key is stored. RunNotFound for an invalid key."""
        if not KEY.fullmatch(key):
            raise RunNotFound(_("That is no upload key."))
        return self.photos / key

    def add_upload(self, key: str, name: str, size: int) -> None:
        """Record a complete upload. The same key again, after a retry, is the same file."""
        shown = without_controls(name.replace("\\", "/"))[:NAME].strip("/")
        line = json.dumps(asdict(Upload(key, shown if shown.strip(JOINERS) else "unnamed", size)))
        with open(self.folder / "uploads.jsonl", "a", encoding="ascii") as journal:
            journal.write("\n" + line + "\n")  # the first line break ends a line that a crash may have cut

    def uploads(self) -> list[Upload]:
        """All uploads, sorted by name, each key once."""
        found: dict[str, Upload] = {}
        with suppress(FileNotFoundError), open(self.folder / "uploads.jsonl", encoding="ascii") as journal:
            for line in journal:
                with suppress(ValueError):  # a line cut by a crash; its file does not count
                    upload = Upload(**json.loads(line))
                    found[upload.id] = upload
        return sorted(found.values(), key=lambda upload: (upload.name, upload.id))
