"""The choice of a language: a plain link for each, in its own words, so that everybody finds theirs."""

import streamlit as st

from screens.parts import mount
from unipic.core.language import LANGUAGES, gettext as _, language

_LINKS = "".join(f'<a href="/unipic/language/{code}" lang="{code}">{name}</a>' for code, name in LANGUAGES.items())
_component = st.components.v2.component(
    "unipic_languages",
    html=f'<nav class="languages">{_LINKS}</nav>',
    css=mount.text("languages.css"),
    js=mount.text("languages.js"),
)


def languages() -> None:
    """The links, at the end of a page, to which they lead back."""
    _component(key="languages", data={"language": language(), "label": _("Language")})
