"""Move originals aside, or back: for server folders, if the operator allows it."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from screens.parts.save import with_bar
from screens.parts.words import bullets, count, failed, plain, size
from server import operator
from server.runs import Run
from unipic.core.errors import UnipicError
from unipic.core.settings import data_folder
from unipic.destinations.aside import AsideDestination, moved_in_words
from unipic.destinations.quarantine import KNOWN, quarantines
from unipic.destinations.undo import held, undo_all
from unipic.review.ledger import ledger
from unipic.review.outcomes import By, Outcome
from unipic.sources.folder import SET_ASIDE

WORDS: dict[By, str] = {
    "you": "left out by you",
    "identical": "identical to what stays",
    "verified": "verified at full size",
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
        f"**This moves your originals.** {count(plan.files, 'file')} ({size(plan.bytes)}) would leave their folders.",
        icon=":material/drive_file_move:",
    )
    by = ledger(outcomes).by
    who = ", ".join(f"{amount.photos:,} {WORDS[who]}" for who, amount in by.items() if amount.photos)
    st.markdown(
        bullets(
            {
                "Moved": f"into a dated folder named *{SET_ASIDE}* beside your photos. Nothing is deleted.",
                "Photos": who,
                "Checked": "each file and the photo that stays for it once more, directly before it moves.",
                "Put back": "here, or with the command `undo`, at any time.",
            }
        )
    )
    for problem in plan.problems[:10]:
        st.caption(plain(problem))
    if plan.files:
        typed = st.text_input(f"To confirm, type the number of files: {plan.files}", key="aside-number").strip()
        sure = ready and typed == str(plan.files)
        if st.button("Move aside", key="aside", icon=":material/drive_file_move:", disabled=not sure):
            _move(destination, outcomes, int(typed))
    _put_back(roots)


def _move(destination: AsideDestination, outcomes: Sequence[Outcome], most: int) -> None:
    moved = with_bar("Setting aside", lambda bar: destination.carry_out(destination.plan(outcomes).at_most(most), bar))
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
    st.caption(f"Moved aside earlier from these folders: {count(files, 'file')} ({size(total)}).")
    if not st.button("Put everything back", key="put-back", icon=":material/undo:"):
        return
    undone = with_bar("Putting back", lambda bar: undo_all(*(one.folder for one in there), progress=bar))
    if undone is None:
        return
    st.success(f"{count(sum(one.files for one in undone), 'file')} put back.", icon=":material/check_circle:")
    for problem in (problem for one in undone for problem in one.problems):
        st.warning(plain(problem), icon=":material/warning:")
