"""The report: what was saved, what an export will do, and the export."""

from __future__ import annotations

import streamlit as st

from screens.parts.export import export, what_will_happen
from screens.parts.words import count, plain, size
from screens.session import session
from server.keeping import kept_for
from server.runs import Run
from server.state import desk_of, marked, marks_left, server
from unipic.core.settings import data_folder
from unipic.destinations.base import plan_to_copy
from unipic.destinations.preview import preview
from unipic.review.choices import Choices
from unipic.review.ledger import Report, report
from unipic.review.proposal import Proposal
from unipic.review.statistics import append
from unipic.review.taste_log import remember


def screen() -> None:
    run = session.run
    if run is None or run.load().state != "ready":
        st.title("Nothing finished yet")
        st.markdown("Review your photos first; the report and the download appear here.")
        st.page_link("review.py", label="Review", icon=":material/checklist:")
        return
    st.query_params["run"] = run.token
    try:
        desk = desk_of(run)
    except (FileNotFoundError, ValueError):
        st.title("This review cannot be opened")
        st.markdown("It was made by another version of Unipic. Start it again; your photos are unchanged.")
        st.page_link("review.py", label="Review", icon=":material/checklist:", query_params={"run": run.token})
        return
    with desk.lock:  # one moment of it, whatever is decided in another tab
        decided, proposal, choices = desk.outcomes(), desk.proposal, desk.choices
    found = report(proposal, choices, decided)
    outcomes = marked(run, decided)
    st.title("Your clean gallery")
    _figures(found)
    for notice in proposal.cleanup.notices:
        st.caption(f":material/info: {plain(notice)}")
    plan = preview(plan_to_copy(outcomes))
    if not found.before:
        st.warning("No photos were found, so there is nothing to export.", icon=":material/image_not_supported:")
        _delete(run)
        return
    what_will_happen(plan, found.groups - found.reviewed, marks_left(outcomes))
    if found.groups > found.reviewed:
        st.page_link(
            "review.py", label="Continue review", icon=":material/arrow_back:", query_params={"run": run.token}
        )
    if export(run, outcomes, plan):
        _remember(run, proposal, choices, found)
    _delete(run)


def _figures(found: Report) -> None:
    with st.grid("auto", min_column_width=160):
        st.metric("Photos before", f"{found.before:,}", border=True)
        st.metric("Photos after", f"{found.after:,}", border=True)
        st.metric("Saved", size(found.bytes_saved), border=True, help="Everything set aside, copies included.")
        st.metric(
            "Suggestion followed",
            "–" if found.agreement is None else f"{found.agreement:.0%}",
            border=True,
            help="Share of the reviewed groups in which you kept the recommended shot and set another one aside. "
            "Groups in which you kept every shot do not count.",
        )
    st.caption(f"{found.reviewed} of {count(found.groups, 'group')} of similar shots reviewed")


def _remember(run: Run, proposal: Proposal, choices: Choices, found: Report) -> None:
    """Record the figures once per run, and its lessons as they are now."""
    with server().deciding:
        if not run.load().finished:
            append(data_folder(), found)
            run.change(finished=True)
        try:
            remember(data_folder(), proposal, choices)
        except OSError as error:
            st.warning(
                f"Your album is ready, but Unipic could not learn from your choices: {plain(str(error.strerror))}.",
                icon=":material/warning:",
            )


def _delete(run: Run) -> None:
    st.divider()
    fetched = run.load().fetched
    if fetched:
        st.caption("Your album was downloaded. This review and its copies of your photos will be deleted soon.")
    else:
        st.caption(f"This review is deleted {plain(kept_for())}.")
    with st.popover("Delete this review now", icon=":material/delete:"):
        st.markdown("The uploaded copies, your choices and the results are deleted. Your originals are not touched.")
        if st.button("Delete", type="primary", key="delete"):
            server().jobs.cancel(run)
            run.delete()
            session.show(None)
            st.query_params.clear()
            st.switch_page("add.py")


screen()
