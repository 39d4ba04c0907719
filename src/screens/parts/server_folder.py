"""Choose a folder on the server among those that the operator opened."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from server.operator import readable_folders
from unipic.sources.folder import allowed


def server_folder(key: str) -> Path | None:
    """The chosen folder, as typed; None if the operator opened none, which is said."""
    roots = readable_folders()
    if not roots:
        st.info(
            "No folder on this server is open to Unipic. Its operator can open some: start Unipic with "
            "`UNIPIC_ROOTS=/path/to/photos`, several folders separated by `:`.",
            icon=":material/folder_off:",
        )
        return None
    root = st.selectbox("Folder", roots, format_func=str, key=f"{key}root")
    inside = st.text_input("Subfolder (optional)", key=f"{key}inside", placeholder="2024/Lisbon")
    st.caption("All subfolders are read. Nothing in them is changed.")
    return Path(root) / inside


def real_folder(chosen: Path) -> Path:
    """The real folder behind a chosen one. SourceError if the operator does not allow it."""
    return allowed(chosen, readable_folders())
