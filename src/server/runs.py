"""Runs on disk: each an unguessable address, its own folder, and a time after which it is gone.

A run's folder:
    run.json        where the photos come from, the settings, and how far it is
    photos/         uploaded files under ids of ours; uploads.jsonl says what they are called
    thumbs/         a thumbnail per digest
    views/          pictures for the large view, see renditions.py; may be deleted at any time
    evidence.json   what was learned by looking;  remembered.json  what people said of these photos before
    review.jsonl    what the person said, step by step;  place  the group they were at
    out/            what was made for download
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from unipic.core.errors import RunNotFound
from unipic.core.files import read_json, write_json
from unipic.library.thumbnails import Thumbnails

State = Literal["collecting", "waiting", "working", "ready", "failed", "cancelled"]
TOKEN = re.compile(r"[0-9a-f]{32}")
KEY = re.compile(r"[a-z0-9-]{8,40}")
GONE = ".deleted"  # the ending of a run that is being deleted
NAME = 1000  # characters of a name that are kept


@dataclass(frozen=True)
class RunState:
    source: Literal["upload", "folder", "samples"]
    created: float  # seconds since 1970
    state: State = "collecting"
    roots: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    message: str = ""  # why it failed
    album: str = ""  # what the person calls it
    album_file: str = ""  # the finished ZIP in out/
    album_folder: str = ""  # where on the server the album was copied to, or began to be
    finished: bool = False  # its figures are in the statistics
    fetched: float = 0.0  # when the finished album was downloaded whole


@dataclass(frozen=True)
class Upload:
    id: str
    name: str
    size: int


class Runs:
    """All runs of this server, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)

    def new(self, source: Literal["upload", "folder", "samples"], roots: tuple[str, ...] = ()) -> Run:
        run = Run(self.folder / secrets.token_hex(16))
        for part in (run.folder, run.photos, run.out):
            part.mkdir(mode=0o700)
        run.save(RunState(source, time.time(), roots=roots))
        return run

    def open(self, token: str) -> Run:
        """The run behind an address; RunNotFound for one that never was, is gone, or is no address at all."""
        run = Run(self.folder / token)
        if not TOKEN.fullmatch(token) or not (run.folder / "run.json").is_file():
            raise RunNotFound("This review no longer exists (deleted or mistyped link).")
        return run

    def all(self) -> Iterator[Run]:
        for folder in sorted(self.folder.iterdir()):
            if TOKEN.fullmatch(folder.name) and (folder / "run.json").is_file():
                yield Run(folder)

    def sweep(self, keep: float, keep_fetched: float) -> int:
        """Delete runs nobody touched for `keep` seconds, or `keep_fetched` once their album was fetched."""
        now, gone = time.time(), 0
        for left in self.folder.glob("*" + GONE):  # by a server that was stopped while it deleted
            if TOKEN.fullmatch(left.name.removesuffix(GONE)):
                shutil.rmtree(left, ignore_errors=True)
        for run in self.all():
            with suppress(FileNotFoundError):  # somebody deleted it meanwhile
                if now - run.touched() > (keep_fetched if run.was_fetched() else keep):
                    run.delete()
                    gone += 1
        return gone


class Run:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.token = folder.name
        self.photos = folder / "photos"
        self.thumbnails = Thumbnails(folder / "thumbs")
        self.views = folder / "views"
        self.out = folder / "out"

    def load(self) -> RunState:
        values = read_json(self.folder / "run.json")
        known = {field.name for field in fields(RunState)}
        values = {name: value for name, value in values.items() if name in known}
        return RunState(**{**values, "roots": tuple(values["roots"])})

    def save(self, state: RunState) -> None:
        write_json(self.folder / "run.json", asdict(state))

    def change(self, **values: Any) -> RunState:
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
        """Of a run whose record is damaged nobody fetched anything; it goes after its time like any other."""
        try:
            return bool(self.load().fetched)
        except (ValueError, KeyError, TypeError):
            return False

    def delete(self) -> None:
        """All of it: copies of uploads, thumbnails, results. Never a folder photos were read from."""
        gone = self.folder.with_name(self.folder.name + GONE)
        with suppress(FileNotFoundError):
            os.rename(self.folder, gone)  # at once: nothing that is being written finds its way back in
        shutil.rmtree(gone, ignore_errors=True)

    # Uploads: a file is stored under its key alone; its name is data.

    def upload_path(self, key: str) -> Path:
        if not KEY.fullmatch(key):
            raise RunNotFound("That is no upload key.")
        return self.photos / key

    def add_upload(self, key: str, name: str, size: int) -> None:
        """Note an uploaded file whose bytes are whole. The same key again, after a retry, is the same file."""
        shown = "".join(c for c in name.replace("\\", "/") if c.isprintable())[:NAME].strip("/")
        line = json.dumps(asdict(Upload(key, shown or "unnamed", size)))
        with open(self.folder / "uploads.jsonl", "a", encoding="ascii") as journal:
            journal.write("\n" + line + "\n")  # first the end of a line that a crash may have cut short

    def uploads(self) -> list[Upload]:
        """Each key once, by name."""
        found: dict[str, Upload] = {}
        with suppress(FileNotFoundError), open(self.folder / "uploads.jsonl", encoding="ascii") as journal:
            for line in journal:
                with suppress(ValueError):  # a line cut short by a crash: its file is not counted
                    upload = Upload(**json.loads(line))
                    found[upload.id] = upload
        return sorted(found.values(), key=lambda upload: (upload.name, upload.id))
