"""Folders: what is listed, in which order, under which names, and what is never followed."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.helpers.systems import ROOT, needs_pipes

from unipic.core.errors import SourceError
from unipic.core.photo import Found, Unreadable
from unipic.sources.folder import JOURNAL, SET_ASIDE, FolderSource, allowed

A_LINK = "is a symbolic link, which is not followed"
root_reads_everything = pytest.mark.skipif(ROOT, reason="root may read what nobody may")


def fill(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode("utf-8", "surrogateescape"))
    return root


def listed(*roots: Path) -> list[Found | Unreadable]:
    return list(FolderSource(roots).files())


def names(*roots: Path) -> list[str]:
    return [file.name for file in listed(*roots)]


def reasons(root: Path) -> dict[str, str]:
    return {file.name: file.reason if isinstance(file, Unreadable) else "" for file in listed(root)}


def test_all_folders_in_the_order_of_bytes(tmp_path: Path) -> None:
    fill(tmp_path, "b.jpg", "a.jpg", "Z.jpg", ".hidden.jpg", "é.jpg", "b/2.jpg", "b/10.jpg", "a/x/y/z.jpg", "b/c/1.jpg")
    assert names(tmp_path) == [
        ".hidden.jpg",
        "Z.jpg",
        "a.jpg",
        "b.jpg",
        "é.jpg",
        "a/x/y/z.jpg",
        "b/10.jpg",
        "b/2.jpg",
        "b/c/1.jpg",
    ]


def test_a_file_is_found_as_it_lies_there(tmp_path: Path) -> None:
    fill(tmp_path, "2024/photo.jpg")
    (found,) = listed(tmp_path)
    path = str(tmp_path / "2024" / "photo.jpg")
    assert found == Found(found.id, "2024/photo.jpg", path, len("2024/photo.jpg"))


def test_an_empty_folder_has_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert listed(tmp_path) == []


def test_very_deep_folders_are_walked(tmp_path: Path) -> None:
    depth = 1200  # deeper than Python may call itself
    fill(tmp_path, "shallow.jpg")
    path = str(tmp_path)
    try:
        for _ in range(depth):
            path += "/d"
            os.mkdir(path)
        assert names(tmp_path) == ["shallow.jpg"]
        Path(path, "photo.jpg").touch()
        assert names(tmp_path) == ["shallow.jpg", "d/" * depth + "photo.jpg"]
    finally:  # what tidies up after tests cannot go this deep
        Path(path, "photo.jpg").unlink(missing_ok=True)
        os.removedirs(path)


# Links, and what is no file


def test_links_are_named_and_not_followed(tmp_path: Path) -> None:
    inside = fill(tmp_path / "inside", "photo.jpg", "sub/other.jpg")
    outside = fill(tmp_path / "outside", "secret.jpg")
    (inside / "up").symlink_to("..")
    (inside / "out").symlink_to(outside)
    (inside / "out.jpg").symlink_to(outside / "secret.jpg")
    (inside / "twin.jpg").symlink_to("photo.jpg")
    (inside / "dangling.jpg").symlink_to("missing.jpg")
    (inside / "loop").mkdir()
    (inside / "loop" / "a").symlink_to("b")
    (inside / "loop" / "b").symlink_to("a")
    (inside / "loop" / "self").symlink_to(inside / "loop")
    links = ("dangling.jpg", "loop/a", "loop/b", "loop/self", "out", "out.jpg", "twin.jpg", "up")
    assert reasons(inside) == {"photo.jpg": "", "sub/other.jpg": "", **dict.fromkeys(links, A_LINK)}
    assert not any(file.copyable for file in listed(inside) if isinstance(file, Unreadable))


def test_what_was_set_aside_is_named_and_not_looked_at(tmp_path: Path) -> None:
    dated = f"{SET_ASIDE}/2026-11-21 14-03-22"
    fill(tmp_path, "a.jpg", f"{dated}/b.jpg", f"{dated}/{JOURNAL}", f"x/{dated}/c.jpg", f"x/{dated}/{JOURNAL}")
    assert reasons(tmp_path) == {
        "a.jpg": "",
        SET_ASIDE: "holds what was set aside; not looked at",
        f"x/{SET_ASIDE}": "holds what was set aside; not looked at",
    }
    assert not any(file.copyable for file in listed(tmp_path) if isinstance(file, Unreadable))


def test_a_folder_only_called_so_is_any_folder(tmp_path: Path) -> None:
    fill(tmp_path, f"{SET_ASIDE}/a.jpg", f"{SET_ASIDE}/2024/b.jpg", f"{SET_ASIDE} (2)/2024/{JOURNAL}")
    assert names(tmp_path) == [f"{SET_ASIDE}/a.jpg", f"{SET_ASIDE}/2024/b.jpg", f"{SET_ASIDE} (2)/2024/{JOURNAL}"]


def test_what_was_set_aside_is_no_source(tmp_path: Path) -> None:
    fill(tmp_path, f"{SET_ASIDE}/2024/b.jpg", f"{SET_ASIDE}/2024/{JOURNAL}")
    for root in (tmp_path / SET_ASIDE, tmp_path / SET_ASIDE / "2024", tmp_path / SET_ASIDE / "2024" / "b.jpg"):
        with pytest.raises(SourceError, match="holds photos set aside; name another folder"):
            FolderSource([root])


def test_hard_links_are_two_files(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg")
    os.link(tmp_path / "a.jpg", tmp_path / "b.jpg")
    assert names(tmp_path) == ["a.jpg", "b.jpg"]


@needs_pipes
def test_pipes_and_sockets_are_named_and_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.jpg")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.jpg")
        assert reasons(tmp_path) == dict.fromkeys(["pipe.jpg", "socket.jpg"], "is not a regular file")


def test_a_folder_called_like_a_photo_is_a_folder(tmp_path: Path) -> None:
    assert names(fill(tmp_path, "folder.jpg/photo.jpg")) == ["folder.jpg/photo.jpg"]


# Unipic's own data folder

TOKEN = "0" * 32


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder among the photos, with an upload, a thumbnail and a kept photo."""
    run = f"runs/{TOKEN}"
    fill(tmp_path / "photos", "a.jpg")
    fill(tmp_path / "photos" / "data", f"{run}/photos/b", f"{run}/photos/samples/c.jpg", "kept/d.jpg", "library/e.jpg")
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "photos" / "data"))
    return tmp_path / "photos" / "data"


