"""A model that is missing, offered where it is needed: its size, its licence, and the way to get it."""

import streamlit as st

from screens.parts.words import plain, size
from server.state import server
from unipic.core.language import gettext as _
from unipic.core.settings import models_folder, offline
from unipic.vision.manifest import Model
from unipic.vision.registry import inventory


def missing(name: str) -> Model | None:
    """The model, if it is not installed."""
    found = next((model, status) for model, status in inventory(models_folder()) if model.name == name)
    return None if found[1].state == "present" else found[0]


def get_model(model: Model) -> None:
    """A button that downloads the model, and the progress of that."""
    download = server().downloads.of(model.name)
    if download and download.at_work:
        _progress(model)
        return
    if download and download.problem:
        st.warning(plain(download.problem), icon=":material/cloud_off:")
    if offline():
        st.caption(_("This server does not download anything (UNIPIC_OFFLINE). Its operator can change that."))
        return
    st.button(
        _("Get {label} ({size})", label=model.label, size=size(model.size)),
        icon=":material/download:",
        help=_("Downloaded once, from {source}. Licence: {licence}.", source=model.source, licence=model.licence),
        on_click=server().downloads.start,
        args=(model.name,),
        key=f"get-{model.name}",
    )


@st.fragment(run_every=1)
def _progress(model: Model) -> None:
    download = server().downloads.of(model.name)
    if download is None or not download.at_work:
        st.rerun()
    step = download.step
    st.progress(step.share if step else 0.0, text=f"{step.stage} · {step.amount}" if step else _("Asking the server"))
    st.button(
        _("Cancel the download"),
        icon=":material/close:",
        on_click=server().downloads.cancel,
        args=(model.name,),
        key=f"stop-{model.name}",
    )
