"""What reading a photo yields: `Picture` before embedding, `Seen` after it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from unipic.core.photo import Photo

VERSION = 3  # raised when stored data changes its meaning: the fields of a Photo, a table, the rounding of vectors


@dataclass(frozen=True, eq=False)
class Picture:
    """A photo with the products of its one decode: the encoder's input and the thumbnail."""

    photo: Photo
    view: np.ndarray  # uint8 [VIEW, VIEW, 3], the whole picture made square
    thumbnail: bytes  # JPEG, long side WORKING


@dataclass(frozen=True, eq=False)
class Seen:
    """A photo with its embedding and thumbnail; its file need not be opened again."""

    photo: Photo
    vector: np.ndarray  # float16 [D], of length 1; see half()
    thumbnail: bytes  # JPEG, long side WORKING; b"" if it is stored already
    stale: bool = False  # the metadata was read by an older version and must be read again


@dataclass(frozen=True, slots=True)
class PairResult:
    """The result of comparing two photos by aligning one with the other."""

    points: int  # keypoints that move together
    sameness: float = 0.0  # 0 to 100, 50 at the limit
    how: str = ""  # in what way they are one picture; "" if they are not
    swept: tuple[float, float] | None = None  # how far the view moved, see _alignment.swept()


@dataclass(frozen=True)
class Look:
    """The verdict on a pair of photos that were compared at full size."""

    verdict: Literal["same", "mark", "different", "unknown"]
    words: str  # for people: where the mark is, or why nothing is known


def half(vectors: np.ndarray) -> np.ndarray:
    """float32 [N, D] -> float16 [N, D], as stored.

    Fresh vectors are rounded too, so stored and new ones are equal to the last bit, whatever batch a photo was in.
    """
    return vectors.astype(np.float16)
