"""A brush for computed pictures: soft noise, ridges, and a canvas of light. Values are 0..1, float32 throughout."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[float, float, float]
Stops = Sequence[tuple[float, Colour]]
Place = tuple[float, float]
SIZE = (1440, 960)


def noise(
    seed: int, shape: tuple[int, int], waves: tuple[float, float], drift: float = 0.0, octaves: int = 5
) -> np.ndarray:
    """Cloud-like noise [H, W] around 0.5: `waves` across and down, moved sideways by `drift` of the width."""
    height, width = shape
    half = (width // 2, height // 2)  # four times as fast, and nothing this soft shows it
    total = np.zeros(half[::-1], np.float32)
    dice = np.random.default_rng(seed)
    for octave in range(octaves):
        across, down = waves[0] * 2**octave, waves[1] * 2**octave
        grid = dice.random((int(down) + 4, int(across * 1.2) + 5), dtype=np.float32)
        left = 1 + drift * across
        box = (left, 1.0, left + across, 1.0 + down)
        total += np.asarray(Image.fromarray(grid).resize(half, Image.Resampling.BICUBIC, box=box)) / 2**octave
    total /= 2 - 2.0 ** (1 - octaves)
    return np.asarray(Image.fromarray(total).resize((width, height), Image.Resampling.BILINEAR))


def ridge(seed: int, x: np.ndarray, waves: float, rough: float = 0.5, soft: int = 2, octaves: int = 7) -> np.ndarray:
    """A skyline 0..1 over x (0..1): each octave `rough` times as high as the last, the first `soft` ones round."""
    dice = np.random.default_rng(seed)
    line = np.zeros_like(x)
    for octave in range(octaves):
        knots = dice.random(int(waves * 2**octave) + 3, dtype=np.float32)
        at = x * (waves * 2**octave)
        low = at.astype(int)
        part = at - low
        part = part * part * (3 - 2 * part) if octave < soft else part
        line += rough**octave * (knots[low] * (1 - part) + knots[low + 1] * part)
    return line * ((1 - rough) / (1 - rough**octaves))


def step(start: float, end: float, value: np.ndarray) -> np.ndarray:
    """0 up to start, 1 from end, smooth between; start may be the larger."""
    part = np.clip((value - start) * (1 / (end - start)), 0, 1)
    return part * part * (3 - 2 * part)


def gradient(stops: Stops, at: np.ndarray) -> np.ndarray:
    """Colours [..., 3] for positions 0..1 [...]."""
    fine = np.linspace(0, 1, 1024)
    places = [place for place, _ in stops]
    channels = [np.interp(fine, places, [colour[c] for _, colour in stops]) for c in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)[(np.clip(at, 0, 1) * 1023).astype(np.intp)]


class Pen:
    """Draws white on black in units of the picture's height; `tone` 0..1, below 1 lets the ground shine through."""

    def __init__(self, width: int, height: int, unit: int) -> None:
        self.sheet = Image.new("L", (width, height))
        self._draw, self._unit = ImageDraw.Draw(self.sheet), unit

    def box(self, left: float, top: float, right: float, bottom: float, tone: float = 1.0) -> None:
        """A filled rectangle."""
        self._draw.rectangle([side * self._unit for side in (left, top, right, bottom)], fill=round(255 * tone))

    def polygon(self, *corners: Place, tone: float = 1.0) -> None:
        """A filled polygon."""
        self._draw.polygon([(x * self._unit, y * self._unit) for x, y in corners], fill=round(255 * tone))

    def line(self, *points: Place, width: float, tone: float = 1.0) -> None:
        """A line through the points."""
        places = [(x * self._unit, y * self._unit) for x, y in points]
        self._draw.line(places, fill=round(255 * tone), width=max(1, round(width * self._unit)))

    def dot(self, x: float, y: float, radius: float, tone: float = 1.0) -> None:
        """A filled circle."""
        self._draw.circle((x * self._unit, y * self._unit), radius * self._unit, fill=round(255 * tone))


