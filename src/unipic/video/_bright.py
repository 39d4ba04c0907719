"""Pictures of a high dynamic range (PQ, HLG) shown on a usual screen."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Linear = NDArray[np.float32]
CODES = 1 << 16
WHITE = 203.0  # cd/m2 of paper in such a film (ITU-R BT.2408): 1 in the light that is mapped
PEAK = 1000.0 / WHITE  # of the display that HLG is graded for; becomes the screen's white
ROWS = 256  # converted at once, which keeps the floats small
# Linear light of BT.2020 to that of BT.709 (ITU-R BT.2087).
TO_709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], dtype=np.float32
)


def tone_mapped(pixels: NDArray[np.uint16], transfer: str) -> NDArray[np.uint8]:
    """sRGB, [height, width, 3] of 8 bits, from BT.2020 RGB of 16 bits coded by "PQ" or "HLG"."""
    out = np.empty(pixels.shape, np.uint8)
    light, screen = _light(transfer), _screen()
    for top in range(0, len(pixels), ROWS):
        linear = np.clip(light[pixels[top : top + ROWS]] @ TO_709.T, 0, None)
        out[top : top + ROWS] = screen[(_rolled_off(linear) * (CODES - 1)).astype(np.uint16)]
    return out


def _rolled_off(linear: Linear) -> Linear:
    """0 to 1, by Reinhard's curve with a white point on the largest colour of a pixel, so that hues stay."""
    top = linear.max(axis=-1, keepdims=True)
    return np.clip(linear * (1 + top / PEAK**2) / (1 + top), 0, 1)


@cache
def _light(transfer: str) -> Linear:
    """Light for each code, 1 for paper white."""
    code = np.linspace(0, 1, CODES)
    if transfer == "PQ":  # SMPTE ST 2084
        root = code ** (32 / 2523)
        light = 10_000 * (np.clip(root - 107 / 128, 0, None) / (2413 / 128 - 2392 / 128 * root)) ** (8192 / 1305)
    else:  # HLG of ITU-R BT.2100, and the gain of its display
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        scene = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
        light = 1000 * scene**1.2
    return (light / WHITE).astype(np.float32)


@cache
def _screen() -> NDArray[np.uint8]:
    """sRGB for each step of linear light."""
    light = np.linspace(0, 1, CODES)
    coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.round(coded * 255).astype(np.uint8)
