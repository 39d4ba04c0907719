"""A tree of folders on disk: complete, verified, continued, and never over what is there."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.galleries import cleanup, cluster, copies_of, photo
from tests.helpers.systems import needs_signals

from unipic.albums.plan import Wish
from unipic.cleanup.result import Cleanup
from unipic.core.errors import AlreadyThere, Cancelled, DestinationError, DiskFull, SettingsError
from unipic.core.files import PART
from unipic.core.photo import Companion, Photo, Unreadable
from unipic.destinations import _group_writing, linking, tree
from unipic.destinations.base import MANIFEST, Result
from unipic.destinations.linking import Linker
from unipic.destinations.tree import How, TreeDestination, alone_in_folder
from unipic.review.choices import best_only
from unipic.review.outcomes import outcomes
from unipic.review.proposal import propose
from utils import organise

NOON = datetime(2024, 3, 15, 12, 0)


class Album:
    """Originals on disk, and trees made of them."""

    def __init__(self, root: Path) -> None:
        self.source, self.out = root / "photos", root / "out"
        self.source.mkdir()

    def photo(self, id: str, name: str = "", data: bytes = b"", **facts: Any) -> Photo:
        path = self._file(f"{id}.jpg", data or id.encode() * 50)
        made = {"path": str(path), "digest": _sha(path), "size": path.stat().st_size, "taken": NOON}
        return photo(id, **{**made, "name": name or f"{id}.jpg", **facts})

    def beside(self, id: str, name: str, role: Any = "video") -> Companion:
        path = self._file(id, id.encode() * 9)
        return Companion(id, name, str(path), _sha(path), path.stat().st_size, role)

    def other(self, id: str, reason: str = "is damaged", **facts: Any) -> Unreadable:
        path = self._file(id, b"other")
        return Unreadable(id, f"trip/{id}", str(path), reason, path.stat().st_size, **facts)

    def make(self, found: Cleanup, wish: Wish = Wish(), how: How | None = None) -> Result:  # noqa: B008  frozen
        destination, everything = self.planned(found, wish, how)
        return destination.carry_out(destination.plan(everything))

    def planned(self, found: Cleanup, wish: Wish = Wish(), how: How | None = None) -> tuple[TreeDestination, list[Any]]:  # noqa: B008
        proposal = propose(found)
        choices = best_only(proposal.groups) if wish.best_only else {}
        everything = outcomes(proposal, choices, "nothing")
        return TreeDestination(self.out, organise(found, everything, wish, self.out), how), everything

    @property
    def names(self) -> set[str]:
        return {str(path.relative_to(self.out)) for path in self.out.rglob("*") if not path.is_dir()}

    def _file(self, name: str, data: bytes) -> Path:
        path = self.source / name
        path.write_bytes(data)
        return path


def _sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def album(tmp_path: Path) -> Album:
    return Album(tmp_path)


def texts(*groups: int) -> set[str]:
    return {f"group_{n:04}/{name}" for n in groups for name in ("metadata.txt", "group.json")}


def test_every_file_found_is_in_the_report_exactly_once(album: Album) -> None:
    film = album.beside("a.mov", "a.mov")
    a, b = album.photo("a", companions=(film,)), album.photo("b")
    copy, single = album.photo("copy", data=b"a" * 50), album.photo("c", "trip/c.jpg")
    link = album.other("link", "is a symbolic link", copyable=False)
    others = (album.other("broken"), album.other("clip.mp4", "is a video, not a photo"), link)
    album.make(cleanup((cluster(b, a),), (single,), (copies_of(a, copy),), unreadable=others))
    assert album.names == {
        *(f"group_0001/originals/{name}" for name in ("a.jpg", "a.mov", "b.jpg", "copy.jpg")),
        *("group_0001/best_b.jpg", "singles/trip/c.jpg", "singles/trip/clip.mp4"),
        *("unreadable/trip/broken", "unreadable/reasons.txt", MANIFEST),
    } | texts(1)
    said = json.loads((album.out / MANIFEST).read_text())
    listed = [entry["original"] for fate in ("kept", "set_aside", "unreadable") for entry in said[fate]]
    found = ["a.jpg", "a.mov", "b.jpg", "copy.jpg", "trip/c.jpg", *(one.name for one in others)]
    assert sorted(listed) == sorted(found)
    written = {
        entry["file"]: entry["sha256"] for fate in ("kept", "unreadable") for entry in said[fate] if "file" in entry
    }
    assert all(_sha(album.out / name) == digest for name, digest in written.items())
    reasons = (album.out / "unreadable" / "reasons.txt").read_text()
    assert "trip/broken: is damaged" in reasons
    assert "trip/link: is a symbolic link" in reasons


def test_the_texts_of_a_group_say_what_is_known(album: Album) -> None:
    a = album.photo("a", "trip/a\n.jpg", place=(38.7, -9.1), camera="X")
    b = album.photo("b")
    album.make(cleanup((cluster(b, a),)))
    text = (album.out / "group_0001" / "metadata.txt").read_text(encoding="utf-8")
    lines = text.splitlines()
    assert lines[0] == "Photo Group - 2 images"
    assert {"best: best_b.jpg", "why best: sharper", "filename: b.jpg", "dimensions: 400x300", "format: JPEG"} <= {
        *lines
    }
    assert any(line.startswith("modified: 20") for line in lines)
    assert "location: 38.700000, -9.100000" in lines
    said = json.loads((album.out / "group_0001" / "group.json").read_text())
    assert (said["schema"], said["best"], len(said["photos"])) == (1, ["best_b.jpg"], 2)


def test_an_event_keeps_its_folder_when_an_earlier_photo_arrives(album: Album) -> None:
    shots = [album.photo(f"a{n}", taken=NOON.replace(hour=12, minute=n)) for n in range(6)]
    album.make(cleanup((), tuple(shots)), Wish("events"))
    (folder,) = {name.partition("/")[0] for name in album.names} - {MANIFEST}
    early = [album.photo(f"b{n}", taken=NOON.replace(day=14, hour=23, minute=50 + n)) for n in range(6)]
    night = [album.photo(f"c{n}", taken=NOON.replace(hour=n)) for n in range(12)]
    album.make(cleanup((), (*shots, *early, *night)), Wish("events"))
    assert {f"{folder}/a{n}.jpg" for n in range(6)} <= album.names
    assert len(album.names - {MANIFEST}) == 24, "no photo is there twice"


def test_names_collide_by_unit_without_case_and_composed(album: Album) -> None:
    film = album.beside("film", "two/IMG_1.MOV")
    a, b = album.photo("a", "one/img_1.jpg"), album.photo("b", "two/IMG_1.JPG", companions=(film,))
    c, d = album.photo("c", "one/\u00e9.jpg"), album.photo("d", "two/e\u0301.jpg")
    album.make(cleanup((cluster(a, b, c, d),)))
    names = {name.rpartition("/")[2] for name in album.names if "originals" in name}
    assert names == {"img_1.jpg", "IMG_1 (2).JPG", "IMG_1 (2).MOV", "\u00e9.jpg", "e\u0301 (2).jpg"}


def test_the_same_bytes_under_one_name_are_one_copy_and_two_lines(album: Album) -> None:
    a, b = album.photo("a", "one/x.jpg", b"same" * 9), album.photo("b", "two/x.jpg", b"same" * 9)
    album.make(cleanup((), (a,), (copies_of(a, b),)), Wish("dates"))
    assert album.names == {"2024/03/15/x.jpg", MANIFEST}
    said = json.loads((album.out / MANIFEST).read_text())
    assert [entry["file"] for entry in said["kept"]] == ["2024/03/15/x.jpg"] * 2


def test_a_rerun_writes_nothing_and_a_new_photo_joins_its_group(album: Album) -> None:
    a, b, c = (album.photo(id) for id in "abc")
    album.make(cleanup((cluster(a, b),), (c,)))
    before = {name: (album.out / name).stat().st_mtime_ns for name in album.names}
    inodes = {name: (album.out / name).stat().st_ino for name in album.names - {MANIFEST}}
    album.make(cleanup((cluster(a, b),), (c,)))
    assert {name: (album.out / name).stat().st_ino for name in album.names - {MANIFEST}} == inodes
    assert before.keys() == album.names
    album.make(cleanup((cluster(c, a, b),)))  # c is recommended by now
    assert album.names == {
        *(f"group_0001/originals/{name}.jpg" for name in "abc"),
        *("group_0001/best_a.jpg", MANIFEST),
    } | texts(1), "the group grew, its best shot stayed, and the photo is no single any more"
    said = json.loads((album.out / "group_0001" / "group.json").read_text())
    assert (said["best"], said["suggested_best"]) == (["best_a.jpg"], ["best_c.jpg"])


def test_groups_that_meet_are_not_shuffled(album: Album) -> None:
    a, b, c, d, e = (album.photo(id) for id in "abcde")
    album.make(cleanup((cluster(a, b), cluster(c, d))))
    first = album.names
    album.make(cleanup((cluster(a, b, c, d, e),)))
    assert first <= album.names
    assert album.names - first == {"group_0001/originals/e.jpg"}


def test_a_photo_whose_original_is_gone_stays_in_its_group_and_its_report(album: Album) -> None:
    a, b, c = (album.photo(id) for id in "abc")
    album.make(cleanup((cluster(a, b, c),)))
    album.make(cleanup((cluster(a, b),)))
    said = json.loads((album.out / "group_0001" / "group.json").read_text())
    assert [one["filename"] for one in said["earlier"]] == ["c.jpg"]
    assert (album.out / "group_0001" / "originals" / "c.jpg").exists()
    found = cleanup((cluster(b, c),))
    again = organise(found, outcomes(propose(found)), Wish(), album.out)
    assert again.groups[0].number == 1


def test_a_folder_that_is_not_ours_keeps_its_number(album: Album) -> None:
    (album.out / "group_0001").mkdir(parents=True)
    (album.out / "group_0001" / "mine.txt").write_text("mine")
    album.make(cleanup((cluster(album.photo("a"), album.photo("b")),)))
    assert "group_0002/originals/a.jpg" in album.names
    assert (album.out / "group_0001" / "mine.txt").read_text() == "mine"


def test_a_half_group_has_another_name_and_the_next_run_makes_it_whole(
    album: Album, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = cleanup((cluster(album.photo("a"), album.photo("b")),))
    monkeypatch.setattr(_group_writing, "group_json", lambda text: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        album.make(found)
    monkeypatch.undo()
    assert {name.partition("/")[0] for name in album.names} == {"group_0001.part"}
    album.make(found)
    assert {name.partition("/")[0] for name in album.names} == {"group_0001", MANIFEST}


def test_a_half_group_with_something_of_somebody_else_s_is_left_alone(album: Album) -> None:
    part = album.out / "group_0007.part"
    part.mkdir(parents=True)
    (part / "diary.txt").write_text("mine")
    with pytest.raises(AlreadyThere, match="diary"):
        album.make(cleanup((), (album.photo("a"),)))
    assert (part / "diary.txt").read_text() == "mine"


def test_what_is_there_is_never_overwritten(album: Album) -> None:
    album.out.mkdir()
    for name in ("singles/a.jpg", "singles/A (2).jpg"):
        (album.out / name).parent.mkdir(exist_ok=True)
        (album.out / name).write_text("mine")
    album.make(cleanup((), (album.photo("a"),)))
    assert {name for name in album.names if name.startswith("singles")} == {
        *("singles/a.jpg", "singles/A (2).jpg", "singles/a (3).jpg")
    }
    assert (album.out / "singles" / "a.jpg").read_text() == "mine"


def test_a_tree_of_another_kind_or_another_result_is_refused(album: Album) -> None:
    found = cleanup((), (album.photo("a"),))
    album.make(found)
    with pytest.raises(AlreadyThere, match="a tree of groups"):
        album.make(found, Wish("dates"))
    (album.out / MANIFEST).write_text("{}")
    with pytest.raises(AlreadyThere, match="another result"):
        album.make(found)


def test_only_the_best_with_what_belongs_to_it(album: Album) -> None:
    a = album.photo("a", companions=(album.beside("a.mov", "a.mov"),))
    b, c = album.photo("b"), album.photo("c")
    album.make(cleanup((cluster(a, b),), (c,)), Wish(best_only=True))
    names = {name for name in album.names if name != MANIFEST} - texts(1)
    assert names == {"group_0001/best_a.jpg", "group_0001/best_a.mov", "singles/c.jpg"}
    said = json.loads((album.out / MANIFEST).read_text())
    assert [entry["original"] for entry in said["set_aside"]] == ["b.jpg"]


def test_renamed_units_stay_together(album: Album) -> None:
    raw, xmp = album.beside("raw", "x/a.CR2", "raw"), album.beside("xmp", "x/a.jpg.xmp", "sidecar")
    a = album.photo("a", "x/a.jpg", companions=(raw, xmp))
    album.make(cleanup((), (a,)), Wish("dates", "{year}", "{year}_{n}"))
    assert album.names == {"2024/2024_0001.jpg", "2024/2024_0001.CR2", "2024/2024_0001.jpg.xmp", MANIFEST}


# Links.


@pytest.mark.parametrize("link", ["hardlink", "symlink"])
def test_links_take_no_room_and_lead_to_the_originals(link: Any, album: Album, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 0))  # type: ignore[attr-defined]
    a, b = album.photo("a"), album.photo("b")
    how = How(Linker(link))
    album.make(cleanup((cluster(a, b),)), how=how)
    for name in ("originals/a.jpg", "best_a.jpg"):
        path = album.out / "group_0001" / name
        assert path.samefile(a.path)
        assert path.is_symlink() is (link == "symlink")
    if link == "symlink":
        assert not os.path.isabs(os.readlink(album.out / "group_0001" / "best_a.jpg"))
    album.make(cleanup((cluster(a, b),)), how=how)
    assert not any("(2)" in name for name in album.names)
    with pytest.raises(DiskFull):
        album.make(cleanup((cluster(a, b),), (album.photo("c"),)))


def test_an_absolute_link_names_the_whole_path(album: Album) -> None:
    a = album.photo("a")
    album.make(cleanup((), (a,)), how=How(Linker("symlink", absolute=True)))
    assert os.readlink(album.out / "singles" / "a.jpg") == os.path.realpath(a.path)


def test_a_hard_link_across_devices_is_refused_before_anything_is_written(
    album: Album, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, real = album.photo("a"), os.lstat

    def elsewhere(path: Any, **more: Any) -> Any:
        status = real(path, **more)
        return os.stat_result((*status[:2], status.st_dev + 1, *status[3:])) if str(path) == a.path else status

    monkeypatch.setattr(linking.os, "lstat", elsewhere)
    with pytest.raises(DestinationError, match="another file system"):
        album.make(cleanup((), (a,)), how=How(Linker("hardlink")))
    assert not album.out.exists()


def test_an_original_that_others_may_write_is_copied_instead_of_linked(album: Album) -> None:
    a = album.photo("a")
    os.chmod(a.path, 0o666)
    destination, everything = album.planned(cleanup((), (a,)), how=How(Linker("hardlink")))
    assert destination.carry_out(destination.plan(everything)).problems == ()
    assert not (album.out / "singles" / "a.jpg").samefile(a.path)
    assert [note for note in destination.notes if "other people may write" in note]


def test_a_refused_reflink_is_copied_and_said_once(album: Album, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise OSError(errno.EOPNOTSUPP, "not supported")

    monkeypatch.setattr(linking, "_clone", refused)
    found = cleanup((), (album.photo("a"), album.photo("b")))
    destination, everything = album.planned(found, how=How(Linker("reflink")))
    assert destination.carry_out(destination.plan(everything)).problems == ()
    assert [("reflink" in note) for note in destination.notes] == [True]
    assert {"singles/a.jpg", "singles/b.jpg"} <= album.names


def test_a_reflink_is_verified_like_a_copy(album: Album, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file system has none, by a stand-in that copies."""
    monkeypatch.setattr(
        linking, "_clone", lambda source, target: target.write(Path(album.source / "a.jpg").read_bytes())
    )
    a = album.photo("a")
    assert album.make(cleanup((), (a,)), how=How(Linker("reflink"))).problems == ()
    assert _sha(album.out / "singles" / "a.jpg") == a.digest
    monkeypatch.setattr(linking, "_clone", lambda source, target: target.write(b"wrong"))
    with pytest.raises(DestinationError, match="read back"):
        album.make(cleanup((), (a, album.photo("b"))), how=How(Linker("reflink")))
    assert "singles/b.jpg" not in album.names


