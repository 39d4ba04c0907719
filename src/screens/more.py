"""On a phone: the pages that are not in the bar at the bottom."""

import streamlit as st

from server.state import library
from unipic.core.language import gettext as _

st.title(_("More"), anchor=False)
st.page_link("finish.py", label=_("Finish"), icon=":material/task_alt:")
st.page_link("people.py", label=_("People"), icon=":material/face:")
if library().paths() and library().has_dates():
    st.page_link("events.py", label=_("Events"), icon=":material/event:")
if library().has_films():
    st.page_link("videos.py", label=_("Videos"), icon=":material/movie:")
st.page_link("folders.py", label=_("Library folders"), icon=":material/folder_open:")
st.page_link("stats.py", label=_("Statistics"), icon=":material/monitoring:")
st.page_link("models.py", label=_("Models"), icon=":material/memory:")
