"""A link that downloads a file by its address, once by itself. Bytes never pass through Python's memory."""

from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "unipic_download",
    html='<a class="download" download></a>',
    css=(HERE / "download.css").read_text(encoding="utf-8"),
    js=(HERE / "download.js").read_text(encoding="utf-8"),
)


def download(url: str, label: str, key: str) -> None:
    _component(data={"url": url, "label": label, "once": key}, key=f"download-{key}")
