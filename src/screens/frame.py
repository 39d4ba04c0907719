"""The frame around every screen: title, navigation."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from screens.parts.theme import theme

ICON = str(Path(__file__).with_name("icon.svg"))

st.set_page_config(page_title="Unipic", page_icon=ICON, layout="wide")
st.logo(ICON, size="large")
theme()

pages = [
    st.Page("add.py", title="Add photos", icon=":material/add_photo_alternate:", default=True),
    *(st.Page("photos.py", title="Photos", icon=":material/photo_library:"), st.Page("export.py", title="Export")),
    st.Page("review.py", title="Review", icon=":material/checklist:"),
    st.Page("finish.py", title="Finish", icon=":material/task_alt:"),
    st.Page("stats.py", title="Statistics", icon=":material/monitoring:", url_path="statistics"),
]
st.navigation(pages, position="top").run()
