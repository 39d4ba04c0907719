"""A link that downloads a file by its address, once by itself. Bytes never pass through Python's memory."""

import streamlit as st

from screens.parts import mount

_component = st.components.v2.component(
    "unipic_download",
    html='<a class="download" download></a>',
    css=mount.text("download.css"),
    js=mount.text("download.js"),
)


def download(url: str, label: str, key: str) -> None:
    _component(data={"url": url, "label": label, "once": key}, key=f"download-{key}")
