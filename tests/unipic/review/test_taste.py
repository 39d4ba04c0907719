"""Taste on made-up lessons of made-up people, from measures as the ranking sees them."""

import math
import random
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st

from unipic.cleanup.criteria import WEIGHTS
from unipic.cleanup.rank import shortfalls
from unipic.core.photo import Measures
from unipic.review import taste
from unipic.review.taste import LEAST_GROUPS, LEAST_READ, LUCK, Lesson, changes, judge, learn

BASE = Measures(0.5, 0.6, 0.4, 0.1, 0.2, 0.03, 0.03, 2.0, 0.05, 0.5)
JITTER = Measures(0.06, 0.3, 0.1, 0.04, 0.12, 0.04, 0.04, 3.0, 0.04, 0.1)
LIGHT = {**WEIGHTS, "exposure": 0.9, "framing": 0.4, "noise": 0.0, "sharpness": 0.05}  # cares for light, not for grain


def measures(rng: np.random.Generator) -> Measures:
    middle, spread = (np.array([*vars(one).values()]) for one in (BASE, JITTER))
    return Measures(*np.abs(rng.normal(middle, spread)).tolist())


def lesson(
    rng: np.random.Generator,
    cares: Mapping[str, float] | None,
    unread: float = 0.0,
    lapses: float = 0.0,
    decided: bool = False,
    ranked_by: Mapping[str, float] = WEIGHTS,
) -> Lesson:
    """A group, and one shot of it kept by somebody who cares for these things; by anybody, if for nothing."""
    names, table = shortfalls([measures(rng) for _ in range(rng.integers(2, 7))])
    scores = table @ [ranked_by[name] for name in names]
    order = np.argsort(-scores, kind="stable")
    table, scores = table[order], scores[order]
    if rng.random() < unread:
        pick = 0
    elif cares is None or rng.random() < lapses:
        pick = int(rng.integers(len(table)))
    else:
        whim = 0 if decided else rng.gumbel(size=len(table))
        pick = int((table @ [cares[name] for name in names] + whim).argmax())
    return Lesson(
        f"{rng.integers(2**62):016x}",
        names,
        tuple(map(tuple, table.round(3).tolist())),
        tuple(i == pick for i in range(len(table))),
        tuple(i == 0 for i in range(len(table))),
        1 / (1 + math.exp(scores[1] - scores[0])),
    )


def person(seed: int, groups: int, cares: Mapping[str, float] | None, **habits: float) -> list[Lesson]:
    rng = np.random.default_rng(seed)
    return [lesson(rng, cares, **habits) for _ in range(groups)]  # type: ignore[arg-type]


def two(a: float, b: float, kept: tuple[bool, bool] = (True, False), group: str = "0" * 16) -> Lesson:
    return Lesson(group, ("exposure",), ((a,), (b,)), kept, (True, False), 0.9)


def test_without_decisions_the_weights_are_the_default_ones() -> None:
    assert learn([], WEIGHTS) == WEIGHTS
    verdict = judge([], WEIGHTS)
    assert (verdict.groups, verdict.held_out_default, verdict.held_out_learned, verdict.used) == (0, None, None, False)
    assert verdict.why == "0 groups so far, 20 are needed"


def test_a_preference_is_recovered() -> None:
    learned = learn(person(1, 300, LIGHT), WEIGHTS)
    assert learned["exposure"] > 0.6
    assert learned["noise"] < 0.08
    assert learned["sharpness"] < 0.12
    shifts = dict(changes(learned, WEIGHTS))
    assert {name for name, shift in shifts.items() if shift > 0.05} == {"exposure", "framing"}
    assert min(shifts, key=lambda name: shifts[name]) == "noise"
    assert sum(shifts.values()) == pytest.approx(0)


@pytest.mark.parametrize("seed", range(5))
def test_a_preference_is_used_once_it_is_proved(seed: int) -> None:
    lessons = person(seed, 160, LIGHT)
    verdict = judge(lessons, WEIGHTS)
    assert verdict.used
    assert verdict.held_out_learned is not None
    assert verdict.held_out_default is not None
    assert verdict.held_out_learned > verdict.held_out_default + 0.1
    assert verdict.weights == learn(lessons, WEIGHTS)
    early = judge(lessons[: LEAST_GROUPS - 1], WEIGHTS)
    assert not early.used
    assert early.why == "19 groups so far, 20 are needed"


def test_what_is_learned_is_the_answer_of_its_own_equation() -> None:
    """No weight can be moved, within 0 and above, without making choices and prior together less likely."""
    lessons = person(2, 60, LIGHT)
    best = learn(lessons, WEIGHTS)
    groups = taste._teaching(lessons)
    names = tuple(WEIGHTS)
    pairs, counts, _ = taste._pairs(groups, [taste._table(one, names) for one in groups], len(names))

    def loss(weights: Mapping[str, float]) -> float:
        w, w0 = np.array([*weights.values()]), np.array([*WEIGHTS.values()])
        return float(counts @ np.logaddexp(0, -(pairs @ w)) + ((w - w0) ** 2).sum() / (2 * taste.SPREAD**2))

    for name in WEIGHTS:
        for step in (-0.01, 0.01):
            if best[name] + step >= 0:
                assert loss({**best, name: best[name] + step}) > loss(best)


