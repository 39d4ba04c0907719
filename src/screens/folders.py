"""The library's folders: what is in them, work on them, and adding or removing one."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import streamlit as st

from screens.parts.immich_photos import name_for_library
from screens.parts.known import known
from screens.parts.phone import phone
from screens.parts.reading_words import words
from screens.parts.server_folder import real_folder, server_folders
from screens.parts.words import count, failed, first_of, plain
from screens.parts.working import background
from server.runs import Run
from server.state import library
from server.upkeep import at_work, look_for_new, upkeep, what_was_found
from unipic.core.errors import DecisionsUnreadable, UnipicError
from unipic.core.language import day, gettext as _, retold
from unipic.core.settings import inbox_folder, kept_folder
from unipic.library.library import Folder
from unipic.sources.immich_place import called, name_of

MAX_ROWS_SHOWN = 20  # files that are named


def screen() -> None:
    st.title(_("Library folders"))
    folders = library().folders()
    run = upkeep()
    if at_work(run) and run:
        background(run)
    elif run:
        _what_was_found(run)
    if not folders:
        st.markdown(
            _(
                "Add a folder once: Unipic reads its photos, shows them all, and finds new ones by itself. "
                "Originals are only read."
            )
        )
    for folder in folders:
        _folder(folder)
    if folders and not at_work(run):
        reachable = [folder.path for folder in folders if folder.reachable]
        st.button(
            _("Look for new photos"),
            icon=":material/refresh:",
            on_click=_look,
            args=(reachable,),
            disabled=not reachable,
            key="look",
        )
    _add()
    phone()
    if folders:
        words()
        known()
    _problem()


def _look(folders: Sequence[Path]) -> None:
    look_for_new(folders)


def _folder(folder: Folder) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        when = day(datetime.fromtimestamp(folder.updated), time=True)
        read = _("read {when}", when=when) if folder.updated else _("not read yet")
        others = f" · {count(folder.others, 'other file')}" if folder.others else ""
        inbox = folder.path == inbox_folder().resolve()
        kept = folder.path == kept_folder()
        name = _("Photos from phones") if inbox else _("Kept uploads") if kept else called(folder.path)
        st.markdown(f"**{plain(name)}**  \n{count(folder.photos, 'photo')}{others} · {read}")
        if not folder.reachable:
            st.warning(
                _(
                    "This folder cannot be reached. {photos} wait for it; nothing is forgotten.",
                    photos=count(folder.photos, "photo"),
                ),
                icon=":material/cloud_off:",
            )
        if inbox:  # it is taken in again as long as there are photos in it
            return
        with st.popover(_("Remove"), icon=":material/delete:"):
            st.markdown(
                _(
                    "Unipic forgets what it knows of these photos. The photos themselves, and your tags, albums "
                    "and favourites, stay."
                )
            )
            st.button(
                _("Remove from the library"),
                key=f"remove-{folder.path}",
                on_click=library().forget,
                args=(folder.path,),
            )


def _add() -> None:
    with st.expander(_("Add a folder"), expanded=not library().paths(), icon=":material/create_new_folder:"):
        chosen = server_folders("library-")
        if chosen and st.button(_("Add to the library"), type="primary", icon=":material/add:", key="add-folder"):
            try:
                look_for_new([library().add(real_folder(folder)) for folder in chosen])
            except UnipicError as error:
                failed(error)
                return
            st.rerun()
    with st.expander(_("Add photos of Immich"), icon=":material/cloud:"):
        name = name_for_library()
        if name and st.button(_("Add to the library"), type="primary", icon=":material/add:", key="add-immich"):
            look_for_new([library().add(Path(name))])
            st.rerun()


def _what_was_found(run: Run) -> None:
    """The end of the last look: a failure, folders that could not be reached, files that could not be read."""
    state = run.load()
    if state.state == "failed":
        failed(state.message)
    for found in what_was_found(run):
        if found.get("problem"):
            if name := name_of(found["folder"]):  # a folder of this machine says so itself
                st.warning(f"{plain(name)}: {plain(retold(found['problem']))}", icon=":material/cloud_off:")
            continue
        damaged = [one for one in found["unreadable"] if not one["reason"].startswith("is not in any photo format")]
        if damaged:
            with st.expander(
                _("{files} could not be read", files=count(len(damaged), "file")), icon=":material/broken_image:"
            ):
                first_of([f"{plain(one['name'])}: {plain(retold(one['reason']))}" for one in damaged], MAX_ROWS_SHOWN)


def _problem() -> None:
    try:
        library().marks.usable()
    except DecisionsUnreadable as error:
        st.warning(plain(str(error)), icon=":material/warning:")


screen()
