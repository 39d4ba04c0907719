"""Your taste: what was learned from earlier choices, whether it is used and why not, and how to forget it."""

import streamlit as st

from screens.parts.words import plain
from server.state import server, taste
from unipic.cleanup.criteria import BY_NAME, WEIGHTS
from unipic.core.errors import DecisionsUnreadable
from unipic.core.settings import data_folder
from unipic.review.taste import Verdict, changes
from unipic.review.taste_log import forget

TOLD = 0.02  # of all weight: less is not worth a word
MAX_WORDS = 3  # criteria that are named as more, and as less, important


def your_taste() -> None:
    st.subheader("Your taste")
    try:
        verdict = taste()
    except DecisionsUnreadable as error:
        st.warning(f"The default ranking is used: {plain(str(error))}", icon=":material/warning:")
        _forget()
        return
    if not verdict.groups:
        st.markdown("Nothing learned yet. When you make an album, Unipic learns from the groups you reviewed.")
        return
    _figures(verdict)
    st.markdown(_state(verdict))
    st.caption(
        "Learned on this server for everyone who uses it, from numbers only. Nothing leaves the machine. "
        "Suggestions you accepted unchanged count less if you seem to have skipped some."
    )
    _forget()


def _figures(verdict: Verdict) -> None:
    said = "How often its first shot is one you kept, in groups it has not learned from."
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
    changed = [(BY_NAME[name].value, change) for name, change in changes(verdict.weights, WEIGHTS)]
    more = [plain(name) for name, change in changed if change >= TOLD][:MAX_WORDS]
    less = [plain(name) for name, change in changed if change <= -TOLD][:MAX_WORDS]
    parts = [f"{way} about {_listed(names)}" for way, names in (("more", more), ("less", less)) if names]
    seems = "You care" if verdict.used else "So far you seem to care"
    return f"{seems} {', '.join(parts)} than the default." if parts else f"{seems} about the same as the default."


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _forget() -> None:
    with st.popover("Forget what was learned", icon=":material/delete:"):
        st.markdown("What was learned from your choices is deleted permanently. Photos and albums are not touched.")
        st.button("Forget", type="primary", key="forget", on_click=_forgotten)


def _forgotten() -> None:
    with server().deciding:
        forget(data_folder())
