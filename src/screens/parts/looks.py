"""How to look: the few settings a person may want to change before the work begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from unipic.settings import PRESETS

WINDOWS = {"any time": None, "10 seconds": 10.0, "1 minute": 60.0, "10 minutes": 600.0, "1 hour": 3600.0}


@dataclass(frozen=True)
class Looks:
    preset: str
    prompt: str
    similar: float | None
    near: float | None
    time_window: float | None

    def settings(self) -> dict[str, Any]:
        """For a run: only what differs from the defaults."""
        return {name: value for name, value in vars(self).items() if value not in (None, "")}


def looks() -> Looks:
    with st.expander("How to look", icon=":material/tune:"):
        preset = st.selectbox(
            "What makes a good photo", list(PRESETS), format_func=str.capitalize, key="preset", persist_state="page"
        )
        prompt = st.text_input(
            "In your own words (optional)",
            key="prompt",
            placeholder=PRESETS[preset],
            help="Used when CLIP ranks; the built-in ranking measures sharpness, exposure, contrast and noise.",
        )
        window = st.selectbox("Shots of one moment lie within", list(WINDOWS), key="window")
        own = st.toggle("Use each encoder's own thresholds", value=True, key="own")
        similar = near = None
        if not own:
            similar = st.slider("Similar shots from", 0.50, 1.0, 0.90, 0.005, format="%.3f", key="similar")
            near = st.slider("Same picture from", 0.80, 1.0, 0.995, 0.001, format="%.3f", key="near")
            st.caption("Cosine similarity. Higher finds fewer and surer groups.")
    return Looks(preset, prompt, similar, near, WINDOWS[window])
