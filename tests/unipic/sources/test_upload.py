"""Uploads: stored under keys of ours, told apart by them, and counted only when whole."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.helpers.systems import needs_pipes

from unipic.core.photo import Found, Unreadable
from unipic.sources.upload import UploadSource


@dataclass(frozen=True)
class Upload:
    id: str
    name: str
    size: int


def test_two_uploads_of_one_name_are_two_files(tmp_path: Path) -> None:
    for key in ("key-2", "key-1"):
        (tmp_path / key).write_bytes(b"photo")
    files = list(UploadSource(tmp_path, [Upload("key-2", "a.jpg", 5), Upload("key-1", "a.jpg", 5)]).files())
    assert files == [Found(key, "a.jpg", str(tmp_path / key), 5) for key in ("key-1", "key-2")]


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "C:\\x.jpg", "", "x" * 5000, "a\nb", "\udce9"])
def test_a_name_is_never_a_path(tmp_path: Path, name: str) -> None:
    (tmp_path / "key").write_bytes(b"photo")
    (file,) = UploadSource(tmp_path, [Upload("key", name, 5)]).files()
    assert file == Found("key", name, str(tmp_path / "key"), 5)


@needs_pipes
@pytest.mark.parametrize("there", ["nothing", "less", "more", "link", "pipe", "folder"])
def test_what_did_not_arrive_whole_is_named(tmp_path: Path, there: str) -> None:
    path = tmp_path / "key"
    if there in ("less", "more"):
        path.write_bytes(b"phot" if there == "less" else b"photos")
    elif there == "link":
        (tmp_path / "other").write_bytes(b"photo")
        path.symlink_to("other")
    elif there == "pipe":
        os.mkfifo(path)
    elif there == "folder":
        path.mkdir()
    (file,) = UploadSource(tmp_path, [Upload("key", "a.jpg", 5)]).files()
    assert isinstance(file, Unreadable)
    assert (file.name, file.reason) == ("a.jpg", "did not arrive whole; upload it again")