def test_links_with_their_location_taken_out_are_refused(album: Album, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "stripper_ready", lambda strip: None)
    with pytest.raises(SettingsError, match="--link copy"):
        album.make(cleanup((), (album.photo("a"),)), how=How(Linker("symlink"), strip_location=True))


def test_the_room_is_checked_before_anything_is_written(album: Album, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 10))  # type: ignore[attr-defined]
    with pytest.raises(DiskFull, match="nothing was written"):
        album.make(cleanup((), (album.photo("a"),)))
    assert album.names == set()


# Two at once, and stopping.


@needs_signals
def test_two_runs_do_not_write_into_one_folder(album: Album) -> None:
    found = cleanup((), (album.photo("a"),))
    album.out.mkdir()
    with alone_in_folder(album.out), pytest.raises(DestinationError, match="Another Unipic"):
        album.make(found)
    with alone_in_folder(album.out):
        album.make(found, how=How(locked=True))
    assert "singles/a.jpg" in album.names


def test_stopping_ends_after_a_whole_group(album: Album) -> None:
    groups = [cluster(album.photo(f"a{n}"), album.photo(f"b{n}")) for n in range(3)]
    found = cleanup(tuple(groups), (album.photo("c"),))
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        return len(asked) == 2

    with pytest.raises(Cancelled):
        album.make(found, how=How(stop=stop))
    assert {name.partition("/")[0] for name in album.names} == {"group_0001", "group_0002"}
    album.make(found)
    assert {name.partition("/")[0] for name in album.names} == {
        *("group_0001", "group_0002", "group_0003", "singles", MANIFEST)
    }
    assert not [name for name in album.names if name.endswith(PART)]


