"""Small pictures of photos, group by group, with a word under each: names are set as text by the script."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent

Picture = dict[str, str]  # source, name, facts, word, and "stays" if the photo does

_component = st.components.v2.component(
    "unipic_preview",
    html='<div class="preview"></div>',
    css=(HERE / "preview.css").read_text(encoding="utf-8"),
    js=(HERE / "preview.js").read_text(encoding="utf-8"),
)


def preview(groups: Sequence[Sequence[Picture]], key: str) -> None:
    """A row of pictures for each group."""
    _component(data={"groups": [list(group) for group in groups]}, key=key)
