"""Groups of faces: by likeness, whatever their order, and never against what is known to be apart."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from tests.helpers.people import face, faces_of, vector_of

from unipic.core.face import Face
from unipic.people.density import dense
from unipic.people.limits import DLIB
from unipic.people.linking import link
from unipic.people.rulings import Said

PHOTOS = st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=4), min_size=1, max_size=12)


def sets(groups: list[list[Face]]) -> set[frozenset[str]]:
    return {frozenset(face.key for face in group) for group in groups}


def test_people_are_told_apart() -> None:
    faces = faces_of(*[[1, 2, 3]] * 6, *[[4]] * 3, [5])
    groups = link(faces, {}, DLIB)
    assert sorted(len(group) for group in groups) == [1, 3, 6, 6, 6]
    columns = [[one for one in faces[:18] if one.box[0] == left] for left in (0.0, 0.1, 0.2)]
    assert sets(groups) == sets([*columns, faces[18:21], faces[21:]])


@given(PHOTOS, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_faces_is_nothing(photos: list[list[int]], chance: random.Random) -> None:
    faces = faces_of(*photos)
    shuffled = chance.sample(faces, len(faces))
    assert link(faces, {}, DLIB) == link(shuffled, {}, DLIB)


@given(PHOTOS, st.data())
@settings(max_examples=40, deadline=None)
def test_what_was_said_is_obeyed(photos: list[list[int]], data: st.DataObject) -> None:
    faces = faces_of(*photos)
    persons = st.sampled_from(["", "", "a", "b"])
    said = {one.key: Said(person=data.draw(persons), nots=data.draw(st.sampled_from([frozenset(), frozenset("a")])))
            for one in faces}  # fmt: skip
    said = {key: Said(its.person, its.nots - {its.person}) for key, its in said.items()}
    groups = link(faces, said, DLIB)
    assert sorted(one.key for group in groups for one in group) == sorted(one.key for one in faces)
    of = {one.key: number for number, group in enumerate(groups) for one in group}
    for one, other in pairwise(sorted((one.key for one in faces), key=lambda key: said[key].person)):
        if said[one].person == said[other].person != "":
            assert of[one] == of[other], "of one person, so together"
    for group in groups:
        its = {said[one.key].person for one in group} - {""}
        assert len(its) <= 1, "of two persons, so apart"
        assert not its & {person for one in group for person in said[one.key].nots}
        free = [one.digest for one in group if not said[one.key].person]
        assert len(set(free)) == len(free), "no one is twice in a photo unless that was said"


def test_twins_are_two_and_a_collage_is_one_after_that_was_said() -> None:
    twins = faces_of(*[[1, 1]] * 3)
    assert all(len({face.digest for face in group}) == len(group) for group in link(twins, {}, DLIB))
    collage = faces_of([1, 1, 1, 1], [1])
    twice = {face.key: Said(twice=True) for face in collage[:4]}
    assert [len(group) for group in link(collage, twice, DLIB)] == [5]
    assert len(link(collage, dict(list(twice.items())[:2]), DLIB)) == 3, "two of them may be together, no others"


def test_a_bridge_of_blurred_faces_joins_two_people_by_density_and_not_by_linkage() -> None:
    one, other = vector_of(1, 0, noise=0), vector_of(2, 0, noise=0)
    blurred = [one + (other - one) * share for share in np.linspace(0, 1, 9) for _ in range(3)]
    bridge = [(row / np.linalg.norm(row)).astype(np.float32) for row in blurred]
    clear = faces_of(*[[1, 2]] * 20)
    faces = [*clear, *(face(0, 100 + number, vector=vector) for number, vector in enumerate(bridge))]
    assert len(dense(faces, DLIB)) == 1
    whose = {one.key: number for number, group in enumerate(link(faces, {}, DLIB)) for one in group}
    assert {whose[one.key] for one in clear[::2]}.isdisjoint(whose[one.key] for one in clear[1::2])


def test_bad_vectors_are_refused() -> None:
    with pytest.raises(ValueError, match="no vector"):
        link([face(1, 1, vector=np.full(128, np.nan, np.float32)), face(1, 2)], {}, DLIB)
    with pytest.raises(ValueError, match="no vector"):
        link([face(1, 1, vector=None)], {}, DLIB)
    assert link([], {}, DLIB) == []
    assert dense([], DLIB) == []
