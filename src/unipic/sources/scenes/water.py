"""Landscapes on the water, each at a moment `t` in seconds: what moves has moved, the place is the same."""

import numpy as np
from PIL import Image

from unipic.sources.scenes import shapes
from unipic.sources.scenes.land import mountains
from unipic.sources.scenes.painting import Canvas, Colour, gradient, noise, ridge, step


def sunset(t: float) -> Image.Image:
    """The sun going down behind a suspension bridge, a boat, gulls."""
    c = Canvas([(0, (0.1, 0.12, 0.3)), (0.22, (0.34, 0.22, 0.42)), (0.4, (0.84, 0.38, 0.36)), (0.55, (1, 0.66, 0.32))])
    sea, sun_x, sun_y = 0.6, 1.02, 0.525 + t * 0.002
    far = c.distance(sun_x, sun_y, 0, sea, flat=1.3)
    clouds = step(0.47, 0.68, noise(3, far.shape, (3.2, 9), t * 0.006))
    lit = gradient([(0, (1, 0.75, 0.45)), (0.35, (0.93, 0.42, 0.33)), (0.9, (0.33, 0.2, 0.36))], far)
    c.lay(lit, clouds * 0.75, 0, sea)
    c.shine((1, 0.62, 0.3), 0.55 * np.exp(-far * 5) + 0.7 * np.exp(-far * far * 330), 0, sea)
    c.lay((1, 0.97, 0.85), step(0.043, 0.039, c.distance(sun_x, sun_y, 0, sea)), 0, sea)
    hills = sea - 0.012 - 0.075 * ridge(8, c.across, 3) * step(0.95, 0.1, c.x[0])
    c.lay((0.28, 0.14, 0.22), c.under(hills, 0.4, sea, 2), 0.4, sea)
    waves, depth = c.water(sea, 5, t, 0.5)
    c.lay((0.16, 0.08, 0.17), 0.3 + 0.4 * depth + 0.3 * waves, sea)
    path = np.exp(-(((c.x - sun_x) / (0.05 + 0.5 * depth)) ** 2))
    c.shine((1, 0.62, 0.3), path * (0.2 + 0.9 * step(0.5, 0.8, waves)), sea)
    c.draw((0.13, 0.07, 0.13), shapes.bridge, 0.15, 0.7, t)
    return c.picture()


def lake(t: float) -> Image.Image:
    """Morning haze between mountains, mirrored; a jetty."""
    c = Canvas([(0, (0.30, 0.48, 0.72)), (0.25, (0.70, 0.76, 0.84)), (0.45, (0.98, 0.84, 0.72))])
    shore = 0.62
    air = c.y[c.rows(0, shore)]
    clouds = step(0.5, 0.75, noise(21, (len(air), c.width), (2.5, 4), t * 0.008)) * step(0.42, 0.1, air)
    c.lay((1, 0.95, 0.90), clouds * 0.8, 0, shore)
    c.shine((1, 0.75, 0.5), 0.35 * np.exp(-c.distance(1.2, 0.38, 0, shore) * 3.5), 0, shore)
    mountains(c, 14, 0.1, shore, (0.40, 0.47, 0.66), (0.07, 0.15, 0.22), (0.97, 0.86, 0.79))
    c.draw((0.06, 0.12, 0.13), shapes.spruces, 0.5, shore, 33, 0.6, 0.075, 1.5)
    mist = np.exp(-(((air - shore) / 0.03) ** 2)) * noise(40, (len(air), c.width), (3, 3), t * 0.02)
    c.lay((0.95, 0.92, 0.90), np.clip(mist * 1.3, 0, 0.9), 0, shore)
    waves, depth = c.water(shore, 6, t * 0.4, 0.12)
    c.lay((0.10, 0.24, 0.33), 0.1 + 0.7 * depth + 0.12 * waves, shore)
    c.shine((0.9, 0.9, 0.95), 0.13 * step(0.7, 0.95, waves) * step(0, 0.1, depth), shore)
    c.draw((0.10, 0.09, 0.10), shapes.jetty, shore, 1)
    wood = gradient([(0, (0.36, 0.30, 0.27)), (1, (0.66, 0.55, 0.46))], noise(2, waves.shape, (4, 90), octaves=2))
    c.draw(wood, shapes.planks, shore, 1)
    c.draw((0.16, 0.13, 0.12), shapes.posts, shore, 1)
    return c.picture()