OWN = "is Unipic's own data folder; not looked at"


def test_the_data_folder_is_named_and_not_looked_at(tmp_path: Path, data: Path) -> None:
    assert reasons(data.parent) == {"a.jpg": "", "data": OWN}
    assert not any(file.copyable for file in listed(data.parent) if isinstance(file, Unreadable))


def test_the_data_folder_is_known_under_any_name(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "album").symlink_to(data.parent)
    (tmp_path / "own").symlink_to(data)
    for name in (data.parent / ".." / "photos" / "data", tmp_path / "own", tmp_path / "album" / "data"):
        monkeypatch.setenv("UNIPIC_DATA", str(name))
        assert reasons(tmp_path / "album") == {"a.jpg": "", "data": OWN}


@pytest.mark.parametrize("inside", ["", f"runs/{TOKEN}", f"runs/{TOKEN}/photos", "library", "library/e.jpg"])
def test_nothing_in_the_data_folder_is_a_source(tmp_path: Path, data: Path, inside: str) -> None:
    (tmp_path / "link").symlink_to(data / inside)
    for root in (data / inside, tmp_path / "link"):
        with pytest.raises(SourceError, match="own data folder"):
            FolderSource([tmp_path, root])
        if root.is_dir():
            with pytest.raises(SourceError, match="own data folder"):
                allowed(root, [tmp_path])


