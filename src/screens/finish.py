"""The report: what was found, decided and left out; the question about unseen copies; and the export."""

import streamlit as st

from screens.parts.celebration import celebrate, make_card
from screens.parts.export import Export, export
from screens.parts.report import figures, unseen_copies
from screens.parts.words import plain
from screens.session import session
from server.keeping import kept_for
from server.runs import Run
from server.state import desk_of, marked, server
from unipic.core.language import gettext as _, retold
from unipic.core.settings import data_folder
from unipic.review.choices import Choices, done
from unipic.review.ledger import Report, ledger, lines, report
from unipic.review.proposal import Proposal
from unipic.review.statistics import append
from unipic.review.taste_log import remember


def screen() -> None:
    run = session.run
    if run is None or run.load().state != "ready":
        st.title(_("Nothing finished yet"))
        st.markdown(_("Review your photos first; the report and the download appear here."))
        st.page_link("review.py", label=_("Review"), icon=":material/checklist:")
        return
    st.query_params["run"] = run.token
    try:
        desk = desk_of(run)
    except (FileNotFoundError, ValueError):
        st.title(_("This review cannot be opened"))
        st.markdown(_("It was made by another version of Unipic. Start it again; your photos are unchanged."))
        st.page_link("review.py", label=_("Review"), icon=":material/checklist:", query_params={"run": run.token})
        return
    with desk.lock:  # one moment of it, whatever is decided in another tab
        decided, proposal, choices = desk.outcomes(), desk.proposal, desk.choices
    st.title(_("Your clean gallery"))
    for notice in proposal.cleanup.notices:
        st.caption(f":material/info: {plain(retold(notice))}")
    if not proposal.cleanup.gallery.photos:
        st.warning(_("No photos were found, so there is nothing to export."), icon=":material/image_not_supported:")
        _delete(run)
        return
    everything = marked(run, decided)
    told = report(proposal, choices, everything)
    figures(ledger(everything), lines(proposal, choices, everything), told)
    undecided = sum(not done(group, choices) for group in proposal.groups)
    if undecided:
        st.page_link(
            "review.py", label=_("Continue review"), icon=":material/arrow_back:", query_params={"run": run.token}
        )
    answered = unseen_copies(run, desk, everything)
    if export(Export(run, everything, told.groups - told.reviewed, answered)):
        _remember(run, proposal, choices, told)
        make_card(run, everything)
    celebrate(run)
    _delete(run)


def _remember(run: Run, proposal: Proposal, choices: Choices, found: Report) -> None:
    """Record the figures once per run, and its lessons as they are now. Sample photos teach nothing."""
    if run.load().source == "samples":
        run.change(finished=True)
        return
    with server().deciding:
        if not run.load().finished:
            append(data_folder(), found)
            run.change(finished=True)
        try:
            remember(data_folder(), proposal, choices)
        except OSError as error:
            st.warning(
                _(
                    "Your album is ready, but Unipic could not learn from your choices: {problem}.",
                    problem=plain(str(error.strerror)),
                ),
                icon=":material/warning:",
            )


def _delete(run: Run) -> None:
    st.divider()
    fetched = run.load().fetched
    if fetched:
        st.caption(_("Your album was downloaded. This review and its copies of your photos will be deleted soon."))
    else:
        st.caption(_("This review is deleted {when}.", when=plain(kept_for())))
    with st.popover(_("Delete this review now"), icon=":material/delete:"):
        st.markdown(_("The uploaded copies, your choices and the results are deleted. Your originals are not touched."))
        if st.button(_("Delete"), type="primary", key="delete"):
            server().jobs.cancel(run)
            run.delete()
            session.show(None)
            st.query_params.clear()
            st.switch_page("add.py")


screen()
