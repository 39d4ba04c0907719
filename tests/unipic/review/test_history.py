"""What a person said, step by step: any number of steps can be taken back, and done again."""

import hypothesis.strategies as st
from hypothesis import given

from unipic.core.settings import Thresholds
from unipic.library.decisions import Ruling
from unipic.review.choices import Choice
from unipic.review.history import Change, Entry, History, Undo
from unipic.review.rules import Rules

START = Thresholds(90, 50, "greedy")
BASE = {"r0": Ruling("r0", 1.0, (("aa", "bb"),), ("aa",))}

choices = st.dictionaries(
    st.sampled_from("abc"),
    st.none() | st.builds(Choice, st.frozensets(st.sampled_from("xyz")), st.booleans()),
    max_size=2,
)
rulings = st.dictionaries(
    st.sampled_from(("r0", "r1", "r2")),
    st.none() | st.builds(Ruling, st.sampled_from(("r1", "r2")), st.floats(0, 9), st.just((("aa",), ("bb",)))),
    max_size=2,
)
changes = st.builds(
    Change,
    st.sampled_from(("one", "two")),
    choices,
    rulings,
    st.none() | st.sampled_from((Rules(), Rules(protect=("a",)))),
    st.none() | st.sampled_from((START, Thresholds(80, 60, "dbscan", 5.0))),
)
entries: st.SearchStrategy[list[Entry]] = st.lists(changes | st.builds(Undo, st.booleans()), max_size=12)


def begun() -> History:
    history = History(START)
    history.begin(Change("", rulings=BASE))
    return history


def state(history: History) -> tuple[object, ...]:
    return dict(history.choices), dict(history.rulings), history.rules, history.thresholds


def told(said: list[Entry]) -> History:
    history = begun()
    for entry in said:
        history.add(entry)
    return history


@given(st.lists(changes, max_size=10))
def test_as_many_steps_back_as_there_were_are_the_beginning(said: list[Change]) -> None:
    history, states = begun(), []
    for change in said:
        states.append(state(history))
        history.add(change)
    after = state(history)
    for before in reversed(states):
        history.add(Undo())
        assert state(history) == before
    assert history.undo is None
    for _ in said:
        history.add(Undo(forward=True))
    assert state(history) == after
    assert history.redo is None


@given(entries, changes)
def test_a_new_step_after_some_were_taken_back_drops_those(said: list[Entry], change: Change) -> None:
    history = told(said)
    history.add(change)
    assert history.redo is None
    assert history.undo is change


@given(entries)
def test_the_same_entries_give_the_same_state(said: list[Entry]) -> None:
    one, other = told(said), told(said)
    assert state(one) == state(other)
    assert one.version == other.version == len(said)


def test_there_is_nothing_to_take_back_at_the_beginning() -> None:
    history = begun()
    assert history.add(Undo()) == Change("")
    assert history.add(Undo(forward=True)) == Change("")
    assert history.rulings == BASE, "what was said in earlier runs is not a step"


def test_what_a_step_takes_back_is_said() -> None:
    history = begun()
    history.add(Change("first", {"a": Choice(frozenset("x"))}))
    history.add(Change("second", {"a": Choice(frozenset("y"), done=True), "b": Choice(frozenset())}))
    back = history.add(Undo())
    assert back.choices == {"a": Choice(frozenset("x")), "b": None}
    assert (history.undo and history.undo.what, history.redo and history.redo.what) == ("first", "second")
