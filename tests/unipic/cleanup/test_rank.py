import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from tests.helpers.galleries import photo

from unipic.cleanup import rank as ranking
from unipic.cleanup.criteria import CRITERIA, MEASURED, WEIGHTS
from unipic.cleanup.likeness import Likeness
from unipic.cleanup.rank import features, prompt_score, rank
from unipic.cleanup.result import CLEAR, Cluster
from unipic.core.photo import Measures, Photo
from unipic.core.progress import Step

FINE = Measures(
    sharpness=0.5,
    exposure=0.8,
    contrast=0.5,
    noise=0.1,
    shake=0.05,
    highlights=0.001,
    shadows=0.001,
    tilt=0.5,
    cut=0.05,
    framing=0.8,
)


def measured(id: str, **facts: Any) -> Photo:
    return photo(id, measures=replace(FINE, **facts))


def alike(photos: Sequence[Photo], similarity: dict[tuple[int, int], float] | None = None) -> Likeness:
    pairs = {(i, j): 90.0 for i in range(len(photos)) for j in range(i + 1, len(photos))} | (similarity or {})
    first, second = (np.array([pair[i] for pair in pairs], dtype=np.int64) for i in (0, 1))
    values = np.array(list(pairs.values()))
    return Likeness(tuple(photos), first, second, values, values)


def ranked(
    *photos: Photo,
    copies: dict[str, tuple[Photo, ...]] | None = None,
    columns: Mapping[str, Sequence[float | None]] | None = None,
    weights: Mapping[str, float] = WEIGHTS,
) -> Cluster:
    """`columns` are a model's, one number for each photo; None where it was not asked about it."""
    numbers = {name: zip(photos, column, strict=True) for name, column in (columns or {}).items()}
    scores = {name: {p.id: value for p, value in told if value is not None} for name, told in numbers.items()}
    (found,) = rank([photos], alike(photos), copies or {}, scores, weights)
    return found


@pytest.mark.parametrize(
    ("worse", "why"),
    [
        ({"sharpness": 0.2}, "sharper on the subject (0.50 against 0.20)"),
        ({"shake": 0.6}, "steadier (blur in one direction 0.05 against 0.60)"),
        ({"exposure": 0.1}, "better exposed (80% of the light against 10%)"),
        ({"highlights": 0.4}, "highlights kept (0.1% clipped against 40.0%)"),
        ({"noise": 0.4}, "less grain (0.100 against 0.400)"),
        ({"tilt": -9.0}, "straighter (0.5° against 9.0°)"),
        (
            {"sharpness": 0.3, "exposure": 0.05, "noise": 0.13},
            "better exposed (80% of the light against 5%), sharper on the subject (0.50 against 0.30)",
        ),
    ],
)
def test_the_better_shot_is_first_with_the_numbers_of_two_criteria(worse: dict[str, float], why: str) -> None:
    cluster = ranked(measured("a", **worse), measured("b"))
    assert cluster.best.id == "b"
    assert cluster.reason == why
    assert cluster.scores[0] > cluster.scores[1]
    assert cluster.certainty >= CLEAR
    assert not cluster.close_call


def test_sharpness_alone_does_not_win() -> None:
    assert ranked(measured("sharp", sharpness=0.52, exposure=0.2), measured("fine")).best.id == "fine"
    assert ranked(measured("grainy", sharpness=0.6, noise=0.4), measured("fine")).best.id == "fine"


def test_a_shot_is_compared_with_its_own_group() -> None:
    """Poor measures are no fault where nobody has better ones."""
    night = {"exposure": 0.05, "noise": 0.5, "sharpness": 0.2}
    by_day, by_night = (
        ranked(measured("a"), measured("b", tilt=9.0)),
        ranked(measured("a", **night), measured("b", tilt=9.0, **night)),
    )
    assert by_day.scores == by_night.scores
    assert by_day.certainty == by_night.certainty


def test_a_poor_shot_more_changes_nothing_between_the_others() -> None:
    pair = ranked(measured("a"), measured("b", sharpness=0.45))
    three = ranked(measured("a"), measured("b", sharpness=0.45), measured("c", sharpness=0.01, noise=0.9, exposure=0.0))
    assert three.photos[:2] == pair.photos
    assert (three.scores[:2], three.certainty) == (pair.scores, pair.certainty)
    assert three.reason.partition("about equal, ")[2] == pair.reason.removeprefix("too close to call; ")


def test_what_is_not_noticeable_hardly_counts() -> None:
    names, table = features([measured("a"), measured("b", sharpness=0.5 - 0.002), measured("c", sharpness=0.4)])
    column = table[:, names.index("sharpness")]
    assert column[0] == 0
    assert -0.03 < column[1] < 0
    assert column[2] == pytest.approx(1 - math.sqrt(1 + 10**2))


