"""A perceptual hash: 256 bits that survive re-encoding and resizing, and differ between shots of a burst.

A difference hash (dHash, N. Krawetz 2013) of 17 x 16 grey pixels: each bit says whether brightness falls from one pixel
to its right neighbour.
"""

import numpy as np
from PIL import Image

VERSION = 1  # raised when a picture gets another fingerprint
BITS = 256


def fingerprint(picture: Image.Image) -> str:
    """The hash of an upright picture, as 64 hexadecimal digits."""
    grey = np.asarray(picture.convert("L").resize((17, 16), Image.Resampling.BOX), dtype=np.int16)
    return np.packbits(grey[:, :-1] > grey[:, 1:]).tobytes().hex()


def bits_apart(a: str, b: str) -> int:
    """How many of the 256 bits differ, 0 to 256; unrelated pictures differ in about half."""
    return (int(a, 16) ^ int(b, 16)).bit_count()
