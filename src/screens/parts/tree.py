"""Export into a tree of folders on the server. It is shown, with bytes and conflicts, before anything is written."""

import os
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import streamlit as st

from screens.parts.save import album_root, written_by
from screens.parts.words import bullets, count, failed, plain, size
from server.made_routes import accepted
from server.operator import writable_folders
from server.runs import Run
from server.state import desk_of, originals_of
from unipic.albums.made import brackets
from unipic.albums.plan import DATES, TreeKind, Wish, no_clock, unsure_dates
from unipic.core.errors import UnipicError
from unipic.core.language import gettext as _, gettext_noop as N_, ngettext
from unipic.core.settings import Settings
from unipic.destinations.base import outside
from unipic.destinations.linking import WARNINGS, Link, Linker
from unipic.destinations.outline import Branch, outline, renamed
from unipic.destinations.places import folder_name, place_for
from unipic.destinations.tree import How, TreeDestination, TreePlan, tree_in
from unipic.reading.details import details_of
from unipic.reading.engines.local import LocalEngine
from unipic.review.outcomes import Outcome
from utils import organise

TREES: dict[TreeKind, str] = {
    "groups": N_(":material/burst_mode: Groups"),
    "dates": N_(":material/calendar_month: Dates"),
    "events": N_(":material/celebration: Events"),
}
ABOUT: dict[TreeKind, str] = {
    "groups": N_("A folder for each group, with its originals, its best shot, and a text about them."),
    "dates": N_("A folder for each day, by the camera's own clock. Photos without a time go into *undated*."),
    "events": N_("A folder for each event, by time and place, named by its first day."),
}
LINKS: dict[Link, str] = {
    "copy": N_("Copy (verified)"),
    "reflink": N_("Share disk blocks (copy-on-write)"),
    "hardlink": N_("Hard link"),
    "symlink": N_("Symbolic link"),
}
MAX_FOLDERS_SHOWN, MAX_NAMES_SHOWN = 30, 20


def tree(run: Run, outcomes: Sequence[Outcome], album: str, strip_location: bool, ready: bool) -> bool:
    """The choices, the tree as it will be, and the button. True if it was just written."""
    root = album_root("tree-root")
    if root is None:
        return False
    try:
        wish, link = _wish(), _link(run)
        target = _target(run, root, album)
        destination = _destination(run, outcomes, target, wish, How(Linker(link), strip_location))
        destination.ready()
        plan = destination.plan(outcomes)
    except UnipicError as error:
        failed(error)
        return False
    merges = wish.tree == "groups" and _merges(run, destination, strip_location)
    _shown(destination, plan)
    _dry_run(plan)
    if not st.button(
        _("Write this tree"), type="primary", icon=":material/account_tree:", key="tree-write", disabled=not ready
    ):
        return False
    run.change(album=album, album_folder=str(target))  # first: so that a tree that is stopped is known as ours
    return _write(destination, outcomes, merges)


def _wish() -> Wish:
    kind = st.segmented_control(
        _("Tree"),
        list(TREES),
        default="groups",
        format_func=lambda kind: _(TREES[kind]),
        key="tree-kind",
        required=True,
    )
    st.caption(_(ABOUT[kind]))
    pattern = DATES
    if kind == "dates":
        about = _(
            "Words: {words}. A / makes a folder inside.", words="{year} {month} {day} {hour} {camera} {event} {group}"
        )
        pattern = st.text_input(_("Folders"), value=DATES, key="tree-pattern", help=about, max_chars=200)
    singles = kind != "groups" or st.checkbox(_("With photos like no other"), value=True, key="tree-singles")
    return Wish(kind, pattern, singles=singles)


def _link(run: Run) -> Link:
    """Uploads are deleted with their review, so they can only be copied."""
    if run.load().source != "folder":
        return "copy"
    link: Link = st.selectbox(
        _("How files get there"), list(LINKS), format_func=lambda link: _(LINKS[link]), key="tree-link"
    )
    if words := WARNINGS.get(link):
        st.warning(_(words), icon=":material/link:")
    return link


def _target(run: Run, root: Path, album: str) -> Path:
    """The folder of the tree, new or to be continued. DestinationError."""
    target = Path(os.path.realpath(root)) / folder_name(album)
    sources = [*originals_of(run), run.folder]
    if tree_in(target):
        outside(target, sources)
        st.info(
            _("This folder holds a tree already. What is there stays, and what is new is added."), icon=":material/add:"
        )
        return target
    begun = run.load().album_folder
    return place_for(root, album, sources, writable_folders(), Path(begun) if begun else None)


