from dataclasses import replace

import pytest
from tests.helpers.accepted import accept_all
from tests.helpers.galleries import cleanup, cluster, copies_of, photo

from unipic.core.photo import Unreadable
from unipic.library.decisions import Ruling
from unipic.review.choices import NONE, Choice, Choices, accept, done, flip, kept, recalled
from unipic.review.ledger import report
from unipic.review.outcomes import Outcome, outcomes
from unipic.review.proposal import Group, Proposal, propose
from unipic.review.rules import Rules

A, B, C, D, E, F, G = (photo(name, size=10**i) for i, name in enumerate("abcdefg"))
D = replace(D, digest=B.digest)
BROKEN = Unreadable("u", "notes.txt", "/x", "is empty (0 bytes)")
# a, b and c are one moment, c is not directly like a; d is b again, e is f in other bytes.
FOUND = propose(
    cleanup(
        (cluster(A, B, C, alike=(100.0, 95.0, 85.0)),),
        (F, G),
        exact=(copies_of(B, D),),
        near=(copies_of(F, E, kind="near"),),
        unreadable=(BROKEN,),
    )
)
SHOTS = FOUND.shots[0]
OF_B, OF_F = FOUND.copies


def by_id(choices: Choices, proposal: Proposal = FOUND) -> dict[str, Outcome]:
    return {outcome.file.id: outcome for outcome in outcomes(proposal, choices)}


def stay(choices: Choices, proposal: Proposal = FOUND) -> str:
    return "".join(sorted(i for i, outcome in by_id(choices, proposal).items() if outcome.fate == "kept"))


def said(group: Group, ids: str, decided: bool = True) -> dict[str, Choice]:
    """What a person ticked in a group."""
    return {group.id: Choice(frozenset(ids), decided)}


ACCEPTED = accept([SHOTS], NONE)


def test_only_shots_directly_like_the_best_are_suggested_to_go() -> None:
    assert SHOTS.suggested == set("ac")
    assert kept(SHOTS, NONE) == set("ac")
    assert not done(SHOTS, NONE)


def test_a_group_nobody_decided_about_keeps_everything() -> None:
    assert stay(NONE) == "abcfg"
    assert by_id(NONE)["b"].reason == "among similar shots, not reviewed yet"
    assert stay(said(SHOTS, "", decided=False)) == "abcfg"


def test_a_group_that_was_decided_goes_as_ticked_and_copies_go_along() -> None:
    decided = by_id(ACCEPTED)
    assert stay(ACCEPTED) == "acfg"
    assert decided["b"].reason == "not chosen among similar shots (similarity to the best 95 of 100)"
    assert decided["b"].instead == (A, C)
    assert decided["d"].reason == "exact copy of b.jpg; the shot it is a copy of was not chosen"
    assert decided["d"].instead == (A, C)
    assert decided["e"].instead == (F,)
    assert (decided["u"].fate, decided["u"].reason) == ("unreadable", "is empty (0 bytes)")


def test_copies_go_without_a_word_and_what_stays_of_them_says_so() -> None:
    decided = by_id(NONE)
    assert (decided["e"].fate, decided["e"].reason) == ("set aside", "near copy of f.jpg")
    assert decided["f"].reason == "the best of its copies: more bytes (100,000 against 10,000)"


def test_a_copy_taken_back_stays_even_where_its_shot_goes() -> None:
    decided = by_id({**ACCEPTED, **said(OF_B, "bd", decided=False)})
    assert (decided["d"].fate, decided["d"].reason) == ("kept", "also kept; exact copy of b.jpg")
    assert decided["b"].fate == "set aside"
    assert stay({**said(OF_F, "ef"), **ACCEPTED}) == "acefg"


def test_another_copy_than_the_proposed_one_may_stay_and_stands_for_the_shot() -> None:
    """All others of the moment go for it."""
    only_b = {**said(SHOTS, "b"), **said(OF_B, "d")}
    assert stay(only_b) == "dfg"
    decided = by_id(only_b)
    assert decided["b"].instead == decided["a"].instead == decided["c"].instead == (D,)
    assert stay({**ACCEPTED, **said(OF_B, "d")}) == "acfg", "its shot goes, and the copy is that shot"


