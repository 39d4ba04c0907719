from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from tests.galleries import at_angles, embeddings, photo

from unipic.cleanup import Cluster
from unipic.photo import Measures, Photo
from unipic.progress import Step
from unipic.stages import rank as ranking
from unipic.stages.rank import builtin_reason, builtin_score, prompt_reason, prompt_score, rank


def measured(
    name: str, sharpness: float = 0.5, exposure: float = 0.5, contrast: float = 0.5, noise: float = 0.1
) -> Photo:
    return photo(name, measures=Measures(sharpness, exposure, contrast, noise))


def ranked(*photos: Photo, copies: dict[str, tuple[Photo, ...]] | None = None) -> Cluster:
    flat = embeddings(list(photos), np.ones((len(photos), 2)))
    (found,) = rank([photos], flat, copies or {}, builtin_score, builtin_reason)
    return found


@pytest.mark.parametrize(
    ("worse", "why"),
    [
        ({"sharpness": 0.2}, "sharper (0.50 against 0.20)"),
        ({"exposure": 0.2}, "better exposed (0.50 against 0.20)"),
        ({"contrast": 0.2}, "richer in contrast (0.50 against 0.20)"),
        ({"noise": 0.6}, "less noisy (0.10 against 0.60)"),
        ({"sharpness": 0.3, "noise": 0.9}, "less noisy (0.10 against 0.90) and sharper (0.50 against 0.30)"),
    ],
)
def test_the_better_shot_is_first_with_the_numbers(worse: dict[str, float], why: str) -> None:
    cluster = ranked(measured("a", **worse), measured("b"))
    assert cluster.best.id == "b"
    assert cluster.reason == why
    assert cluster.scores[0] > cluster.scores[1]


def test_sharpness_alone_does_not_win() -> None:
    assert ranked(measured("sharp", 0.55, 0.1, 0.2), measured("fine", 0.5, 0.9, 0.8)).best.id == "fine"


def test_where_nothing_tells_them_apart_that_is_said_and_the_better_file_wins() -> None:
    first, second = measured("z"), photo("a", measures=measured("a").measures, size=5)
    for photos in ((first, second), (second, first)):
        cluster = ranked(*photos)
        assert cluster.best.id == "z"
        assert cluster.reason.startswith("as good as the next one (0.42 against 0.42)")


def test_likeness_is_to_the_recommended_shot_and_of_the_least_like_copy() -> None:
    photos = [measured("best", 0.9), measured("next"), measured("copy")]
    vectors = at_angles(photos, 0.95, 0.85)
    (cluster,) = rank([photos[:2]], vectors, {"next": (photos[2],)}, builtin_score, builtin_reason)
    assert cluster.alike == (1.0, pytest.approx(0.85, abs=1e-5))


def test_no_groups_cost_nothing() -> None:
    def never(photos: Sequence[Photo]) -> np.ndarray:
        raise AssertionError("nothing was to be scored")

    assert rank([], embeddings([], np.zeros((0, 2))), {}, never, builtin_reason) == []


class Thumbs:
    def load(self, digest: str) -> Any:
        return digest


class CountingScorer:
    name = label = "counting"

    def __init__(self) -> None:
        self.calls: list[tuple[int, str]] = []

    def score(self, pictures: Sequence[Any], prompt: str) -> np.ndarray:
        self.calls.append((len(pictures), prompt))
        return np.array([int(digest) for digest in pictures], dtype=np.float32)


def test_the_model_is_asked_about_all_groups_together_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "AT_ONCE", 4)
    photos = [photo(f"{i}", digest=str(i)) for i in range(10)]
    scorer, steps = CountingScorer(), list[Step]()
    score = prompt_score(scorer, Thumbs(), "a sunny beach", steps.append)  # type: ignore[arg-type]
    groups = [photos[:3], photos[3:5], photos[5:]]
    found = rank(groups, embeddings(photos, np.ones((10, 2))), {}, score, prompt_reason)
    assert scorer.calls == [(4, "a sunny beach"), (4, "a sunny beach"), (2, "a sunny beach")]
    assert [cluster.best.id for cluster in found] == ["2", "4", "9"]
    assert found[0].reason == "fits the wish best (2.000 against 1.000)"
    assert [(step.done, step.total) for step in steps] == [(0, 10), (4, 10), (8, 10)]
