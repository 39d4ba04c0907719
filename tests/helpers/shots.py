"""Made-up photographs and what becomes of them: copies of one press of the shutter, and other shots of the place."""

import io
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from PIL import Image, ImageFilter, ImageOps
from tests.helpers.galleries import photo
from tests.helpers.pictures import scene

from unipic.cleanup._alignment import Sketch
from unipic.core.photo import Photo
from unipic.library.thumbnails import Thumbnails
from unipic.reading.fingerprint import fingerprint

Change = Callable[[Image.Image], Image.Image]
THUMBNAIL = 512  # pixels of the long side, as reading/read.py makes them
Turn = Image.Transpose


def place(seed: int, width: int = 640, height: int = 480) -> Image.Image:
    """Things with texture before a calm sky; another seed is another place."""
    rng = np.random.default_rng(seed)
    top, bottom = rng.integers(60, 200, (2, 3))
    ramp = np.linspace(0, 1, height)[:, None, None]
    sky = np.broadcast_to(top * (1 - ramp) + bottom * ramp, (height, width, 3))
    picture = Image.fromarray(sky.astype(np.uint8))
    texture = scene(seed, width, height)
    for _ in range(6):
        across, down = (np.array([width, height]) * rng.uniform(0.15, 0.35, 2)).astype(int).tolist()
        x, y = int(rng.integers(0, width - across)), int(rng.integers(height // 3, height - down))
        picture.paste(texture.crop((x, y, x + across, y + down)), (x, y))
    return picture


def shot(picture: Image.Image, seed: int, grain: float = 3.0) -> Image.Image:
    """The noise of one press of the shutter; another seed is another press."""
    noise = np.random.default_rng(seed).normal(size=(picture.height, picture.width, 1)) * grain
    return Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))


def saved(picture: Image.Image, quality: int) -> Image.Image:
    """As JPEG, and opened again."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")


def resized(picture: Image.Image, share: float) -> Image.Image:
    size = round(picture.width * share), round(picture.height * share)
    return picture.resize(size, Image.Resampling.LANCZOS)


def cropped(picture: Image.Image, share: float) -> Image.Image:
    """Without this share of the width and of the height, more of it from one side than from the other."""
    width, height = picture.size
    box = (share * 0.7 * width, share * 0.2 * height, (1 - share * 0.3) * width, (1 - share * 0.8) * height)
    return picture.crop(tuple(round(edge) for edge in box))  # type: ignore[arg-type]


def brighter(picture: Image.Image, factor: float) -> Image.Image:
    return picture.point(lambda value: min(255, round(value * factor)))


def aside(picture: Image.Image, share: float = 0.04) -> Image.Image:
    """From a step to the side: what was a rectangle is one no more."""
    width, height = picture.size
    corners = (0, 0, 0, height, width, height * (1 - share), width, height * share)
    return picture.transform(picture.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)


def tilted(picture: Image.Image, degrees: float) -> Image.Image:
    """By a hand, and cut so that no corner is empty."""
    width, height = picture.size
    edge = round(width * 0.03)
    return picture.rotate(degrees, Image.Resampling.BICUBIC).crop((edge, edge, width - edge, height - edge))


def with_somebody(picture: Image.Image, at: float) -> Image.Image:
    """Somebody large stands in it; `at` is where, in widths."""
    width, height = picture.size
    somebody = scene(99, width * 2 // 5, height * 2 // 3)
    changed = picture.copy()
    changed.paste(somebody, (round(at * width), height // 4))
    return changed


COPIES: Mapping[str, Change] = {
    "as it is": lambda p: p,
    "half the size": lambda p: resized(p, 0.5),
    "a fifth of the size": lambda p: resized(p, 0.2),
    "cropped by a tenth": lambda p: cropped(p, 0.1),
    "turned right": lambda p: p.transpose(Turn.ROTATE_270),
    "upside down": lambda p: p.transpose(Turn.ROTATE_180),
    "turned left": lambda p: p.transpose(Turn.ROTATE_90),
    "mirrored": ImageOps.mirror,
    "mirrored and turned": lambda p: p.transpose(Turn.TRANSPOSE),
    "JPEG of quality 50": lambda p: saved(p, 50),
    "brighter": lambda p: brighter(p, 1.08),
    "grey": lambda p: ImageOps.grayscale(p).convert("RGB"),
    "much at once": lambda p: saved(resized(ImageOps.mirror(cropped(p, 0.1)), 0.7), 75),
}
SECOND_SHOTS: Mapping[str, Change] = {  # of pictures that are no press of the shutter yet
    "noise alone": lambda p: shot(p, 2),
    "somebody walked on": lambda p: shot(with_somebody(p, 0.45), 2),
    "a step aside": lambda p: shot(aside(p), 2),
    "tilted": lambda p: shot(tilted(p, 1.0), 2),
    "out of focus": lambda p: shot(p.filter(ImageFilter.GaussianBlur(4)), 2),
    "darker by 1.3 stops": lambda p: shot(brighter(p, 2**-1.3), 2),
    "half of it": lambda p: shot(cropped(p, 0.45), 2),
}


def before_it_moved(name: str, picture: Image.Image) -> Image.Image:
    """The first shot to a second shot of that name."""
    return shot(with_somebody(picture, 0.1) if name == "somebody walked on" else picture, 1)


def thumbnail(picture: Image.Image) -> np.ndarray:
    """uint8 [H, W, 3]."""
    small = picture.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return np.asarray(small)


def sketch(picture: Image.Image) -> Sketch:
    return Sketch(thumbnail(picture), max(picture.size))


class Shelf(Thumbnails):
    """Thumbnails in memory, with how often each was asked for."""

    def __init__(self) -> None:
        self.pictures: dict[str, np.ndarray] = {}
        self.asked: Counter[str] = Counter()

    def put(self, id: str, picture: Image.Image, **facts: Any) -> Photo:
        """A photo of this picture, as reading its file would give it."""
        size = {"width": picture.width, "height": picture.height, "fingerprint": fingerprint(picture)}
        told = photo(id, **{**size, **facts})
        self.pictures[told.digest] = thumbnail(picture)
        return told

    def load(self, digest: str) -> np.ndarray:
        self.asked[digest] += 1
        return self.pictures[digest]
