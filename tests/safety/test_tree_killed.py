"""A tree killed at any call of the system: no half group under its name, and one rerun completes it."""

from collections import Counter
from pathlib import Path

from tests.safety.harness.amounts import amount
from tests.safety.harness.driver import DONE
from tests.safety.harness.fault import Fault
from tests.safety.harness.faults import Forks, points, spread, way
from tests.safety.harness.ledger import record
from tests.safety.harness.places import Place


def test_a_tree_killed_at_a_call(tmp_path: Path) -> None:
    place, wrong, kinds = Place(tmp_path / "first", "tree", 8), list[str](), Counter[str]()
    number = amount(pr=5, nightly=200)
    with Forks() as forks:
        clean = place.copy(tmp_path / "clean")
        done = forks.run("tree", clean.root, trace=True)
        assert (done.code, done.said) == (DONE, "")
        assert clean.problems() + clean.incomplete() == []
        for count, point in enumerate(spread(points(done.calls), number)):
            fault, here = Fault(dict([point])), place.copy(tmp_path / f"{count}")
            died = forks.run("tree", here.root, fault)
            kinds[point[0]] += died.killed
            found = here.problems()
            again = forks.run("tree", here.root)
            found += [f"the rerun ended with {again.code}: {again.said}"] * (again.code != DONE)
            wrong += [f"{fault}: {line}" for line in found + here.problems() + here.incomplete()]
    record("T4", "kills of a tree", kinds.total(), len(wrong), f"{way()}: {dict(kinds)}")
    assert not wrong, "\n".join(wrong)
    assert kinds.total() >= 0.9 * number
