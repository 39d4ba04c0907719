"""The gallery: every photo of the library in a grid, one of them large, and what can be said of many at once.

Streamlit only mounts it. What it shows it fetches itself, and what the person says goes to the library's routes, see
server/library_routes.py.
"""

import streamlit as st

from screens.parts import mount

_component = st.components.v2.component(
    "unipic_gallery",
    html='<div class="unipic darkroom gallery"></div>',
    css=mount.styles("darkroom/darkroom", *(f"gallery/{name}" for name in ("gallery", "grid", "large", "search"))),
    js=mount.script("gallery", "Gallery", "export"),
)


def gallery() -> str | None:
    """The photos of the library. The token of a run of selected photos, once the person wants to export them."""
    run = _component(key="gallery", data={"token": "library"}, on_export_change=mount.rerun).get("export")
    return str(run) if run else None
