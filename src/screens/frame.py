"""The frame around every screen: title, navigation. A page appears once there is something for it to show."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from screens.parts.theme import theme
from screens.parts.thumb_bar import thumb_bar
from server.operator import readable_folders
from server.state import library

ICON = str(Path(__file__).with_name("icon.svg"))

st.set_page_config(page_title="Unipic", page_icon=ICON, layout="wide")
st.logo(ICON, size="large")
theme()

there = bool(library().paths())
possible = there or bool(readable_folders())

home = st.Page("home.py", title="Home", icon=":material/home:", default=there)
add = st.Page(
    "add.py",
    title="Add photos",
    icon=":material/add_photo_alternate:",
    default=not there,
    url_path="add" if there else "start",
)
# A default page has no address of its own; links to this one hold also before there is a library.
linked = st.Page("add.py", title="Add photos", url_path="add", visibility="hidden")
review = st.Page("review.py", title="Review", icon=":material/checklist:")
finish = st.Page("finish.py", title="Finish", icon=":material/task_alt:")
photos = st.Page(
    "photos.py", title="Photos", icon=":material/photo_library:", visibility="visible" if there else "hidden"
)
people = st.Page("people.py", title="People", icon=":material/face:", visibility="visible" if there else "hidden")
events = st.Page(
    "events.py",
    title="Events",
    icon=":material/event:",
    visibility="visible" if there and library().has_dates() else "hidden",
)
videos = st.Page(
    "videos.py",
    title="Videos",
    icon=":material/movie:",
    visibility="visible" if library().has_films() else "hidden",
)
folders = st.Page(
    "folders.py", title="Folders", icon=":material/folder_open:", visibility="visible" if possible else "hidden"
)
export = st.Page("export.py", title="Export", icon=":material/ios_share:", visibility="hidden")
stats = st.Page("stats.py", title="Statistics", icon=":material/monitoring:", url_path="statistics")
models = st.Page("models.py", title="Models", icon=":material/memory:")

more = st.Page("more.py", title="More", icon=":material/more_horiz:", visibility="hidden")

shelves = [photos, people, events, videos, folders, export]
pages = {"": [home], "Clean up": [add, review, finish]} if there else {"": [add, linked, review, finish]}
page = st.navigation({**pages, "Library": shelves, "More": [stats, models, more]}, position="top")
thumb_bar([home, add, review, photos, more] if there else [add, review, finish, more])
page.run()
