"""Other pictures of the same moment, made from one: another shot by an unsteady hand, or a copy that went around.

Whole batches at once on tensors, since two cores have to make as many views as they train on.
"""

import io

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

COPIES = 0.5  # share of views that are copies; the others are shots by hand
REACH = 7  # pixels a blur draws on to each side


def views(pictures: Tensor, size: int, draw: torch.Generator) -> Tensor:
    """uint8 [N, 3, S, S] -> float32 [N, 3, size, size] from 0 to 1: one view of each picture.

    The order in which the parts draw is part of what a seed means.
    """
    copied = _chance(len(pictures), COPIES, draw)
    seen = _framed(pictures.float() / 255, size, copied, draw)
    seen = _toned(seen, copied, draw)
    seen = _blurred(seen, draw)
    seen = _covered(seen, copied, draw)
    return _written(_grained(seen, draw), copied, draw)


def _framed(pictures: Tensor, size: int, copied: Tensor, draw: torch.Generator) -> Tensor:
    """Crop, turn, mirror, tilt and squash, as one projective map per picture; some copies get a frame around them."""
    n = len(pictures)
    width = torch.where(copied, _uniform(n, 0.6, 1.0, draw), _uniform(n, 0.72, 1.0, draw))
    height = (width * torch.exp(_uniform(n, -0.15, 0.15, draw))).clamp(max=1.0)
    room_x, room_y = 1 - width, 1 - height
    x = _uniform(n, -1, 1, draw) * room_x
    y = _uniform(n, -1, 1, draw) * room_y
    padded = copied & _chance(n, 0.2, draw)
    grow = torch.where(padded, _uniform(n, 1.1, 1.9, draw), torch.ones(n))
    turn = torch.where(copied, torch.zeros(n), _uniform(n, -0.12, 0.12, draw))
    turn = turn + (torch.pi / 2) * torch.where(
        copied & _chance(n, 0.25, draw), torch.randint(1, 4, (n,), generator=draw).float(), torch.zeros(n)
    )
    flip = torch.where(copied & _chance(n, 0.25, draw), -torch.ones(n), torch.ones(n))
    cos, sin = torch.cos(turn), torch.sin(turn)
    zeros, ones = torch.zeros(n), torch.ones(n)
    frame = _matrix(width * grow, zeros, x, zeros, height * grow, y, zeros, zeros, ones)
    spin = _matrix(cos * flip, -sin, zeros, sin * flip, cos, zeros, zeros, zeros, ones)
    lean = torch.where(copied, zeros, ones) * 0.12
    lean_x, lean_y = _uniform(n, -1, 1, draw) * lean, _uniform(n, -1, 1, draw) * lean
    keystone = _matrix(ones, zeros, zeros, zeros, ones, zeros, lean_x, lean_y, ones)
    line = (torch.arange(size) + 0.5) / size * 2 - 1
    grid = torch.stack([*torch.meshgrid(line, line, indexing="xy"), torch.ones(size, size)], dim=-1)
    places = torch.einsum("nij,hwj->nhwi", frame @ spin @ keystone, grid)
    places = places[..., :2] / places[..., 2:].clamp(min=0.2)
    inside = (places.abs() <= 1).all(dim=-1)[:, None]
    seen = F.grid_sample(pictures, places, mode="bilinear", padding_mode="reflection", align_corners=False)
    wall = torch.rand(n, 1, 1, 1, generator=draw).round() * 0.9 + torch.rand(n, 3, 1, 1, generator=draw) * 0.1
    return torch.where(inside | ~padded[:, None, None, None], seen, wall)


def _toned(seen: Tensor, copied: Tensor, draw: torch.Generator) -> Tensor:
    """Exposure, gamma, contrast, colour balance and saturation; some copies lose their colours."""
    n = len(seen)
    seen = seen * torch.exp2(_uniform(n, -0.9, 0.7, draw)).view(n, 1, 1, 1)
    seen = seen * torch.exp2(_uniform(3 * n, -0.15, 0.15, draw)).view(n, 3, 1, 1)
    seen = seen.clamp(0, 1) ** torch.exp2(_uniform(n, -0.4, 0.4, draw)).view(n, 1, 1, 1)
    middle = seen.mean(dim=(1, 2, 3), keepdim=True)
    seen = middle + (seen - middle) * _uniform(n, 0.75, 1.3, draw).view(n, 1, 1, 1)
    grey = (seen * torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)).sum(dim=1, keepdim=True)
    colour = torch.where(copied & _chance(n, 0.2, draw), torch.zeros(n), _uniform(n, 0.6, 1.4, draw))
    return (grey + (seen - grey) * colour.view(n, 1, 1, 1)).clamp(0, 1)


