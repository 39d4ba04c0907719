"""One film: its filmstrip, what it shows at any time, its shots, and the pictures that tell it."""

from __future__ import annotations

import streamlit as st

from screens.parts.words import plain
from server.film_pictures import film_picture, filmstrip
from server.state import library
from unipic.core.errors import NotShown
from unipic.core.photo import Photo
from unipic.library.index import VIEWS
from unipic.library.reader import INDEX
from unipic.video.reading import clock, seconds_of

STEPS = 40  # of the slider over a film


def film(one: Photo) -> None:
    st.button("All videos", icon=":material/arrow_back:", on_click=_close, type="tertiary")
    st.title(plain(one.name.rpartition("/")[2]))
    strip = filmstrip(library(), one)
    if strip:
        st.image(strip, width="stretch")
    _look(one)


def _close() -> None:
    st.query_params.pop("film", None)


@st.fragment
def _look(one: Photo) -> None:
    """What the film shows at the time of the slider."""
    seconds = seconds_of(one)
    step = max(0.1, round(seconds / STEPS, 1))
    at = st.slider("Time in seconds", 0.0, max(step, seconds), 0.0, step, key=f"at-{one.digest}", format="%.1f")
    try:
        path = film_picture(library().data / INDEX / VIEWS, one, round(1000 * at))
    except NotShown as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.image(str(path), caption=f"at {clock(at)}", width="stretch")
