"""Work in progress: its stage, count, speed and time left, and buttons to skip a download, pause or cancel."""

import streamlit as st

from screens.parts.words import count, plain
from server.jobs import SKIP, Where, where
from server.runs import Run
from server.state import server
from unipic.core.language import gettext as _, retold


@st.fragment(run_every=1)
def working(run: Run) -> None:
    """Show the progress of a scan. Closing the tab stops nothing."""
    state = run.load().state
    if state not in ("waiting", "working"):
        st.rerun()
    st.subheader(_("Scanning your photos"))
    step = _bar(run)
    if step and step.skippable:
        st.caption(_("The download happens once. Without it, shots are ranked by measurements alone."))
        st.button(_("Skip the download"), on_click=(run.folder / SKIP).touch, icon=":material/skip_next:")
    st.caption(_("You can close this page; the scan continues. The first page has it under *Continue*."))
    st.button(_("Cancel"), on_click=server().jobs.cancel, args=(run,), icon=":material/close:")


@st.fragment(run_every=1)
def background(run: Run) -> None:
    """Show the progress of work on the library, with buttons to pause and cancel it."""
    if not run.folder.exists() or (state := run.load().state) not in ("waiting", "working", "paused"):
        st.rerun()
    st.subheader(_("Reading the library") if state != "paused" else _("Reading is paused"))
    if state != "paused":
        _bar(run)
        st.caption(_("You can close this page. Clean-ups go first; reading continues after them."))
    with st.container(horizontal=True):
        if state == "paused":
            st.button(
                _("Continue"), on_click=server().jobs.start, args=(run,), icon=":material/play_arrow:", key="go-on"
            )
        else:
            st.button(_("Pause"), on_click=server().jobs.pause, args=(run,), icon=":material/pause:", key="pause")
        st.button(_("Cancel"), on_click=server().jobs.cancel, args=(run,), icon=":material/close:", key="cancel")


@st.fragment(run_every=1)
def film_bar(run: Run) -> None:
    """Show how far the look through a film is, with a button to cancel it."""
    if not run.folder.exists() or run.load().state not in ("waiting", "working"):
        st.rerun()
    st.subheader(_("Looking through the film"))
    _bar(run)
    st.caption(_("You can close this page; the work goes on, and a cancelled one goes on where it was."))
    st.button(_("Cancel"), on_click=server().jobs.cancel, args=(run,), icon=":material/close:", key="cancel-film")


def _bar(run: Run) -> Where | None:
    """The bar of a run that waits or works, by what its process writes into the run's folder. Returns its step."""
    state = run.load().state
    ahead = server().jobs.ahead_of(run) if state == "waiting" else 0
    step = where(run) if state == "working" else None
    if ahead:
        st.progress(0.0, text=_("Waiting for {scans} to finish", scans=count(ahead, "other scan")))
    elif step is None:
        st.progress(0.0, text=_("Getting ready"))
    else:
        st.progress(step.share, text=plain(retold(step.told)))
        amount = f" · {plain(step.amount)}" if step.amount else ""
        st.markdown(f"**{plain(retold(step.stage))}**{amount}  \n{plain(retold(step.purpose))}")
    return step
