"""Two shots of one second by a camera without fractions of a second: how many pass for copies, and at which step.

Nothing in such files says that they are two shots. Natural pairs are those of the labelled series, with both times cut
to one second; made ones are two exposures of one photo, with the camera on a tripod or in a hand.
"""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import combinations
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from benchmarks.ranking import natural_files
from benchmarks.series import originals
from benchmarks.truth import PHOTOS
from unipic.cleanup.compare import Sketches, compare_pair
from unipic.cleanup.look import look_at
from unipic.core.photo import Found, Photo
from unipic.core.settings import Limits, Settings
from unipic.library.thumbnails import Thumbnails
from unipic.reading.read import read_file
from unipic.reading.seen import Picture
from unipic.sources.scenes.camera import Shot, photograph

Pair = tuple[Photo, Photo]

SECOND = datetime(2024, 6, 12, 18, 3, 5)
SIZE = (1600, 1200)
PLACES = 12
# What happens between two exposures, by their movement (the deviation of right and down, in widths, and of the turn,
# in degrees) and the radius of their blur in pixels.
BETWEEN: Mapping[str, tuple[float, float, float]] = {
    "a tripod: grain alone": (0.0, 0.0, 0.0),
    "a tripod, a little out of focus": (0.0, 0.0, 1.5),
    "a steady hand": (0.001, 0.05, 0.0),
    "a hand": (0.006, 0.4, 0.0),
}
MOVED = "a tripod, something small moved"
SPOT = 40  # pixels of what moved


def run(_: int = 0) -> None:
    folder = PHOTOS / "gallery_dev"
    if not folder.is_dir():
        print(f"seconds: skipped, there are no labelled photos at {folder}")
        return
    with tempfile.TemporaryDirectory(prefix="unipic-bench-") as name:
        reader = Reader(Path(name))
        print("## Two shots of one second, without fractions\n")
        print("| pairs | of | by the sketches | passed the second look | but for a mark |\n|---|---:|---:|---:|---:|")
        natural = list(reader.natural(folder))
        reader.line("natural, exposures known", natural)
        reader.line("natural, without exposures", [(_bare(a), _bare(b)) for a, b in natural])
        for kind, pairs in reader.made(folder).items():
            reader.line(kind, pairs)


class Reader:
    """Reads files with all that a comparison needs, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.thumbnails = folder, Thumbnails(folder / "thumbs")
        self.sketches = Sketches(self.thumbnails)

    def line(self, title: str, pairs: list[Pair]) -> None:
        """How many of the pairs pass for copies."""
        bits = Settings.of().comparing.near_bits
        passed = [pair for pair in pairs if compare_pair(*pair, self.sketches, bits).sameness >= 50]
        looks = [look_at(pair, Limits()).verdict for pair in passed]
        counts = (len(pairs), len(passed), looks.count("same"), looks.count("mark"))
        print(f"| {title} | {' | '.join(map(str, counts))} |", flush=True)

    def natural(self, folder: Path) -> Iterator[Pair]:
        """All pairs of a series that one camera took in one size."""
        for files in natural_files(folder):
            photos = [self.read(folder / file) for file in files]
            for a, b in combinations(photos, 2):
                if a.camera == b.camera and {a.width, a.height} == {b.width, b.height}:
                    yield a, b

    def made(self, folder: Path) -> dict[str, list[Pair]]:
        """Two exposures of each photo, of which no calibration knows."""
        found: dict[str, list[Pair]] = {kind: [] for kind in (*BETWEEN, MOVED)}
        for number, path in enumerate(originals(folder, "reporting", PLACES)):
            with Image.open(path) as picture:
                scene = ImageOps.fit(ImageOps.exif_transpose(picture).convert("RGB"), SIZE, Image.Resampling.BICUBIC)
            first = self.saved(photograph(scene, Shot(), 1), f"{number}-first")
            rng = np.random.default_rng(number)
            for kind, (shift, turn, blur) in BETWEEN.items():
                right, down, angle = rng.normal(0, (shift, shift, turn)) if shift else (0.0, 0.0, 0.0)
                other = photograph(scene, Shot(right, down, angle, unfocused=blur), 2)
                found[kind].append((first, self.saved(other, f"{number}-{kind}")))
            found[MOVED].append((first, self.saved(photograph(_moved(scene, rng), Shot(), 2), f"{number}-moved")))
        return found

    def saved(self, picture: Image.Image, name: str) -> Photo:
        """The picture as a camera's JPEG."""
        path = self.folder / f"{name.replace(':', '')}.jpg"
        picture.save(path, quality=92)
        return replace(self.read(path), camera="A camera")

    def read(self, path: Path) -> Photo:
        """The photo, with its time cut to one second for all."""
        seen = read_file(Found(str(path), path.name, str(path), path.stat().st_size), Limits())
        assert isinstance(seen, Picture), seen
        self.thumbnails.save(seen.photo.digest, seen.thumbnail)
        return replace(seen.photo, taken=SECOND, taken_by_camera=True)


def _bare(photo: Photo) -> Photo:
    return replace(photo, exposure="")


def _moved(scene: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Something small, away from the border, lies elsewhere."""
    changed = scene.copy()
    x, y = (int(rng.integers(length // 5, 4 * length // 5 - SPOT)) for length in SIZE)
    changed.paste(scene.crop((x + 2 * SPOT, y, x + 3 * SPOT, y + SPOT)), (x, y))
    return changed
