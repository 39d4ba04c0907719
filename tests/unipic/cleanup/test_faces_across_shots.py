"""Faces across the shots of one moment: who is the same, whose eyes are open, and which shots are needed for all."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from tests.helpers.galleries import likeness, photo
from tests.helpers.seen_faces import Eyes, Finder, face, faces_over

from unipic.cleanup.face_stage import FaceReaders, look_at_faces
from unipic.cleanup.faces import ASLEEP, BLURRED, LOST, Row, columns, needed, people_in, why
from unipic.cleanup.rank import Faces, rank
from unipic.core.face import Face
from unipic.core.photo import Photo
from unipic.core.settings import Limits
from unipic.library.index import StoredIndex
from unipic.library.thumbnails import Thumbnails

NOON = datetime(2024, 5, 1, 12)
SHOTS = [photo(id, taken=NOON + timedelta(seconds=60 * i), taken_by_camera=True) for i, id in enumerate("abc")]


def people(*places: Sequence[float], shots: Sequence[Photo] = SHOTS, **facts: Any) -> tuple[Row, ...]:
    """Rows of faces, of which each shot has those that are at these places across."""
    found = {one.id: [face(one, at, **facts) for at in there] for one, there in zip(shots, places, strict=False)}
    return people_in(shots[: len(places)], found, likeness(list(shots), {}))


def across(rows: Sequence[Row]) -> list[list[float | None]]:
    return [[None if one is None else round((one.box[0] + one.box[2]) / 2, 2) for one in row] for row in rows]


def row(*eyes: float | None, smile: float | None = 0.0, size: float = 100.0, missing: Sequence[int] = ()) -> Row:
    """One person's faces in several shots."""
    whole = [face(photo(str(i)), 0.5, eyes=odds, smile=smile, size=size) for i, odds in enumerate(eyes)]
    return tuple(None if i in missing else one for i, one in enumerate(whole))


def test_faces_in_the_same_place_are_one_person() -> None:
    assert across(people([0.2, 0.7], [0.22, 0.68], [0.2])) == [[0.2, 0.22, 0.2], [0.7, 0.68, None]]


def test_a_face_far_away_or_of_another_size_is_another_person() -> None:
    assert across(people([0.1], [0.9], width=0.1)) == [[0.1, None], [None, 0.9]]
    a, b = SHOTS[:2]
    found = {a.id: [face(a, 0.5, width=0.12)], b.id: [face(b, 0.5, width=0.3)]}
    assert len(people_in([a, b], found, likeness([a, b], {}))) == 2


def test_in_a_burst_a_face_may_move_further() -> None:
    fast = [replace(one, taken=NOON + timedelta(seconds=i)) for i, one in enumerate(SHOTS)]
    assert across(people([0.2], [0.4], width=0.1, shots=fast)) == [[0.2, 0.4]]
    assert len(people([0.2], [0.4], width=0.1)) == 2


def test_a_row_of_people_is_followed_when_the_camera_moves() -> None:
    """By more than the distance of two neighbours."""
    row = (0.1, 0.27, 0.4, 0.6)
    moved = tuple(at + 0.15 for at in row)
    assert across(people(row, moved, width=0.11)) == [[at, round(at + 0.15, 2)] for at in row]


def test_a_swept_view_moves_its_faces() -> None:
    pairs = likeness(list(SHOTS), {"a b": 95.0})
    pairs.steps["a", "b"] = (0.3, 0.0)
    found = {"a": [face(SHOTS[0], 0.6, width=0.1)], "b": [face(SHOTS[1], 0.3, width=0.1)]}
    assert across(people_in(SHOTS[:2], found, pairs)) == [[0.6, 0.3]]


@given(faces_over(SHOTS), st.permutations(range(3)))
def test_the_order_of_the_photos_changes_nothing(found: dict[str, tuple[Face, ...]], order: list[int]) -> None:
    pairs = likeness(list(SHOTS), {})
    first = people_in(SHOTS, found, pairs)
    other = people_in([SHOTS[i] for i in order], found, pairs)
    assert {tuple(row[order.index(i)] for i in range(3)) for row in other} == set(first)


