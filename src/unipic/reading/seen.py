"""What is left of a photo once it was looked at: first a picture to embed, then all that is ever needed of it again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unipic.core.photo import Photo

VERSION = 1  # raised when what is kept means something else: the fields of a Photo, a stored row, a rounded vector


@dataclass(frozen=True, eq=False)
class Picture:
    """A photo with what its one decode leaves for others: the encoders' view and the thumbnail people see."""

    photo: Photo
    view: np.ndarray  # uint8 [VIEW, VIEW, 3], the whole picture made square
    thumbnail: bytes  # JPEG, long side WORKING


@dataclass(frozen=True, eq=False)
class Seen:
    """A photo, and where it lies among all others: nobody need look at its file again."""

    photo: Photo
    vector: np.ndarray  # float16 [D], of length 1; see half()
    thumbnail: bytes  # JPEG, long side WORKING; b"" where it is in its place already
    stale: bool = False  # the photo's metadata was read by an older version, and is missing here


@dataclass(frozen=True)
class Look:
    """Two photos laid one on the other."""

    points: int  # keypoints that move together
    sameness: float = 0.0  # 0 to 100, 50 at the limit
    how: str = ""  # they agree, where they are one picture
    swept: tuple[float, float] | None = None  # how far the view went, see alignment.swept()


def half(vectors: np.ndarray) -> np.ndarray:
    """float32 [N, D] -> float16 [N, D], as they are stored.

    Fresh vectors are rounded too: what was remembered and what was just seen are the same to the last bit, and so is
    a photo that was embedded in another batch.
    """
    return vectors.astype(np.float16)
