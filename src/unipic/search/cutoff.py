"""Whether a photo shows what a text says, or nothing does: by how much better the text fits than everyday captions.

A cosine alone says little: some photos are somewhat near to every text, and some texts to every photo. So a photo's
cosine with the text is compared with the best of its cosines with about 500 captions, the background.
"""

from functools import cache
from pathlib import Path

import numpy as np

from unipic.vision.base import Cutoff

BACKGROUND = Path(__file__).with_name("background.txt")
SAME = 0.85  # cosine of two texts that say nearly the same; a caption like the query would compete with it
SHOWN = 24  # photos before it is said that a model's cut-off was not measured: a page


@cache
def background() -> tuple[str, ...]:
    """The captions."""
    lines = BACKGROUND.read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def competing(captions: np.ndarray, query: np.ndarray) -> np.ndarray:
    """Vectors [B, D] of captions that say something else than the query [D], all of length 1."""
    return captions[captions @ query <= SAME]


def margins(photos: np.ndarray, query: np.ndarray, captions: np.ndarray) -> np.ndarray:
    """float32 [N]: how much nearer each photo [N, D] is to the query [D] than to the nearest of captions [B, D].

    All of length 1. Without captions, the cosine with the query.
    """
    near = photos @ query
    return np.asarray(near - (photos @ captions.T).max(axis=1) if len(captions) else near, np.float32)


def shown(photos: np.ndarray, query: np.ndarray, captions: np.ndarray, cutoff: Cutoff) -> tuple[np.ndarray, np.ndarray]:
    """bool [N] each: which photos [N, D] show the query [D], and which others may. The rest shows something else."""
    margin = margins(photos, query, competing(captions, query))
    found = margin >= cutoff.found
    return found, (margin >= cutoff.maybe) & ~found
