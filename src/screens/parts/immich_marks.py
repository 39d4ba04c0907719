"""Finish, into Immich: what would be written, with exact counts; the confirmation; and the way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from screens.parts.immich_connect import connected
from screens.parts.save import Bar, one_at_a_time
from screens.parts.words import count, plain
from screens.session import session
from server.runs import Run
from server.state import desk_of
from unipic.core.errors import UnipicError
from unipic.core.language import gettext as _
from unipic.core.progress import Progress
from unipic.destinations import immich
from unipic.review.outcomes import Outcome
from unipic.sources.immich import Cache, Connected, ImmichSource

ROWS = 20  # steps that are shown before they are done
NAMES = 3  # photos that are named of a step


def marks_in_immich(run: Run, outcomes: Sequence[Outcome], ready: bool) -> None:
    """Tags, albums, favourites and stacks for the run's groups. `ready`: False until a question above is answered."""
    there = connected("finish-")
    if there is None:
        return
    try:
        waiting = immich.open_runs(there)
        if waiting:
            _interrupted(there, waiting[-1])
        else:
            _apply(run, outcomes, there, ready)
        _earlier(there)
    except UnipicError as error:
        st.error(plain(str(error)), icon=":material/error:")


def _apply(run: Run, outcomes: Sequence[Outcome], there: Connected, ready: bool) -> None:
    wishes = _wishes()
    plan = _plan(run, outcomes, there, wishes)
    if not plan.steps:
        st.info(_("Nothing is to be written: all is marked already, or nothing was found."), icon=":material/check:")
        return
    lines = [*plan.lines(), _("Nothing is deleted, and no description, date or place is changed.")]
    if plan.sidecars:
        lines.insert(-1, _("Immich will write {files} beside your originals.", files=count(plan.sidecars, ".xmp file")))
    st.markdown(_("**What will happen**") + "\n\n" + "\n".join(f"- {plain(line)}" for line in lines))
    for notice in plan.notices:
        st.caption(f":material/info: {plain(notice)}")
    with st.expander(_("The first {n} of {steps}", n=min(ROWS, len(plan.steps)), steps=count(len(plan.steps), "step"))):
        st.dataframe([_row(plan, step) for step in plan.steps[:ROWS]], hide_index=True)
    typed = st.text_input(
        _("To confirm, type the number of photos: {assets}", assets=plan.assets), key="immich-number"
    ).strip()
    sure = ready and "".join(filter(str.isdigit, typed)) == str(plan.assets)
    if st.button(
        _("Write to Immich"), type="primary", key="immich-apply", icon=":material/cloud_upload:", disabled=not sure
    ):
        _do(_("Writing to Immich"), lambda bar: immich.apply(there, plan, bar), _("written to"))


def _wishes() -> immich.Wishes:
    with st.container(horizontal=True):
        tags = st.toggle(_("Tags"), value=True, key="immich-tags")
        albums = st.toggle(_("Albums"), key="immich-albums", help=_("One for each group of similar shots."))
        favourites = st.toggle(_("Favourites"), key="immich-favourites", help=_("The best shot of each group."))
        stacks = st.toggle(_("Stacks"), key="immich-stacks", help=_("Similar shots as one, the best on top."))
    return immich.Wishes(tags, albums, favourites, stacks)


def _plan(run: Run, outcomes: Sequence[Outcome], there: Connected, wishes: immich.Wishes) -> immich.Plan:
    """The plan, made once for what is decided and wished, not with each click on the page."""
    desk = desk_of(run)
    with desk.lock:
        proposal, choices = desk.proposal, dict(desk.choices)
    said = frozenset((id, one.kept, one.done) for id, one in choices.items())
    asked = (there, run.token, wishes, said, tuple((one.file.id, one.fate) for one in outcomes))
    known = session.widget("immich-plan")
    if known and known[0] == asked:
        return known[1]
    with st.spinner(_("Looking at what is in Immich")):
        listing = ImmichSource(there, run.load().roots, Cache(there.client.server)).listing
        plan = immich.planned(proposal, choices, outcomes, listing, there, wishes)
    session.set_widget("immich-plan", (asked, plan))
    return plan


def _row(plan: immich.Plan, step: immich.Step) -> dict[str, object]:
    names = ", ".join(plan.names[id] for id in step.ids[:NAMES]) + (", ..." if len(step.ids) > NAMES else "")
    return {_("What"): _(step.kind), _("Name"): step.name, _("Photos"): len(step.ids), _("Which"): names}


def _do(title: str, work: Callable[[Progress], immich.Result], what: str) -> None:
    """Do it with a bar; whatever came of it is said after the page is drawn anew."""
    bar = Bar(title)
    try:
        with one_at_a_time(bar):
            result = work(bar)
        said = (
            "success",
            _(
                "{photos} {what}, in {steps}.",
                photos=count(result.written, "photo"),
                what=what,
                steps=count(result.steps, "step"),
            ),
        )
        problems = result.problems
    except UnipicError as error:
        said, problems = ("error", str(error)), []
    finally:
        bar.empty()
    session.set_widget("immich-plan", None)
    session.set_widget("immich-said", (said, problems[:ROWS]))
    st.rerun()


def _interrupted(there: Connected, journal: immich.Journal) -> None:
    st.warning(
        _(
            "Stopped after {done:,} of {steps}. Nothing is lost: let it go on, or undo it.",
            done=journal.done,
            steps=count(len(journal.steps), "step"),
        ),
        icon=":material/pause_circle:",
    )
    if st.button(_("Go on"), type="primary", key="immich-go-on", icon=":material/play_arrow:"):
        _do(_("Writing to Immich"), lambda bar: immich.apply(there, journal, bar), _("written to"))


def _earlier(there: Connected) -> None:
    """What came of the last click, and every run that can be taken back."""
    (kind, words), problems = session.widget("immich-said") or (("", ""), [])
    if kind == "success":
        st.success(plain(words), icon=":material/check_circle:")
    elif kind:
        st.error(plain(words), icon=":material/error:")
    for problem in problems:
        st.warning(plain(problem), icon=":material/warning:")
    for journal in immich.runs(there)[::-1]:
        albums = [past.result["album"] for past in journal.past if past.result and past.result.get("album")]
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(
                _("Written {time}: {steps}.", time=journal.at.replace("T", " "), steps=count(journal.done, "step"))
            )
            if albums:
                st.link_button(_("Albums in Immich"), f"{there.client.server.url}/albums", type="tertiary")
            if st.button(_("Undo all"), key=f"immich-undo-{journal.run}", icon=":material/undo:"):
                run = journal.run
                _do(_("Taking back"), lambda bar, run=run: immich.take_back(there, run, bar), _("as before"))  # type: ignore[misc]
