"""What stands in the landscapes, as shapes for a pen. All measures are picture heights."""

from itertools import pairwise

import numpy as np

from unipic.sources.scenes.painting import Pen, ridge

Tower = tuple[float, float, float]  # left, width, roof
BOUGHS = ((1.12, 0.37, 0.06), (1.07, 0.41, 0.05), (1.17, 0.405, 0.055), (1.1, 0.43, 0.04), (1.15, 0.44, 0.04))


def bridge(pen: Pen, t: float) -> None:
    """With the boat before it and gulls over it."""
    deck, top = 0.553, 0.40
    pen.line((0, deck), (1.5, deck), width=0.0055)
    for middle in (-0.04, 0.52, 1.08, 1.64):
        for x in (middle - 0.286, middle - 0.274):
            pen.line((x, top), (x, 0.605), width=0.004)
        for y in (0.41, 0.455, 0.5):
            pen.line((middle - 0.286, y), (middle - 0.274, y), width=0.003)
        span = np.linspace(-0.28, 0.28, 57).tolist()
        cable = [(middle + s, deck - 0.004 - (s / 0.28) ** 2 * (deck - top - 0.004)) for s in span]
        pen.line(*cable, width=0.0026)
        for x, y in cable[::2]:
            pen.line((x, y), (x, deck), width=0.001, tone=0.55)
    _boat(pen, 0.50 + 0.002 * t, 0.668)
    for bird in range(6):
        x, y = 0.62 + 0.07 * bird + 0.012 * t, 0.24 + 0.03 * np.sin(bird * 2.2 + t)
        lift, wing = 0.0045 * np.sin(t * 2.5 + bird * 1.7) + 0.0035, 0.0075 + 0.0015 * (bird % 3)
        pen.line((x - wing, y - lift), (x, y), (x + wing, y - lift), width=0.002)


def _boat(pen: Pen, x: float, y: float) -> None:
    pen.polygon((x - 0.025, y), (x + 0.0275, y), (x + 0.02, y + 0.009), (x - 0.019, y + 0.009))
    pen.polygon((x, y - 0.075), (x, y - 0.004), (x + 0.031, y - 0.004), tone=0.92)
    pen.polygon((x - 0.003, y - 0.067), (x - 0.003, y - 0.004), (x - 0.025, y - 0.004), tone=0.88)


def spruces(pen: Pen, seed: int, ground: float, tall: float, wide: float) -> None:
    """A wood of spruces along the ground."""
    dice = np.random.default_rng(seed)
    pen.box(0, ground, wide, 1)
    for hill in ridge(seed, np.linspace(0, 1, int(170 * wide), dtype=np.float32), 4, octaves=4).tolist():
        x, size = dice.random() * wide, tall * (0.4 + 0.5 * hill + 0.5 * dice.random() ** 2)
        for tier in range(5):
            y, half = ground - size * (1 - tier * 0.2), size * (0.07 + 0.035 * tier)
            pen.polygon((x, y), (x - half, y + size * 0.3), (x + half, y + size * 0.3))


def _on_jetty(near: float, side: float) -> tuple[float, float]:
    """A place on it: `near` grows with the distance, side -1..1."""
    return 0.67 + (side * 0.2 - 0.25) / near, 0.62 + 0.3 / near


def jetty(pen: Pen) -> None:
    """Its beams, and its shadow on the water."""
    pen.polygon(*(_on_jetty(*place) for place in ((0.6, -1), (0.6, 1.06), (3, 1.1), (3, -1))), tone=0.9)


def planks(pen: Pen) -> None:
    """The jetty's planks."""
    edges = np.linspace(3, 0.7, 46).tolist()
    for far, near in pairwise(edges):
        pen.polygon(*(_on_jetty(*at) for at in ((far, -1), (far, 1), (near + 0.012, 1), (near + 0.012, -1))))


def posts(pen: Pen) -> None:
    """The jetty's posts."""
    for far in (0.95, 1.4, 2, 3):
        for side in (-1, 1):
            x, y = _on_jetty(far, side)
            pen.box(x - 0.007 / far, y - 0.04 / far, x + 0.007 / far, y + 0.05 / far)


def skyline(seed: int, tall: float, ground: float) -> list[Tower]:
    """A row of towers from edge to edge, highest right of the middle."""
    dice, x, row = np.random.default_rng(seed), -0.03, []
    while x < 1.5:
        width = dice.uniform(0.035, 0.085)
        reach = 0.45 + 0.55 * np.exp(-(((x - 0.8) / 0.5) ** 2))
        row.append((x, width, ground - tall * (0.25 + 0.75 * dice.random() ** 1.5) * reach))
        x += width + max(0.0, dice.uniform(-0.02, 0.02))
    return row


