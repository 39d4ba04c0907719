"""Landscapes on dry land, each at a moment `t` in seconds: what moves has moved, the place is the same."""

import numpy as np
from PIL import Image

from unipic.sources.scenes import shapes
from unipic.sources.scenes.painting import SIZE, Canvas, Colour, gradient, noise, ridge, step

RANGES = ((0.0, 0.32, 0.0), (0.13, 0.26, 0.25), (0.23, 0.2, 0.5), (0.33, 0.12, 0.8))  # down, height, nearness
RED, CREAM, BLUE, GOLD = (0.82, 0.16, 0.14), (0.98, 0.92, 0.80), (0.13, 0.30, 0.62), (0.98, 0.72, 0.18)
TEAL, PLUM = (0.10, 0.55, 0.55), (0.48, 0.16, 0.42)
FLEET: tuple[tuple[float, float, float, tuple[Colour, ...]], ...] = (  # x, y, size, stripes; the farthest first
    (1.30, 0.47, 0.030, (GOLD, PLUM)),
    (0.98, 0.40, 0.036, (BLUE, CREAM)),
    (0.16, 0.44, 0.040, (RED, CREAM)),
    (0.78, 0.22, 0.060, (TEAL, GOLD, CREAM)),
    (1.24, 0.24, 0.100, (PLUM, RED, GOLD)),
    (0.43, 0.36, 0.165, (RED, GOLD, CREAM, BLUE)),
)


def lavender(t: float) -> Image.Image:
    """Rows of lavender up to a tree on the hill, fair-weather clouds."""
    c = Canvas([(0, (0.20, 0.42, 0.74)), (0.35, (0.66, 0.78, 0.88)), (0.5, (1, 0.88, 0.72))])
    edge = 0.5
    clouds = noise(71, (c.rows(0, edge).stop, c.width), (3, 6), t * 0.01, 6)
    c.lay(
        gradient([(0, (0.86, 0.76, 0.78)), (1, (1, 0.98, 0.95))], (clouds - 0.5) * 5), step(0.5, 0.66, clouds), 0, edge
    )
    for seed, top, tall, green in ((72, 0.38, 0.11, (0.55, 0.63, 0.70)), (73, 0.44, 0.07, (0.42, 0.52, 0.40))):
        line = top + tall * (1 - ridge(seed, c.across, 3, 0.4, 7, 6))
        c.lay(green, c.under(line, top, 0.6, 2), top, 0.6)
    hill = edge + 0.03 * (c.x[0] - 0.95) ** 2
    c.lay(_rows(c, hill, t), c.under(hill, edge, 1, 2), edge)
    c.draw((0.13, 0.20, 0.11), shapes.tree, 0.25, 0.6, 0.0)
    c.draw((0.36, 0.44, 0.17), shapes.tree, 0.25, 0.6, 0.008)
    return c.picture()


def _rows(c: Canvas, hill: np.ndarray, t: float) -> np.ndarray:
    """Bushes in lines that meet behind the hill; lit from the left, the soil between them in shade."""
    near = 1 / (c.y[c.rows(0.5, 1)] - hill + 0.05)
    place = (c.x - 0.95) * near * 1.1 + 0.02 * np.sin(near + t)
    row = place - np.floor(place)
    leaf = noise(75, near.shape, (70, 50), t * 0.0005, 4) - 0.5
    body = np.clip(1 - np.abs(row - 0.5) * 2.5, 0, 1) + leaf * 0.9
    light = np.clip(0.42 + (0.5 - row) * 0.9 + leaf * 1.5, 0, 1)
    bloom = gradient([(0, (0.20, 0.12, 0.38)), (0.5, (0.46, 0.30, 0.68)), (1, (0.82, 0.66, 0.92))], light)
    soil = gradient([(0, (0.16, 0.17, 0.10)), (1, (0.50, 0.48, 0.26))], 0.4 + leaf)
    return soil + (bloom - soil) * step(0.12, 0.4, body)[..., None]


def dunes(t: float) -> Image.Image:
    """The moon over sand in the last light."""
    c = Canvas([(0, (0.10, 0.13, 0.32)), (0.3, (0.42, 0.33, 0.53)), (0.55, (0.98, 0.68, 0.52))])
    c.shine((1, 1, 1), c.mask(shapes.stars, 0, 0.3, 81, 0.3) * 0.7, 0, 0.3)
    away = c.distance(0.42, 0.19 - t * 0.001, 0, 0.5)
    c.shine((0.9, 0.85, 0.8), 0.2 * np.exp(-away * 7), 0, 0.5)
    moon = 0.8 + 0.4 * noise(82, away.shape, (22, 11), octaves=3)
    c.lay(np.array((0.98, 0.94, 0.85), np.float32) * moon[..., None], step(0.063, 0.06, away), 0, 0.5)
    for seed, top, tall, waves in (
        (83, 0.46, 0.14, 2.2),
        (84, 0.50, 0.22, 1.6),
        (88, 0.60, 0.26, 1.3),
        (86, 0.74, 0.3, 1.1),
    ):
        line = top + tall * (1 - ridge(seed, c.across, waves, 0.3, 9, 3))
        fall = c.y[c.rows(top, 1)] - line
        slope = np.gradient(line) * c.height
        # The shadow's edge runs down the dune aslant, as the crest does.
        at = np.clip((c.x + 1.7 * fall + 0.02 * np.sin(fall * 22)) * c.height, 0, c.width - 1).astype(np.intp)
        light = step(0.015, -0.015, slope[at]) * (1 - 0.5 * np.clip(fall * 2, 0, 1))
        ripples = noise(seed, light.shape, (12, 130), octaves=3) - 0.5
        sand = gradient([(0, (0.30, 0.17, 0.25)), (1, (0.98, 0.66, 0.42))], 0.1 + 0.8 * light + ripples * 0.22)
        c.lay(sand, c.under(line, top, 1), top)
    return c.picture()


