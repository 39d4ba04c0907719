"""Events: the timeline of cards, and one event with its days, to name, split, join and make an album of.

Streamlit only mounts it. What it shows it fetches itself, and what the person says goes to the routes of events, see
server/event_routes.py.
"""

from typing import Any

import streamlit as st

from screens.parts import mount

_component = st.components.v2.component(
    "unipic_events",
    html='<div class="darkroom events"></div>',
    css=mount.styles("darkroom/darkroom", "events/events"),
    js=mount.script("events", "Events", "go"),
)


def events() -> dict[str, Any]:
    """The events. {"run": token} once the person wants an album, {"photos": True} to see one among all photos."""
    gone = _component(key="events", data={"token": "events"}, on_go_change=mount.rerun).get("go")
    return gone if isinstance(gone, dict) else {}
