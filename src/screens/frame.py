"""The frame around every screen: title, navigation. A page appears once there is something for it to show."""

from pathlib import Path
from typing import Any

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


def _page(file: str, title: str, icon: str, shown: bool = True, **more: Any) -> Any:
    more["visibility"] = "visible" if shown else "hidden"
    return st.Page(f"{file}.py", title=title, icon=f":material/{icon}:", **more)


home = _page("home", "Home", "home", default=there)
address = "add" if there else "start"
add = _page("add", "Add photos", "add_photo_alternate", default=not there, url_path=address)
# A default page has no address of its own; links to this one hold also before there is a library.
linked = st.Page("add.py", title="Add photos", url_path="add", visibility="hidden")
review = _page("review", "Review", "checklist")
finish = _page("finish", "Finish", "task_alt")
photos = _page("photos", "Photos", "photo_library", there)
people = _page("people", "People", "face", there)
events = _page("events", "Events", "event", there and library().has_dates())
videos = _page("videos", "Videos", "movie", library().has_films())
folders = _page("folders", "Folders", "folder_open", possible)
export = _page("export", "Export", "ios_share", shown=False)
stats = _page("stats", "Statistics", "monitoring", url_path="statistics")
models = _page("models", "Models", "memory")
more = _page("more", "More", "more_horiz", shown=False)

shelves = [photos, people, events, videos, folders, export]
pages = {"": [home], "Clean up": [add, review, finish]} if there else {"": [add, linked, review, finish]}
page = st.navigation({**pages, "Library": shelves, "More": [stats, models, more]}, position="top")
thumb_bar([home, add, review, photos, more] if there else [add, review, finish, more])
page.run()
