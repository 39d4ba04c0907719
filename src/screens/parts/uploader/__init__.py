"""Upload photos from a browser to a run, file by file to the upload route, never through Streamlit."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from screens.parts import mount
from unipic.core.settings import Limits
from unipic.library.companions import RAWS, SIDECARS, VIDEOS
from unipic.reading.images import ENDINGS

# Many systems do not know the newer formats as pictures, and would not offer them; without a list, a phone would offer
# everything. What belongs to photos must be among what it offers.
_ENDINGS = ",".join((*(ending for endings in ENDINGS.values() for ending in endings), *RAWS, *VIDEOS, *SIDECARS))
_component = st.components.v2.component(
    "unipic_uploader",
    html=mount.text("uploader/uploader.html").replace("{endings}", _ENDINGS),
    css=mount.styles("uploader/uploader"),
    js=mount.text("uploader/uploader.js"),
)


@dataclass(frozen=True)
class UploadResult:
    """What the page claims to have sent. `Run.uploads()` has what arrived."""

    count: int
    bytes: int
    failed: int


def uploader(token: str, count: int, size: int, key: str) -> UploadResult | None:
    """The uploader of a run in which so many files, of so many bytes, are already.

    Its result is set once every chosen file was sent, given up or cancelled.
    """
    # Flat: of a nested value Streamlit asks whether it is a table, and loads pandas for that.
    data = {"token": token, "max_file": Limits().max_file, "count": count, "bytes": size}
    return _result(_component(key=key, data=data, on_result_change=mount.rerun).get("result"), token)


def _result(value: Any, token: str) -> UploadResult | None:
    """Values from a browser are checked like any other input."""
    if not isinstance(value, dict) or value.get("token") != token:
        return None
    numbers = [
        number for name in ("count", "bytes", "failed") if type(number := value.get(name)) is int and number >= 0
    ]
    return UploadResult(*numbers) if len(numbers) == 3 else None
