"""The darkroom: all groups at a glance and each of them on one screen, by keyboard, mouse or thumb.

Streamlit only mounts it. What it shows it fetches itself, and what the person decides goes to the review route,
see server/review_routes.py, so that no rerun stands between a key and the next picture.
"""

import streamlit as st

from screens.parts import mount

_component = st.components.v2.component(
    "unipic_darkroom",
    html='<div class="unipic darkroom"></div>',
    css=mount.styles(
        *(f"darkroom/{name}" for name in ("darkroom", "list", "group", "compare", "bulk", "faces", "made"))
    ),
    js=mount.script("darkroom", "Darkroom", "done"),
)


def darkroom(token: str, arrangement: str) -> bool:
    """The groups of a run. True once the person says that they are through."""
    data = {"token": token, "arrangement": arrangement}
    return bool(_component(key=f"darkroom-{token}", data=data, on_done_change=mount.rerun).get("done"))
