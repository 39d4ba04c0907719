from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from tests.galleries import at_angles, embeddings, photo

from unipic.photo import Photo
from unipic.stages.clusters import clusters

NOON = datetime(2024, 6, 12, 12, 0)


def alike(*photos: Photo) -> list[list[str]]:
    return ids(clusters(embeddings(list(photos), np.ones((len(photos), 2))), 0.9, 60))


def ids(groups: list[list[Photo]]) -> list[list[str]]:
    return [sorted(photo.id for photo in group) for group in groups]


def test_similar_shots_are_one_group_and_others_none() -> None:
    rows = [[1, 0, 0], [1, 0.1, 0], [0, 1, 0], [1, 0, 0.1]]
    assert ids(clusters(embeddings([photo(name) for name in "abcd"], rows), 0.9)) == [["a", "b", "d"]]


def test_no_photos_are_no_groups() -> None:
    assert clusters(embeddings([], np.zeros((0, 2))), 0.9) == []
    assert clusters(embeddings([], np.zeros((0, 2))), 0.9, 60) == []


def test_the_middle_of_a_series_gathers_it() -> None:
    """Five shots of a pan: only the middle one is like all others, whatever the files are called."""
    photos = [photo(name, size=size) for name, size in zip("abcde", (9, 8, 1, 7, 6), strict=True)]
    angles = np.radians([0, 10, 20, 30, 40])
    pan = embeddings(photos, np.stack([np.cos(angles), np.sin(angles)], axis=1))
    (group,) = clusters(pan, float(np.cos(np.radians(21))))
    assert group[0].id == "c"
    assert ids([group]) == [["a", "b", "c", "d", "e"]]


def test_every_member_is_like_the_leader() -> None:
    groups = clusters(at_angles([photo(name) for name in "abc"], 0.95, float(np.cos(2 * np.arccos(0.95)))), 0.9)
    assert ids(groups) == [["a", "b", "c"]]
    assert groups[0][0].id == "b"


def test_pictures_with_nothing_on_them_are_in_no_group() -> None:
    assert alike(photo("a", comparable=False), photo("b", comparable=False), photo("c")) == []


def test_the_order_of_the_files_does_not_matter() -> None:
    rng = np.random.default_rng(4)
    photos = [photo(f"{i}", size=int(rng.integers(1, 4))) for i in range(60)]
    series = embeddings(photos, np.repeat(rng.normal(size=(6, 5)), 10, axis=0) + rng.normal(size=(60, 5)) * 0.3)
    first = clusters(series, 0.9)
    random.Random(2).shuffle(photos)
    assert clusters(series.of(photos), 0.9) == first
    assert len(first) > 3


def test_a_time_window_separates_what_looks_alike() -> None:
    times = [NOON, NOON + timedelta(seconds=60), NOON + timedelta(seconds=130), NOON + timedelta(days=1)]
    shots = [photo(name, taken=taken, size=size) for name, taken, size in zip("abcd", times, (9, 8, 7, 6), strict=True)]
    assert alike(*shots) == [["a", "b"]]
    assert ids(clusters(embeddings(shots, np.ones((4, 2))), 0.9)) == [["a", "b", "c", "d"]]


@pytest.mark.parametrize("taken", [None, NOON + timedelta(seconds=30)])
def test_an_unknown_time_separates_nothing(taken: datetime | None) -> None:
    assert alike(photo("a", taken=NOON), photo("b", taken=taken)) == [["a", "b"]]
    assert alike(photo("a"), photo("b", taken=taken)) == [["a", "b"]]


def test_clocks_with_and_without_a_zone_are_compared_as_they_stand_on_the_wall() -> None:
    zoned = NOON.replace(tzinfo=timezone(timedelta(hours=2)))
    assert alike(photo("a", taken=NOON), photo("b", taken=zoned)) == [["a", "b"]]
    assert alike(photo("a", taken=NOON.replace(tzinfo=UTC)), photo("b", taken=zoned + timedelta(minutes=2))) == []
