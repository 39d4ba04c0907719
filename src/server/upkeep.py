"""The library's upkeep: one background run at a time that reads what is new in its folders."""

import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from server.operator import refresh_interval
from server.runs import Run
from server.state import library, server
from unipic.core.errors import DecisionsUnreadable
from unipic.core.files import read_json
from unipic.core.photo import Found
from unipic.core.settings import inbox_folder
from unipic.library.recognised import PROBLEM
from unipic.sources.folder import FolderSource


def upkeep() -> Run | None:
    """The latest run that works, or worked, on the library; None if there is none."""
    runs = [run for run in server().runs.all() if run.background]
    return max(runs, key=lambda run: run.load().created, default=None)


def at_work(run: Run | None) -> bool:
    """Whether the run is not at its end: it works, waits, or is paused."""
    return run is not None and run.load().state in ("waiting", "working", "paused")


def look_for_new(folders: Sequence[Path]) -> Run:
    """Start reading what is new in folders of the library. A run that is not at its end takes them in."""
    run, roots = upkeep(), tuple(map(str, folders))
    if run is None or not at_work(run):
        for old in [run] if run else []:
            old.delete()
        run = server().runs.new("library", roots)
    else:
        server().jobs.pause(run)
        run.change(roots=tuple(dict.fromkeys((*run.load().roots, *roots))))
    server().jobs.start(run)
    return run


def what_was_found(run: Run) -> list[dict[str, Any]]:
    """What the run found in each folder so far, or its problem."""
    with suppress(OSError, ValueError):
        return list(read_json(run.folder / "update.json")["folders"])
    return []


def problem_with_words() -> str:
    """Why words in pictures cannot be read; "" if they can, or nothing was to be read yet."""
    run = upkeep()
    with suppress(OSError, ValueError):
        told = read_json(run.folder / "update.json").get("notices", ()) if run else ()
        return next((notice for notice in told if notice.startswith(PROBLEM)), "")
    return ""


def refresh() -> None:
    """Look for new photos in folders that were not read for refresh_interval(), unless that is going on."""
    interval, run = refresh_interval(), upkeep()
    if not interval or at_work(run):
        return
    old = time.time() - interval
    stale = [one.path for one in library().folders() if one.reachable and one.updated < old]
    if stale:
        look_for_new(stale)


def take_in() -> None:
    """Have the library read the inbox when other files in it are complete than at the latest look."""
    if not inbox_folder().is_dir() or at_work(upkeep()):
        return
    files = FolderSource([inbox_folder()]).files()
    complete = frozenset((one.path, one.size, one.stamp) for one in files if isinstance(one, Found))
    if complete != server().listed:
        with suppress(DecisionsUnreadable):  # the page of folders says so
            look_for_new([library().add(inbox_folder())])
            server().listed = complete


def take_up() -> None:
    """Go on with work on the library that a stopped server left."""
    run = upkeep()
    if run is not None:
        server().jobs.take_up(run)
