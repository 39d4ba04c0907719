"""MobileNetV3-Small encoders, with ImageNet's weights or Unipic's own: a picture as 576 numbers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from unipic.vision.base import Calibration
from unipic.vision.device import filled, pick_device, to_device, use_threads
from unipic.vision.loading import Loaded, Reporting
from unipic.vision.manifest import sha256

if TYPE_CHECKING:
    import torch

BATCH = 16  # a fixed size: see device.filled. One core embeds 248 a second; 200 in batches of 32
DIMENSIONS = 576
COMPILER = "torch._dynamo.utils"
VERSION = 2  # raised when vectors change with the same weights
MEAN = (0.485, 0.456, 0.406)  # of ImageNet, RGB, as in training
STD = (0.229, 0.224, 0.225)
# One core embeds about as fast as eight decode. More threads would compete with the decoders and slow each other: with
# both cores of a machine busy, two threads embedded 106 photos a second, one 175.
SHARE = 8


@dataclass(frozen=True)
class Network:
    """The loaded network."""

    features: torch.nn.Module
    head: torch.nn.Module
    mean: torch.Tensor  # [3, 1, 1], 0..255
    std: torch.Tensor


class MobileNetEncoder(Reporting):
    """An encoder with ImageNet's features."""

    name = "mobilenet"
    label = "MobileNetV3-Small (ImageNet)"
    calibration = Calibration(middle=0.79, slope=46.0)

    def __init__(self, weights: Path, device: str = "auto") -> None:
        """`weights`: torchvision's .pth, or only its features.* entries as .safetensors. OSError if missing."""
        self._weights, self._device = weights, pick_device(device)
        self._network = Loaded(self.label, self._load)
        numbers = "float16" if self._device == "cuda" else "float32"
        self.key = f"{self.name}-{sha256(weights)[:16]}-{numbers}-{VERSION}"

    def embed(self, views: np.ndarray) -> np.ndarray:
        """uint8 [N, 224, 224, 3] RGB -> float32 [N, 576], rows of length 1, each independent of the others."""
        if not len(views):
            return np.zeros((0, DIMENSIONS), np.float32)
        import torch

        network = self._network.get(self._progress)
        use_threads(SHARE)
        with torch.inference_mode():
            starts = range(0, len(views), BATCH)
            batches = [self._batch(filled(views[start : start + BATCH], BATCH), network) for start in starts]
            return torch.cat(batches)[: len(views)].cpu().numpy()

    def _load(self) -> Network:
        import torch

        features = _definition()(weights=None).features
        features.load_state_dict(read_entries(self._weights, "features."), strict=True)
        features = _folded(features.eval())
        mean, std = (torch.tensor(numbers, device=self._device).view(3, 1, 1) * 255 for numbers in (MEAN, STD))
        return Network(
            features.to(self._device).to(memory_format=torch.channels_last),
            self._open_head(self._weights).eval().to(self._device),
            mean,
            std,
        )

    def _open_head(self, weights: Path) -> torch.nn.Module:
        """The layer after spatial averaging: float32 [N, 576] -> [N, 576]."""
        import torch

        return torch.nn.Identity()

    def _batch(self, views: np.ndarray, network: Network) -> torch.Tensor:
        """uint8 [BATCH, VIEW, VIEW, 3] -> float32 [BATCH, 576] on the device; half precision on a GPU."""
        import torch

        pixels = to_device(views, self._device).permute(0, 3, 1, 2)
        with torch.autocast(self._device, torch.float16, enabled=self._device == "cuda"):
            maps = network.features((pixels.float() - network.mean) / network.std)
        return torch.nn.functional.normalize(network.head(maps.float().mean(dim=(2, 3))), dim=1)


class UnipicEncoder(MobileNetEncoder):
    """Unipic's own: the network fine-tuned to recognise copies and shots of one moment, with a linear head.

    It was trained at 160 pixels, and recognises them best at 224, the size of views.
    """

    name = "unipic"
    label = "Unipic's own MobileNetV3-Small"
    calibration = Calibration(middle=0.648, slope=39.0)

    def _open_head(self, weights: Path) -> torch.nn.Module:
        import torch

        head = torch.nn.Linear(DIMENSIONS, DIMENSIONS)
        head.load_state_dict(read_entries(weights, "head."), strict=True)
        return head


def _folded(network: torch.nn.Module) -> torch.nn.Module:
    """The same network without its batch normalisation, whose constants go into the convolution before it.

    That takes a quarter off the time of a picture, and changes vectors by less than rounding to float16 does.
    """
    import torch
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    for part in network.modules():
        if not isinstance(part, torch.nn.Sequential) or len(part) < 2:
            continue
        convolution, normalisation = part[0], part[1]
        if isinstance(convolution, torch.nn.Conv2d) and isinstance(normalisation, torch.nn.BatchNorm2d):
            part[0], part[1] = fuse_conv_bn_eval(convolution, normalisation), torch.nn.Identity()
    return network


def _definition() -> Callable[..., Any]:
    """torchvision's mobilenet_v3_small, without importing torch's compiler, which takes 1.4 seconds and 120 MB.

    One line of torchvision asks whether its roi_align, unused here, could be compiled; a stub answers no. The real
    compiler can still be imported later.
    """
    answer = ModuleType(COMPILER)
    answer.is_compile_supported = lambda device: False  # type: ignore[attr-defined]
    ours = sys.modules.setdefault(COMPILER, answer) is answer
    try:
        return _from_torchvision()
    except ImportError:  # another version of torchvision needs more of it
        sys.modules.pop(COMPILER, None)
        return _from_torchvision()
    finally:
        if ours and sys.modules.get(COMPILER) is answer:
            del sys.modules[COMPILER]


def _from_torchvision() -> Callable[..., Any]:
    from torchvision.models import mobilenet_v3_small

    return mobilenet_v3_small


def read_entries(weights: Path, part: str) -> dict[str, torch.Tensor]:
    """The entries of one part of the weights, by the names its module expects."""
    if weights.suffix == ".safetensors":
        from safetensors.torch import load_file

        entries = load_file(weights)
    else:
        import torch

        entries = torch.load(weights, map_location="cpu", weights_only=True)
    return {name.removeprefix(part): entry for name, entry in entries.items() if name.startswith(part)}
