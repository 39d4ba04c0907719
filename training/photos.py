"""The photos to learn from, and what the teacher sees in them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from unipic.core.errors import SourceError
from unipic.core.settings import Limits
from unipic.reading.images import NotAPhoto, decode
from unipic.vision.base import VIEW, Encoder

STORED = 176  # pixels a side: a little more than the views that are cut from it, and all photos fit in memory
DECODED = 512  # pixels of the long side from which both squares are made
CHUNK = 32  # photos the teacher looks at together


@dataclass(frozen=True, eq=False)
class Lessons:
    pictures: Tensor  # uint8 [N, 3, STORED, STORED]
    taught: Tensor  # float32 [N, D]: the teacher's vectors, of length 1
    passed_over: tuple[str, ...]  # files that are no photos


def read_lessons(folder: Path, teacher: Encoder) -> Lessons:
    """Every photo in the folder and below it, in the order of their paths. SourceError if there are fewer than two."""
    pictures: list[np.ndarray] = []
    views: list[np.ndarray] = []
    taught: list[np.ndarray] = []
    passed_over: list[str] = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            photo = decode(str(path), DECODED, Limits()).picture
        except (NotAPhoto, OSError):
            passed_over.append(path.name)
            continue
        pictures.append(_square(photo, STORED))
        views.append(_square(photo, VIEW))
        if len(views) == CHUNK:
            taught.append(teacher.embed(np.stack(views)))
            views.clear()
    if len(pictures) < 2:
        raise SourceError(f"{folder} holds {len(pictures)} photos; name a folder with some thousands")
    if views:
        taught.append(teacher.embed(np.stack(views)))
    kept = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
    return Lessons(kept, torch.from_numpy(np.concatenate(taught)), tuple(passed_over))


def _square(photo: Image.Image, side: int) -> np.ndarray:
    """uint8 [side, side, 3], squashed as the encoders' view is."""
    return np.asarray(photo.resize((side, side), Image.Resampling.BICUBIC))
