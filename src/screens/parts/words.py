"""Numbers and names in words that are safe to show."""

from __future__ import annotations

import re

MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&@])")


def plain(name: str) -> str:
    """A name as text for a Markdown place: nothing in it is markup, control codes are shown as a box."""
    visible = "".join(c if c.isprintable() and not "\ud800" <= c <= "\udfff" else "\ufffd" for c in name)
    return MARKDOWN.sub(r"\\\1", visible)


def bare(name: str) -> str:
    """A name for a place that does not know markup, such as a text or an image's alternative."""
    return "".join(c if c.isprintable() and not "\ud800" <= c <= "\udfff" else "\ufffd" for c in name)


def size(count: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def count(number: int, one: str, many: str = "") -> str:
    """1 photo, 2 photos."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
