"""Views made for training: what shape they have, what the seed decides, and in what copies and shots differ."""

import numpy as np
import pytest
import torch
from tests.helpers.pictures import scene
from torch import Tensor
from training import augment
from training.augment import views


def pictures(count: int, side: int = 96) -> Tensor:
    made = [np.asarray(scene(seed, side, side)) for seed in range(count)]
    return torch.from_numpy(np.stack(made)).permute(0, 3, 1, 2)


def seed(number: int) -> torch.Generator:
    return torch.Generator().manual_seed(number)


@pytest.mark.parametrize(("count", "size"), [(1, 32), (5, 64), (24, 96), (3, 128)])
def test_each_picture_gives_one_view_of_the_size_asked_for(count: int, size: int) -> None:
    seen = views(pictures(count), size, seed(1))
    assert (seen.shape, seen.dtype) == ((count, 3, size, size), torch.float32)
    assert seen.min() >= 0
    assert seen.max() <= 1
    assert torch.isfinite(seen).all()


def test_few_pictures_of_which_none_is_blurred() -> None:
    """With one picture it is so every other time."""
    for number in range(12):
        assert views(pictures(1), 32, seed(number)).shape == (1, 3, 32, 32)


def test_the_seed_decides_everything() -> None:
    made = pictures(12)
    torch.manual_seed(1)
    one = views(made, 64, seed(3))
    torch.manual_seed(2)
    assert torch.equal(views(made, 64, seed(3)), one)
    assert not torch.equal(views(made, 64, seed(4)), one)


def test_the_pictures_stay_as_they_were() -> None:
    made = pictures(6)
    before = made.clone()
    views(made, 64, seed(5))
    assert torch.equal(made, before)


def red_on_the_left(count: int) -> Tensor:
    picture = torch.zeros(count, 3, 64, 64, dtype=torch.uint8)
    picture[:, 0, :, :32] = 255
    return picture


def framed(count: int, copied: bool) -> Tensor:
    made = red_on_the_left(count).float() / 255
    return augment._framed(made, 64, torch.full((count,), copied), seed(8))


def lean(seen: Tensor) -> tuple[Tensor, Tensor]:
    """How much redder the left than the right, and the top than the bottom, of each view."""
    red = seen[:, 0]
    left, right = red[:, :, :32].mean(dim=(1, 2)), red[:, :, 32:].mean(dim=(1, 2))
    top, bottom = red[:, :32].mean(dim=(1, 2)), red[:, 32:].mean(dim=(1, 2))
    return left - right, top - bottom


def test_another_shot_is_neither_mirrored_nor_turned_on_its_side() -> None:
    left, top = lean(framed(64, copied=False))
    assert (left > 0.3).all()
    assert (top.abs() < 0.3).all()


def test_some_copies_are_mirrored_and_some_turned() -> None:
    left, top = lean(framed(64, copied=True))
    assert (left > 0.3).sum() > 16, "most of them as they were"
    assert (left < -0.3).any(), "mirrored"
    assert (top > 0.3).any(), "turned one way"
    assert (top < -0.3).any(), "and the other"


def test_a_view_is_a_part_of_its_picture() -> None:
    """What is cut off: less of what was at the edge is there, and what is in the middle is larger."""
    made = torch.zeros(64, 3, 64, 64)
    made[:, :, 24:40, 24:40] = 1
    middle = augment._framed(made, 64, torch.zeros(64, dtype=torch.bool), seed(2)).mean(dim=(1, 2, 3))
    whole = (16 / 64) ** 2
    assert middle.mean() > whole
    assert middle.max() < whole / 0.6**2


def test_only_copies_lose_their_colours_or_carry_a_caption() -> None:
    made = pictures(64, 64).float() / 255
    for copied, some in ((False, False), (True, True)):
        which = torch.full((64,), copied)
        toned = augment._toned(made, which, seed(6))
        grey = (toned.amax(dim=1) - toned.amin(dim=1)).amax(dim=(1, 2)) < 1e-4
        covered = (augment._covered(made.clone(), which, seed(6)) != made).any(dim=(1, 2, 3))
        assert (bool(grey.any()), bool(covered.any())) == (some, some)
        assert not grey.all()
        assert not covered.all()


def test_copies_and_shots_come_out_different(monkeypatch: pytest.MonkeyPatch) -> None:
    made = pictures(24)
    monkeypatch.setattr(augment, "COPIES", 0.0)
    shots = views(made, 64, seed(9))
    monkeypatch.setattr(augment, "COPIES", 1.0)
    copies = views(made, 64, seed(9))
    assert (shots != copies).flatten(1).any(dim=1).all()