def test_who_stands_in_the_background_does_not_count() -> None:
    a = SHOTS[0]
    found = {a.id: [face(a, 0.3, width=0.3), face(a, 0.7, width=0.05), face(a, 0.9, width=0.3, score=0.75)]}
    assert len(people_in([a], found, likeness([a], {}))) == 1
    assert people_in(SHOTS, found, likeness(SHOTS, {})) == ()  # two of them nobody looked at


def test_the_worst_eyes_of_a_shot_count() -> None:
    assert columns([row(2.0, 1.5), row(1.2, -1.5)])["eyes"] == [2.0, -2.0]
    assert columns([row(None, -1.5)]).get("eyes") is None
    assert columns([row(None, 1.5)])["eyes"] == [2.0, 2.0]


def test_a_sleeping_baby_is_no_fault() -> None:
    assert columns([row(-2.0, -2.0), row(2.0, -1.5)])["eyes"] == [2.0, -2.0]
    assert "eyes" not in columns([row(-2.0, -2.0)])


def test_a_blurred_face_says_nothing_of_its_eyes_and_smile() -> None:
    a, b = SHOTS[:2]
    found = {a.id: [face(a, 0.5, eyes=-2.0, detail=1.0)], b.id: [face(b, 0.5, smile=2.0, detail=0.9 * BLURRED)]}
    people = people_in([a, b], found, likeness([a, b], {}))
    assert [(one.eyes, one.smile) for row in people for one in row if one] == [(-2.0, 0.0), (None, None)]
    assert columns(people) == {}


@pytest.mark.parametrize(
    ("eyes", "lids", "told"), [(2.0, -0.5, -0.5), (2.0, -0.1, None), (0.8, -0.5, None), (None, -0.5, None)]
)
def test_open_eyes_in_another_shot_tell_shut_ones(eyes: float | None, lids: float, told: float | None) -> None:
    a, b = SHOTS[:2]
    found = {a.id: [face(a, 0.5, eyes=eyes)], b.id: [face(b, 0.5, eyes=None, lids=lids)]}
    ((_, other),) = people_in([a, b], found, likeness([a, b], {}))
    assert other
    assert other.eyes == told


def test_only_people_who_are_in_every_shot_and_large_enough_count() -> None:
    assert columns([row(2.0, -2.0, missing=[0])]) == {}
    assert columns([row(2.0, -2.0, size=30.0)]) == {}
    assert columns([]) == {}


def test_smiles_are_a_mean() -> None:
    assert columns([row(2.0, 2.0, smile=1.0), row(2.0, 2.0, smile=-1.0)])["smile"] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("rows", "names", "words"),
    [
        ([row(2, -2, -2)], {}, "the eyes are open; in the other two they are shut"),
        ([row(2, -2, -2), row(2, 2, 2)], {}, "everybody's eyes are open; in the other two somebody's are shut"),
        ([row(2, -2, 2), row(2, 2, 2)], {}, "everybody's eyes are open; in 1 of the other 2 somebody's are shut"),
        ([row(2, -2), row(2, 2)], {}, "everybody's eyes are open; in the other one somebody's are shut"),
        ([row(2, -2, -2), row(2, 2, 2)], {"Ben": 0}, "Ben's eyes are shut in the other two"),
        ([row(-2, 2, 2)], {}, ""),
        ([row(2, 2, None)], {}, ""),
        ([], {}, ""),
    ],
)
def test_why_in_words(rows: list[Row], names: dict[str, int], words: str) -> None:
    known = {one.key: name for name, at in names.items() for one in rows[at] if one}
    shots = len(rows[0]) if rows else 3
    assert why(rows, range(shots), known) == words


def test_what_is_needed_so_that_nobody_is_lost() -> None:
    assert needed([row(2.0, 2.0)], [0]) == {}
    assert needed([row(2.0, 2.0), row(2.0, 2.0, missing=[0])], [0]) == {1: LOST}
    assert needed([row(-2.0, 2.0)], [0]) == {1: ASLEEP}
    assert needed([row(-2.0, -2.0)], [0]) == {}
    assert needed([row(None, -2.0)], [0]) == {}
    one_shot_for_both = [row(2.0, 2.0, 2.0, missing=[0, 1]), row(2.0, 2.0, 2.0, missing=[0])]
    assert needed(one_shot_for_both, [0]) == {2: LOST}


