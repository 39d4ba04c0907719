"""Clips made from photos, with the truth about their shots: cuts of every kind, and what only looks like a cut."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from PIL import Image, ImageOps

SIZE = (640, 360)
RATE = 25
CLEAR = 20  # frames of a shot that no transition touches, at least: else there is nothing right to choose
Frame = np.ndarray  # uint8 [H, W, 3]


@dataclass(frozen=True)
class Event:
    """A change of shot: it is found if a cut lies within it, or a frame beside it."""

    first: int  # frame; for a hard cut the first of the new shot
    last: int
    kind: str


@dataclass
class Clip:
    """Frames as they are made, and what is true of them."""

    name: str
    frames: list[Frame] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


def write(frames: Iterator[Frame] | Sequence[Frame], path: Path, rate: int = RATE, **options: Any) -> None:
    """Encode frames of one size as a film; `options`: codec, crf, and further ones of x264."""
    codec = options.pop("codec", "libx264")
    with av.open(str(path), "w") as container:
        stream: Any = None
        for number, frame in enumerate(frames):
            if stream is None:
                stream = container.add_stream(codec, rate=rate)
                stream.height, stream.width = frame.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.options = {"crf": "23", "preset": "veryfast", **{k: str(v) for k, v in options.items()}}
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), "rgb24")
            picture.pts, picture.time_base = number, Fraction(1, rate)
            container.mux(stream.encode(picture))
        if stream is not None:
            container.mux(stream.encode())


def photos_in(folder: Path, half: int) -> list[Path]:
    """Photos of one half of a folder: each half for itself, so that one can be kept from view."""
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    return [path for number, path in enumerate(files) if number // 8 % 2 == half]


class Studio:
    """Makes clips from photos, the same for the same seed."""

    def __init__(self, photos: Sequence[Path], seed: int, size: tuple[int, int] = SIZE) -> None:
        self._chance = random.Random(seed)
        self._photos = list(photos)
        self._chance.shuffle(self._photos)
        self._next = 0
        self._size = size
        self._last: Frame | None = None

    def photo(self) -> Frame:
        """Another photo, filling a little more than the frame, and unlike the one before."""
        while True:
            path = self._photos[self._next % len(self._photos)]
            self._next += 1
            try:
                with Image.open(path) as image:
                    image.draft("RGB", (1600, 1600))
                    picture = ImageOps.exif_transpose(image).convert("RGB")
            except OSError:
                continue
            width, height = self._size
            made = np.asarray(ImageOps.fit(picture, (width * 5 // 4, height * 5 // 4), Image.Resampling.BILINEAR))
            small = np.asarray(Image.fromarray(made).resize((32, 18), Image.Resampling.BOX), np.float32)
            unlike = self._last is None or float(np.abs(small - self._last).mean()) > 25
            if small.std() > 25 and unlike:
                self._last = small
                return made

    def shot(self, count: int, photo: Frame | None = None) -> list[Frame]:
        """A slow pan over a photo, with the noise of a camera."""
        photo = self.photo() if photo is None else photo
        width, height = self._size
        spare = np.array([photo.shape[1] - width, photo.shape[0] - height])
        start = np.array([self._chance.random(), self._chance.random()]) * spare
        step = np.array([self._chance.uniform(-0.8, 0.8), self._chance.uniform(-0.4, 0.4)])
        noise = np.random.default_rng(self._chance.randrange(1 << 30))
        frames = []
        for number in range(count):
            x, y = np.clip(start + step * number, 0, spare).astype(int)
            grain = np.repeat(noise.integers(-3, 4, (height, width, 1), np.int8), 3, axis=2)
            frames.append(np.asarray(cv2.add(photo[y : y + height, x : x + width], grain, dtype=cv2.CV_8U)))
        return frames

    def cut_clip(self, name: str, lengths: Sequence[int]) -> Clip:
        """Hard cuts between shots of these lengths."""
        clip = Clip(name)
        for length in lengths:
            if clip.frames:
                clip.events.append(Event(len(clip.frames), len(clip.frames), "hard"))
            clip.frames += self.shot(length)
        return clip

    def mixed(self, name: str, length: int, mix: Callable[[Frame, Frame, float], Frame], kind: str, shots: int) -> Clip:
        """Shots joined by a transition of `length` frames. Each has CLEAR frames or more of its own."""
        least = max(40, CLEAR + length)
        clip = Clip(name, self.shot(self._chance.randrange(least, least + 20)))
        for _ in range(shots - 1):
            following = self.shot(self._chance.randrange(least, least + 20) + length)
            begin = len(clip.frames) - length
            for number in range(length):
                share = (number + 1) / (length + 1)
                clip.frames[begin + number] = mix(clip.frames[begin + number], following[number], share)
            clip.frames += following[length:]
            clip.events.append(Event(begin, begin + length, kind))
        return clip


def dissolve(a: Frame, b: Frame, share: float) -> Frame:
    return (a * (1 - share) + b * share).astype(np.uint8)


def through(level: int) -> Callable[[Frame, Frame, float], Frame]:
    """A fade out to one level, and in again."""

    def fade(a: Frame, b: Frame, share: float) -> Frame:
        left = abs(1 - 2 * share)
        left = max(0.0, (left - 0.15) / 0.85)  # a moment of nothing but the level
        return ((a if share < 0.5 else b) * left + level * (1 - left)).astype(np.uint8)

    return fade


def wiped(way: str) -> Callable[[Frame, Frame, float], Frame]:
    def wipe(a: Frame, b: Frame, share: float) -> Frame:
        out = a.copy()
        height, width = a.shape[:2]
        if way == "right":
            out[:, : round(width * share)] = b[:, : round(width * share)]
        elif way == "down":
            out[: round(height * share)] = b[: round(height * share)]
        else:
            y, x = np.ogrid[:height, :width]
            inside = (x / width - 0.5) ** 2 + (y / height - 0.5) ** 2 < (share * 0.75) ** 2
            out[inside] = b[inside]
        return out

    return wipe


def _lit(frame: Frame, by: float, add: float = 0.0) -> Frame:
    return np.clip(frame * by + add, 0, 255).astype(np.uint8)


def flash(studio: Studio) -> Clip:
    frames = studio.shot(140)
    for at, length in ((30, 1), (60, 2), (95, 4)):
        frames[at : at + length] = [_lit(frame, 0.3, 180) for frame in frames[at : at + length]]
    return Clip("flash", frames)


def strobe(studio: Studio) -> Clip:
    frames = studio.shot(120)
    return Clip("strobe", [_lit(f, 1.0, 120) if 40 <= n < 80 and n // 2 % 2 else f for n, f in enumerate(frames)])


def whip(studio: Studio) -> Clip:
    """The camera is thrown from one side of a wide view to the other."""
    wide = np.concatenate([studio.photo(), studio.photo()[:, ::-1]], axis=1)
    width, height = studio._size
    spare, frames = wide.shape[1] - width, []
    for number in range(110):
        share = float(np.clip((number - 50) / 10, 0, 1))
        x, speed = round(spare * share), spare / 10 if 50 <= number < 60 else 0.0
        views = [wide[:height, min(spare, round(x + speed * k / 8)) :][:, :width] for k in range(8 if speed else 1)]
        frames.append(np.mean(views, axis=0).astype(np.uint8))
    return Clip("whip", frames)


def shake(studio: Studio) -> Clip:
    photo = studio.photo()
    width, height = studio._size
    chance, frames = np.random.default_rng(7), []
    middle = np.array([photo.shape[1] - width, photo.shape[0] - height]) / 2
    for _ in range(110):
        x, y = np.clip(middle + chance.normal(0, 9, 2), 0, middle * 2).astype(int)
        frames.append(photo[y : y + height, x : x + width])
    return Clip("shake", frames)


def zoom(studio: Studio) -> Clip:
    photo, frames = Image.fromarray(studio.photo()), []
    for number in range(100):
        factor = 1 - 0.7 * float(np.clip((number - 20) / 40, 0, 1))
        width, height = photo.width * factor, photo.height * factor
        box = (
            (photo.width - width) / 2,
            (photo.height - height) / 2,
            (photo.width + width) / 2,
            (photo.height + height) / 2,
        )
        frames.append(np.asarray(photo.resize(studio._size, Image.Resampling.BILINEAR, box=box)))
    return Clip("zoom", frames)


def passer_by(studio: Studio) -> Clip:
    """Somebody walks close past the camera."""
    frames, body = studio.shot(120), studio.photo()
    width, height = studio._size
    for number in range(40, 75):
        left = round(-width * 0.6 + (number - 40) / 35 * width * 1.6)
        low, high = max(0, left), min(width, left + round(width * 0.6))
        if high > low:
            frames[number] = frames[number].copy()
            frames[number][:, low:high] = (body[:height, low:high] * 0.4).astype(np.uint8)
    return Clip("passer-by", frames)


def exposure(studio: Studio) -> Clip:
    return Clip("exposure", [_lit(f, 1 + 0.7 * np.clip((n - 40) / 8, 0, 1)) for n, f in enumerate(studio.shot(110))])


def blackout(studio: Studio) -> Clip:
    frames = studio.shot(120)
    return Clip("blackout", [np.zeros_like(f) if 50 <= n < 60 else f for n, f in enumerate(frames)])


STILL_ONE_SHOT = (flash, strobe, whip, shake, zoom, passer_by, exposure, blackout)


def clips(photos: Sequence[Path], seed: int) -> Iterator[Clip]:
    """19 clips: 11 with changes of shot, 8 without."""
    studio = Studio(photos, seed)
    yield studio.cut_clip("hard", (50, 38, 61, 45, 52, 40, 47))
    yield studio.cut_clip("short shots", (40, 6, 8, 10, 12, 14, 7, 40))
    for length in (6, 12, 25, 50):
        yield studio.mixed(f"dissolve {length}", length, dissolve, f"dissolve_{length}", 6)
    yield studio.mixed("fade black", 24, through(0), "fade", 5)
    yield studio.mixed("fade white", 24, through(255), "fade", 5)
    for way in ("right", "down", "circle"):
        yield studio.mixed(f"wipe {way}", 20, wiped(way), "wipe", 6)
    for make in STILL_ONE_SHOT:
        yield make(studio)
