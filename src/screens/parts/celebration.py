"""After an export: what was achieved, as a picture to keep."""

import time
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from screens.parts.words import plain
from server.runs import Run
from server.state import desk_of
from unipic.core.language import gettext as _
from unipic.destinations.card import write_card
from unipic.review.ledger import ledger
from unipic.review.outcomes import Outcome
from unipic.review.statistics import time_taken

CARD = "before-and-after.jpg"


def make_card(run: Run, everything: Sequence[Outcome]) -> None:
    """Write the picture into the run's folder. A full disk costs only the picture."""
    state, desk = run.load(), desk_of(run)
    with desk.lock:
        decided = [ruling.at for ruling in desk.rulings if ruling.at > state.created]
    seconds = time_taken([state.created, *decided, time.time()])
    try:
        write_card(
            run.out / CARD, everything, ledger(everything), seconds, lambda photo: run.thumbnails.load(photo.digest)
        )
    except OSError as error:
        st.caption(_("There is no picture of it: {problem}.", problem=plain(str(error.strerror))))


def celebrate(run: Run) -> None:
    """Show the picture of the last export, if there is one."""
    path: Path = run.out / CARD
    if not path.is_file():
        return
    st.subheader(_("Well done"), anchor=False)
    st.image(
        str(path),
        caption=_("Your photos before and after. No names are in this picture."),
        alt=_("Small pictures of all photos before, and of those that stay after"),
    )
    st.download_button(
        _("Keep this picture"), path.read_bytes(), CARD, "image/jpeg", icon=":material/image:", key="card"
    )
