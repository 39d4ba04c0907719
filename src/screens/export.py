"""The export of photos that were selected in the library."""

from __future__ import annotations

import streamlit as st

from screens.parts.words import count
from screens.session import session


def screen() -> None:
    run = session.run
    st.title("Export")
    if run is None or run.load().source != "selection":
        st.markdown("Select photos first.")
    else:
        st.markdown(f"{count(len(run.selected()), 'photo')} selected.")
    st.page_link("photos.py", label="Photos", icon=":material/photo_library:")


screen()
