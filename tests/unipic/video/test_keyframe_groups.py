"""Frames of one scene are put together; a frame like no other is a scene of its own."""

import numpy as np
import pytest

from unipic.core.errors import SettingsError
from unipic.video.candidates import Candidate
from unipic.video.keyframe_groups import Grouped, Scene, scenes
from unipic.vision.base import Calibration

CALIBRATION = Calibration(middle=0.65, slope=39.0)


def frame(seconds: float, sharpness: float = 1.0, motion: float = 0.0) -> Candidate:
    return Candidate(
        seconds, round(seconds * 1000), 64, 36, np.zeros((3, 0, 0), np.uint8), sharpness, motion, 1.0, "", 0
    )


def vectors(*angles: float) -> np.ndarray:
    """Unit vectors in a plane, by degrees."""
    turned = np.radians(angles)
    return np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)


def groups(found: list[Scene]) -> list[tuple[int, ...]]:
    return [scene.members for scene in found]


def told(angles: tuple[float, ...], how: Grouped) -> list[tuple[int, ...]]:
    return groups(scenes(vectors(*angles), [frame(n) for n in range(len(angles))], how, CALIBRATION))


def test_noise_is_singles_and_each_is_kept() -> None:
    angles = (0, 2, 90, 1, 180, 270)
    for grouping in ("greedy", "dbscan", "components"):
        assert told(angles, Grouped(grouping)) == [(0, 1, 3), (2,), (4,), (5,)]
    assert told(angles, Grouped("dbscan", min_samples=5)) == [(0,), (1,), (2,), (3,), (4,), (5,)]
    assert told((), Grouped()) == []
    assert told((7,), Grouped()) == [(0,)]


def test_greedy_makes_no_chains() -> None:
    angles = tuple(range(0, 120, 10))
    chain = told(angles, Grouped("dbscan", epsilon=0.05))
    assert chain == [tuple(range(12))]
    for members in told(angles, Grouped(epsilon=0.05)):
        assert max(members) - min(members) <= 2, "all are near the one that leads"


def test_the_best_of_a_scene_is_kept_and_not_its_first() -> None:
    frames = [frame(0, 0.5), frame(1, 1.0), frame(2, 1.0, motion=6.0), frame(3, 1.0)]
    (scene,) = scenes(vectors(0, 0, 0, 0), frames, Grouped(), CALIBRATION)
    assert scene == Scene(best=1, members=(0, 1, 2, 3)), "of equals, the earlier"


def test_so_many_as_asked_for() -> None:
    angles = (0, 1, 2, 90, 91, 180, 181, 182, 183)
    assert told(angles, Grouped(count=3)) == [(0, 1, 2), (3, 4), (5, 6, 7, 8)]
    assert told(angles, Grouped(count=1)) == [tuple(range(9))]
    assert len(told(angles, Grouped(count=50))) == 9


@pytest.mark.parametrize(
    ("metric", "near", "far"), [("cosine", 0.02, 0.001), ("euclidean", 0.2, 0.05), ("cityblock", 0.25, 0.05)]
)
def test_metrics(metric: str, near: float, far: float) -> None:
    assert told((0, 10, 90), Grouped("dbscan", epsilon=near, metric=metric)) == [(0, 1), (2,)]
    assert told((0, 10, 90), Grouped("dbscan", epsilon=far, metric=metric)) == [(0,), (1,), (2,)]


@pytest.mark.parametrize("seed", range(20))
def test_dbscan_equals_a_naive_one(seed: int) -> None:
    chance = np.random.default_rng(seed)
    points = chance.normal(size=(40, 3)).astype(np.float32)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    enough = int(chance.integers(2, 6))
    found = groups(
        scenes(points, [frame(n) for n in range(40)], Grouped("dbscan", epsilon=0.1, min_samples=enough), CALIBRATION)
    )
    assert [set(members) for members in found if len(members) > 1] == _naive(points, 0.1, enough)


def _naive(points: np.ndarray, epsilon: float, enough: int) -> list[set[int]]:
    """Clusters of two or more by the definition: cores that reach each other, and what is near a core, once."""
    near = 1 - points @ points.T <= epsilon + 1e-6
    cores = [at for at in range(len(points)) if near[at].sum() >= enough]
    label: dict[int, int] = {}
    for number, core in enumerate(cores):
        if core in label:
            continue
        waiting = [core]
        while waiting:
            at = waiting.pop()
            for other in np.flatnonzero(near[at]).tolist():
                if other not in label:
                    label[other] = number
                    if other in cores:
                        waiting.append(other)
    clusters = [{at for at, its in label.items() if its == number} for number in set(label.values())]
    return sorted((cluster for cluster in clusters if len(cluster) > 1), key=min)


@pytest.mark.parametrize(
    "wrong",
    [
        {"grouping": "kmeans"},
        {"metric": "hamming"},
        {"similar": 0},
        {"epsilon": -1.0},
        {"min_samples": 0},
        {"count": -1},
    ],
)
def test_what_cannot_be_meant_is_named(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        Grouped(**wrong)  # type: ignore[arg-type]
