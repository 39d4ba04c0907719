"""Text that is safe in a Markdown place."""

import re

from unipic.core.words import belonging, count, duration, printable, size

__all__ = ["belonging", "count", "duration", "plain", "printable", "size"]

MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&@])")
# Streamlit makes links of addresses after it has taken the escapes away; a word joiner, which is not seen, stops it.
ADDRESS = re.compile(r"(?<=https)(?=://)|(?<=http)(?=://)|(?<=www)(?=\.)|(?<=@)", re.IGNORECASE)
JOINER = "\u2060"


def plain(name: str) -> str:
    """A name as text for a Markdown place: nothing in it is markup, control codes are shown as a box."""
    return MARKDOWN.sub(r"\\\1", ADDRESS.sub(JOINER, printable(name)))
