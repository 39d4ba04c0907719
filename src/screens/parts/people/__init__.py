"""People as a wall of faces, one of them in full, and questions by key: the component that Streamlit mounts.

What it shows it fetches itself, and what the person says goes to the routes of people, see server/people_routes.py.
"""

from screens.parts import mount

_component = mount.page_of("people", "People")


def people() -> None:
    """Everybody in the library; goes on to a person's photos, or to the export of those found by a picture."""
    mount.show(_component, "people")
