"""Small pictures of photos, group by group, with a word under each: names are set as text by the script."""

from collections.abc import Sequence

import streamlit as st

from screens.parts import mount

Picture = dict[str, str]  # source, name, facts, word, and "stays" if the photo does

_component = st.components.v2.component(
    "unipic_preview", html='<div class="preview"></div>', css=mount.text("preview.css"), js=mount.text("preview.js")
)


def preview(groups: Sequence[Sequence[Picture]], key: str) -> None:
    """A row of pictures for each group."""
    _component(data={"groups": [list(group) for group in groups]}, key=key)
