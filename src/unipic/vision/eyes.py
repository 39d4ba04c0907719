"""Eyes and smiles: two small networks of our own look at crops of a face and say how sure they are.

An eye is open or shut, a mouth smiles or not, in log-odds. "Can't tell" is an answer: of a small face, of one that is
turned away, and where the networks are not sure. Nothing here says whose face it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from unipic.core.face import TURNED, Point, turned
from unipic.core.progress import silent
from unipic.vision import chips
from unipic.vision.device import filled, use_threads
from unipic.vision.loading import Loaded
from unipic.vision.manifest import sha256

if TYPE_CHECKING:
    import torch

VERSION = 2  # raised when the same weights say something else

NAME = "eyes"  # in the manifest, and the folder of the weights
SIDE = 32  # pixels: the square crops that the networks get
LEAST_WIDTH = 32  # pixels: in a smaller face an eye has 8 pixels or fewer, of which the networks were not taught
# Sides of the crops in the face's measure: the distance of the eyes, or that of eyes and mouth if it is longer, as in a
# face that is turned. Of a face of 100 pixels that is about 45.
EYE, MOUTH = 0.64, 1.0
# Log-odds, the mean of both eyes: above is open, below is shut. Shut must be surer: most eyes are open, and a shot that
# is put behind by mistake is worse than one of which nothing is said.
OPEN, SHUT = 0.6, -1.0
BATCH = 16  # crops at a time
SHARE = 8  # of the processor's cores: the networks are small, and more threads do not help

Points = Sequence[Point]  # of a face in pixels: right eye, left eye, nose, right and left corner of the mouth


@dataclass(frozen=True)
class Look:
    """What the networks say of one face, in log-odds."""

    right: float  # that the right eye is open, as the picture shows it
    left: float
    smile: float
    detail: float = 0.0  # how fine the face is shown, to be compared with the same face in other shots

    @property
    def lids(self) -> float:
        """Log-odds that the eyes are open, the mean of both.

        One eye says what the other hides: behind a rim, in a shadow, at the far side of a face that is turned.
        """
        return (self.right + self.left) / 2


UNREAD = Look(math.nan, math.nan, math.nan)  # of a face that is too small, or turned away


def eyes_open(look: Look) -> float | None:
    """Log-odds that the eyes are open; None: can't tell, nor of a wink."""
    return look.lids if look.lids > OPEN or look.lids < SHUT else None


def readable(points: Points, width: float) -> bool:
    """Whether eyes and mouth of a face can be looked at: it is not too small (`width` in pixels), nor in profile."""
    return width >= LEAST_WIDTH and turned(points) < TURNED


class Eyes(Protocol):
    """What looks at eyes and mouths: EyeReader."""

    key: str

    def look(self, faces: Sequence[tuple[np.ndarray, Points]]) -> list[Look]:
        """Pictures with the points of a face each."""
        ...


def looks(eyes: Eyes, faces: Sequence[tuple[np.ndarray, Points, float]]) -> list[Look]:
    """Of faces in pictures, by their points and width in pixels; UNREAD where one is too small or turned away."""
    asked = [readable(points, width) for _, points, width in faces]
    said = iter(eyes.look([face[:2] for face, ask in zip(faces, asked, strict=True) if ask]))
    return [next(said) if ask else UNREAD for ask in asked]


class EyeReader:
    """The two networks, which are loaded for the first face."""

    name, label = NAME, "Unipic's own networks for eyes and smiles"

    def __init__(self, weights: Path) -> None:
        """`weights`: both networks as .safetensors. OSError if missing."""
        self._weights = weights
        self._networks = Loaded(self.label, self._load)
        self.key = f"{NAME}-{sha256(weights)[:16]}-{VERSION}"

    def look(self, faces: Sequence[tuple[np.ndarray, Points]]) -> list[Look]:
        """Pictures, uint8 [H, W, 3] RGB, each with the points of a face in its pixels. ModelError."""
        if not faces:
            return []
        eyes, smile = self._networks.get(silent)
        crops = [crops_of(picture, points) for picture, points in faces]
        use_threads(SHARE)
        both = _odds(eyes, [crop[i] for i in (0, 1) for crop in crops])
        mouths = [crop[2] for crop in crops]
        numbers = (both[: len(crops)], both[len(crops) :], _odds(smile, mouths), map(_detail, mouths))
        return [Look(*four) for four in zip(*numbers, strict=True)]

    def _load(self) -> tuple[torch.nn.Module, torch.nn.Module]:
        import torch

        from unipic.vision.mobilenet import read_entries

        networks = network(), network()
        for part, one in zip(("eyes.", "smile."), networks, strict=True):
            one.load_state_dict(read_entries(self._weights, part), strict=True)
            one.eval().to(memory_format=torch.channels_last)  # twice as fast
        return networks


