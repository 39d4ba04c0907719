"""Events: the timeline of cards, and one event with its days, to name, split, join and make an album of.

Streamlit only mounts it. What it shows it fetches itself, and what the person says goes to the routes of events, see
server/event_routes.py.
"""

from screens.parts import mount

_component = mount.page_of("events", "Events")


def events() -> None:
    """The events; goes on to the export of an album, or to the photos of an event."""
    mount.show(_component, "events")