def aurora(t: float) -> Image.Image:
    """A tall picture: northern lights over a cabin in the snow."""
    c = Canvas([(0, (0.01, 0.03, 0.10)), (0.8, (0.05, 0.15, 0.25))], SIZE[::-1])
    c.shine((1, 1, 1), c.mask(shapes.stars, 0, 0.75, 91, 0.75) * 0.8, 0, 0.75)
    sky = (c.rows(0, 0.8).stop, c.width)
    for seed, base, power in ((92, 0.50, 0.5), (93, 0.66, 0.85)):
        line = base + 0.16 * (ridge(seed, c.across, 2, 0.35, 9, 3) - 0.5) + 0.2 * (c.x[0] - 0.33)
        rise = line - c.y[c.rows(0, 0.8)]
        rays = 0.35 + 0.9 * noise(seed, sky, (9, 1), t * 0.02, 5)
        light = power * rays * step(-0.015, 0.03, rise) * np.exp(-np.clip(rise, 0, 1) * 5)
        tint = gradient([(0, (0.25, 1, 0.55)), (0.22, (0.15, 0.75, 0.6)), (0.5, (0.6, 0.25, 0.8))], rise)
        c.rgb[: sky[0]] += tint * light[..., None]
    c.draw((0.03, 0.07, 0.09), shapes.spruces, 0.5, 0.85, 94, 0.8, 0.16, 0.67)
    snow = 0.80 + 0.04 * (1 - ridge(95, c.across, 2, 0.4, 9, 4))
    drift = noise(96, (c.height - c.rows(0, 0.8).stop, c.width), (3, 6))
    white = gradient([(0, (0.16, 0.30, 0.38)), (1, (0.55, 0.80, 0.78))], drift * 1.3 - 0.15)
    c.lay(white, c.under(snow, 0.8, 1, 2), 0.8)
    c.draw((0.07, 0.06, 0.07), shapes.cabin, 0.6, 0.95)
    c.glow((1.8, 1.1, 0.45), c.mask(shapes.cabin_windows, 0.6, 0.95), 0.6, 0.95)
    return c.picture()


def balloons(t: float) -> Image.Image:
    """Hot-air balloons at dawn."""
    c = Canvas([(0, (0.36, 0.58, 0.82)), (0.35, (0.80, 0.82, 0.86)), (0.6, (1, 0.84, 0.66))])
    c.shine((1, 0.7, 0.4), 0.4 * np.exp(-c.distance(0.2, 0.6) * 3))
    mountains(c, 41, 0.48, 1, (0.78, 0.62, 0.58), (0.36, 0.24, 0.24), (1, 0.85, 0.72))
    for x, y, size, stripes in FLEET:
        _balloon(c, x + t * 0.001, y - t * 0.002, size, stripes)
    return c.picture()


def _balloon(c: Canvas, x: float, y: float, size: float, stripes: tuple[Colour, ...]) -> None:
    """A ball drawn out to a neck, lit from the left."""
    top, bottom = y - size * 1.05, y + size * 2
    down = (c.y[c.rows(top, bottom)] - y) / size
    wide = np.where(down > 0, np.clip(1 - (down / 1.32) ** 2, 0, 1) ** 0.75, np.sqrt(np.clip(1 - down**2, 0, 1)))
    side = (c.x - x) / (size * np.maximum(wide, 0.001))
    angle = np.arcsin(np.clip(side, -1, 1)) / np.pi
    cloth = np.asarray(stripes, np.float32)[(angle * 10 + 20).astype(np.intp) % len(stripes)]
    light = np.clip(0.78 - 0.42 * side - 0.12 * down, 0.25, 1.15)
    edge = np.clip((1 - np.abs(side)) * wide * size * c.height, 0, 1) * (down < 1.2)
    c.lay(cloth * light[..., None], edge, top, bottom)
    c.draw((0.22, 0.13, 0.09), shapes.basket, top, bottom, x, y, size)


def mountains(c: Canvas, seed: int, top: float, bottom: float, far: Colour, near: Colour, haze: Colour) -> None:
    """Range before range, each darker than the one behind it and lost in haze at its foot."""
    for number, (lower, tall, close) in enumerate(RANGES):
        upper = top + lower
        line = upper + tall * (1 - ridge(seed + number, c.across, 3, 0.5, 0, 9))
        fall = np.clip((c.y[c.rows(upper, bottom)] - line) * 4.5, 0, 1) * (0.9 - 0.35 * close)
        rock = gradient([(0, far), (1, near)], np.array(close))
        colour = rock + (np.asarray(haze, np.float32) - rock) * fall[..., None]
        c.lay(colour, c.under(line, upper, bottom, 1.5), upper, bottom)
