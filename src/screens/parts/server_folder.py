"""Choose folders on the server among those that the operator opened: one opens them, and ticks what is wanted."""

from pathlib import Path

import streamlit as st

from screens.parts.words import count, failed, plain
from screens.session import session
from server.operator import readable_folders
from server.state import library
from unipic.core.archives import is_archive
from unipic.core.errors import SourceError
from unipic.core.language import gettext as _
from unipic.sources.browse import Counted, counted, subfolders
from unipic.sources.folder import allowed

SHOWN = 60  # folders; of more, those whose name has what was typed
COVER_WIDTH = 56  # pixels
ROWS_AT_ONCE, LIST_HEIGHT = 8, 400  # more rows scroll in a frame of so many pixels: the button below stays in sight


def server_folders(key: str) -> list[Path]:
    """The chosen folders: those that are ticked, else the open one. Empty if there is none, which is said."""
    roots = readable_folders()
    if not roots:
        st.info(
            _(
                "No folder on this server is open to Unipic. Its operator can open some: start Unipic with "
                "`UNIPIC_ROOTS=/path/to/photos`, several folders separated by `:`."
            ),
            icon=":material/folder_off:",
        )
        return []
    here = session.widget(f"{key}at") or (roots[0] if len(roots) == 1 else None)
    if here:
        _breadcrumbs(key, here, roots)
    try:
        rows = subfolders(real_folder(here)) if here else [counted(root) for root in roots]
    except SourceError as error:
        failed(error)
        return []
    ticked = _rows(key, rows, named=here is not None)
    if here and not rows:
        st.caption(_("There are no folders in it."))
    if here and not ticked:
        st.caption(_("All of this folder is read, with its subfolders; or tick some of them. Nothing is changed."))
    elif not ticked:
        st.caption(_("Open a folder, or tick one or several."))
    return ticked or ([here] if here else [])


def real_folder(chosen: Path) -> Path:
    """The real folder behind a chosen one. SourceError if the operator does not allow it."""
    return allowed(chosen, readable_folders())


def in_words(chosen: list[Path]) -> str:
    """ "this folder", "3 folders"."""
    return _("this folder") if len(chosen) == 1 else count(len(chosen), "folder")


def _breadcrumbs(key: str, here: Path, roots: list[Path]) -> None:
    """The way to the open folder, each step of it a button that goes back there."""
    root = next((one for one in roots if here.is_relative_to(one)), here)
    way = [one for one in (here, *here.parents) if one.is_relative_to(root)][::-1]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if len(roots) > 1:
            st.button(_("All folders"), key=f"{key}up", type="tertiary", on_click=_open, args=(key, None))
        for number, step in enumerate(way):
            name = str(step) if step == root else step.name
            last = step == here
            st.button(
                plain(name),
                key=f"{key}way{number}",
                type="tertiary",
                icon=":material/folder_open:" if last else ":material/chevron_right:",
                disabled=last,
                on_click=_open,
                args=(key, step),
            )


def _rows(key: str, rows: list[Counted], named: bool) -> list[Path]:
    """A row for each folder: a tick, a picture of it if one is known, its name, which opens it, and how much it has."""
    if len(rows) > SHOWN:
        wanted = st.text_input(_("Search by name"), key=f"{key}named", icon=":material/search:").casefold()
        found = [row for row in rows if wanted in row.path.name.casefold()]
        if len(found) > SHOWN:
            st.caption(
                _(
                    "{shown} of {folders} are shown. Type a part of the name to see others.",
                    shown=SHOWN,
                    folders=count(len(found), "folder"),
                )
            )
        rows = found[:SHOWN]
    ticked = []
    long = len(rows) > ROWS_AT_ONCE
    frame = st.container(height=LIST_HEIGHT if long else "content", border=long, gap=None)
    for row in rows:
        name = row.path.name if named else str(row.path)
        with frame, st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if st.checkbox(
                plain(_("Choose {name}", name=name)), key=f"{key}tick-{row.path}", label_visibility="collapsed"
            ):
                ticked.append(row.path)
            _cover(row.path)
            st.button(plain(name), key=f"{key}open-{row.path}", type="tertiary", on_click=_open, args=(key, row.path))
            held = count(row.files, "part" if is_archive(str(row.path)) else "file")
            held = _("more than {files}", files=held) if row.more else held
            st.caption(_("empty") if row.empty else held)
    return ticked


def _cover(folder: Path) -> None:
    """A photo of the folder that was read before; an icon if none was."""
    digest = library().cover(folder)
    if digest:
        st.image(str(library().thumbnails.path(digest)), width=COVER_WIDTH)
    else:
        st.container(width=COVER_WIDTH, horizontal_alignment="center").markdown(":material/folder:")


def _open(key: str, folder: Path | None) -> None:
    session.set_widget(f"{key}at", folder)
