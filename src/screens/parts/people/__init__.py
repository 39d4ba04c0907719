"""People as a wall of faces, one of them in full, and questions by key: the component that Streamlit mounts.

What it shows it fetches itself, and what the person says goes to the routes of people, see server/people_routes.py.
"""

from __future__ import annotations

import streamlit as st

from screens.parts import mount

_component = st.components.v2.component(
    "unipic_people",
    html='<div class="darkroom people"></div>',
    css=mount.styles("darkroom/darkroom", "people/people"),
    js=mount.script("people", "People", "search"),
)


def people() -> None:
    """Everybody in the library. A person's photos are opened on Photos, by a search for them."""
    search = _component(key="people", data={"token": "library"}, on_search_change=mount.rerun).get("search")
    if search:  # the browser has noted for whom
        st.switch_page("photos.py")