def test_a_photo_that_changed_since_the_scan_is_said(album: Album) -> None:
    a = album.photo("a")
    Path(a.path).write_bytes(b"another picture")
    result = album.make(cleanup((), (a,)))
    assert any("changed since the scan" in problem for problem in result.problems)


def test_an_original_that_cannot_be_read_costs_itself_alone(album: Album) -> None:
    a, b = album.photo("a"), album.photo("b")
    os.unlink(a.path)
    result = album.make(cleanup((cluster(b, a),)))
    assert any("could not be copied" in problem for problem in result.problems)
    assert {"group_0001/originals/b.jpg", "group_0001/best_b.jpg"} <= album.names


def test_planning_writes_nothing(album: Album) -> None:
    destination, everything = album.planned(cleanup((cluster(album.photo("a"), album.photo("b")),)))
    plan = destination.plan(everything)
    assert plan.bytes == 150
    assert not album.out.exists()


@pytest.mark.parametrize("make", [lambda a: a, lambda a: replace(a, taken=None)])
def test_names_that_are_paths_stay_inside(make: Callable[[Photo], Photo], album: Album) -> None:
    evil: Sequence[str] = ("../../etc/passwd", "/etc/passwd", "a/../../b.jpg", "CON.jpg", "x" * 300 + ".jpg")
    photos = [make(album.photo(f"p{n}", name)) for n, name in enumerate(evil)]
    album.make(cleanup((), tuple(photos)))
    assert len([name for name in album.names if name.startswith("singles/")]) == len(evil)
