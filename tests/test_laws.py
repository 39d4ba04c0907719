"""The laws of the house, on galleries nobody thought of."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.helpers.accepted import accept_all
from tests.helpers.galleries import (
    bonds_over,
    compare_pair,
    films_in,
    galleries,
    rules_over,
    time_odds,
    tools,
    without_pictures,
)
from tests.helpers.pictures import PlainEncoder
from tests.helpers.recorded import cleanup_from_dict
from tests.safety.harness.amounts import amount

from unipic.cleanup.bonds import Bonds
from unipic.cleanup.evidence import Evidence
from unipic.cleanup.likeness import percent, points_evidence
from unipic.cleanup.record import cleanup_to_dict, evidence_from_dict, evidence_to_dict
from unipic.cleanup.result import Cleanup
from unipic.core.embeddings import Embeddings
from unipic.core.grouping import GROUPINGS
from unipic.core.photo import Gallery, Photo
from unipic.core.settings import Settings, Thresholds
from unipic.review.choices import NONE, Choice, Choices, accept, done, flip, kept
from unipic.review.journal import choice_from_dict, choice_to_dict
from unipic.review.ledger import report
from unipic.review.outcomes import outcomes
from unipic.review.proposal import Group, Proposal, propose
from utils import arrange, weigh

pytestmark = pytest.mark.slow

ROUNDING = 1e-3
many = settings(max_examples=amount(pr=50, nightly=1000))
each_grouping = st.sampled_from(sorted(GROUPINGS))
each_window = st.sampled_from((None, 2.0, 60.0))
Given = tuple[Gallery, Embeddings]


@pytest.fixture(autouse=True, scope="module")
def no_pictures() -> Iterator[None]:
    with without_pictures():
        yield


def evidence_in(gallery: Gallery, embeddings: Embeddings, **changes: Any) -> Evidence:
    return weigh(gallery, embeddings, tools(), Settings.of(workers=1, **changes), films=films_in(gallery))


def found_in(gallery: Gallery, embeddings: Embeddings, **changes: Any) -> Cleanup:
    return arrange(evidence_in(gallery, embeddings, **changes), Settings.of(workers=1, **changes).thresholds)


def is_identical(a: Photo, b: Photo) -> bool:
    return a.digest == b.digest or (a.content == b.content != "")


def beside(a: Photo, b: Photo, gallery: Gallery) -> bool:
    """The one, or a file identical to it, comes with the other as its original."""
    twins = {p.digest for p in gallery.photos if is_identical(p, a)}
    return any(file.role == "original" and file.digest in twins for file in b.companions)


def is_same(a: Photo, b: Photo, near: float = Thresholds().near) -> bool:
    return is_identical(a, b) or compare_pair(a, b).sameness >= near


def similarity(embeddings: Embeddings, a: Photo, b: Photo) -> float:
    """By the definition, of every pair."""
    if is_same(a, b):
        return 100.0
    row = {photo.id: i for i, photo in enumerate(embeddings.photos)}
    cosine = embeddings.vectors[row[a.id]].astype(np.float64) @ embeddings.vectors[row[b.id]].astype(np.float64)
    evidence = points_evidence(np.array(compare_pair(a, b).points)) + time_odds(a, b)
    return float(percent(PlainEncoder.calibration.odds(cosine) + evidence))


def taken_apart(bonds: Bonds, a: Photo, b: Photo) -> bool:
    """By the newest ruling that names both."""
    newest = [ruling for ruling in bonds.rulings if {a.digest, b.digest} <= ruling.digests][-1:]
    return any(not {a.digest, b.digest} <= set(part) for ruling in newest for part in ruling.parts if a.digest in part)


class Judge:
    """What the laws ask of a proposal, by the definitions and not by the code they are about."""

    def __init__(self, proposal: Proposal, embeddings: Embeddings, near: float = Thresholds().near) -> None:
        self.proposal, self.embeddings, self.near = proposal, embeddings, near
        self.copies = {photo.id: group for group in proposal.copies for photo in group.photos}
        self.shots = {photo.id: group for group in proposal.shots for photo in group.photos}
        self.clutter = {group.photos[0].id: group for group in proposal.clutter}

    def moment(self, photo: Photo) -> tuple[Photo, Group] | None:
        """The shot this is a file of, and the shots it is among."""
        files = self.copies[photo.id].photos if photo.id in self.copies else (photo,)
        return next(((file, self.shots[file.id]) for file in files if file.id in self.shots), None)

    def ticked_in(self, photo: Photo) -> list[Group]:
        """Every group whose ticks decide over this photo, or over what it may go for."""
        moment = self.moment(photo)
        files = (photo, *moment[1].photos) if moment else (photo,)
        alone = [self.clutter[photo.id]] if photo.id in self.clutter else []
        return alone + [self.copies[p.id] for p in files if p.id in self.copies] + ([moment[1]] if moment else [])

    def recommended(self, photo: Photo, choices: Choices) -> Photo:
        """The one photo for which this one goes as proposed: of its moment, or else of its copies."""
        moment = self.moment(photo)
        if moment and done(moment[1], choices) and moment[0].id not in moment[1].suggested:
            return self.face(moment[1].photos[0])
        return self.copies[photo.id].photos[0]

    def face(self, shot: Photo) -> Photo:
        """The file of a shot that is proposed to stay: itself, or by some rules a copy."""
        copies = self.copies.get(shot.id)
        return shot if copies is None or shot.id in copies.suggested else copies.photos[0]

    def nearest(self, a: Photo, b: Photo) -> float:
        """Directly, or of files with the very same pixels."""
        return max(similarity(self.embeddings, p, q) for p in self.twins(a) for q in self.twins(b))

    def alike(self, a: Photo, b: Photo) -> bool:
        """One picture if they are copies, one moment if they are shots."""
        if a.id in self.copies and b.id in self.copies[a.id].ids:
            gallery = self.proposal.cleanup.gallery
            same = any(is_same(p, q, self.near) for p in self.twins(a) for q in self.twins(b))
            return same or beside(a, b, gallery) or beside(b, a, gallery)
        return self.nearest(a, b) >= self.proposal.cleanup.similar - ROUNDING

    def twins(self, photo: Photo) -> list[Photo]:
        return [other for other in self.proposal.cleanup.gallery.photos if is_identical(other, photo)]

    def what_goes_unasked_goes_for_a_photo_like_it(self, choices: Choices) -> None:
        """Whatever is set aside where every tick is as proposed."""
        decided = outcomes(self.proposal, choices)
        stay = {outcome.file.id for outcome in decided if outcome.fate == "kept"}
        for outcome in decided:
            photo = outcome.file
            if outcome.fate != "set aside" or not isinstance(photo, Photo):
                assert not outcome.instead
            elif all(kept(group, choices) == group.suggested for group in self.ticked_in(photo)):
                first = self.recommended(photo, choices)
                assert first.id in stay
                assert first in outcome.instead
                assert self.alike(photo, first)


@given(galleries(), each_grouping)
@many
def test_every_file_has_exactly_one_place(given: Given, grouping: str) -> None:
    gallery, embeddings = given
    cleanup = found_in(gallery, embeddings, grouping=grouping)
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
        assert len(lane.reasons) == len(lane.warnings) == len(lane.copies) > 0
        for copy in lane.copies:
            twins = [p for p in cleanup.gallery.photos if p.digest == copy.digest or (p.content == copy.content != "")]
            if lane.kind == "exact":
                assert copy.digest == lane.keeper.digest
            elif lane.kind == "original":
                assert beside(copy, lane.keeper, cleanup.gallery)
            elif lane.kind == "pixels":
                assert copy.content == lane.keeper.content != ""
            else:
                assert any(compare_pair(lane.keeper, twin).sameness >= Thresholds().near for twin in twins)
                assert copy.comparable
                assert lane.keeper.comparable


@given(galleries(), each_grouping)
@many
def test_what_is_said_to_be_similar_is(given: Given, grouping: str) -> None:
    gallery, embeddings = given
    for cluster in found_in(gallery, embeddings, grouping=grouping).clusters:
        assert cluster.alike[0] == 100
        for photo, likeness in zip(cluster.photos[1:], cluster.alike[1:], strict=True):
            assert likeness <= similarity(embeddings, photo, cluster.best) + ROUNDING


@given(galleries(), each_grouping, st.data())
@many
def test_a_proposal_holds_what_was_found_and_nothing_else(given: Given, grouping: str, data: st.DataObject) -> None:
    cleanup = found_in(*given, grouping=grouping)
    rules = data.draw(rules_over(cleanup.gallery))
    proposal = propose(cleanup, rules)
    copies: defaultdict[str, set[str]] = defaultdict(set)
    for lane in cleanup.lanes:
        copies[lane.keeper.id] |= {lane.keeper.id, *(copy.id for copy in lane.copies)}
    assert {group.ids for group in proposal.copies} == set(map(frozenset, copies.values()))
    shots = {frozenset(photo.id for photo in cluster.photos) for cluster in cleanup.clusters}
    assert {group.ids for group in proposal.shots} == shots
    assert len(proposal.by_id) == len(proposal.groups)
    assert len(proposal.duplicates) == len(copies) + len(cleanup.clusters)
    grouped = {id for group in proposal.duplicates for id in group.ids}
    for group in proposal.clutter:
        assert len(group.photos) == 1
        assert group.suggested == group.ids, "nothing is proposed to go"
        assert not group.ids & grouped
        assert not rules.protects(group.photos[0])
    for group in proposal.duplicates:
        assert len(group.photos) == len(group.ids) == len(group.alike) == len(group.words) > 1
        assert group.protected == {photo.id for photo in group.photos if rules.protects(photo)}
        assert group.protected | {group.photos[0].id} <= group.suggested <= group.ids
        assert 0.5 <= group.certainty <= 1
        assert group.reason


@given(galleries(), st.data())
@many
def test_what_a_proposal_says_to_be_similar_is(given: Given, data: st.DataObject) -> None:
    """To the first of copies; of shots to that file of the first one that stays."""
    gallery, embeddings = given
    judge = Judge(propose(found_in(gallery, embeddings), data.draw(rules_over(gallery))), embeddings)
    for group in judge.proposal.duplicates:
        assert group.alike[0] == 100
        for photo, alike in zip(group.photos, group.alike, strict=True):
            first = group.photos[0] if group.lane != "similar" else judge.face(group.photos[0])
            assert alike is None or alike <= judge.nearest(photo, first) + ROUNDING


@given(galleries(), each_grouping, each_window, st.data())
@many
def test_what_is_not_recommended_is_directly_like_the_one_that_stays(
    given: Given, grouping: str, window: float | None, data: st.DataObject
) -> None:
    """Whatever a person prefers, avoids or protects."""
    gallery, embeddings = given
    cleanup = found_in(gallery, embeddings, grouping=grouping, time_window=window)
    proposal = propose(cleanup, data.draw(rules_over(gallery)))
    judge = Judge(proposal, embeddings)
    for choices in (NONE, accept_all(proposal)):
        judge.what_goes_unasked_goes_for_a_photo_like_it(choices)


@given(galleries(), st.data())
@many
def test_a_copy_with_somebody_s_work_in_it_stays_unless_the_person_says_so(given: Given, data: st.DataObject) -> None:
    proposal = propose(found_in(*given), data.draw(rules_over(given[0])))
    stay = {o.file.id for o in outcomes(proposal, accept_all(proposal)) if o.fate == "kept"}
    for group in proposal.copies:
        first, *copies = group.photos
        for copy in copies:
            if copy.digest != first.digest and (copy.rating or 0) > max(0, first.rating or 0):
                assert copy.id in stay


@given(galleries(), st.data())
@many
def test_nothing_that_came_with_a_copy_alone_goes_unless_the_person_says_so(given: Given, data: st.DataObject) -> None:
    """The film of a Live Photo is not lost because its still is there twice."""
    proposal = propose(found_in(*given), data.draw(rules_over(given[0])))
    for group in proposal.copies:
        there = {file.digest for file in group.photos[0].companions}
        for copy in group.photos[1:]:
            assert copy.id in group.suggested or {file.digest for file in copy.companions} <= there


@given(galleries(), st.data())
@many
def test_what_a_file_holds_goes_only_where_it_stays_in_another(given: Given, data: st.DataObject) -> None:
    """Or with the very bytes, as the original of an edit. Films and pages, and what people wrote."""
    proposal = propose(found_in(*given), data.draw(rules_over(given[0])))
    for choices in (NONE, accept(proposal.copies, NONE)):
        for outcome in outcomes(proposal, choices):
            if outcome.fate != "set aside" or not isinstance(outcome.file, Photo):
                continue
            there = {(e.kind, line) for p in outcome.instead for e in p.holds + p.told for line in e.value.split("\n")}
            extras = outcome.file.holds + outcome.file.told
            assert any(file.digest == outcome.file.digest for p in outcome.instead for file in p.files) or (
                {(extra.kind, line) for extra in extras for line in extra.value.split("\n")} <= there
            )


@given(galleries(), each_grouping, st.data())
@many
def test_what_was_taken_to_be_kept_together_is_not_thinned_unasked(
    given: Given, grouping: str, data: st.DataObject
) -> None:
    """Each shot of such a set stays, or a file with the very same picture does."""
    cleanup = found_in(*given, grouping=grouping)
    rules = data.draw(rules_over(given[0]))
    proposal = propose(cleanup, rules)
    decided = outcomes(proposal, accept_all(proposal))
    stay = [outcome.file for outcome in decided if outcome.fate == "kept" and isinstance(outcome.file, Photo)]
    members = [photo.id for one in cleanup.series for photo in one.photos]
    assert len(members) == len(set(members))
    for photo in (photo for one in cleanup.series if one.kind not in rules.thin for photo in one.photos):
        assert any(is_identical(photo, other) or beside(photo, other, cleanup.gallery) for other in stay)


@given(galleries(), st.randoms(use_true_random=False), each_grouping, st.sampled_from((None, 60.0)), st.data())
@many
def test_the_order_of_the_files_changes_nothing(
    given: Given, random: Any, grouping: str, window: float | None, data: st.DataObject
) -> None:
    gallery, embeddings = given
    shuffled = list(gallery.photos)
    random.shuffle(shuffled)
    how = {"grouping": grouping, "time_window": window}
    first = found_in(gallery, embeddings, **how)
    second = found_in(Gallery(tuple(shuffled), gallery.unreadable), embeddings.of(shuffled), **how)
    assert second.exact == first.exact
    assert second.near == first.near
    assert second.clusters == first.clusters
    assert set(second.singles) == set(first.singles)
    assert second.series == first.series
    rules = data.draw(rules_over(gallery))
    assert propose(second, rules).groups == propose(first, rules).groups


@given(galleries(), each_grouping, st.data())
@many
def test_what_a_person_said_earlier_breaks_no_law(given: Given, grouping: str, data: st.DataObject) -> None:
    """What was put together stays whole and is set aside only where it is alike, and what was kept apart is no copy."""
    gallery, embeddings = given
    evidence, bonds = evidence_in(*given), data.draw(bonds_over(gallery))
    cleanup = arrange(evidence, Thresholds(grouping=grouping), bonds)
    judge = Judge(propose(cleanup, data.draw(rules_over(gallery))), embeddings)
    for choices in (NONE, accept_all(judge.proposal)):
        judge.what_goes_unasked_goes_for_a_photo_like_it(choices)
    for lane in cleanup.near:
        for copy in lane.copies:
            twins = judge.twins(copy)
            assert any(not bonds.apart(lane.keeper, twin, moment=False) for twin in twins)
    copies = {copy.id for lane in cleanup.lanes for copy in lane.copies}
    for a, b in bonds.links([photo for photo in evidence.likeness.photos if photo.id not in copies]):
        assert judge.shots[a.id] is judge.shots[b.id]
    for group in judge.proposal.shots:
        for photo in group.photos[1:]:
            face = judge.face(group.photos[0])
            assert photo.id in group.suggested or not taken_apart(bonds, photo, face)


@given(galleries(), st.randoms(use_true_random=False), each_grouping, st.data())
@many
def test_with_what_a_person_said_too_the_order_of_the_files_changes_nothing(
    given: Given, random: Any, grouping: str, data: st.DataObject
) -> None:
    evidence, bonds, how = evidence_in(*given), data.draw(bonds_over(given[0])), Thresholds(grouping=grouping)
    shuffled = list(given[0].photos)
    random.shuffle(shuffled)
    again = evidence_in(Gallery(tuple(shuffled), given[0].unreadable), given[1].of(shuffled))
    assert propose(arrange(again, how, bonds)).groups == propose(arrange(evidence, how, bonds)).groups


@given(galleries())
@many
def test_a_cleanup_survives_json(given: Given) -> None:
    cleanup = found_in(*given)
    assert cleanup_from_dict(json.loads(json.dumps(cleanup_to_dict(cleanup)))) == cleanup


@given(galleries(), each_grouping, st.sampled_from((70.0, 90.0, 97.0)), st.sampled_from((20.0, 50.0, 90.0)), st.data())
@many
def test_evidence_survives_json_and_says_the_same(
    given: Given, grouping: str, similar: float, near: float, data: st.DataObject
) -> None:
    """Whatever thresholds and rules a person tries on it later."""
    evidence = evidence_in(*given)
    back = evidence_from_dict(json.loads(json.dumps(evidence_to_dict(evidence))))
    later = Thresholds(grouping=grouping, similar=similar, near=near)
    first, second = arrange(evidence, later), arrange(back, later)
    assert second == first
    rules = data.draw(rules_over(evidence.gallery))
    assert propose(second, rules).groups == propose(first, rules).groups


class Review(RuleBasedStateMachine):
    """Whatever a person clicks, in whatever order, by whatever rules and thresholds."""

    @initialize(given=galleries(most=12), data=st.data())
    def scan(self, given: Given, data: st.DataObject) -> None:
        self.gallery, self.embeddings = given
        self.evidence = evidence_in(*given)
        self.choices: dict[str, Choice] = {}
        self.rules = data.draw(rules_over(self.gallery))
        self.put_before_the_person(Thresholds())

    def put_before_the_person(self, thresholds: Thresholds) -> None:
        self.cleanup = arrange(self.evidence, thresholds)
        self.proposal = propose(self.cleanup, self.rules)
        self.judge = Judge(self.proposal, self.embeddings, thresholds.near)

    def some_groups(self, data: st.DataObject) -> list[Group]:
        groups = self.proposal.groups
        return data.draw(st.lists(st.sampled_from(groups), unique_by=lambda group: group.id)) if groups else []

    @rule(data=st.data())
    def flip(self, data: st.DataObject) -> None:
        for group in self.some_groups(data):
            photo = data.draw(st.sampled_from(group.photos))
            before = kept(group, self.choices)
            self.choices[group.id] = flip(group, self.choices, photo.id)
            assert kept(group, self.choices) == (before ^ {photo.id}) | group.protected
            again = flip(group, self.choices, photo.id)
            assert kept(group, {group.id: again}) == before

    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        groups = self.some_groups(data)
        before = [kept(group, self.choices) for group in groups]
        self.choices |= accept(groups, self.choices)
        assert [kept(group, self.choices) for group in groups] == before
        assert all(done(group, self.choices) for group in groups)

    @rule(data=st.data())
    def reopen(self, data: st.DataObject) -> None:
        """What was ticked stays ticked."""
        for group in self.some_groups(data):
            self.choices[group.id] = Choice(kept(group, self.choices))

    @rule(data=st.data(), decided=st.booleans())
    def tick(self, data: st.DataObject, decided: bool) -> None:
        for group in self.some_groups(data):
            ticked = data.draw(st.frozensets(st.sampled_from([*sorted(group.ids), "unknown"])))
            self.choices[group.id] = Choice(ticked, decided)

    @rule()
    def accept_all(self) -> None:
        self.choices = dict(accept_all(self.proposal, self.choices))

    @rule(ticked=st.frozensets(st.sampled_from(("000", "001", "unknown"))))
    def speak_of_a_group_that_is_not_there(self, ticked: frozenset[str]) -> None:
        before = outcomes(self.proposal, self.choices)
        self.choices["0" * 16] = Choice(ticked, done=True)
        assert outcomes(self.proposal, self.choices) == before

    @rule(data=st.data())
    def change_the_rules(self, data: st.DataObject) -> None:
        self.rules = data.draw(rules_over(self.gallery))
        self.proposal = propose(self.cleanup, self.rules)
        self.judge = Judge(self.proposal, self.embeddings, self.judge.near)

    @rule(similar=st.sampled_from((60.0, 90.0, 98.0)), near=st.sampled_from((10.0, 50.0, 80.0)), grouping=each_grouping)
    def change_the_thresholds(self, similar: float, near: float, grouping: str) -> None:
        """What was said of groups that are not there any more waits, should they come back."""
        self.put_before_the_person(Thresholds(similar=similar, near=near, grouping=grouping))

    @rule()
    def reload(self) -> None:
        lines = json.dumps({id: choice_to_dict(choice) for id, choice in self.choices.items()})
        assert {id: choice_from_dict(values) for id, values in json.loads(lines).items()} == self.choices

    @rule()
    def start_over(self) -> None:
        self.choices = {}

    @invariant()
    def every_file_has_one_outcome(self) -> None:
        files = (*self.gallery.photos, *self.gallery.unreadable)
        decided = outcomes(self.proposal, self.choices)
        assert [outcome.file for outcome in decided] == list(files)
        assert [outcome.fate == "unreadable" for outcome in decided] == [not isinstance(file, Photo) for file in files]

    @invariant()
    def what_goes_unasked_goes_for_a_photo_like_it(self) -> None:
        self.judge.what_goes_unasked_goes_for_a_photo_like_it(self.choices)

    @invariant()
    def a_protected_photo_is_never_set_aside(self) -> None:
        for outcome in outcomes(self.proposal, self.choices):
            if isinstance(outcome.file, Photo) and self.rules.protects(outcome.file):
                assert outcome.fate == "kept"

    @invariant()
    def shots_nobody_decided_about_all_stay(self) -> None:
        """Themselves, or in the one of their copies that stays."""
        stay = self.staying()
        for group in self.proposal.shots:
            if not done(group, self.choices):
                for photo in group.photos:
                    copies = self.judge.copies.get(photo.id)
                    if not copies or photo.id in kept(copies, self.choices):
                        assert photo.id in stay
                    elif kept(copies, self.choices) or not done(copies, self.choices):
                        assert copies.ids & stay

    @invariant()
    def what_is_ticked_stays(self) -> None:
        """Of shots that were decided each, itself or in a copy; of copies each, unless their shot was not chosen."""
        stay = self.staying()
        for group in self.proposal.shots:
            for photo in group.photos:
                copies = self.judge.copies.get(photo.id)
                chosen = not done(group, self.choices) or photo.id in kept(group, self.choices)
                if not copies:
                    assert (photo.id in stay) == chosen
                elif chosen:
                    assert kept(copies, self.choices) <= stay
                else:
                    extra = len(kept(copies, self.choices) - stay)
                    assert extra <= 1, "the shot itself; what was to stay besides stays"
        for group in self.proposal.copies:
            if not self.judge.moment(group.photos[0]):
                assert kept(group, self.choices) <= stay
                assert group.ids & stay or done(group, self.choices), "that nothing stays is said twice"

    @invariant()
    def what_is_named_instead_stays(self) -> None:
        stay = self.staying()
        decided = outcomes(self.proposal, self.choices)
        assert all(photo.id in stay for outcome in decided for photo in outcome.instead)

    @invariant()
    def the_report_adds_up(self) -> None:
        decided = outcomes(self.proposal, self.choices)
        aside = [outcome for outcome in decided if outcome.fate == "set aside"]
        summary = report(self.proposal, self.choices)
        assert summary == report(self.proposal, self.choices, decided)
        assert summary.before == summary.after + len(aside) == len(self.gallery.photos)
        assert summary.bytes_saved == sum(outcome.file.bytes for outcome in aside)
        assert 0 <= summary.agreed <= summary.reviewed <= summary.groups == len(self.cleanup.clusters)

    def staying(self) -> set[str]:
        return {outcome.file.id for outcome in outcomes(self.proposal, self.choices) if outcome.fate == "kept"}


Review.TestCase.settings = settings(max_examples=amount(pr=30, nightly=400), stateful_step_count=15)
TestReview = Review.TestCase
