"""The films of the library: a grid of filmstrips, and one of them with its shots and the pictures that tell it."""

import streamlit as st

from screens.parts.film import film
from screens.parts.words import count, plain
from server.film_pictures import filmstrip
from server.state import library
from unipic.core.language import day, gettext as _
from unipic.core.photo import Photo, local_time
from unipic.core.words import clock, printable, size
from unipic.video.facts import seconds_of

PAGE = 24  # films on a page


def screen() -> None:
    films = library().films()
    chosen = next((one for one in films if one.digest == st.query_params.get("film")), None)
    if chosen:
        film(chosen)
        return
    st.title(_("Videos"))
    if not films:
        st.markdown(
            _(
                "There are no films in the library yet. Add a folder with films under *Folders*: each one is "
                "shown here by pictures from all of it."
            )
        )
        st.page_link("folders.py", label=_("Library folders"), icon=":material/folder_open:")
        return
    st.markdown(_("{films}, {time} in all.", films=count(len(films), "film"), time=clock(sum(map(seconds_of, films)))))
    pages = -(-len(films) // PAGE)
    page = st.number_input(_("Page"), 1, pages, 1, key="videos-page") if pages > 1 else 1
    for one in films[(page - 1) * PAGE : page * PAGE]:
        _row(one)


def _row(one: Photo) -> None:
    with st.container(border=True):
        strip = filmstrip(library(), one)
        if strip:
            st.image(strip, alt=_("Pictures from all of {name}", name=printable(one.name)))
        else:
            st.image(
                str(library().thumbnails.path(one.digest)),
                width=320,
                alt=_("A picture from {name}", name=printable(one.name)),
            )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(one.name)}**  \n{_facts(one)}")
            st.button(
                _("Open film"),
                key=f"open-{one.digest}",
                icon=":material/movie:",
                on_click=_open,
                args=(one.digest,),
                help=_("Open {name}", name=plain(one.name)),
            )


def _facts(one: Photo) -> str:
    taken = local_time(one)
    when = day(taken, time=True) if taken else ""
    return " · ".join(filter(None, (clock(seconds_of(one)), when, f"{one.width} x {one.height}", size(one.size))))


def _open(digest: str) -> None:
    st.query_params["film"] = digest


screen()
