"""Words looked for in what a photo is called: names of files and folders, cameras, places, and text in the photo."""

from __future__ import annotations

import numpy as np

from unipic.core.folding import folded
from unipic.library.matching import TRIGRAM, Contains
from unipic.library.searchable import Searchable

_SMALL_WORDS = """
a an the of on in at to with and or my our your his her their this that is are was from for by over under some
me us show find der die das ein eine am im und mit von le la les un une des de du et avec el los las una y con
"""
SMALL_WORDS = frozenset(_SMALL_WORDS.split())


def hits(library: Searchable, words: str) -> tuple[np.ndarray, np.ndarray]:
    """Positions of photos that contain all the words, best first, and of those that contain some of several.

    Photos with the words one after the other come first.
    """
    every = [word for word in folded(words).split() if any(letter.isalnum() for letter in word)]
    telling = [word for word in every if word not in SMALL_WORDS] or every
    if not telling:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    each = [_containing(library, word) for word in dict.fromkeys(telling)]
    sets = [frozenset(found.tolist()) for found in each]
    first = frozenset((_containing(library, " ".join(every)) if len(every) > 1 else each[0]).tolist())
    number = {at: sum(at in one for one in sets) for at in first.union(*sets)} | dict.fromkeys(first, len(sets))
    rank = dict.fromkeys(first, 0) | {at: place for one in reversed(each) for place, at in enumerate(one.tolist())}
    ordered = sorted(number, key=lambda at: (at not in first, -number[at], rank[at], at))
    whole = [at for at in ordered if number[at] == len(sets)]
    some = [at for at in ordered if number[at] < len(sets)]
    return np.array(whole, np.int64), np.array(some, np.int64)


def _containing(library: Searchable, piece: str) -> np.ndarray:
    if len(piece) >= TRIGRAM:
        return library.containing([piece])
    return library.matching(Contains(piece))
