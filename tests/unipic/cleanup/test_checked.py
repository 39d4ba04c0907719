"""The second look's verdicts: only pairs that would be set aside are looked at, and nothing unseen goes unsaid."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from tests.helpers.galleries import likeness, photo

from unipic.cleanup._near import near_duplicates
from unipic.cleanup.checked import NOT_CHECKED, SAME, checked
from unipic.cleanup.likeness import Likeness
from unipic.core.photo import Photo
from unipic.reading.seen import Look

# The first is the best original, the last the poorest.
A, B, C, D = PHOTOS = [photo(id, width=width) for id, width in zip("abcd", (900, 800, 700, 600), strict=True)]
ALIKE = Look("same", "checked at full size")
OTHER = Look("different", "3 small blocks differ")
MARKED = Look("mark", "bottom right")
UNKNOWN = Look("unknown", "a file has changed since it was read")
Looker = Callable[[Sequence[tuple[Photo, Photo]]], list[Look]]


def same(*pairs: str, otherwise: float | None = None) -> Likeness:
    """Pairs that the sketches take for one picture; if they are not, they are similar by `otherwise`."""
    found = likeness(PHOTOS, dict.fromkeys(pairs, 100.0), dict.fromkeys(pairs, 90.0))
    return found if otherwise is None else replace(found, otherwise=np.full(len(pairs), otherwise))


def looker(verdicts: Mapping[str, Look], asked: list[str] | None = None) -> Looker:
    """Answers by these verdicts, in whichever order a pair is asked; "same" for the others."""

    def look(pairs: Sequence[tuple[Photo, Photo]]) -> list[Look]:
        names = [f"{a.id} {b.id}" for a, b in pairs]
        if asked is not None:
            asked.extend(names)
        return [verdicts.get(name) or verdicts.get(name[::-1], ALIKE) for name in names]

    return look


def aside(found: Likeness, least: float = SAME) -> set[str]:
    """Pairs of a keeper and what would be set aside for it."""
    return {f"{one.keeper.id} {copy.id}" for one in near_duplicates(found, least) for copy in one.copies}


def test_only_pairs_of_which_one_would_go_are_looked_at_and_each_once() -> None:
    asked: list[str] = []
    found = checked(same("a b", "a c", "b c"), SAME, looker({}, asked))
    assert sorted(asked) == ["a b", "a c"], "b and c both go for a"
    assert aside(found) == {"a b", "a c"}
    assert found.doubts == {}


def test_the_same_is_said_with_how_it_was_seen() -> None:
    found = checked(same("a b"), SAME, looker({}))
    assert found.said(A, B) == "a b agree, checked at full size"


@pytest.mark.parametrize("otherwise", [None, 30.0])
def test_different_pictures_are_no_copies_and_as_similar_as_two_pictures(otherwise: float | None) -> None:
    found = checked(same("a b", otherwise=otherwise), SAME, looker({"a b": OTHER}))
    assert found.same(A, B) == 0
    assert found.similar(A, B) == (100 if otherwise is None else otherwise)
    assert (aside(found), found.doubts, found.otherwise) == (set(), {}, None)


def test_a_photo_that_is_freed_is_looked_at_again_beside_its_next_keeper() -> None:
    asked: list[str] = []
    found = checked(same("a b", "a c", "b c"), SAME, looker({"a b": OTHER, "a c": OTHER}, asked))
    assert asked == ["a b", "a c", "b c"]
    assert aside(found) == {"b c"}


@pytest.mark.parametrize(
    ("look", "words"),
    [
        (MARKED, "the same but for a mark (bottom right)"),
        (UNKNOWN, f"{NOT_CHECKED}: a file has changed since it was read"),
    ],
)
def test_what_is_unsure_stays_a_copy_with_a_doubt(look: Look, words: str) -> None:
    found = checked(same("a b"), SAME, looker({"a b": look}))
    assert aside(found) == {"a b"}
    assert found.doubt(A, B) == found.doubt(B, A) == words
    assert found.said(A, B) == "a b agree", "nothing was seen to be the same"


def test_a_pair_nobody_looked_at_is_in_doubt_unless_a_third_is_the_same_as_both() -> None:
    through = checked(same("a b", "a c", "b c"), SAME, looker({}))
    assert through.doubt(B, C) == ""
    marked = checked(same("a b", "a c", "b c"), SAME, looker({"a c": MARKED}))
    assert marked.doubt(B, C) == NOT_CHECKED


def test_a_higher_threshold_of_a_person_is_looked_at_too() -> None:
    """At the usual one b goes for a; at theirs it does not, and c goes for b."""
    pairs = likeness(PHOTOS, {"a b": 100.0, "b c": 100.0}, {"a b": 60.0, "b c": 90.0})
    asked: list[str] = []
    found = checked(pairs, 80.0, looker({}, asked))
    assert sorted(asked) == ["a b", "b c"]
    assert aside(found, 80.0) == {"b c"}
    assert found.doubt(B, C) == ""


def test_without_copies_nothing_is_looked_at() -> None:
    asked: list[str] = []
    apart = likeness(PHOTOS, {"a b": 100.0, "c d": 40.0}, {"c d": 49.9})
    found = checked(apart, SAME, looker({}, asked))
    assert (asked, found.doubts, found.how) == ([], {}, apart.how)


PAIRS = [f"{a.id} {b.id}" for a, b in combinations(PHOTOS, 2)]


@given(
    st.dictionaries(st.sampled_from(PAIRS), st.sampled_from((49.0, 55.0, 75.0, 95.0)), max_size=6),
    st.dictionaries(st.sampled_from(PAIRS), st.sampled_from((OTHER, MARKED, UNKNOWN)), max_size=6),
    st.sampled_from((50.0, 70.0, 90.0)),
)
def test_whatever_would_go_was_seen_to_be_the_same_or_is_in_doubt(
    sameness: dict[str, float], verdicts: dict[str, Look], least: float
) -> None:
    pairs = likeness(PHOTOS, dict.fromkeys(sameness, 100.0), sameness)
    found = checked(pairs, least, looker(verdicts))
    for threshold in {SAME, least}:
        for name in aside(found, threshold):
            a, b = (PHOTOS["abcd".index(id)] for id in name.split())
            look = verdicts.get(name, ALIKE)
            assert look.verdict != "different"
            assert bool(found.doubt(a, b)) == (look.verdict != "same")
            assert found.said(a, b).endswith(ALIKE.words) == (look.verdict == "same")
