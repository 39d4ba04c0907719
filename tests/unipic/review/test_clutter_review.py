"""Clutter in a review: it stays, until a person decides about that one photo; and that says nothing of any other."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.helpers.desks import desk_of, evidence, opened, scanned, three
from tests.helpers.galleries import photo

from unipic.cleanup.evidence import Evidence
from unipic.cleanup.result import Clutter
from unipic.library.decisions import Catalogue
from unipic.library.marks import Marks
from unipic.review.choices import accept, best_only
from unipic.review.desk import Desk, NotUnderstood
from unipic.review.ledger import decided_by, result_to_dict
from unipic.review.outcomes import NO_TWIN, outcomes
from unipic.review.rules import Rules


def with_clutter(found: Evidence, *ids: str) -> Evidence:
    lone = [one for one in found.gallery.photos if one.id in ids]
    return replace(found, clutter=tuple(Clutter(one, "blurred", "Blurred: sharpness 0.10 of 1.", 0.9) for one in lone))


def gone(desk: Desk) -> str:
    return "".join(sorted(o.file.name[0] for o in desk.outcomes("verified") if o.fate == "set aside"))


def lane(desk: Desk) -> list[str]:
    return [group.id for group in desk.proposal.clutter]


def test_nothing_goes_by_itself(tmp_path: Path) -> None:
    """Whatever is accepted or left to the suggestions; and a photo among others is decided there."""
    desk = desk_of(tmp_path, with_clutter(three(), "a", "d"))
    (group,) = desk.proposal.clutter
    assert [one.id for one in group.photos] == ["d"]
    assert (group.suggested, group.headline) == ({"d"}, "Blurred: sharpness 0.10 of 1.")
    for choices in ({}, accept(desk.proposal.groups, {}), best_only(desk.proposal.groups)):
        fates = {outcome.file.id: outcome for outcome in outcomes(desk.proposal, choices)}
        assert fates["d"].fate == "kept"
        assert "Blurred: sharpness 0.10" in fates["d"].reason
    told = result_to_dict(desk.proposal, {})
    assert [(one["name"], one["kind"]) for one in told["clutter"]] == [("d.jpg", "blurred")]


def test_a_decision_is_about_one_photo_is_undone_and_is_remembered(tmp_path: Path) -> None:
    found = with_clutter(three(), "d")
    desk = desk_of(tmp_path, found)
    desk.set_aside("step-1", lane(desk))
    assert gone(desk) == "d"
    (outcome,) = (one for one in desk.outcomes() if one.fate == "set aside")
    assert (outcome.instead, decided_by(outcome)) == ((), "you")
    assert outcome.reason.startswith(NO_TWIN)
    (ruling,) = Catalogue(tmp_path).all()
    assert (ruling.alone, ruling.kept, ruling.names) == (True, (), ("d.jpg",))
    later = desk_of(tmp_path, found)
    assert gone(later) == "d"
    assert later.choices[lane(later)[0]].remembered
    desk.take_back("step-2")
    assert (gone(desk), Catalogue(tmp_path).all()) == ("", [])
    desk.take_back("step-3", forward=True)
    assert gone(desk) == "d"
    desk.reopen("step-4", lane(desk))
    assert gone(desk) == ""


def test_what_was_set_aside_stays_once_it_is_no_clutter_or_not_alone(tmp_path: Path) -> None:
    """A copy that came later makes a group of its own, which nobody has decided."""
    found = with_clutter(three(), "d")
    desk = desk_of(tmp_path, found)
    desk.set_aside("step-1", lane(desk))
    assert gone(desk_of(tmp_path, replace(found, clutter=()))) == ""
    d = next(one for one in found.gallery.photos if one.id == "d")
    twins = evidence([*found.gallery.photos, replace(d, id="e", name="e.jpg")], {"a b": 95.0, "a c": 95.0, "b c": 95.0})
    later = desk_of(tmp_path, with_clutter(twins, "d", "e"))
    assert lane(later) == []
    assert gone(later) in ("d", "e"), "one of two identical files stays"
    assert [len(group.photos) for group in later.proposal.copies] == [2]
    assert not later.choices


def test_favourites_and_protected_folders_are_in_no_lane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path))
    run = scanned(tmp_path, with_clutter(three(), "d"))
    desk = opened(tmp_path, run)
    assert len(lane(desk)) == 1
    digest = desk.proposal.clutter[0].photos[0].digest
    before = Marks(tmp_path).favourites_state()
    Marks(tmp_path).favourite([digest])
    assert lane(opened(tmp_path, run)) == []
    assert Marks(tmp_path).favourites_state() != before
    album = evidence([photo("d", name="album/d.jpg")], {})
    guarded = desk_of(tmp_path / "other", with_clutter(album, "d"))
    guarded.set_rules("step-1", Rules(protect=("album",)))
    assert lane(guarded) == []


def test_lanes_and_groups_are_not_mixed(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, with_clutter(three(), "d"))
    (shots,) = desk.proposal.shots
    with pytest.raises(NotUnderstood):
        desk.set_aside("step-1", [shots.id, *lane(desk)])
    with pytest.raises(NotUnderstood):
        desk.merge("step-2", [shots.id, *lane(desk)])
    with pytest.raises(NotUnderstood):
        desk.split("step-3", lane(desk)[0], ["d"])
    desk.apart("step-4", lane(desk)[0])
    assert gone(desk) == ""