def _blurred(seen: Tensor, draw: torch.Generator) -> Tensor:
    """Out of focus, or drawn out along one direction, or reduced and enlarged; two of five stay as they are."""
    n, channels, height, width = seen.shape
    soft, drawn = _kernels(n, draw)
    kind = torch.rand(n, generator=draw)
    chosen = (kind < 0.5).nonzero().flatten()
    out = seen.clone()
    if m := len(chosen):
        kernel = torch.where((kind < 0.3).view(n, 1, 1), soft, drawn)[chosen]
        weights = (kernel / kernel.sum(dim=(1, 2), keepdim=True)).repeat_interleave(channels, dim=0)[:, None]
        stacked = F.pad(seen[chosen].reshape(1, m * channels, height, width), (REACH,) * 4, mode="reflect")
        out[chosen] = F.conv2d(stacked, weights, groups=m * channels).view(m, channels, height, width)
    small = (kind > 0.9).nonzero().flatten()
    if len(small):
        reduced = F.interpolate(out[small], scale_factor=0.35, mode="bilinear", antialias=True)
        out[small] = F.interpolate(reduced, size=(height, width), mode="bilinear")
    return out


def _kernels(n: int, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Twice [N, 15, 15]: a lens out of focus, and a hand that moved."""
    line = torch.arange(-REACH, REACH + 1).float()
    across, down = torch.meshgrid(line, line, indexing="xy")
    deviation = _uniform(n, 0.4, 2.2, draw).view(n, 1, 1)
    soft = torch.exp(-(across**2 + down**2) / (2 * deviation**2))
    angle = _uniform(n, 0, torch.pi, draw).view(n, 1, 1)
    length = _uniform(n, 1.0, REACH, draw).view(n, 1, 1)
    along = across * torch.cos(angle) + down * torch.sin(angle)
    beside = -across * torch.sin(angle) + down * torch.cos(angle)
    return soft, torch.exp(-((beside / 0.6) ** 2) / 2) * (along.abs() <= length)


def _covered(seen: Tensor, copied: Tensor, draw: torch.Generator) -> Tensor:
    """Some copies carry a bar along an edge, or a patch: a caption, a watermark, the bar of a phone."""
    size = seen.shape[-1]
    for i in (copied & _chance(len(seen), 0.25, draw)).nonzero().flatten().tolist():
        thick = int(size * (0.05 + 0.13 * torch.rand((), generator=draw)))
        start = int((size - thick) * torch.rand((), generator=draw))
        ink = torch.rand(3, 1, 1, generator=draw)
        match int(torch.randint(0, 3, (), generator=draw)):
            case 0:
                seen[i, :, :thick] = ink
            case 1:
                seen[i, :, -thick:] = ink
            case _:
                long = int(size * (0.15 + 0.5 * torch.rand((), generator=draw)))
                left = int((size - long) * torch.rand((), generator=draw))
                seen[i, :, start : start + thick, left : left + long] = ink
    return seen


def _grained(seen: Tensor, draw: torch.Generator) -> Tensor:
    """Noise, as of a sensor in bad light."""
    strength = _uniform(len(seen), 0, 0.08, draw) * _chance(len(seen), 0.4, draw)
    return (seen + torch.randn(seen.shape, generator=draw) * strength.view(-1, 1, 1, 1)).clamp(0, 1)


def _written(seen: Tensor, copied: Tensor, draw: torch.Generator) -> Tensor:
    """Some copies were saved as a small JPEG."""
    for i in (copied & _chance(len(seen), 0.4, draw)).nonzero().flatten().tolist():
        pixels = (seen[i].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=int(torch.randint(20, 85, (), generator=draw)))
        with Image.open(buffer) as saved:
            seen[i] = torch.from_numpy(np.array(saved)).permute(2, 0, 1).float() / 255
    return seen


def _uniform(n: int, low: float, high: float, draw: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(n, generator=draw)


def _chance(n: int, share: float, draw: torch.Generator) -> Tensor:
    return torch.rand(n, generator=draw) < share


def _matrix(*entries: Tensor) -> Tensor:
    """Nine times [N] -> [N, 3, 3], row by row."""
    return torch.stack(entries, dim=1).view(-1, 3, 3)
