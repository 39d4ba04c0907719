"""The figures of a review: what was found, decided and left out, and by whom; and the question about unseen copies."""

from collections.abc import Sequence

import streamlit as st

from screens.parts.preview import Picture, preview
from screens.parts.words import count, printable, size
from screens.session import session
from server.runs import Run
from unipic.core.language import gettext as _, gettext_noop as N_, number
from unipic.core.photo import Photo
from unipic.review.desk import Answer, Desk
from unipic.review.ledger import WHO, Ledger, Line, Report, ledger, open_groups
from unipic.review.outcomes import Outcome

KINDS = {
    "identical": N_("Identical files"),
    "same": N_("The same picture"),
    "holds": N_("The same picture, each holds something"),
    "similar": N_("Similar shots"),
    "single": N_("Like no other"),
}
ANSWERS: dict[Answer, str] = {"leave out": N_(":material/remove: Leave out"), "keep": N_(":material/add: Keep all")}
PREVIEWED = 12  # groups of the preview
UNSEEN = "unseen"


def figures(found: Ledger, lines: Sequence[Line], told: Report) -> None:
    """One line in words, then a table: found, decided, left out."""
    gone = found.left_out
    left = (
        _("**{photos:,}** left out: **{size}** saved", photos=gone.photos, size=size(gone.bytes))
        if gone.photos
        else _("nothing left out")
    )
    st.markdown(
        _(
            "**{photos}** found, **{kept:,}** stay, {left}.",
            photos=count(found.found.photos, "photo"),
            kept=found.kept.photos,
            left=left,
        )
    )
    rows = [f"| {_(KINDS[line.kind])} | {number(line.found)} | {_decided(line)} | {_left(line)} |" for line in lines]
    st.markdown("\n".join([_("| | Found | Decided by you | Left out |"), "|:--|--:|:--|:--|", *rows]))
    waiting = told.groups - told.reviewed
    if waiting:
        st.caption(
            _("{groups} of similar shots not looked at: all of these photos are kept.", groups=count(waiting, "group"))
        )
    if told.agreement is not None:
        st.caption(
            _(
                "You followed the suggestion in {share} of {groups} of similar shots: you kept the "
                "recommended shot and left another one out.",
                share=f"{told.agreement:.0%}",
                groups=count(told.reviewed, "group"),
            )
        )


def _decided(line: Line) -> str:
    return (
        _("{decided:,} of {groups}", decided=line.decided, groups=count(line.groups, "group")) if line.groups else "–"
    )


def _left(line: Line) -> str:
    by_you = _("by {who}", who=_(WHO["you"]))
    told = (f"{number(n)} ({by_you if by == 'you' else _(WHO[by])})" for by, n in line.left_out.items())
    return ", ".join(told) or "0"


def unseen_copies(run: Run, desk: Desk, everything: Sequence[Outcome]) -> bool:
    """The question about verified copies that nobody looked at. False while there are any and it is not answered."""
    groups, found = open_groups(desk.proposal, everything), ledger(everything)
    if not groups:
        return True
    st.subheader(
        _("{groups} of copies, verified at full size, not looked at", groups=count(len(groups), "group")), anchor=False
    )
    st.markdown(
        _(
            "{photos} ({size}) in them can be left out: each was compared at full size with a photo that stays, "
            "and holds nothing that is not in it.",
            photos=count(found.open.photos, "photo"),
            size=size(found.open.bytes),
        )
    )
    going = {outcome.file.id for outcome in everything if outcome.by in ("identical", "verified")}
    with st.expander(_("Preview")):
        shown = groups[:PREVIEWED]
        preview(
            [[_picture(run, photo, photo.id not in going) for photo in one.photos] for one in shown], "unseen-preview"
        )
        if len(groups) > PREVIEWED:
            st.caption(_("... and {groups}.", groups=count(len(groups) - PREVIEWED, "more group")))
    session.set_widget(UNSEEN, desk.unseen or None)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            _("What should happen with them?"),
            list(ANSWERS),
            format_func=lambda answer: _(ANSWERS[answer]),
            key=UNSEEN,
            on_change=_answered,
            args=(desk,),
        )
        if st.button(_("Look now"), icon=":material/visibility:", key="look-now"):
            desk.place = groups[0].id
            st.switch_page("review.py", query_params={"run": run.token})
    if not desk.unseen:
        st.caption(_("Nothing is chosen yet. Your answer is kept with this review, and can be changed at any time."))
    return bool(desk.unseen)


def _answered(desk: Desk) -> None:
    desk.unseen = session.widget(UNSEEN) or ""


def _picture(run: Run, photo: Photo, stays: bool) -> Picture:
    return {
        "source": f"/unipic/thumb/{run.token}/{photo.digest}",
        "name": printable(photo.name.rpartition("/")[2]),
        "facts": f"{photo.width} x {photo.height}, {size(photo.size)}",
        "word": _("stays") if stays else _("can go"),
        "stays": "stays" if stays else "",
    }