@given(faces_over(SHOTS), st.sets(st.integers(0, 2)))
def test_nobody_is_lost(found: dict[str, tuple[Face, ...]], stay: set[int]) -> None:
    rows = people_in(SHOTS, found, likeness(SHOTS, {}))
    kept = stay | needed(rows, stay).keys()
    for one in rows:
        awake = [i for i, seen in enumerate(one) if seen and seen.eyes is not None and seen.eyes > 0]
        assert any(one[i] for i in kept)
        assert len(awake) != 1 or awake[0] in kept
        assert not awake or any((seen := one[i]) and (seen.eyes is None or seen.eyes > 0) for i in kept)


def ranked(eyes: Sequence[float | None], names: dict[str, str] | None = None, **facts: Any) -> Any:
    found = {one.id: (face(one, 0.5, eyes=odds, **facts),) for one, odds in zip(SHOTS, eyes, strict=True)}
    alike = likeness(SHOTS, {"a b": 95.0, "a c": 95.0, "b c": 95.0})
    (cluster,) = rank([SHOTS], alike, {}, faces=Faces(found, names or {}))
    return cluster


def test_open_eyes_win_and_it_says_so() -> None:
    cluster = ranked([-2.0, -2.0, 2.0])
    assert cluster.best.id == "c"
    assert cluster.certainty > 0.9
    assert cluster.reason == "the eyes are open; in the other two they are shut"
    assert [one.digest for one in cluster.people[0]] == [shot.digest for shot in cluster.photos]
    name = {face(SHOTS[2], 0.5).key: "Ben"}
    assert ranked([-2.0, -2.0, 2.0], name).reason == "Ben's eyes are shut in the other two"


@pytest.mark.parametrize("eyes", list(permutations([None, 2.0, 2.0])))
def test_what_nobody_can_tell_is_no_fault(eyes: Sequence[float | None]) -> None:
    assert ranked(eyes).scores == (0.0, 0.0, 0.0)


def test_a_smile_decides_between_equals() -> None:
    found = {one.id: (face(one, 0.5, smile=odds),) for one, odds in zip(SHOTS, (-2.0, 2.0, -2.0), strict=True)}
    (cluster,) = rank([SHOTS], likeness(SHOTS, {"a b": 95.0, "a c": 95.0}), {}, faces=Faces(found))
    assert cluster.best.id == "b"
    assert "more of a smile" in cluster.reason


# Looking at faces.


@pytest.fixture
def pictures(tmp_path: Path) -> Callable[..., Thumbnails]:
    class Plain(Thumbnails):
        """Light pictures of photos whose id begins with a vowel, dark ones of others."""

        def load(self, digest: str) -> np.ndarray:
            light = {one.digest: one.id[0] in "aeiou" for one in SHOTS}[digest]
            return np.full((640, 640, 3), 200 if light else 50, np.uint8)

    return lambda: Plain(tmp_path)


def test_each_face_is_looked_at_once_and_remembered(pictures: Callable[..., Thumbnails], tmp_path: Path) -> None:
    finder, eyes = Finder(), Eyes()
    readers = FaceReaders(finder, eyes)
    index = StoredIndex(tmp_path, pictures(), Limits())
    twice = [*SHOTS, replace(SHOTS[0], id="again")]
    first = look_at_faces(twice, readers, pictures(), index=index)
    assert (finder.looked, eyes.looked) == (3, 3)
    assert [first[id][0].eyes for id in ("a", "b", "again")] == [2.0, -2.0, 2.0]
    assert first["a"][0].size == 0.25 * SHOTS[0].width
    assert first["a"][0].vector is None
    index.close()
    index = StoredIndex(tmp_path, pictures(), Limits())
    again = look_at_faces(twice, readers, pictures(), index=index)
    assert (finder.looked, eyes.looked) == (3, 3)
    assert [[vars(one) for one in again[id]] for id in again] == [[vars(one) for one in first[id]] for id in first]
    other = Eyes()
    other.key = "eyes-2"
    look_at_faces(SHOTS, FaceReaders(finder, other), pictures(), index=index)
    assert (finder.looked, other.looked) == (3, 3)  # faces are found already
    index.close()


def test_small_faces_are_found_and_not_looked_at(pictures: Callable[..., Thumbnails]) -> None:
    eyes = Eyes()
    found = look_at_faces(SHOTS, FaceReaders(Finder(0.04), eyes), pictures())
    assert eyes.looked == 0
    assert {(one.eyes, one.smile) for faces in found.values() for one in faces} == {(None, None)}
