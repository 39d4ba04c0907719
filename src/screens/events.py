"""The events of the library. An album of one goes on to the export."""

import streamlit as st

from screens.parts.events import events


def screen() -> None:
    gone = events()
    if gone.get("run"):
        st.switch_page("export.py", query_params={"run": str(gone["run"])})
    if gone.get("photos"):
        st.switch_page("photos.py")


screen()