def network() -> torch.nn.Module:
    """float32 [N, 1, SIDE, SIDE], standardised -> log-odds [N, 1]; 61,089 numbers."""
    from torch import nn

    layers: list[nn.Module] = []
    for before, after, size, step in ((1, 16, 5, 2), (16, 32, 3, 1), (32, 64, 3, 1), (64, 64, 3, 1)):
        layers += [nn.Conv2d(before, after, size, step, size // 2), nn.BatchNorm2d(after), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if before in (16, 32) else []
    return nn.Sequential(*layers, nn.AvgPool2d(SIDE // 16), nn.Flatten(), nn.Linear(4 * 64, 1))


def standardised(crops: np.ndarray) -> np.ndarray:
    """Grey crops [N, SIDE, SIDE] -> float32 [N, 1, SIDE, SIDE] of mean 0 and deviation 1, whatever the light."""
    grey = crops.astype(np.float32)
    mean, deviation = grey.mean(axis=(1, 2), keepdims=True), grey.std(axis=(1, 2), keepdims=True)
    return ((grey - mean) / (deviation + 1))[:, None]  # + 1 of 255: an even crop is not made noise


def crops_of(picture: np.ndarray, points: Points, room: float = 1.0, pixels: int = SIDE) -> list[np.ndarray]:
    """Grey crops of uint8 [H, W, 3] around the right eye, the left eye and the mouth, upright as the face is.

    uint8 [pixels, pixels] each; outside, the picture's border goes on. `room`: their sides, times that; teaching shifts
    and turns them.
    """
    right, left, _, *mouth = (complex(*point) for point in points)
    middle = (mouth[0] + mouth[1]) / 2
    measure = max(abs(left - right), abs(middle - (right + left) / 2), 1.0) * room / pixels
    turn = (left - right) / abs(left - right) if left != right else 1.0 + 0j
    sides = ((right, EYE), (left, EYE), (middle, MOUTH))
    return [_crop(picture, at, turn * measure * side, pixels) for at, side in sides]


def _crop(picture: np.ndarray, centre: complex, step: complex, pixels: int) -> np.ndarray:
    """A square around a point, of which `step` is the way from one pixel to the next, in pixels of the picture."""
    import cv2

    around = abs(step) * pixels * 0.75  # half of the square that holds it however it is turned
    ends = zip((centre.real, centre.imag), picture.shape[1::-1], strict=True)
    inside = ([min(max(0, int(far)), end - 1) for far in (at - around, at + around)] for at, end in ends)
    (left, right), (top, bottom) = inside
    there = 1 / step
    start = complex(pixels - 1, pixels - 1) / 2 - (centre - complex(left + 0.5, top + 0.5)) * there
    way = np.array(((there.real, -there.imag, start.real), (there.imag, there.real, start.imag)))
    return cv2.cvtColor(chips.warped(picture[top : bottom + 2, left : right + 2], way, pixels), cv2.COLOR_RGB2GRAY)


def _detail(crop: np.ndarray) -> float:
    """How strongly neighbouring pixels of a grey crop differ, by its contrast: exposure changes nothing."""
    import cv2

    return float(cv2.Laplacian(crop, cv2.CV_32F).std() / (crop.std() + 1))


def _odds(model: torch.nn.Module, crops: Sequence[np.ndarray]) -> list[float]:
    """In batches of one size: see device.filled."""
    import torch

    pixels = standardised(np.stack(crops))
    with torch.inference_mode():
        lots = [
            model(torch.from_numpy(filled(pixels[start : start + BATCH], BATCH)))[:, 0]
            for start in range(0, len(pixels), BATCH)
        ]
    return [float(number) for number in torch.cat(lots)[: len(pixels)].numpy()]
