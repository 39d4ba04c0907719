"""Views for training: what they promise whatever is drawn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.pictures import scene
from training.augment import views

SIDE = 64


def pictures(count: int) -> torch.Tensor:
    squares = [np.asarray(scene(seed).convert("RGB").resize((SIDE, SIDE))) for seed in range(count)]
    return torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2)


def drawn(seed: int, count: int = 6, size: int = 48) -> torch.Tensor:
    return views(pictures(count), size, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("seed", range(5))
def test_views_have_the_size_asked_for_and_tones_from_black_to_white(seed: int) -> None:
    seen = drawn(seed)
    assert seen.shape == (6, 3, 48, 48)
    assert seen.dtype == torch.float32
    assert torch.isfinite(seen).all()
    assert 0 <= seen.min() <= seen.max() <= 1


def test_the_seed_decides() -> None:
    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))


def test_pictures_are_left_as_they_were() -> None:
    before = pictures(3)
    views(before, 32, torch.Generator().manual_seed(0))
    assert torch.equal(before, pictures(3))