def test_kept_uploads_and_what_a_run_made_are_sources(data: Path) -> None:
    assert names(data / "kept") == ["d.jpg"]
    assert names(data.parent, data / "kept") == ["photos/a.jpg", "photos/data", "kept/d.jpg"]
    made = data / "runs" / TOKEN / "photos" / "samples"
    assert [file.name for file in FolderSource([made], made).files()] == ["c.jpg"]
    with pytest.raises(SourceError, match="own data folder"):
        FolderSource([made.parent], made)


def test_a_name_never_has_the_address_of_a_run(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = data / "runs" / TOKEN / "photos" / "samples"
    source = FolderSource([made], made)

    def deny(path: str) -> list[str]:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "listdir", deny)
    assert [file.name for file in source.files()] == ["samples"]


# Names are data


def test_any_name_a_disk_can_hold(tmp_path: Path) -> None:
    odd = [
        "new\nline.jpg",
        "-rf.jpg",
        "<b>.jpg",
        "a\\b.jpg",
        "\x1b[31m.jpg",
        "x" * 251 + ".jpg",
        " .jpg",
        "caf\udce9.jpg",
    ]
    fill(tmp_path, *odd)
    files = listed(tmp_path)
    assert {file.name for file in files} == set(odd)
    assert len({file.id for file in files}) == len(odd)
    for file in files:
        assert os.path.lexists(file.path)
        assert file.id.isalnum()


def test_composed_and_decomposed_names_are_two_files(tmp_path: Path) -> None:
    fill(tmp_path, "Am\u00e9lie.jpg", "Ame\u0301lie.jpg")
    if len(os.listdir(tmp_path)) < 2:
        pytest.skip("this file system takes both names for one")
    assert len({file.id for file in listed(tmp_path)}) == 2


# Several roots


def test_several_roots_are_told_apart_by_their_names(tmp_path: Path) -> None:
    one, two = fill(tmp_path / "one", "a.jpg"), fill(tmp_path / "two", "a.jpg")
    assert names(two, one) == names(one, two) == ["one/a.jpg", "two/a.jpg"]


def test_roots_of_one_name_are_numbered(tmp_path: Path) -> None:
    roots = [fill(tmp_path / place / "DCIM", "a.jpg") for place in ("card", "phone", "tablet")]
    assert names(*roots) == ["DCIM/a.jpg", "DCIM (2)/a.jpg", "DCIM (3)/a.jpg"]
    assert len({file.id for file in listed(*roots)}) == 3


def test_a_root_given_twice_or_inside_another_counts_once(tmp_path: Path) -> None:
    fill(tmp_path, "album/a.jpg", "album/sub/b.jpg", "album2/c.jpg")
    album = tmp_path / "album"
    (tmp_path / "link").symlink_to(album)
    expected = ["a.jpg", "sub/b.jpg"]
    assert (
        names(album, album, album / "sub", album / "a.jpg", album / "." / "sub" / "..", tmp_path / "link") == expected
    )
    assert names(album, tmp_path / "album2") == ["album/a.jpg", "album/sub/b.jpg", "album2/c.jpg"]


def test_single_files_are_roots(tmp_path: Path) -> None:
    fill(tmp_path, "one/a.jpg", "two/a.jpg", "two/b.jpg", "c/d.jpg")
    assert names(tmp_path / "one" / "a.jpg") == ["a.jpg"]
    mixed = [tmp_path / "one" / "a.jpg", tmp_path / "two" / "a.jpg", tmp_path / "c"]
    assert sorted(names(*mixed)) == ["a (2).jpg", "a.jpg", "c/d.jpg"]
    assert len({file.id for file in listed(*mixed)}) == 3


def test_a_root_that_is_a_link_is_meant(tmp_path: Path) -> None:
    """A person who names a link wants what is behind it; what is linked inside was named by nobody."""
    fill(tmp_path / "album", "a.jpg")
    (tmp_path / "link").symlink_to("album")
    assert names(tmp_path / "link") == ["a.jpg"]


@needs_pipes
def test_a_root_that_is_no_file_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert reasons(tmp_path / "pipe.jpg") == {"pipe.jpg": "is not a regular file"}