@pytest.mark.parametrize(
    "habits",
    [{}, {"unread": 0.4}, {"unread": 0.8}, {"decided": True}, {"decided": True, "lapses": 0.1}, {"lapses": 0.3}],
)
def test_who_agrees_with_the_default_keeps_it(habits: dict[str, float]) -> None:
    used = [judge(person(seed, 120, WEIGHTS, **habits), WEIGHTS).used for seed in range(20)]
    assert sum(used) <= 2


@pytest.mark.slow
@pytest.mark.parametrize("unread", [0.0, 0.3])
@pytest.mark.parametrize("groups", [LEAST_GROUPS, 60])
def test_choices_at_random_teach_nothing_but_by_luck(unread: float, groups: int) -> None:
    used = sum(judge(person(seed, groups, None, unread=unread), WEIGHTS).used for seed in range(80))
    assert used <= 10  # of 80 by 1 in 20, more would come once in 500 times


def test_a_taste_does_not_live_on_because_it_is_followed() -> None:
    """Somebody without it corrects the suggestions it makes, and it goes."""
    rng = np.random.default_rng(3)
    strange = dict.fromkeys(WEIGHTS, 0.0) | {"contrast": 0.6, "shadows": 0.6}
    lessons = [lesson(rng, WEIGHTS, ranked_by=strange) for _ in range(100)]
    assert not judge(lessons, WEIGHTS).used


def test_where_all_or_nothing_was_kept_nothing_is_learned() -> None:
    everything, nothing = two(-3, 0, (True, True)), two(-3, 0, (False, False))
    assert learn([everything, nothing] * 30, WEIGHTS) == WEIGHTS
    assert judge([everything, nothing] * 30, WEIGHTS).groups == 0


def test_ties_count_by_the_share_that_was_kept() -> None:
    tied = Lesson("0" * 16, ("exposure",), ((0.0,), (0.0,), (-1.0,)), (True, False, False), (True,) * 3, 0.5)
    assert taste._right(tied, np.array([0.0, 0.0, -1.0])) == 0.5
    assert taste._right(tied, np.zeros(3)) == pytest.approx(1 / 3)
    assert learn([replace(tied, kept=(True, True, False))], WEIGHTS)["exposure"] > WEIGHTS["exposure"]


def test_a_criterion_nobody_measured_keeps_its_weight() -> None:
    learned = learn([two(-5, 0, group=f"{i:016x}") for i in range(40)], WEIGHTS)
    assert learned["exposure"] == 0.0, "it is never below"
    assert {name: weight for name, weight in learned.items() if name != "exposure"} == pytest.approx(
        {name: weight for name, weight in WEIGHTS.items() if name != "exposure"}
    )
    other = replace(two(-5, 0), names=("something of a later version",))
    assert learn([other], WEIGHTS) == WEIGHTS


def test_a_group_weighs_one_however_many_shots_it_has() -> None:
    pair = Lesson("0" * 16, ("exposure",), ((-2.0,), (0.0,)), (True, False), (False, True), 0.9)
    many = replace(pair, rows=((-2.0,), *((0.0,),) * 9), kept=(True,) + (False,) * 9, suggested=(False,) + (True,) * 9)
    assert learn([pair], WEIGHTS)["exposure"] == pytest.approx(learn([many], WEIGHTS)["exposure"])


def test_one_group_beyond_measure_does_not_outvote_the_rest() -> None:
    assert learn([two(-500, 0)], WEIGHTS) == learn([two(-taste.LOUD, 0)], WEIGHTS)


def test_an_unread_suggestion_counts_less_than_one_that_was_read() -> None:
    assert taste._read(person(4, 300, LIGHT)) > 0.9
    assert taste._read(person(4, 300, LIGHT, unread=0.6)) < 0.75
    assert taste._read(person(4, 300, WEIGHTS, decided=True)) == LEAST_READ
    assert taste._read([two(0, -1)]) == 1.0


@pytest.mark.slow
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_the_decisions_changes_nothing(seed: int) -> None:
    lessons = person(seed, 25, LIGHT, unread=0.2)
    shuffled = random.Random(seed).sample(lessons, len(lessons))
    assert judge(lessons, WEIGHTS) == judge(shuffled, WEIGHTS)
    assert min(learn(lessons, WEIGHTS).values()) >= 0


@pytest.mark.parametrize(("won", "lost", "chance"), [(0, 0, 1.0), (5, 0, 1 / 32), (4, 1, 6 / 32), (2, 2, 11 / 16)])
def test_the_sign_test_is_exact(won: int, lost: int, chance: float) -> None:
    assert taste._chance(won, lost) == chance


def test_the_least_that_proves_a_taste_passes_the_test() -> None:
    assert taste._chance(5, 0) < LUCK < taste._chance(4, 0)
    assert taste._chance(3000, 2000) < 1e-9


@pytest.mark.parametrize("change", [{"kept": (True,)}, {"rows": ((1.0, 2.0), (1.0, 2.0))}, {"suggested": ()}])
def test_a_decision_is_about_each_member(change: dict[str, tuple[bool, ...]]) -> None:
    with pytest.raises(ValueError, match="member"):
        replace(two(0, 1), **change)  # type: ignore[arg-type]
