"""The models Unipic can use: what for, their licence, and whether they are here."""

import streamlit as st

from screens.parts.get_model import get_model
from screens.parts.words import plain, size
from unipic.core.language import gettext as _
from unipic.core.settings import COMMAND, models_folder
from unipic.vision.registry import inventory


def screen() -> None:
    st.title(_("Models"))
    st.markdown(_("Everything runs on this server; photos never leave it. Without models, built-in methods are used."))
    for model, status in inventory(models_folder()):
        with st.container(border=True):
            st.markdown(f"**{plain(_(model.label))}**  \n{plain(_(model.use))}")
            state = _("here") if status.state == "present" else _("not here, {size} to download", size=size(model.size))
            if status.state == "damaged":
                state = plain(status.problem)
            st.caption(_("Licence: {licence} · {state}", licence=plain(model.licence), state=state))
            if status.state == "missing" and not model.shipped:
                get_model(model)
    st.caption(
        _("Names of places: GeoNames (geonames.org), CC BY 4.0. They come along, and nothing is asked for online.")
    )
    st.caption(
        _("The sha256 of each file is checked. `{command} models fetch NAME` downloads one, too.", command=COMMAND)
    )


screen()
