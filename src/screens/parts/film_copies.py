"""Two films that are one, beside each other at the same moment, and where they agree."""

import plotly.graph_objects as go
import streamlit as st

from screens.parts.words import failed, plain
from server.film_copies import FilmCopy, copies_of
from server.film_pictures import film_picture
from server.state import library
from unipic.core.errors import NotShown
from unipic.core.language import day, gettext as _
from unipic.core.photo import Photo, local_time
from unipic.core.words import clock, size
from unipic.library.index import VIEWS
from unipic.library.reader import INDEX
from unipic.video.facts import seconds_of

GREEN, GREY = "#3a8f5a", "#b8bcc0"
STEPS = 40  # of the slider over the shorter film


def copies(film: Photo) -> None:
    """Nothing for a film without copies that are known."""
    found = copies_of(film)
    if not found:
        return
    st.subheader(_("The same film"))
    names = [one.short.name if one.long.digest == film.digest else one.long.name for one in found]
    chosen = st.selectbox(
        _("Compare with"), range(len(found)), format_func=names.__getitem__, key=f"twin-{film.digest}"
    )
    _together(film, found[chosen])


@st.fragment
def _together(film: Photo, one: FilmCopy) -> None:
    part = "" if one.offset < 1 else _(", from {time} of the longer one on", time=clock(one.offset))
    agree = _("**{share}** of the shorter film's pictures agree", share=f"{one.coverage:.0%}")
    st.markdown(f"{agree}{part}{_(', mirrored') if one.mirrored else ''}.")
    st.plotly_chart(_bars(one), config={"displayModeBar": False}, key=f"bars-{film.digest}",
                    alt=_("Where the films agree, by time; green agrees"))  # fmt: skip
    length = seconds_of(one.short)
    step = max(0.1, round(length / STEPS, 1))
    at = st.slider(_("Time in the shorter film, in seconds"), 0.0, max(step, length), 0.0, step, format="%.1f",
                   key=f"scrub-{film.digest}")  # fmt: skip
    with st.container(key="film-pair"):
        for place, shown, when in zip(st.columns(2), (one.long, one.short), (at + one.offset, at), strict=True):
            with place:
                _picture(shown, when)


def _picture(film: Photo, when: float) -> None:
    taken = local_time(film)
    facts = [f"{film.width} x {film.height}", clock(seconds_of(film)), size(film.size)]
    facts += [day(taken)] if taken else []
    picture_at(film, when)
    sound = _("sound") if any(extra.kind == "sound" for extra in film.holds) else _("no sound")
    st.markdown(f"**{plain(film.name)}**  \n{' · '.join([*facts, sound])}")


def picture_at(film: Photo, when: float) -> None:
    """What a film shows at a time, in seconds, or why that cannot be shown."""
    try:
        path = film_picture(library().data / INDEX / VIEWS, film, round(1000 * when))
    except NotShown as error:
        failed(error)
        return
    time = clock(when)
    st.image(str(path), caption=_("at {time}", time=time), alt=_("The film at {time}", time=time), width="stretch")


def _bars(one: FilmCopy) -> go.Figure:
    """A bar for each picture of the shorter film, at its time in the longer one."""
    made = go.Figure(
        go.Bar(
            x=[time + one.offset for time, _agrees in one.agrees],
            y=[1] * len(one.agrees),
            width=0.3,
            marker={"color": [GREEN if agrees else GREY for _time, agrees in one.agrees], "line": {"width": 0}},
            text=[_("agrees") if agrees else _("differs") for _time, agrees in one.agrees],
            textposition="none",
            hovertemplate="%{x:.1f} s: %{text}<extra></extra>",
        )
    )
    made.update_layout(
        height=90,
        margin={"l": 8, "r": 8, "t": 8, "b": 28},
        yaxis={"visible": False, "fixedrange": True},
        xaxis={"range": [0, seconds_of(one.long)], "ticksuffix": " s"},
        bargap=0,
    )
    return made
