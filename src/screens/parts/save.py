"""Making a ZIP on the server's disk and handing it to the browser."""

from __future__ import annotations

from urllib.parse import quote

import streamlit as st

from screens.parts.download import download
from screens.parts.words import count, size
from screens.session import session
from screens.tools import choices_of, cleanup_of, server
from unipic.destinations.base import Written
from unipic.destinations.names import safe_name
from unipic.destinations.zip import ZipDestination
from unipic.errors import UnipicError
from unipic.progress import Step
from unipic.review import Choices, outcomes
from unipic.runs import Run


def save_progress(run: Run, where: str) -> None:
    """Reviewed selections, everything of groups not seen yet, and all singles, at any moment."""
    if st.button("Save progress", key=f"save-{where}", icon=":material/download:"):
        make_zip(run, choices_of(run), "unipic-progress")
    if session.zip_path and where == "top":
        offer(run)


def make_zip(run: Run, choices: Choices, album: str) -> list[Written] | None:
    """Write the ZIP into the run's folder, with a bar. None if it failed, which is said."""
    path = run.out / f"{zip_name(album)}.zip"
    bar = st.progress(0.0, text="Making the ZIP")

    def show(step: Step) -> None:
        share = step.done / step.total if step.total else 0.0
        bar.progress(share, text=f"{step.stage} · {count(step.done, 'file')} of {step.total:,}")

    try:
        with server().exporting:
            written = ZipDestination(path, replace=True).write(outcomes(cleanup_of(run), choices), show)
    except UnipicError as error:
        st.error(str(error), icon=":material/error:")
        return None
    finally:
        bar.empty()
    session.zip_path = path
    for entry in written:
        if entry.problem:
            st.warning(f"{entry.item.name}: {entry.problem}".replace("[", "("), icon=":material/warning:")
    return written


def offer(run: Run) -> None:
    """The download of the ZIP made last; it starts by itself, and the button is there if it does not."""
    path = session.zip_path
    if path and path.exists():
        label = f"Download {path.name} ({size(path.stat().st_size)})"
        download(f"/unipic/download/{run.token}/{quote(path.name)}", label, key=f"zip-{path.stat().st_mtime_ns}")


def zip_name(album: str) -> str:
    """The album's name as a file name of letters, digits and a few signs."""
    kept = "".join(
        c if (c.isalnum() and c.isascii()) or c in " ._()-" else "_" for c in safe_name(album).replace("/", "_")
    )
    return kept.strip(" ._")[:80] or "album"
