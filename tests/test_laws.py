"""The laws of the house, on galleries nobody thought of."""

from __future__ import annotations

import json
from typing import Any

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.galleries import galleries, tools

from unipic.cleanup import Cleanup
from unipic.embeddings import Embeddings
from unipic.fingerprint import bits_apart
from unipic.photo import Gallery, Photo
from unipic.record import choices_from_dict, choices_to_dict, cleanup_from_dict, cleanup_to_dict
from unipic.review import Choices, accept_all, flip, outcomes, report, restore, see, suggest
from unipic.settings import Settings
from utils import find

NEAR, SIMILAR, BITS = 0.99, 0.9, 40
ROUNDING = 1e-5
many = settings(max_examples=150, deadline=None)


def found_in(gallery: Gallery, embeddings: Embeddings, window: float | None = None) -> Cleanup:
    return find(gallery, embeddings, tools(), Settings(near=NEAR, similar=SIMILAR, near_bits=BITS, time_window=window))


def cosine(embeddings: Embeddings, a: Photo, b: Photo) -> float:
    row = {photo.id: i for i, photo in enumerate(embeddings.photos)}
    return float(embeddings.vectors[row[a.id]].astype(np.float64) @ embeddings.vectors[row[b.id]].astype(np.float64))


@given(galleries())
@many
def test_every_file_has_exactly_one_place(given: tuple[Gallery, Embeddings]) -> None:
    gallery, embeddings = given
    cleanup = found_in(gallery, embeddings)
    places = [p.id for c in cleanup.clusters for p in c.photos] + [p.id for p in cleanup.singles]
    places += [copy.id for lane in cleanup.lanes for copy in lane.copies]
    assert sorted(places) == sorted(photo.id for photo in gallery.photos)
    assert cleanup.gallery == gallery


@given(galleries())
@many
def test_every_copy_is_directly_like_a_photo_that_stays(given: tuple[Gallery, Embeddings]) -> None:
    gallery, embeddings = given
    cleanup = found_in(gallery, embeddings)
    staying = {p.id for c in cleanup.clusters for p in c.photos} | {p.id for p in cleanup.singles}
    for lane in cleanup.lanes:
        assert lane.keeper.id in staying
        assert len(lane.reasons) == len(lane.copies) > 0
        for copy in lane.copies:
            if copy.digest == lane.keeper.digest:
                continue
            assert lane.kind != "exact"
            assert cosine(embeddings, copy, lane.keeper) >= (NEAR if lane.kind == "near" else SIMILAR) - ROUNDING
            limit = BITS if lane.kind == "near" else BITS // 2
            assert bits_apart(copy.fingerprint, lane.keeper.fingerprint) <= limit
            assert copy.comparable
            assert lane.keeper.comparable


@given(galleries(), st.sampled_from((None, 2.0, 60.0)))
@many
def test_a_photo_not_recommended_is_directly_like_the_one_that_stays(
    given: tuple[Gallery, Embeddings], window: float | None
) -> None:
    gallery, embeddings = given
    cleanup = found_in(gallery, embeddings, window)
    decided = outcomes(cleanup, accept_all(cleanup, suggest(cleanup)))
    kept = {outcome.file.id for outcome in decided if outcome.fate == "kept"}
    best = {cluster.best.id for cluster in cleanup.clusters}
    for outcome in decided:
        if outcome.fate == "set aside":
            assert outcome.instead
            assert {photo.id for photo in outcome.instead} <= kept
            assert isinstance(outcome.file, Photo)
            # Of a group the recommended shot counts, not another one that stays and happens to be alike.
            named = [photo for photo in outcome.instead if photo.id in best] or outcome.instead
            nearest = max(cosine(embeddings, outcome.file, photo) for photo in named)
            same_bytes = outcome.file.digest in {photo.digest for photo in outcome.instead}
            assert same_bytes or nearest >= SIMILAR - ROUNDING
        else:
            assert not outcome.instead


@given(galleries(), st.randoms(use_true_random=False), st.sampled_from((None, 60.0)))
@many
def test_the_order_of_the_files_changes_nothing(
    given: tuple[Gallery, Embeddings], random: Any, window: float | None
) -> None:
    gallery, embeddings = given
    shuffled = list(gallery.photos)
    random.shuffle(shuffled)
    first = found_in(gallery, embeddings, window)
    second = found_in(Gallery(tuple(shuffled), gallery.unreadable), embeddings.of(shuffled), window)
    assert second.exact == first.exact
    assert second.near == first.near
    assert second.clusters == first.clusters
    assert set(second.singles) == set(first.singles)
    assert suggest(second) == suggest(first)


@given(galleries())
@many
def test_a_cleanup_survives_json(given: tuple[Gallery, Embeddings]) -> None:
    cleanup = found_in(*given)
    assert cleanup_from_dict(json.loads(json.dumps(cleanup_to_dict(cleanup)))) == cleanup


class Review(RuleBasedStateMachine):
    """Whatever a person clicks, in whatever order."""

    @initialize(given=galleries(most=12))
    def scan(self, given: tuple[Gallery, Embeddings]) -> None:
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
