"""What the figures rest on: how pairs are judged, and the fit of a calibration."""

from __future__ import annotations

import numpy as np
from benchmarks.calibrate import fit
from benchmarks.truth import Label, bursts, half, lane_score, level

from unipic.cleanup.likeness import percent

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
