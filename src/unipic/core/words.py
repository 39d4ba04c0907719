"""Names, numbers and spans of time in words, the same on a screen and in a terminal."""

from __future__ import annotations


def printable(value: object) -> str:
    """A name or a message without control codes and without bytes that are no text."""
    return "".join(c if c.isprintable() and not "\ud800" <= c <= "\udfff" else "\ufffd" for c in str(value))


def size(count: float) -> str:
    """1.9 MB, 793 kB."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" or count >= 99.95 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def count(number: int, one: str, many: str = "") -> str:
    """1 photo, 2 photos."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def belonging(files: int) -> str:
    """ " with 2 files that belong to them"; "" for 0."""
    return f" with {count(files, 'file')} that {'belongs' if files == 1 else 'belong'} to them" if files else ""


def duration(seconds: float) -> str:
    """About how long, for people: 40 s, 12 min, 1.5 h."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
