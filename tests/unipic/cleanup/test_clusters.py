import random
from datetime import UTC, datetime, timedelta, timezone

import pytest
from tests.helpers.galleries import likeness, photo

from unipic.cleanup.clusters import clusters
from unipic.cleanup.likeness import Likeness
from unipic.core.grouping import GROUPINGS
from unipic.core.photo import Photo

NOON = datetime(2024, 6, 12, 12, 0)


def all_alike(*photos: Photo) -> Likeness:
    ids = [photo.id for photo in photos]
    return likeness(list(photos), {f"{a} {b}": 95.0 for i, b in enumerate(ids) for a in ids[:i]})


def within_a_minute(*photos: Photo) -> list[list[str]]:
    return ids(clusters(all_alike(*photos), 90, 60))


def ids(groups: list[list[Photo]]) -> list[list[str]]:
    return [sorted(photo.id for photo in group) for group in groups]


def named(names: str) -> list[Photo]:
    return [photo(name) for name in names]


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_similar_shots_are_one_group_and_others_none(grouping: str) -> None:
    found = likeness(named("abcd"), {"a b": 95.0, "a d": 91.0, "b d": 93.0, "a c": 89.9})
    assert ids(clusters(found, 90, grouping=grouping)) == [["a", "b", "d"]]


def test_the_limit_belongs_to_it() -> None:
    pair = likeness(named("ab"), {"a b": 90.0})
    assert ids(clusters(pair, 90)) == [["a", "b"]]
    assert clusters(pair, 90.1) == []


@pytest.mark.parametrize("grouping", GROUPINGS)
@pytest.mark.parametrize("window", [None, 60])
def test_no_photos_are_no_groups(grouping: str, window: float | None) -> None:
    for photos in ([], named("a"), named("abc")):
        assert clusters(likeness(photos, {}), 90, window, grouping) == []


def test_the_middle_of_a_series_gathers_it() -> None:
    """Five shots of a pan: only the middle one is like all others, whatever the files are called."""
    photos = [photo(name, size=size) for name, size in zip("abcde", (9, 8, 1, 7, 6), strict=True)]
    pairs = ("a b", "a c", "b c", "b d", "c d", "c e", "d e")
    (group,) = clusters(likeness(photos, dict.fromkeys(pairs, 95.0)), 90)
    assert group[0].id == "c"
    assert ids([group]) == [["a", "b", "c", "d", "e"]]


def test_every_member_is_like_the_leader_and_a_chain_is_what_one_asks_for() -> None:
    chain = likeness(named("abcde"), dict.fromkeys(("a b", "b c", "c d", "d e"), 95.0))
    for group in clusters(chain, 90):
        assert all(chain.similar(photo, group[0]) >= 90 for photo in group)
    assert len(clusters(chain, 90)) == 2
    by_components = ids(clusters(chain, 90, grouping="components"))
    assert by_components == ids(clusters(chain, 90, grouping="dbscan")) == [list("abcde")]


def test_of_equals_the_better_original_leads() -> None:
    photos = [photo("a", size=1), photo("b", size=9), photo("c", size=5)]
    (group,) = clusters(all_alike(*photos), 90)
    assert [photo.id for photo in group] == ["b", "c", "a"]


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_the_order_of_the_files_does_not_matter(grouping: str) -> None:
    rng = random.Random(4)
    photos = [photo(f"{i}", size=rng.randint(1, 4), taken=NOON + timedelta(seconds=9 * i)) for i in range(60)]
    pairs = {f"{a} {b}": rng.uniform(80, 100) for b in range(60) for a in range(b) if rng.random() < 0.06}
    series = likeness(photos, pairs)
    first = clusters(series, 90, 300, grouping)
    assert len(first) > 2
    for _ in range(5):
        rng.shuffle(photos)
        assert clusters(series.of(photos), 90, 300, grouping) == first


def test_a_time_window_separates_what_looks_alike() -> None:
    times = [NOON, NOON + timedelta(seconds=60), NOON + timedelta(seconds=130), NOON + timedelta(days=1)]
    shots = [photo(name, taken=taken, size=size) for name, taken, size in zip("abcd", times, (9, 8, 7, 6), strict=True)]
    assert within_a_minute(*shots) == [["a", "b"]]
    assert ids(clusters(all_alike(*shots), 90)) == [["a", "b", "c", "d"]]


@pytest.mark.parametrize("taken", [None, NOON + timedelta(seconds=30)])
def test_an_unknown_time_separates_nothing(taken: datetime | None) -> None:
    assert within_a_minute(photo("a", taken=NOON), photo("b", taken=taken)) == [["a", "b"]]
    assert within_a_minute(photo("a"), photo("b", taken=taken)) == [["a", "b"]]


def test_clocks_with_and_without_a_zone_are_compared_as_they_stand_on_the_wall() -> None:
    zoned = NOON.replace(tzinfo=timezone(timedelta(hours=2)))
    assert within_a_minute(photo("a", taken=NOON), photo("b", taken=zoned)) == [["a", "b"]]
    assert (
        within_a_minute(photo("a", taken=NOON.replace(tzinfo=UTC)), photo("b", taken=zoned + timedelta(minutes=2)))
        == []
    )


# What a person put together


def linked(names: str, pairs: dict[str, float], *links: str, grouping: str = "greedy") -> list[list[str]]:
    photos = {photo.id: photo for photo in named(names)}
    together = [(photos[pair[0]], photos[pair[1]]) for pair in links]
    return sorted(ids(clusters(likeness(list(photos.values()), pairs), 90, None, grouping, together)))


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_photos_put_together_are_one_group_whatever_they_look_like(grouping: str) -> None:
    assert linked("abcd", {}, "ad", grouping=grouping) == [["a", "d"]]
    assert linked("abcd", {}, "ad", "cb", "db", grouping=grouping) == [list("abcd")]
    assert linked("abc", {"a b": 95.0}, "ab", "ba", grouping=grouping) == [["a", "b"]]


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_photos_put_together_gather_what_is_like_one_of_them(grouping: str) -> None:
    assert linked("abcd", {"a b": 95.0, "c d": 95.0}, "bd", grouping=grouping) == [list("abcd")]
    three = dict.fromkeys(("a b", "a c", "b c"), 95.0)
    assert linked("abcdef", three, "de", grouping=grouping) == [["a", "b", "c"], ["d", "e"]]


def test_a_time_window_does_not_separate_what_a_person_put_together() -> None:
    a, b = photo("a", taken=NOON), photo("b", taken=NOON + timedelta(days=1))
    assert clusters(all_alike(a, b), 90, 60) == []
    assert ids(clusters(all_alike(a, b), 90, 60, links=[(a, b)])) == [["a", "b"]]


@pytest.mark.parametrize("grouping", GROUPINGS)
def test_with_links_too_the_order_of_the_files_does_not_matter(grouping: str) -> None:
    rng = random.Random(5)
    photos = [photo(f"{i}", size=rng.randint(1, 4)) for i in range(40)]
    pairs = {f"{a} {b}": rng.uniform(80, 100) for b in range(40) for a in range(b) if rng.random() < 0.03}
    links = [(photos[rng.randrange(40)], photos[rng.randrange(40)]) for _ in range(5)]
    series = likeness(photos, pairs)
    first = clusters(series, 90, None, grouping, links)
    everyone = [photo.id for group in first for photo in group]
    assert len(everyone) == len(set(everyone))
    assert all(any(a in group and b in group for group in first) for a, b in links)
    for _ in range(5):
        rng.shuffle(photos)
        rng.shuffle(links)
        assert clusters(series.of(photos), 90, None, grouping, [(b, a) for a, b in links]) == first
