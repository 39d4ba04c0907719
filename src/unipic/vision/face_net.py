"""Whose face it is: dlib's face ResNet v1 (CC0), rebuilt in torch. An aligned face as 128 numbers.

Cosines are high throughout: other people's .83 on average, those of one person .96. See models/dlib_face/README.md.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from unipic.core.progress import silent
from unipic.vision import chips, faces
from unipic.vision.device import filled, pick_device, to_device, use_threads
from unipic.vision.loading import Loaded
from unipic.vision.manifest import sha256
from unipic.vision.mobilenet import SHARE, read_entries

if TYPE_CHECKING:
    import torch

VERSION = 1  # raised when vectors change with the same weights
NAME = "dlib_face"  # in the manifest
IDENTITY = "identity "  # how the key of whatever tells people apart begins, so that all of it can be deleted
BATCH = 16  # a fixed size: see device.filled
DIMENSIONS = 128
MEAN = (122.782, 117.001, 104.298)  # of 255, RGB, and what it is divided by, as the network was taught
OVER = 256


def key_of(weights: str) -> str:
    """The key of the vectors, by the sha256 of the weights."""
    return f"{IDENTITY}{NAME}-{weights[:16]}-{VERSION}.{chips.VERSION}.{faces.VERSION}"


class FaceEncoder:
    """Turns aligned faces into vectors, which are comparable only with those of the same encoder."""

    name = NAME
    label = "dlib's face ResNet v1"

    def __init__(self, weights: Path, mean: Path, device: str = "auto") -> None:
        """`weights`: made by training/faces/convert.py; `mean`: by training/faces/mean.py. OSError if missing."""
        self._weights, self._mean, self._device = weights, mean, pick_device(device)
        self._network = Loaded(self.label, self._load)
        self.key = key_of(sha256(weights))

    @cached_property
    def mean(self) -> np.ndarray:
        """float32 [128], of length 1: of the faces of many people. OSError, ValueError."""
        mean: np.ndarray = np.load(self._mean)
        return mean

    def embed(self, aligned: np.ndarray) -> np.ndarray:
        """uint8 [N, SIDE, SIDE, 3] RGB, see chips.cut -> float32 [N, 128], rows of length 1, or none finite.

        The mean of a face and its mirror image, so that neither side of a face counts more.
        """
        if not len(aligned):
            return np.zeros((0, DIMENSIONS), np.float32)
        import torch

        network = self._network.get(silent)
        use_threads(SHARE)
        with torch.inference_mode():
            starts = range(0, len(aligned), BATCH)
            batches = [self._batch(filled(aligned[start : start + BATCH], BATCH), network) for start in starts]
            return torch.cat(batches)[: len(aligned)].cpu().numpy()

    def _load(self) -> torch.nn.Module:
        import torch

        from unipic.vision.face_resnet import FaceResNet

        network = FaceResNet()
        network.load_state_dict(read_entries(self._weights, ""), strict=True)  # in float16, computed in float32
        return network.eval().to(memory_format=torch.channels_last).to(self._device)

    def _batch(self, aligned: np.ndarray, network: torch.nn.Module) -> torch.Tensor:
        """uint8 [BATCH, SIDE, SIDE, 3] -> float32 [BATCH, 128] on the device."""
        import torch

        mean = torch.tensor(MEAN, device=self._device).view(3, 1, 1)
        pixels = (to_device(aligned, self._device).permute(0, 3, 1, 2).float() - mean) / OVER
        pixels = pixels.contiguous(memory_format=torch.channels_last)
        both = network(pixels) + network(pixels.flip(3))
        return both / both.norm(dim=1, keepdim=True)