def test_the_features_are_named_and_one_row_a_photo() -> None:
    names, table = features([measured("a"), measured("b")], {"wish": np.array([1.0, 2.0])})
    assert names == (*(criterion.name for criterion in MEASURED), "wish")
    assert table.shape == (2, len(names))
    assert set(names) <= {criterion.name for criterion in CRITERIA}
    assert (table <= 0).all()
    assert (table.max(axis=0) == 0).all()


def test_without_an_opinion_on_tilt_it_does_not_count() -> None:
    level, unknown, leaning = measured("a", tilt=0.0), measured("b", tilt=None), measured("c", tilt=6.0)
    assert ranked(unknown, leaning).scores[0] == ranked(unknown, leaning).scores[1] == 0
    assert ranked(unknown, measured("d", tilt=None)).scores == (0, 0)
    assert [p.id for p in ranked(leaning, unknown, level).photos] == ["a", "b", "c"]


def test_leaning_to_either_side_is_the_same() -> None:
    assert ranked(measured("a", tilt=4.0), measured("b", tilt=-4.0)).scores == (0, 0)


MEASURES = st.builds(
    Measures,
    tilt=st.none() | st.sampled_from((-6.0, 0.5, 3.0)),
    **{c.name: st.sampled_from((0.0, 0.3, 0.31, 0.9)) for c in MEASURED if c.name != "tilt"},
)


@given(st.lists(st.tuples(MEASURES, st.sampled_from((None, -1, 0, 3))), min_size=2, max_size=5), st.randoms())
def test_the_order_of_the_group_does_not_matter(facts: list[tuple[Measures, int | None]], random: Any) -> None:
    photos = [photo(f"{i}", measures=m, rating=stars) for i, (m, stars) in enumerate(facts)]
    mixed = random.sample(photos, len(photos))
    assert ranked(*photos) == ranked(*mixed)


def test_where_nothing_tells_them_apart_that_is_said_and_the_better_file_wins() -> None:
    for photos in permutations((measured("z"), replace(measured("a"), width=100), replace(measured("b"), width=90))):
        cluster = ranked(*photos)
        assert [p.id for p in cluster.photos] == ["z", "a", "b"]
        assert cluster.reason == "too close to call; these look equally good"
        assert cluster.certainty == 0.5
        assert cluster.close_call


def test_a_small_lead_is_told_with_its_numbers_as_too_close_to_call() -> None:
    cluster = ranked(measured("a", sharpness=0.47), measured("b"))
    assert cluster.best.id == "b"
    assert cluster.reason == "too close to call; sharper on the subject (0.50 against 0.47)"
    assert 0.5 < cluster.certainty < CLEAR


def test_what_is_plainly_worse_is_no_part_of_the_tie() -> None:
    level = [measured(name, sharpness=sharpness) for name, sharpness in (("a", 0.5), ("b", 0.48), ("c", 0.47))]
    poor = measured("d", sharpness=0.2, exposure=0.1)
    cluster = ranked(*level, poor)
    assert cluster.close_call
    assert cluster.reason == "too close to call; 3 of 4 are about equal, sharper on the subject (0.50 against 0.48)"
    assert ranked(*level).reason == "too close to call; sharper on the subject (0.50 against 0.48)"
    assert ranked(measured("a"), measured("b"), poor).reason == "too close to call; 2 of 3 look equally good"


def test_certainty_is_about_the_next_one_and_grows_with_the_lead() -> None:
    leads = [ranked(measured("a", sharpness=0.5 - lead), measured("b")).certainty for lead in (0, 0.03, 0.1, 0.4)]
    assert leads == sorted(leads)
    assert leads[0] == 0.5
    assert 0.95 < leads[-1] < 1
    twins = ranked(measured("a"), measured("b"), measured("c", sharpness=0.1))
    assert twins.certainty == 0.5


def test_nothing_is_so_much_better_that_it_breaks() -> None:
    best = Measures(1, 1, 1, 0)
    worst = Measures(0, 0, 0, 1, shake=1, highlights=1, shadows=1, tilt=12, cut=1, framing=0)
    cluster = ranked(photo("a", measures=worst), photo("b", measures=best), weights=dict.fromkeys(WEIGHTS, 50.0))
    assert cluster.certainty == 1
    assert cluster.best.id == "b"


@pytest.mark.parametrize(
    ("ratings", "order", "why"),
    [
        ((5, None, 3), "acb", "rated 5 stars in the file"),
        ((None, 1, 0), "bca", "rated 1 star in the file"),
        ((-1, 0, None), "cba", "too close to call; 2 of 3 are about equal, sharper on the subject (0.50 against 0.48)"),
        ((-1, 0, -1), "bca", "the others are rejected in their files"),
        ((4, 4, 2), "bac", "sharper on the subject (0.48 against 0.02)"),
    ],
)
def test_what_a_person_said_in_the_file_goes_before_any_measure(
    ratings: tuple[int | None, ...], order: str, why: str
) -> None:
    photos = [
        replace(measured(id, sharpness=sharpness), rating=rating)
        for id, sharpness, rating in zip("abc", (0.02, 0.48, 0.5), ratings, strict=True)
    ]
    for mixed in permutations(photos):
        cluster = ranked(*mixed)
        assert "".join(p.id for p in cluster.photos) == order
        assert cluster.reason == why


