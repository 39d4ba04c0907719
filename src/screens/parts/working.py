"""The screen during a scan: its stage, count, speed and time left, and buttons to skip a download or cancel."""

from __future__ import annotations

import time

import streamlit as st

from screens.parts.words import count
from server.jobs import SKIP, where
from server.runs import Run
from server.state import server


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
        passed = time.time() - step.stage_since
        st.progress(step.share, text=step.told(passed))
        if step.skippable:
            st.caption("The download happens once. Without it, shots are ranked by measurements alone.")
            st.button("Skip the download", on_click=(run.folder / SKIP).touch, icon=":material/skip_next:")
    st.caption("You can close this page. Bookmark it to come back; the scan continues.")
    st.button("Cancel", on_click=server().jobs.cancel, args=(run,), icon=":material/close:")
