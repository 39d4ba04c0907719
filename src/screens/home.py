"""Home, once there is a library: continue a review, clean up, open the library, or try the samples."""

import streamlit as st

from screens.parts.resume import resume
from screens.parts.words import count, plain
from screens.parts.working import background
from screens.session import session
from server.state import library, server
from server.upkeep import at_work, upkeep
from unipic.core.language import gettext as _
from unipic.library.library import Folder

LATEST = 6  # photos that are shown


def screen() -> None:
    st.title(_("Your photos"), anchor=False)
    if session.lost:
        st.warning(_("This review no longer exists (deleted or mistyped link)."), icon=":material/history:")
    resume()
    folders = library().folders()
    for folder in folders:
        if not folder.reachable:
            st.warning(
                _(
                    "{path} cannot be reached. {photos} wait for it; nothing is forgotten.",
                    path=plain(str(folder.path)),
                    photos=count(folder.photos, "photo"),
                ),
                icon=":material/cloud_off:",
            )
    _library(folders)
    with st.grid(2, min_column_width=260):
        with st.container(border=True):
            st.subheader(_("Clean up"), anchor=False)
            st.markdown(_("Find copies and the best shots of a holiday, and get a clean gallery."))
            st.page_link("add.py", label=_("Add photos"), icon=":material/add_photo_alternate:")
        with st.container(border=True):
            st.subheader(_("Sample photos"), anchor=False)
            st.markdown(_("See how it works, with a small gallery made on this server."))
            if st.button(_("Try the samples"), icon=":material/play_arrow:", key="home-samples"):
                _samples()


def _samples() -> None:
    run = server().runs.new("samples")
    server().jobs.start(run)
    session.show(run)
    st.switch_page("review.py", query_params={"run": run.token})


def _library(folders: list[Folder]) -> None:
    run = upkeep()
    with st.container(border=True):
        st.subheader(_("Library"), anchor=False)
        listing = library().listing()
        st.markdown(
            _("{photos} in {folders}.", photos=count(len(listing.ids), "photo"), folders=count(len(folders), "folder"))
        )
        latest = library().photos(listing.ids[:LATEST])
        paths = [library().thumbnails.path(photo.digest) for photo in latest]
        with st.container(horizontal=True, key="latest"):
            for path in paths:
                if path.exists():
                    st.image(str(path), width=120)
        st.page_link("photos.py", label=_("Open my library"), icon=":material/photo_library:")
        if run and at_work(run):
            background(run)


screen()
