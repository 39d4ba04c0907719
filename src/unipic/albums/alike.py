"""How similar photos are on the two sides of a pause, by the encoder's vectors that the library has."""

from collections.abc import Mapping, Sequence

import numpy as np

from unipic.albums.sessions import Similar
from unipic.library.reader import Reader
from unipic.vision.base import Calibration


def similar_in(library: Reader, key: str, calibration: Calibration) -> Similar:
    """Similarity of the likest two photos across each pause, 0 to 100, by the encoder with this key."""

    def similar(pauses: Sequence[tuple[list[str], list[str]]]) -> list[float | None]:
        known = library.vectors_of((digest for sides in pauses for side in sides for digest in side), key)
        return [_similarity(known, sides, calibration) for sides in pauses]

    return similar


def _similarity(
    known: Mapping[str, np.ndarray], sides: tuple[list[str], list[str]], calibration: Calibration
) -> float | None:
    """None unless both sides have a vector."""
    before, after = ([known[digest] for digest in side if digest in known] for side in sides)
    if not (before and after):
        return None
    cosines = np.stack(before).astype(np.float64) @ np.stack(after).astype(np.float64).T
    return float(100 / (1 + np.exp(-calibration.odds(cosines.max(keepdims=True)).item())))
