"""Text that is safe in a Markdown place."""

from __future__ import annotations

import re

from unipic.words import count, duration, printable, size

__all__ = ["count", "duration", "plain", "printable", "size"]

MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&@])")


def plain(name: str) -> str:
    """A name as text for a Markdown place: nothing in it is markup, control codes are shown as a box."""
    return MARKDOWN.sub(r"\\\1", printable(name))
