"""On a phone: the pages that are not in the bar at the bottom."""

import streamlit as st

from server.state import library
from unipic.core.language import gettext_noop as N_

st.title(N_("More"), anchor=False)
st.page_link("finish.py", label=N_("Finish"), icon=":material/task_alt:")
st.page_link("people.py", label=N_("People"), icon=":material/face:")
if library().paths() and library().has_dates():
    st.page_link("events.py", label=N_("Events"), icon=":material/event:")
if library().has_films():
    st.page_link("videos.py", label=N_("Videos"), icon=":material/movie:")
st.page_link("folders.py", label=N_("Library folders"), icon=":material/folder_open:")
st.page_link("stats.py", label=N_("Statistics"), icon=":material/monitoring:")
st.page_link("models.py", label=N_("Models"), icon=":material/memory:")
