"""A holiday as a camera leaves it: single shots, bursts, copies and a few sent on, 12 megapixels each.

What is in the pictures comes from the photos to train on where they are at hand, else from clouds of colour; both
enlarged and given a sensor's grain until a JPEG has about 3.2 MB, since decoding takes as long as there are bytes.
"""

import random
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from PIL.ExifTags import IFD, Base

from benchmarks.truth import PHOTOS

SIZE = (4000, 3000)
QUALITY, GRAIN = 90, 6.0  # together about 3.2 MB
SPARE = 400  # pixels
IN_BURSTS, BURST = 0.4, (2, 8)  # of all photos; shots of one
COPIED, SENT = 0.03, 0.03  # exact copies; made smaller and compressed by a messenger
PROCESSES = 2
JFIF_AT, JFIF_BYTES = 2, 18  # of the segment that Pillow writes first, and cameras do not


@dataclass(frozen=True)
class Shot:
    source: Path
    target: Path
    when: datetime
    seed: int
    moved: tuple[int, int] = (0, 0)  # pixels of SIZE
    light: float = 1.0


@contextmanager
def holiday(photos: int) -> Iterator[Path]:
    """A folder of that many JPEGs, gone after the block. The same number gives the same photos."""
    with tempfile.TemporaryDirectory(prefix="unipic-bench-") as name:
        folder = Path(name) / "holiday"
        folder.mkdir()
        sources = sorted((PHOTOS / "train").glob("*.jpg")) or _clouds(Path(name), photos)
        shots, others = _planned(photos, sources, folder)
        with ProcessPoolExecutor(PROCESSES) as pool:
            list(pool.map(_taken, shots, chunksize=8))
        for number, (shot, sent) in enumerate(others):
            if sent:
                _send(shot.target, folder / f"IMG-WA{number:04}.jpg")
            else:
                shutil.copy(shot.target, folder / f"{shot.target.stem} copy{number}.JPG")
        yield folder


def _clouds(folder: Path, number: int) -> list[Path]:
    """Pictures of nothing, each unlike the others: colours that change slowly here and fast there."""
    chance = np.random.default_rng(0)
    made = []
    for i in range(number):
        made.append(folder / f"{i}.png")
        Image.fromarray(clouds(chance)).save(made[-1])
    return made


def clouds(chance: np.random.Generator) -> np.ndarray:
    """One picture of nothing, uint8 [132, 176, 3]."""
    picture = np.full((132, 176, 3), 128.0)
    for cells in (2, 5, 12, 40):
        coarse = chance.normal(0, chance.uniform(5, 60), (cells, cells, 3)).astype(np.float32)
        picture += cv2.resize(coarse, (176, 132), interpolation=cv2.INTER_CUBIC)
    return picture.clip(0, 255).astype(np.uint8)


def _planned(photos: int, sources: list[Path], folder: Path) -> tuple[list[Shot], list[tuple[Shot, bool]]]:
    """What is taken, and what is copied (False) or sent (True) of it."""
    chance = random.Random(photos)
    pictures = chance.sample(sources, len(sources))
    left = photos - round(photos * COPIED) - round(photos * SENT)
    when, shots = datetime(2026, 7, 4, 9), list[Shot]()
    while len(shots) < left:
        source = pictures[len({shot.source for shot in shots}) % len(pictures)]
        when += timedelta(minutes=chance.uniform(1, 40))
        burst = chance.random() < IN_BURSTS / np.mean(BURST)
        for _ in range(min(chance.randint(*BURST) if burst else 1, left - len(shots))):
            when += timedelta(seconds=1.04)
            target = folder / f"IMG_{len(shots):05}.JPG"
            moved = (chance.randint(-60, 60), chance.randint(-60, 60))
            shots.append(Shot(source, target, when, len(shots), moved, chance.uniform(0.95, 1.05)))
    others = [(chance.choice(shots), number >= round(photos * COPIED)) for number in range(photos - left)]
    return shots, others


def _taken(shot: Shot) -> None:
    cv2.setNumThreads(1)
    with Image.open(shot.source) as image:
        small = np.asarray(image.convert("RGB"))
    large = cv2.resize(small, SIZE, interpolation=cv2.INTER_CUBIC)
    moved = cv2.warpAffine(
        large, np.array([[1, 0, shot.moved[0]], [0, 1, shot.moved[1]]], float), SIZE, borderMode=cv2.BORDER_REFLECT
    )
    down, across = np.random.default_rng(shot.seed).integers(0, SPARE, 2)
    grain = _grain()[down : down + SIZE[1], across : across + SIZE[0]]
    picture = cv2.add(cv2.convertScaleAbs(moved, alpha=shot.light), grain, dtype=cv2.CV_8U)
    Image.fromarray(picture).save(shot.target, "JPEG", quality=QUALITY, exif=exif(shot.when))
    written = shot.target.read_bytes()
    shot.target.write_bytes(written[:JFIF_AT] + written[JFIF_AT + JFIF_BYTES :])


def exif(when: datetime) -> Image.Exif:
    """What the camera writes of a shot."""
    written = Image.Exif()
    written[Base.Make], written[Base.Model], written[Base.Orientation] = "Unipic", "Benchmark", 1
    inner = written.get_ifd(IFD.Exif)
    inner[Base.DateTimeOriginal] = when.strftime("%Y:%m:%d %H:%M:%S")
    inner[Base.SubsecTimeOriginal] = f"{when.microsecond // 1000:03}"
    inner[Base.ExposureTime], inner[Base.FNumber] = 1 / 250, 2.8
    inner[Base.ISOSpeedRatings], inner[Base.FocalLength] = 100, 4.2
    return written


@lru_cache
def _grain() -> np.ndarray:
    """int16 [H + SPARE, W + SPARE, 3]: more than a picture, so that each has another part of it."""
    plane = np.random.default_rng(1).normal(0, GRAIN, (SIZE[1] + SPARE, SIZE[0] + SPARE, 1))
    return np.repeat(plane.round().astype(np.int16), 3, axis=2)


def _send(source: Path, target: Path) -> None:
    """As a messenger does it: smaller, compressed, without a word about the camera."""
    with Image.open(source) as image:
        image.draft("RGB", (1600, 1200))
        image.resize((1600, 1200)).save(target, "JPEG", quality=75)
