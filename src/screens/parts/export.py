"""The ways to export: each says what it will do before its button."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import streamlit as st

from screens.parts.aside import may_set_aside, set_aside
from screens.parts.immich_marks import marks_in_immich
from screens.parts.presets import chosen
from screens.parts.save import album_root, make_folder, make_list, make_sheet, make_zip, offer
from screens.parts.tree import tree
from screens.parts.words import belonging, bullets, count, failed, first_of, plain, size
from screens.session import session
from server.operator import writable_folders
from server.runs import Run
from server.state import library, marks_left, originals_of
from server.upkeep import look_for_new
from unipic.core.errors import DestinationError
from unipic.core.files import make_folder as make_folder_of
from unipic.core.language import gettext as _, gettext_noop as N_, ngettext
from unipic.core.photo import Photo, is_preview
from unipic.core.settings import kept_folder
from unipic.destinations.base import MANIFEST, Copying, plan_to_copy
from unipic.destinations.places import folder_name, place_for
from unipic.destinations.preview import Preview, preview
from unipic.reading.location import INSTALL, find_exiftool
from unipic.review.outcomes import Outcome

if TYPE_CHECKING:
    from unipic.destinations.developing import Developer

WITHOUT_PLACE = "without-place"
HOW = {  # copies are made, by whether the place is taken out of them
    False: N_("byte for byte; every copy is read back and compared"),
    True: N_("without their location; the picture in every copy is compared with the original's"),
}
MAX_ROWS_SHOWN = 20  # names that are shown
Way = Literal["zip", "library", "folder", "tree", "sheet", "list", "immich", "aside"]
WAYS: dict[Way, str] = {
    "zip": ":material/folder_zip: ZIP",
    "library": N_(":material/photo_library: My library"),
    "folder": N_(":material/drive_folder_upload: Folder on the server"),
    "tree": N_(":material/account_tree: Folder tree"),
    "sheet": N_(":material/grid_on: Contact sheet"),
    "list": N_(":material/list_alt: List"),
    "immich": N_(":material/cloud_upload: Immich"),
    "aside": N_(":material/drive_file_move: :red[Move originals aside]"),
}


@dataclass(frozen=True)
class Export:
    """What is exported, and what the ways to do it need to know."""

    run: Run
    outcomes: Sequence[Outcome]
    open_groups: int = 0  # groups that nobody decided
    ready: bool = True  # False: a question above is to be answered first


def export(job: Export) -> bool:
    """The ways to export, each with its plan. True if an album was just made; a list does not count."""
    st.subheader(_("Export"), anchor=False)
    source = job.run.load().source
    copied = not any(is_preview(one.file) for one in job.outcomes if isinstance(one.file, Photo))
    offered = {"aside": may_set_aside(job.run), "library": source in ("upload", "samples")}
    offered |= {"zip": copied, "folder": copied, "tree": copied, "sheet": copied, "immich": source == "immich"}
    ways = [way for way in WAYS if offered.get(way, True)]
    first: Way = "immich" if source == "immich" else "zip"
    way = st.segmented_control(
        _("How"), ways, default=first, format_func=lambda way: _(WAYS[way]), key="way", required=True
    )
    if not job.ready:
        st.info(_("First choose above what happens with the copies that nobody looked at."), icon=":material/help:")
    if way == "aside":
        set_aside(job.run, job.outcomes, job.ready)
        return False
    if way == "immich":
        marks_in_immich(job.run, job.outcomes, job.ready)
        return False
    name = job.run.load().album or _("My clean gallery")
    label = _("Name of the list") if way == "list" else _("Name of the album")
    album = st.text_input(label, value=name, key="album", max_chars=80)
    if way == "list":
        _list(job, album)
        return False
    if way == "sheet":
        _sheet(job, album)
        return False
    developer = chosen(job.outcomes) if way != "library" else None
    if developer is None:
        _location()
    if way == "tree":
        return tree(job.run, job.outcomes, album, Copying(without_place(), developer), job.ready)
    plan = preview(plan_to_copy(job.outcomes, developer))
    _what_will_happen(plan, job, developer)
    if way == "folder":
        return _folder(job, plan, album, developer)
    return _keep(job, plan, album) if way == "library" else _zip(job, plan, album, developer)


def _what_will_happen(plan: Preview, job: Export, developer: Developer | None) -> None:
    """What copying will do, in words with numbers; whatever does not apply is left out."""
    st.markdown(_("**What will happen**"))
    left = marks_left(job.outcomes)
    why = _("two files would have the same name, or some systems do not allow it")
    lines: dict[str, object] = {
        _("Copied"): f"{count(plan.photos, 'photo')}{belonging(plan.companions)}, {_(HOW[without_place()])}",
        _("Location"): plan.located
        and (
            ngettext(
                "{n:,} photo carries a location; it is removed from the copies",
                "{n:,} photos carry a location; it is removed from the copies",
                plan.located,
            )
            if without_place()
            else ngettext(
                "{n:,} photo carries a location; it stays in the copies",
                "{n:,} photos carry a location; it stays in the copies",
                plan.located,
            )
        ),
        _("Left out"): plan.aside
        and _(
            "{photos} ({size}); the originals stay where they are",
            photos=count(plan.aside, "photo"),
            size=size(plan.aside_bytes),
        ),
        _("Kept"): job.open_groups
        and _("all shots of {groups} not reviewed yet", groups=count(job.open_groups, "group")),
        _("Copied unchanged"): plan.unreadable
        and _("{files} that could not be read", files=count(plan.unreadable, "file")),
        _("Listed only"): plan.left
        and _("{files} that cannot be copied, such as links", files=count(plan.left, "file")),
        _("Tags not written"): left
        and _("of {photos}: an XMP sidecar of its own goes along as it is", photos=count(left, "photo")),
        _("Renamed"): plan.renamed and _("{files}, because {why}", files=count(len(plan.renamed), "file"), why=why),
        _("Disk space needed"): size(plan.needed),
    }
    if developer:
        lines = {
            _("Made"): _("{photos}, one for each that is kept", photos=count(plan.photos, "photo")),
            _("Location"): plan.located
            and developer.keeps_place
            and ngettext(
                "{n:,} photo carries a location; it stays in the copies",
                "{n:,} photos carry a location; it stays in the copies",
                plan.located,
            ),
            _("Disk space needed"): _("{size} at most", size=size(plan.needed)),
        }
    st.markdown(bullets(lines))
    if plan.renamed and not developer:
        with st.expander(_("New names")):
            first_of([f"{plain(old)} → {plain(new)}" for old, new in plan.renamed], MAX_ROWS_SHOWN)
    _not_as_it_was(_("Missing since the scan"), plan.gone, _("They are left out"))
    _not_as_it_was(_("Changed since the scan"), plan.changed, _("They are copied as they are now"))


def _location() -> None:
    there = find_exiftool() is not None
    st.checkbox(
        _("Remove location from the copies"),
        key=WITHOUT_PLACE,
        disabled=not there,
        help=_(
            "Removes the place where a photo was taken from photos, videos and sidecar files. The picture "
            "stays the same to the last pixel, and the original is not changed. A file whose location "
            "cannot be removed for certain is left out and listed."
        ),
    )
    if not there:
        st.caption(_("This needs the program exiftool on the server. {install}.", install=_(INSTALL)))


def without_place() -> bool:
    return bool(session.widget(WITHOUT_PLACE)) and find_exiftool() is not None


def _zip(job: Export, plan: Preview, album: str, developer: Developer | None) -> bool:
    run = job.run
    st.caption(_("The ZIP is made on the server, then downloaded. Keep this page open until it is done."))
    usable = _has_space(plan, run.out) and job.ready
    made = st.button(_("Make the album"), type="primary", icon=":material/folder_zip:", key="make", disabled=not usable)
    done = made and make_zip(run, job.outcomes, album, without_place(), developer) is not None
    if done:
        run.change(album=album, album_file=session.zip_path.name if session.zip_path else "")
    offer(run)
    return done


def _folder(job: Export, plan: Preview, album: str, developer: Developer | None) -> bool:
    run = job.run
    root, roots = album_root("out-root"), writable_folders()
    if root is None:
        return False
    state = run.load()
    begun = Path(state.album_folder) if state.album_folder else None
    if begun and os.path.lexists(begun / MANIFEST):
        _there(begun)
        if Path(os.path.realpath(root)) / folder_name(album) == begun:
            st.caption(_("To copy it again, give the album another name."))
            return False
    try:
        target = place_for(root, album, [*originals_of(run), run.folder], roots, begun)
    except DestinationError as error:
        failed(error)
        return False
    again = target == begun and target.is_dir()
    if again:
        st.info(
            _("This album is not finished. The files already copied are complete and stay."), icon=":material/info:"
        )
    where = plain(str(target))
    st.markdown(
        _("Will be copied to the folder **{folder}**.", folder=where)
        if again
        else _("Will be copied to the new folder **{folder}**.", folder=where)
    )
    st.caption(_("Keep this page open until it is done. An interrupted copy can be resumed."))
    usable = (again or _has_space(plan, root)) and job.ready  # of what is there already nothing more is needed
    words, icon = _("Resume copying") if again else _("Copy to this folder"), ":material/drive_folder_upload:"
    if not st.button(words, type="primary", icon=icon, key="copy", disabled=not usable):
        return False
    run.change(album=album, album_folder=str(target))  # first: so that a copy that is stopped is known as ours
    if make_folder(target, job.outcomes, without_place(), developer) is None:
        return False
    _there(target)
    return True


def _keep(job: Export, plan: Preview, album: str) -> bool:
    """Keep uploaded photos: copies in the data folder, in a folder of the library."""
    run = job.run
    st.caption(
        _(
            "The photos are kept on this server after this review is deleted, and shown in the library, which is "
            "shared by everyone who can open this app."
        )
    )
    make_folder_of(kept_folder())
    try:
        target = place_for(kept_folder(), album, [run.folder], [kept_folder()])
    except DestinationError as error:
        failed(error)
        return False
    usable = _has_space(plan, kept_folder()) and job.ready
    words, icon = _("Keep in my library"), ":material/photo_library:"
    made = st.button(words, type="primary", icon=icon, key="keep", disabled=not usable)
    if not made or make_folder(target, job.outcomes, without_place()) is None:
        return False
    look_for_new([library().add(kept_folder())])
    st.success(_("The photos are in your library."), icon=":material/check_circle:")
    return True


def _sheet(job: Export, album: str) -> None:
    photos = sum(one.fate == "kept" for one in job.outcomes)
    st.caption(
        _(
            "A PDF to print: {photos} as small pictures with their names, 24 to a page of A4, with page numbers.",
            photos=count(photos, "photo"),
        )
    )
    usable, icon = bool(photos and job.ready), ":material/grid_on:"
    if st.button(_("Make the contact sheet"), type="primary", icon=icon, key="make-sheet", disabled=not usable):
        make_sheet(job.run, job.outcomes, album)


def _list(job: Export, album: str) -> None:
    kept, aside = (sum(outcome.fate == fate for outcome in job.outcomes) for fate in ("kept", "set aside"))
    st.markdown(
        _(
            "**What will happen:** {kept:,} kept and {photos} left out are listed. Nothing is copied.",
            kept=kept,
            photos=count(aside, "photo"),
        )
    )
    st.caption(
        _(
            "One line per file: kept or set aside, who decided, why, in favour of which photo, with size, "
            "sha256, format, pixels and time."
        )
    )
    kinds = {".csv": _("CSV for spreadsheets"), ".json": _("JSON for programs")}
    suffix = st.segmented_control(
        _("Format"), list(kinds), default=".csv", format_func=kinds.__getitem__, key="list-kind", required=True
    )
    if st.button(_("Make the list"), type="primary", icon=":material/list_alt:", key="list", disabled=not job.ready):
        make_list(job.run, job.outcomes, album, str(suffix))


def _has_space(plan: Preview, folder: Path) -> bool:
    missing = plan.missing(folder)
    if missing:
        st.error(
            _(
                "The server needs {size} more disk space. Free some space, or set more photos aside.",
                size=size(missing),
            ),
            icon=":material/error:",
        )
    return not missing


def _there(folder: Path) -> None:
    st.success(
        _("Your album is in **{folder}**. Every file is verified.", folder=plain(str(folder))),
        icon=":material/check_circle:",
    )


def _not_as_it_was(what: str, names: Sequence[str], then: str) -> None:
    if names:
        st.warning(
            _(
                "**{what}:** {originals}. {then}. Photos that would be set aside for them are kept.",
                what=what,
                originals=count(len(names), "original"),
                then=then,
            ),
            icon=":material/warning:",
        )
        with st.expander(_("Which ones")):
            first_of([plain(name) for name in names], MAX_ROWS_SHOWN)
