"""Which colours a photo has, how colourful and how light it is, from its thumbnail."""

from collections.abc import Callable

import numpy as np

from unipic.library.filling import Lot, Model
from unipic.reading.images import load_thumbnail
from unipic.vision.base import Part

VERSION = 1  # raised when a picture gets other colours

KIND = "colours"  # of the part that holds them
STEP = 6  # pixels: of a thumbnail of 640 pixels, some 8,000 are looked at
# Regions of CIELAB, by lightness (0 to 100), chroma, and hue in degrees. Black, white and grey have no hue.
BLACK_L, WHITE_L, GREY_C, PALE_C = 22.0, 86.0, 9.0, 16.0
BROWN_L, BROWN_HUES = 52.0, (45.0, 95.0)  # dark orange and dark yellow
VIVID_C, VIVID = 30.0, ("orange", "yellow")  # paler ones are sand, wood and skin, which nobody calls so
PINK_L, PINK_HUES = 62.0, (340.0, 400.0)  # light red
HUES = (  # where each begins; pink begins at the end of the circle
    *((20.0, "red"), (50.0, "orange"), (78.0, "yellow"), (110.0, "green"), (168.0, "teal"), (228.0, "blue")),
    *((310.0, "purple"), (340.0, "pink")),
)
NAMES = ("red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "brown", "black", "white", "grey")
# sRGB to XYZ over its white (D65), IEC 61966-2-1.
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = TO_XYZ.sum(axis=1)


def colours(picture: np.ndarray) -> dict[str, float]:
    """uint8 [H, W, 3] -> the share of each of NAMES, the mean "chroma", and the mean "light" (0 to 100)."""
    light, chroma, hue = _polar(_lab(picture[::STEP, ::STEP].reshape(-1, 3)))
    name = np.full(len(light), -1)
    for number, (begin, colour) in enumerate(HUES):
        end = HUES[number + 1][0] if number + 1 < len(HUES) else 360.0 + HUES[0][0]
        least = VIVID_C if colour in VIVID else PALE_C
        name[_within(hue, begin, end) & (chroma >= least)] = NAMES.index(colour)
    name[_within(hue, *PINK_HUES) & (chroma >= PALE_C) & (light >= PINK_L)] = NAMES.index("pink")
    name[_within(hue, *BROWN_HUES) & (chroma >= PALE_C) & (light < BROWN_L)] = NAMES.index("brown")
    name[(chroma < GREY_C)] = NAMES.index("grey")
    name[(light < BLACK_L) & (chroma < 2 * PALE_C)] = NAMES.index("black")
    name[(light >= WHITE_L) & (chroma < GREY_C)] = NAMES.index("white")
    shares = np.bincount(name[name >= 0], minlength=len(NAMES)) / len(name)
    named = {colour: round(float(share), 3) for colour, share in zip(NAMES, shares, strict=True) if share}
    return {**named, "chroma": round(float(chroma.mean()), 1), "light": round(float(light.mean()), 1)}


def colour_model() -> Model:
    """What fills the library with colours, on any engine."""
    return Model(f"colours-{VERSION}", _nothing, _found)


def _nothing() -> None:
    """No model is opened."""


def _found(model: Callable[[], None], lot: Lot) -> list[list[Part]]:
    return [[Part(kind=KIND, facts=colours(load_thumbnail(thumbnail)))] for _, thumbnail in lot]


def _lab(rgb: np.ndarray) -> np.ndarray:
    """uint8 sRGB [N, 3] -> CIELAB [N, 3]."""
    tones = rgb / 255.0
    linear = np.where(tones <= 0.04045, tones / 12.92, ((tones + 0.055) / 1.055) ** 2.4)
    ratio = linear @ TO_XYZ.T / WHITE
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = root.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


def _polar(lab: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """CIELAB [N, 3] -> lightness, chroma, hue in degrees from 0."""
    light, a, b = lab.T
    return light, np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360


def _within(hue: np.ndarray, begin: float, end: float) -> np.ndarray:
    return np.asarray((hue - begin) % 360 < end - begin)
