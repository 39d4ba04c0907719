"""What every engine owes a model: opened where it is needed, once, and its results in order."""

import itertools
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.helpers.tasks import (
    damaged_model,
    mistaken_by,
    process_of,
    ten,
    times,
    times_slowly_at_first,
    times_up_to_three,
)
from tests.unipic.reading.engines.test_engine_contract import WORKERS

from unipic.core.errors import ModelDamaged, ModelError
from unipic.reading.engines._actors import AHEAD
from unipic.reading.engines.base import Engine
from unipic.reading.engines.inline import InlineEngine
from unipic.reading.engines.local import LocalEngine


@pytest.fixture(params=[InlineEngine, LocalEngine])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    engine: Engine = request.param()
    yield engine
    engine.close()


def test_applies_in_order(engine: Engine) -> None:
    assert list(engine.apply(ten, times_slowly_at_first, range(30))) == [(n, 10 * n * n) for n in range(30)]


def test_applies_nothing_to_nothing_and_opens_no_model(engine: Engine, tmp_path: Path) -> None:
    assert list(engine.apply(partial(ten, tmp_path / "log"), times, [])) == []
    assert not (tmp_path / "log").exists()


def test_a_model_is_opened_at_the_first_item_and_once_in_a_process(engine: Engine, tmp_path: Path) -> None:
    stream = engine.apply(partial(ten, tmp_path / "log"), times, range(40))
    assert not (tmp_path / "log").exists()
    assert list(stream) == [(n, 10 * n) for n in range(40)]
    opened = (tmp_path / "log").read_text().split()
    assert len(opened) == len(set(opened)) <= WORKERS


def test_applies_to_a_stream_a_bounded_number_ahead(engine: Engine) -> None:
    taken = 0

    def endless() -> Iterator[int]:
        nonlocal taken
        for number in itertools.count():
            taken += 1
            yield number

    results = list(itertools.islice(engine.apply(ten, times, endless()), 5))
    assert results == [(n, 10 * n) for n in range(5)]
    assert taken <= 5 + AHEAD * WORKERS


def test_what_goes_wrong_with_a_model_is_raised_with_its_class_and_words(engine: Engine) -> None:
    with pytest.raises(ModelDamaged, match=r"^the weights are another file$") as raised:
        list(engine.apply(damaged_model, times, [1]))
    assert type(raised.value) is ModelDamaged


def test_what_a_model_refuses_ends_the_stream_at_its_place(engine: Engine) -> None:
    stream = engine.apply(ten, times_up_to_three, range(10))
    assert list(itertools.islice(stream, 4)) == [(n, 10 * n) for n in range(4)]
    with pytest.raises(ModelError, match=r"^4 is more than the model knows$") as raised:
        next(stream)
    assert type(raised.value) is ModelError


def test_a_mistake_in_the_work_is_raised(engine: Engine) -> None:
    with pytest.raises(LookupError, match="a mistake in the work"):
        list(engine.apply(ten, mistaken_by, [1]))


def test_an_error_in_the_stream_of_items_is_raised(engine: Engine) -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise OSError("the folder is gone")

    with pytest.raises(OSError, match="the folder is gone"):
        list(engine.apply(ten, times, broken()))


def test_can_stop_applying_in_the_middle_and_begin_again(engine: Engine) -> None:
    stream = engine.apply(ten, times, itertools.count())
    assert next(stream) == (0, 0)
    stream.close()  # type: ignore[attr-defined]
    assert list(engine.apply(ten, times, [7])) == [(7, 70)]


def test_two_models_at_a_time_do_not_mix(engine: Engine) -> None:
    pairs = zip(engine.apply(ten, times, range(20)), engine.apply(ten, times, range(100, 120)), strict=True)
    assert [(a, b) for (_, a), (_, b) in pairs] == [(10 * n, 1000 + 10 * n) for n in range(20)]


# What engines of one machine owe


def test_on_one_machine_the_model_is_in_this_process_and_items_are_taken_one_by_one(engine: Engine) -> None:
    items = iter(range(10))
    assert next(engine.apply(ten, process_of, items)) == (0, os.getpid())
    assert next(items) == 1
