"""A reference for resizing: by the formula, in double precision, in linear light."""

import numpy as np
from PIL import Image


def to_light(values: np.ndarray) -> np.ndarray:
    value = values.astype(np.float64) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def reference(picture: Image.Image, size: tuple[int, int]) -> np.ndarray:
    """Lanczos' filter in light, in double precision, by sums over all pixels: float64 [H, W, 3], values of sRGB."""
    light = to_light(np.asarray(picture))
    for axis, (new, old) in enumerate(((size[1], picture.height), (size[0], picture.width))):
        scale = old / new
        apart = (np.arange(old) + 0.5 - (np.arange(new)[:, None] + 0.5) * scale) / scale
        weights = np.where(np.abs(apart) < 3, np.sinc(apart) * np.sinc(apart / 3), 0)
        weights /= weights.sum(axis=1, keepdims=True)
        light = np.moveaxis(np.tensordot(weights, light, (1, axis)), 0, axis)
    light = light.clip(0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055) * 255


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """The PSNR of two pictures of values from 0 to 255, in dB."""
    return float(10 * np.log10(255**2 / np.mean((one - other) ** 2)))