RATED = propose(
    cleanup(
        (cluster(A, B),),
        (F,),
        exact=(copies_of(B, replace(D, digest="d" * 64, content=B.digest, rating=5), kind="pixels"),),
        near=(copies_of(F, replace(E, edited="Snapseed"), G, kind="near"),),
    )
)


def test_copies_that_a_person_would_miss_are_kept_unless_told_otherwise() -> None:
    assert [group.suggested for group in RATED.copies] == [set("bd"), set("ef")]
    decided = by_id(accept(RATED.shots, NONE), RATED)
    assert [decided[name].fate for name in "bdeg"] == ["set aside", "kept", "kept", "set aside"]
    assert decided["e"].reason == "edited with Snapseed; near copy of f.jpg"
    assert decided["d"].reason == "rated 5 stars; pixels copy of b.jpg"
    assert decided["d"].instead == decided["e"].instead == ()
    of_b, of_f = RATED.copies
    away = {**accept(RATED.shots, NONE), **said(of_b, "b"), **said(of_f, "f")}
    decided = by_id(away, RATED)
    assert decided["e"].instead == (F,)
    assert decided["d"].instead == (A,)
    assert decided["d"].reason == "rated 5 stars; pixels copy of b.jpg; the shot it is a copy of was not chosen"


def test_stars_count_in_a_file_with_the_same_pixels_too() -> None:
    """The picture is the same, the work in the file is not."""
    a, b = photo("a", content="c"), photo("b", content="c", rating=5)
    (group,) = propose(cleanup(singles=(a,), exact=(copies_of(a, b, kind="pixels"),))).groups
    assert group.suggested == {"a", "b"}
    assert group.doubt == "one copy is rated 5 stars"


def test_a_look_does_not_count_as_an_opinion_on_a_group() -> None:
    assert report(RATED).reviewed == 0
    assert report(RATED).after == 5


def test_the_limit_of_similarity_belongs_to_what_is_suggested() -> None:
    at_the_limit = propose(cleanup((cluster(A, B, C, alike=(100.0, 90.0, 89.9)),), similar=90.0))
    assert at_the_limit.shots[0].suggested == set("ac")


def test_a_person_may_keep_none_of_a_group() -> None:
    nothing = said(SHOTS, "")
    assert stay(nothing) == "fg"
    assert by_id(nothing)["d"].instead == ()
    assert by_id(nothing)["a"].reason == "not chosen among similar shots"


def test_that_no_copy_stays_has_to_be_decided() -> None:
    assert stay(said(OF_F, "", decided=False)) == "abcfg"
    nothing = said(OF_F, "")
    assert stay(nothing) == "abcg"
    assert by_id(nothing)["f"].instead == by_id(nothing)["e"].instead == ()


@pytest.mark.parametrize("decided", [True, False])
def test_a_tick_on_what_is_not_in_the_group_does_nothing(decided: bool) -> None:
    assert kept(SHOTS, said(SHOTS, "acfgu", decided)) == set("ac")
    assert flip(SHOTS, NONE, "f") == Choice(SHOTS.suggested)


def test_what_is_said_of_a_group_that_is_not_there_does_nothing() -> None:
    elsewhere = {"0" * 16: Choice(frozenset(), done=True)}
    assert outcomes(FOUND, elsewhere) == outcomes(FOUND)
    assert report(FOUND, elsewhere) == report(FOUND)


def test_flip_and_back() -> None:
    once = flip(SHOTS, NONE, "c")
    assert once == Choice(frozenset("a"))
    assert flip(SHOTS, {SHOTS.id: once}, "c") == Choice(SHOTS.suggested)


def test_a_group_that_is_ticked_anew_is_decided_no_more() -> None:
    assert not flip(SHOTS, ACCEPTED, "b").done


def test_accepting_leaves_the_ticks_as_they_are() -> None:
    ticked = said(SHOTS, "b", decided=False)
    assert accept([SHOTS], ticked) == said(SHOTS, "b")
    assert accept_all(FOUND, ticked) == {
        **said(SHOTS, "b"),
        **{group.id: Choice(group.suggested, done=True) for group in FOUND.copies},
    }


def in_album(*names: str) -> Proposal:
    """The same gallery with some photos in a protected folder."""
    a, b, c, d, e, f, g = (
        replace(one, name=f"album/{one.name}") if one.id in names else one for one in (A, B, C, D, E, F, G)
    )
    found = cleanup(
        (cluster(a, b, c, alike=(100.0, 95.0, 85.0)),),
        (f, g),
        exact=(copies_of(b, d),),
        near=(copies_of(f, e, kind="near"),),
    )
    return propose(found, Rules(protect=("album",)))


