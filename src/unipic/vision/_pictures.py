"""The half of a text encoder that sees: pictures made square, and the network that turns them into vectors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from unipic.core.progress import Progress
from unipic.vision._checkpoints import Network
from unipic.vision.device import filled, to_device, use_threads
from unipic.vision.loading import Loaded

BATCH = 16  # a fixed size: see device.filled
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)  # of CLIP's training data, RGB
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True)
class Square:
    """How a picture becomes the network's square input.

    bars: the whole picture, with bars of the mean colour, which are about 0 to the network. crop: the middle, as CLIP's
    own preprocessing does it, which cuts a third off a 3:2 picture. squash: the whole picture, its sides made equal.
    """

    size: int  # pixels
    fit: Literal["bars", "crop", "squash"]
    mean: tuple[float, float, float] = CLIP_MEAN  # RGB, 0..1
    std: tuple[float, float, float] = CLIP_STD
    filter: Literal["bicubic", "bilinear"] = "bicubic"

    def of(self, picture: np.ndarray) -> np.ndarray:
        """uint8 [H, W, 3] -> uint8 [size, size, 3]."""
        height, width = picture.shape[:2]
        image, filter = Image.fromarray(picture), Image.Resampling[self.filter.upper()]
        if self.fit != "bars":
            short = min(height, width) if self.fit == "crop" else 0
            across, down = short or width, short or height
            left, top = (width - across) / 2, (height - down) / 2
            return np.asarray(image.resize((self.size, self.size), filter, (left, top, left + across, top + down)))
        scale = self.size / max(height, width)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        square = Image.new("RGB", (self.size, self.size), self._mean_colour)
        square.paste(image.resize(size, filter), ((self.size - size[0]) // 2, (self.size - size[1]) // 2))
        return np.asarray(square)

    @property
    def _mean_colour(self) -> tuple[int, int, int]:
        red, green, blue = (round(255 * channel) for channel in self.mean)
        return red, green, blue


class Pictures:
    """The network for pictures, loaded for the first of them."""

    def __init__(self, label: str, load: Callable[[], Network], square: Square, device: str) -> None:
        """`load` gives the network on its device; ModelError of `embed` says why it cannot be loaded."""
        self.network = Loaded(label, load)
        self._square, self._device = square, device

    def embed(self, pictures: Sequence[np.ndarray], progress: Progress) -> np.ndarray:
        """uint8 [H, W, 3] RGB each -> float32 [N, D], rows of length 1, each independent of the others.

        A GPU computes one batch while the next is prepared.
        """
        if not len(pictures):
            return np.zeros((0, 0), np.float32)
        import torch

        network = self.network.get(progress)
        use_threads(1)
        mean, std = (
            torch.tensor(numbers, device=self._device).view(3, 1, 1) * 255
            for numbers in (self._square.mean, self._square.std)
        )
        batches = []
        with torch.inference_mode():
            for start in range(0, len(pictures), BATCH):
                squares = np.stack([self._square.of(picture) for picture in pictures[start : start + BATCH]])
                pixels = to_device(filled(squares, BATCH), self._device).permute(0, 3, 1, 2).contiguous()
                batches.append(network.vectors(pixel_values=((pixels.float() - mean) / std).to(network.dtype)))
            return np.asarray(torch.cat(batches)[: len(pictures)].cpu().numpy())
