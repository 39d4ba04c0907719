"""Words looked for in what a photo is called: names of files and folders, cameras, places, and text in the photo."""

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
    together = _containing(library, " ".join(every)) if len(every) > 1 else each[0]
    size = len(library.digests)
    number, rank, first = np.zeros(size, int), np.zeros(size, int), np.zeros(size, bool)
    for found in reversed(each):
        number[found] += 1
        rank[found] = np.arange(len(found))
    first[together] = True
    number[together] = len(each)
    some = np.flatnonzero(number)
    ordered = some[np.lexsort((some, rank[some], -number[some], ~first[some]))]
    whole = number[ordered] == len(each)
    return ordered[whole], ordered[~whole]


def _containing(library: Searchable, piece: str) -> np.ndarray:
    if len(piece) >= TRIGRAM:
        return library.containing([piece])
    return library.matching(Contains(piece))