def walls(pen: Pen, row: list[Tower], ground: float) -> None:
    """The towers of a skyline."""
    for number, (left, width, roof) in enumerate(row):
        middle = left + width / 2
        pen.box(left, roof, left + width, ground)
        if number % 3 == 0:
            pen.box(middle - width * 0.3, roof - 0.014, middle + width * 0.3, roof)
        if number % 4 == 0:
            pen.line((middle, roof - 0.05), (middle, roof), width=0.0015)


def windows(pen: Pen, row: list[Tower], ground: float, seed: int, warm: bool, t: float) -> None:
    """The lit ones of one colour. One in thirty goes on or off with the moment."""
    dice, now = np.random.default_rng(seed), np.random.default_rng(round(t * 10))
    for left, width, roof in row:
        y, x = np.mgrid[roof + 0.012 : ground - 0.012 : 0.0115, left + 0.006 : left + width - 0.009 : 0.0095]
        fate, kind, bright = dice.random((3, *x.shape))
        fate = np.where(now.random(x.shape) < 0.03, now.random(x.shape), fate)
        shown = (fate < dice.uniform(0.15, 0.6)) & ((kind < 0.78) == warm)
        for at_x, at_y, light in zip(x[shown].tolist(), y[shown].tolist(), bright[shown].tolist(), strict=True):
            pen.box(at_x, at_y, at_x + 0.0052, at_y + 0.0062, tone=0.35 + 0.65 * light)


def tree(pen: Pen, light: float) -> None:
    """A crown of many small leaves in a few boughs; with `light`, only those the sun reaches, moved towards it."""
    dice = np.random.default_rng(7)
    if not light:
        pen.polygon((1.116, 0.4), (1.124, 0.4), (1.13, 0.512), (1.11, 0.512))
    for x, y, bough in BOUGHS:
        for angle, away, size in dice.random((260, 3)).tolist():
            dx, dy = np.cos(angle * 6.28) * away**0.6 * bough, np.sin(angle * 6.28) * away**0.6 * bough * 0.8
            if not light:
                pen.dot(x + dx, y + dy, 0.002 + 0.005 * size)
            elif dx + 1.5 * dy < (size - 0.75) * bough:
                pen.dot(x + dx - light, y + dy - light, 0.0012 + 0.003 * size, tone=0.75)


def stars(pen: Pen, seed: int, bottom: float) -> None:
    """Stars, fainter towards the horizon."""
    for x, y, bright in np.random.default_rng(seed).random((260, 3)).tolist():
        pen.dot(x * 1.5, y * bottom, 0.0005 + 0.0008 * bright**4, tone=0.2 + 0.8 * bright * (1 - y))


def cabin(pen: Pen) -> None:
    """A cabin with a roof and a chimney."""
    pen.box(0.36, 0.76, 0.53, 0.838)
    pen.polygon((0.34, 0.765), (0.39, 0.705), (0.50, 0.705), (0.55, 0.765))
    pen.box(0.48, 0.69, 0.495, 0.72)


def cabin_windows(pen: Pen) -> None:
    """The cabin's lit windows."""
    for left in (0.38, 0.405, 0.48, 0.505):
        pen.box(left, 0.782, left + 0.018, 0.812)


def lighthouse(pen: Pen) -> None:
    """Its tower, and the keeper's house."""
    pen.polygon((1.11, 0.20), (1.15, 0.20), (1.162, 0.51), (1.098, 0.51))
    pen.box(1.16, 0.455, 1.25, 0.51)


def lighthouse_red(pen: Pen) -> None:
    """Bands and roofs."""
    for y in (0.245, 0.325, 0.405):
        half = 0.0205 + 0.012 * (y - 0.2) / 0.31
        pen.polygon((1.13 - half, y), (1.13 + half, y), (1.1315 + half, y + 0.04), (1.1285 - half, y + 0.04))
    pen.polygon((1.11, 0.165), (1.13, 0.135), (1.15, 0.165))
    pen.polygon((1.15, 0.455), (1.175, 0.425), (1.235, 0.425), (1.26, 0.455))


def lighthouse_dark(pen: Pen) -> None:
    """Lamp, gallery, a window."""
    pen.box(1.117, 0.165, 1.143, 0.20, tone=0.8)
    pen.box(1.104, 0.197, 1.156, 0.204)
    pen.box(1.19, 0.468, 1.205, 0.486)


def basket(pen: Pen, x: float, y: float, size: float) -> None:
    """Of a balloon around x, y."""
    top, half = y + 1.5 * size, 0.13 * size
    pen.box(x - half, top, x + half, top + 0.2 * size)
    for side in (-1, 1):
        pen.line((x + side * half, top), (x + side * 0.3 * size, y + 1.18 * size), width=0.001, tone=0.6)
