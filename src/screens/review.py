"""The review: the work as it goes on, then copies to check and groups to decide."""

from __future__ import annotations

import streamlit as st

from screens.parts.copies import copies
from screens.parts.group import groups
from screens.parts.save import save_progress
from screens.parts.words import count, plain
from screens.parts.working import working
from screens.session import Lane, session
from screens.tools import cleanup_of, server
from unipic.cleanup import Cleanup
from unipic.runs import Run

FORWARD = ":material/arrow_forward:"


def screen() -> None:
    run = session.run
    if run is None:
        _nothing()
        return
    st.query_params["run"] = run.token  # the address of this page opens it again
    server().jobs.take_up(run)
    state = run.load()
    if state.state in ("waiting", "working"):
        working(run)
    elif state.state in ("failed", "cancelled"):
        _stopped(run, state.message)
    elif state.state == "collecting":
        _nothing()
    else:
        _found(run, cleanup_of(run))


def _nothing() -> None:
    st.title("Nothing to review yet")
    if session.lost:
        st.warning("That run is gone: it was deleted after its download, or after its time.", icon=":material/history:")
    st.markdown("Add photos first; what Unipic finds in them appears here.")
    st.page_link("add.py", label="Add photos", icon=":material/add_photo_alternate:")


def _stopped(run: Run, message: str) -> None:
    st.title("The work was stopped")
    if message:
        st.error(plain(message), icon=":material/error:")
    st.button("Start again", on_click=server().jobs.start, args=(run,), type="primary", icon=":material/refresh:")
    st.page_link("add.py", label="Add other photos", icon=":material/add_photo_alternate:")


def _found(run: Run, cleanup: Cleanup) -> None:
    aside = sum(len(found.copies) for found in cleanup.lanes)
    _heading(cleanup, aside)
    lanes: dict[Lane, str] = {}
    if aside:
        lanes["copies"] = f"Copies ({aside})"
    if cleanup.clusters:
        lanes["groups"] = f"Similar shots ({count(len(cleanup.clusters), 'group')})"
    if not lanes:
        st.success("No copies and no similar shots: every photo is one of its kind.", icon=":material/check_circle:")
        save_progress(run, "top")
        _finish_link(run)
        return
    lane = session.lane if session.lane in lanes else next(iter(lanes))
    with st.container(horizontal=True, vertical_alignment="center"):
        _lanes(lanes, lane)
        if lane == "copies":
            save_progress(run, "top")
    if lane == "copies":
        copies(run, cleanup)
        if cleanup.clusters:
            st.button("Go on to similar shots", type="primary", on_click=_set_lane, args=("groups",), icon=FORWARD)
        else:
            _finish_link(run)
    else:
        groups(run, cleanup, lambda where: save_progress(run, where), lambda: _finish(run))


def _lanes(lanes: dict[Lane, str], lane: Lane) -> None:
    if len(lanes) > 1:
        session.set_widget("lane-choice", lane)
        st.segmented_control(
            "Lane",
            list(lanes),
            format_func=lambda name: lanes[name],
            key="lane-choice",
            on_change=_choose_lane,
            label_visibility="collapsed",
            required=True,
        )


def _heading(cleanup: Cleanup, aside: int) -> None:
    photos, unreadable = len(cleanup.gallery.photos), cleanup.gallery.unreadable
    st.title("Review")
    st.caption(
        f"{count(photos, 'photo')} · {count(aside, 'copy', 'copies')} · "
        f"{count(len(cleanup.clusters), 'group')} of similar shots · {count(len(cleanup.singles), 'single')} · "
        f"looked at by {plain(cleanup.encoder)}, ranked by {plain(cleanup.ranker)}"
    )
    for notice in cleanup.notices:
        st.caption(f":material/info: {notice}")
    if unreadable:
        with st.expander(f"{count(len(unreadable), 'file')} could not be read as photos", icon=":material/warning:"):
            st.caption("They are never set aside: whatever can be copied goes into your download as it is.")
            for file in unreadable[:200]:
                st.markdown(f"**{plain(file.name)}** {plain(file.reason)}")
            if len(unreadable) > 200:
                st.caption(f"... and {len(unreadable) - 200:,} more, listed in the download's manifest")


def _choose_lane() -> None:
    _set_lane(session.widget("lane-choice"))


def _set_lane(lane: Lane) -> None:
    session.lane = lane


def _finish_link(run: Run) -> None:
    if st.button("Done", key="done-top", type="primary", icon=":material/done_all:"):
        _finish(run)


def _finish(run: Run) -> None:
    st.switch_page("finish.py", query_params={"run": run.token})


screen()
