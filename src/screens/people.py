"""People: who is in the library's photos, once somebody asked for it; and how to forget all of it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from screens.parts.people import people
from screens.parts.words import count, plain
from screens.parts.working import background
from server.state import library
from server.upkeep import at_work, look_for_new, upkeep
from unipic.core.errors import DecisionsUnreadable, UnipicError
from unipic.core.language import gettext as _, gettext_noop as N_
from unipic.library import faces
from unipic.library.persons import Persons

WHAT = N_(
    """
**Who is in your photos?** Unipic can tell faces apart, so that you find everybody by name.

- Faces are compared **on this computer**. Nothing is sent anywhere.
- Of each face 128 numbers and a small picture are kept in {folder}. The photos themselves are only read.
- Names are given by you, and by nobody else. No age, gender, origin or mood is worked out.
- Everything can be turned off and deleted here, at any time.

The network is less sure of **children** and of **people of East Asian origin** than of the people it was taught on.
Where it is not sure that two faces are one person, Unipic asks.
"""
)


def screen() -> None:
    st.title(_("People"))
    try:
        on = library().marks.choice(faces.CHOICE) == "on"
    except DecisionsUnreadable as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        return
    run = upkeep()
    if at_work(run) and run and on:
        background(run)
    if not on:
        _ask()
        return
    people()
    _settings()


def _ask() -> None:
    st.markdown(_(WHAT, folder=f"**{plain(str(library().data))}**"))
    if named := Persons(library().data).all()[0]:
        st.caption(
            _("{names} from before are kept, and come back when faces are told apart.", names=count(len(named), "name"))
        )
    with st.container(horizontal=True):
        st.button(_("Turn on"), type="primary", icon=":material/face:", on_click=_turn_on)
        if st.button(_("Not now")):
            st.switch_page("photos.py")


def _turn_on() -> None:
    faces.turn_on(library())
    look_for_new([])


def _settings() -> None:
    with st.expander(_("Which folders, and forgetting everything"), icon=":material/tune:"):
        out = {path: path in faces.left_out(library()) for path in library().paths()}
        for path, left_out in out.items():
            st.toggle(
                _("Tell faces apart in {path}", path=plain(str(path))),
                value=not left_out,
                key=f"faces-{path}-{left_out}",
                on_change=_leave_out,
                args=(path, not left_out),
            )
        st.caption(_("What is known of faces in a folder that is left out is deleted at once."))
        names = Persons(library().data).all()[0]
        with st.form("forget-faces", clear_on_submit=True, border=True):
            st.markdown(_("**Turn it off and delete everything about faces**  \nYour photos stay as they are."))
            too = st.checkbox(_("Delete the names too ({n})", n=len(names)), key="forget-names")
            words = _("delete faces")
            typed = st.text_input(_("To confirm, type: {words}", words=words), key="forget-faces-typed")
            pressed = st.form_submit_button(_("Delete"), icon=":material/delete_forever:")
        if pressed and typed.strip().lower() == words:
            _forget(too)
        elif pressed:
            st.error(_("Nothing was deleted: the words were not typed."), icon=":material/error:")


def _leave_out(path: Path, out: bool) -> None:
    faces.leave_out(library(), path, out)
    if not out:
        look_for_new([])


def _forget(names_too: bool) -> None:
    try:
        gone = faces.forget_faces(library())
        rulings = Persons(library().data).forget_all() if names_too else 0
    except UnipicError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    words = _(
        "Deleted: the numbers of {faces}, {pictures}",
        faces=count(gone.vectors, "face"),
        pictures=count(gone.chips, "picture"),
    )
    st.toast(f"{words}, {count(rulings, 'decision')}" if names_too else words, icon=":material/check:")
    st.rerun()


screen()
