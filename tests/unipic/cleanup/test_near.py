import random
from datetime import datetime
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from tests.helpers.galleries import copies_of, likeness, photo

from unipic.cleanup._exact import same_bytes, same_pixels
from unipic.cleanup._near import near_duplicates
from unipic.cleanup.copies import fold
from unipic.cleanup.keeper import keeper_first
from unipic.cleanup.result import DuplicateSet
from unipic.core.photo import Photo

LEAST = 50.0


def found_in(photos: list[Photo], **same: float) -> list[DuplicateSet]:
    """near_duplicates of pairs by their two letters."""
    pairs = {" ".join(pair): sameness for pair, sameness in same.items()}
    return near_duplicates(likeness(photos, {}, pairs), LEAST)


def sets(found: list[DuplicateSet]) -> dict[str, list[str]]:
    return {one.keeper.id: [copy.id for copy in one.copies] for one in found}


def test_the_same_picture_with_the_reason() -> None:
    (found,) = found_in([photo("a", size=9), photo("b", size=8)], ab=80.0)
    assert (found.keeper.id, [copy.id for copy in found.copies], found.kind) == ("a", ["b"], "near")
    assert found.reasons == ("the same picture as a.jpg (a b agree), which stays: more bytes (9 against 8)",)
    assert found.warnings == ("",)


@pytest.mark.parametrize(("sameness", "copies"), [(49.9, 0), (50.0, 1), (100.0, 1)])
def test_the_limit_belongs_to_them(sameness: float, copies: int) -> None:
    assert len(found_in([photo("a"), photo("b")], ab=sameness)) == copies


def test_a_pair_that_the_second_look_did_not_see_is_in_doubt() -> None:
    """It looks at pairs from 50 on; a person may set the threshold lower."""
    photos = [photo("a", size=3), photo("b", size=2), photo("c", size=1)]
    (found,) = near_duplicates(likeness(photos, {}, {"a b": 40.0, "a c": 60.0}), 30.0)
    assert found.doubts == ("not checked at full size", "")
    settled = likeness(photos, {}, {"a b": 100.0, "a c": 60.0})
    (found,) = near_duplicates(settled, 30.0, likeness(photos, {}, {"a b": 40.0, "a c": 60.0}))
    assert found.doubts == ("not checked at full size", ""), "what a person said is no look at the pixels"


@pytest.mark.parametrize("photos", [[], [photo("a")], [photo("a"), photo("b")]])
def test_where_nothing_is_the_same_there_are_no_sets(photos: list[Photo]) -> None:
    assert found_in(photos) == []


def test_similar_is_not_the_same() -> None:
    assert near_duplicates(likeness([photo("a"), photo("b")], {"a b": 100.0}), LEAST) == []


def test_no_chains() -> None:
    """a is the same as b and b the same as c: c is no copy of a, and stays."""
    photos = [photo("a", size=3), photo("b", size=2), photo("c", size=1)]
    assert sets(found_in(photos, ab=90.0, bc=90.0)) == {"a": ["b"]}
    assert sets(found_in(photos, ab=90.0, bc=90.0, ac=60.0)) == {"a": ["b", "c"]}


def test_who_is_only_a_copy_s_copy_can_have_copies() -> None:
    photos = [photo(name, size=size) for name, size in zip("abcd", (4, 3, 2, 1), strict=True)]
    assert sets(found_in(photos, ab=90.0, bc=90.0, cd=90.0)) == {"a": ["b"], "c": ["d"]}


@pytest.mark.parametrize(
    ("best", "other", "why"),
    [
        ({"width": 800, "size": 1}, {}, "800 x 300 instead of 400 x 300"),
        ({"quality": 95, "size": 1}, {"quality": 60}, "less compressed (quality 95 against 60)"),
        ({"camera": "Box", "size": 1}, {}, "it has the camera's data (Box)"),
        ({"size": 1001}, {}, "more bytes (1,001 against 1,000)"),
        ({"taken": datetime(2024, 1, 1)}, {"taken": datetime(2024, 1, 2)}, "taken earlier ("),
    ],
    ids=["resolution", "compression", "camera", "bytes", "earliest"],
)
def test_the_better_file_stays_wherever_it_lies(best: dict[str, Any], other: dict[str, Any], why: str) -> None:
    for photos in ([photo("b", **best), photo("a", **other)], [photo("a", **other), photo("b", **best)]):
        (found,) = found_in(photos, ab=90.0)
        assert found.keeper.id == "b"
        assert f"which stays: {why}" in found.reasons[0]


def test_what_a_person_would_miss_is_told() -> None:
    photos = [photo("a", size=9), photo("b", size=8, rating=5), photo("c", size=7, edited="Snapseed")]
    photos.append(photo("d", size=6))
    (found,) = found_in(photos, ab=90.0, ac=90.0, ad=90.0)
    warnings = {copy.id: warning for copy, warning in zip(found.copies, found.warnings, strict=True)}
    assert warnings == {"b": "rated 5 stars", "c": "edited with Snapseed", "d": ""}


