"""The screen during a scan: its stage, count, speed and time left, and buttons to skip a download or cancel."""

from __future__ import annotations

import time

import streamlit as st

from screens.parts.words import count, duration
from server.jobs import SKIP, Where, where
from server.runs import Run
from server.state import server
from unipic.core.progress import FETCHING

# Before either, a stage is mostly starting up: workers, models, the first batches. An estimate would be hours off.
ESTIMATE_AFTER_S = 5.0
ESTIMATE_AFTER_PHOTOS = 64  # two batches


@st.fragment(run_every=1)
def working(run: Run) -> None:
    """Show the progress that the run's process writes into the run's folder. Closing the tab stops nothing."""
    state = run.load().state
    if state not in ("waiting", "working"):
        st.rerun()
    st.subheader("Scanning your photos")
    ahead = server().jobs.ahead_of(run) if state == "waiting" else 0
    step = where(run) if state == "working" else None
    if ahead:
        st.progress(0.0, text=f"Waiting for {count(ahead, 'other scan')} to finish")
    elif step is None:
        st.progress(0.0, text="Getting ready")
    else:
        text, share = progress_of(step, time.time())
        st.progress(share, text=text)
        if step.stage.startswith(FETCHING):
            st.caption("The download happens once. Without it, shots are ranked by measurements alone.")
            st.button("Skip the download", on_click=(run.folder / SKIP).touch, icon=":material/skip_next:")
    st.caption("You can close this page. Bookmark it to come back; the scan continues.")
    st.button("Cancel", on_click=server().jobs.cancel, args=(run,), icon=":material/close:")


def progress_of(step: Where, now: float) -> tuple[str, float]:
    """Stage, count, speed and time left in words, and the share that is done, 0 to 1. `now`: seconds since 1970."""
    if not step.total:
        return step.stage, 0.0
    share, fetching = min(1.0, step.done / step.total), step.stage.startswith(FETCHING)
    words = [step.stage, f"{share:.0%}" if fetching else f"{step.done:,} of {step.total:,}"]
    passed = now - step.stage_since
    if passed < ESTIMATE_AFTER_S or step.done < min(ESTIMATE_AFTER_PHOTOS, step.total / 2):
        words.append("Starting…")
    else:
        words += [] if fetching else [f"{step.done / passed:.0f} a second"]
        words.append(f"{duration(passed / step.done * (step.total - step.done))} left")
    return " · ".join(words), share
