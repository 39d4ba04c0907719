from __future__ import annotations

from tests.galleries import cleanup, cluster, copies_of, photo

from unipic.photo import Unreadable
from unipic.review import Choices, Outcome, accept_all, flip, outcomes, report, restore, see, suggest

A, B, C, D, E, F, G = (photo(name, size=10**i) for i, name in enumerate("abcdefg"))
BROKEN = Unreadable("u", "notes.txt", "/x", "is empty (0 bytes)")
# a, b and c are one moment, c is not directly like a; d is b again, e is f in other bytes.
FOUND = cleanup(
    (cluster(A, B, C, alike=(100.0, 95.0, 85.0)),),
    (F, G),
    exact=(copies_of(B, D),),
    near=(copies_of(F, E, kind="near"),),
    unreadable=(BROKEN,),
)


def by_id(choices: Choices) -> dict[str, Outcome]:
    return {outcome.file.id: outcome for outcome in outcomes(FOUND, choices)}


def kept(choices: Choices) -> str:
    return "".join(sorted(i for i, outcome in by_id(choices).items() if outcome.fate == "kept"))


def test_only_shots_directly_like_the_best_are_suggested_to_go() -> None:
    assert suggest(FOUND) == Choices(discarded=frozenset("b"))


def test_a_group_nobody_saw_keeps_everything() -> None:
    assert kept(suggest(FOUND)) == "abcfg"
    assert by_id(suggest(FOUND))["b"].reason == "one of similar shots not reviewed yet"


def test_a_group_that_was_seen_goes_as_ticked_and_copies_go_along() -> None:
    decided = by_id(see(suggest(FOUND), 0))
    assert kept(see(suggest(FOUND), 0)) == "acfg"
    assert decided["b"].reason == "not chosen among similar shots (similarity to the best 95 of 100)"
    assert decided["b"].instead == (A, C)
    assert decided["d"].reason == "exact copy of b.jpg; it was not chosen itself"
    assert decided["d"].instead == (A, C)
    assert decided["e"].instead == (F,)
    assert (decided["u"].fate, decided["u"].reason) == ("unreadable", "is empty (0 bytes)")


def test_a_copy_taken_back_stays_even_where_its_keeper_goes() -> None:
    decided = by_id(restore(see(suggest(FOUND), 0), ["d"]))
    assert (decided["d"].fate, decided["d"].reason) == ("kept", "taken back; exact copy of b.jpg")
    assert restore(restore(Choices(), ["d"]), ["d"], back=False) == Choices()


RATED = cleanup(
    (cluster(A, B),),
    (F,),
    exact=(copies_of(B, D, kind="pixels", looks=("rated 5 stars",)),),
    near=(copies_of(F, E, G, kind="near", looks=("edited with Snapseed", "")),),
)


def test_copies_that_a_person_would_miss_are_kept_unless_told_otherwise() -> None:
    proposed = suggest(RATED)
    assert proposed.restored == {"d", "e"}
    decided = {outcome.file.id: outcome for outcome in outcomes(RATED, see(proposed, 0))}
    assert [decided[name].fate for name in "bdeg"] == ["set aside", "kept", "kept", "set aside"]
    assert decided["e"].reason == "edited with Snapseed; near copy of f.jpg"
    assert decided["d"].reason == "rated 5 stars; pixels copy of b.jpg"
    assert decided["d"].instead == decided["e"].instead == ()
    away = restore(see(proposed, 0), ["d", "e"], back=False)
    decided = {outcome.file.id: outcome for outcome in outcomes(RATED, away)}
    assert decided["e"].instead == (F,)
    assert decided["d"].instead == (A,)
    assert decided["d"].reason == "pixels copy of b.jpg; it was not chosen itself"


def test_a_look_does_not_count_as_an_opinion_on_a_group() -> None:
    assert report(RATED, suggest(RATED)).reviewed == 0
    assert report(RATED, suggest(RATED)).after == 5


def test_the_limit_of_similarity_belongs_to_what_is_suggested() -> None:
    at_the_limit = cleanup((cluster(A, B, C, alike=(100.0, 90.0, 89.9)),), similar=90.0)
    assert suggest(at_the_limit).discarded == {"b"}


def test_a_person_may_keep_none_of_a_group() -> None:
    nothing = see(Choices(discarded=frozenset("abc")), 0)
    assert kept(nothing) == "fg"
    assert by_id(nothing)["d"].instead == ()
    assert by_id(nothing)["a"].reason == "not chosen among similar shots"


def test_a_tick_on_what_is_in_no_group_does_nothing() -> None:
    assert kept(see(Choices(discarded=frozenset("fgdeu")), 0)) == "abcfg"


def test_groups_that_do_not_exist_are_not_seen() -> None:
    for group in (-1, 1, 99):
        assert kept(see(suggest(FOUND), group)) == "abcfg"
        assert report(FOUND, see(suggest(FOUND), group)).reviewed == 0


def test_flip_and_back() -> None:
    assert flip(flip(suggest(FOUND), "c"), "c") == suggest(FOUND)
    assert flip(suggest(FOUND), "b") == Choices()


def test_everything_set_aside_counts_as_saved_copies_too() -> None:
    summary = report(FOUND, see(suggest(FOUND), 0))
    assert (summary.before, summary.after, summary.unreadable) == (7, 4, 1)
    assert summary.bytes_saved == B.size + D.size + E.size


def test_agreement_is_keeping_the_recommended_shot_and_dropping_another() -> None:
    assert report(FOUND, see(suggest(FOUND), 0)).agreement == 1.0


def test_keeping_everything_is_no_agreement() -> None:
    assert report(FOUND, see(Choices(), 0)).agreement == 0.0


def test_choosing_another_shot_is_no_agreement() -> None:
    assert report(FOUND, see(Choices(discarded=frozenset("a")), 0)).agreement == 0.0
    assert report(FOUND, see(Choices(discarded=frozenset("abc")), 0)).agreement == 0.0


def test_where_nothing_was_reviewed_there_is_no_agreement_to_speak_of() -> None:
    assert report(FOUND, suggest(FOUND)).agreement is None
    alone = cleanup(singles=(A,))
    assert accept_all(alone, suggest(alone)) == Choices()
    assert report(alone, Choices()).agreement is None


def test_the_last_group_can_be_seen() -> None:
    two = cleanup((cluster(A, B), cluster(C, D)))
    assert accept_all(two, suggest(two)).seen == {0, 1}
    assert report(two, accept_all(two, suggest(two))).reviewed == 2
