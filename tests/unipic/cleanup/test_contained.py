"""A photo goes only if what stays holds everything it holds; what is missing is named."""

import pytest
from tests.helpers.accepted import accept_all
from tests.helpers.galleries import cleanup, copies_of, photo

from unipic.cleanup.contained import listed, lost, words_lost
from unipic.cleanup.copies import told_apart
from unipic.core.photo import Companion, Extra, Photo
from unipic.review.outcomes import outcomes
from unipic.review.proposal import propose
from unipic.review.rules import Rules

FILM = Extra("film", "a film of 2.1 s", "f1")
OTHER_FILM = Extra("film", "a film of 3.0 s", "f2")
SRGB_LIKE, P3, ADOBE = (
    "0.648 0.331 0.321 0.598 0.156 0.066",
    "0.680 0.319 0.285 0.675 0.155 0.067",
    "0.648 0.331 0.230 0.702 0.156 0.066",
)


def extra(kind: str, value: str) -> Extra:
    return Extra(kind, f"the {kind}", value)


@pytest.mark.parametrize(
    ("kind", "copy", "keeper", "contained"),
    [
        ("film", "f1", "f1", True),
        ("film", "f1", "f2", False),
        ("pages", "1\n2", "1\n2\n3", True),
        ("pages", "1\n2\n3", "1\n2", False),
        ("bits", "10", "16", True),
        ("bits", "16", "10", False),
        ("colours", SRGB_LIKE, P3, True),
        ("colours", P3, ADOBE, False),
        ("colours", ADOBE, P3, False),
        ("transparency", "00ff" * 32, "04fb" * 32, True),
        ("transparency", "00ff" * 32, "ff00" * 32, False),
        ("keywords", "sea\ndog", "dog\ncat\nsea", True),
    ],
)
def test_what_the_keeper_must_hold(kind: str, copy: str, keeper: str, contained: bool) -> None:
    one, other = photo("a", holds=(extra(kind, copy),)), photo("b", holds=(extra(kind, keeper),))
    assert (lost(one, [other]) == ()) == contained
    assert lost(one, [one]) == ()
    assert listed(lost(one, [photo("c")])) == f"the {kind}"


def test_several_that_stay_hold_it_together() -> None:
    both = photo("a", holds=(extra("film", "f1\nf2"),))
    assert lost(both, [photo("b", holds=(FILM,)), photo("c", holds=(OTHER_FILM,))]) == ()
    assert lost(both, [photo("b", holds=(FILM,))])


def test_the_very_bytes_lose_nothing() -> None:
    one = photo("a", holds=(FILM,), told=(extra("caption", "x"),))
    beside = Companion("o", "IMG_1.jpg", "/nowhere", one.digest, 1, "original")
    assert not lost(one, [photo("b", companions=(beside,))])
    assert not words_lost(one, [photo("b", digest=one.digest)])


def test_only_the_words_that_go_are_named() -> None:
    one = photo("a", told=(Extra("keywords", 'the keywords "sea, dog"', "sea\ndog"),), place=(1.0, 2.0))
    other = photo("b", told=(Extra("keywords", 'the keywords "dog"', "dog"),))
    assert listed(words_lost(one, [other])) == 'the keywords "sea", the place it was taken'
    assert words_lost(other, [one]) == ()


def test_a_gif_has_few_colours() -> None:
    assert lost(photo("a"), [photo("b", format="GIF", holds=(FILM,))])
    assert not lost(photo("a", format="GIF"), [photo("b", format="GIF")])


def fates(*photos: Photo, rules: Rules = Rules(), kind: str = "near") -> dict[str, str]:  # noqa: B008  frozen
    """By id, after every group was accepted as it is."""
    keeper, *copies = photos
    sets = told_apart([copies_of(keeper, *copies, kind=kind)])
    near = tuple(one for one in sets if one.kind in ("near", "holds"))
    proposal = propose(cleanup(singles=(keeper,), near=near), rules)
    return {outcome.file.id: outcome.fate for outcome in outcomes(proposal, accept_all(proposal))}


def test_a_copy_that_holds_something_stays_and_its_set_says_so() -> None:
    keeper, motion, plain = photo("a"), photo("b", holds=(FILM,)), photo("c")
    near, holds = told_apart([copies_of(keeper, motion, plain, kind="near")])
    assert (near.kind, near.copies, near.warnings) == ("near", (plain,), ("",))
    assert (holds.kind, holds.copies) == ("holds", (motion,))
    assert holds.warnings == ("the only one with a film of 2.1 s",)
    assert fates(keeper, motion, plain) == {"a": "kept", "b": "kept", "c": "set aside"}
    (group,) = propose(cleanup(singles=(keeper,), near=(near, holds))).groups
    assert (group.lane, group.certainty) == ("holds", 0.5)
    assert group.doubt == "one copy is the only one with a film of 2.1 s"


def test_of_two_copies_with_one_film_one_stays() -> None:
    again = {"holds": (FILM,), "digest": "d"}
    assert sorted(fates(photo("a"), photo("b", **again), photo("c", **again)).values()) == ["kept", "kept", "set aside"]


def test_words_alone_are_a_warning_in_the_lane_it_was_in() -> None:
    keeper, copy = photo("a"), photo("b", told=(Extra("caption", 'the caption "At sea"', "At sea"),))
    (near,) = told_apart([copies_of(keeper, copy, kind="near")])
    (group,) = propose(cleanup(singles=(keeper,), near=(near,))).groups
    assert (group.lane, near.warnings) == ("same", ('the only one with the caption "At sea"',))
    assert copy.id in group.suggested


def test_a_person_s_rules_lose_nothing_either() -> None:
    keeper, copy = photo("a", name="x/a.jpg", holds=(FILM,)), photo("b", name="y/b.jpg")
    assert fates(keeper, copy) == {"a": "kept", "b": "set aside"}
    assert fates(keeper, copy, rules=Rules(prefer=("y",))) == {"a": "kept", "b": "kept"}
