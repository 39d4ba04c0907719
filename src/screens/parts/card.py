"""A photo on screen: its thumbnail, served as a file the browser may keep, and what it is in numbers."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from screens.parts.words import plain, printable, size
from unipic.photo import Photo
from unipic.runs import Run

BROWSER_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF")


def picture(run: Run, photo: Photo) -> None:
    """The thumbnail; a click opens the original where a browser can show it."""
    origin = _origin()
    thumb = run.thumbnails.path(photo.digest)
    if not thumb.exists():
        st.caption("no preview")
        return
    # Without a browser, as in tests, the file itself will do.
    source = f"{origin}/unipic/thumb/{run.token}/{photo.digest}" if origin else str(thumb)
    full = f"{origin}/unipic/photo/{run.token}/{photo.id}" if origin and photo.format in BROWSER_FORMATS else None
    st.image(source, width="stretch", link=full, alt=printable(photo.name))


def facts(photo: Photo, extra: str = "") -> None:
    """Name and numbers, as text and nothing else."""
    taken = photo.taken.strftime(" · %Y-%m-%d %H:%M:%S") if photo.taken else ""
    line = f"{photo.width} x {photo.height} · {size(photo.size)} · {photo.format}{taken}"
    note = f"  \n{plain(photo.note)}" if photo.note else ""
    st.caption(f"**{plain(photo.name)}**  \n{plain(line)}{note}" + (f"  \n{extra}" if extra else ""))


def _origin() -> str:
    """Scheme, host and port as the browser sees them, so that it works behind a proxy too."""
    parts = urlsplit(st.context.url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
