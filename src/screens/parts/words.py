"""Text that is safe in a Markdown place, and the shapes in which pages say things."""

import re
from collections.abc import Mapping, Sequence

import streamlit as st

from unipic.core.language import gettext as _, retold
from unipic.core.words import belonging, count, duration, printable, size

__all__ = [
    "and_more", "belonging", "bullets", "count", "duration", "failed", "first_of", "plain", "printable", "size",
]  # fmt: skip

MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&@])")
# Streamlit makes links of addresses after it has taken the escapes away; a word joiner, which is not seen, stops it.
ADDRESS = re.compile(r"(?<=https)(?=://)|(?<=http)(?=://)|(?<=www)(?=\.)|(?<=@)", re.IGNORECASE)
JOINER = "\u2060"


def plain(name: str) -> str:
    """A name as text for a Markdown place: nothing in it is markup, control codes are shown as a box."""
    return MARKDOWN.sub(r"\\\1", ADDRESS.sub(JOINER, printable(name)))


def failed(problem: object) -> None:
    """Show an error, or what it says."""
    st.error(plain(retold(str(problem))), icon=":material/error:")


def bullets(lines: Mapping[str, object]) -> str:
    """A Markdown list of what applies: what it is about, and the words; without words it is left out."""
    return "\n".join(f"- **{what}:** {words}" for what, words in lines.items() if words)


def first_of(lines: Sequence[str], most: int) -> None:
    """A list of Markdown lines, of many only the first."""
    st.markdown("\n".join(f"- {line}" for line in lines[:most]))
    and_more(len(lines) - most)


def and_more(number: int, where: str = "") -> None:
    """How many are not shown, if any."""
    if number > 0:
        st.caption(_("... and {n:,} more", n=number) + where)
