"""Decisions about these photos, from this run and earlier ones, to look through and take back."""

from __future__ import annotations

import secrets
from datetime import datetime

import streamlit as st

from screens.parts.words import count, plain
from unipic.library.decisions import Ruling
from unipic.review.desk import Desk

MAX_ROWS_SHOWN = 100  # rows; the command line lists them all


def remembered(desk: Desk) -> None:
    if desk.problem:
        st.warning(f"Decisions are kept in this review only: {plain(desk.problem)}", icon=":material/warning:")
    before = {ruling.id for ruling in desk.earlier}
    by_hand = [ruling for ruling in desk.shown if ruling.kept is None]
    earlier = [ruling for ruling in desk.shown if ruling.kept is not None and ruling.id in before]
    if not by_hand and not earlier:
        return
    with st.popover(f"Remembered ({len(by_hand) + len(earlier)})", icon=":material/bookmark:"):
        st.markdown("Your decisions about these photos. They still apply if files are renamed or moved.")
        rows = [*reversed(by_hand), *reversed(earlier)]
        for ruling in rows[:MAX_ROWS_SHOWN]:
            _row(desk, ruling)
        if len(rows) > MAX_ROWS_SHOWN:
            st.caption(f"... and {len(rows) - MAX_ROWS_SHOWN:,} more")
        if earlier:
            ids = [ruling.id for ruling in earlier]
            st.button(f"Forget all {len(ids):,} from earlier reviews", on_click=_forget, args=(desk, ids))


def _row(desk: Desk, ruling: Ruling) -> None:
    names = ", ".join(ruling.names[:3]) + (", ..." if len(ruling.names) > 3 else "")
    with st.container(horizontal=True, vertical_alignment="center"):
        when = datetime.fromtimestamp(ruling.at)
        st.markdown(f"**{_what(ruling)}** · {when:%Y-%m-%d}  \n{plain(names)}")
        st.button("Forget", key=f"forget-{ruling.id}", on_click=_forget, args=(desk, [ruling.id]))


def _what(ruling: Ruling) -> str:
    if ruling.kept is not None:
        return f"{len(ruling.kept)} of {count(len(ruling.parts[0]), 'photo')} kept"
    if len(ruling.parts) == 1:
        return "One group"
    return "Not duplicates" if all(len(part) == 1 for part in ruling.parts) else f"Split into {len(ruling.parts)}"


def _forget(desk: Desk, ids: list[str]) -> None:
    with desk.lock:
        desk.forget(secrets.token_hex(8), ids)
