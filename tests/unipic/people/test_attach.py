"""Poor faces and new ones come to people who are known, or to nobody."""

from datetime import date

import numpy as np
from tests.helpers.people import MIDDLE, face, faces_of, vector_of

from unipic.core.face import Face
from unipic.people.attach import attach, era_of, grow
from unipic.people.grouping import group_all, group_more
from unipic.people.limits import DLIB
from unipic.people.rulings import Said


def groups_of(*people: int) -> dict[str, list[Face]]:
    return {f"group {one}": [face(one, 100 * one + n) for n in range(4)] for one in people}


def test_a_poor_face_comes_to_the_likest_person_once_a_photo() -> None:
    poor = face(1, 900, clear=False)
    again = face(1, 900, place=3, clear=False, vector=vector_of(1, 77, noise=1.4))
    assert attach([poor], groups_of(1, 2), {}, DLIB) == {poor.key: "group 1"}
    assert attach([again, poor], groups_of(1, 2), {}, DLIB) == {poor.key: "group 1"}, "the likest of a photo"


def test_a_poor_face_comes_to_nobody_unless_it_is_surely_theirs() -> None:
    groups = groups_of(1)
    like_everybody = face(9, 901, clear=False, vector=MIDDLE.astype(np.float32))
    not_hers, in_her_photo = face(1, 902, clear=False), face(1, 100, place=4, clear=False)
    said = {not_hers.key: Said(nots=frozenset({"anna"})), groups["group 1"][0].key: Said(person="anna")}
    assert attach([like_everybody, not_hers, in_her_photo], groups, said, DLIB) == {}
    two_alike = {"a": groups["group 1"], "b": [face(1, 300 + n, vector=vector_of(1, n)) for n in range(4)]}
    assert attach([face(1, 903, clear=False)], two_alike, {}, DLIB) == {}, "no person is ahead of the other"
    assert attach([face(1, 904, clear=False)], {"a": groups["group 1"][:2]}, {}, DLIB) == {}, "a chance likeness"


def test_thirty_small_faces_of_a_crowd_are_nobody() -> None:
    crowd = [face(n, 500 + n % 3, n % 10, clear=False, size=25.0) for n in range(30)]
    blurred = [(MIDDLE + 0.05 * vector_of(n, n)).astype(np.float32) for n in range(30)]
    crowd += [face(1, 600 + n, clear=False, size=25.0, vector=row) for n, row in enumerate(blurred)]
    assert group_all(crowd, {}, DLIB) == {}


def test_tiny_faces_are_never_named() -> None:
    known = faces_of(*[[1]] * 5)
    tiny = face(1, 50, clear=False, size=23.0)
    assert tiny.key not in group_all([*known, tiny], {}, DLIB)


def test_new_faces_join_the_sums_and_old_singles() -> None:
    old = faces_of(*[[1]] * 4, [2])
    known = group_all(old, {}, DLIB)
    more = [face(1, 50), face(2, 51), face(2, 52), face(3, 53)]
    grown = group_more([*old, *more], known, {}, DLIB)
    assert grown == group_all([*old, *more], {}, DLIB)
    assert {grown[one.key] for one in old[:4]} == {known[old[0].key]}


def test_a_new_face_that_was_said_not_to_be_hers_is_alone() -> None:
    old = faces_of(*[[1]] * 4)
    groups = {old[0].key: old}
    new = face(1, 50)
    said = {one.key: Said(person="anna") for one in old}
    assert grow([new], groups, said, DLIB) == {new.key: old[0].key}
    assert grow([new], groups, said | {new.key: Said(nots=frozenset({"anna"}))}, DLIB) == {new.key: new.key}


def test_a_child_is_compared_with_itself_at_that_age() -> None:
    """At two the siblings are as alike as one person is; each has changed by ten."""
    baby, sister_as_baby = ([face(one, 10 * one + n) for n in range(3)] for one in (1, 2))
    grown_up = [face(3, 60 + n) for n in range(5)]
    years = {one.digest: 0 for one in (*baby, *sister_as_baby)} | {one.digest: 10 for one in grown_up}

    def era(one: Face, person: str) -> int:
        return years.get(one.digest, 0)

    said = {one.key: Said(person="ben") for one in (*baby, *grown_up)}
    groups = {baby[0].key: [*baby, *grown_up], sister_as_baby[0].key: sister_as_baby}
    new = face(1, 90)
    assert grow([new], groups, said, DLIB, era) == {new.key: baby[0].key}
    assert grow([new], groups, said, DLIB)[new.key] != baby[0].key, "with the mean of a whole life it is not he"


def test_parts_of_a_life() -> None:
    born = date(2015, 3, 14)
    assert era_of(None, born) == -1
    assert era_of(date(2020, 5, 1), None) == 2020
    assert era_of(date(2015, 9, 13), born) != era_of(date(2015, 9, 14), born), "half a year old"
    assert era_of(date(2021, 3, 14), born) == era_of(date(2023, 3, 13), born), "from six on, two years are one"
    assert era_of(date(2021, 3, 13), born) != era_of(date(2021, 3, 14), born)
    assert era_of(date(2027, 3, 14), born) == 2027
    assert era_of(date(2014, 1, 1), born) == 2014, "before the birth, so one of the two dates is wrong"
    parts = [era_of(date(2015 + n // 12, n % 12 + 1, 20), born) for n in range(2, 155)]
    assert len(set(parts)) == 12 + 3 + 1
    assert parts == sorted(parts[:-9]) + parts[-9:]
