"""How near a shot is to the recommended one, in words: does it repeat the frame, or show another pose or view?

Similarity answers "is it one moment?", so within a group nearly every photo has 99 or 100 of 100. Its log-odds still
differ: most of them are keypoints that stay in place, which are fewer the more of the picture changes.
"""

import math
from collections.abc import Sequence

from unipic.core.language import gettext as _

# Log-odds. Read off the groups of 689 real photos: frames of one burst had 9 to 14, a step aside or a nearer stand 5
# to 9, other poses and other sides of a thing less.
SAME_FRAME = 9.0
MOVED = 5.0


def nearness(alike: Sequence[float | None]) -> list[str]:
    """Words for each photo of a group, by its similarity to the first, 0 to 100; "" for the first.

    All are "" where every photo would get the same words, since these tell nothing apart.
    """
    words = [_words(value) for value in alike[1:]]
    told = len({word for word in words if word}) > 1
    return ["", *(words if told else [""] * len(words))]


def _words(value: float | None) -> str:
    if value is None:
        return ""
    odds = math.inf if value >= 100 else math.log(max(value, 1e-9) / (100 - value))
    return _("same frame") if odds >= SAME_FRAME else _("moved") if odds >= MOVED else _("another view")
