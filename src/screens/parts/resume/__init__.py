"""Continue: the reviews and uploads of this browser, which alone keeps the list of their tokens.

How far each is, the cards ask the server themselves, see server/continue_routes.py.
"""

from typing import Any

import streamlit as st

from screens.parts import mount
from server.runs import Run
from server.state import server
from unipic.core.errors import RunNotFound

_keep = st.components.v2.component("unipic_keep", html="<span hidden></span>", js=mount.text("resume/keep.js"))
_cards = st.components.v2.component(
    "unipic_resume",
    html='<section class="unipic darkroom resume" hidden></section>',
    css=mount.styles("resume/resume"),
    js=mount.script("resume", "Cards", "open"),
)


def keep(run: Run) -> None:
    """Have this browser remember a run, and show its token in the address, which opens it again."""
    _keep(key="resume-keep", data={"token": run.token})


def resume(shown: str = "") -> None:
    """A card for each run that this browser remembers, but for the token that is `shown`, to open or delete it."""
    token = _cards(key="resume", data={"token": shown}, on_open_change=mount.rerun).get("open")
    if token:
        _open(token)


def _open(token: Any) -> None:
    try:
        state = server().runs.open(str(token)).load()
    except (RunNotFound, FileNotFoundError):  # deleted meanwhile; the cards say so when they are drawn again
        return
    if state.state == "collecting":
        st.switch_page("add.py", query_params={"upload": str(token)})
    st.switch_page("review.py", query_params={"run": str(token)})
