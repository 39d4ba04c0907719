from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from tests.galleries import cleanup, cluster, copies_of, photo

from unipic.photo import Measures, Unreadable
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


@pytest.mark.parametrize("tilt", [None, -2.5])
def test_measures_and_doubt_come_back(tilt: float | None) -> None:
    measures = Measures(0.1, 0.2, 0.3, 0.4, shake=0.5, highlights=0.6, shadows=0.7, tilt=tilt, cut=0.8, framing=0.9)
    told = (("wish", (1.5, -0.25)),)
    found = cleanup((replace(cluster(photo("a", measures=measures), photo("b")), certainty=0.625, columns=told),))
    (back,) = cleanup_from_dict(json.loads(json.dumps(cleanup_to_dict(found)))).clusters
    assert back.best.measures == measures
    assert (back.certainty, back.columns) == (0.625, told)


@pytest.mark.parametrize("rating", [None, -1, 0, 5])
def test_what_a_file_says_about_itself_comes_back(rating: int | None) -> None:
    told = photo("a", rating=rating, edited="Snapseed", quality=None if rating is None else 95, taken_by_camera=False)
    found = cleanup(singles=(told,))
    (back,) = cleanup_from_dict(json.loads(json.dumps(cleanup_to_dict(found)))).singles
    assert back == told
    assert (type(back.rating), type(back.quality), type(back.taken_by_camera)) == (
        type(rating),
        type(told.quality),
        bool,
    )


def test_a_record_from_before_a_fact_was_known_is_read() -> None:
    values = cleanup_to_dict(cleanup(singles=(photo("a", rating=3, edited="GIMP", quality=90),)))
    for name in ("rating", "edited", "quality", "taken_by_camera"):
        del values["photos"][0][name]
    assert cleanup_from_dict(values).singles == (photo("a"),)


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
