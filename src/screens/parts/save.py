"""Exports from the finish screen: a ZIP or a list for the browser, or a folder on the server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import streamlit as st

from screens.parts.download import download
from screens.parts.words import failed, plain, size
from screens.session import session
from server.operator import writable_folders
from server.runs import Run
from server.state import progress_of, server
from unipic.core.errors import UnipicError
from unipic.core.language import gettext as _
from unipic.core.photo import Found, Photo
from unipic.core.progress import Progress, Step
from unipic.core.settings import Settings
from unipic.destinations.base import Destination, Result, export
from unipic.destinations.folder import FolderDestination
from unipic.destinations.list import ListDestination
from unipic.destinations.places import folder_name
from unipic.destinations.zip import ZipDestination
from unipic.review.outcomes import Outcome

T = TypeVar("T")

PROGRESS_INTERVAL_S = 0.1  # one update per file would slow down many small files
ZIP_NAME_CHARACTERS = 80  # of any script, so at most 240 bytes and the ending
MAX_ROWS_SHOWN = 20  # problems that are named; the manifest has them all


def save_progress(run: Run) -> None:
    """A download of the present state: what was decided, and everything else but identical copies."""
    if run.load().source == "immich":  # what is here may be previews; Finish has what can be done with them
        return
    if st.button(_("Save progress"), key="save", icon=":material/download:"):
        make_zip(run, progress_of(run), "unipic-progress")
    if session.zip_path:
        offer(run)


def make_zip(run: Run, outcomes: Sequence[Outcome], album: str, strip_location: bool = False) -> Result | None:
    """Write the ZIP into the run's folder, with a progress bar. None if it failed, which is shown."""
    path = run.out / f"{zip_name(album)}.zip"
    written = written_by(ZipDestination(path, True, strip_location), outcomes, _("Making the ZIP"))
    if written is not None:
        session.zip_path = path
    return written


def make_folder(folder: Path, outcomes: Sequence[Outcome], strip_location: bool = False) -> Result | None:
    """Copy into a folder on the server, with a progress bar; completes an interrupted copy."""
    return written_by(FolderDestination(folder, strip_location), outcomes, _("Copying"))


def make_list(run: Run, outcomes: Sequence[Outcome], album: str, suffix: str) -> None:
    """Write the list into the run's folder and offer it. Paths are included only if they are the person's own."""
    path = run.out / f"{zip_name(album)}{suffix}"
    paths = run.load().source in ("folder", "selection")
    if written_by(ListDestination(path, replace=True, paths=paths), outcomes, _("Writing the list")) is not None:
        _offer(run, path, "list")


def make_crops(run: Run, photos: Sequence[Photo], aspects: Sequence[str], album: str) -> None:
    """Write a ZIP of crops into the run's folder, and say whose heads are cut."""
    from unipic.destinations.crops import zip_crops

    path = run.out / f"{zip_name(album)} crops.zip"
    files = [Found(photo.id, photo.name, photo.path, photo.size) for photo in photos]
    made = with_bar(_("Cropping"), lambda bar: zip_crops(path, files, aspects, Settings(), bar))
    if made is not None:
        session.zip_path = path
        _said(made[1])


def offer(run: Run) -> None:
    """The download of the last ZIP, which starts by itself, with a button in case it does not."""
    if session.zip_path and session.zip_path.parent == run.out and session.zip_path.exists():
        _offer(run, session.zip_path, "zip")


def _offer(run: Run, path: Path, kind: str) -> None:
    status = path.stat()
    label = _("Download {name} ({size})", name=path.name, size=size(status.st_size))
    download(f"/unipic/download/{run.token}/{quote(path.name)}", label, key=f"{kind}-{status.st_mtime_ns}")


def zip_name(album: str) -> str:
    """The album's name, in any script, as a file name that every system allows and none hides."""
    return folder_name(album)[:ZIP_NAME_CHARACTERS].rstrip(" .")


def written_by(destination: Destination, outcomes: Sequence[Outcome], title: str) -> Result | None:
    """Export with a progress bar, one at a time. None if it failed, which is shown, as are problems."""
    result = with_bar(title, lambda bar: export(destination, outcomes, bar))
    if result is None:
        return None
    _said(result.problems, _(", listed in the manifest"))
    return result


def _said(problems: Sequence[str], where: str = "") -> None:
    for problem in problems[:MAX_ROWS_SHOWN]:
        st.warning(plain(problem), icon=":material/warning:")
    if len(problems) > MAX_ROWS_SHOWN:
        more = _("... and {n:,} more", n=len(problems) - MAX_ROWS_SHOWN)
        st.warning(f"{more}{where}.", icon=":material/warning:")


def with_bar(title: str, work: Callable[[Progress], T]) -> T | None:
    """What the work gives, with a progress bar, one at a time. None if it failed, which is shown."""
    bar = Bar(title)
    try:
        with one_at_a_time(bar):
            return work(bar)
    except UnipicError as error:
        failed(error)
        return None
    finally:
        bar.empty()


@contextmanager
def one_at_a_time(bar: Bar) -> Iterator[None]:
    """One export at a time. Updates while waiting let Streamlit stop a page that was left."""
    lock = server().exporting
    while not lock.acquire(timeout=1.0):
        bar.say(_("Waiting for another export to finish"))
    try:
        yield
    finally:
        lock.release()


class Bar:
    """A progress bar with count and time left."""

    def __init__(self, title: str) -> None:
        self._bar = st.progress(0.0, text=title)
        self._stage = ""
        self._since = self._told = 0.0

    def __call__(self, step: Step) -> None:
        now = time.monotonic()
        if step.stage != self._stage:
            self._stage, self._since, self._told = step.stage, now, 0.0
        if now - self._told < PROGRESS_INTERVAL_S and step.done < step.total:
            return
        self._told = now
        self.say(step.told(now - self._since), step.share)

    def say(self, text: str, share: float = 0.0) -> None:
        self._bar.progress(share, text=text)

    def empty(self) -> None:
        self._bar.empty()


def album_root(key: str) -> Path | None:
    """Ask for one of the server's folders that are open for albums; None, with what to do, where there is none."""
    roots = writable_folders()
    if roots:
        return st.selectbox(_("Folder"), roots, format_func=str, key=key)
    st.info(
        _(
            "No folder on this server is open for albums. Its operator can open some: start Unipic with "
            "`UNIPIC_OUT=/path/to/albums`, several folders separated by `:`."
        ),
        icon=":material/folder_off:",
    )
    return None
