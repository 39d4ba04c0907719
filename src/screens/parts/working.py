"""While the work goes on: stage, count, speed, time left, and the ways to stop it."""

from __future__ import annotations

import time

import streamlit as st

from screens.parts.words import count, duration
from server.jobs import SKIP, where
from server.runs import Run
from server.state import server
from unipic.core.progress import FETCHING


@st.fragment(run_every=1)
def working(run: Run) -> None:
    """Watches the run's process through its folder. Closing the tab stops nothing."""
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
        passed = max(time.time() - step.stage_since, 0.001)
        text, share = step.stage, 0.0
        if step.total:
            share = min(1.0, step.done / step.total)
            text += f" · {share:.0%}" if step.stage.startswith(FETCHING) else f" · {step.done:,} of {step.total:,}"
            if step.done:
                left = duration(passed / step.done * (step.total - step.done))
                speed = "" if step.stage.startswith(FETCHING) else f" · {step.done / passed:.0f} a second"
                text += f"{speed} · {left} left"
        st.progress(share, text=text)
        if step.stage.startswith(FETCHING):
            st.caption("The download happens once. Without it, shots are ranked by measurements alone.")
            st.button("Skip the download", on_click=(run.folder / SKIP).touch, icon=":material/skip_next:")
    st.caption("You can close this page. Bookmark it to come back; the scan continues.")
    st.button("Cancel", on_click=server().jobs.cancel, args=(run,), icon=":material/close:")
