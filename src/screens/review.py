"""The review: progress while the scan runs, then the groups, with rules and thresholds."""

import streamlit as st

from screens.parts.darkroom import darkroom
from screens.parts.remembered import ask_about_earlier, remembered
from screens.parts.resume import keep
from screens.parts.rules import rules
from screens.parts.save import save_progress
from screens.parts.thresholds import thresholds
from screens.parts.words import and_more, count, failed, plain
from screens.parts.working import working
from screens.session import session
from server.runs import Run
from server.state import desk_of, server
from unipic.cleanup.result import Cleanup
from unipic.core.language import gettext as _, retold
from unipic.core.photo import Unreadable
from unipic.core.words import nothing_found
from unipic.review.desk import Desk

# The title and what can be set stand in one row, which scrolls away; photos take the width that a large screen has.
STYLE = """
<style>
  .stMainBlockContainer:has(.st-key-desk) { max-width: none; padding: 4rem clamp(0.75rem, 2vw, 2.5rem) 1rem; }
  .stMainBlockContainer:has(.st-key-desk) > .stVerticalBlock { gap: 0.25rem; }
  .st-key-desk { gap: 0.5rem; }
  .st-key-desk h1 { font-size: 1.35rem !important; padding: 0 0.5rem 0 0 !important; }
  @media (max-width: 767.98px) {
    .stMainBlockContainer:has(.st-key-desk) { padding: 0.5rem 0.75rem 5rem; }
    .st-key-desk { flex-wrap: nowrap; overflow-x: auto; scrollbar-width: none; }
    .st-key-desk > * { flex: none; }
  }
</style>
"""


def screen() -> None:
    run = session.run
    if run is None:
        _nothing()
        return
    keep(run)
    server().jobs.take_up(run)
    state = run.load()
    if state.state in ("waiting", "working"):
        working(run)
        if (run.folder / "evidence.json").exists():
            _already(run, desk_of(run))
    elif state.state in ("failed", "cancelled"):
        _stopped(run, _("Scan failed") if state.state == "failed" else _("Scan cancelled"), state.message)
    elif state.state == "collecting":
        _nothing()
    else:
        try:
            desk = desk_of(run)
        except (FileNotFoundError, ValueError):
            _stopped(
                run,
                _("This review cannot be opened"),
                _("It was made by another version of Unipic. Start it again; your photos are unchanged."),
            )
            return
        _found(run, desk)


def _nothing() -> None:
    st.title(_("Nothing to review yet"))
    if session.lost:
        st.warning(_("This review no longer exists (deleted or mistyped link)."), icon=":material/history:")
    st.markdown(_("Add photos first; what Unipic finds in them appears here."))
    st.page_link("add.py", label=_("Add photos"), icon=":material/add_photo_alternate:")


def _stopped(run: Run, title: str, message: str) -> None:
    st.title(title)
    if message:
        failed(message)
    st.button(_("Start again"), on_click=server().jobs.start, args=(run,), type="primary", icon=":material/refresh:")
    st.page_link("add.py", label=_("Add other photos"), icon=":material/add_photo_alternate:")


def _already(run: Run, desk: Desk) -> None:
    """Copies are known before the models have scored similar shots, and can be reviewed meanwhile."""
    if desk.proposal.groups:
        st.markdown(
            _(
                "**{groups} of copies** can be reviewed already. Similar shots follow when the best of each is chosen.",
                groups=count(len(desk.proposal.groups), "group"),
            )
        )
        ask_about_earlier(desk)
        darkroom(run.token, desk.arrangement)


def _found(run: Run, desk: Desk) -> None:
    cleanup = desk.proposal.cleanup
    if not cleanup.gallery.photos:
        _no_photos(cleanup.gallery.unreadable)
        return
    st.html(STYLE)
    with st.container(horizontal=True, vertical_alignment="center", key="desk"):
        st.title(_("Review"), anchor=False, width="content")
        rules(desk)
        thresholds(desk)
        remembered(desk)
        _unreadable(cleanup.gallery.unreadable)
        _about(cleanup)
        save_progress(run)
        st.page_link("finish.py", label=_("Finish"), icon=":material/task_alt:", query_params={"run": run.token})
    ask_about_earlier(desk)
    if not desk.proposal.groups:
        st.success(_("No copies and no similar shots: every photo is unique."), icon=":material/check_circle:")
    elif darkroom(run.token, desk.arrangement):
        st.switch_page("finish.py", query_params={"run": run.token})


def _no_photos(files: tuple[Unreadable, ...]) -> None:
    st.title(_("No photos found here"), anchor=False)
    st.warning(plain(nothing_found([file.name for file in files])), icon=":material/image_not_supported:")
    _unreadable(files)
    st.page_link("add.py", label=_("Add other photos"), icon=":material/add_photo_alternate:")


def _about(cleanup: Cleanup) -> None:
    aside = sum(len(found.copies) for found in cleanup.lanes)
    with st.popover(_("What was found"), icon=":material/info:"):
        st.markdown(
            _(
                "{photos}: {copies}, {groups} of similar shots, {singles}.",
                photos=count(len(cleanup.gallery.photos), "photo"),
                copies=count(aside, "copy", "copies"),
                groups=count(len(cleanup.clusters), "group"),
                singles=count(len(cleanup.singles), "single"),
            )
        )
        st.caption(
            _(
                "Compared by {encoder}, ranked by {ranker}.",
                encoder=plain(cleanup.encoder),
                ranker=plain(retold(cleanup.ranker)),
            )
        )
        for notice in cleanup.notices:
            st.caption(f":material/info: {plain(retold(notice))}")


def _unreadable(files: tuple[Unreadable, ...]) -> None:
    if not files:
        return
    with st.popover(_("{files} not read", files=count(len(files), "file")), icon=":material/warning:"):
        st.caption(_("These files are never set aside. Those that can be copied go into your download unchanged."))
        for file in files[:200]:
            st.markdown(f"**{plain(file.name)}** {plain(retold(file.reason))}")
        and_more(len(files) - 200, _(", listed in the download's manifest"))


screen()
