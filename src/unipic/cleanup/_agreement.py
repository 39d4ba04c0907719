"""How two same pictures agree, in words: compare.py's are remembered in English, and put into a language here."""

import re

from unipic.core.language import gettext as _
from unipic.core.language import gettext_noop as N_

MESSAGES = (
    N_("whole"),
    N_("mirrored"),
    N_("turned by {turn}°"),
    N_("cropped to {share}%"),
    N_("in other tones"),
    N_("{points} points and {share}% of the detail agree"),
    N_("{share}% of the detail agree"),
)
PATTERNS = [(re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>\\d+)", message)), message) for message in MESSAGES]


def in_language(how: str) -> str:
    """These words of compare.py in the language of the moment."""
    signs, mark, agree = how.partition("; ")
    return ", ".join(map(_part, signs.split(", "))) + mark + _part(agree)


def _part(words: str) -> str:
    for pattern, message in PATTERNS:
        if found := pattern.fullmatch(words):
            return _(message, **found.groupdict())
    return words
