from __future__ import annotations

import random
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from tests.galleries import at_angles, copies_of, embeddings, hash_with, photo

from unipic.stages.near import fold, near_duplicates

NEAR, BITS = 0.99, 40


def test_both_signals_agree() -> None:
    photos = [photo("big", size=9), photo("copy", size=8, fingerprint=hash_with(1, 2, 3))]
    (found,) = near_duplicates(at_angles(photos, 0.995), NEAR, BITS)
    assert (found.keeper.id, [copy.id for copy in found.copies], found.kind) == ("big", ["copy"], "near")
    assert found.reasons == ("the same picture as big.jpg: similarity 0.995, 3 of 256 hash bits differ",)


@pytest.mark.parametrize(
    ("cosine", "other"),
    [
        pytest.param(0.985, {}, id="the encoder does not agree"),
        pytest.param(1.0, {"fingerprint": hash_with(*range(BITS + 1))}, id="the hash does not agree"),
        pytest.param(1.0, {"comparable": False}, id="too little to compare"),
    ],
)
def test_one_signal_is_not_enough(cosine: float, other: dict[str, Any]) -> None:
    assert near_duplicates(at_angles([photo("a"), photo("b", **other)], cosine), NEAR, BITS) == []


def test_no_chains() -> None:
    """a is like b and b is like c: c is no copy of a, and stays."""
    photos = [photo("a", size=3), photo("b", size=2), photo("c", size=1)]
    near_b = float(np.cos(np.arccos(0.992) * 2))
    (found,) = near_duplicates(at_angles(photos, 0.992, near_b), NEAR, BITS)
    assert near_b < NEAR
    assert (found.keeper.id, [copy.id for copy in found.copies]) == ("a", ["b"])


def test_no_chains_of_hashes() -> None:
    photos = [
        photo("a", size=3),
        photo("b", size=2, fingerprint=hash_with(*range(30))),
        photo("c", size=1, fingerprint=hash_with(*range(60))),
    ]
    (found,) = near_duplicates(embeddings(photos, np.ones((3, 2))), NEAR, BITS)
    assert [copy.id for copy in found.copies] == ["b"]


@pytest.mark.parametrize(
    ("best", "other"),
    [
        ({"width": 800, "size": 1}, {}),
        ({"size": 1001}, {}),
        ({"format": "HEIF"}, {"format": "WEBP"}),
        ({"taken": datetime(2024, 1, 1)}, {"taken": datetime(2024, 1, 2)}),
    ],
    ids=["resolution", "bytes", "format", "earliest"],
)
def test_the_better_file_stays_wherever_it_lies(best: dict[str, Any], other: dict[str, Any]) -> None:
    for photos in ([photo("z", **best), photo("a", **other)], [photo("a", **other), photo("z", **best)]):
        (found,) = near_duplicates(embeddings(photos, np.ones((2, 2))), NEAR, BITS)
        assert found.keeper.id == "z"


def test_the_order_of_the_files_does_not_matter() -> None:
    rng = np.random.default_rng(3)
    rows = np.repeat(rng.normal(size=(8, 6)), 5, axis=0) + rng.normal(size=(40, 6)) * 0.1
    photos = [photo(f"{i}", size=int(rng.integers(1, 5))) for i in range(40)]
    all_of_them = embeddings(photos, rows)
    first = near_duplicates(all_of_them, NEAR, BITS)
    random.Random(1).shuffle(photos)
    assert near_duplicates(all_of_them.of(photos), NEAR, BITS) == first != []


def test_a_rendition_goes_along_when_it_is_like_the_new_keeper_itself() -> None:
    photos = [photo("big", width=900), photo("heic", width=800), photo("jpg", fingerprint=hash_with(1, 2))]
    rendition = copies_of(photos[1], photos[2], kind="rendition")
    (found,) = near_duplicates(at_angles(photos, 0.999, 0.995), NEAR, BITS, [rendition])
    assert (found.keeper.id, [copy.id for copy in found.copies], found.kind) == ("big", ["heic", "jpg"], "near")
    assert "similarity 0.999, 0 of" in found.reasons[0]
    assert "similarity 0.995, 2 of" in found.reasons[1]


@pytest.mark.parametrize(("cosine", "bits"), [(0.97, 0), (0.995, BITS + 1)])
def test_a_rendition_unlike_the_new_keeper_holds_its_own_keeper_back(cosine: float, bits: int) -> None:
    """Otherwise the rendition would be set aside for a photo it was never like."""
    photos = [photo("big", width=900), photo("heic", width=800), photo("jpg", fingerprint=hash_with(*range(bits)))]
    rendition = copies_of(photos[1], photos[2], kind="rendition")
    assert near_duplicates(at_angles(photos, 0.999, cosine), NEAR, BITS, [rendition]) == [rendition]


def test_a_keeper_of_renditions_can_gain_near_copies() -> None:
    photos = [photo("heic", width=800), photo("jpg", width=200), photo("copy", width=700)]
    rendition = copies_of(photos[0], photos[1], kind="rendition")
    kept, near = near_duplicates(at_angles(photos, 0.95, 0.995), NEAR, BITS, [rendition])
    assert kept == rendition
    assert (near.keeper.id, [copy.id for copy in near.copies]) == ("heic", ["copy"])


def test_fold_leaves_sets_whose_keeper_stays() -> None:
    a, b, c = photo("a"), photo("b"), photo("c")
    exact, near = [copies_of(a, b)], [copies_of(a, c, kind="near")]
    assert fold(exact, near) == (exact, near)


def test_copies_by_bytes_follow_their_keeper_into_another_set() -> None:
    a, b, c, d, e = (photo(name) for name in "abcde")
    exact, alike = fold([copies_of(b, c), copies_of(d, e)], [copies_of(a, b, kind="near")])
    assert exact == [copies_of(d, e)]
    (found,) = alike
    assert (found.keeper.id, [copy.id for copy in found.copies], found.kind) == ("a", ["b", "c"], "near")
    assert found.reasons == ("near copy of a.jpg",) * 2


def test_a_picture_s_renditions_and_copies_by_bytes_follow_it_together() -> None:
    big, heic, twin, jpg, jpg_twin = (photo(name) for name in ("big", "heic", "twin", "jpg", "jpg_twin"))
    exact, alike = fold([copies_of(heic, twin), copies_of(jpg, jpg_twin)], [copies_of(big, heic, jpg, kind="near")])
    assert exact == []
    assert {copy.id for copy in alike[0].copies} == {"heic", "twin", "jpg", "jpg_twin"}
