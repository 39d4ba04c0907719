"""Clouds: fetched once, bounded, tried twice, and said in words; drives that are slow or not there yet."""

import errno
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar
from wsgiref.simple_server import WSGIRequestHandler, make_server

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from tests.helpers.pictures import save, scene
from tests.safety.harness.originals import differences, state

from unipic.core import patience
from unipic.core.errors import SettingsError, SourceError
from unipic.core.photo import Found, Unreadable
from unipic.core.settings import Limits, data_folder
from unipic.reading import read as reading
from unipic.sources import clouds
from unipic.sources.clouds import CloudSource
from unipic.sources.folder import FolderSource

SECRET = "a password that nobody may see"


class Flaky(MemoryFileSystem):
    """A cloud in memory that fails, or hangs, as often as its tests say."""

    protocol = "flaky"
    store: ClassVar[dict[str, Any]] = {}
    opened: ClassVar[list[str]] = []
    faults: ClassVar[dict[str, list[float]]] = {}  # by name: errno, or seconds below 1, of the next tries

    def _open(self, path: str, *args: Any, **kwargs: Any) -> Any:
        name = path.rpartition("/")[2]
        self.opened.append(name)
        for fault in self.faults.get(name, [])[:1]:
            self.faults[name].pop(0)
            if fault >= 1:
                raise OSError(int(fault), os.strerror(int(fault)))
            time.sleep(fault)
        return super()._open(path, *args, **kwargs)


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Flaky]:
    monkeypatch.setattr(patience, "PAUSE", 0.0)
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    fsspec.register_implementation("flaky", Flaky, clobber=True)
    Flaky.store, Flaky.opened, Flaky.faults = {}, [], {}
    Flaky.pseudo_dirs = [""]
    there = Flaky(skip_instance_cache=True)
    for number, name in enumerate(("a.jpg", "sub/b.jpg", "sub/c.jpg")):
        there.pipe_file(f"/photos/{name}", save(scene(number), tmp_path / "p.jpg").read_bytes())
    Flaky.opened.clear()
    data_folder().mkdir()
    path = data_folder() / "clouds.toml"
    path.write_text(f'[mine]\nprotocol = "flaky"\nfolder = "/photos"\npassword = {json.dumps(SECRET)}\n')
    path.chmod(0o600)
    return Flaky


def test_a_cloud_is_fetched_once(cloud: type[Flaky]) -> None:
    files = list(CloudSource("cloud:mine").files())
    assert [file.name for file in files] == ["a.jpg", "sub/b.jpg", "sub/c.jpg"]
    assert all(isinstance(file, Found) and Path(file.path).stat().st_size == file.size for file in files)
    assert list(CloudSource("cloud:mine").files()) == files
    assert cloud.opened == ["a.jpg", "b.jpg", "c.jpg"]
    assert [file.name for file in CloudSource("cloud:mine/sub").files()] == ["b.jpg", "c.jpg"]
    assert SECRET not in repr(files)


def test_what_fails_is_tried_twice_then_said_and_goes_on_later(
    cloud: type[Flaky], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clouds, "FETCHING", 0.2)
    cloud.faults = {"a.jpg": [errno.EIO], "b.jpg": [errno.EIO, errno.EIO], "c.jpg": [0.9, 0.9]}
    first = {file.name: file for file in CloudSource("cloud:mine").files()}
    assert isinstance(first["a.jpg"], Found)
    later = "; a cloud or network drive may not have it yet. The next run tries it again"
    assert first["sub/b.jpg"].reason == f"could not be fetched: Input/output error{later}"  # type: ignore[union-attr]
    assert first["sub/c.jpg"].reason == f"could not be fetched: no answer within 0 seconds{later}"  # type: ignore[union-attr]
    monkeypatch.setattr(clouds, "FETCHING", 60.0)
    assert all(isinstance(file, Found) for file in CloudSource("cloud:mine").files())
    assert cloud.opened.count("a.jpg") == 2, "what arrived is not fetched again"


def test_clouds_that_cannot_be_used_say_what_to_do(cloud: type[Flaky]) -> None:
    with pytest.raises(SourceError, match=r"the cache 0\.0\. Name a folder in it, or more with --cache-mb"):
        list(CloudSource("cloud:mine", cache_mb=0).files())
    with pytest.raises(SettingsError, match=r"has no \[other\]"):
        CloudSource("cloud:other")
    path = data_folder() / "clouds.toml"
    path.write_text(path.read_text().replace("flaky", "no such protocol"))
    with pytest.raises(SourceError, match=r"requirements-clouds\.txt") as told:
        list(CloudSource("cloud:mine").files())
    assert SECRET not in str(told.value)
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        CloudSource("cloud:mine")
    path.unlink()
    with pytest.raises(SettingsError, match=r"docs/clouds\.md"):
        CloudSource("cloud:mine")


