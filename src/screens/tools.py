"""What all screens of this server share, opened once: its runs, its jobs, and what was found, read from disk."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import streamlit as st

from unipic.cleanup import Cleanup
from unipic.decisions import FILE, verdict_in
from unipic.files import read_json, write_json
from unipic.job import Jobs
from unipic.record import choices_from_dict, choices_to_dict, cleanup_from_dict
from unipic.review import Choices
from unipic.runs import Run, Runs
from unipic.settings import PROJECT, data_folder
from unipic.taste import Verdict


@dataclass
class Server:
    runs: Runs
    jobs: Jobs
    deciding: threading.Lock = field(default_factory=threading.Lock)  # one change of choices at a time
    exporting: threading.Lock = field(default_factory=threading.Lock)  # one ZIP at a time


@st.cache_resource(show_spinner=False)
def server() -> Server:
    return Server(Runs(data_folder() / "runs"), Jobs([sys.executable, str(PROJECT / "src" / "main.py"), "work"]))


def cleanup_of(run: Run) -> Cleanup:
    """What was found in a run; read once, kept for the few runs in use."""
    path = run.folder / "cleanup.json"
    return _read_cleanup(str(path), path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read_cleanup(path: str, written: int) -> Cleanup:
    return cleanup_from_dict(read_json(Path(path)))


def choices_of(run: Run) -> Choices:
    """Always from disk, so that two tabs of one run agree."""
    return choices_from_dict(read_json(run.folder / "choices.json"))


def decide(run: Run, change: Callable[[Choices], Choices]) -> None:
    """Change the person's choices and keep them, before anything is shown."""
    with server().deciding:
        write_json(run.folder / "choices.json", choices_to_dict(change(choices_of(run))))


def taste() -> Verdict:
    """What earlier choices say; judged once, until there are others. DecisionsUnreadable for a damaged record."""
    path = data_folder() / FILE
    return _judge(str(path.parent), path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(maxsize=1)
def _judge(folder: str, written: int) -> Verdict:
    return verdict_in(Path(folder))


def find_photo(run: Run, photo_id: str) -> tuple[Path, str] | None:
    """Path and format of a photo of this run, for the route that shows originals."""
    try:
        photos = cleanup_of(run).gallery.photos
    except FileNotFoundError:
        return None
    return next(((Path(photo.path), photo.format) for photo in photos if photo.id == photo_id), None)


def allowed_roots() -> list[Path]:
    """Folders the operator lets this server read: UNIPIC_ROOTS, separated as in PATH."""
    return [Path(root) for root in os.environ.get("UNIPIC_ROOTS", "").split(os.pathsep) if root]
