"""Move originals aside, or back: for server folders, if the operator allows it."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from screens.parts.save import with_bar
from screens.parts.words import bullets, count, failed, plain, size
from server import operator
from server.runs import Run
from unipic.core.errors import UnipicError
from unipic.core.language import gettext as _, gettext_noop as N_, number
from unipic.core.settings import data_folder
from unipic.destinations.aside import AsideDestination, moved_in_words
from unipic.destinations.quarantine import KNOWN, quarantines
from unipic.destinations.undo import held, undo_all
from unipic.review.ledger import ledger
from unipic.review.outcomes import By, Outcome
from unipic.sources.folder import SET_ASIDE

WORDS: dict[By, str] = {
    "you": N_("left out by you"),
    "identical": N_("identical to what stays"),
    "verified": N_("verified at full size"),
}


def may_set_aside(run: Run) -> bool:
    """Whether originals may be moved: not uploads, which are copies, and only if the operator allows it."""
    return run.load().source == "folder" and operator.may_set_aside()


def set_aside(run: Run, outcomes: Sequence[Outcome], ready: bool) -> None:
    """The plan of the move, its confirmation, and the way back. `ready`: False until a question above is answered."""
    roots = [Path(root) for root in run.load().roots]
    destination = AsideDestination(roots, data_folder() / KNOWN)
    try:
        destination.ready()
        plan = destination.plan(outcomes)
    except UnipicError as error:
        failed(error)
        return
    st.error(
        _(
            "**This moves your originals.** {files} ({size}) would leave their folders.",
            files=count(plan.files, "file"),
            size=size(plan.bytes),
        ),
        icon=":material/drive_file_move:",
    )
    by = ledger(outcomes).by
    who = ", ".join(f"{number(amount.photos)} {_(WORDS[who])}" for who, amount in by.items() if amount.photos)
    st.markdown(
        bullets(
            {
                _("Moved"): _(
                    "into a dated folder named *{set_aside}* beside your photos. Nothing is deleted.",
                    set_aside=SET_ASIDE,
                ),
                _("Photos"): who,
                _("Checked"): _("each file and the photo that stays for it once more, directly before it moves."),
                _("Put back"): _("here, or with the command `undo`, at any time."),
            }
        )
    )
    for problem in plan.problems[:10]:
        st.caption(plain(problem))
    if plan.files:
        typed = st.text_input(
            _("To confirm, type the number of files: {files}", files=plan.files), key="aside-number"
        ).strip()
        sure = ready and typed == str(plan.files)
        if st.button(_("Move aside"), key="aside", icon=":material/drive_file_move:", disabled=not sure):
            _move(destination, outcomes, int(typed))
    _put_back(roots)


def _move(destination: AsideDestination, outcomes: Sequence[Outcome], most: int) -> None:
    moved = with_bar(
        _("Setting aside"), lambda bar: destination.carry_out(destination.plan(outcomes).at_most(most), bar)
    )
    if moved is None:
        return
    st.success(plain(f"{moved_in_words(moved)}."), icon=":material/check_circle:")
    for problem in moved.problems:
        st.warning(plain(problem), icon=":material/warning:")


def _put_back(roots: Sequence[Path]) -> None:
    there = [held(folder) for root in roots for folder in quarantines(root / SET_ASIDE)]
    if not there:
        return
    files, total = sum(one.files for one in there), sum(one.bytes for one in there)
    st.caption(
        _("Moved aside earlier from these folders: {files} ({size}).", files=count(files, "file"), size=size(total))
    )
    if not st.button(_("Put everything back"), key="put-back", icon=":material/undo:"):
        return
    undone = with_bar(_("Putting back"), lambda bar: undo_all(*(one.folder for one in there), progress=bar))
    if undone is None:
        return
    st.success(
        _("{files} put back.", files=count(sum(one.files for one in undone), "file")), icon=":material/check_circle:"
    )
    for problem in (problem for one in undone for problem in one.problems):
        st.warning(plain(problem), icon=":material/warning:")
