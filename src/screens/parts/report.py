"""The figures of a review: what was found, decided and left out, and by whom; and the question about unseen copies."""

from collections.abc import Sequence

import streamlit as st

from screens.parts.preview import Picture, preview
from screens.parts.words import count, printable, size
from screens.session import session
from server.runs import Run
from unipic.cleanup.result import CLUTTER
from unipic.core.photo import Photo
from unipic.review.desk import Answer, Desk
from unipic.review.ledger import WHO, Ledger, Line, Report, ledger, open_groups
from unipic.review.outcomes import Outcome

KINDS = {
    "identical": "Identical files",
    "same": "The same picture",
    "holds": "The same picture, each holds something",
    "similar": "Similar shots",
    "blurred": "Blurred photos",
    "black": "Black photos",
    "empty": "Near-empty photos",
    "screenshot": "Screenshots",
    "document": "Documents",
    "graphic": "Graphics from messengers",
    "screen": "Photos of screens",
    "single": "Like no other",
}
ANSWERS: dict[Answer, str] = {"leave out": ":material/remove: Leave out", "keep": ":material/add: Keep all"}
PREVIEWED = 12  # groups of the preview
UNSEEN = "unseen"


def figures(found: Ledger, lines: Sequence[Line], told: Report) -> None:
    """One line in words, then a table: found, decided, left out."""
    gone = found.left_out
    left = f"**{gone.photos:,}** left out: **{size(gone.bytes)}** saved" if gone.photos else "nothing left out"
    st.markdown(f"**{count(found.found.photos, 'photo')}** found, **{found.kept.photos:,}** stay, {left}.")
    rows = [f"| {KINDS[line.kind]} | {line.found:,} | {_decided(line)} | {_left(line)} |" for line in lines]
    st.markdown("\n".join(["| | Found | Decided by you | Left out |", "|:--|--:|:--|:--|", *rows]))
    waiting = told.groups - told.reviewed
    if waiting:
        st.caption(f"{count(waiting, 'group')} of similar shots not looked at: all of these photos are kept.")
    if told.agreement is not None:
        st.caption(
            f"You followed the suggestion in {told.agreement:.0%} of {count(told.reviewed, 'group')} of similar shots: "
            "you kept the recommended shot and left another one out."
        )


def _decided(line: Line) -> str:
    what = "photo" if line.kind in CLUTTER else "group"
    return f"{line.decided:,} of {count(line.groups, what)}" if line.groups else "–"


def _left(line: Line) -> str:
    return ", ".join(f"{number:,} ({'by ' * (by == 'you')}{WHO[by]})" for by, number in line.left_out.items()) or "0"


def unseen_copies(run: Run, desk: Desk, everything: Sequence[Outcome]) -> bool:
    """The question about verified copies that nobody looked at. False while there are any and it is not answered."""
    groups, found = open_groups(desk.proposal, everything), ledger(everything)
    if not groups:
        return True
    st.subheader(f"{count(len(groups), 'group')} of copies, verified at full size, not looked at", anchor=False)
    st.markdown(
        f"{count(found.open.photos, 'photo')} ({size(found.open.bytes)}) in them can be left out: each was compared at "
        "full size with a photo that stays, and holds nothing that is not in it."
    )
    going = {outcome.file.id for outcome in everything if outcome.by in ("identical", "verified")}
    with st.expander("Preview"):
        shown = groups[:PREVIEWED]
        preview(
            [[_picture(run, photo, photo.id not in going) for photo in one.photos] for one in shown], "unseen-preview"
        )
        if len(groups) > PREVIEWED:
            st.caption(f"... and {count(len(groups) - PREVIEWED, 'more group', 'more groups')}.")
    session.set_widget(UNSEEN, desk.unseen or None)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "What should happen with them?",
            list(ANSWERS),
            format_func=ANSWERS.__getitem__,
            key=UNSEEN,
            on_change=_answered,
            args=(desk,),
        )
        if st.button("Look now", icon=":material/visibility:", key="look-now"):
            desk.place = groups[0].id
            st.switch_page("review.py", query_params={"run": run.token})
    if not desk.unseen:
        st.caption("Nothing is chosen yet. Your answer is kept with this review, and can be changed at any time.")
    return bool(desk.unseen)


def _answered(desk: Desk) -> None:
    desk.unseen = session.widget(UNSEEN) or ""


def _picture(run: Run, photo: Photo, stays: bool) -> Picture:
    return {
        "source": f"/unipic/thumb/{run.token}/{photo.digest}",
        "name": printable(photo.name.rpartition("/")[2]),
        "facts": f"{photo.width} x {photo.height}, {size(photo.size)}",
        "word": "stays" if stays else "can go",
        "stays": "stays" if stays else "",
    }