class Canvas:
    """RGB with coordinates: y 0..1 from the top, x 0..aspect from the left, so that circles are round."""

    def __init__(self, sky: Stops, size: tuple[int, int] = SIZE) -> None:
        self.width, self.height = size
        self.y = ((np.arange(self.height, dtype=np.float32) + 0.5) / self.height)[:, None]
        self.x = ((np.arange(self.width, dtype=np.float32) + 0.5) / self.height)[None, :]
        self.across = self.x[0] / self.x[0, -1]  # 0..1
        self.rgb = np.repeat(gradient(sky, self.y), self.width, axis=1)

    def rows(self, top: float, bottom: float) -> slice:
        """The pixel rows between two heights."""
        return slice(round(top * self.height), round(bottom * self.height))

    def lay(self, colour: Colour | np.ndarray, mask: np.ndarray, top: float = 0.0, bottom: float = 1.0) -> None:
        """Cover with a colour where the mask says, between two heights."""
        part = self.rgb[self.rows(top, bottom)]
        part += (np.asarray(colour, np.float32) - part) * mask[..., None]

    def shine(self, colour: Colour, light: np.ndarray, top: float = 0.0, bottom: float = 1.0) -> None:
        """Add light, as lamps and the sun do."""
        self.rgb[self.rows(top, bottom)] += light[..., None] * np.asarray(colour, np.float32)

    def distance(self, x: float, y: float, top: float = 0.0, bottom: float = 1.0, flat: float = 1.0) -> np.ndarray:
        """From a point, in picture heights; `flat` above 1 makes the circles around it lie down."""
        return np.hypot(self.x - x, (self.y[self.rows(top, bottom)] - y) * flat)

    def under(self, line: np.ndarray, top: float = 0.0, bottom: float = 1.0, blur: float = 1.0) -> np.ndarray:
        """Mask of what is below a line of heights [W], its edge `blur` pixels wide."""
        return np.clip((self.y[self.rows(top, bottom)] - line) * (self.height / blur) + 0.5, 0, 1)

    def mask(self, shape: Callable[..., None], top: float, bottom: float, *details: Any) -> np.ndarray:
        """What a shape covers between two heights; it gets a pen and the details."""
        pen = Pen(self.width * 2, round(bottom * self.height) * 2, self.height * 2)  # twice as fine, to smooth edges
        shape(pen, *details)
        return np.asarray(pen.sheet.reduce(2))[self.rows(top, bottom)] * np.float32(1 / 255)

    def draw(
        self, colour: Colour | np.ndarray, shape: Callable[..., None], top: float, bottom: float, *details: Any
    ) -> None:
        """Draw a shape in a colour, between two heights."""
        self.lay(colour, self.mask(shape, top, bottom, *details), top, bottom)

    def glow(self, colour: Colour, light: np.ndarray, top: float, bottom: float) -> None:
        """Lamps, with the halo that a lens and damp air give them."""
        small = Image.fromarray((np.minimum(light, 1) * 255).astype(np.uint8)).reduce(8).filter(ImageFilter.BoxBlur(2))
        halo = np.asarray(small.resize(light.shape[::-1], Image.Resampling.BICUBIC)) * np.float32(1 / 255)
        self.shine(colour, light + halo, top, bottom)

    def water(self, shore: float, seed: int, moved: float, rough: float) -> tuple[np.ndarray, np.ndarray]:
        """What is above the shore again below it, in waves seen in perspective. Gives the waves, 0..1, and how near."""
        top = round(shore * self.height)
        tile = noise(seed, (512, 512), (24, 24), octaves=4)
        tile = np.block([[tile, tile[:, ::-1]], [tile[::-1], tile[::-1, ::-1]]])  # mirrored, so that it has no seam
        depth = self.y[top:] - shore
        near = 1 / (depth + 0.015)
        across = ((self.x - 0.75) * near * 75).astype(np.intp) & 1023
        away = (near * 160 + moved * 60).astype(np.intp) & 1023
        waves = np.clip((tile[away, across] - 0.5) * 2.2 + 0.5, 0, 1)
        lift = (waves - 0.5) * (rough * self.height * (0.1 + depth))
        source = 2 * top - 1 - np.arange(top, self.height)[:, None] - lift.astype(np.intp)
        source = np.abs(source)  # beyond the upper edge the sky goes on as its own mirror image
        self.rgb[top:] = np.minimum(self.rgb[np.minimum(source, top - 1), np.arange(self.width)], 1)
        return waves, depth

    def picture(self) -> Image.Image:
        """The picture, 8 bits RGB."""
        return Image.fromarray((np.clip(self.rgb, 0, 1) * 255).astype(np.uint8))
