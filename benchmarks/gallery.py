"""A gallery of 12-megapixel JPEGs as a camera writes them, for measuring speed and memory."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from unipic.sources.samples import make_samples

SIZE = (4000, 3000)
DIFFERENT = 12  # originals that are really encoded; the others are the same bytes with another segment
JFIF_END, OWN_SEGMENT = 20, b"\xff\xef"  # where the segment that Pillow puts first ends; APP15, which no program uses


@contextmanager
def camera_gallery(photos: int, quality: int = 90) -> Iterator[Path]:
    """A folder of that many JPEGs of 12 megapixels, about 3.5 MB at quality 90, which is gone after the block.

    Real scenes at camera size with sensor noise, since decoding time follows the bytes. A segment of its own makes each
    file different to a hash without encoding every one; the pixels are the same, so few pairs need comparing.
    """
    with tempfile.TemporaryDirectory(prefix="unipic-bench-") as name:
        folder = Path(name)
        make_samples(folder / "samples")
        sources = sorted((folder / "samples").rglob("*.JPG"))[:DIFFERENT]
        encoded = [_as_camera(path, folder / "one.jpg", seed, quality) for seed, path in enumerate(sources)]
        gallery = folder / "gallery"
        gallery.mkdir()
        for i in range(photos):
            picture, number = encoded[i % len(encoded)], f"#{i:08}".encode()
            segment = OWN_SEGMENT + (2 + len(number)).to_bytes(2) + number
            (gallery / f"IMG_{i:05}.JPG").write_bytes(picture[:JFIF_END] + segment + picture[JFIF_END:])
        yield gallery


def _as_camera(source: Path, target: Path, seed: int, quality: int) -> bytes:
    with Image.open(source) as image:
        large = np.asarray(image.convert("RGB").resize(SIZE, Image.Resampling.BICUBIC), dtype=np.float32)
    grain = np.random.default_rng(seed).normal(0, 5, (SIZE[1], SIZE[0], 1)).astype(np.float32)
    Image.fromarray((large + grain).clip(0, 255).astype(np.uint8)).save(target, "JPEG", quality=quality)
    return target.read_bytes()
