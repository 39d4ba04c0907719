"""Tells the browser that the app can be installed: the manifest, an icon, and a worker for when it is offline."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from server.install_routes import PLACE
from server.phone import base_path

_component = st.components.v2.component(
    "unipic_install", js=Path(__file__).with_name("install.js").read_text(encoding="utf-8")
)


def install() -> None:
    with st.container(key="install"):
        _component(data={"place": f"{base_path()}{PLACE}/"}, key="installable")
