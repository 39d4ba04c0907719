"""Options of a run: the few settings a person may want to change before a scan."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from screens.parts.controls import controls, show
from screens.parts.get_model import get_model, missing
from screens.session import session
from server.state import taste
from unipic.core.errors import DecisionsUnreadable
from unipic.core.language import gettext as _
from unipic.core.settings import PRESETS, Thresholds
from unipic.vision.registry import RANKER


@dataclass(frozen=True)
class RunSettings:
    preset: str
    prompt: str
    thresholds: Thresholds
    taste: bool | None  # None: there is none to use
    videos: bool

    def settings(self) -> dict[str, Any]:
        """For a run: what was said, or shown and left as it was."""
        said = {
            "preset": self.preset,
            "prompt": self.prompt,
            "taste": self.taste,
            "videos": self.videos or None,
            **vars(self.thresholds),
        }
        return {name: value for name, value in said.items() if value not in (None, "")}


def run_settings() -> RunSettings:
    with st.expander(_("Options"), icon=":material/tune:"):
        preset = st.selectbox(
            _("What makes a good photo"),
            list(PRESETS),
            format_func=lambda name: _(name).capitalize(),
            key="preset",
            persist_state="page",
        )
        prompt = _own_words(preset)
        if session.widget("similar") is None:
            show("", Thresholds())
        chosen = controls("")
        learned = (
            st.toggle(_("Use my taste, learned from earlier choices"), True, key="taste") if _taste_is_used() else None
        )
        videos = st.toggle(
            _("Films take part too"),
            key="videos",
            help=_(
                "Finds the same film in other files. Each film is looked through once, in a second or two a minute."
            ),
        )
    return RunSettings(preset, prompt, chosen, learned, videos)


def _own_words(preset: str) -> str:
    """What a person wrote; "" where there is no CLIP to judge by it, which is offered."""
    clip = missing(RANKER)
    words = st.text_input(
        _("In your own words (optional)"),
        key="prompt",
        placeholder=PRESETS[preset],
        disabled=clip is not None,
        help=_("CLIP says how well each of the similar shots fits these words."),
    )
    if clip is None:
        return words
    st.caption(
        _(
            "Your own words need {label}, which is not installed. Without it, shots are ranked by what is "
            "measured: sharpness, exposure, contrast and noise.",
            label=clip.label,
        )
    )
    get_model(clip)
    return ""


def _taste_is_used() -> bool:
    try:
        return taste().used
    except DecisionsUnreadable:  # the statistics say so
        return False
