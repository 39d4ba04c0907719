"""The network that is taught, and the file it ends up in."""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save
from torch import Tensor, nn
from torchvision.models import mobilenet_v3_small

from unipic.vision.mobilenet import DIMENSIONS, MEAN, STD, read_entries


class Student(nn.Module):
    """float32 [N, 3, S, S] from 0 to 1 -> [N, 576], rows of length 1."""

    mean: Tensor
    std: Tensor

    def __init__(self, weights: Path) -> None:
        """It begins as its teacher: with the teacher's features, and a head that changes nothing yet."""
        super().__init__()
        features = mobilenet_v3_small(weights=None).features
        features.load_state_dict(read_entries(weights, "features."), strict=True)
        self.features = features.to(memory_format=torch.channels_last)
        self.head = nn.Linear(DIMENSIONS, DIMENSIONS)
        nn.init.eye_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(3, 1, 1), persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        pixels = ((pictures - self.mean) / self.std).contiguous(memory_format=torch.channels_last)
        return F.normalize(self.head(self.features(pixels).mean(dim=(2, 3))), dim=1)


def save_student(student: Student, path: Path, facts: dict[str, object]) -> None:
    """In float16, half the bytes; where it came from is in the file's header, as JSON under "training"."""
    entries = {
        name: (entry.half() if entry.is_floating_point() else entry).contiguous()
        for name, entry in student.state_dict().items()
    }
    # One key: several come out in any order, and the same weights would not be the same file.
    # And bytes, not save_file: that leaves a file nobody else may read.
    path.write_bytes(save(entries, metadata={"training": json.dumps(facts)}))
