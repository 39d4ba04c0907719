"""MobileNetV3-Small, as ImageNet left it or taught on by Unipic: what a picture shows, as 576 numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from unipic.vision.base import Calibration
from unipic.vision.device import pick_device, use_threads

if TYPE_CHECKING:
    import torch

BATCH = 32
DIMENSIONS = 576
MEAN = (0.485, 0.456, 0.406)  # of ImageNet, RGB; what the network was trained with
STD = (0.229, 0.224, 0.225)
# One core embeds about as fast as eight cores decode. More threads would wait for the decoders to
# leave the cores, and waiting threads make each other slower: with both cores of a machine busy,
# two threads embedded 106 photos a second, one 175.
SHARE = 8


class MobileNetEncoder:
    """ImageNet's features, as they are."""

    name = "mobilenet"
    label = "MobileNetV3-Small (ImageNet)"
    calibration = Calibration(middle=0.79, slope=46.0)

    def __init__(self, weights: Path, device: str = "auto") -> None:
        """`weights`: torchvision's .pth, or its features.* entries alone as .safetensors."""
        import torch
        from torchvision.models import mobilenet_v3_small

        self._device = pick_device(device)
        network = mobilenet_v3_small(weights=None).features
        network.load_state_dict(read_entries(weights, "features."), strict=True)
        self._network = network.eval().to(self._device, memory_format=torch.channels_last)
        self._head = self._open_head(weights).eval().to(self._device)
        self._mean = torch.tensor(MEAN, device=self._device).view(3, 1, 1) * 255
        self._std = torch.tensor(STD, device=self._device).view(3, 1, 1) * 255

    def _open_head(self, weights: Path) -> torch.nn.Module:
        """What comes after the mean over space: float32 [N, 576] -> [N, 576]."""
        import torch

        return torch.nn.Identity()

    def embed(self, views: np.ndarray) -> np.ndarray:
        """uint8 [N, 224, 224, 3] RGB -> float32 [N, 576], rows of length 1."""
        use_threads(SHARE)
        batches = [self._batch(views[start : start + BATCH]) for start in range(0, len(views), BATCH)]
        return np.concatenate(batches) if batches else np.zeros((0, DIMENSIONS), np.float32)

    def _batch(self, views: np.ndarray) -> np.ndarray:
        import torch

        with torch.inference_mode():
            pixels = torch.tensor(np.ascontiguousarray(views), device=self._device).permute(0, 3, 1, 2)
            maps = self._network((pixels.float() - self._mean) / self._std)
            vectors = torch.nn.functional.normalize(self._head(maps.mean(dim=(2, 3))), dim=1)
        return vectors.cpu().numpy()


class UnipicEncoder(MobileNetEncoder):
    """Unipic's own: the same network taught on to know copies and other shots again, with a linear layer behind it.

    It was taught at 160 pixels and sees copies and shots of one moment best at 224, the view there is.
    """

    name = "unipic"
    label = "Unipic's own MobileNetV3-Small"
    calibration = Calibration(middle=0.648, slope=39.0)

    def _open_head(self, weights: Path) -> torch.nn.Module:
        import torch

        head = torch.nn.Linear(DIMENSIONS, DIMENSIONS)
        head.load_state_dict(read_entries(weights, "head."), strict=True)
        return head


def read_entries(weights: Path, part: str) -> dict[str, torch.Tensor]:
    """The entries of one part, named as the part's own module names them; loaded there they become float32."""
    if weights.suffix == ".safetensors":
        from safetensors.torch import load_file

        entries = load_file(weights)
    else:
        import torch

        entries = torch.load(weights, map_location="cpu", weights_only=True)
    return {name.removeprefix(part): entry for name, entry in entries.items() if name.startswith(part)}
