"""Any mode of a decoded picture as the 8-bit RGB that everything else works on."""

import numpy as np
from PIL import Image


def with_tones(image: Image.Image) -> Image.Image:
    """Convert palettes and black-and-white, which otherwise shrink by skipping pixels, to continuous tones.

    16 bits become 8 here too: Pillow shrinks big-endian ones as if their bytes were swapped.
    """
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8))
    if image.mode in ("1", "P", "PA"):
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image


def to_rgb(image: Image.Image) -> Image.Image:
    """Any mode to RGB. Integers and floats are scaled, not clipped; transparency becomes white. RGB is not copied."""
    if image.mode in ("I", "F"):
        image = Image.fromarray(_to_8_bit(np.asarray(image)))
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.new("RGBA", layer.size, "white")
        image.alpha_composite(layer)
    return image if image.mode == "RGB" else image.convert("RGB")  # which copies


def _to_8_bit(values: np.ndarray) -> np.ndarray:
    """Scale the range of values to 0..255; NaN and infinities count as 0."""
    values = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    return ((values - low) * (255 / (high - low) if high > low else 0)).astype(np.uint8)
