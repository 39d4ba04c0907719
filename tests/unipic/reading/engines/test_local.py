"""What only the engine of processes on this machine has to survive."""

import time
from collections.abc import Iterator

import psutil
import pytest
from tests.helpers.systems import needs_signals
from tests.helpers.tasks import square

from unipic.reading.engines.local import LocalEngine


@pytest.fixture
def engine() -> Iterator[LocalEngine]:
    opened = LocalEngine(2)
    yield opened
    opened.close()


def workers() -> list[psutil.Process]:
    """The newest processes below this one that have none below them."""
    leaves = [one for one in psutil.Process().children(recursive=True) if not one.children()]
    return sorted((one for one in leaves if "forkserver" in " ".join(one.cmdline())), key=lambda one: one.pid)


@needs_signals
def test_an_idle_process_that_is_killed_costs_nothing(engine: LocalEngine) -> None:
    """As when memory runs out: the system kills whichever process it likes."""
    for _ in range(2):
        assert [result for _, result in engine.map(square, range(50))] == [square(number) for number in range(50)]
        workers()[-1].kill()
        deadline = time.monotonic() + 20
        while engine._pool.active and time.monotonic() < deadline:
            time.sleep(0.02)
    assert [result for _, result in engine.map(square, range(5))] == [0, 1, 4, 9, 16]
