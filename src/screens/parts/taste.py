"""Your taste: what was learned from earlier choices, whether it is used and why not, and how to forget it."""

import streamlit as st

from screens.parts.words import plain
from server.state import server, taste
from unipic.cleanup.criteria import BY_NAME, WEIGHTS
from unipic.core.errors import DecisionsUnreadable
from unipic.core.language import gettext as _, retold
from unipic.core.settings import data_folder
from unipic.review.taste import Verdict, changes
from unipic.review.taste_log import forget

TOLD = 0.02  # of all weight: less is not worth a word
MAX_WORDS = 3  # criteria that are named as more, and as less, important


def your_taste() -> None:
    st.subheader(_("Your taste"))
    try:
        verdict = taste()
    except DecisionsUnreadable as error:
        st.warning(_("The default ranking is used: {error}", error=plain(str(error))), icon=":material/warning:")
        _forget()
        return
    if not verdict.groups:
        st.markdown(_("Nothing learned yet. When you make an album, Unipic learns from the groups you reviewed."))
        return
    _figures(verdict)
    st.markdown(_state(verdict))
    st.caption(
        _(
            "Learned on this server for everyone who uses it, from numbers only. Nothing leaves the machine. "
            "Suggestions you accepted unchanged count less if you seem to have skipped some."
        )
    )
    _forget()


def _figures(verdict: Verdict) -> None:
    said = _("How often its first shot is one you kept, in groups it has not learned from.")
    with st.grid("auto", min_column_width=160):
        st.metric(_("Groups learned from"), f"{verdict.groups:,}", border=True)
        st.metric(_("Your taste was right"), _share(verdict.held_out_learned), border=True, help=said)
        st.metric(_("Default was right"), _share(verdict.held_out_default), border=True, help=said)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


def _state(verdict: Verdict) -> str:
    words = _words(verdict)
    if verdict.used:
        return _(
            "**Used** to choose the best shots, unless you switch it off when you add photos: {why}. {words}",
            why=plain(retold(verdict.why)),
            words=words,
        )
    return _("**Not used**: {why}. {words}", why=plain(retold(verdict.why)), words=words)


def _words(verdict: Verdict) -> str:
    changed = [(BY_NAME[name].value, change) for name, change in changes(verdict.weights, WEIGHTS)]
    more = [plain(_(name)) for name, change in changed if change >= TOLD][:MAX_WORDS]
    less = [plain(_(name)) for name, change in changed if change <= -TOLD][:MAX_WORDS]
    cares = [
        *([_("more about {criteria}", criteria=_listed(more))] if more else []),
        *([_("less about {criteria}", criteria=_listed(less))] if less else []),
    ]
    if not cares:
        return (
            _("You care about the same as the default.")
            if verdict.used
            else _("So far you seem to care about the same as the default.")
        )
    told = ", ".join(cares)
    return (
        _("You care {more_or_less} than the default.", more_or_less=told)
        if verdict.used
        else _("So far you seem to care {more_or_less} than the default.", more_or_less=told)
    )


def _listed(names: list[str]) -> str:
    return _("{names} and {last}", names=", ".join(names[:-1]), last=names[-1]) if names[1:] else names[0]


def _forget() -> None:
    with st.popover(_("Forget what was learned"), icon=":material/delete:"):
        st.markdown(_("What was learned from your choices is deleted permanently. Photos and albums are not touched."))
        st.button(_("Forget"), type="primary", key="forget", on_click=_forgotten)


def _forgotten() -> None:
    with server().deciding:
        forget(data_folder())
