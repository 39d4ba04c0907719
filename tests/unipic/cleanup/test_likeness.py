from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from tests.helpers.galleries import photo, time_odds

from unipic.cleanup.likeness import Likeness, percent, points_evidence
from unipic.core.photo import seconds_apart

NOON = datetime(2024, 6, 12, 12, 0)
TWO_HOURS_EAST = timezone(timedelta(hours=2))


def shot(id: str, seconds: float | None = 0.0, camera: str = "Box", **facts: Any) -> Any:
    taken = NOON + timedelta(seconds=seconds) if seconds is not None else None
    return photo(id, **{"taken": taken, "camera": camera, **facts})


@pytest.mark.parametrize(
    ("seconds", "odds"),
    [(0, 3.0), (1, 3.0), (60, 3.0), (60.5, 1.0), (600, 1.0), (601, -1.5), (3600, -1.5), (3601, -3.0), (10**7, -3.0)],
)
def test_the_time_between_two_shots_of_one_camera_tells(seconds: float, odds: float) -> None:
    assert time_odds(shot("a"), shot("b", seconds)) == odds
    assert time_odds(shot("b", seconds), shot("a")) == odds


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"camera": "Other"}, id="another camera"),
        pytest.param({"camera": ""}, id="no camera"),
        pytest.param({"seconds": None}, id="no time"),
        pytest.param({"taken_by_camera": False}, id="when the file was changed"),
    ],
)
def test_what_does_not_tell_says_nothing(other: dict[str, Any]) -> None:
    assert time_odds(shot("a"), shot("b", **other)) == 0.0
    assert time_odds(shot("b", **other), shot("a")) == 0.0


def test_two_photos_of_no_known_camera_say_nothing() -> None:
    assert time_odds(shot("a", camera=""), shot("b", camera="")) == 0.0


def test_clocks_are_read_as_they_stand_on_the_wall() -> None:
    plain, zoned = photo("a", taken=NOON), photo("b", taken=NOON.replace(tzinfo=TWO_HOURS_EAST))
    assert seconds_apart(plain, zoned) == 0
    assert seconds_apart(photo("c", taken=NOON.replace(tzinfo=UTC)), zoned) == 0
    assert seconds_apart(plain, photo("d")) is None
    assert seconds_apart(plain, photo("e", taken=NOON, taken_by_camera=False)) is None


def test_points_say_no_where_there_are_none_and_more_with_each_doubling() -> None:
    odds = points_evidence(np.array([0, 4, 6, 7, 9, 13, 21, 300]))
    assert odds.tolist()[:3] == [-3.0, 0.0, 0.0]
    assert np.all(np.diff(odds[2:]) > 0)
    assert odds[3:7] == pytest.approx([0.8, 1.6, 2.4, 3.2])
    assert points_evidence(np.zeros(0, np.int64)).shape == (0,)


def test_percent_is_the_probability() -> None:
    assert percent(np.array([0.0, np.log(9), -np.log(9)])) == pytest.approx([50, 90, 10])
    assert percent(np.array([-100.0, 100.0])) == pytest.approx([0, 100])
    assert percent(np.zeros(0)).shape == (0,)


def likeness(n: int, pairs: dict[tuple[int, int], float]) -> Likeness:
    """Similarity by pair; the sameness is a tenth of it."""
    photos = tuple(photo(f"{i}") for i in range(n))
    ordered = sorted(pairs)
    first, second = (np.array([pair[side] for pair in ordered], dtype=np.int64) for side in (0, 1))
    similarity = np.array([pairs[pair] for pair in ordered], dtype=np.float64)
    how = {(f"{a}", f"{b}"): f"{a} on {b}" for a, b in ordered}
    return Likeness(photos, first, second, similarity, similarity / 10, how)


def test_pairs_nobody_looked_at_are_not_similar() -> None:
    three = likeness(3, {(0, 1): 80.0})
    a, b, c = three.photos
    assert three.similar(a, b) == three.similar(b, a) == 80.0
    assert three.similar(a, c) == three.similar(c, a) == 0.0
    assert three.similar(c, c) == 100.0
    assert three.similar(a, photo("a stranger")) == 0.0


def test_how_they_agree_is_said_from_both_sides() -> None:
    three = likeness(3, {(0, 1): 80.0})
    a, b, c = three.photos
    assert three.said(a, b) == three.said(b, a) == "0 on 1"
    assert three.said(a, c) == ""


def test_the_view_went_back_as_far_as_it_went() -> None:
    a, b, c = likeness(3, {}).photos
    three = replace(likeness(3, {(0, 1): 80.0}), steps={("0", "1"): (0.5, -0.25)})
    assert (three.step(a, b), three.step(b, a)) == ((0.5, -0.25), (-0.5, 0.25))
    assert three.step(a, c) is None


def test_it_knows_its_photos() -> None:
    two = likeness(2, {})
    assert two.photos[0] in two
    assert photo("7") not in two
    assert two.photos[1] not in two.of(two.photos[:1])


@st.composite
def some_of(draw: st.DrawFn) -> tuple[Likeness, list[int]]:
    n = draw(st.integers(0, 8))
    pairs = [(a, b) for b in range(n) for a in range(b)]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    values = {pair: float(draw(st.integers(1, 100))) for pair in chosen}
    return likeness(n, values), draw(st.lists(st.sampled_from(range(n)), unique=True)) if n else []


@given(some_of())
def test_each_two_photos_have_what_their_pair_has(given: tuple[Likeness, list[int]]) -> None:
    whole, _ = given
    places = zip(whole.first.tolist(), whole.second.tolist(), strict=True)
    known = {frozenset(pair): value for pair, value in zip(places, whole.similarity.tolist(), strict=True)}
    for i, a in enumerate(whole.photos):
        for j, b in enumerate(whole.photos):
            expected = 100.0 if i == j else known.get(frozenset((i, j)), 0.0)
            assert whole.similar(a, b) == expected
            assert whole.same(a, b) == (100.0 if i == j else expected / 10)


@given(some_of())
def test_some_of_the_photos_in_any_order_keep_what_is_known_of_their_pairs(given: tuple[Likeness, list[int]]) -> None:
    whole, wanted = given
    chosen = [whole.photos[i] for i in wanted]
    part = whole.of(chosen)
    assert part.photos == tuple(chosen)
    for a in chosen:
        for b in chosen:
            assert part.similar(a, b) == whole.similar(a, b)
            assert part.said(a, b) == whole.said(a, b)
    places = list(zip(part.first.tolist(), part.second.tolist(), strict=True))
    assert places == sorted(places)
    assert all(a < b for a, b in places)
    assert len(part.first) == len(part.sameness) == len(part.similarity)
    assert part.sameness.tolist() == (part.similarity / 10).tolist()
    back = part.of(chosen)
    assert back.similarity.tolist() == part.similarity.tolist()
