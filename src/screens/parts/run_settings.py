"""Options of a run: the few settings a person may want to change before a scan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from server.state import taste
from unipic.core.errors import DecisionsUnreadable
from unipic.core.settings import PRESETS, Settings

WINDOWS = {"any time": None, "10 seconds": 10.0, "1 minute": 60.0, "10 minutes": 600.0, "1 hour": 3600.0}

GROUPINGS = {
    "greedy": "all similar to one best shot (greedy)",
    "dbscan": "chains of shots with two or more similar neighbours (DBSCAN)",
    "components": "chains of similar shots of any length (components)",
}


@dataclass(frozen=True)
class RunSettings:
    preset: str
    prompt: str
    similar: float
    near: float
    grouping: str
    time_window: float | None
    taste: bool | None  # None: there is none to use

    def settings(self) -> dict[str, Any]:
        """For a run: what was said, or shown and left as it was."""
        return {name: value for name, value in vars(self).items() if value not in (None, "")}


def run_settings() -> RunSettings:
    with st.expander("Options", icon=":material/tune:"):
        preset = st.selectbox(
            "What makes a good photo", list(PRESETS), format_func=str.capitalize, key="preset", persist_state="page"
        )
        prompt = st.text_input(
            "In your own words (optional)",
            key="prompt",
            placeholder=PRESETS[preset],
            help="Used when CLIP ranks; the built-in ranking measures sharpness, exposure, contrast and noise.",
        )
        window = st.selectbox("Similar shots taken within", list(WINDOWS), key="window")
        similar = st.slider(
            "Similar shots",
            *(50.0, 99.0, Settings.similar, 1.0),
            format="%.0f",
            key="similar",
            help="At 90, nine in ten pairs show the same moment. Higher finds fewer, safer groups.",
        )
        near = st.slider(
            "Copies",
            *(10.0, 95.0, Settings.near, 5.0),
            format="%.0f",
            key="near",
            help="How exactly the pixels of copies must agree. 50 is the measured default. Higher finds fewer copies.",
        )
        grouping = st.selectbox("Grouping", list(GROUPINGS), format_func=lambda name: GROUPINGS[name], key="grouping")
        learned = (
            st.toggle("Use my taste, learned from earlier choices", True, key="taste") if _taste_is_used() else None
        )
    return RunSettings(preset, prompt, similar, near, grouping, WINDOWS[window], learned)


def _taste_is_used() -> bool:
    try:
        return taste().used
    except DecisionsUnreadable:  # the statistics say so
        return False
