import os
from pathlib import Path

import pytest
from tests.helpers.systems import ROOT

from server.operator import writable_folders
from unipic.core.errors import AlreadyThere, DestinationError
from unipic.destinations.base import MANIFEST
from unipic.destinations.places import folder_name, place_for


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "albums"
    root.mkdir()
    monkeypatch.setenv("UNIPIC_OUT", str(root))
    return root


def test_only_what_the_operator_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNIPIC_OUT", raising=False)
    assert writable_folders() == []
    monkeypatch.setenv("UNIPIC_OUT", os.pathsep.join(["/a", "", "/b c"]))
    assert writable_folders() == [Path("/a"), Path("/b c")]


def test_an_album_is_a_new_folder_of_its_name(root: Path) -> None:
    assert place_for(root, "Lisbon 2024", [], writable_folders()) == root / "Lisbon 2024"
    assert list(root.iterdir()) == [], "nothing is made yet"


@pytest.mark.parametrize(
    ("album", "folder"),
    [
        ("../../etc", "_.._etc"),
        ("/etc/cron.d", "_etc_cron.d"),
        ("..", "_"),
        ("", "unnamed"),
        (".hidden", "hidden"),
        (". .", "_"),
        (".con", "_con"),
        ("a\x00b\n", "a_b_"),
        ("São João/Porto", "São João_Porto"),
        ("x" * 300, "x" * 199),
    ],
)
def test_a_name_is_never_a_path(album: str, folder: str, root: Path) -> None:
    assert folder_name(album) == folder
    assert place_for(root, album, [], writable_folders()).parent == root


def test_another_folder_is_refused(root: Path, tmp_path: Path) -> None:
    for other in (tmp_path, root / "inside", root / "..", Path("/")):
        with pytest.raises(DestinationError, match="not one of the folders this server may write to"):
            place_for(other, "a", [], writable_folders())


def test_a_root_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIPIC_OUT", str(tmp_path / "missing"))
    with pytest.raises(DestinationError, match="does not exist"):
        place_for(tmp_path / "missing", "a", [], writable_folders())


@pytest.mark.skipif(ROOT, reason="root may write anywhere")
def test_a_root_that_may_not_be_written_is_said(root: Path) -> None:
    root.chmod(0o500)
    with pytest.raises(DestinationError, match="permission denied"):
        place_for(root, "a", [], writable_folders())


def test_an_album_among_or_around_the_originals_is_refused(root: Path) -> None:
    (root / "photos" / "inside").mkdir(parents=True)
    with pytest.raises(DestinationError, match="Choose a place outside"):
        place_for(root, "a", [root], writable_folders())
    with pytest.raises(DestinationError, match="Choose a place outside"):
        place_for(root, "photos", [root / "photos" / "inside"], writable_folders())
    assert place_for(root, "b", [root / "photos"], writable_folders()) == root / "b"


def test_a_link_is_seen_through(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "link").symlink_to(root)
    monkeypatch.setenv("UNIPIC_OUT", str(tmp_path / "link"))
    with pytest.raises(DestinationError, match="Choose a place outside"):
        place_for(tmp_path / "link", "a", [root], writable_folders())
    (root / "trap").symlink_to(tmp_path)
    with pytest.raises(AlreadyThere, match="is not a folder"):
        place_for(tmp_path / "link", "trap", [], writable_folders())


def test_what_is_there_already_is_left_alone(root: Path) -> None:
    album = root / "a"
    album.mkdir()
    assert place_for(root, "a", [], writable_folders()) == album  # empty: nothing can be mixed up
    (album / "mine.txt").write_bytes(b"")
    with pytest.raises(AlreadyThere, match="another name"):
        place_for(root, "a", [], writable_folders())
    with pytest.raises(AlreadyThere, match="another name"):
        place_for(root, "a", [], writable_folders(), begun=root / "b")
    (root / "file").write_bytes(b"")
    with pytest.raises(AlreadyThere, match="is not a folder"):
        place_for(root, "file", [], writable_folders())


def test_an_album_that_was_begun_can_be_gone_on_with_until_it_is_finished(root: Path) -> None:
    album = root / "a"
    album.mkdir()
    (album / "1.jpg").write_bytes(b"")
    assert place_for(root, "a", [], writable_folders(), begun=album) == album
    (album / MANIFEST).write_bytes(b"")
    with pytest.raises(AlreadyThere, match="already holds a finished album"):
        place_for(root, "a", [], writable_folders(), begun=album)
