"""dlib's face network, "ResNet v1" by Davis King (CC0), in torch: a ResNet of 29 convolutions. Batch norm is folded in.

Where a block halves its picture, dlib pads what is shorter, in width, height or channels, with zeros before it adds.
"""

from torch import Tensor, nn
from torch.nn import functional

DIMENSIONS = 128
BLOCKS = tuple((width, down) for width, number, first in ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True),
    (256, 1, True)) for down in (first, *(False,) * (number - 1)))  # fmt: skip


class Block(nn.Module):
    """Two convolutions beside a way around them, which is averaged where the block halves its picture."""

    def __init__(self, before: int, width: int, down: bool) -> None:
        super().__init__()
        self.down = down
        self.first = nn.Conv2d(before, width, 3, stride=2 if down else 1, padding=0 if down else 1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, maps: Tensor) -> Tensor:
        """float32 [N, C, H, W] -> [N, width, H, W], or half of H and W."""
        around = functional.avg_pool2d(maps, 2) if self.down else maps
        return functional.relu(_added(self.second(functional.relu(self.first(maps))), around))


class FaceResNet(nn.Module):
    """float32 [N, 3, 150, 150], RGB less its mean, over 256 -> float32 [N, 128] of any length."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 7, stride=2)
        before = (32, *(width for width, _ in BLOCKS))
        self.blocks = nn.Sequential(*(Block(last, *block) for last, block in zip(before, BLOCKS, strict=False)))
        self.head = nn.Linear(256, DIMENSIONS, bias=False)

    def forward(self, chips: Tensor) -> Tensor:
        """See the class."""
        maps = self.blocks(functional.max_pool2d(functional.relu(self.stem(chips)), 3, stride=2))
        numbers: Tensor = self.head(maps.mean(dim=(2, 3)))
        return numbers


def _added(one: Tensor, other: Tensor) -> Tensor:
    """The sum of two, each padded with zeros to the larger size."""
    shape = [max(a, b) for a, b in zip(one.shape[1:], other.shape[1:], strict=True)]
    return _padded(one, shape) + _padded(other, shape)


def _padded(maps: Tensor, shape: list[int]) -> Tensor:
    channels, height, width = (wanted - has for wanted, has in zip(shape, maps.shape[1:], strict=True))
    if not (channels or height or width):
        return maps
    return functional.pad(maps, (0, width, 0, height, 0, channels))
