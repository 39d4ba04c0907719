"""What an export will do, shown before any button; then the ways to export."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import streamlit as st

from screens.parts.aside import may_set_aside, set_aside
from screens.parts.save import make_folder, make_list, make_zip, offer
from screens.parts.words import belonging, count, plain, size
from screens.session import session
from server.operator import writable_folders
from server.runs import Run
from server.state import library, originals_of
from server.upkeep import look_for_new
from unipic.core.errors import DestinationError
from unipic.core.files import make_folder as make_folder_of
from unipic.core.settings import kept_folder
from unipic.destinations.base import MANIFEST
from unipic.destinations.places import folder_name, place_for
from unipic.destinations.preview import Preview
from unipic.reading.location import INSTALL, find_exiftool
from unipic.review.outcomes import Outcome

WITHOUT_PLACE = "without-place"
HOW = {  # copies are made, by whether the place is taken out of them
    False: "byte for byte; every copy is read back and compared",
    True: "without their location; the picture in every copy is compared with the original's",
}
MAX_ROWS_SHOWN = 20  # names that are shown
Way = Literal["zip", "library", "folder", "list", "aside"]
WAYS: dict[Way, str] = {
    "zip": ":material/folder_zip: ZIP",
    "library": ":material/photo_library: My library",
    "folder": ":material/drive_folder_upload: Folder on the server",
    "list": ":material/list_alt: List",
    "aside": ":material/drive_file_move: Move originals aside",
}


def what_will_happen(plan: Preview, open_groups: int, marks_left: int = 0) -> None:
    """What the export will do, in words with numbers; whatever does not apply is left out.

    `marks_left`: photos whose tags are not written.
    """
    st.subheader("What will happen", anchor=False)
    why = "two files would have the same name, or some systems do not allow it"
    carry = "carries" if plan.located == 1 else "carry"
    stays = "is removed from" if without_place() else "stays in"
    lines = {
        "Copied": f"{count(plan.photos, 'photo')}{belonging(plan.companions)}, {HOW[without_place()]}",
        "Location": plan.located and f"{count(plan.located, 'photo')} {carry} a location; it {stays} the copies",
        "Set aside": plan.aside
        and f"{count(plan.aside, 'photo')} ({size(plan.aside_bytes)}), left out of the result; "
        "the originals stay where they are",
        "Kept": open_groups and f"all shots of {count(open_groups, 'group')} not reviewed yet",
        "Copied unchanged": plan.unreadable and f"{count(plan.unreadable, 'file')} that could not be read",
        "Listed only": plan.left and f"{count(plan.left, 'file')} that cannot be copied, such as links",
        "Tags not written": marks_left
        and f"of {count(marks_left, 'photo')}: an XMP sidecar of its own goes along as it is",
        "Renamed": plan.renamed and f"{count(len(plan.renamed), 'file')}, because {why}",
        "Disk space needed": size(plan.needed),
    }
    st.markdown("\n".join(f"- **{what}:** {words}" for what, words in lines.items() if words))
    if plan.renamed:
        with st.expander("New names"):
            _names([f"{plain(old)} → {plain(new)}" for old, new in plan.renamed])
    _not_as_it_was("Missing since the scan", plan.gone, "They are left out")
    _not_as_it_was("Changed since the scan", plan.changed, "They are copied as they are now")


def export(run: Run, outcomes: Sequence[Outcome], plan: Preview) -> bool:
    """The ways to export. True if an album was just made; a list does not count."""
    st.subheader("Export", anchor=False)
    album = st.text_input("Name of the album", value=run.load().album or "My clean gallery", max_chars=80, key="album")
    _location()
    offered = {"aside": may_set_aside(run), "library": run.load().source in ("upload", "samples")}
    ways = [way for way in WAYS if offered.get(way, True)]
    way = st.segmented_control("How", ways, default="zip", format_func=WAYS.__getitem__, key="way", required=True)
    if way == "folder":
        return _folder(run, outcomes, plan, album)
    if way == "library":
        return _keep(run, outcomes, plan, album)
    if way == "list":
        _list(run, outcomes, album)
        return False
    if way == "aside":
        set_aside(run, outcomes)
        return False
    return _zip(run, outcomes, plan, album)


def _location() -> None:
    there = find_exiftool() is not None
    st.checkbox(
        "Remove location from the copies",
        key=WITHOUT_PLACE,
        disabled=not there,
        help="Removes the place where a photo was taken from photos, videos and sidecar files. The picture stays the "
        "same to the last pixel, and the original is not changed. A file whose location cannot be removed for certain "
        "is left out and listed.",
    )
    if not there:
        st.caption(f"This needs the program exiftool on the server. {INSTALL}.")


def without_place() -> bool:
    return bool(session.widget(WITHOUT_PLACE)) and find_exiftool() is not None


def _zip(run: Run, outcomes: Sequence[Outcome], plan: Preview, album: str) -> bool:
    st.caption("The ZIP is made on the server, then downloaded. Keep this page open until it is done.")
    space = _has_space(plan, run.out)
    made = st.button("Make the album", type="primary", icon=":material/folder_zip:", key="make", disabled=not space)
    done = made and make_zip(run, outcomes, album, without_place()) is not None
    if done:
        run.change(album=album, album_file=session.zip_path.name if session.zip_path else "")
    offer(run)
    return done


def _folder(run: Run, outcomes: Sequence[Outcome], plan: Preview, album: str) -> bool:
    roots = writable_folders()
    if not roots:
        st.info(
            "No folder on this server is open for albums. Its operator can open some: start Unipic with "
            "`UNIPIC_OUT=/path/to/albums`, several folders separated by `:`.",
            icon=":material/folder_off:",
        )
        return False
    root = st.selectbox("Folder", roots, format_func=str, key="out-root")
    state = run.load()
    begun = Path(state.album_folder) if state.album_folder else None
    if begun and os.path.lexists(begun / MANIFEST):
        _there(begun)
        if Path(os.path.realpath(root)) / folder_name(album) == begun:
            st.caption("To copy it again, give the album another name.")
            return False
    try:
        target = place_for(root, album, [*originals_of(run), run.folder], roots, begun)
    except DestinationError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return False
    again = target == begun and target.is_dir()
    if again:
        st.info("This album is not finished. The files already copied are complete and stay.", icon=":material/info:")
    st.markdown(f"Will be copied to the {'' if again else 'new '}folder **{plain(str(target))}**.")
    st.caption("Keep this page open until it is done. An interrupted copy can be resumed.")
    space = again or _has_space(plan, root)  # of what is there already nothing more is needed
    words, icon = "Resume copying" if again else "Copy to this folder", ":material/drive_folder_upload:"
    if not st.button(words, type="primary", icon=icon, key="copy", disabled=not space):
        return False
    run.change(album=album, album_folder=str(target))  # first: so that a copy that is stopped is known as ours
    if make_folder(target, outcomes, without_place()) is None:
        return False
    _there(target)
    return True


def _keep(run: Run, outcomes: Sequence[Outcome], plan: Preview, album: str) -> bool:
    """Keep uploaded photos: copies in the data folder, in a folder of the library."""
    st.caption(
        "The photos are kept on this server after this review is deleted, and shown in the library, which is shared by "
        "everyone who can open this app."
    )
    make_folder_of(kept_folder())
    try:
        target = place_for(kept_folder(), album, [run.folder], [kept_folder()])
    except DestinationError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return False
    space = _has_space(plan, kept_folder())
    words, icon = "Keep in my library", ":material/photo_library:"
    if not st.button(words, type="primary", icon=icon, key="keep", disabled=not space):
        return False
    if make_folder(target, outcomes, without_place()) is None:
        return False
    look_for_new([library().add(kept_folder())])
    st.success("The photos are in your library.", icon=":material/check_circle:")
    return True


def _list(run: Run, outcomes: Sequence[Outcome], album: str) -> None:
    st.caption(
        "One line per file: kept or set aside, why, and in favour of which photo, with size, sha256, format, pixels "
        "and time. Nothing is copied."
    )
    kinds = {".csv": "CSV for spreadsheets", ".json": "JSON for programs"}
    suffix = st.segmented_control(
        "Format", list(kinds), default=".csv", format_func=kinds.__getitem__, key="list-kind", required=True
    )
    if st.button("Make the list", type="primary", icon=":material/list_alt:", key="list"):
        make_list(run, outcomes, album, str(suffix))


def _has_space(plan: Preview, folder: Path) -> bool:
    missing = plan.missing(folder)
    if missing:
        st.error(
            f"The server needs {size(missing)} more disk space. Free some space, or set more photos aside.",
            icon=":material/error:",
        )
    return not missing


def _there(folder: Path) -> None:
    st.success(f"Your album is in **{plain(str(folder))}**. Every file is verified.", icon=":material/check_circle:")


def _not_as_it_was(what: str, names: Sequence[str], then: str) -> None:
    if names:
        st.warning(
            f"**{what}:** {count(len(names), 'original')}. {then}. Photos that would be set aside for them are kept.",
            icon=":material/warning:",
        )
        with st.expander("Which ones"):
            _names([plain(name) for name in names])


def _names(lines: Sequence[str]) -> None:
    st.markdown("\n".join(f"- {line}" for line in lines[:MAX_ROWS_SHOWN]))
    if len(lines) > MAX_ROWS_SHOWN:
        st.caption(f"... and {len(lines) - MAX_ROWS_SHOWN:,} more")