def test_a_mounted_drive_may_fail_once_and_hang(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of rclone: a listing that fails once, one that hangs, and a photo that is not there yet."""
    monkeypatch.setattr(patience, "PAUSE", 0.0)
    monkeypatch.setattr("unipic.sources.folder.LISTING", 0.2)
    monkeypatch.setattr("unipic.sources.folder.is_far", lambda path: True)
    monkeypatch.setattr(patience, "is_far", lambda path: True)
    for name in ("a.jpg", "once/b.jpg", "hangs/c.jpg", ".IMG_1.HEIC.icloud"):
        save(scene(1), (tmp_path / name).with_suffix(".jpg")).rename(tmp_path / name)
    real, calls = os.listdir, list[str]()

    def listdir(path: str) -> list[str]:
        calls.append(os.path.basename(path))
        if path.endswith("once") and calls.count("once") == 1:
            raise OSError(errno.EIO, "Input/output error")
        if path.endswith("hangs"):
            time.sleep(1)
        return real(path)

    monkeypatch.setattr(os, "listdir", listdir)
    files = {file.name: file for file in FolderSource([tmp_path]).files()}
    assert {name for name, file in files.items() if isinstance(file, Found)} == {"a.jpg", "once/b.jpg"}
    assert "no answer within 0 seconds" in files["hangs"].reason  # type: ignore[union-attr]
    assert "is in iCloud and not here yet" in files[".IMG_1.HEIC.icloud"].reason  # type: ignore[union-attr]

    tries = list[str]()

    def opened(path: str, limit: int) -> Any:
        tries.append(path)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(reading, "opened", opened)
    found = reading.read_file(files["a.jpg"], Limits())
    assert isinstance(found, Unreadable)
    assert found.reason.startswith("could not be read: Input/output error; a cloud or network drive")
    assert not found.lasting
    assert len(tries) == 2


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """A folder by WebDAV, for who knows the password."""
    dav = pytest.importorskip("wsgidav.wsgidav_app")
    save(scene(1), tmp_path / "dav" / "Photos" / "Ein Tag am See" / "ä & #1.jpg")
    save(scene(2), tmp_path / "dav" / "Photos" / "b.jpg")
    save(scene(3), tmp_path / "dav" / "other.jpg")
    users = {"*": {"me": {"password": SECRET}}}
    app = dav.WsgiDAVApp(
        {
            "provider_mapping": {"/dav": str(tmp_path / "dav")},
            "simple_dc": {"user_mapping": users},
            "http_authenticator": {"accept_basic": True, "accept_digest": False, "default_to_digest": False},
            "logging": {"enable": False},
            "verbose": 0,
        }
    )
    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/dav"
        server.shutdown()
        thread.join()


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_webdav_is_read_with_a_password_that_nobody_sees(
    cloud: type[Flaky], served: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = data_folder() / "clouds.toml"
    words = 'protocol = "webdav"\nfolder = "Photos"\n'
    logins = {"nas": SECRET, "wrong": "another password"}
    path.write_text(
        "".join(f'[{name}]\n{words}base_url = "{served}"\nauth = ["me", "{key}"]\n' for name, key in logins.items())
    )
    before = state(tmp_path / "dav")
    files = list(CloudSource("cloud:nas").files())
    assert [file.name for file in files] == ["Ein Tag am See/ä & #1.jpg", "b.jpg"]
    for file in files:
        original = tmp_path / "dav" / "Photos" / file.name
        assert Path(file.path).read_bytes() == original.read_bytes()
    assert list(CloudSource("cloud:nas").files()) == files
    (inside,) = CloudSource("cloud:nas/Ein Tag am See").files()
    assert (inside.name, inside.path) == ("ä & #1.jpg", files[0].path), "fetched already"
    with pytest.raises(SourceError, match="the server answers 401") as told:
        list(CloudSource("cloud:wrong").files())
    assert not [one for one in (SECRET, "another password") if one in f"{told.value} {files} {caplog.text}"]
    assert not differences(before, state(tmp_path / "dav"))


def test_a_mount_of_the_network_is_far(monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = "\n".join(
        f"{number} 1 0:1 / {point} rw - {kind} x rw"
        for number, (point, kind) in enumerate(
            [("/", "ext4"), ("/my\\040cloud", "fuse.rclone"), ("/my\\040cloud/ssd", "xfs")]
        )
    )
    monkeypatch.setattr(Path, "read_text", lambda self, **_: mounts)
    assert [patience.is_far(path) for path in ("/home/a", "/my cloud/a", "/my cloud/ssd/a", "/my clouds")] == [
        False,
        True,
        False,
        False,
    ]
