"""Where files go in a tree, as values: no file is touched."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.helpers.galleries import cleanup, cluster, copies_of, photo

from unipic.albums.folders import event_folders
from unipic.albums.groups import groups_of, left_of, middle_of, numbered
from unipic.albums.plan import Facts, Wish, plan_tree, unsure_dates
from unipic.cleanup.result import Series
from unipic.core.errors import SettingsError
from unipic.core.photo import Unreadable

NOON = datetime(2024, 3, 15, 12, 30, 5)
FILM = Unreadable("film", "trip/clip.mp4", "/nowhere/clip.mp4", "is a video, not a photo", 10)
BROKEN = Unreadable("broken", "trip/broken.jpg", "/nowhere/broken.jpg", "is damaged", 5)


def places(files: Any, wish: Wish, facts: Facts = Facts()) -> dict[str, str]:  # noqa: B008  frozen
    return {one.asset.id: f"{one.folder}/{one.name}" for one in plan_tree(files, wish, facts).placed}


def test_pairs_are_groups_and_nothing_is_left_behind() -> None:
    a, b, c, copy = photo("a", taken=NOON), photo("b", taken=NOON), photo("c", name="trip/c.jpg"), photo("copy")
    found = cleanup((cluster(b, a),), (c,), (copies_of(a, copy),), unreadable=(BROKEN, FILM))
    groups = numbered(groups_of(found), {})
    assert [[one.id for one in group.photos] for group in groups] == [["a", "b", "copy"]]
    assert [one.id for one in groups[0].best] == ["b"]
    files = (*found.gallery.photos, *found.gallery.unreadable)
    assert places(files, Wish(), Facts(groups)) == {
        "a": "group_0001/originals/a.jpg",
        "b": "group_0001/originals/b.jpg",
        "copy": "group_0001/originals/copy.jpg",
        "c": "singles/trip/c.jpg",
        "film": "singles/trip/clip.mp4",
        "broken": "unreadable/trip/broken.jpg",
    }
    tree = plan_tree(files, Wish(singles=False), Facts(groups))
    assert {*tree.left} == {"c", "film"}
    assert len(tree.placed) + len(tree.left) == len(files)


def test_groups_of_copies_alone_on_request() -> None:
    a, b, copy = photo("a"), photo("b"), photo("copy")
    found = cleanup((cluster(b, a),), (), (copies_of(a, copy),))
    assert [[one.id for one in group.photos] for group in groups_of(found, only_copies=True)] == [["a", "copy"]]


def test_what_a_person_chose_is_best() -> None:
    a, b, c = photo("a"), photo("b"), photo("c")
    (group,) = groups_of(cleanup((cluster(a, b, c),)), frozenset({"b", "c"}))
    assert ([one.id for one in group.best], group.why_best) == (["b", "c"], "chosen by you")


def test_a_group_of_which_one_photo_stays_is_none() -> None:
    a, b, c, copy = photo("a"), photo("b"), photo("c"), photo("copy")
    groups = groups_of(cleanup((cluster(b, a, c),), (), (copies_of(a, copy),)))
    (left,) = left_of(groups, frozenset({"a", "c"}))
    assert ([one.id for one in left.photos], [one.id for one in left.best]) == (["a", "c"], ["a"])
    assert left_of(groups, frozenset({"a"})) == left_of(groups, frozenset()) == ()


def test_the_best_of_a_bracket_is_the_middle_exposure() -> None:
    shots = [photo(f"{ev}", bias=ev, taken=NOON) for ev in (-2.0, 0.0, 2.0)]
    series = Series("bracket", tuple(shots), "3 exposures of one scene")
    assert middle_of(series).id == "0.0"


def test_numbers_are_by_time_and_stay_on_a_rerun() -> None:
    late = (photo("a", taken=NOON), photo("b", taken=NOON))
    early = (photo("c", taken=NOON.replace(hour=1)), photo("d", taken=NOON.replace(hour=1)))
    groups = groups_of(cleanup((cluster(*late), cluster(*early))))
    assert [(one.photos[0].id, one.number) for one in numbered(groups, {})] == [("c", 1), ("a", 2)]
    known = {1: frozenset({late[0].digest}), 4: frozenset[str]()}
    assert [(one.photos[0].id, one.number) for one in numbered(groups, known)] == [("c", 5), ("a", 1)]


def test_of_two_groups_that_were_one_the_larger_keeps_the_number() -> None:
    a, b, c, d, e = (photo(name, taken=NOON) for name in "abcde")
    groups = groups_of(cleanup((cluster(a, b), cluster(c, d, e))))
    known = {1: frozenset(one.digest for one in (a, b, c, d, e))}
    assert [len(one.photos) for one in sorted(numbered(groups, known), key=lambda one: one.number)] == [3, 2]


def test_dates_are_the_camera_s_own_and_never_the_file_s_silently() -> None:
    dated, none = photo("a", taken=NOON), photo("b", name="x/b.jpg")
    wish = Wish("dates")
    assert places((dated, none), wish) == {"a": "2024/03/15/a.jpg", "b": "undated/x/b.jpg"}
    trusting = plan_tree((dated, none), wish, Facts(clock=lambda asset: datetime(2001, 2, 3)))
    assert {one.asset.id: one.folder for one in trusting.placed} == {"a": "2024/03/15", "b": "2001/02/03"}
    assert trusting.by_mtime == 1


def test_a_time_that_is_not_the_camera_s_own_is_said() -> None:
    changed = photo("a", taken=NOON, taken_by_camera=False)
    satellites = photo("b", taken=NOON.replace(tzinfo=UTC), taken_by_camera=False)
    trusted = Facts(clock=lambda asset: NOON)
    said = [*unsure_dates(plan_tree((changed, satellites, photo("c")), Wish("dates"), trusted))]
    assert [words.split(" by ")[1][:12] for words in said] == ["the satellit", "the time of ", "the file's o"]
    assert [*unsure_dates(plan_tree((photo("c", taken=NOON), photo("d")), Wish("dates"), Facts()))] == []
    assert [*unsure_dates(plan_tree((changed,), Wish(), Facts()))] == []


def test_patterns_take_words_and_values_make_no_folders() -> None:
    one = photo("a", taken=NOON, camera="Canon/EOS R5")
    assert places((one,), Wish("dates", "{year}/{camera}")) == {"a": "2024/Canon_EOS R5/a.jpg"}
    assert places((photo("b"),), Wish("dates", "{camera}")) == {"b": "unknown/b.jpg"}
    two = photo("c", taken=NOON.replace(second=7))
    renamed = Wish("dates", "{year}", "{year}{month}{day}_{hour}{minute}{second}_{n}")
    assert places((two, one), renamed) == {"a": "2024/20240315_123005_0001.jpg", "c": "2024/20240315_123007_0002.jpg"}


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"rename": "{year}{month}{day}"}, "{name} or {n}"),
        ({"rename": "{title}_{name}"}, "{title}"),
        ({"pattern": "{year"}, "brace"),
        ({"pattern": "{n}"}, "--rename"),
        ({"tree": "cities"}, "--tree"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused(wish: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Wish(**wish)


def test_a_year_before_the_calendars_of_c_has_four_digits() -> None:
    assert places((photo("a", taken=datetime(826, 1, 2)),), Wish("dates")) == {"a": "0826/01/02/a.jpg"}


def test_events_are_folders_by_their_first_day_and_place() -> None:
    lisbon = (38.7223, -9.1393)
    trip = [photo(f"a{n}", taken=NOON.replace(minute=n), place=lisbon) for n in range(8)]
    later = [photo(f"b{n}", taken=NOON.replace(month=6, minute=n)) for n in range(2)]
    copy = photo("copy", digest=trip[0].digest, taken=NOON, place=lisbon)
    undated = photo("c", name="x/c.jpg")
    found = event_folders([*trip, *later, copy, undated])
    assert {photo.id for _, photos in found for photo in photos} == {one.id for one in (*trip, *later, copy)}
    names = {title: {one.id for one in photos} for title, photos in found}
    (title,) = [name for name in names if name.startswith("2024-03-15")]
    assert "Lisbon" in title
    assert {"a0", "a7", "copy"} <= names[title]
    assert names["2024-06-15"] == {"b0", "b1"}, "two shots are a day, and no event"
    said = places([*trip, *later, copy, undated, FILM, BROKEN], Wish("events"), Facts(events=found))
    assert said["a0"] == f"{title}/a0.jpg"
    assert (said["c"], said["film"], said["broken"]) == (
        *("undated/x/c.jpg", "undated/trip/clip.mp4", "unreadable/trip/broken.jpg"),
    )
