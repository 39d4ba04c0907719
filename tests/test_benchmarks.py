"""What the figures rest on: how pairs are judged, and the fit of a calibration."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from benchmarks.calibrate import fit
from benchmarks.ranking import Question, Shot, _certainty, _margin, same_moment, shot
from benchmarks.series import make
from benchmarks.truth import Label, bursts, half, lane_score, level
from tests.helpers.pictures import save
from tests.helpers.shots import place, shot as taken

from unipic.cleanup.likeness import percent
from unipic.cleanup.result import CLEAR

LABELS = [
    Label("a", "e1", "n1", "s1", "f1"),
    Label("a copy", "e1", "n1", "s1", "f1"),
    Label("a small", "", "n1", "s1", "f1"),
    Label("next shot", "", "", "s1", "f1"),
    Label("same room", "", "", "", "f1"),
    Label("stranger", "", "", "", ""),
]


def test_a_pair_has_the_closest_level_it_was_given() -> None:
    assert [level(LABELS[0], other) for other in LABELS[1:]] == ["exact", "near", "similar", "open", "different"]


def test_photos_of_one_family_are_in_one_half() -> None:
    assert len({half(label) for label in LABELS[:5]}) == 1


def test_a_family_is_wrong_among_copies_and_counts_neither_way_among_similar_shots() -> None:
    found = [("a", "a small"), ("a", "same room")]
    copies, moments = lane_score("near", found, LABELS), lane_score("similar", found, LABELS)
    assert (copies.found, copies.right, copies.there) == (2, 1, 3)
    assert (moments.found, moments.right, moments.there) == (1, 1, 6)
    assert bursts([*found, ("a", "next shot"), ("a", "stranger")], LABELS) == 2


def test_a_calibration_is_found_again_beside_other_evidence() -> None:
    rng = np.random.default_rng(0)
    cosine, rest = rng.uniform(0.3, 1, 20_000), rng.normal(0, 2, 20_000)
    right = rng.random(20_000) < percent(30 * (cosine - 0.7) + rest) / 100
    found = fit(cosine, rest, right)
    assert abs(found.middle - 0.7) < 0.01
    assert abs(found.slope - 30) < 3


KINDS = ("out of focus", "shaken", "noisy", "too dark")  # made-up places are rather dark, so brighter is no fault


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> list[Question]:
    """Series of made-up places with one good frame each, whose others have a fault from just visible to plain."""
    folder = tmp_path_factory.mktemp("places")
    paths = [save(taken(place(seed, 1280, 960), seed), folder / f"{seed}.png") for seed in range(6)]
    found = []
    for series in make(paths, Path("no detector"), KINDS):
        good, *bad = (shot(frame) for frame in series.frames)
        found.append(Question(series.photo, series.photo, good, tuple(bad), (series.kind,) * 3, (0, 1, 2)))
    return found


@pytest.mark.slow
def test_what_is_called_clear_is_right_as_often_as_it_says(questions: list[Question]) -> None:
    margins = np.array([_margin(question.good, bad) for question in questions for bad in question.bad])
    certainty, right = _certainty(margins), margins > 0
    clear = certainty >= CLEAR
    assert len(margins) == 72
    assert 20 <= clear.sum() <= 60, "both are tried"
    assert right[clear].mean() >= certainty[clear].mean() - 0.05
    shares = [right[certainty >= low].mean() for low in (0.5, 0.7, 0.9)]
    assert all(b >= a for a, b in pairwise(shares)), "the surer, the more often right"


@pytest.mark.slow
def test_two_good_frames_of_one_moment_are_a_tie(questions: list[Question]) -> None:
    pairs: list[tuple[str, Shot, Shot]] = list(same_moment(questions))
    assert len(pairs) == 36
    assert np.mean([_certainty(_margin(a, b)) < CLEAR for _, a, b in pairs]) > 0.95
