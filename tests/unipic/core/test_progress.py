"""A step in words: what is counted, how fast, and how long it still takes."""

import pytest
from hypothesis import given, strategies as st

from unipic.core.progress import BYTE, Overall, Stage, Step


@pytest.mark.parametrize(
    ("step", "seconds", "words"),
    [
        (Step("Reading", 0, 0), 9, "Reading"),
        (Step("Reading", 1, 692, "photo"), 9, "Reading · 1 of 692 photos · Starting…"),
        (Step("Reading", 100, 692, "photo"), 4, "Reading · 100 of 692 photos"),
        (Step("Reading", 100, 692, "photo"), 10, "Reading · 100 of 692 photos · 59 s left"),
        (Step("Reading", 10, 20), 10, "Reading · 10 of 20 · 10 s left"),
        (Step("Fetching", 50_000, 200_000, BYTE), 10, "Fetching · 50.0 kB of 200 kB · 5.0 kB a second · 30 s left"),
    ],
)
def test_a_step_in_words(step: Step, seconds: float, words: str) -> None:
    assert step.told(seconds) == words


def test_the_share_is_at_most_1() -> None:
    assert [Step("Reading", done, 2).share for done in (0, 1, 3)] == [0.0, 0.5, 1.0]
    assert Step("Reading", 3, 0).share == 0.0


TASK = Step("Finding", 0, 0, ahead=(Stage("Read", 10, "Opens them."), Stage("Compare", 30, "Compares them.")))


def told(*steps: tuple[float, Step]) -> Overall:
    """What is known after some steps, each at its second."""
    overall = Overall()
    overall.at(TASK, 0.0)
    for now, step in steps:
        overall.at(step, now)
    return overall


def test_stages_to_come_count_with_the_time_that_the_ones_before_took() -> None:
    overall = told((0, Step("Read", 0, 200)), (10, Step("Read", 100, 200)))
    assert overall.left_s == pytest.approx(10 + 3 * 20)  # the other half, then a stage of three times the weight
    assert overall.share == pytest.approx(10 / 80)
    assert overall.purpose == "Opens them."
    assert overall.told == "12 % · 70 s left"


def test_a_stage_that_is_far_enough_counts_with_its_own_speed() -> None:
    overall = told(
        (0, Step("Read", 0, 200)),
        (20, Step("Read", 200, 200)),
        (20, Step("Compare", 0, 9)),
        (24, Step("Compare", 6, 9)),
    )
    assert overall.left_s == pytest.approx(2)
    assert overall.share == pytest.approx(24 / 26)


@pytest.mark.parametrize("step", [Step("Read", 60, 1000), Step("Read", 0, 0), Step("Finding", 0, 0)])
def test_no_time_left_before_anybody_can_know(step: Step) -> None:
    overall = told((0, Step("Read", 0, 1000)), (30, step))
    assert overall.left_s is None
    assert overall.told == "0 %"


def test_nor_in_the_first_seconds() -> None:
    assert told((0, Step("Read", 0, 200)), (4, Step("Read", 100, 200))).left_s is None


def test_a_download_has_no_part_in_it_and_costs_no_share() -> None:
    steps = (0, Step("Read", 0, 200)), (10, Step("Read", 100, 200))
    before, during = told(*steps), told(*steps, (11, Step("Fetching", 1, 9, BYTE)), (99, Step("Fetching", 2, 9, BYTE)))
    assert during.share == before.share
    assert during.purpose == ""
    after = told(*steps, (10, Step("Fetching", 1, 9, BYTE)), (99, Step("Read", 100, 200)))
    assert after.left_s == pytest.approx(before.left_s or 0)


@given(st.lists(st.tuples(st.floats(0, 50), st.sampled_from(("Read", "Compare")), st.integers(0, 90)), max_size=30))
def test_the_bar_never_goes_back_and_ends_within_1(steps: list[tuple[float, str, int]]) -> None:
    overall, now, before = told(), 0.0, 0.0
    for passed, stage, done in steps:
        now += passed
        overall.at(Step(stage, done, 90), now)
        assert before <= overall.share <= 1.0
        assert overall.left_s is None or overall.left_s >= 0
        before = overall.share


def test_a_task_that_begins_anew_begins_at_0() -> None:
    overall = told((0, Step("Read", 0, 200)), (10, Step("Read", 200, 200)))
    overall.at(TASK, 11)
    assert overall.share == 0.0
    assert overall.left_s is None
