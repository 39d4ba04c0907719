"""Export of photos that were selected in the library: the same ways out as after a review."""

import streamlit as st

from screens.parts.export import Export, export
from screens.parts.words import count
from server.keeping import kept_for
from server.runs import Run
from server.state import selection_of, server
from unipic.core.errors import RunNotFound


def screen() -> None:
    run = _selected()
    if run is None:
        st.title("Nothing selected")
        st.markdown("Select photos in the library, then choose Export.")
        st.page_link("photos.py", label="Photos", icon=":material/photo_library:")
        return
    st.query_params["run"] = run.token
    outcomes, missing = selection_of(run)
    st.title(f"Export {count(len(outcomes), 'photo')}")
    st.page_link("photos.py", label="Back to the photos", icon=":material/arrow_back:")
    if missing:
        st.warning(f"{count(missing, 'photo')} of the selection left the library since.", icon=":material/warning:")
    if export(Export(run, outcomes)):
        run.change(finished=True)
    st.caption(f"This selection is deleted {kept_for()}. The photos stay where they are.")


def _selected() -> Run | None:
    """The selection that the address names."""
    try:
        run = server().runs.open(st.query_params.get("run", ""))
    except RunNotFound:
        return None
    return run if run.load().source == "selection" else None


screen()
