"""One switch: whether the words in all photos are read, or in screenshots and documents only."""

import streamlit as st

from screens.parts.words import count, plain
from server.state import library
from server.upkeep import look_for_new, problem_with_words
from unipic.core.errors import DecisionsUnreadable
from unipic.core.language import gettext as _, retold
from unipic.core.words import duration
from unipic.library.recognised import CHOICE, SECONDS, Which, chosen, unread
from unipic.vision.ocr import LANGUAGES, NOT_READ


def words() -> None:
    """The switch, how long it takes, and what cannot be read."""
    st.subheader(_("Words in pictures"), anchor=False)
    left = len(unread(library(), screens=False))
    everything = chosen(library()) == "all"
    takes = _(" (about {time})", time=duration(left * SECONDS)) if left and not everything else ""
    st.toggle(
        _("Read the words in all photos{takes}", takes=takes),
        value=everything,
        key=f"read-words-{everything}",  # what another tab chose is shown here too
        on_change=_choose,
        args=("screens" if everything else "all",),
        disabled=_damaged(),
    )
    waiting = _(" {photos} to go.", photos=count(left, "photo")) if left and everything else ""
    st.caption(
        _(
            "A search finds what is written in a picture. Screenshots and documents are always read; the rest is "
            "read in the background, after everything else.{waiting} Read are {languages}; not {not_read}.",
            waiting=waiting,
            languages=LANGUAGES,
            not_read=NOT_READ,
        )
    )
    if problem := problem_with_words():
        st.warning(plain(retold(problem)), icon=":material/warning:")


def _choose(which: Which) -> None:
    library().marks.choose(CHOICE, which)
    look_for_new([])


def _damaged() -> bool:
    """Whether nothing can be chosen, since what people said cannot be used."""
    try:
        library().marks.usable()
    except DecisionsUnreadable:
        return True
    return False
