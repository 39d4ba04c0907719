"""A gallery as a person has it, of moderate size and made in a minute: bursts, copies of three kinds, and loners.

Where labelled photos are at hand, bursts are made of them; everything else is made up. Each shot is framed, turned and
lit a little differently, and has its own grain.
"""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from benchmarks.series import originals
from benchmarks.truth import PHOTOS
from unipic.sources.scenes.camera import Shot, photograph

SIZE = (1200, 900)
LONGEST = 8  # shots of a burst
BURSTS = 0.6  # of the groups; the others are copies
RESAVED, SMALLER, SAME_BYTES = range(3)


@dataclass(frozen=True)
class Scene:
    """What lies before the camera, how often it is taken, and which copies are made of the first shot."""

    number: int
    shots: int = 1
    copies: tuple[int, ...] = ()
    photo: Path | None = None


def make_gallery(folder: Path, photos: int, groups: int) -> None:
    """So many photos of which so many groups can be made; the same whenever it is made from the same photos."""
    folder.mkdir(parents=True)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(partial(_take, folder), _scenes(photos, groups), chunksize=8))


def _scenes(photos: int, groups: int) -> Iterator[Scene]:
    bursts = round(groups * BURSTS)
    real = _real()[:bursts]
    left, number = photos, 0
    for number in range(groups):
        photo = real[number] if number < len(real) else None
        if number < bursts:
            scene = Scene(number, shots=3 + number % (LONGEST - 2), photo=photo)
        else:
            copies = ((SAME_BYTES,), (RESAVED,), (RESAVED, SMALLER))[number % 3]
            scene = Scene(number, copies=copies, photo=photo)
        left -= scene.shots + len(scene.copies)
        yield scene
    for alone in range(left):
        yield Scene(groups + alone)


def _real() -> list[Path]:
    folder = PHOTOS / "gallery_dev"
    if not folder.is_dir():
        return []
    found = [path for half in ("choosing", "reporting") for path in originals(folder, half, most=1000)]
    return sorted(found, key=lambda path: hashlib.sha256(path.name.encode()).digest())


def _take(folder: Path, scene: Scene) -> None:
    rng = np.random.default_rng(scene.number)
    view = _of(scene.photo) if scene.photo else _made_up(rng)
    place = folder / f"{2015 + scene.number % 10} trip"
    place.mkdir(exist_ok=True)
    first = place / f"IMG_{scene.number:04}_0.jpg"
    for shot in range(scene.shots):
        right, down, turn, light = rng.normal(0, (0.006, 0.006, 0.4, 0.03)) if shot else (0.0, 0.0, 0.0, 0.0)
        blur = 3.0 if shot == 2 else 0.0
        taken = photograph(view, Shot(right, down, turn, 1.0 + abs(turn) / 90, 1.0 + light, blur), 10 * shot)
        taken.save(place / f"IMG_{scene.number:04}_{shot}.jpg", quality=88)
    for copy in scene.copies:
        other = folder / ("backup", "messages", "originals")[copy]
        other.mkdir(exist_ok=True)
        target = other / first.name
        if copy == SAME_BYTES:
            target.write_bytes(first.read_bytes())
            continue
        with Image.open(first) as picture:
            small = picture.resize((800, 600), Image.Resampling.LANCZOS) if copy == SMALLER else picture
            small.save(target, quality=70)


def _of(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        return ImageOps.fit(picture.convert("RGB"), SIZE, Image.Resampling.BICUBIC)


def _made_up(rng: np.random.Generator) -> Image.Image:
    """Things with texture before a calm sky, no two alike."""
    width, height = SIZE
    top, bottom = rng.integers(30, 225, (2, 3))
    ramp = np.linspace(0, 1, height)[:, None, None]
    picture = Image.fromarray(np.broadcast_to(top * (1 - ramp) + bottom * ramp, (height, width, 3)).astype(np.uint8))
    for _ in range(int(rng.integers(8, 16))):
        across, down = (np.array(SIZE) * rng.uniform(0.12, 0.4, 2)).astype(int).tolist()
        x, y = int(rng.integers(0, width - across)), int(rng.integers(height // 4, height - down))
        cells = tuple(int(cell) for cell in rng.integers(6, 60, 2))
        paint = rng.integers(0, 256, (cells[0], cells[1], 3), dtype=np.uint8) // 2 + rng.integers(0, 128, 3, np.uint8)
        thing = Image.fromarray(paint).resize((across, down), Image.Resampling.BICUBIC)
        picture.paste(thing.rotate(float(rng.uniform(-20, 20)), Image.Resampling.BICUBIC), (x, y))
    return picture
