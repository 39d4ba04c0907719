"""The ledger: found = kept + left out, and who decided."""

from dataclasses import replace

from tests.helpers.galleries import cleanup, cluster, copies_of, photo

from unipic.core.photo import Companion, Unreadable
from unipic.review.choices import NONE, Choice, Choices, accept
from unipic.review.ledger import Amount, decided_by, ledger, ledger_to_dict, lines, open_groups
from unipic.review.outcomes import Outcome, Unseen, outcomes
from unipic.review.proposal import propose

A, B, C, D, E, F, G, H = (photo(name, size=10**i) for i, name in enumerate("abcdefgh"))
D = replace(D, digest=B.digest)
H = replace(H, digest=E.digest)
BROKEN = Unreadable("u", "notes.txt", "/x", "is empty (0 bytes)")
# a, b and c are one moment; d is b again; e, and h in e's bytes, are the picture of f; g is like no other.
FOUND = propose(
    cleanup(
        (cluster(A, B, C),),
        (F, G),
        exact=(copies_of(B, D),),
        near=(copies_of(F, E, H, kind="near"),),
        unreadable=(BROKEN,),
    )
)
SHOTS = FOUND.shots[0]
OF_B, OF_F = FOUND.copies


def decided(choices: Choices = NONE, unseen: Unseen = "verified") -> list[Outcome]:
    return outcomes(FOUND, choices, unseen)


def left_out(everything: list[Outcome]) -> dict[str, str]:
    return {one.file.id: decided_by(one) for one in everything if one.fate == "set aside"}


def test_of_what_nobody_looked_at_only_so_much_goes_as_is_allowed() -> None:
    verified = "verified at full size"
    assert left_out(decided(unseen="verified")) == {"d": "identical", "e": verified, "h": verified}
    assert left_out(decided(unseen="identical")) == {"d": "identical", "h": "identical"}, "h is in e, which stays"
    assert left_out(decided(unseen="nothing")) == {}


def test_what_a_person_decided_goes_whatever_is_allowed() -> None:
    choices = accept([SHOTS, OF_F], NONE)
    for unseen in ("verified", "identical", "nothing"):
        gone = left_out(decided(choices, unseen))  # type: ignore[arg-type]
        assert gone == dict.fromkeys("bcdeh", "you"), "d goes with the shot it is a copy of"


def test_a_tick_nobody_confirmed_keeps_and_never_leaves_out() -> None:
    only_e = {OF_F.id: Choice(frozenset("e"))}
    assert set(left_out(decided(only_e))) == {"d", "h"}
    assert left_out(decided(only_e, "identical")) == {"d": "identical", "h": "identical"}


def test_what_is_kept_until_a_look_says_so() -> None:
    reasons = {one.file.id: one.reason for one in decided(unseen="identical")}
    assert reasons["e"] == "kept until you have looked; near copy of f.jpg"


def test_the_ledger_adds_up() -> None:
    found = ledger(decided(accept([SHOTS], NONE)))
    assert found.found == Amount(8, sum(p.size for p in (A, B, C, D, E, F, G, H)))
    assert found.kept == Amount(3, A.size + F.size + G.size)
    assert found.left_out == Amount(5, found.found.bytes - found.kept.bytes)
    assert found.by == {
        "you": Amount(3, B.size + C.size + D.size),
        "identical": Amount(),
        "verified": Amount(2, E.size + H.size),
    }
    assert found.unreadable == 1


def test_what_waits_for_an_answer_is_known_before_and_after_it() -> None:
    before, after = decided(unseen="identical"), decided(unseen="verified")
    assert ledger(before).left_out.photos + ledger(before).open.photos == ledger(after).left_out.photos
    assert open_groups(FOUND, before) == open_groups(FOUND, after) == [OF_F]
    assert open_groups(FOUND, decided(accept([OF_F], NONE))) == []


def test_every_photo_is_in_one_line() -> None:
    rows = {line.kind: line for line in lines(FOUND, accept([SHOTS], NONE), decided(accept([SHOTS], NONE)))}
    assert {kind: (row.found, row.decided, row.groups) for kind, row in rows.items()} == {
        "identical": (2, 0, 1),
        "same": (3, 0, 1),
        "similar": (2, 1, 1),
        "single": (1, 0, 0),
    }
    assert rows["similar"].left_out == {"you": 1}
    assert rows["identical"].left_out == {"you": 2}
    assert rows["same"].left_out == {"verified": 2}


def test_the_original_of_an_edit_is_identical_to_what_comes_with_it() -> None:
    """Its bytes stay as a companion of the edited photo."""
    original = photo("o")
    beside = Companion("c", "IMG_O.jpg", "/nowhere/c", original.digest, original.size, "original")
    edit = photo("e", edited="Snapseed", companions=(beside,))
    found = propose(cleanup(singles=(edit,), exact=(copies_of(edit, original, kind="original"),)))
    assert left_out(outcomes(found, NONE, "identical")) == {"o": "identical"}


def test_the_ledger_for_programs() -> None:
    values = ledger_to_dict(ledger(decided()))
    assert values["found"]["photos"] == values["kept"]["photos"] + values["left_out"]["photos"]
    assert set(values["left_out"]["by"]) == {"you", "identical", "verified at full size"}
    assert values["verified_not_looked_at"]["photos"] == 2
