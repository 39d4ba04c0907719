"""Names, numbers and durations in words, for screens and terminals."""

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from unipic.core.language import gettext as _, ngettext, number

KINDS_NAMED = 5  # endings of names, the most frequent first
JOINERS = "\u200c\u200d"  # the zero-width non-joiner and joiner


def printable(value: object) -> str:
    """The text with U+FFFD in the place of control characters and invalid bytes."""
    return "".join(c if _is_seen(c) else "\ufffd" for c in str(value))


def without_controls(text: str) -> str:
    """A name without what cannot be seen, but with what joins: emoji, Persian and Hindi are written with it."""
    return "".join(filter(_is_seen, text))


def _is_seen(character: str) -> bool:
    return character.isprintable() or character in JOINERS


def size(count: float) -> str:
    """Bytes in words: 1.9 MB, 793 kB."""
    plain = _("bytes")
    for unit in (plain, "kB", "MB", "GB"):
        if count < 1000:
            whole = unit == plain or count >= 99.95
            return f"{number(count, '.0f' if whole else '.1f')} {unit}"
        count /= 1000
    return f"{number(count, '.1f')} TB"


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: 1 photo, 2 photos."""
    return ngettext(*counted(one, many), number)


def counted(one: str, many: str = "") -> tuple[str, str]:
    """The message by which a noun is counted: its form for one, and for many."""
    return f"{{n:,}} {one}", f"{{n:,}} {many or one + 's'}"


def nothing_found(names: Sequence[str]) -> str:
    """What to say of a place without photos: which files, by their names, lie there instead, and what to do."""
    if not names:
        return _("No photos found here: there are no files. Choose another folder.")
    kinds = Counter(PurePosixPath(name).suffix.casefold() or _("no ending") for name in names)
    most = ", ".join(kind for kind, _number in kinds.most_common(KINDS_NAMED))
    return ngettext(
        "No photos found here, but {n:,} other file ({kinds}). The list says why each is none. "
        "Choose another folder, or other files.",
        "No photos found here, but {n:,} other files ({kinds}). The list says why each is none. "
        "Choose another folder, or other files.",
        len(names),
        kinds=most,
    )


def belonging(files: int) -> str:
    """ " with 2 files that belong to them"; "" for 0."""
    if not files:
        return ""
    return ngettext(" with {n:,} file that belongs to them", " with {n:,} files that belong to them", files)


def clock(seconds: float) -> str:
    """A time in a film: 0:41, 12:05, 1:02:07."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def duration(seconds: float) -> str:
    """A rounded duration: 40 s, 12 min, 1.5 h."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{number(seconds / 3600, '.1f')} h"
