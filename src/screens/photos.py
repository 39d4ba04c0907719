"""The photos of the library. A selection goes on to the export."""

import streamlit as st

from screens.parts.gallery import gallery
from screens.parts.get_model import get_model, missing
from screens.parts.words import plain
from server.state import library
from unipic.core.language import gettext as _
from unipic.vision.registry import TEXT_ENCODERS

# The photos take the whole window, and only the grid scrolls.
STYLE = "<style>.stMainBlockContainer { max-width: none; padding: 4rem clamp(0.5rem, 2vw, 2rem) 0; }</style>"


def screen() -> None:
    st.html(STYLE)
    if library().paths():
        _offer()
    run = gallery()
    if run:
        st.switch_page("export.py", query_params={"run": run})


def _offer() -> None:
    """The models that search by what photos show, where none is installed."""
    offered = [missing(name) for name in TEXT_ENCODERS.values()]
    if not all(offered):
        return
    with st.popover(_("Search by what photos show"), icon=":material/image_search:", type="tertiary"):
        st.markdown(
            _(
                "With a model, *dog on a beach* finds dogs on beaches, whatever the files are called. It runs on "
                "this server. Once it is here, update the library under *Folders*: each photo is looked at once."
            )
        )
        for model in offered:
            if model and model.asked:
                licence = _("Licence: {licence}.", licence=plain(model.licence))
                st.markdown(f"**{plain(_(model.label))}**  \n{plain(_(model.use))} {licence}")
                get_model(model)


screen()
