import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from tests.helpers.accepted import accept_all
from tests.helpers.galleries import cleanup, cluster, copies_of, likeness, photo
from tests.helpers.recorded import cleanup_from_dict

from unipic.cleanup.evidence import Evidence
from unipic.cleanup.record import VERSION, cleanup_to_dict, evidence_from_dict, evidence_to_dict
from unipic.core.photo import Gallery, Measures, Unreadable
from unipic.review.ledger import result_to_dict
from unipic.review.proposal import propose

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


A, B, C = FULL.gallery.photos
EVIDENCE = Evidence(
    FULL.gallery,
    likeness([C, A, B], {"c a": 12.5, "a b": 100 / 3}, {"a b": 62.5}),
    "an encoder",
    "a ranker",
    {"sharpness": 0.1, "wish": 1 / 3},
    {"wish": {"a": 1.5, "b": -0.25}},
    ("A notice.",),
    ranked=False,
    first_seen={A.digest: 1718215385.25},
)


def back(evidence: Evidence) -> Evidence:
    text = json.dumps(evidence_to_dict(evidence))
    assert text.isascii()
    return evidence_from_dict(json.loads(text))


def test_evidence_comes_back_equal() -> None:
    again = back(EVIDENCE)
    for name in ("gallery", "encoder", "ranker", "weights", "scores", "notices", "ranked", "first_seen"):
        assert getattr(again, name) == getattr(EVIDENCE, name), name
    pairs = again.likeness
    assert pairs.photos == (C, A, B)
    assert (pairs.similar(A, B), pairs.same(A, B), pairs.said(B, A)) == (100 / 3, 62.5, "a b agree")
    assert (pairs.similar(C, A), pairs.same(C, A), pairs.similar(C, B)) == (12.5, 0.0, 0.0)
    for name in ("first", "second", "similarity", "sameness"):
        mine, theirs = getattr(pairs, name), getattr(EVIDENCE.likeness, name)
        assert (mine.tolist(), mine.dtype) == (theirs.tolist(), theirs.dtype)


def test_evidence_of_nothing_comes_back() -> None:
    nothing = back(Evidence(Gallery(()), likeness([], {}), "", "", {}))
    assert nothing.gallery == Gallery(())
    assert nothing.likeness.photos == ()
    assert nothing.likeness.of([]).first.tolist() == []
    assert nothing.ranked


def test_evidence_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match=f"version 99, this program reads {VERSION}"):
        evidence_from_dict({**evidence_to_dict(EVIDENCE), "version": 99})


def test_the_result_is_the_fate_of_each_file_with_the_figures() -> None:
    proposal = propose(FULL)
    result = json.loads(json.dumps(result_to_dict(proposal, accept_all(proposal))))
    assert result["report"]["before"] == 3
    assert result["report"]["after"] == 2
    assert result["report"]["agreement"] == 1.0
    assert [(file["name"], file["fate"], file["instead"]) for file in result["files"]] == [
        ("a.jpg", "kept", []),
        (B.name, "set aside", ["a.jpg"]),
        ("c.jpg", "kept", []),
        ("notes.txt", "unreadable", []),
    ]
    assert all(isinstance(file["reason"], str) and file["reason"] for file in result["files"])
    assert cleanup_from_dict(result["cleanup"]) == FULL
