"""Set aside beside the originals, and back: what moves, what is left alone, and that undo makes it as it was."""

import errno
import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from tests.helpers.galleries import photo
from tests.helpers.moves import FAILED, LINKING, PLAIN, RENAMING, in_a_process, knowing
from tests.helpers.systems import needs_fork, needs_linux, needs_pipes
from tests.safety.harness.amounts import amount

from unipic.core import moving
from unipic.core.errors import AlreadyThere, Cancelled, DestinationError
from unipic.core.files import hash_file
from unipic.core.moving import move
from unipic.core.photo import Companion, Photo, Unreadable
from unipic.core.progress import Step
from unipic.destinations import aside
from unipic.destinations.aside import AsideDestination
from unipic.destinations.base import Result
from unipic.destinations.quarantine import KNOWN, Quarantine, locked, quarantines, remembered
from unipic.destinations.undo import held, undo, undo_all as undo_everything
from unipic.review.outcomes import Outcome
from unipic.sources.folder import JOURNAL, SET_ASIDE, FolderSource


def companion(path: Path, data: bytes, role: Any = "video") -> Companion:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return Companion(str(path), path.name, str(path), hash_file(path), len(data), role)


def on_disk(path: Path, data: bytes, *companions: Companion) -> Photo:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    facts = {"path": str(path), "digest": hash_file(path), "size": len(data), "companions": companions}
    return photo(ascii(str(path)), name=path.name, **facts)


def gone(of: Photo, *instead: Photo) -> Outcome:
    return Outcome(of, "set aside", "a copy", instead)


def stays(of: Photo | Unreadable) -> Outcome:
    return Outcome(of, "kept", "it stays")


def state(root: Path) -> dict[str, tuple[Any, ...]]:
    """Every file with content, time, mode and inode, and every folder with its mode."""
    found: dict[str, tuple[Any, ...]] = {}
    for path in sorted(root.rglob("*")):
        facts = path.lstat()
        mode = stat.S_IMODE(facts.st_mode)
        name = str(path.relative_to(root))
        if stat.S_ISDIR(facts.st_mode):
            found[name] = (mode,)
        else:
            digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else os.readlink(path)
            found[name] = (digest, facts.st_mtime_ns, mode, facts.st_ino)
    return found


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "photos"
    root.mkdir()
    return root


@pytest.fixture
def pair(root: Path) -> list[Outcome]:
    """A photo that stays, and a copy of it with a video and a sidecar, in a folder for its owner only."""
    keeper = on_disk(root / "a.jpg", b"beach")
    video = companion(root / "private" / "b.mov", b"moving beach")
    copy = on_disk(root / "private" / "b.jpg", b"beach", video, companion(root / "private" / "b.xmp", b"5", "sidecar"))
    (root / "private").chmod(0o750)
    os.utime(copy.path, ns=(1, 1_700_000_000_123_456_789))
    os.chmod(copy.path, 0o640)
    return [stays(keeper), gone(copy, keeper)]


def move_aside(root: Path, outcomes: list[Outcome], known: Path | None = None) -> Result:
    destination = AsideDestination([root], known)
    plan = destination.plan(outcomes)
    return destination.carry_out(plan.at_most(plan.files))


def undo_all(root: Path) -> list[str]:
    return [problem for undone in undo_everything(root) for problem in undone.problems]


# One at a time


@pytest.mark.parametrize("other", ["the same folder", "a folder in it", "the folder around it"])
@pytest.mark.parametrize("data", ["one data folder", "two data folders"])
def test_two_moves_at_once_never_take_both_copies(root: Path, tmp_path: Path, other: str, data: str) -> None:
    """The second one, with the opposite preference, is refused while the first is at work; and afterwards it finds
    that what should stay is gone."""
    one, two = on_disk(root / "in" / "a.jpg", b"beach"), on_disk(root / "in" / "b.jpg", b"beach")
    here, there = {
        "the same folder": (root, root),
        "a folder in it": (root, root / "in"),
        "the folder around it": (root / "in", root),
    }[other]
    second = AsideDestination([there], (tmp_path / "data2" if data.startswith("two") else tmp_path / "data1") / KNOWN)
    opposite = second.plan([stays(two), gone(one, two)])
    refused = []

    def meanwhile(step: Step) -> None:
        if not refused:
            with pytest.raises(DestinationError, match=r"Another move .* is at work") as told:
                second.carry_out(opposite)
            refused.append(told)

    first = AsideDestination([here], tmp_path / "data1" / KNOWN)
    moved = first.carry_out(first.plan([stays(one), gone(two, one)]), meanwhile)
    assert (moved.files, len(refused)) == (1, 1)
    assert second.carry_out(opposite).files == 0
    assert Path(one.path).exists()


