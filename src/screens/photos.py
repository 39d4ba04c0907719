"""The photos of the library. A selection goes on to the export."""

from __future__ import annotations

import streamlit as st

from screens.parts.gallery import gallery

# The photos take the whole window, and only the grid scrolls.
STYLE = "<style>.stMainBlockContainer { max-width: none; padding: 4rem clamp(0.5rem, 2vw, 2rem) 0; }</style>"


def screen() -> None:
    st.html(STYLE)
    run = gallery()
    if run:
        st.switch_page("export.py", query_params={"run": run})


screen()