def test_stars_settle_it() -> None:
    cluster = ranked(replace(measured("a", sharpness=0.1), rating=3), measured("b"))
    assert cluster.certainty == 1
    assert not cluster.close_call


def test_stars_of_a_copy_count_where_the_photo_has_none() -> None:
    copy = photo("copy", rating=4)
    assert ranked(measured("a", sharpness=0.1), measured("b"), copies={"a": (copy,)}).reason == (
        "rated 4 stars in the file of a copy"
    )
    rejected = replace(measured("a"), rating=-1)
    assert ranked(rejected, measured("b", sharpness=0.1), copies={"a": (copy,)}).best.id == "b"


def test_a_persons_own_weights_decide() -> None:
    sharp, framed = measured("sharp", framing=0.2), measured("framed", sharpness=0.3)
    assert ranked(sharp, framed).best.id == "sharp"
    assert ranked(sharp, framed, weights={"framing": 1.0}).best.id == "framed"
    assert ranked(sharp, framed, weights={"framing": 1.0}).reason == "better framed (0.80 against 0.20)"


def test_a_models_columns_are_criteria_like_others() -> None:
    cluster = ranked(measured("a"), measured("b"), columns={"wish": [1.0, 5.0], "aesthetic": [5.0, 5.05]})
    assert cluster.best.id == "b"
    assert cluster.reason == "closer to the wish (5.00 against 1.00)"
    assert cluster.columns == (("wish", (5.0, 1.0)), ("aesthetic", (5.05, 5.0)))  # in the order of the photos
    assert ranked(measured("a"), measured("b", noise=0.9), columns={"wish": [1.0, 1.2]}).best.id == "a"


def test_a_column_without_a_criterion_is_a_mistake_and_said() -> None:
    with pytest.raises(KeyError, match="charm"):
        features([measured("a"), measured("b")], {"charm": np.array([0.0, 1.0])})


def test_likeness_is_to_the_recommended_shot_and_of_the_least_like_copy() -> None:
    best, other, copy, twin = measured("best", sharpness=0.9), measured("next"), photo("copy"), photo("twin")
    known = alike([best, other, copy], {(0, 1): 95.0, (0, 2): 85.0})
    (cluster,) = rank([[other, best]], known, {"next": (copy, twin)})
    assert cluster.alike == (100.0, 85.0)


def test_a_photo_the_model_was_not_asked_about_counts_like_the_others_do_on_average() -> None:
    photos = [measured(id) for id in "abc"]
    cluster = ranked(*photos, columns={"wish": [1.0, None, 5.0]})
    assert [p.id for p in cluster.photos] == ["c", "b", "a"]
    assert cluster.columns == (("wish", (5.0, None, 1.0)),)
    assert cluster.reason == "too close to call; 2 of 3 look equally good"  # no number to tell
    assert ranked(*photos, columns={"wish": [None, None, None]}) == ranked(*photos)


def test_scores_of_photos_elsewhere_change_nothing() -> None:
    """They stay at hand for when thresholds put those photos into a group."""
    photos = [measured("a"), measured("b", noise=0.2)]
    scores = {"wish": {"elsewhere": 5.0}}
    assert rank([photos], alike(photos), {}, scores) == [ranked(*photos)]


def test_no_groups_cost_nothing() -> None:
    scorer, steps = CountingScorer(), list[Step]()
    assert rank([], alike([]), {}) == []
    assert prompt_score([], scorer, Thumbs(), "", steps.append) == {"wish": {}, "aesthetic": {}}  # type: ignore[arg-type]
    assert scorer.calls == []


class Thumbs:
    def load(self, digest: str) -> Any:
        return digest


class CountingScorer:
    name = label = key = "counting"
    names = ("wish", "aesthetic")

    def __init__(self) -> None:
        self.calls: list[tuple[int, str]] = []

    def score(self, pictures: Sequence[Any], prompt: str) -> np.ndarray:
        self.calls.append((len(pictures), prompt))
        return np.array([(5 * int(digest), 4) for digest in pictures], dtype=np.float32)


def test_the_model_is_asked_about_all_groups_together_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "BATCH_PHOTOS", 4)
    photos = [photo(f"{i}", digest=str(i)) for i in range(10)]
    scorer, steps = CountingScorer(), list[Step]()
    scores = prompt_score(photos, scorer, Thumbs(), "a sunny beach", steps.append)  # type: ignore[arg-type]
    groups = [photos[:3], photos[3:5], photos[5:]]
    found = rank(groups, alike(photos), {}, scores)
    assert scorer.calls == [(4, "a sunny beach"), (4, "a sunny beach"), (2, "a sunny beach")]
    assert [cluster.best.id for cluster in found] == ["2", "4", "9"]
    assert found[0].reason == "closer to the wish (10.00 against 5.00)"
    assert [(step.done, step.total) for step in steps] == [(0, 10), (4, 10), (8, 10)]
