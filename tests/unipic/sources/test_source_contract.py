"""What every source owes: each file once, the same answer every time, and nothing touched."""

import builtins
import errno
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem

from unipic.core.files import open_to_read
from unipic.core.photo import Found, Unreadable
from unipic.core.settings import data_folder
from unipic.sources.base import Source
from unipic.sources.clouds import CloudSource
from unipic.sources.folder import FolderSource
from unipic.sources.upload import UploadSource

NAMES = ("b.jpg", "a.jpg", "sub/a.jpg", "sub/deep/a.jpg", "é.jpg", "new\nline.jpg", "Z.png", "caf\udce9.jpg")


@dataclass(frozen=True)
class Upload:
    id: str
    name: str
    size: int


def content(name: str) -> bytes:
    return os.fsencode(name) * 3


def as_folder(root: Path, names: Sequence[str]) -> Source:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(name))
    (root / "link.jpg").symlink_to("a.jpg")
    return FolderSource([root])


def as_uploads(root: Path, names: Sequence[str]) -> Source:
    uploads = []
    for name in names:
        key = hashlib.sha256(os.fsencode(name)).hexdigest()[:20]
        root.mkdir(exist_ok=True)
        (root / key).write_bytes(content(name))
        uploads.append(Upload(key, name, len(content(name))))
    return UploadSource(root, [*uploads, Upload("never-arrived", "c.jpg", 5)])


def as_archives(root: Path, names: Sequence[str]) -> Source:
    """Two parts of an export, and a link in one of them."""
    root.mkdir()
    for number in (1, 2):
        with tarfile.open(root / f"takeout-20240101T000000Z-00{number}.tgz", "w:gz") as archive:
            for name in sorted(names)[number - 1 :: 2]:
                info = tarfile.TarInfo(name)
                info.size = len(content(name))
                archive.addfile(info, io.BytesIO(content(name)))
            if number == 1:
                link = tarfile.TarInfo("link.jpg")
                link.type, link.linkname = tarfile.SYMTYPE, "a.jpg"
                archive.addfile(link)
    return FolderSource(sorted(root.iterdir()))


class Cloud(LocalFileSystem):
    """A folder as fsspec reaches it, which does not give c.jpg."""

    protocol = "contract"

    def _open(self, path: str, *args: Any, **kwargs: Any) -> Any:
        if path.endswith("/c.jpg"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return super()._open(path, *args, **kwargs)


def as_cloud(root: Path, names: Sequence[str]) -> Source:
    for name in (*names, "c.jpg"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(name))
    fsspec.register_implementation(Cloud.protocol, Cloud, clobber=True)
    data_folder().mkdir(parents=True, exist_ok=True)
    known = data_folder() / "clouds.toml"
    options = {"protocol": "dir", "target_protocol": Cloud.protocol, "path": str(root)}
    known.write_text("\n".join(["[mine]", *(f"{name} = {json.dumps(value)}" for name, value in options.items())]))
    known.chmod(0o600)
    return CloudSource("cloud:mine")


Build = Callable[[Path, Sequence[str]], Source]


@pytest.fixture(params=[as_folder, as_uploads, as_archives, as_cloud], ids=["folder", "uploads", "archives", "cloud"])
def build(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Build:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path_factory.mktemp("data")))
    return request.param


def manifest(root: Path) -> list[tuple[str, int, int, str]]:
    """Every name with its mode, time of change and content."""
    rows = []
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = os.path.join(folder, name)
            facts = os.lstat(path)
            plain = name in files and not os.path.islink(path)
            digest = hashlib.sha256(Path(path).read_bytes()).hexdigest() if plain else ""
            rows.append((path, facts.st_mode, facts.st_mtime_ns, digest))
    return sorted(rows)


def test_lists_each_file_once_under_an_id_of_its_own(tmp_path: Path, build: Build) -> None:
    files = list(build(tmp_path / "photos", NAMES).files())
    assert len({file.id for file in files}) == len(files) == len(NAMES) + 1
    found = {file.name: file for file in files if isinstance(file, Found)}
    assert set(found) == set(NAMES)
    for name, file in found.items():
        with open_to_read(file.path) as opened:
            assert opened.read() == content(name)
        assert file.size == len(content(name))


def test_what_is_no_file_is_named_with_a_reason(tmp_path: Path, build: Build) -> None:
    (other,) = (file for file in build(tmp_path / "photos", NAMES).files() if isinstance(file, Unreadable))
    assert other.name in ("link.jpg", "c.jpg")
    assert other.reason
    assert not other.copyable


def test_lists_the_same_twice(tmp_path: Path, build: Build) -> None:
    source = build(tmp_path / "photos", NAMES)
    assert list(source.files()) == list(source.files())


def test_the_order_files_came_in_does_not_matter(tmp_path: Path, build: Build) -> None:
    listings = []
    for number, names in enumerate((NAMES, NAMES[::-1], sorted(NAMES))):
        place = tmp_path / str(number)
        place.mkdir()
        files = build(place / "photos", names).files()
        listings.append([(type(file), file.id, file.name, file.size) for file in files])
    assert listings[0] == listings[1] == listings[2]


def test_changes_nothing(tmp_path: Path, build: Build) -> None:
    source = build(tmp_path / "photos", NAMES)
    before = manifest(tmp_path)
    list(source.files())
    assert manifest(tmp_path) == before


@pytest.mark.parametrize("build", [as_folder, as_uploads], ids=["folder", "uploads"])
def test_opens_no_file(tmp_path: Path, build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    source = build(tmp_path / "photos", NAMES)

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("opened")

    for module in (builtins, io, os):
        monkeypatch.setattr(module, "open", fail)
    assert len(list(source.files())) == len(NAMES) + 1


def test_nothing_there_is_no_error(tmp_path: Path) -> None:
    assert list(FolderSource([tmp_path]).files()) == list(UploadSource(tmp_path, []).files()) == []
