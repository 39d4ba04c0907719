"""What people say of events is kept in order, by content, and can be taken back."""

from pathlib import Path

import pytest

from unipic.core.errors import DecisionsUnreadable, SettingsError
from unipic.library._decisions import FILE
from unipic.library.events import LONGEST_NAME, MOST_PHOTOS, EventRulings, some_of


def test_rulings_come_back_in_order_and_are_taken_back_from_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rulings = EventRulings(tmp_path)
    assert rulings.all() == []
    assert rulings.undo() is None
    assert not (tmp_path / FILE).exists(), "asking makes no file"
    first = rulings.say("name", ["b", "a", "b"], "  Lisbon \n with\x00 Anna ")
    monkeypatch.setattr("time.time", lambda: 0.0)  # a clock that was set back
    second = rulings.say("split", ["c"])
    assert rulings.all() == [first, second]
    assert (first.digests, first.name) == (("b", "a"), "Lisbon with Anna")
    assert EventRulings(tmp_path).undo() == second
    assert rulings.all() == [first]


@pytest.mark.parametrize(
    ("given", "kept"), [("", ""), ("<script>", "<script>"), ("é" * 500, "é" * (LONGEST_NAME // 2))]
)
def test_a_name_is_data(given: str, kept: str, tmp_path: Path) -> None:
    assert EventRulings(tmp_path).say("name", ["a"], given).name == kept


def test_what_is_no_ruling_is_refused(tmp_path: Path) -> None:
    rulings = EventRulings(tmp_path)
    with pytest.raises(SettingsError):
        rulings.say("join", [])
    with pytest.raises(SettingsError):
        rulings.say("delete", ["a"])  # type: ignore[arg-type]
    (tmp_path / FILE).write_bytes(b"no database" * 99)
    with pytest.raises(DecisionsUnreadable):
        rulings.all()


def test_a_long_event_is_named_by_some_of_its_photos() -> None:
    many = [str(n) for n in range(5000)]
    some = some_of(many)
    assert (len(some), some[0], some[-1]) == (MOST_PHOTOS, "0", "4999")
    assert some_of(["a"]) == ["a"]