def _destination(run: Run, outcomes: Sequence[Outcome], target: Path, wish: Wish, how: How) -> TreeDestination:
    from unipic.albums.films import film_clock  # with PyAV, which nothing else on this page needs

    cleanup = desk_of(run).proposal.cleanup
    clock = film_clock(cleanup.gallery.unreadable) if wish.tree != "groups" else no_clock
    return TreeDestination(target, organise(cleanup, outcomes, wish, target, clock), how)


def _merges(run: Run, destination: TreeDestination, strip_location: bool) -> bool:
    """Whether brackets are to be merged. What a person accepted in the review is written in any case."""
    destination.how = replace(destination.how, make=accepted(run))
    number = sum(len(brackets(group)) for group in destination.tree.groups)
    words = _("Merge {brackets} (HDR), beside the originals", brackets=count(number, "exposure bracket"))
    if not number or not st.checkbox(words, key="tree-hdr"):
        return False
    from unipic.albums.pictures import merging  # with OpenCV, which nothing else on this page needs

    merges = merging(Settings().limits, place=not strip_location)
    destination.how = replace(destination.how, make=accepted(run, merges))
    return True


def _shown(destination: TreeDestination, plan: TreePlan) -> None:
    """The tree with files and bytes, and what a person should know of it."""
    branches = outline(plan)
    files = sum(one.files for one in branches)
    old = files - sum(one.new for one in branches)
    needed = destination.needed(plan)
    there = ngettext(", of which {n:,} is there already", ", of which {n:,} are there already", old) if old else ""
    lines = {
        _("Will be written"): _(
            "{files} in {folders}{there}",
            files=count(files, "file"),
            folders=count(len(branches), "folder"),
            there=there,
        ),
        _("Disk space needed"): size(needed) if needed else _("none but for a few kB of text"),
        _("Renamed"): (names := renamed(plan))
        and _("{files}, because two would have the same name", files=count(len(names), "file")),
        _("Not written"): destination.tree.left
        and _("{files} like no other", files=count(len(destination.tree.left), "file")),
    }
    st.markdown(bullets(lines))
    for words in unsure_dates(destination.tree):
        st.caption(":material/schedule: " + _("Dates: {words}.", words=words))
    st.code("\n".join(drawn(destination.folder.name, branches)), language=None, wrap_lines=True)
    if names:
        with st.expander(_("New names")):
            st.code("\n".join(f"{old} → {new}" for old, new in names[:MAX_NAMES_SHOWN]), language=None, wrap_lines=True)


def drawn(name: str, branches: Sequence[Branch]) -> list[str]:
    """The tree as lines of text."""
    lines = [f"{plain_line(name)}/"]
    for number, one in enumerate(branches[:MAX_FOLDERS_SHOWN], 1):
        corner = "└─" if number == len(branches) else "├─"
        names = ", ".join(part.removeprefix("best_") for part in one.best)
        best = "  " + _("best: {names}", names=names) if one.best else ""
        lines.append(
            f"{corner} {plain_line(one.folder)}/  {count(one.files, 'file')}, {size(one.bytes)}{plain_line(best)}"
        )
    if len(branches) > MAX_FOLDERS_SHOWN:
        lines.append("└─ " + _("... and {folders}", folders=count(len(branches) - MAX_FOLDERS_SHOWN, "more folder")))
    return lines


def plain_line(text: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def _dry_run(plan: TreePlan) -> None:
    """Every file with its place, without writing any."""
    with st.expander(_("Every file and where it goes")):
        st.caption(_("Nothing is written until you press the button below."))
        rows = [{_("file"): one.file.name, _("goes to"): one.name, _("bytes"): one.file.size} for one in plan.items]
        st.dataframe(rows, hide_index=True)


def _write(destination: TreeDestination, outcomes: Sequence[Outcome], merges: bool) -> bool:
    with closing(LocalEngine(1)) as engine:
        destination.how = replace(destination.how, details=partial(details_of, engine))
        done = written_by(destination, outcomes, _("Merging and copying") if merges else _("Copying"))
    if done is None:
        return False
    for note in destination.notes:
        st.info(plain(note), icon=":material/info:")
    st.success(
        _("Your tree is in **{folder}**. Every file is verified.", folder=plain(str(destination.folder))),
        icon=":material/check_circle:",
    )
    return True
