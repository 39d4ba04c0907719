"""Pictures made for tests, and an encoder without weights, so that nothing is downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter


def scene(seed: int, width: int = 640, height: int = 480) -> Image.Image:
    """A made-up scene: soft shapes and texture; another seed is another place."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8).astype(np.uint8))
    fine = Image.fromarray(rng.integers(0, 256, (60, 80, 3), dtype=np.uint8).astype(np.uint8))
    return Image.blend(
        coarse.resize((width, height), Image.Resampling.BICUBIC),
        fine.resize((width, height), Image.Resampling.BICUBIC),
        0.3,
    )


def blurred(picture: Image.Image, radius: float = 4) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(radius))


def shaken(picture: Image.Image, pixels: int = 12) -> Image.Image:
    """The same moment, the camera moved a little."""
    width, height = picture.size
    return picture.crop((pixels, pixels, width, height)).resize((width, height), Image.Resampling.BICUBIC)


def save(picture: Image.Image, path: Path, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, **options)
    return path


class PlainEncoder:
    """A coarse colour layout, centred: enough to tell made-up scenes apart."""

    name = "plain"
    label = "plain (tests)"
    near = 0.99
    similar = 0.9

    def embed(self, views: np.ndarray) -> np.ndarray:
        cells = views.reshape(len(views), 14, 16, 14, 16, 3).mean(axis=(2, 4)).reshape(len(views), -1) - 127.0
        cells = np.concatenate([cells, np.ones((len(views), 1))], axis=1)
        return (cells / np.linalg.norm(cells, axis=1, keepdims=True)).astype(np.float32)