@st.composite
def same_pictures(draw: st.DrawFn) -> tuple[list[Photo], dict[str, float]]:
    n = draw(st.integers(0, 9))
    photos = [photo(f"{i}", size=draw(st.integers(1, 3)), quality=draw(st.sampled_from((None, 60)))) for i in range(n)]
    pairs = [f"{a} {b}" for b in range(n) for a in range(b)]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    return photos, {pair: draw(st.sampled_from((40.0, 50.0, 90.0))) for pair in chosen}


@given(same_pictures(), st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_a_keeper_is_nobody_s_copy_and_directly_the_same_as_all_of_its_copies(
    given: tuple[list[Photo], dict[str, float]], rng: random.Random
) -> None:
    photos, pairs = given
    whole = likeness(photos, {}, pairs)
    found = near_duplicates(whole, LEAST)
    same = {frozenset(pair.split()) for pair, sameness in pairs.items() if sameness >= LEAST}
    copies = [copy.id for one in found for copy in one.copies]
    assert len(set(copies)) == len(copies)
    for one in found:
        assert one.keeper.id not in copies
        for copy in one.copies:
            assert {one.keeper.id, copy.id} in same
            assert keeper_first(one.keeper) < keeper_first(copy)
    # Nobody stays who is the same as a better photo that stays.
    better = {tuple(sorted(pair, key=lambda id: keeper_first(photos[int(id)]))) for pair in same}
    assert all(copy in copies for keeper, copy in better if keeper not in copies)
    shuffled = list(photos)
    rng.shuffle(shuffled)
    assert near_duplicates(whole.of(shuffled), LEAST) == found


# Fold


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


def test_copies_by_bytes_and_by_pixels_of_one_photo_are_both_kept_track_of() -> None:
    a, b, c, d = (photo(name) for name in "abcd")
    both = [copies_of(b, c), copies_of(b, d, kind="pixels")]
    assert fold(both, []) == (both, [])
    assert fold(both, [copies_of(b, a, kind="near")]) == (both, [copies_of(b, a, kind="near")])
    exact, (found,) = fold(both, [copies_of(a, b, kind="near")])
    assert exact == []
    assert {copy.id for copy in found.copies} == {"b", "c", "d"}


def test_a_rating_is_not_lost_where_its_photo_follows_another() -> None:
    """The file with the same pixels was rated, the one that brought it along was not."""
    a, b, c = photo("a", width=900), photo("b", size=9), photo("c", size=8, rating=5)
    pixels = copies_of(b, c, kind="pixels", warnings=("rated 5 stars",))
    _, (found,) = fold([pixels], [copies_of(a, b, kind="near")])
    assert dict(zip((copy.id for copy in found.copies), found.warnings, strict=True)) == {"b": "", "c": "rated 5 stars"}
    rated = photo("a", width=900, rating=5)
    _, (found,) = fold([pixels], [copies_of(rated, b, kind="near")])
    assert found.warnings == ("", "")


@given(st.integers(0, 2**32 - 1), st.integers(0, 14))
@settings(max_examples=150)
def test_everything_is_set_aside_exactly_once_for_a_photo_that_stays(seed: int, amount: int) -> None:
    """Bytes, pixels and pictures that are the same, each in its own way."""
    rng = random.Random(seed)
    photos = [
        photo(f"{i}", digest=f"{rng.randint(0, 9):064}", content=rng.choice(("", "one", "two")), size=rng.randint(1, 3))
        for i in range(amount)
    ]
    facts = {one.digest: one for one in photos}
    photos = [
        photo(one.id, digest=one.digest, content=facts[one.digest].content, size=facts[one.digest].size)
        for one in photos
    ]
    same = same_bytes(photos)
    left = [one for one in photos if one.id not in {copy.id for found in same for copy in found.copies}]
    exact = [found for lane in fold(same, same_pixels(left)) for found in lane]
    aside = {copy.id for found in exact for copy in found.copies}
    left = [one for one in photos if one.id not in aside]
    pairs = {f"{a.id} {b.id}": 90.0 for i, b in enumerate(left) for a in left[:i] if rng.random() < 0.4}
    lanes = [found for lane in fold(exact, near_duplicates(likeness(left, {}, pairs), LEAST)) for found in lane]
    copies = [copy.id for found in lanes for copy in found.copies]
    assert len(set(copies)) == len(copies)
    assert aside <= set(copies)
    assert not {found.keeper.id for found in lanes} & set(copies)
    assert all(len(found.copies) == len(found.reasons) == len(found.warnings) for found in lanes)
