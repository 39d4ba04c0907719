"""Options of a run: the few settings a person may want to change before a scan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from screens.parts.controls import controls, show
from screens.session import session
from server.state import taste
from unipic.core.errors import DecisionsUnreadable
from unipic.core.settings import PRESETS, Thresholds


@dataclass(frozen=True)
class RunSettings:
    preset: str
    prompt: str
    thresholds: Thresholds
    taste: bool | None  # None: there is none to use

    def settings(self) -> dict[str, Any]:
        """For a run: what was said, or shown and left as it was."""
        said = {"preset": self.preset, "prompt": self.prompt, "taste": self.taste, **vars(self.thresholds)}
        return {name: value for name, value in said.items() if value not in (None, "")}


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
        if session.widget("similar") is None:
            show("", Thresholds())
        chosen = controls("")
        learned = (
            st.toggle("Use my taste, learned from earlier choices", True, key="taste") if _taste_is_used() else None
        )
    return RunSettings(preset, prompt, chosen, learned)


def _taste_is_used() -> bool:
    try:
        return taste().used
    except DecisionsUnreadable:  # the statistics say so
        return False