def city(t: float) -> Image.Image:
    """Blue hour: towers over a river, windows that go on and off."""
    c = Canvas([(0, (0.04, 0.08, 0.25)), (0.35, (0.2, 0.21, 0.48)), (0.55, (0.72, 0.4, 0.49)), (0.72, (1, 0.66, 0.42))])
    bank = 0.72
    clouds = step(0.5, 0.8, noise(50, (c.rows(0, bank).stop, c.width), (2.5, 7), t * 0.01))
    c.lay((0.42, 0.24, 0.42), clouds * 0.7, 0, bank)
    _towers(c, 61, 0.34, (0.44, 0.30, 0.42), bank, t)
    _towers(c, 62, 0.54, (0.17, 0.15, 0.29), bank, t)
    _towers(c, 63, 0.28, (0.07, 0.07, 0.15), bank, t)
    waves, depth = c.water(bank, 9, t, 0.8)
    c.lay((0.04, 0.06, 0.16), 0.2 + 0.9 * depth + 0.2 * waves, bank)
    return c.picture()


def _towers(c: Canvas, seed: int, tall: float, colour: Colour, ground: float, t: float) -> None:
    row, top = shapes.skyline(seed, tall, ground), ground - tall - 0.06
    c.draw(colour, shapes.walls, top, ground, row, ground)
    for warm, lamp in ((True, (1, 0.72, 0.36)), (False, (0.72, 0.85, 1))):
        c.glow(lamp, c.mask(shapes.windows, top, ground, row, ground, seed, warm, t), top, ground)


def lighthouse(t: float) -> Image.Image:
    """A lighthouse on a green headland, a blue day."""
    c = Canvas([(0, (0.13, 0.38, 0.74)), (0.4, (0.52, 0.74, 0.92)), (0.6, (0.86, 0.92, 0.94))])
    sea = 0.6
    clouds = noise(101, (c.rows(0, sea).stop, c.width), (3, 5), t * 0.01, 6)
    tone = gradient([(0, (0.80, 0.85, 0.91)), (1, (1, 1, 1))], (clouds - 0.5) * 5)
    c.lay(tone, step(0.5, 0.64, clouds), 0, sea)
    waves, depth = c.water(sea, 11, t, 0.5)
    c.lay((0.02, 0.34, 0.46), 0.6 - 0.2 * depth + 0.3 * waves, sea)
    c.shine((1, 1, 1), 0.35 * step(0.72, 0.95, waves), sea)
    turf = 0.5 + 0.75 * step(1.15, 0.0, c.x[0]) ** 1.4 + 0.012 * ridge(103, c.across, 5, octaves=6)
    fall = c.y[c.rows(0.45, 1)] - turf
    blades = 0.7 * (noise(104, fall.shape, (110, 26), octaves=4) - 0.5) + 0.5 * (noise(105, fall.shape, (4, 5)) - 0.5)
    grass = gradient([(0, (0.10, 0.20, 0.07)), (1, (0.62, 0.68, 0.26))], 0.6 - fall * 0.7 + blades)
    c.lay(grass, c.under(turf, 0.45, 1, 3), 0.45)
    rounded = np.array((0.98, 0.97, 0.93), np.float32) * (1.1 - 9 * np.clip(c.x - 1.12, 0, 0.04))[..., None]
    c.draw(rounded, shapes.lighthouse, 0.1, 0.55)
    c.draw((0.78, 0.16, 0.13), shapes.lighthouse_red, 0.1, 0.55)
    c.draw((0.10, 0.12, 0.15), shapes.lighthouse_dark, 0.1, 0.55)
    return c.picture()
