from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from tests.galleries import cleanup, cluster, copies_of, photo

from unipic.photo import Unreadable
from unipic.record import VERSION, choices_from_dict, choices_to_dict, cleanup_from_dict, cleanup_to_dict
from unipic.review import Choices

TAKEN = datetime(2024, 6, 12, 18, 3, 5, 250000, timezone(timedelta(hours=5, minutes=45)))
FULL = cleanup(
    (cluster(photo("a", taken=TAKEN, place=(38.7, -9.1), camera="Box"), photo("b", name="\udcff\x1b[31m.jpg")),),
    (photo("c", taken=datetime(2024, 6, 12), note="first of 4 frames"),),
    unreadable=(Unreadable("u", "notes.txt", "/x", "is empty (0 bytes)", 0, copyable=False),),
)


def test_a_cleanup_comes_back_equal() -> None:
    text = json.dumps(cleanup_to_dict(FULL))
    assert text.isascii()
    assert cleanup_from_dict(json.loads(text)) == FULL


def test_sets_come_back_equal() -> None:
    a, b, c, d = (photo(name) for name in "abcd")
    found = cleanup(singles=(a,), exact=(copies_of(a, b), copies_of(a, c, kind="rendition")), near=(copies_of(a, d),))
    assert cleanup_from_dict(json.loads(json.dumps(cleanup_to_dict(found)))) == found


def test_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match=f"version 99, this program reads {VERSION}"):
        cleanup_from_dict({**cleanup_to_dict(FULL), "version": 99})


def test_a_record_that_breaks_a_law_is_refused() -> None:
    with pytest.raises(ValueError, match="no place"):
        cleanup_from_dict({**cleanup_to_dict(FULL), "singles": []})


def test_choices_come_back_equal_and_in_an_order_of_their_own() -> None:
    choices = Choices(frozenset("cab"), frozenset({"z"}), frozenset({3, 1}))
    plain = json.loads(json.dumps(choices_to_dict(choices)))
    assert plain == {"discarded": ["a", "b", "c"], "restored": ["z"], "seen": [1, 3]}
    assert choices_from_dict(plain) == choices
