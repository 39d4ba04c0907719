"""The report: what was gained, how often the recommendation was followed, and the clean album to take home."""

from __future__ import annotations

import streamlit as st

from screens.parts.save import make_zip, offer
from screens.parts.words import count, plain, size
from screens.session import session
from screens.tools import choices_of, cleanup_of, server
from unipic.cleanup import Cleanup
from unipic.decisions import remember
from unipic.review import Choices, Report, report
from unipic.runs import Run
from unipic.settings import data_folder
from unipic.statistics import append


def screen() -> None:
    run = session.run
    if run is None or run.load().state != "ready":
        st.title("Nothing finished yet")
        st.markdown("Review your photos first; the report and the download appear here.")
        st.page_link("review.py", label="Review", icon=":material/checklist:")
        return
    st.query_params["run"] = run.token
    cleanup, choices = cleanup_of(run), choices_of(run)
    found = report(cleanup, choices)
    st.title("Your clean gallery")
    _figures(found)
    for notice in cleanup.notices:
        st.caption(f":material/info: {notice}")
    open_groups = found.groups - found.reviewed
    if open_groups:
        st.info(f"{count(open_groups, 'group')} not reviewed yet: all their photos are kept.", icon=":material/info:")
        st.page_link("review.py", label="Go on reviewing", icon=":material/arrow_back:")
    album = st.text_input("Name of the album", value=run.load().album or "My clean gallery", max_chars=80, key="album")
    made = st.button("Make the album", type="primary", icon=":material/folder_zip:", key="make")
    if made and make_zip(run, choices, album) is not None:
        run.change(album=album, album_file=session.zip_path.name if session.zip_path else "")
        _remember(run, cleanup, choices, found)
    offer(run)
    _delete(run)


def _figures(found: Report) -> None:
    with st.grid("auto", min_column_width=160):
        st.metric("Photos before", f"{found.before:,}", border=True)
        st.metric("Photos after", f"{found.after:,}", border=True)
        st.metric("Saved", size(found.bytes_saved), border=True, help="Everything that is set aside, copies included.")
        st.metric(
            "AI pick followed",
            "–" if found.agreement is None else f"{found.agreement:.0%}",
            border=True,
            help="Reviewed groups where you kept the recommended shot and discarded another one. "
            "Keeping everything does not count as agreement.",
        )
    st.caption(
        f"{found.reviewed} of {count(found.groups, 'group')} reviewed · {count(found.unreadable, 'file')} could not be "
        "read and go along as they are"
    )


def _remember(run: Run, cleanup: Cleanup, choices: Choices, found: Report) -> None:
    """The figures once per finished run; what was decided as it is now, in the place of what was decided before."""
    with server().deciding:
        if not run.load().finished:
            append(data_folder(), found)
            run.change(finished=True)
        try:
            remember(data_folder(), cleanup, choices)
        except OSError as error:
            st.warning(
                f"Your album is made, but nothing was learned from your choices: {plain(str(error.strerror))}.",
                icon=":material/warning:",
            )


def _delete(run: Run) -> None:
    st.divider()
    fetched = run.load().fetched
    if fetched:
        st.caption("Your album was downloaded. This run and its copies of your photos will be deleted soon.")
    else:
        st.caption("This run is deleted after the download, or after the time the operator of this server has set.")
    with st.popover("Delete this run now", icon=":material/delete:"):
        st.markdown("Uploaded copies, choices and results of this run are deleted. Your originals are not touched.")
        if st.button("Delete", type="primary", key="delete"):
            server().jobs.cancel(run)
            run.delete()
            session.show(None)
            st.query_params.clear()
            st.switch_page("add.py")


screen()
