"""A picture of a clean-up to keep or to show: all photos before, those that stay after, and no names."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from unipic.core.files import atomic_file
from unipic.core.language import gettext as _
from unipic.core.photo import Photo
from unipic.core.words import count, duration, size
from unipic.review.ledger import Amount, Ledger
from unipic.review.outcomes import Outcome

Load = Callable[[Photo], np.ndarray]  # the photo's thumbnail, uint8 [H, W, 3]; OSError if there is none

WIDTH, HEIGHT, EDGE = 1600, 900, 48  # pixels
MOSAIC_TOP, MOSAIC_HEIGHT, MOSAIC_WIDTH = 168, 560, 728
MOST_TILES = 300  # per mosaic; a larger gallery is sampled evenly
GAP = 3  # pixels between tiles
QUALITY = 90  # of the JPEG
BACKGROUND, FREE, TEXT, SOFT, ACCENT = "#10262a", "#17343a", "#ffffff", "#b9d3d6", "#8fd3da"


@dataclass(frozen=True)
class Grid:
    """Square tiles in a mosaic."""

    side: int  # pixels of a tile with the gap beside it
    columns: int

    @classmethod
    def of(cls, tiles: int) -> Grid:
        """The largest tiles of which so many fit."""
        side = int(math.sqrt(MOSAIC_WIDTH * MOSAIC_HEIGHT / max(1, tiles)))
        while side > 1 and (MOSAIC_WIDTH // side) * (MOSAIC_HEIGHT // side) < tiles:
            side -= 1
        return cls(side, max(1, MOSAIC_WIDTH // side))


def write_card(path: Path, everything: Sequence[Outcome], figures: Ledger, seconds: float, load: Load) -> None:
    """Write the picture as a JPEG, in the place of an earlier one. `seconds`: how long the person took."""
    photos = [(outcome.file, outcome.fate == "kept") for outcome in everything if isinstance(outcome.file, Photo)]
    sample = _sample(photos)
    card = Image.new("RGB", (WIDTH, HEIGHT), BACKGROUND)
    grid = Grid.of(len(sample))
    tiles = [(_tile(photo, grid.side - GAP, load), stays) for photo, stays in sample]
    _mosaic(card, EDGE, grid, [tile for tile, _ in tiles])
    _mosaic(card, WIDTH - EDGE - MOSAIC_WIDTH, grid, [tile for tile, stays in tiles if stays])
    _words(card, figures, seconds)
    with atomic_file(path, replace=True) as file:
        card.save(file, "JPEG", quality=QUALITY)


def _sample(photos: Sequence[tuple[Photo, bool]]) -> list[tuple[Photo, bool]]:
    """At most MOST_TILES photos in order: of those that stay, and of the others, every so many."""
    every = max(1, math.ceil(len(photos) / MOST_TILES))
    chosen = [[i for i, (_, stays) in enumerate(photos) if stays is kind][::every] for kind in (True, False)]
    return [photos[i] for i in sorted(chosen[0] + chosen[1])][:MOST_TILES]


def _tile(photo: Photo, side: int, load: Load) -> Image.Image:
    """The middle of a photo as a square; an empty one without a thumbnail."""
    try:
        picture = Image.fromarray(load(photo))
    except OSError:
        return Image.new("RGB", (side, side), SOFT)
    short = min(picture.size)
    left, top = (picture.width - short) // 2, (picture.height - short) // 2
    return picture.resize((side, side), Image.Resampling.LANCZOS, (left, top, left + short, top + short), 2.0)


def _mosaic(card: Image.Image, left: int, grid: Grid, tiles: Sequence[Image.Image]) -> None:
    panel = (left - GAP, MOSAIC_TOP - GAP, left + MOSAIC_WIDTH, MOSAIC_TOP + MOSAIC_HEIGHT)
    ImageDraw.Draw(card).rectangle(panel, fill=FREE)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, grid.columns)
        card.paste(tile, (left + column * grid.side, MOSAIC_TOP + row * grid.side))


def _words(card: Image.Image, figures: Ledger, seconds: float) -> None:
    draw = ImageDraw.Draw(card)
    right = WIDTH - EDGE - MOSAIC_WIDTH
    for left, title, amount in ((EDGE, _("Before"), figures.found), (right, _("After"), figures.kept)):
        draw.text((left, 44), title, SOFT, ImageFont.load_default(30))
        draw.text((left, 84), _told(amount), TEXT, ImageFont.load_default(50))
    left_out = figures.left_out
    saved = _("{size} saved", size=size(left_out.bytes)) if left_out.photos else _("Every photo is worth keeping")
    draw.text((EDGE, 764), saved, ACCENT, ImageFont.load_default(72))
    took = _("{photos} left out · {duration}", photos=count(left_out.photos, "photo"), duration=duration(seconds))
    draw.text((right, 784), took, TEXT, ImageFont.load_default(44))


def _told(amount: Amount) -> str:
    return f"{count(amount.photos, 'photo')} · {size(amount.bytes)}"
