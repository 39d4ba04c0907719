"""The frame around every screen: title, navigation. A page appears once there is something for it to show."""

from pathlib import Path
from typing import Any

import streamlit as st

from screens.parts.languages import languages
from screens.parts.theme import theme
from screens.parts.thumb_bar import thumb_bar
from server.operator import readable_folders
from server.state import library
from unipic.core.language import gettext as _

ICON = str(Path(__file__).with_name("icon.svg"))

st.set_page_config(page_title="Unipic", page_icon=ICON, layout="wide")
st.logo(ICON, size="large")
theme()

there = bool(library().paths())
possible = there or bool(readable_folders())


def _page(file: str, title: str, icon: str, shown: bool = True, **more: Any) -> Any:
    more["visibility"] = "visible" if shown else "hidden"
    return st.Page(f"{file}.py", title=title, icon=f":material/{icon}:", **more)


home = _page("home", _("Home"), "home", default=there)
address = "add" if there else "start"
add = _page("add", _("Add photos"), "add_photo_alternate", default=not there, url_path=address)
# A default page has no address of its own; links to this one hold also before there is a library.
linked = st.Page("add.py", title=_("Add photos"), url_path="add", visibility="hidden")
review = _page("review", _("Review"), "checklist")
finish = _page("finish", _("Finish"), "task_alt")
photos = _page("photos", _("Photos"), "photo_library", there)
people = _page("people", _("People"), "face", there)
events = _page("events", _("Events"), "event", there and library().has_dates())
videos = _page("videos", _("Videos"), "movie", library().has_films())
folders = _page("folders", _("Folders"), "folder_open", possible)
export = _page("export", _("Export"), "ios_share", shown=False)
stats = _page("stats", _("Statistics"), "monitoring", url_path="statistics")
models = _page("models", _("Models"), "memory")
more = _page("more", _("More"), "more_horiz", shown=False)

shelves = [photos, people, events, videos, folders, export]
pages = {"": [home], _("Clean up"): [add, review, finish]} if there else {"": [add, linked, review, finish]}
page = st.navigation({**pages, _("Library"): shelves, _("More"): [stats, models, more]}, position="top")
thumb_bar([home, add, review, photos, more] if there else [add, review, finish, more])
page.run()
if page in (home, add, linked, stats, models, more):
    languages()
