"""Export of photos that were selected in the library: the same ways out as after a review."""

import streamlit as st

from screens.parts.export import Export, export
from screens.parts.words import count
from server.keeping import kept_for
from server.runs import Run
from server.state import selection_of, server
from unipic.core.errors import RunNotFound
from unipic.core.language import gettext as _


def screen() -> None:
    run = _selected()
    if run is None:
        st.title(_("Nothing selected"))
        st.markdown(_("Select photos in the library, then choose Export."))
        st.page_link("photos.py", label=_("Photos"), icon=":material/photo_library:")
        return
    st.query_params["run"] = run.token
    outcomes, missing = selection_of(run)
    st.title(_("Export {photos}", photos=count(len(outcomes), "photo")))
    st.page_link("photos.py", label=_("Back to the photos"), icon=":material/arrow_back:")
    if missing:
        st.warning(
            _("{photos} of the selection left the library since.", photos=count(missing, "photo")),
            icon=":material/warning:",
        )
    if export(Export(run, outcomes)):
        run.change(finished=True)
    st.caption(_("This selection is deleted {when}. The photos stay where they are.", when=kept_for()))


def _selected() -> Run | None:
    """The selection that the address names."""
    try:
        run = server().runs.open(st.query_params.get("run", ""))
    except RunNotFound:
        return None
    return run if run.load().source == "selection" else None


screen()
