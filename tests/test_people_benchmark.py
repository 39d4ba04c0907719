"""What the figures of people rest on: pairs that are counted, and groups that are compared."""

import numpy as np
import pytest
from benchmarks.people import (
    METHODS,
    Method,
    Sample,
    drawn,
    linkage_without_a_gate,
    made_up,
    pairwise,
    same_place,
    truth_of,
)
from tests.helpers.people import face, faces_of

TRUTH = {"a1": "a", "a2": "a", "a3": "a", "b1": "b", "b2": "b"}


def test_pairs_are_counted() -> None:
    assert pairwise(dict.fromkeys(TRUTH, "all"), TRUTH) == (4 / 10, 1.0)
    assert pairwise({"a1": "x", "a2": "x", "b1": "x"}, TRUTH) == (1 / 3, 1 / 4)
    assert pairwise({}, TRUTH) == (1.0, 0.0), "faces in no group are alone"
    assert pairwise(TRUTH, TRUTH) == (1.0, 1.0)


def test_the_names_of_groups_are_nothing() -> None:
    keys = list(TRUTH)
    assert same_place(TRUTH, {key: f"group {who}" for key, who in TRUTH.items()}, keys) == 1.0
    assert same_place(TRUTH, TRUTH | {"a3": "b"}, keys) == 4 / 5
    assert same_place(TRUTH, dict.fromkeys(TRUTH, "all"), keys) == 3 / 5, "of two groups that became one, the larger"


@pytest.mark.parametrize("method", [METHODS["ours"], linkage_without_a_gate, METHODS["chinese whispers 0.93"]])
def test_people_who_are_far_apart_are_found(method: Method) -> None:
    faces = faces_of(*[[1, 2]] * 5, [3], [3], [3])
    groups: dict[str, set[str]] = {}
    for key, group in method(faces).items():
        groups.setdefault(group, set()).add(key)
    assert sorted(len(group) for group in groups.values()) == [3, 5, 5]


def test_made_up_people_scatter_as_the_real_ones() -> None:
    faces = faces_of(*[[1, 2, 3, 4, 5]] * 6) + [face(n, n, clear=False) for n in range(20, 60)]
    truth = {one.key: str(round(10 * one.box[0])) for one in faces if one.clear}
    made = made_up(Sample(faces, truth), 4000)  # enough for a photo of more than ten faces
    assert len({one.key for one in made.faces}) == len(made.faces)
    assert {one.key for one in made.faces} == made.truth.keys()
    assert 0.1 < sum(not one.clear for one in made.faces) / len(made.faces) < 0.3
    assert truth_of(made.faces[:1], made) == made.truth[made.faces[0].key]
    rows = np.random.default_rng(0).normal(size=(2000, 4)) * (1, 2, 3, 4)
    assert np.allclose(drawn(np.random.default_rng(1), rows, 20_000).std(axis=0), rows.std(axis=0), rtol=0.1)
