"""Technical frames go, and whatever shows something stays. Every picture goes through JPEG, as a film would have it."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from tests.helpers.pictures import scene

from unipic.video.technical import technical

SIZE = (360, 640)
Picture = np.ndarray
CHANCE = np.random.default_rng(4)
Y, X = np.mgrid[: SIZE[0], : SIZE[1]]


def coded(picture: np.ndarray, quality: int = 60) -> Picture:
    buffer = io.BytesIO()
    Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer).convert("RGB"))


def even(red: int, green: int, blue: int) -> np.ndarray:
    return np.broadcast_to(np.array([red, green, blue]), (*SIZE, 3)).astype(float) + CHANCE.normal(0, 1.5, (*SIZE, 3))


def grey(values: np.ndarray) -> np.ndarray:
    return np.repeat(values[..., None].astype(float), 3, axis=2)


def bars(full: float) -> np.ndarray:
    corners = [(1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1), (0, 0, 0)]
    return np.repeat(np.array(corners)[X[0] * 8 // SIZE[1]][None] * full, SIZE[0], axis=0)


TECHNICAL: dict[str, tuple[str, np.ndarray]] = {
    "black": ("black", even(0, 0, 0)),
    "video black": ("black", even(16, 16, 16)),
    "white": ("white", even(255, 255, 255)),
    "blue of a projector": ("one colour", even(20, 40, 200)),
    "grey": ("one colour", even(128, 128, 128)),
    "bars at 75 %": ("test bars", bars(191)),
    "bars at 100 %": ("test bars", bars(255)),
    "staircase": ("test bars", grey(X * 8 // SIZE[1] * 36)),
    "snow of a dead signal": ("no signal", grey(CHANCE.integers(0, 256, SIZE)).repeat(1, axis=0)),
}

haze = 190 + 45 * (Y / SIZE[0])
trees = grey(haze) - 40 * ((X // 40 % 3 == 0) & (Y > 200))[..., None]
stars = even(6, 6, 10)
stars[CHANCE.integers(0, SIZE[0], 60), CHANCE.integers(0, SIZE[1], 60)] = 230
candle = even(4, 3, 2) + np.array([200, 130, 40]) * np.exp(-((X - 320) ** 2 + (Y - 200) ** 2) / 900)[..., None]
page = even(246, 246, 244)
page[60:300:20, 80:560:3] = 60
title = even(0, 0, 0)
title[170:190, 200:440:4] = 230
flag = np.concatenate([even(0, 146, 70)[:, :213], even(241, 242, 241)[:, :214], even(206, 43, 55)[:, :213]], axis=1)
wall = grey(150 + 60 * (X // 20 % 2)) + CHANCE.normal(0, 6, (*SIZE, 1)) + (Y * 0.1)[..., None]
STAYS: dict[str, np.ndarray] = {
    "fog": grey(haze),
    "fog with trees": trees,
    "bright snow": grey(225 + 18 * np.sin(X / 60) * np.cos(Y / 45)) + CHANCE.normal(0, 2, (*SIZE, 1)),
    "sky": even(0, 0, 0) + np.stack([120 + Y * 0.1, 160 + Y * 0.1, 230 + Y * 0.02], axis=2),
    "stars": stars,
    "candle": candle,
    "page": page,
    "title on black": title,
    "flag": flag,
    "striped wall": wall,
    "scene": np.asarray(scene(3, SIZE[1], SIZE[0])).astype(float),
    "dim scene": np.asarray(scene(4, SIZE[1], SIZE[0])).astype(float) * 0.15,
}


@pytest.mark.parametrize("name", TECHNICAL)
def test_what_shows_nothing_is_named(name: str) -> None:
    kind, picture = TECHNICAL[name]
    assert technical(coded(picture, 90 if kind == "no signal" else 60)) == kind


@pytest.mark.parametrize("name", STAYS)
def test_what_shows_something_stays(name: str) -> None:
    for quality in (40, 75, 92):
        assert technical(coded(STAYS[name], quality)) == ""


@pytest.mark.parametrize("turn", [lambda p: p[:, ::-1], lambda p: p[::-1]])
def test_a_mirrored_scene_is_no_more_technical(turn: Callable[[np.ndarray], np.ndarray]) -> None:
    assert technical(np.ascontiguousarray(turn(coded(STAYS["fog with trees"])))) == ""
