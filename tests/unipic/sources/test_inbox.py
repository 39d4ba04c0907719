"""The inbox: only complete files are photos, equal ones lie on the disk once, and nothing is lost."""

import os
import shutil
from pathlib import Path

import pytest
from tests.helpers.libraries import read_in
from tests.helpers.pictures import save, scene

from unipic.core.photo import Found
from unipic.library.library import Library
from unipic.sources import inbox
from unipic.sources.folder import FolderSource
from unipic.sources.inbox import delete, entries, keep_once, open_inbox, take, used


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(inbox, "QUIET_S", 0.0)
    return open_inbox()


def found(folder: Path) -> list[str]:
    return [one.name for one in FolderSource([folder]).files() if isinstance(one, Found)]


@pytest.mark.parametrize(
    "name",
    [
        *(".IMG_1.jpg", "~IMG_1.jpg", "._IMG_1.jpg", "IMG_1.jpg.part", "IMG_1.jpg.PARTIAL", "IMG_1.jpg.filepart"),
        *("IMG_1.jpg.ocTransferId123.part", ".syncthing.IMG_1.jpg.tmp", ".stversions/IMG_1.jpg"),
        "IMG_1.jpg.0123abcd.unipic-part",
    ],
)
def test_a_file_with_a_programs_name_is_no_photo(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    save(scene(1), folder / "IMG_0001.jpg")
    shutil.copy(folder / "IMG_0001.jpg", folder / name)
    assert found(folder) == ["IMG_0001.jpg"]
    assert {one.name: one.complete for one in entries()} == {"IMG_0001.jpg": True, name: False}


def test_a_file_that_grows_is_no_photo_and_one_at_rest_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(scene(1), folder / "a.jpg")
    monkeypatch.setattr(inbox, "QUIET_S", 3600.0)
    os.utime(folder / "a.jpg", (1, 1))  # as programs give it the phone's date while they write
    assert found(folder) == []
    assert not entries()[0].complete
    monkeypatch.setattr(inbox, "QUIET_S", 0.0)
    assert found(folder) == ["a.jpg"]


def test_equal_files_are_kept_once_under_both_names(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unipic.sources.base.NEW", 0)
    library = Library(folder.parent)
    for number, name in ((1, "a.jpg"), (2, "b.jpg"), (1, "phone/again.jpg")):
        save(scene(number), folder / name)
    shutil.copy(folder / "b.jpg", folder / "c.jpg.part")
    whole = {path: path.read_bytes() for path in folder.rglob("*.jpg*")}
    assert read_in(library, folder).joined == 1
    assert {path: path.read_bytes() for path in whole} == whole, "every name is there"
    assert (folder / "a.jpg").samefile(folder / "phone" / "again.jpg")
    assert len(library.shown()) == 2
    assert used(entries()) < sum(one.size for one in entries())
    assert read_in(library, folder).joined == 0
    assert len(library.shown()) == 2
    delete(["a.jpg"])
    assert read_in(library, folder).gone == 1
    assert (folder / "phone" / "again.jpg").read_bytes() == whole[folder / "a.jpg"]
    assert len(library.shown()) == 2
    delete([one.name for one in entries()])
    read_in(library, folder)
    assert library.shown() == [], "an empty inbox is no disk that is not mounted"


def test_files_that_changed_or_cannot_be_joined_stay(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in (("a.jpg", b"one"), ("b.jpg", b"two"), ("c.jpg", b"two")):
        (folder / name).write_bytes(content)
    (two,) = {inbox.hash_file(folder / "b.jpg")}
    assert keep_once([(two, str(folder / name)) for name in ("a.jpg", "b.jpg")]) == 0
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError("no second names here")))
    assert keep_once([(two, str(folder / name)) for name in ("b.jpg", "c.jpg")]) == 0
    assert sorted(path.read_bytes() for path in folder.glob("*.jpg")) == [b"one", b"two", b"two"]
    assert len(entries()) == 3, "and no file is left over"


def test_a_name_that_is_taken_keeps_its_file(folder: Path) -> None:
    for name, content in (("a.jpg", b"one"), ("x.part", b"one"), ("y.part", b"two")):
        (folder / name).write_bytes(content)
    assert not take(folder / "y.part", folder / "a.jpg")
    assert take(folder / "x.part", folder / "a.jpg")
    assert take(folder / "a.jpg", folder / "a.jpg"), "which is no reason to delete it"
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.name != inbox.MARKER} == {
        "a.jpg": b"one",
        "y.part": b"two",
    }


def test_only_files_of_the_inbox_are_deleted(folder: Path) -> None:
    (folder.parent / "decisions.sqlite").touch()
    delete(["../decisions.sqlite", str(folder.parent / "decisions.sqlite"), inbox.MARKER, ""])
    assert (folder.parent / "decisions.sqlite").exists()
    assert (folder / inbox.MARKER).exists()
