"""Your taste: what was learned from earlier choices, whether it is used and why not, and how to forget it."""

from __future__ import annotations

import streamlit as st

from screens.parts.words import plain
from server.state import server, taste
from unipic.cleanup.rank import WEIGHTS
from unipic.core.errors import DecisionsUnreadable
from unipic.core.settings import data_folder
from unipic.review.taste import Verdict, changes
from unipic.review.taste_log import forget

WORDS = {
    "sharpness": "sharpness",
    "shake": "a steady hand",
    "exposure": "exposure",
    "highlights": "detail in bright parts",
    "shadows": "detail in dark parts",
    "contrast": "contrast",
    "noise": "grain",
    "tilt": "a straight horizon",
    "cut": "nothing cut off",
    "framing": "framing",
    "wish": "the wish in words",
    "aesthetic": "how pleasing a picture is",
}
TOLD = 0.02  # of all weight: less is not worth a word
MOST = 3  # words each way


def your_taste() -> None:
    st.subheader("Your taste")
    try:
        verdict = taste()
    except DecisionsUnreadable as error:
        st.warning(f"The default ranking is used: {plain(str(error))}", icon=":material/warning:")
        _forget()
        return
    if not verdict.groups:
        st.markdown("Nothing learned yet. Groups you review are learned from when you make an album.")
        return
    _figures(verdict)
    st.markdown(_state(verdict))
    st.caption(
        "Learned on this server, from numbers only, for everybody who uses it. Nothing of it leaves the machine. "
        "Suggestions you left as they were count less if you seem not to have looked at them all."
    )
    _forget()


def _figures(verdict: Verdict) -> None:
    said = "Of groups it was not taught with: how often the shot it puts first is one you kept."
    with st.grid("auto", min_column_width=160):
        st.metric("Groups learned from", f"{verdict.groups:,}", border=True)
        st.metric("Your taste was right", _share(verdict.held_out_learned), border=True, help=said)
        st.metric("Default was right", _share(verdict.held_out_default), border=True, help=said)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _state(verdict: Verdict) -> str:
    words = _words(verdict)
    if verdict.used:
        where = "to choose the best shots, unless you switch it off when you add photos"
        return f"**Used** {where}: {plain(verdict.why)}. {words}"
    return f"**Not used**: {plain(verdict.why)}. {words}"


def _words(verdict: Verdict) -> str:
    changed = [(WORDS.get(name, name), change) for name, change in changes(verdict.weights, WEIGHTS)]
    more = [plain(name) for name, change in changed if change >= TOLD][:MOST]
    less = [plain(name) for name, change in changed if change <= -TOLD][:MOST]
    parts = [f"{way} about {_listed(names)}" for way, names in (("more", more), ("less", less)) if names]
    seems = "You care" if verdict.used else "So far you seem to care"
    return f"{seems} {', '.join(parts)} than the default." if parts else f"{seems} about the same as the default."


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _forget() -> None:
    with st.popover("Forget what was learned", icon=":material/delete:"):
        st.markdown("What was learned from your choices is deleted for good. Photos and albums are not touched.")
        st.button("Forget", type="primary", key="forget", on_click=_forgotten)


def _forgotten() -> None:
    with server().deciding:
        forget(data_folder())