def test_moves_in_two_folders_do_not_wait_for_each_other(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = (AsideDestination([tmp_path / name]) for name in ("one", "two"))
    two_plan = two.plan([])
    one.carry_out(one.plan([]), lambda step: two.carry_out(two_plan) and None)


def test_folders_in_one_another_are_one_move(root: Path, pair: list[Outcome]) -> None:
    destination = AsideDestination([root, root / "private"])
    assert destination.carry_out(destination.plan(pair)).files == 3


# What moves


def test_a_photo_goes_with_all_that_belongs_to_it_and_comes_back(root: Path, pair: list[Outcome]) -> None:
    before = state(root)
    moved = move_aside(root, pair)
    (folder,) = moved.folders
    assert (moved.photos, moved.files, moved.bytes, moved.problems) == (1, 3, 18, ())
    assert folder.parent == root / SET_ASIDE
    inside = {name: facts for name, facts in state(folder).items() if name != JOURNAL}
    assert inside == {name: facts for name, facts in before.items() if name.startswith("private")}
    assert sorted(os.listdir(root)) == [SET_ASIDE, "a.jpg", "private"]
    assert os.listdir(root / "private") == []
    undone = undo(folder)
    assert (undone.files, undone.bytes, undone.problems, undone.notes) == (3, 18, [], [])
    assert state(root) == before


def test_the_journal_says_it_all_before_anything_moves(
    root: Path, pair: list[Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    real = aside.move

    def looking(source: str, target: str) -> None:
        (journal,) = root.rglob(JOURNAL)
        seen.append((os.path.basename(source), [json.loads(line) for line in journal.read_text().splitlines()]))
        real(source, target)

    monkeypatch.setattr(aside, "move", looking)
    (folder,) = move_aside(root, pair).folders
    name, lines = seen[0]
    facts = (folder / "private" / "b.jpg").stat()
    assert name == "b.jpg"
    assert [*lines[0]] == ["made_by", "version", "at", "folder"]
    assert lines[1]["files"][0] == {
        "source": "private/b.jpg",
        "target": "private/b.jpg",
        "sha256": hashlib.sha256(b"beach").hexdigest(),
        "size": 5,
        "inode": facts.st_ino,
        "device": facts.st_dev,
        "mtime_ns": facts.st_mtime_ns,
    }
    assert [file["source"] for file in lines[1]["files"]] == ["private/b.jpg", "private/b.mov", "private/b.xmp"]
    assert lines[1]["keepers"] == {str(root / "a.jpg"): hashlib.sha256(b"beach").hexdigest()}
    assert len(lines) == 2
    assert json.loads((folder / JOURNAL).read_text().splitlines()[-1]) == {"done": 0}


@needs_linux
def test_the_intent_is_on_the_disk_before_the_move_and_the_folders_after_it(
    root: Path, pair: list[Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a power cut would leave: by the order of what is asked of the disk."""
    order: list[str] = []
    real_sync, real_move = os.fsync, moving.rename_to_free_name

    def sync(handle: int) -> None:
        order.append(f"sync {os.path.basename(os.readlink(f'/proc/self/fd/{handle}'))}")
        real_sync(handle)

    def rename(source: str, target: str) -> None:
        order.append(f"move {os.path.basename(source)}")
        real_move(source, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(moving, "rename_to_free_name", rename)
    (folder,) = move_aside(root, pair).folders
    first, last = order.index("move b.jpg"), order.index("move b.xmp")
    assert order[first - 1] == f"sync {JOURNAL}"
    assert {f"sync {folder.name}", f"sync {SET_ASIDE}"} <= set(order[:first])
    assert order[last + 1 :].count("sync private") == 2  # here and there


def test_nothing_to_set_aside_makes_no_folder(root: Path) -> None:
    moved = move_aside(root, [stays(on_disk(root / "a.jpg", b"a"))])
    assert moved == Result()
    assert os.listdir(root) == ["a.jpg"]


def test_two_runs_in_one_second_have_a_folder_each(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = on_disk(root / "a.jpg", b"a")
    before = state(root)
    folders = []
    for name in ("b.jpg", "c.jpg", "d.jpg"):
        copy = on_disk(root / name, b"a")
        before |= {name: state(root)[name]}
        folders += move_aside(root, [stays(keeper), gone(copy, keeper)]).folders
    assert len(set(folders)) == 3
    assert [folder.name[:4].isdecimal() for folder in folders] == [True] * 3
    assert undo_all(root) == []
    assert state(root) == before


def test_single_files_and_several_folders_are_roots_too(root: Path, tmp_path: Path) -> None:
    keeper, other = on_disk(root / "a.jpg", b"a"), on_disk(tmp_path / "other" / "b.jpg", b"a")
    destination = AsideDestination([root / "a.jpg", tmp_path / "other"])
    plan = destination.plan([stays(keeper), gone(other, keeper)])
    assert destination.carry_out(plan.at_most(1)).folders[0].parent == tmp_path / "other" / SET_ASIDE
    assert (root / "a.jpg").exists()


def test_another_disk_below_the_root_has_a_quarantine_of_its_own(
    root: Path, pair: list[Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mounted folder: what lies on it says another device."""
    real = os.lstat

    class Elsewhere:
        st_dev = -1

    def lstat(path: Any, **options: Any) -> Any:
        on_it = str(path).startswith(str(root / "private"))
        return Elsewhere() if on_it and aside.__name__ in _caller() else real(path, **options)

    monkeypatch.setattr(os, "lstat", lstat)
    item, *_ = AsideDestination([root]).plan(pair).items
    assert item.name == os.path.relpath(item.file.path, root / "private")


def _caller() -> str:
    import sys

    return str(sys._getframe(2).f_globals["__name__"])


def test_nothing_is_ever_copied_to_another_file_system(
    root: Path, pair: list[Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    def across(source: str, target: str) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link", source)

    monkeypatch.setattr(moving, "rename_to_free_name", across)
    before = state(root)
    moved = move_aside(root, pair)
    assert moved.problems == ("b.jpg was left where it is: Invalid cross-device link",)
    assert state(root) == before
    assert moved.folders == ()


# What is left alone


def left(root: Path, outcomes: list[Outcome], problem: str) -> None:
    before = state(root)
    moved = move_aside(root, outcomes)
    assert [p for p in moved.problems if problem in p], moved.problems
    assert (moved.files, moved.folders) == (0, ())
    assert state(root) == before


@needs_pipes
@pytest.mark.parametrize("which", ["photo", "video", "keeper"])
@pytest.mark.parametrize("how", ["edited", "same size and time", "replaced", "deleted", "a link", "a pipe"])
def test_what_changed_since_the_scan_is_left_alone(which: str, how: str, root: Path, pair: list[Outcome]) -> None:
    path = {"photo": root / "private/b.jpg", "video": root / "private/b.mov", "keeper": root / "a.jpg"}[which]
    facts = path.stat()
    if how == "edited":
        path.write_bytes(b"edited")
    elif how == "same size and time":
        path.write_bytes(b"x" * facts.st_size)
        os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    elif how == "replaced":
        (root / "new").write_bytes(b"new")
        os.replace(root / "new", path)
    else:
        path.rename(root.parent / "moved away")
        if how == "a link":
            path.symlink_to(root.parent / "moved away")
        elif how == "a pipe":
            os.mkfifo(path)
    before = _all(root)
    moved = move_aside(root, pair)
    assert len(moved.problems) == 1
    assert "left where it is" in moved.problems[0]
    assert _all(root) == before
    assert moved.folders == ()


def _all(root: Path) -> list[tuple[str, int, int]]:
    return sorted((str(p), p.lstat().st_ino, p.lstat().st_mtime_ns) for p in root.rglob("*") if not p.is_dir())


def test_a_folder_that_became_a_link_is_not_gone_through(root: Path, pair: list[Outcome]) -> None:
    (root / "private").rename(root.parent / "elsewhere")
    (root / "private").symlink_to(root.parent / "elsewhere")
    before = state(root.parent / "elsewhere")
    moved = move_aside(root, pair)
    assert "leads through a link now" in moved.problems[0]
    assert state(root.parent / "elsewhere") == before


def test_nothing_goes_without_a_photo_that_stays(root: Path) -> None:
    left(root, [gone(on_disk(root / "a.jpg", b"a"))], "no photo stays in its place")


def test_two_do_not_go_for_each_other(root: Path) -> None:
    one, two = on_disk(root / "a.jpg", b"a"), on_disk(root / "b.jpg", b"a")
    left(root, [gone(one, two), gone(two, one)], "set aside too")


def test_what_belongs_to_a_photo_that_stays_is_no_companion_of_one_that_goes(root: Path) -> None:
    sidecar = companion(root / "a.xmp", b"5", "sidecar")
    keeper, copy = on_disk(root / "a.jpg", b"a", sidecar), on_disk(root / "a.heic", b"a", sidecar)
    left(root, [stays(keeper), gone(copy, keeper)], "belongs to another photo too")


def test_what_lies_outside_of_the_folders_is_left(root: Path, tmp_path: Path) -> None:
    keeper = on_disk(root / "a.jpg", b"a")
    outside = on_disk(tmp_path / "b.jpg", b"a")
    left(root, [stays(keeper), gone(outside, keeper)], "none of the folders")
    beside = on_disk(root / "c.jpg", b"a", companion(tmp_path / "c.mov", b"m"))
    left(root, [stays(keeper), gone(beside, keeper)], "another folder")


def test_a_photo_called_like_the_journal_is_left(root: Path) -> None:
    keeper = on_disk(root / "a.jpg", b"a")
    left(root, [stays(keeper), gone(on_disk(root / JOURNAL, b"a"), keeper)], "called like the journal")


def test_more_than_was_confirmed_is_refused(root: Path, pair: list[Outcome]) -> None:
    before = state(root)
    destination = AsideDestination([root])
    with pytest.raises(DestinationError, match="The plan has 3 files, not 2; nothing was moved"):
        destination.carry_out(destination.plan(pair).at_most(2))
    assert state(root) == before


@pytest.mark.parametrize("what", ["a file", "a link"])
def test_a_name_that_is_taken_is_said(what: str, root: Path, pair: list[Outcome]) -> None:
    if what == "a file":
        (root / SET_ASIDE).write_bytes(b"mine")
    else:
        (root / SET_ASIDE).symlink_to(root.parent)
    before = state(root)
    with pytest.raises(DestinationError, match="is not a folder"):
        move_aside(root, pair)
    assert state(root) == before


def test_half_an_asset_never_moves(root: Path, pair: list[Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    real = moving.rename_to_free_name

    def refused(source: str, target: str) -> None:
        if source.endswith("b.xmp"):
            raise PermissionError(errno.EACCES, "Permission denied", source)
        real(source, target)

    monkeypatch.setattr(moving, "rename_to_free_name", refused)
    left(root, pair, "Permission denied")


def test_one_that_is_replaced_at_the_last_moment_is_put_back(
    root: Path, pair: list[Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = moving.rename_to_free_name

    def late(source: str, target: str) -> None:
        if source.endswith("b.mov") and SET_ASIDE not in source:
            (root / "new").write_bytes(b"saved by an editor")
            os.replace(root / "new", source)
        real(source, target)

    monkeypatch.setattr(moving, "rename_to_free_name", late)
    moved = move_aside(root, pair)
    assert "replaced by another file at the last moment" in moved.problems[0]
    assert (root / "private/b.mov").read_bytes() == b"saved by an editor"
    assert (root / "private/b.jpg").exists()
    assert moved.folders == ()


@pytest.mark.parametrize("error", [errno.EIO, errno.EROFS, errno.ENOSPC])
def test_an_error_of_the_disk_ends_the_whole(
    error: int, root: Path, pair: list[Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(root)

    def broken(source: str, target: str) -> None:
        raise OSError(error, os.strerror(error), source)

    monkeypatch.setattr(moving, "rename_to_free_name", broken)
    with pytest.raises(DestinationError, match="Stopped at the first error"):
        move_aside(root, pair)
    monkeypatch.undo()
    assert undo_all(root) == []
    assert state(root) == before


def test_stopped_in_the_middle_it_says_how_far_it_came(root: Path) -> None:
    keeper = on_disk(root / "a.jpg", b"a")
    copies = [on_disk(root / f"{name}.jpg", b"a") for name in "bcd"]
    before = state(root)

    def stop(step: Step) -> None:
        if step.done == 2:
            raise KeyboardInterrupt

    destination = AsideDestination([root])
    with pytest.raises(Cancelled, match=r"Stopped: 2 files set aside in .* Undo puts them back"):
        destination.carry_out(
            destination.plan([stays(keeper), *(gone(copy, keeper) for copy in copies)]).at_most(3), stop
        )
    assert (root / "d.jpg").exists()
    assert undo_all(root) == []
    assert state(root) == before


def test_half_an_asset_that_a_kill_left_is_said_before_more_moves(root: Path, pair: list[Outcome]) -> None:
    (folder,) = move_aside(root, pair).folders
    move(str(folder / "private/b.mov"), str(root / "private/b.mov"))
    lines = (folder / JOURNAL).read_text().splitlines(keepends=True)
    (folder / JOURNAL).write_text("".join(lines[:-1]))
    assert held(folder).torn
    with pytest.raises(DestinationError, match="Put it back with undo first"):
        AsideDestination([root]).ready()
    assert undo_all(root) == []
    AsideDestination([root]).ready()


# Undo


def test_nothing_is_overwritten_by_undo(root: Path, pair: list[Outcome]) -> None:
    (folder,) = move_aside(root, pair).folders
    (root / "private/b.mov").write_bytes(b"new")
    undone = undo(folder)
    assert undone.files == 2
    assert [str(root / "private/b.mov") in problem for problem in undone.problems] == [True]
    assert (root / "private/b.mov").read_bytes() == b"new"
    assert (folder / "private/b.mov").read_bytes() == b"moving beach"
    assert (folder / JOURNAL).exists()
    (root / "private/b.mov").unlink()
    assert undo(folder).problems == []
    assert (root / "private/b.mov").read_bytes() == b"moving beach"
    assert not (root / SET_ASIDE).exists()


def test_undo_makes_a_folder_again_that_was_removed_meanwhile(root: Path, pair: list[Outcome]) -> None:
    move_aside(root, pair)
    (root / "private").rmdir()
    assert undo_all(root) == []
    assert (root / "private/b.jpg").read_bytes() == b"beach"


def test_what_was_changed_in_the_quarantine_comes_back_and_is_said(root: Path, pair: list[Outcome]) -> None:
    (folder,) = move_aside(root, pair).folders
    (folder / "private/b.jpg").write_bytes(b"edited")
    assert "was changed while it was set aside" in undo(folder).notes[0]
    assert (root / "private/b.jpg").read_bytes() == b"edited"


def test_what_is_in_neither_place_is_said(root: Path, pair: list[Outcome]) -> None:
    (folder,) = move_aside(root, pair).folders
    (folder / "private/b.mov").rename(root.parent / "taken")
    undone = undo(folder)
    assert "is gone: it is neither there nor in" in undone.problems[0]
    assert undone.files == 2
    assert (folder / JOURNAL).exists()


def test_what_others_put_into_the_quarantine_stays(root: Path, pair: list[Outcome]) -> None:
    (folder,) = move_aside(root, pair).folders
    (folder / "private/mine.jpg").write_bytes(b"mine")
    undone = undo(folder)
    assert undone.problems == []
    assert "holds other files" in undone.notes[0]
    assert (folder / "private/mine.jpg").read_bytes() == b"mine"


def test_a_link_in_the_quarantine_is_not_followed(root: Path, pair: list[Outcome], tmp_path: Path) -> None:
    (folder,) = move_aside(root, pair).folders
    (folder / "private").rename(tmp_path / "real")
    (folder / "private").symlink_to(tmp_path / "real")
    undone = undo(folder)
    assert len(undone.problems) == 3
    assert sorted(os.listdir(tmp_path / "real")) == ["b.jpg", "b.mov", "b.xmp"]


def test_the_disk_may_be_mounted_elsewhere(root: Path, pair: list[Outcome], tmp_path: Path) -> None:
    before = state(root)
    move_aside(root, pair)
    root.rename(tmp_path / "elsewhere")
    assert undo_all(tmp_path / "elsewhere") == []
    assert state(tmp_path / "elsewhere") == before


def test_a_quarantine_that_was_moved_out_of_its_place_is_refused(
    root: Path, pair: list[Outcome], tmp_path: Path
) -> None:
    (folder,) = move_aside(root, pair).folders
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(DestinationError, match="where its files were is not known"):
        undo(tmp_path / "elsewhere")


@pytest.mark.parametrize(
    "line",
    [
        b'{"intent": 9, "files": [{"source": "../evil", "target": "private/b.jpg", %s}]}',
        b'{"intent": 9, "files": [{"source": "/etc/evil", "target": "private/b.jpg", %s}]}',
        b'{"intent": 9, "files": [{"source": "x", "target": "../../a.jpg", %s}]}',
        b'{"intent": 9, "files": [{"source": "x\\u0000", "target": "private/b.jpg", %s}]}',
        b'{"intent": 9, "files": [{"source": "", "target": "private/b.jpg", %s}]}',
        b'{"intent": 9, "files": ["x"]}',
        b'{"intent": "9", "files": []}',
        b"[]",
        b"\xff\x00",
        b"{",
    ],
)
def test_a_journal_that_is_damaged_or_hostile_moves_nothing_elsewhere(
    line: bytes, root: Path, pair: list[Outcome]
) -> None:
    rest = b'"sha256": "a", "size": 1, "inode": 1, "device": 1, "mtime_ns": 1'
    (folder,) = move_aside(root, pair).folders
    journal = folder / JOURNAL
    journal.write_bytes(journal.read_bytes() + line.replace(b"%s", rest) + b"\n")
    undone = undo(folder)
    assert undone.files == 3
    assert "is damaged" in undone.problems[0]
    assert sorted(os.listdir(root)) == [SET_ASIDE, "a.jpg", "private"]


def test_one_that_is_being_filled_is_not_undone(root: Path, pair: list[Outcome]) -> None:
    quarantine = Quarantine(str(root))
    with pytest.raises(DestinationError, match="is in use by another move or undo"):
        undo(quarantine.folder)
    quarantine.close()
    assert undo(quarantine.folder).problems == []
    assert not (root / SET_ASIDE).exists()


@pytest.mark.parametrize("clock", ["goes on", "was put back"])
def test_what_was_moved_twice_in_a_second_comes_back_in_order(
    clock: str, root: Path, pair: list[Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first run was undone in part; the second holds what the first one's journal names."""
    times = iter(("2026-11-21T14:03:22.000001+00:00", "2026-11-21T14:03:22.000002+00:00"))
    order = iter(sorted(times, reverse=clock != "goes on"))
    monkeypatch.setattr("unipic.destinations.quarantine._now", lambda: next(order))
    before = state(root)
    (first,) = move_aside(root, pair).folders
    for name in ("b.jpg", "b.mov", "b.xmp"):
        move(str(first / "private" / name), str(root / "private" / name))
    move_aside(root, pair)
    assert undo_all(root) == []
    assert state(root) == before


def test_folders_that_a_stop_left_empty_are_removed(root: Path) -> None:
    for folder in (root / SET_ASIDE, root / "a" / SET_ASIDE / "2026-11-21 14-03-22"):
        folder.mkdir(parents=True)
    (root / "b" / SET_ASIDE / "mine").mkdir(parents=True)
    (root / "b" / SET_ASIDE / "mine" / "a.jpg").write_bytes(b"a")
    assert undo_all(root) == []
    assert list(state(root)) == ["a", "b", f"b/{SET_ASIDE}", f"b/{SET_ASIDE}/mine", f"b/{SET_ASIDE}/mine/a.jpg"]


def test_undo_finds_what_it_made_wherever_it_is(root: Path, pair: list[Outcome], tmp_path: Path) -> None:
    known = tmp_path / "data" / KNOWN
    assert remembered(known) == []
    (folder,) = move_aside(root, pair, known).folders
    with open(known, "ab") as file:
        file.write(b'"/cut by a st')
    (other,) = move_aside(
        root, [stays(k := on_disk(root / "k.jpg", b"k")), gone(on_disk(root / "l.jpg", b"k"), k)], known
    ).folders
    assert remembered(known) == [folder, other]
    assert quarantines(root) == quarantines(root / SET_ASIDE) != []
    assert quarantines(folder) == [folder]
    undo(folder)
    assert remembered(known) == [other]


def test_what_lies_in_a_quarantine_can_be_asked(root: Path, pair: list[Outcome]) -> None:
    (folder,) = move_aside(root, pair).folders
    found = held(folder)
    assert (found.files, found.bytes, found.torn) == (3, 18, False)
    assert f"{datetime.fromisoformat(found.at).astimezone():%Y-%m-%d %H-%M}" == folder.name[:16]
    with locked(folder) as journal:
        assert journal.unfinished == []


def test_the_next_scan_does_not_look_into_it(root: Path, pair: list[Outcome]) -> None:
    move_aside(root, pair)
    found = list(FolderSource([root]).files())
    assert [(file.name, isinstance(file, Unreadable)) for file in found] == [("a.jpg", False), (SET_ASIDE, True)] or [
        (file.name, isinstance(file, Unreadable)) for file in found
    ] == [(SET_ASIDE, True), ("a.jpg", False)]


# Moving


@pytest.mark.parametrize("way", [RENAMING, LINKING, PLAIN])
def test_a_move_never_overwrites(way: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"b")
    with knowing(way):
        with pytest.raises(AlreadyThere, match="nothing was overwritten"):
            move(str(tmp_path / "a"), str(tmp_path / "b"))
        move(str(tmp_path / "a"), str(tmp_path / "c"))
        with pytest.raises(FileNotFoundError):
            move(str(tmp_path / "a"), str(tmp_path / "d"))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"b": b"b", "c": b"a"}


def test_a_file_that_took_the_place_of_a_linked_one_keeps_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"old")
    real = os.link

    def replaced(source: str, target: str, **options: Any) -> None:
        real(source, target, **options)
        (tmp_path / "new").write_bytes(b"new")
        os.replace(tmp_path / "new", source)

    monkeypatch.setattr(os, "link", replaced)
    with knowing(LINKING), pytest.raises(OSError, match="was replaced by another file"):
        move(str(tmp_path / "a"), str(tmp_path / "b"))
    assert (tmp_path / "a").read_bytes() == b"new"
    assert (tmp_path / "b").read_bytes() == b"old"


# Any sequence of moving, stops and undoing


STEPS = st.lists(st.tuples(st.sampled_from(("move", "undo")), st.integers(0, 60)), max_size=5)
NAMES = ("a.jpg", "x/b.jpg", "x/y/c.jpg", "caf\udce9.jpg", "-n.jpg", "new\nline.jpg", "x/\u00e9.jpg", "%s.jpg")


@needs_fork
@pytest.mark.slow
@given(steps=STEPS, data=st.data(), way=st.sampled_from((RENAMING, LINKING, PLAIN)))
@settings(max_examples=amount(pr=25, nightly=1500))
def test_any_moves_stops_and_undoings_end_with_the_very_same_tree(
    steps: list[tuple[str, int]], data: st.DataObject, way: str
) -> None:
    place = Path(tempfile.mkdtemp())
    try:
        outcomes = _drawn(place, data)
        before = state(place)
        acts: dict[str, Callable[[], object]] = {
            "move": lambda: moved_again(place, outcomes),
            "undo": lambda: undo_all(place),
        }
        with knowing(way):
            for act, most in steps:
                assert in_a_process(acts[act], most) != FAILED
            assert undo_all(place) == []
        assert state(place) == before
    finally:
        shutil.rmtree(place)


def moved_again(place: Path, outcomes: list[Outcome]) -> None:
    """What a kill left half moved is for undo first."""
    with suppress(DestinationError):
        AsideDestination([place]).ready()
        move_aside(place, outcomes)


def _drawn(place: Path, data: st.DataObject) -> list[Outcome]:
    keeper = on_disk(place / "keeper.jpg", b"k")
    outcomes = [stays(keeper)]
    for name in data.draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4)):
        extras = [
            companion(place / f"{name}.{end}", end.encode())
            for end in data.draw(st.sets(st.sampled_from(("mov", "xmp"))))
        ]
        outcomes.append(gone(on_disk(place / name, name.encode("utf-8", "surrogateescape"), *extras), keeper))
    return outcomes