@pytest.mark.parametrize("name", ["missing", "a\0b", "x" * 5000])
def test_a_root_that_is_not_there_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError):
        FolderSource([tmp_path / name])


def test_no_root_is_said() -> None:
    with pytest.raises(SourceError, match="name at least one"):
        FolderSource([])


# What may not be read, and what is gone


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    fill(tmp_path, "open.jpg", "locked/a.jpg", "zoo/z.jpg")
    (tmp_path / "locked").chmod(0)
    yield tmp_path
    (tmp_path / "locked").chmod(0o700)


@root_reads_everything
def test_a_locked_folder_is_named_and_the_rest_is_listed(locked: Path) -> None:
    assert reasons(locked) == {
        "open.jpg": "",
        "locked": "is a folder that may not be read: Permission denied",
        "zoo/z.jpg": "",
    }
    with pytest.raises(SourceError, match="permission denied"):
        FolderSource([locked / "locked"])


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, "open.jpg", "locked/a.jpg", "zoo/z.jpg")
    listdir = os.listdir

    def deny(path: str) -> list[str]:
        if path.endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return listdir(path)

    monkeypatch.setattr(os, "listdir", deny)
    assert reasons(tmp_path)["locked"] == "is a folder that may not be read: Permission denied"
    assert names(tmp_path) == ["open.jpg", "locked", "zoo/z.jpg"]


def test_what_vanishes_while_it_is_listed_is_named(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg", "b.jpg", "sub/c.jpg")
    files = FolderSource([tmp_path]).files()
    assert next(files).name == "a.jpg"
    (tmp_path / "b.jpg").unlink()
    (tmp_path / "sub" / "c.jpg").unlink()
    (tmp_path / "sub").rmdir()
    gone = {file.name: file for file in files}
    assert set(gone) == {"b.jpg", "sub"}
    assert all(isinstance(file, Unreadable) and "No such file" in file.reason for file in gone.values())


def test_a_root_that_vanishes_is_named(tmp_path: Path) -> None:
    fill(tmp_path / "card", "a.jpg")
    source = FolderSource([tmp_path / "card"])
    (tmp_path / "card" / "a.jpg").unlink()
    (tmp_path / "card").rmdir()
    (gone,) = source.files()
    assert isinstance(gone, Unreadable)
    assert "No such file" in gone.reason


# What a server lets people name


def test_folders_inside_the_allowed_ones(tmp_path: Path) -> None:
    fill(tmp_path, "photos/2024/a.jpg")
    photos = tmp_path / "photos"
    assert allowed(photos, [photos]) == photos.resolve()
    assert allowed(photos / "2024", [tmp_path / "elsewhere", photos]) == (photos / "2024").resolve()
    assert allowed(photos / "2024" / ".." / "2024", [photos]) == (photos / "2024").resolve()


@pytest.mark.parametrize(
    "inside", ["..", "../private", "2024/../../private", "/etc", "out", "out/sub", "", "~", "2024\0"]
)
def test_nothing_outside_the_allowed_folders(tmp_path: Path, inside: str) -> None:
    fill(tmp_path, "photos/2024/a.jpg", "private/sub/b.jpg", "photos-private/c.jpg")
    photos = tmp_path / "photos"
    (photos / "out").symlink_to(tmp_path / "private")
    asked = photos / inside if inside else tmp_path / "photos-private"
    with pytest.raises(SourceError):
        allowed(asked, [photos])


@pytest.mark.parametrize("inside", ["2024/a.jpg", "missing", "x" * 5000])
def test_only_folders_are_allowed(tmp_path: Path, inside: str) -> None:
    fill(tmp_path, "photos/2024/a.jpg")
    with pytest.raises(SourceError, match="is not a folder"):
        allowed(tmp_path / "photos" / inside, [tmp_path / "photos"])


def test_without_allowed_folders_nothing_is(tmp_path: Path) -> None:
    with pytest.raises(SourceError):
        allowed(tmp_path, [])
