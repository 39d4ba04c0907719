"""Where heads are in pictures, by the finder of faces. Nothing about who it is."""

from collections.abc import Callable, Sequence

import numpy as np

from unipic.albums.crop import Head
from unipic.vision.registry import open_faces

Heads = Callable[[Sequence[np.ndarray]], list[list[Head]]]  # of pictures, uint8 [H, W, 3] RGB each
CLEAR = 0.85  # of the finder's score: below it there are dolls, statues and backs of heads too


def head_finder() -> Heads:
    """What finds heads. ModelError if the finder of faces cannot be used."""
    finder = open_faces()

    def heads(pictures: Sequence[np.ndarray]) -> list[list[Head]]:
        return [
            [Head(part.box, part.facts["score"] >= CLEAR) for part in parts if part.box]
            for parts in finder.find(pictures)
        ]

    return heads
