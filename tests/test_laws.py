"""The laws of the house, on galleries nobody thought of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.galleries import galleries, tools
from tests.pictures import PlainEncoder

from unipic.cleanup import Cleanup
from unipic.embeddings import Embeddings
from unipic.fingerprint import bits_apart
from unipic.likeness import percent, points_evidence, time_evidence
from unipic.photo import Gallery, Photo
from unipic.record import choices_from_dict, choices_to_dict, cleanup_from_dict, cleanup_to_dict
from unipic.review import Choices, accept_all, flip, outcomes, report, restore, see, suggest
from unipic.settings import Settings
from unipic.stages import compare
from unipic.stages.compare import Look, other_shot
from unipic.stages.grouping import RULES
from utils import find

ROUNDING = 1e-3
many = settings(max_examples=150, deadline=None)
each_rule = st.sampled_from(sorted(RULES))
Given = tuple[Gallery, Embeddings]


def look(a: Photo, b: Photo, *_: object) -> Look:
    """What laying one on the other would find, by their hashes: there are no pictures here."""
    apart = bits_apart(a.fingerprint, b.fingerprint)
    points = max(0, 60 - apart)
    return Look(points) if other_shot(a, b) or apart > 25 else Look(points, 100.0 - 2 * apart, f"{apart} bits differ")


@pytest.fixture(autouse=True, scope="module")
def without_pictures() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compare, "look", look)
        yield


def found_in(gallery: Gallery, embeddings: Embeddings, **changes: Any) -> Cleanup:
    return find(gallery, embeddings, tools(), Settings(workers=1, **changes))


def is_same(a: Photo, b: Photo) -> bool:
    return a.digest == b.digest or (a.content == b.content != "") or look(a, b).sameness >= Settings().near


def similarity(embeddings: Embeddings, a: Photo, b: Photo) -> float:
    """By the definition, of every pair."""
    if is_same(a, b):
        return 100.0
    row = {photo.id: i for i, photo in enumerate(embeddings.photos)}
    cosine = embeddings.vectors[row[a.id]].astype(np.float64) @ embeddings.vectors[row[b.id]].astype(np.float64)
    evidence = points_evidence(np.array(look(a, b).points)) + time_evidence(a, b)
    return float(percent(PlainEncoder.calibration.odds(cosine) + evidence))


@given(galleries(), each_rule)
@many
def test_every_file_has_exactly_one_place(given: Given, rule: str) -> None:
    gallery, embeddings = given
    cleanup = found_in(gallery, embeddings, grouping=rule)
    places = [p.id for c in cleanup.clusters for p in c.photos] + [p.id for p in cleanup.singles]
    places += [copy.id for lane in cleanup.lanes for copy in lane.copies]
    assert sorted(places) == sorted(photo.id for photo in gallery.photos)
    assert cleanup.gallery == gallery


@given(galleries())
@many
def test_every_copy_is_directly_like_a_photo_that_stays(given: Given) -> None:
    """Or in its very pixels like one that is."""
    cleanup = found_in(*given)
    staying = {p.id for c in cleanup.clusters for p in c.photos} | {p.id for p in cleanup.singles}
    for lane in cleanup.lanes:
        assert lane.keeper.id in staying
        assert len(lane.reasons) == len(lane.looks) == len(lane.copies) > 0
        for copy in lane.copies:
            twins = [p for p in cleanup.gallery.photos if p.digest == copy.digest or (p.content == copy.content != "")]
            if lane.kind == "exact":
                assert copy.digest == lane.keeper.digest
            elif lane.kind == "pixels":
                assert copy.content == lane.keeper.content != ""
            else:
                assert any(look(lane.keeper, twin).sameness >= Settings().near for twin in twins)
                assert copy.comparable
                assert lane.keeper.comparable


@given(galleries(), each_rule, st.sampled_from((None, 2.0, 60.0)))
@many
def test_a_photo_not_recommended_is_directly_like_the_one_that_stays(
    given: Given, rule: str, window: float | None
) -> None:
    gallery, embeddings = given
    cleanup = found_in(gallery, embeddings, grouping=rule, time_window=window)
    decided = outcomes(cleanup, accept_all(cleanup, suggest(cleanup)))
    kept = {outcome.file.id for outcome in decided if outcome.fate == "kept"}
    best = {cluster.best.id for cluster in cleanup.clusters}
    for outcome in decided:
        if outcome.fate == "set aside":
            assert outcome.instead
            assert {photo.id for photo in outcome.instead} <= kept
            photo = outcome.file
            assert isinstance(photo, Photo)
            # Of a group the recommended shot counts, not another one that stays and happens to be alike.
            named = [other for other in outcome.instead if other.id in best] or outcome.instead
            twins = [p for p in gallery.photos if p.id == photo.id or is_same(p, photo)]
            nearest = max(similarity(embeddings, twin, other) for twin in twins for other in named)
            assert nearest >= Settings().similar - ROUNDING
        else:
            assert not outcome.instead


@given(galleries(), each_rule)
@many
def test_what_is_said_to_be_similar_is(given: Given, rule: str) -> None:
    gallery, embeddings = given
    for cluster in found_in(gallery, embeddings, grouping=rule).clusters:
        assert cluster.alike[0] == 100
        for photo, likeness in zip(cluster.photos[1:], cluster.alike[1:], strict=True):
            assert likeness <= similarity(embeddings, photo, cluster.best) + ROUNDING


@given(galleries())
@many
def test_a_copy_with_somebody_s_work_in_it_stays_unless_the_person_says_so(given: Given) -> None:
    cleanup = found_in(*given)
    kept = {o.file.id for o in outcomes(cleanup, accept_all(cleanup, suggest(cleanup))) if o.fate == "kept"}
    for lane in cleanup.lanes:
        for copy in lane.copies:
            if copy.digest != lane.keeper.digest and (copy.rating or 0) > max(0, lane.keeper.rating or 0):
                assert copy.id in kept


@given(galleries(), st.randoms(use_true_random=False), each_rule, st.sampled_from((None, 60.0)))
@many
def test_the_order_of_the_files_changes_nothing(given: Given, random: Any, rule: str, window: float | None) -> None:
    gallery, embeddings = given
    shuffled = list(gallery.photos)
    random.shuffle(shuffled)
    how = {"grouping": rule, "time_window": window}
    first = found_in(gallery, embeddings, **how)
    second = found_in(Gallery(tuple(shuffled), gallery.unreadable), embeddings.of(shuffled), **how)
    assert second.exact == first.exact
    assert second.near == first.near
    assert second.clusters == first.clusters
    assert set(second.singles) == set(first.singles)
    assert suggest(second) == suggest(first)


@given(galleries())
@many
def test_a_cleanup_survives_json(given: Given) -> None:
    cleanup = found_in(*given)
    assert cleanup_from_dict(json.loads(json.dumps(cleanup_to_dict(cleanup)))) == cleanup


class Review(RuleBasedStateMachine):
    """Whatever a person clicks, in whatever order."""

    @initialize(given=galleries(most=12))
    def scan(self, given: Given) -> None:
        self.cleanup = found_in(*given)
        self.choices = suggest(self.cleanup)
        self.ids = [photo.id for photo in self.cleanup.gallery.photos] + ["unknown"]

    @rule(data=st.data())
    def flip(self, data: st.DataObject) -> None:
        photo_id = data.draw(st.sampled_from(self.ids))
        once = flip(self.choices, photo_id)
        assert flip(once, photo_id) == self.choices
        self.choices = once

    @rule(data=st.data(), back=st.booleans())
    def restore(self, data: st.DataObject, back: bool) -> None:
        self.choices = restore(self.choices, data.draw(st.lists(st.sampled_from(self.ids), max_size=3)), back)

    @rule(group=st.integers(-2, 8))
    def see(self, group: int) -> None:
        self.choices = see(self.choices, group)

    @rule()
    def reload(self) -> None:
        assert choices_from_dict(json.loads(json.dumps(choices_to_dict(self.choices)))) == self.choices

    @rule()
    def start_over(self) -> None:
        self.choices = Choices()

    @invariant()
    def every_file_has_one_outcome(self) -> None:
        files = (*self.cleanup.gallery.photos, *self.cleanup.gallery.unreadable)
        assert [outcome.file for outcome in outcomes(self.cleanup, self.choices)] == list(files)

    @invariant()
    def only_copies_and_shots_of_groups_that_were_seen_are_set_aside(self) -> None:
        seen = {
            photo.id
            for place, cluster in enumerate(self.cleanup.clusters)
            if place in self.choices.seen
            for photo in cluster.photos
        }
        copies = {copy.id for lane in self.cleanup.lanes for copy in lane.copies}
        for outcome in outcomes(self.cleanup, self.choices):
            if outcome.fate == "set aside":
                assert outcome.file.id in (seen & self.choices.discarded) | (copies - self.choices.restored)
            if outcome.file.id in self.choices.restored & copies:
                assert outcome.fate == "kept"

    @invariant()
    def what_is_named_instead_stays(self) -> None:
        decided = outcomes(self.cleanup, self.choices)
        kept = {outcome.file.id for outcome in decided if outcome.fate == "kept"}
        assert all(photo.id in kept for outcome in decided for photo in outcome.instead)

    @invariant()
    def the_report_adds_up(self) -> None:
        decided = outcomes(self.cleanup, self.choices)
        aside = [outcome for outcome in decided if outcome.fate == "set aside"]
        summary = report(self.cleanup, self.choices)
        assert summary.before == summary.after + len(aside) == len(self.cleanup.gallery.photos)
        assert summary.bytes_saved == sum(outcome.file.size for outcome in aside)
        assert 0 <= summary.agreed <= summary.reviewed <= summary.groups


Review.TestCase.settings = settings(max_examples=50, stateful_step_count=15, deadline=None)
TestReview = Review.TestCase
