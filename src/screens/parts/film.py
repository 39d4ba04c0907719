"""One film: what it shows at any time, its shots on a line of time, and the pictures that tell it."""

from contextlib import suppress

import streamlit as st

from screens.parts.film_copies import copies, picture_at
from screens.parts.film_story import story
from screens.parts.words import plain
from screens.parts.working import film_bar
from server.film_people import named_in
from server.film_pictures import filmstrip
from server.film_work import latest, start, told
from server.state import library
from unipic.core.language import gettext as _
from unipic.core.photo import Photo
from unipic.core.words import clock, printable
from unipic.video.facts import seconds_of

MOMENTS = 12  # of a person in a film, at most
STEPS = 40  # of the slider over a film
# A picture, the buttons above it and the words below it are seen at once.
STYLE = """<style>
  .st-key-film-large img, .st-key-film-any img { max-height: 70vh; object-fit: contain; }
  .st-key-film-pair img { max-height: 50vh; object-fit: contain; }
  .stButton kbd { color: inherit !important; opacity: 1 !important; }
</style>"""


def film(one: Photo) -> None:
    st.html(STYLE)
    st.button(_("All videos"), icon=":material/arrow_back:", on_click=_close, type="tertiary")
    st.title(plain(one.name.rpartition("/")[2]))
    strip = filmstrip(library(), one)
    if strip:
        st.image(strip, alt=_("Pictures from all of {name}", name=printable(one.name)))
    run = latest(one)
    if run and run.load().state in ("waiting", "working"):
        film_bar(run)
    else:
        _told(one)
    _people(one)
    copies(one)
    at = _asked_for(one)
    with st.expander(_("Look at any time"), icon=":material/timer:", expanded=at > 0):
        _look(one, at)


def _told(one: Photo) -> None:
    try:
        found = told(one)
    except OSError:
        st.warning(_("This film is not there now. What is known of it is kept."), icon=":material/cloud_off:")
        return
    if found:
        story(one, found)
        return
    run = latest(one)
    if run and run.load().state == "failed":
        st.error(plain(run.load().message), icon=":material/error:")
    st.markdown(_("Unipic finds the shots of this film, and the pictures that tell it: sharp, none black, none twice."))
    st.button(_("Find the pictures"), icon=":material/auto_awesome:", type="primary", on_click=start, args=(one,))


def _close() -> None:
    for name in ("film", "at"):
        st.query_params.pop(name, None)


def _people(one: Photo) -> None:
    """Who is in the film, with buttons to the moments."""
    for name, times in named_in(one):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(_("**{name}** at", name=plain(name)))
            for at in times[:MOMENTS]:
                there = _("{name} at {time}", name=plain(name), time=clock(at))
                st.button(clock(at), key=f"{name}-{at}", type="tertiary", help=there, on_click=_open_at, args=(at,))


def _open_at(at: float) -> None:
    st.query_params["at"] = f"{at:g}"


def _asked_for(one: Photo) -> float:
    """Seconds into the film at which the address opens it: where a search found it, or a person is in it."""
    with suppress(ValueError):
        return min(max(0.0, float(st.query_params.get("at", "0"))), seconds_of(one))
    return 0.0


@st.fragment
def _look(one: Photo, start: float) -> None:
    """What the film shows at the time of the slider, which begins at `start`."""
    seconds = seconds_of(one)
    step = 0.1 if start else max(0.1, round(seconds / STEPS, 1))
    at = st.slider(_("Time in seconds"), 0.0, max(step, seconds), start, step, key=f"at-{one.digest}-{start}",
                   format="%.1f")  # fmt: skip
    with st.container(key="film-any"):
        picture_at(one, at)
