"""On a phone: the pages that are not in the bar at the bottom."""

import streamlit as st

from server.state import library

st.title("More", anchor=False)
st.page_link("finish.py", label="Finish", icon=":material/task_alt:")
st.page_link("people.py", label="People", icon=":material/face:")
if library().paths() and library().has_dates():
    st.page_link("events.py", label="Events", icon=":material/event:")
if library().has_films():
    st.page_link("videos.py", label="Videos", icon=":material/movie:")
st.page_link("folders.py", label="Library folders", icon=":material/folder_open:")
st.page_link("stats.py", label="Statistics", icon=":material/monitoring:")
st.page_link("models.py", label="Models", icon=":material/memory:")
