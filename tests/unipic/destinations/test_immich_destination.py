"""Writing to an Immich library: exactly what was counted, never twice, and all of it back."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.desks import evidence
from tests.helpers.fake_immich import KEY, PARTNER, FakeImmich, Fault
from tests.helpers.galleries import photo
from tests.helpers.immich_campaign import RUN, a_library, a_plan, campaign, connected, requests
from tests.safety.harness.amounts import amount

from unipic.core.errors import DestinationError
from unipic.core.settings import Settings, immich_folder
from unipic.destinations._immich_journal import Journal, alone
from unipic.destinations.immich import Plan, Step, Wishes, apply, open_runs, planned, runs, take_back, written_runs
from unipic.review.choices import best_only
from unipic.review.outcomes import outcomes
from unipic.review.proposal import propose
from unipic.sources.immich import PREFIX, Cache, Connected, ImmichSource
from utils import arrange

ALL = Wishes(albums=True, favourites=True, stacks=True)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def fake() -> FakeImmich:
    """Three shots of one moment, the second sharpest, two copies of one picture, and a single one."""
    fake = FakeImmich()
    for name in ("a", "b", "c", "copy1", "copy2", "alone"):
        fake.add(f"{name}.jpg", name.encode() if "copy" not in name else b"same")
    return fake


def plan(fake: FakeImmich, wishes: Wishes = ALL, there: Connected | None = None, decided: bool = True) -> Plan:
    """What `apply` would write, with groups that are told instead of measured."""
    there = there or connected(fake)
    listing = ImmichSource(there, ["immich:"], Cache(there.client.server)).listing
    photos = [
        photo(PREFIX + one.id, name=one.name, digest=one.original.sha1, size=9000 - n, path=one.id)
        for n, one in enumerate(listing.assets)
    ]
    ids = {one.name: one.id for one in photos}
    shots = [ids[name] for name in ("a.jpg", "b.jpg", "c.jpg") if name in ids]
    similar = {f"{x} {y}": 95.0 for n, x in enumerate(shots) for y in shots[n + 1 :]}
    proposal = propose(arrange(evidence(photos, similar), Settings().thresholds))
    choices = best_only(proposal.shots) if decided else {}
    everything = outcomes(proposal, choices, "identical")
    return planned(proposal, choices, everything, listing, there, wishes)


def written(fake: FakeImmich, start: int = 0) -> list[tuple[str, str]]:
    """What the log has of calls that change something."""
    reads = ("/search/metadata", "/search/statistics")
    return [(method, path) for method, path, _ in fake.log[start:] if method != "GET" and path not in reads]


def id_of(fake: FakeImmich, name: str) -> str:
    return next(id for id, one in fake.assets.items() if one["originalFileName"] == name)


def names(found: Sequence[str]) -> list[str]:
    return [name.partition(" ")[0] for name in found]


# The plan.


def test_a_plan_has_exact_counts_and_writes_nothing(fake: FakeImmich, data: Path) -> None:
    before = fake.state()
    made = plan(fake)
    assert made.counts == {
        "tag Unipic/best": 1,
        "tag Unipic/similar": 3,
        "tag Unipic/duplicate": 1,
        "tag Unipic/set aside": 3,
        "favourites": 1,
        "albums": 1,
        "stacks": 1,
    }
    assert (made.assets, made.sidecars) == (4, 4)
    assert made.lines()[1] == "3 photos get the tag Unipic/similar"
    assert not written(fake)
    assert fake.state() == before
    assert not list(data.rglob("*.jsonl"))


def test_what_is_counted_is_what_is_written_and_a_second_run_has_nothing_to_do(fake: FakeImmich) -> None:
    made = plan(fake)
    result = apply(connected(fake), made)
    assert (result.problems, result.written) == ([], 4)
    now = fake.state()
    assert {tag: len(carry) for tag, carry in now["tags"].items()} == {
        "Unipic": 0,
        "Unipic/best": 1,
        "Unipic/similar": 3,
        "Unipic/duplicate": 1,
        "Unipic/set aside": 3,
    }
    assert names(now["favourites"]) == ["a.jpg"]
    assert [(name, names(inside)) for name, _, inside in now["albums"]] == [
        ("Organized-0001 2024-03-15", ["a.jpg", "b.jpg", "c.jpg"])
    ]
    assert names([now["stacks"][0][0]]) == ["a.jpg"]
    assert set(now["visibility"].values()) == {"timeline"}
    again = plan(fake)
    assert (again.counts, again.assets) == ({}, 0)
    assert not any(method == "DELETE" for method, _ in written(fake))


def test_only_what_was_asked_for(fake: FakeImmich) -> None:
    apply(connected(fake), plan(fake, Wishes()))
    assert not fake.albums
    assert not fake.stacks
    assert not fake.state()["favourites"]
    assert {path.partition("/assets")[0] for _, path in written(fake)} == {
        "/tags",
        *(f"/tags/{id}" for id, tag in fake.tags.items() if "/" in tag["value"]),
    }


def test_archived_photos_and_those_of_others_are_never_written_to(fake: FakeImmich) -> None:
    fake.assets[id_of(fake, "b.jpg")]["visibility"] = "archive"
    fake.assets[id_of(fake, "c.jpg")]["ownerId"] = PARTNER
    made = plan(fake)
    touched = {id for step in made.steps for id in step.ids}
    assert not touched & {id_of(fake, "b.jpg"), id_of(fake, "c.jpg")}
    assert any("1 archived photo left alone" in notice for notice in made.notices)
    assert id_of(fake, "b.jpg") in {i for s in plan(fake, Wishes(archived=True)).steps for i in s.ids}


def test_a_tie_has_no_best_shot(fake: FakeImmich) -> None:
    made = plan(fake, Wishes(favourites=True), decided=False)
    assert "favourites" not in made.counts
    assert "tag Unipic/best" not in made.counts


def test_an_album_of_the_same_name_is_left_as_it_is(fake: FakeImmich) -> None:
    theirs = fake.album("Organized-0001 2024-03-15", id_of(fake, "alone.jpg"))
    made = plan(fake)
    assert any("is there already" in notice for notice in made.notices)
    apply(connected(fake), made)
    assert len(fake.albums) == 2
    assert fake.albums[theirs]["assets"] == [id_of(fake, "alone.jpg")]
    take_back(connected(fake), made.run)
    assert list(fake.albums) == [theirs]  # by its mark, never by its name


def test_a_photo_in_a_stack_stays_there_unless_asked(fake: FakeImmich) -> None:
    fake.stack(id_of(fake, "b.jpg"), id_of(fake, "alone.jpg"))
    made = plan(fake, Wishes(stacks=True))
    assert "stacks" not in made.counts
    assert any("in a stack already" in notice for notice in made.notices)
    assert plan(fake, Wishes(stacks=True, restack=True)).counts["stacks"] == 1


def test_missing_rights_are_named_before_anything_is_written(fake: FakeImmich) -> None:
    fake.permissions = list(ALL_RIGHTS[:7])
    with pytest.raises(DestinationError, match=r"tag\.create, tag\.asset \(for tags\)"):
        plan(fake)
    fake.permissions += ["tag.create", "tag.asset"]
    made = plan(fake, Wishes())
    assert "Undo will leave empty tags behind: the key lacks tag.delete." in made.notices
    assert not written(fake)


def test_undo_with_a_key_that_may_not_do_all_does_the_rest_and_can_be_repeated(fake: FakeImmich) -> None:
    before, made = fake.state(), plan(fake)
    apply(connected(fake), made)
    fake.permissions = [one for one in ALL_RIGHTS if one not in ("tag.delete", "stack.delete", "album.delete")]
    told = take_back(connected(fake), made.run).problems
    assert any("stack stays: The key lacks the permission stack.delete." in one for one in told)
    assert any("album Organized-0001 2024-03-15 stays: The key lacks" in one for one in told)
    assert not fake.state()["favourites"]
    assert not any(carry for carry in fake.state()["tags"].values())
    fake.permissions = ["all"]
    take_back(connected(fake), made.run)
    assert fake.state() == before


@pytest.mark.parametrize(("on", "days"), [(False, 30), (True, 0), (True, 6)])
def test_no_trash_where_it_would_be_final(fake: FakeImmich, on: bool, days: int) -> None:
    fake.trash, fake.trash_days = on, days
    with pytest.raises(DestinationError, match="deleted for good"):
        plan(fake, Wishes(trash=True))


def test_trash_only_when_asked_and_never_half_a_live_photo(fake: FakeImmich) -> None:
    fake.assets[id_of(fake, "b.jpg")]["livePhotoVideoId"] = "x"
    before = fake.state()
    made = plan(fake, Wishes(tags=False, trash=True))
    result = apply(connected(fake), made)
    assert names(fake.state()["trash"]) == ["c.jpg", "copy2.jpg"]
    take_back(connected(fake), result.run)
    assert fake.state() == before


# Faults.


def test_no_fault_doubles_loses_or_leaves_anything() -> None:
    """Every kind of fault at some requests of writing and of undoing; at night at each of them."""
    found = campaign(every=amount(9, 1), first=amount(4, 0))
    assert found["ended wrong"] == found["not undone"] == 0
    assert found["faults"] >= amount(50, 8 * sum(requests()))


def test_a_lost_answer_makes_no_second_album(fake: FakeImmich) -> None:
    made = plan(fake)
    fake.faults = [Fault("lost", match="POST /albums"), Fault("lost", match="POST /stacks")]
    apply(connected(fake), made)
    assert len(fake.albums) == len(fake.stacks) == 1


def test_a_right_lost_halfway_stops_it_and_it_goes_on_later(fake: FakeImmich) -> None:
    made, before = plan(fake), fake.state()
    fake.permissions = [one for one in ALL_RIGHTS if one != "album.create"]
    with pytest.raises(DestinationError, match=r"album\.create\..* of 7 steps written; nothing is lost"):
        apply(connected(fake), made)
    with pytest.raises(DestinationError, match="was interrupted"):
        apply(connected(fake), made)
    (waiting,) = open_runs(connected(fake))
    fake.permissions = ["all"]
    assert apply(connected(fake), waiting).steps == 7
    assert len(fake.albums) == 1
    take_back(connected(fake), made.run)
    assert fake.state() == before


ALL_RIGHTS = (
    *("asset.read", "asset.view", "asset.statistics", "album.read", "tag.read", "stack.read", "user.read"),
    *("tag.create", "tag.asset", "album.create", "albumAsset.create", "asset.update", "stack.create"),
    *("albumAsset.delete", "album.delete", "tag.delete", "stack.delete"),
)


def test_what_the_server_refuses_for_one_photo_is_told(fake: FakeImmich) -> None:
    made = plan(fake)
    del fake.assets[id_of(fake, "c.jpg")]  # deleted since
    result = apply(connected(fake), made)
    assert any("tag Unipic/similar" in problem for problem in result.problems)
    assert names(fake.state()["tags"]["Unipic/similar"]) == ["a.jpg", "b.jpg"]
    assert not fake.stacks
    take_back(connected(fake), result.run)
    assert not fake.tags


@pytest.mark.parametrize(("version", "goes"), [((2, 3, 0), False), ((3, 3, 5), True)])
def test_a_server_that_was_updated_or_put_back_meanwhile(
    fake: FakeImmich, version: tuple[int, int, int], goes: bool
) -> None:
    there, made = connected(fake), plan(fake)
    fake.version = version
    if goes:
        assert apply(there, made).problems == []
        return
    with pytest.raises(DestinationError, match=r"Unipic needs 2\.4"):
        apply(there, made)
    assert not written(fake)


def test_two_runs_at_once_are_refused(fake: FakeImmich) -> None:
    there = connected(fake)
    with alone(there.client.server), pytest.raises(DestinationError, match="Another run is writing"):
        apply(there, a_plan(a_library()))


# What others did since stays.


@pytest.fixture
def done(fake: FakeImmich) -> tuple[FakeImmich, dict[str, Any], str]:
    """A library that was written to; how it was before; the run."""
    before, made = fake.state(), plan(fake)
    apply(connected(fake), made)
    return fake, before, made.run


Done = tuple[FakeImmich, dict[str, Any], str]


def test_undo_restores_everything_and_is_listed_until_then(done: Done) -> None:
    fake, before, run = done
    assert [one.run for one in runs(connected(fake))] == [one.run for one in written_runs()] == [run]
    assert take_back(connected(fake), run).problems == []
    assert fake.state() == before
    assert not runs(connected(fake))
    with pytest.raises(DestinationError, match="There is no run"):
        take_back(connected(fake), run)


def album_with_theirs(fake: FakeImmich) -> None:
    next(iter(fake.albums.values()))["assets"].append(id_of(fake, "alone.jpg"))


def album_renamed(fake: FakeImmich) -> None:
    next(iter(fake.albums.values()))["albumName"] = "Our summer"


def album_told_otherwise(fake: FakeImmich) -> None:
    next(iter(fake.albums.values()))["description"] = "the best"


def stack_with_theirs(fake: FakeImmich) -> None:
    fake.assets[id_of(fake, "alone.jpg")]["stack"] = next(iter(fake.stacks))


@pytest.mark.parametrize("change", [album_with_theirs, album_renamed, album_told_otherwise, stack_with_theirs])
def test_what_a_person_changed_since_is_left_and_named(done: Done, change: Callable[[FakeImmich], None]) -> None:
    fake, before, run = done
    change(fake)
    result = take_back(connected(fake), run)
    assert len(result.problems) == 1
    assert result.problems[0].startswith("left: ")
    assert bool(fake.albums) != bool(fake.stacks)
    assert fake.state()["tags"] == before["tags"]
    if change is album_with_theirs:
        assert names(fake.state()["albums"][0][2]) == ["alone.jpg"]


def test_a_person_who_took_things_back_before_us_is_no_trouble(done: Done) -> None:
    fake, before, run = done
    next(iter(fake.albums.values()))["assets"].pop()
    fake.assets[id_of(fake, "a.jpg")]["isFavorite"] = False
    fake.stacks.clear()
    next(tag for tag in fake.tags.values() if tag["value"] == "Unipic/similar")["assets"].clear()
    assert take_back(connected(fake), run).problems == []
    assert fake.state() == before


def test_tags_that_others_carry_stay_and_so_do_tags_below(done: Done) -> None:
    fake, before, run = done
    theirs = id_of(fake, "alone.jpg")
    fake.tag("Unipic/best", theirs)
    fake.tag("Unipic/similar/holiday", id_of(fake, "a.jpg"))
    take_back(connected(fake), run)
    carry = {tag: names(inside) for tag, inside in fake.state()["tags"].items()}
    assert carry == {
        "Unipic": [],
        "Unipic/best": ["alone.jpg"],
        "Unipic/similar": [],
        "Unipic/similar/holiday": ["a.jpg"],
    }
    assert not before["tags"]


def test_a_tag_below_ours_is_not_taken_for_ours(fake: FakeImmich) -> None:
    fake.tag("Unipic/similar/holiday", id_of(fake, "a.jpg"))
    assert plan(fake).counts["tag Unipic/similar"] == 3


def test_two_runs_are_undone_in_any_order(fake: FakeImmich) -> None:
    before = fake.state()
    first = plan(fake, Wishes(albums=True))
    apply(connected(fake), first)
    extra = fake.add("later.jpg", b"later")
    second = Plan((Step("tag", "Unipic/similar", (extra,)), Step("favourite", "", (extra,))), {}, (), RUN)
    apply(connected(fake), second)
    take_back(connected(fake), first.run)
    take_back(connected(fake), RUN)
    del fake.assets[extra]
    after = fake.state()
    assert (after["tags"], after["albums"], after["favourites"]) == (before["tags"], before["albums"], [])


# Stacks.


def test_a_stack_with_photos_in_the_trash_is_left_alone() -> None:
    fake = a_library()
    ids = list(fake.assets)
    fake.assets[ids[2]]["isTrashed"] = True
    before = fake.state()
    made = Plan((Step("stack", "", tuple(ids[1:4])),), {}, (), RUN)
    result = apply(connected(fake), made)
    assert len(result.problems) == 3
    assert fake.state() == before
    take_back(connected(fake), RUN)
    assert fake.state() == before


# The journal.


def test_the_journal_is_private_has_no_key_and_survives_a_torn_line(done: Done) -> None:
    fake, before, run = done
    (path,) = immich_folder().rglob("*.jsonl")
    assert path.stat().st_mode & 0o077 == 0
    content = path.read_bytes()
    assert KEY.encode() not in content
    phases = [json.loads(line).get("phase") for line in content.split(b"\n")][1:]
    assert phases == ["intent", "done"] * 7 + ["finished"]
    path.write_bytes(content[:-60])
    assert Journal(path).open
    apply(connected(fake), Journal(path))
    take_back(connected(fake), run)
    assert fake.state() == before


def test_what_is_no_journal_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"{}", b"[1]", b"\xff"):
        (tmp_path / "x.jsonl").write_bytes(content)
        with pytest.raises(DestinationError):
            Journal(tmp_path / "x.jsonl")


def test_every_request_asks_for_nothing_but_what_is_in_the_description(fake: FakeImmich) -> None:
    """The fake refuses unknown fields; nothing is forced, and visibility is never set."""
    apply(connected(fake), plan(fake))
    bodies = json.dumps([body for _, _, body in fake.log])
    assert "force" not in bodies
    assert "visibility" not in bodies
