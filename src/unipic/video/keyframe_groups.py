"""Frames of one scene, put together across shots. A frame like no other is a scene of its own, and is kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from unipic.core.errors import SettingsError
from unipic.core.grouping import GROUPINGS, dbscan
from unipic.core.language import gettext as _
from unipic.video.candidates import Candidate
from unipic.video.keyframes import scores
from unipic.vision.base import Calibration

MOST = 20_000  # frames: every pair is compared, 1.6 GB of bits at most
METRICS = ("cosine", "euclidean", "cityblock")
BLOCK = 1_000  # frames compared with all others at once


@dataclass(frozen=True)
class Scene:
    """Frames that show one scene, as numbers in the order they were given."""

    best: int
    members: tuple[int, ...]  # in the order of time, the best among them


@dataclass(frozen=True)
class Grouped:
    """How frames are put together."""

    grouping: str = "greedy"
    similar: float = 90.0  # 0 to 100, as for photos; unless `epsilon` is given
    epsilon: float | None = None  # the largest distance by `metric`
    metric: str = "cosine"
    min_samples: int = 2  # frames that make a scene for DBSCAN, itself included
    count: int = 0  # so many scenes, the most different; 0: as many as there are

    def __post_init__(self) -> None:
        if self.grouping not in GROUPINGS:
            raise SettingsError(
                _(
                    "there is no grouping {name!r}; choose one of {known}",
                    name=self.grouping,
                    known=", ".join(GROUPINGS),
                )
            )
        if self.metric not in METRICS:
            raise SettingsError(
                _("there is no metric {name!r}; choose one of {known}", name=self.metric, known=", ".join(METRICS))
            )
        if not 0 < self.similar < 100:
            raise SettingsError(_("similarity is a number between 0 and 100, not {value:g}", value=self.similar))
        if self.epsilon is not None and self.epsilon <= 0:
            raise SettingsError(_("epsilon is a distance above 0, not {value:g}", value=self.epsilon))
        if self.min_samples < 1 or self.count < 0:
            raise SettingsError(_("min-samples and count are whole numbers above 0"))


def scenes(
    vectors: NDArray[np.float32], frames: Sequence[Candidate], how: Grouped, calibration: Calibration
) -> list[Scene]:
    """Scenes by their first frames. `vectors`: [N, D], of length 1, one a frame, in the order of time."""
    if not len(frames):
        return []
    if len(frames) > MOST:
        raise SettingsError(
            _(
                "{frames:,} frames are more than the {most:,} that can be compared with each other",
                frames=len(frames),
                most=MOST,
            )
        )
    groups = _most_different(vectors, how.count) if how.count else _groups(vectors, how, calibration)
    grouped = {at for group in groups for at in group}
    groups += [[at] for at in range(len(frames)) if at not in grouped]
    made = [Scene(_best(sorted(group), frames), tuple(sorted(group))) for group in groups]
    return sorted(made, key=lambda scene: scene.members)


def _best(members: Sequence[int], frames: Sequence[Candidate]) -> int:
    """By the scores of these frames among themselves; of equals, the earliest."""
    by_score = scores([frames[at] for at in members]).round(6)
    return members[int(np.argmax(by_score))]


def _groups(vectors: NDArray[np.float32], how: Grouped, calibration: Calibration) -> list[list[int]]:
    epsilon = how.epsilon
    if epsilon is None:
        cosine = calibration.cosine(math.log(how.similar / (100 - how.similar)))
        epsilon = 1 - cosine if how.metric == "cosine" else None
        if epsilon is None:
            raise SettingsError(_("the metric {metric} needs an epsilon", metric=how.metric))
    pairs = _near(vectors, epsilon, how.metric)
    grouping = partial(dbscan, crowd=how.min_samples) if how.grouping == "dbscan" else GROUPINGS[how.grouping]
    return grouping(len(vectors), *pairs)


def _near(vectors: NDArray[np.float32], epsilon: float, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """Pairs a < b that are at most epsilon apart."""
    first, second = [], []
    for start in range(0, len(vectors), BLOCK):
        some = vectors[start : start + BLOCK]
        a, b = np.nonzero(_distances(some, vectors, metric) <= epsilon + 1e-6)
        later = b > a + start
        first.append(a[later] + start)
        second.append(b[later])
    return np.concatenate(first), np.concatenate(second)


def _distances(some: NDArray[np.float32], others: NDArray[np.float32], metric: str) -> NDArray[np.float32]:
    if metric == "cityblock":
        return np.stack([np.abs(others - one).sum(axis=1) for one in some])
    cosine = some @ others.T
    return 1 - cosine if metric == "cosine" else np.sqrt(np.maximum(0, 2 - 2 * cosine))


def _most_different(vectors: NDArray[np.float32], count: int) -> list[list[int]]:
    """Groups around the `count` frames that are farthest from each other, begun with the most usual one."""
    leaders = [int(np.argmax(vectors @ vectors.mean(axis=0)))]
    nearest = vectors @ vectors[leaders[0]]
    while len(leaders) < min(count, len(vectors)):
        following = int(np.argmin(nearest))
        leaders.append(following)
        nearest = np.maximum(nearest, vectors @ vectors[following])
    of = np.argmax(vectors @ vectors[leaders].T, axis=1)
    of[leaders] = np.arange(len(leaders))
    return [np.flatnonzero(of == number).tolist() for number in range(len(leaders))]
