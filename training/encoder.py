"""How the encoder is taught.

Two views of one picture shall agree and views of other pictures shall not (InfoNCE, van den Oord et al. 2018), while
the cosines of different pictures stay near the teacher's, so that what ImageNet taught about things is not forgotten
for what a few thousand photos teach about copies.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.augment import views
from training.photos import Lessons
from training.student import Student
from unipic.vision.device import use_threads

NEIGHBOURS = 8  # nearest pictures by the teacher, among which each third of a batch finds the other two
SAME = 0.93  # teacher's cosine above which two pictures may show one thing: no example of different ones
WARM_UP = 100  # steps
SETTLING, SETTLING_BATCH = 2048, 128  # pictures from which batch norm takes its statistics
LOG_INTERVAL_STEPS = 50  # steps between two rows of the log


@dataclass(frozen=True)
class Recipe:
    seed: int = 7
    epochs: float = 10.0
    batch: int = 96  # pictures, each seen in two views
    size: int = 160  # pixels of a view
    rate: float = 5e-4  # of the features; the head, which knows nothing yet, learns twice as fast
    decay: float = 1e-4
    temperature: float = 0.07
    distance: float = 1.0  # weight of the teacher's cosines
    bfloat16: bool = True  # faster where the CPU computes with it

    def steps(self, photos: int) -> int:
        return int(self.epochs * photos / self.batch)


@dataclass(frozen=True)
class Row:
    """One line of the log: means over the steps since the line before."""

    step: int
    contrast: float
    distance: float
    seconds: float  # since the first step began


def teach(student: Student, lessons: Lessons, recipe: Recipe, tell: Callable[[Row], None]) -> None:
    """Changes the student; `tell` hears each row of the log as it is made."""
    use_threads(1)  # all there are, unlike what looks at photos while they are decoded
    draw = torch.Generator().manual_seed(recipe.seed)
    settle(student, lessons.pictures, recipe.size, draw)
    neighbours, steps = nearest(lessons.taught), recipe.steps(len(lessons.pictures))
    optimizer = _optimizer(student, recipe)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: pace(step, steps))
    began, since = time.monotonic(), []
    for step in range(1, steps + 1):
        chosen = batch(neighbours, recipe.batch, draw)
        contrast, distance = losses(_see(student, lessons, chosen, recipe, draw), lessons.taught[chosen], recipe)
        optimizer.zero_grad()
        (contrast + recipe.distance * distance).backward()
        optimizer.step()
        schedule.step()
        since.append((contrast.item(), distance.item()))
        if step % LOG_INTERVAL_STEPS == 0 or step == steps:
            contrasts, distances = zip(*since, strict=True)
            tell(Row(step, sum(contrasts) / len(since), sum(distances) / len(since), time.monotonic() - began))
            since.clear()


def settle(student: Student, pictures: Tensor, size: int, draw: torch.Generator) -> None:
    """Batch norm's statistics anew, at the size of training; from then on they stay.

    ImageNet's are those of larger pictures, and those of the batches to come would be of pictures that look alike.
    """
    for norm in student.modules():
        if isinstance(norm, nn.BatchNorm2d):
            norm.reset_running_stats()
            norm.momentum = None  # the plain mean over all batches
    student.train()
    with torch.no_grad():
        for some in torch.randperm(len(pictures), generator=draw)[:SETTLING].split(SETTLING_BATCH):
            student(F.interpolate(pictures[some].float() / 255, size=size, mode="bilinear", antialias=True))
    student.eval()


def nearest(taught: Tensor) -> Tensor:
    """[N, D] -> int64 [N, NEIGHBOURS], or N - 1 where there are no more: who looks like whom to the teacher."""
    cosines = (taught @ taught.T).fill_diagonal_(-1)
    return cosines.topk(min(NEIGHBOURS, len(taught) - 1), dim=1).indices


def batch(neighbours: Tensor, size: int, draw: torch.Generator) -> Tensor:
    """int64 [at most size], each once: a third by chance, and two neighbours of each, which are hard to tell apart."""
    seeds = torch.randint(0, len(neighbours), (size // 3,), generator=draw)
    ranks = torch.randint(0, neighbours.shape[1], (2,), generator=draw)
    return torch.unique(torch.cat([seeds, neighbours[seeds][:, ranks].flatten()]))


def losses(vectors: Tensor, taught: Tensor, recipe: Recipe) -> tuple[Tensor, Tensor]:
    """Views [2N, D], the second ones of all pictures after the first ones, and the teacher's vectors [N, D].

    Contrast: cross entropy of finding a view's mate among all views but those of pictures the teacher takes for one.
    Distance: mean squared difference to the teacher's cosines, between views of different pictures.
    """
    n = len(taught)
    cosines, wanted = vectors @ vectors.T, (taught @ taught.T).repeat(2, 2)
    itself = torch.eye(2 * n, dtype=torch.bool)
    paired = itself.roll(n, dims=1)
    left_out = itself | ((wanted > SAME) & ~paired)
    contrast = F.cross_entropy((cosines / recipe.temperature).masked_fill(left_out, -1e4), torch.arange(2 * n).roll(n))
    return contrast, (cosines - wanted)[~(itself | paired)].square().mean()


def pace(step: int, steps: int) -> float:
    """The share of the learning rate at a step, from 0 on: up for WARM_UP steps, and along a cosine down to the end."""
    return 0.5 * (1 + math.cos(math.pi * step / max(steps, 1))) * min(1.0, (step + 1) / WARM_UP)


def _see(student: Student, lessons: Lessons, chosen: Tensor, recipe: Recipe, draw: torch.Generator) -> Tensor:
    """float32 [2N, D]: two views of each chosen picture."""
    pictures = lessons.pictures[chosen]
    seen = torch.cat([views(pictures, recipe.size, draw), views(pictures, recipe.size, draw)])
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=recipe.bfloat16):
        return student(seen).float()


def _optimizer(student: Student, recipe: Recipe) -> torch.optim.Optimizer:
    groups = [
        {"params": student.features.parameters(), "lr": recipe.rate},
        {"params": student.head.parameters(), "lr": 2 * recipe.rate},
    ]
    return torch.optim.AdamW(groups, weight_decay=recipe.decay)
