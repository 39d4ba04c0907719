"""Eyes and smiles: two small networks of our own look at crops of a face and say how sure they are.

An eye is open or shut, a mouth smiles or not, in log-odds. "Can't tell" is an answer: of a small face, of one that is
turned away, and where the networks are not sure. Nothing here says whose face it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from unipic.core.face import SURE, Point
from unipic.core.progress import silent
from unipic.vision.device import filled, use_threads
from unipic.vision.loading import Loaded
from unipic.vision.manifest import sha256

if TYPE_CHECKING:
    import torch

VERSION = 1  # raised when the same weights say something else

NAME = "eyes"  # in the manifest, and the folder of the weights
SIDE = 32  # pixels: the square crops that the networks get
LEAST_WIDTH = 32  # pixels: in a smaller face an eye has 8 pixels or fewer, of which the networks were not taught
TURNED = 0.45  # the nose off the middle of the eyes, in distances of the eyes: beyond it, one eye is hidden
# Sides of the crops in the face's measure: the distance of the eyes, or that of eyes and mouth if it is longer, as in a
# face that is turned. Of a face of 100 pixels that is about 45.
EYE, MOUTH = 0.64, 1.0
BATCH = 16  # crops at a time
SHARE = 8  # of the processor's cores: the networks are small, and more threads do not help

Points = Sequence[Point]  # of a face in pixels: right eye, left eye, nose, right and left corner of the mouth


@dataclass(frozen=True)
class Look:
    """What the networks say of one face, in log-odds."""

    right: float  # that the right eye is open, as the picture shows it
    left: float
    smile: float


def eyes_open(look: Look) -> float | None:
    """Log-odds that both eyes are open, by the eye that is nearest to not being so; None: can't tell.

    Both must be surely open, or both surely shut: a wink is neither.
    """
    both = (look.right, look.left)
    if min(both) > SURE:
        return min(both)
    return max(both) if max(both) < -SURE else None


def readable(points: Points, width: float) -> bool:
    """Whether eyes and mouth of a face can be looked at: it is not too small (`width` in pixels), nor in profile."""
    (rx, ry), (lx, ly), (nx, ny) = points[:3]
    apart = math.hypot(lx - rx, ly - ry)
    if width < LEAST_WIDTH or apart == 0:
        return False
    along = ((nx - (rx + lx) / 2) * (lx - rx) + (ny - (ry + ly) / 2) * (ly - ry)) / apart
    return abs(along) < TURNED * apart


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
        smiles = _odds(smile, [crop[2] for crop in crops])
        return [Look(*numbers) for numbers in zip(both[: len(crops)], both[len(crops) :], smiles, strict=True)]

    def _load(self) -> tuple[torch.nn.Module, torch.nn.Module]:
        from unipic.vision.mobilenet import read_entries

        networks = network(), network()
        for part, one in zip(("eyes.", "smile."), networks, strict=True):
            one.load_state_dict(read_entries(self._weights, part), strict=True)
            one.eval()
        return networks


def network() -> torch.nn.Module:
    """float32 [N, 1, SIDE, SIDE], standardised -> log-odds [N, 1]; 23,777 numbers."""
    from torch import nn

    layers: list[nn.Module] = []
    for before, after in ((1, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.AvgPool2d(SIDE // 16), nn.Flatten(), nn.Linear(4 * 64, 1))


def standardised(crops: np.ndarray) -> np.ndarray:
    """Grey crops [N, SIDE, SIDE] -> float32 [N, 1, SIDE, SIDE] of mean 0 and deviation 1, whatever the light."""
    grey = crops.astype(np.float32)
    mean, deviation = grey.mean(axis=(1, 2), keepdims=True), grey.std(axis=(1, 2), keepdims=True)
    return ((grey - mean) / (deviation + 1))[:, None]  # + 1 of 255: an even crop is not made noise


def crops_of(
    picture: np.ndarray, points: Points, room: float = 1.0, pixels: int = SIDE
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Crops of uint8 [H, W, 3] around the right eye, the left eye and the mouth, upright as the face is.

    uint8 [pixels, pixels] each, grey. `room`: their sides, times that; teaching shifts and turns them.
    """
    right, left, _, *mouth = (complex(*point) for point in points)
    middle = (mouth[0] + mouth[1]) / 2
    measure = max(abs(left - right), abs(middle - (right + left) / 2), 1.0) * room
    turn = (left - right) / abs(left - right) if left != right else 1.0 + 0j
    eyes = [_crop(picture, at, measure * EYE, turn, pixels) for at in (right, left)]
    return eyes[0], eyes[1], _crop(picture, middle, measure * MOUTH, turn, pixels)


def _crop(picture: np.ndarray, centre: complex, side: float, turn: complex, pixels: int) -> np.ndarray:
    """A square of `side` pixels around a point, turned upright; outside, the picture's border goes on."""
    half = side * 0.75  # of the square that holds it however it is turned
    left, top = math.floor(centre.real - half), math.floor(centre.imag - half)
    span = math.ceil(2 * half) + 2
    rows = np.clip(np.arange(top, top + span), 0, picture.shape[0] - 1)
    columns = np.clip(np.arange(left, left + span), 0, picture.shape[1] - 1)
    part = Image.fromarray(picture[rows[:, None], columns]).convert("L")
    shrink = max(1, int(side / pixels))  # means of pixels, so that fine lashes do not become noise
    part = part.reduce(shrink) if shrink > 1 else part
    step = turn * side / pixels / shrink
    start = (centre - complex(left, top)) / shrink - step * complex(pixels, pixels) / 2
    how = (step.real, -step.imag, start.real, step.imag, step.real, start.imag)
    return np.asarray(part.transform((pixels, pixels), Image.Transform.AFFINE, how, Image.Resampling.BILINEAR))


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
