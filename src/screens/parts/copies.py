"""The first lanes: copies that would be set aside, each beside the photo that stays, to be taken back with one tick."""

from __future__ import annotations

import streamlit as st

from screens.parts.card import facts, picture
from screens.parts.words import count, plain, size
from screens.session import session
from screens.tools import choices_of, decide
from unipic.cleanup import Cleanup, DuplicateSet
from unipic.review import restore
from unipic.runs import Run

PAGE = 10  # sets on a screen
TITLES = {
    "exact": "Identical files",
    "pixels": "Same pixels, other file",
    "near": "Same picture, other file",
}


def copies(run: Run, cleanup: Cleanup) -> None:
    choices = choices_of(run)
    every = [copy for found in cleanup.lanes for copy in found.copies]
    back = [copy for copy in every if copy.id in choices.restored]
    aside = sum(copy.size for copy in every if copy.id not in choices.restored)
    st.markdown(
        f"**{count(len(every) - len(back), 'copy', 'copies')}** would be set aside, saving **{plain(size(aside))}**. "
        "The photo on the left of each set stays. Nothing happens to your originals."
    )
    with st.container(horizontal=True):
        ids = [copy.id for copy in every]
        st.button("Take all back", on_click=_take, args=(run, ids, True), disabled=len(back) == len(every))
        st.button("Set all aside", on_click=_take, args=(run, ids, False), disabled=not back)
    pages = -(-len(cleanup.lanes) // PAGE)
    page = st.pagination(pages, key="copies-page") if pages > 1 else 1
    with st.grid("auto", min_column_width=440):
        for found in cleanup.lanes[(page - 1) * PAGE : page * PAGE]:
            _set(run, found, choices.restored)


def _set(run: Run, found: DuplicateSet, restored: frozenset[str]) -> None:
    with st.container(border=True):
        st.markdown(f"**{TITLES[found.kind]}**")
        with st.grid(min(3, 1 + len(found.copies)), min_column_width=140, gap="small"):
            with st.container():
                st.badge("STAYS", icon=":material/check:", color="green")
                picture(run, found.keeper)
                facts(found.keeper)
            for copy, reason, look in zip(found.copies, found.reasons, found.looks, strict=True):
                with st.container():
                    back = copy.id in restored
                    st.badge(
                        "STAYS TOO" if back else "SET ASIDE",
                        icon=":material/undo:" if back else ":material/content_copy:",
                        color="blue" if back else "gray",
                    )
                    picture(run, copy)
                    key = f"back-{copy.id}"
                    session.set_widget(key, back)
                    st.checkbox("Keep this one too", key=key, on_change=_take, args=(run, [copy.id], not back))
                    facts(copy, plain(f"{look}; {reason}" if look else reason))


def _take(run: Run, ids: list[str], back: bool) -> None:
    decide(run, lambda choices: restore(choices, ids, back))