@pytest.mark.parametrize("name", "abcdefg")
def test_what_is_protected_stays_whatever_is_said(name: str) -> None:
    proposal = in_album(name)
    nothing = {group.id: Choice(frozenset(), done=True) for group in proposal.groups}
    for choices in (NONE, accept_all(proposal), nothing):
        assert name in stay(choices, proposal)
    assert stay(nothing, proposal) == "".join(sorted({name, "g"}))
    reason = by_id(nothing, proposal)[name].reason
    assert reason == ("like no other photo" if name == "g" else "in a protected folder")


def test_a_protected_copy_stays_where_its_shot_goes_and_is_no_shot_of_its_own() -> None:
    proposal = in_album("d")
    (shots,) = proposal.shots
    assert [one.id for one in shots.photos][:1] == ["b"], "the shot with a protected file goes first"
    only_c = said(shots, "c")
    assert stay(only_c, proposal) == "cdfg"
    assert by_id(only_c, proposal)["b"].instead == (C,)


def test_everything_set_aside_counts_as_saved_copies_too() -> None:
    summary = report(FOUND, ACCEPTED)
    assert (summary.before, summary.after, summary.unreadable) == (7, 4, 1)
    assert summary.bytes_saved == B.size + D.size + E.size
    assert report(FOUND, ACCEPTED, outcomes(FOUND, ACCEPTED)) == summary


def test_agreement_is_keeping_the_recommended_shot_and_dropping_another() -> None:
    assert report(FOUND, ACCEPTED).agreement == 1.0
    assert report(FOUND, accept_all(FOUND)).reviewed == 1, "of groups of shots; copies are no opinion"


def test_keeping_everything_is_no_agreement() -> None:
    assert report(FOUND, said(SHOTS, "abc")).agreement == 0.0


def test_choosing_another_shot_is_no_agreement() -> None:
    assert report(FOUND, said(SHOTS, "bc")).agreement == 0.0
    assert report(FOUND, said(SHOTS, "")).agreement == 0.0


def test_where_nothing_was_reviewed_there_is_no_agreement_to_speak_of() -> None:
    assert report(FOUND).agreement is None
    alone = propose(cleanup(singles=(A,)))
    assert accept_all(alone) == {}
    assert report(alone).agreement is None


def test_every_group_can_be_decided() -> None:
    two = propose(cleanup((cluster(A, B), cluster(C, E))))
    choices = accept_all(two)
    assert all(done(group, choices) for group in two.groups)
    assert report(two, choices).reviewed == 2


# What was decided earlier


def ruling(ids: str, keep: str | None, moment: bool = True, at: float = 1.0) -> Ruling:
    digest = {one.id: one.digest for one in FOUND.cleanup.gallery.photos}
    stays = None if keep is None else tuple(digest[id] for id in keep)
    return Ruling(f"{ids}-{keep}", at, (tuple(digest[id] for id in ids),), stays, moment)


def test_what_was_decided_earlier_is_decided_again() -> None:
    found = recalled(FOUND.groups, [ruling("abc", "b"), ruling("ef", "e", moment=False)], {"abc-b"})
    assert found == {
        SHOTS.id: Choice(frozenset("b"), done=True, remembered=True),
        OF_F.id: Choice(frozenset("e"), done=True, remembered=False),
    }


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(ruling("ab", "b"), id="a photo nobody had seen by then"),
        pytest.param(ruling("abc", None), id="what stays was not said"),
        pytest.param(ruling("abc", ""), id="all would go"),
    ],
)
def test_what_does_not_settle_the_whole_group_is_no_decision_about_it(known: Ruling) -> None:
    assert recalled([SHOTS], [known]) == {}


def test_what_was_decided_among_shots_says_nothing_about_copies_of_one() -> None:
    assert recalled([OF_F], [ruling("ef", "e", moment=True)]) == {}


def test_what_is_protected_now_stays_whatever_was_decided() -> None:
    proposal = in_album("a")
    assert recalled(proposal.shots, [ruling("abc", "b")])[proposal.shots[0].id].kept == {"a", "b"}
