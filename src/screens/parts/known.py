"""What Unipic knows of the library's photos, in figures, and how to make it forget one kind of it."""

import streamlit as st

from screens.parts.words import count, plain, size
from server.state import library
from unipic.core.language import gettext as _, gettext_noop as N_, number
from unipic.core.settings import Settings, models_folder
from unipic.library.library import KINDS
from unipic.library.status import Status, status
from unipic.vision.registry import Loader, open_encoder

EVERYTHING = "everything"
WORDS = {  # what is forgotten, in people's words
    "comparisons": N_("Comparisons between photos"),
    "scores": N_("Ratings by models"),
    "vectors": N_("Embeddings: what models see in a photo"),
    "parts": N_("Words and other parts found in pictures"),
    "search": N_("What the search looks through"),
    "faces": N_("Faces: where they are, and what tells them apart"),
    EVERYTHING: N_("All of it, thumbnails too"),
}


def known() -> None:
    """The figures, and under them the way to clear one kind of facts. People's decisions are not among them."""
    with st.expander(_("What Unipic knows of these photos"), icon=":material/database:"):
        settings = Settings()
        encoder, _notice = open_encoder(settings.comparing.encoder, Loader(models_folder(), fetch=False))
        found = status(library(), encoder.key, settings.limits)
        _figures(found)
        _clear(found)


def _figures(found: Status) -> None:
    figures: dict[str, int | str] = {
        _("Photos"): found.photos,
        _("To be read"): found.waiting,
        _("With a place"): found.places,
        _("With words"): found.words,
        _("Stored"): size(found.bytes),
    }
    with st.grid("auto", min_column_width=130):
        for label, figure in figures.items():
            st.metric(label, figure if isinstance(figure, str) else number(figure), border=True)
    models = [
        "- " + _("{photos} by {model}", photos=count(n, "photo"), model=plain(key)) for key, n in found.vectors.items()
    ]
    if models:
        st.markdown("\n".join([_("**Embeddings**"), "", *models]))


def _clear(found: Status) -> None:
    st.markdown(
        _(
            "**Forget**  \nIt is made again when it is needed, which takes time. Your photos, decisions, tags, "
            "albums and names stay."
        )
    )
    there = [kind for kind in WORDS if kind in KINDS or kind == EVERYTHING]
    with st.form("forget", clear_on_submit=True):  # so the next time is confirmed anew
        kind = st.selectbox(_("What"), there, format_func=lambda kind: _(WORDS[kind]), key="forget-kind")
        typed = st.text_input(
            _("To confirm, type the number of photos: {photos}", photos=found.photos), key="forget-number"
        )
        pressed = st.form_submit_button(_("Forget it"), icon=":material/delete_sweep:")
    if pressed and typed.strip() == str(found.photos):
        _forget(kind)
        st.rerun()
    elif pressed:
        st.error(
            _("Nothing was forgotten: the number of photos is {photos}.", photos=found.photos), icon=":material/error:"
        )


def _forget(kind: str) -> None:
    if kind == EVERYTHING:
        library().forget_all()
    else:
        library().forget(kind=kind)
    st.toast(_("Forgotten: {what}", what=_(WORDS[kind])), icon=":material/check:")
