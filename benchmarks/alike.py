"""What comparing costs a photo where everything looks alike, as galleries grow.

Clouds: colours that no two photos share, minutes apart, which the encoder takes for one thing. A room: one wall, from
everywhere, with people before it, seconds apart, as at a wedding. Chats: clouds as a messenger leaves them, without a
clock. Processor time, which depends least on what else runs.
"""

import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from benchmarks.holiday import clouds, exif
from unipic.cleanup.compare import compare
from unipic.core.settings import Settings, models_folder
from unipic.library.indexing import embed, gather, thumbnails_saved
from unipic.reading.read import read_file
from unipic.sources.folder import FolderSource
from unipic.tools import Tools, open_tools

SIZES = (400, 1000, 2000)
SIDES = (640, 480)
GRAIN = 3.0  # grey levels
NOON = datetime(2026, 7, 4, 12)
SETTINGS = Settings.of(ranker="builtin", fetch=False)


def run(photos: int = 0) -> None:
    print("## Where everything looks alike\n")
    print("| gallery | photos | pairs | similar | ms a photo |\n|---|---:|---:|---:|---:|")
    sizes = (photos,) if photos else SIZES
    for kind, (made, apart) in KINDS.items():
        folder = tempfile.TemporaryDirectory(prefix="unipic-bench-")
        with folder as name, open_tools(SETTINGS, models_folder(), None) as tools:
            _kind(kind, made, apart, sizes, Path(name), tools)


def _kind(
    kind: str,
    made: Callable[[int], np.ndarray],
    apart: timedelta | None,
    sizes: tuple[int, ...],
    folder: Path,
    tools: Tools,
) -> None:
    for number in range(max(sizes)):
        grain = np.random.default_rng(number).normal(0, GRAIN, (SIDES[1], SIDES[0], 1))
        picture = Image.fromarray((made(number) + grain).clip(0, 255).astype(np.uint8))
        told = exif(NOON + number * apart + timedelta(milliseconds=37 * number % 1000)) if apart else Image.Exif()
        picture.save(folder / f"IMG_{number:05}.JPG", quality=90, exif=told)
    files = sorted(FolderSource([folder]).files(), key=lambda file: file.name)
    seen = embed((read_file(file, SETTINGS.limits) for file in files), tools.encoder)
    _, embeddings = gather(files, thumbnails_saved(seen, tools.thumbnails))
    for size in sizes:
        some = embeddings.of(sorted(embeddings.photos, key=lambda photo: photo.name)[:size])
        begun = time.process_time()
        found = compare(some, tools.encoder.calibration, tools.thumbnails, SETTINGS.comparing.near_bits)
        spent = 1000 * (time.process_time() - begun) / size
        similar = np.count_nonzero(found.similarity >= SETTINGS.thresholds.similar)
        print(f"| {kind} | {size:,} | {len(found.first):,} | {similar:,} | {spent:.1f} |", flush=True)


def _cloud(number: int) -> np.ndarray:
    """uint8 [480, 640, 3]."""
    return cv2.resize(clouds(np.random.default_rng([number, 5])), SIDES, interpolation=cv2.INTER_CUBIC)


@cache
def _wall() -> np.ndarray:
    """uint8 [750, 1000, 3]: things of all colours."""
    chance = np.random.default_rng(77)
    wall = cv2.resize(_cloud(0), (1000, 750))
    for _ in range(160):
        (x, y), (wide, high) = chance.integers(0, (960, 700)).tolist(), chance.integers(12, 110, 2).tolist()
        cv2.rectangle(
            wall, (x, y), (x + wide, y + high), chance.integers(0, 255, 3).tolist(), int(chance.choice([-1, 2]))
        )
    return wall


def _room(number: int) -> np.ndarray:
    """uint8 [480, 640, 3]: a part of the wall, and people before it."""
    chance = np.random.default_rng([number, 6])
    x, y = chance.uniform((350, 260), (650, 490))
    view = cv2.getRotationMatrix2D((x, y), chance.normal(0, 3), chance.uniform(0.7, 1.4))
    view[:, 2] += [SIDES[0] / 2 - x, SIDES[1] / 2 - y]
    picture = cv2.warpAffine(_wall(), view, SIDES, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT)
    for _ in range(chance.integers(1, 6)):
        mask = np.zeros(picture.shape[:2], np.uint8)
        middle = chance.integers((60, 300), (580, 400)).tolist()
        cv2.ellipse(mask, middle, (int(chance.integers(25, 55)), 140), 0, 0, 360, 255, -1)
        picture = np.where(mask[..., None] > 0, _cloud(int(chance.integers(1 << 30))), picture)
    return picture


KINDS: dict[str, tuple[Callable[[int], np.ndarray], timedelta | None]] = {
    "clouds": (_cloud, timedelta(minutes=14)),
    "a room": (_room, timedelta(seconds=21)),
    "chats": (_cloud, None),
}
