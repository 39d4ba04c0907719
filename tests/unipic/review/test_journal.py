"""Steps on disk: whole lines or none, wherever the power goes."""

from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from unipic.core.settings import Thresholds
from unipic.library.decisions import Ruling
from unipic.review.choices import Choice
from unipic.review.history import Change, Entry, Undo
from unipic.review.journal import Journal
from unipic.review.rules import Rules

SAID: list[tuple[str, Entry]] = [
    ("s1", Change("kept e\u0301 \udcff.jpg", {"g1": Choice(frozenset("ab"), True), "g2": None}, place="g1")),
    ("s2", Change("not duplicates", rulings={"r": Ruling("r", 1.5, (("aa",), ("bb",)), names=("a\n.jpg",))})),
    ("s3", Undo()),
    (
        "s4",
        Change("rules", rules=Rules(("a",), ("b", "c"), (), ("larger",)), thresholds=Thresholds(80, 40, "dbscan", 5)),
    ),
    ("s5", Undo(forward=True)),
    ("s7", Change("earlier decisions ignored", earlier="ignored")),
    ("s8", Change("", earlier="")),
    ("s6", Change("kept", {"g": Choice(frozenset(), remembered=True)}, {"r": Ruling("r", 2, (("aa",),), (), False)})),
]


def written(path: Path) -> Journal:
    journal = Journal(path / "review.jsonl")
    for step, entry in SAID:
        journal.append(step, entry)
    return journal


def test_what_was_written_is_read(tmp_path: Path) -> None:
    steps, end = written(tmp_path).read()
    assert steps == SAID
    assert end == (tmp_path / "review.jsonl").stat().st_size
    assert Journal(tmp_path / "review.jsonl").read(end) == ([], end)


def test_no_journal_is_no_steps(tmp_path: Path) -> None:
    assert Journal(tmp_path / "none").read() == ([], 0)


@given(st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cut_at_any_byte_the_whole_lines_hold_and_the_next_step_is_not_lost(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    journal = written(tmp_path_factory.mktemp("cut"))
    content = journal.path.read_bytes()
    cut = data.draw(st.integers(0, len(content)))
    journal.path.write_bytes(content[:cut])
    whole = SAID[: content[:cut].count(b"\n")]
    before, end = journal.read()
    assert before == whole
    journal.append("after", Undo())
    assert journal.read()[0] == [*whole, ("after", Undo())], "also where the cut line lacked nothing but its end"
    assert journal.read(end)[0] == [("after", Undo())]
