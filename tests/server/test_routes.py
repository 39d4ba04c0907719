"""The routes beside the screens: what is stored, what is refused and in which words, and what every answer carries."""

import asyncio
import errno
import hashlib
import io
import json
import os
import shutil
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient
from tests.helpers.galleries import photo as a_photo
from tests.helpers.pictures import save, scene
from tests.helpers.raws import raw_photo
from tests.helpers.systems import needs_pipes

from server import pictures, uploads
from server.answers import Refused
from server.headers import HEADERS, SecurityHeaders
from server.operator import keeping_times, max_upload
from server.routes import FILE, PARTS, SCRIPTS, routes
from server.runs import Run, Runs
from server.uploads import Quota
from unipic.core.errors import SettingsError
from unipic.core.files import PART
from unipic.core.photo import Photo
from unipic.reading.engines.inline import InlineEngine
from unipic.reading.renditions import Renderer

KEY = "0123456789abcdef0123456789abcdef"
HOSTILE = [
    "../../../../etc/passwd",
    "/etc/cron.d/x.jpg",
    "..\\..\\windows\\system32\\evil.dll",
    "C:\\autoexec.bat",
    "a\x00b.jpg",
    "\u202egpj.exe",
    "x" * 5000,
    "",
    ".",
    "..",
    "<img src=x onerror=alert(1)>.jpg",
    "![t](http://evil.example/x.png)",
    "line\nbreak\r\nX-Header: 1",
    "Ünïcode 日本.jpg",
]


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "runs")


@pytest.fixture
def run(runs: Runs) -> Run:
    return runs.new("upload")


def app_of(runs: Runs, **more: Any) -> Starlette:
    return Starlette(routes=routes(runs, **more), middleware=[Middleware(SecurityHeaders)])


@pytest.fixture
def client(runs: Runs) -> TestClient:
    return TestClient(app_of(runs, max_file=1000, max_run=2500))


def upload_to(run: Run, key: str = KEY, name: str = "a.jpg") -> str:
    return f"/unipic/upload/{run.token}/{key}?name={quote(name, safe='')}"


def stored(run: Run) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in run.photos.iterdir()}


def ask(
    app: Starlette, method: str, path: str, headers: dict[str, str], messages: Iterable[dict[str, Any]], **hooks: Any
) -> tuple[int, bytes]:
    """One request, message by message, for what a well-behaved client cannot do."""
    waiting, answers = list(messages), []

    async def receive() -> dict[str, Any]:
        if waiting:
            return waiting.pop(0)
        await asyncio.sleep(3600)
        raise AssertionError("nobody waits this long")

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)
        if "sent" in hooks:
            await hooks["sent"](message, waiting)

    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(app(scope, hooks.get("receive", receive), send))
    status = next((message["status"] for message in answers if "status" in message), 0)
    return status, b"".join(message.get("body", b"") for message in answers)


def body(*chunks: bytes, whole: bool = True) -> list[dict[str, Any]]:
    parts = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    return [*parts, {"type": "http.request", "body": b"", "more_body": False} if whole else {"type": "http.disconnect"}]


# Uploads.


def test_a_file_keeps_the_date_it_has_on_the_device(client: TestClient, run: Run) -> None:
    client.put(f"{upload_to(run)}&modified=1262304000123", content=b"picture")
    assert run.upload_path(KEY).stat().st_mtime_ns == 1262304000123 * 1_000_000


@pytest.mark.parametrize(
    "modified", ["", "-5", "0", "yesterday", "9" * 13, "0" * 14 + "1", "9" * 4000, "1262304000.5", "²"]
)
def test_no_date_and_an_impossible_one_change_nothing(modified: str, client: TestClient, run: Run) -> None:
    before = time.time() - 1
    assert client.put(f"{upload_to(run)}&modified={modified}", content=b"picture").status_code == 200
    assert before <= run.upload_path(KEY).stat().st_mtime <= time.time() + 1


def test_a_file_is_stored_under_its_key_and_called_by_its_name(client: TestClient, run: Run) -> None:
    answer = client.put(upload_to(run, name="Holiday/IMG 1.jpg"), content=b"picture")
    assert (answer.status_code, answer.json()) == (200, {"key": KEY, "size": 7})
    assert stored(run) == {KEY: b"picture"}
    assert [(found.id, found.name, found.size) for found in run.uploads()] == [(KEY, "Holiday/IMG 1.jpg", 7)]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_data_and_never_a_place(client: TestClient, run: Run, tmp_path: Path, name: str) -> None:
    before = {path for path in tmp_path.rglob("*") if run.folder not in path.parents}
    assert client.put(upload_to(run, name=name), content=b"x").status_code == 200
    assert stored(run) == {KEY: b"x"}
    assert {path for path in tmp_path.rglob("*") if run.folder not in path.parents} == before
    (found,) = run.uploads()
    assert found.name
    assert found.name.isprintable()


def test_bytes_that_are_no_text_in_a_name_do_not_stop_the_file(client: TestClient, run: Run) -> None:
    assert client.put(f"/unipic/upload/{run.token}/{KEY}?name=%ff%fe%00.jpg", content=b"x").status_code == 200
    assert len(run.uploads()) == 1


@pytest.mark.parametrize("key", ["..", "../x", "%2e%2e%2fx", "A" * 32, "short", "a" * 41, "a.b-c-d-e", "x%00y-abcdef"])
def test_a_key_that_is_none_is_refused(client: TestClient, run: Run, key: str) -> None:
    assert client.put(f"/unipic/upload/{run.token}/{key}?name=a", content=b"x").status_code == 404
    assert stored(run) == {}


@pytest.mark.parametrize("token", ["A" * 32, "..", "%2e%2e", "....//....", "x" * 31, "_" * 33])
def test_an_unknown_run_is_refused(client: TestClient, token: str) -> None:
    answer = client.put(f"/unipic/upload/{token}/{KEY}?name=a", content=b"x")
    assert answer.status_code == 404
    assert answer.json()["message"]


def test_the_same_key_again_replaces_the_file(client: TestClient, run: Run) -> None:
    for content in (b"first try", b"second"):
        assert client.put(upload_to(run), content=content).status_code == 200
    assert stored(run) == {KEY: b"second"}
    assert [found.size for found in run.uploads()] == [6]


def test_an_empty_file_is_a_file(client: TestClient, run: Run) -> None:
    assert client.put(upload_to(run), content=b"").status_code == 200
    assert stored(run) == {KEY: b""}


def test_a_file_too_large_is_refused_in_words(client: TestClient, run: Run) -> None:
    answer = client.put(upload_to(run), content=b"x" * 1001)
    assert answer.status_code == 413
    assert "per file" in answer.json()["message"]
    assert stored(run) == {}


def test_a_run_takes_no_more_than_its_share(client: TestClient, run: Run, runs: Runs) -> None:
    for number in range(2):
        assert client.put(upload_to(run, f"file-{number}-x"), content=b"x" * 1000).status_code == 200
    answer = client.put(upload_to(run), content=b"x" * 501)
    assert answer.status_code == 413
    assert "in total" in answer.json()["message"]
    assert client.put(upload_to(run), content=b"x" * 500).status_code == 200
    assert client.put(upload_to(runs.new("upload")), content=b"x" * 1000).status_code == 200


def test_a_file_sent_twice_counts_once(client: TestClient, run: Run) -> None:
    for _ in range(10):
        assert client.put(upload_to(run), content=b"x" * 1000).status_code == 200


def test_a_failed_file_gives_its_room_back(runs: Runs, run: Run) -> None:
    app = app_of(runs, max_run=1500)
    for _ in range(3):
        headers = {"content-length": "1000"}
        assert ask(app, "PUT", upload_to(run), headers, body(b"x" * 10, whole=False))[0] == 400
    assert TestClient(app).put(upload_to(run), content=b"x" * 1500).status_code == 200


def test_the_journal_is_read_once_however_many_files_come(
    client: TestClient, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, uploads = [], Run.uploads
    monkeypatch.setattr(Run, "uploads", lambda self: read.append(1) or uploads(self))
    for number in range(20):
        assert client.put(upload_to(run, f"file-{number:03}"), content=b"x").status_code == 200
    assert len(read) == 1


def test_a_restarted_server_knows_what_a_run_has_taken(runs: Runs, run: Run) -> None:
    assert TestClient(app_of(runs, max_run=100)).put(upload_to(run), content=b"x" * 80).status_code == 200
    assert TestClient(app_of(runs, max_run=100)).put(upload_to(run, "another-1"), content=b"x" * 30).status_code == 413


def test_a_run_that_was_started_takes_no_more(client: TestClient, run: Run) -> None:
    run.change(state="working")
    answer = client.put(upload_to(run), content=b"x")
    assert answer.status_code == 409
    assert "started" in answer.json()["message"]
    assert stored(run) == {}


def test_a_file_still_coming_when_the_run_starts_is_not_slipped_in(runs: Runs, run: Run) -> None:
    messages = body(b"12345", b"67890")

    async def receive() -> dict[str, Any]:
        if len(messages) == 2:
            run.change(state="waiting")
        return messages.pop(0)

    status, answer = ask(app_of(runs), "PUT", upload_to(run), {"content-length": "10"}, [], receive=receive)
    assert (status, stored(run), run.uploads()) == (409, {}, [])
    assert b"started" in answer


def test_a_run_deleted_while_a_file_comes_in_stays_deleted(runs: Runs, run: Run) -> None:
    messages = body(b"12345", b"67890")

    async def receive() -> dict[str, Any]:
        if len(messages) == 2:
            run.delete()
        return messages.pop(0)

    assert ask(app_of(runs), "PUT", upload_to(run), {"content-length": "10"}, [], receive=receive)[0] == 404
    assert not run.folder.exists()


def test_a_full_disk_is_said_before_a_byte_is_written(
    client: TestClient, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000_400))
    answer = client.put(upload_to(run), content=b"x" * 500)
    assert answer.status_code == 507
    assert "disk is full" in answer.json()["message"]
    assert client.put(upload_to(run), content=b"x" * 400).status_code == 200


def test_uploads_of_all_runs_together_leave_room(runs: Runs, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000_900))
    quota, other = Quota(10_000), runs.new("upload")
    with quota.held(run, 500):
        with pytest.raises(Refused, match="disk is full"), quota.held(other, 500):
            raise AssertionError("there is no room for both")
        with quota.held(other, 400):
            pass
    with quota.held(other, 900):
        pass


def test_the_first_upload_makes_its_run(runs: Runs, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    promised, broken = runs.promise(), runs.promise()
    assert client.put(upload_to(promised), content=b"x").status_code == 200
    assert [upload.size for upload in promised.uploads()] == [1]

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    answer = client.put(upload_to(broken), content=b"x")
    assert (answer.status_code, "disk is full" in answer.json()["message"]) == (507, True)
    assert not broken.folder.exists()


def test_a_disk_that_fills_up_meanwhile_leaves_nothing(
    client: TestClient, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert client.put(upload_to(run), content=b"x").status_code == 507
    assert stored(run) == {}


@pytest.mark.parametrize("arrived", [b"", b"12345", b"1234567890123"])
def test_another_size_than_announced_is_refused(runs: Runs, run: Run, arrived: bytes) -> None:
    status, answer = ask(app_of(runs), "PUT", upload_to(run), {"content-length": "10"}, body(arrived))
    assert (status, stored(run), run.uploads()) == (400, {}, [])
    assert b"bytes arrived" in answer


@pytest.mark.parametrize("length", ["", "-1", "ten", "1e3"])
def test_a_size_must_be_announced(runs: Runs, run: Run, length: str) -> None:
    assert ask(app_of(runs), "PUT", upload_to(run), {"content-length": length}, body(b"x"))[0] == 411


def test_a_connection_that_breaks_leaves_nothing(runs: Runs, run: Run) -> None:
    seen = []

    async def receive() -> dict[str, Any]:
        seen.append([path.name for path in run.photos.iterdir()])
        return messages.pop(0)

    messages = body(b"12345", b"67890", whole=False)
    status, _ = ask(app_of(runs), "PUT", upload_to(run), {"content-length": "100"}, [], receive=receive)
    assert (status, stored(run), run.uploads()) == (400, {}, [])
    assert all(name.endswith(PART) for names in seen for name in names)
    assert any(seen)


def test_a_browser_that_falls_silent_is_given_up(runs: Runs, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "BODY_TIMEOUT_S", 0.05)
    messages = [{"type": "http.request", "body": b"x", "more_body": True}]
    status, _ = ask(app_of(runs), "PUT", upload_to(run), {"content-length": "100"}, messages)
    assert (status, stored(run)) == (408, {})


def test_a_retry_does_not_meet_the_attempt_it_replaces(runs: Runs, run: Run) -> None:
    app, retried = app_of(runs), []
    messages = body(b"old", whole=False)

    async def receive() -> dict[str, Any]:
        if len(messages) == 1:
            retried.append(await asyncio.to_thread(TestClient(app).put, upload_to(run), content=b"new and whole"))
        return messages.pop(0)

    assert ask(app, "PUT", upload_to(run), {"content-length": "99"}, [], receive=receive)[0] == 400
    assert retried[0].status_code == 200
    assert stored(run) == {KEY: b"new and whole"}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PATCH"])
def test_only_put_uploads(client: TestClient, run: Run, method: str) -> None:
    assert client.request(method, upload_to(run)).status_code in (404, 405)


def test_the_share_of_a_run_is_the_operators(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UNIPIC_MAX_UPLOAD_GB", raising=False)
    assert max_upload() == 200_000_000_000
    monkeypatch.setenv("UNIPIC_MAX_UPLOAD_GB", "0.5")
    assert max_upload() == 500_000_000
    for wrong in ("plenty", "inf", "nan"):
        monkeypatch.setenv("UNIPIC_MAX_UPLOAD_GB", wrong)
        with pytest.raises(SettingsError):
            max_upload()


def test_how_long_runs_are_kept_is_the_operators(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIPIC_KEEP_DAYS", "2")
    assert keeping_times()[0] == 2 * 86400
    for wrong in ("plenty", "inf", "nan", "-1"):
        monkeypatch.setenv("UNIPIC_KEEP_DAYS", wrong)
        with pytest.raises(SettingsError, match="number from 0 on"):
            keeping_times()


# Thumbnails and originals.


def test_a_thumbnail_may_be_kept_by_the_browser(client: TestClient, run: Run) -> None:
    run.thumbnails.save("a" * 64, b"jpeg")
    answer = client.get(f"/unipic/thumb/{run.token}/{'a' * 64}")
    assert (answer.content, answer.headers["content-type"]) == (b"jpeg", "image/jpeg")
    assert answer.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("digest", ["b" * 64, "a" * 63, "A" * 64, "..%2f..%2frun.json", "%2e%2e", "a" * 64 + ".jpg"])
def test_no_other_file_is_a_thumbnail(client: TestClient, run: Run, digest: str) -> None:
    run.thumbnails.save("a" * 64, b"jpeg")
    assert client.get(f"/unipic/thumb/{run.token}/{digest}").status_code == 404


def test_a_run_does_not_open_another(client: TestClient, runs: Runs, run: Run) -> None:
    (run.out / "album.zip").write_bytes(b"zip")
    run.thumbnails.save("a" * 64, b"jpeg")
    other = runs.new("upload").token
    assert client.get(f"/unipic/thumb/{other}/{'a' * 64}").status_code == 404
    assert client.get(f"/unipic/download/{other}/album.zip").status_code == 404


def found(path: Path, kind: str = "JPEG", **facts: Any) -> Photo:
    """What a scan would have said of a file."""
    data = path.read_bytes() if path.is_file() else b""
    digest = hashlib.sha256(data).hexdigest()
    return a_photo("p1", name=path.name, path=str(path), format=kind, digest=digest, size=len(data), **facts)


def photo_app(runs: Runs, photo: Photo, **more: Any) -> Starlette:
    more.setdefault("renderer", Renderer(open_engine=InlineEngine))
    return app_of(runs, find_photo=lambda run, id: photo if id == "p1" else None, **more)


def photo_client(runs: Runs, photo: Photo, **more: Any) -> TestClient:
    return TestClient(photo_app(runs, photo, **more))


def test_an_original_is_shown_byte_for_byte(runs: Runs, run: Run, tmp_path: Path) -> None:
    original = tmp_path / "original.jpg"
    original.write_bytes(os.urandom(700_000))
    answer = photo_client(runs, found(original)).get(f"/unipic/photo/{run.token}/p1")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.content == original.read_bytes()
    assert answer.headers["cache-control"].startswith("private")


@pytest.mark.parametrize("data", [b"other byte", b"longer than before"])
def test_an_original_that_changed_is_not_shown_as_the_one_that_was_looked_at(
    runs: Runs, run: Run, tmp_path: Path, data: bytes
) -> None:
    original = tmp_path / "original.jpg"
    original.write_bytes(b"0123456789")
    client = photo_client(runs, found(original))
    original.write_bytes(data)
    for kind in ("photo", "view"):
        answer = client.get(f"/unipic/{kind}/{run.token}/p1")
        assert answer.status_code == 409
        assert "original.jpg has changed since it was looked at" in answer.json()["message"]


@pytest.mark.parametrize("kind", ["SVG", "HTML", ""])
def test_what_browsers_do_not_show_is_said(runs: Runs, run: Run, tmp_path: Path, kind: str) -> None:
    (tmp_path / "x").write_bytes(b"<script>")
    answer = photo_client(runs, found(tmp_path / "x", kind)).get(f"/unipic/photo/{run.token}/p1")
    assert answer.status_code == 415
    assert "original is unchanged" in answer.json()["message"]


@pytest.mark.parametrize("kind", ["HEIF", "TIFF"])
def test_what_browsers_do_not_show_comes_as_a_jpeg_of_full_size(
    runs: Runs, run: Run, tmp_path: Path, kind: str
) -> None:
    original = save(scene(1, 300, 200), tmp_path / "x", format=kind)
    answer = photo_client(runs, found(original, kind, width=300, height=200)).get(f"/unipic/photo/{run.token}/p1")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(answer.content)).size == (300, 200)


def test_a_raw_photo_comes_as_its_preview(runs: Runs, run: Run, tmp_path: Path) -> None:
    original = raw_photo(tmp_path / "x", orientation=6)
    client = photo_client(runs, found(original, "RAW", width=4000, height=6000))
    for kind in ("photo", "view"):
        answer = client.get(f"/unipic/{kind}/{run.token}/p1")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        assert Image.open(io.BytesIO(answer.content)).size == (640, 960)


def test_a_view_is_small_upright_and_may_be_kept_by_the_browser(runs: Runs, run: Run, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    photo = found(save(scene(1, 3000, 1500), tmp_path / "a.jpg", exif=exif.tobytes()))
    client = photo_client(runs, photo)
    answer = client.get(f"/unipic/view/{run.token}/p1")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["cache-control"] == "private, no-cache"
    assert photo.digest in answer.headers["etag"]
    assert Image.open(io.BytesIO(answer.content)).size == (1024, 2048)
    assert [path.name for path in run.views.iterdir()] == [f"{photo.digest}-2048.jpg"]
    assert client.get(f"/unipic/view/{run.token}/p1").content == answer.content


@pytest.mark.parametrize("kind", ["view", "photo", "thumb"])
def test_a_browser_asks_again_is_sent_nothing_twice_and_shows_nothing_of_a_deleted_run(
    runs: Runs, run: Run, tmp_path: Path, kind: str
) -> None:
    photo = found(save(scene(1), tmp_path / "a.jpg"))
    run.thumbnails.save(photo.digest, b"jpeg")
    client = photo_client(runs, photo)
    address = f"/unipic/{kind}/{run.token}/{photo.digest if kind == 'thumb' else 'p1'}"
    first = client.get(address)
    assert (first.status_code, first.headers["cache-control"]) == (200, "private, no-cache")
    again = client.get(address, headers={"if-none-match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert client.get(address, headers={"if-none-match": '"other"'}).content == first.content
    run.delete()
    assert client.get(address, headers={"if-none-match": first.headers["etag"]}).status_code == 404


def test_a_view_of_a_broken_file_is_refused_in_words(runs: Runs, run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff broken")
    answer = photo_client(runs, found(tmp_path / "a.jpg")).get(f"/unipic/view/{run.token}/p1")
    assert answer.status_code == 409
    assert answer.json()["message"] == "a.jpg is a damaged JPEG."
    assert str(tmp_path) not in answer.text


class Slow(InlineEngine):
    """An engine that waits until it is let go, and counts."""

    def __init__(self) -> None:
        self.asked = 0
        self.go = threading.Event()

    def map(self, task: Any, items: Any) -> Any:
        self.asked += 1
        assert self.go.wait(20)
        return super().map(task, items)


async def get(app: Starlette, path: str, gone: bool = False) -> int:
    """The status of a request in this event loop; `gone`: of a browser that does not wait."""
    status = 0
    asked = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if gone:
            return {"type": "http.disconnect"}
        if asked:
            return asked.pop()
        await asyncio.sleep(3600)
        raise AssertionError("nobody waits this long")

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)

    scope = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "method": "GET", "path": path}
    await app({**scope, "query_string": b"", "headers": []}, receive, send)
    return status


def test_while_pictures_are_made_everything_else_goes_on(
    runs: Runs, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One picture is made once for all who ask, who gave up is not waited for, and there is a bound."""
    engine = Slow()
    monkeypatch.setattr(pictures, "WAITING", 60)
    photo = found(save(scene(1, 64, 64), tmp_path / "a.jpg"))
    app = photo_app(runs, photo, renderer=Renderer(open_engine=lambda: engine))
    run.thumbnails.save("a" * 64, b"jpeg")

    async def story() -> tuple[list[int], int, int]:
        view = f"/unipic/view/{run.token}/p1"
        asked = [asyncio.create_task(get(app, view)) for _ in range(50)]  # more than there are shared threads
        asked += [asyncio.create_task(get(app, view, gone=True)) for _ in range(10)]
        while not engine.asked:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        thumbnail = await asyncio.wait_for(get(app, f"/unipic/thumb/{run.token}/{'a' * 64}"), 5)
        too_many = await asyncio.wait_for(get(app, view), 5)
        engine.go.set()
        return await asyncio.gather(*asked), thumbnail, too_many

    statuses, thumbnail, too_many = asyncio.run(story())
    assert (thumbnail, too_many) == (200, 503)
    assert sorted(statuses) == [200] * 50 + [499] * 10
    assert engine.asked == 1


def test_a_photo_the_run_does_not_have(client: TestClient, runs: Runs, run: Run, tmp_path: Path) -> None:
    assert photo_client(runs, found(tmp_path / "gone.jpg")).get(f"/unipic/photo/{run.token}/p1").status_code == 404
    assert photo_client(runs, found(tmp_path)).get(f"/unipic/photo/{run.token}/p1").status_code == 404
    assert client.get(f"/unipic/photo/{run.token}/p2").status_code == 404
    assert client.get(f"/unipic/photo/{'x' * 32}/p1").status_code == 404


@needs_pipes
def test_a_link_or_pipe_in_an_originals_place_is_not_followed(runs: Runs, run: Run, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe.jpg")
    for name in ("link.jpg", "pipe.jpg"):
        answer = photo_client(runs, found(tmp_path / name)).get(f"/unipic/photo/{run.token}/p1")
        assert answer.status_code == 404
        assert b"secret" not in answer.content


# Downloads.


def download_app(runs: Runs) -> tuple[Starlette, list[tuple[str, str]]]:
    heard: list[tuple[str, str]] = []
    return app_of(runs, on_sent=lambda run, file: heard.append((run.token, file))), heard


def test_a_download_keeps_its_name_in_any_script(runs: Runs, run: Run) -> None:
    app, _ = download_app(runs)
    (run.out / "Übersee 東京.zip").write_bytes(b"x")
    answer = TestClient(app).get(f"/unipic/download/{run.token}/Übersee 東京.zip")
    assert answer.headers["content-disposition"] == (
        "attachment; filename*=utf-8''%C3%9Cbersee%20%E6%9D%B1%E4%BA%AC.zip"
    )


def test_a_download_is_an_attachment_and_is_heard_of_once(runs: Runs, run: Run) -> None:
    app, heard = download_app(runs)
    content = os.urandom(1_000_000)
    (run.out / "Summer (2).zip").write_bytes(content)
    answer = TestClient(app).get(f"/unipic/download/{run.token}/Summer (2).zip")
    assert answer.content == content
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "no-store" in answer.headers["cache-control"]
    assert heard == [(run.token, "Summer (2).zip")]


def test_a_part_is_sent_but_is_not_the_whole(runs: Runs, run: Run) -> None:
    app, heard = download_app(runs)
    (run.out / "album.zip").write_bytes(b"0123456789")
    client, address = TestClient(app), f"/unipic/download/{run.token}/album.zip"
    answer = client.get(address, headers={"range": "bytes=4-"})
    assert (answer.status_code, answer.content) == (206, b"456789")
    assert client.get(address, headers={"range": "bytes=99-"}).status_code == 416
    assert client.head(address).headers["content-length"] == "10"
    assert heard == []


def test_an_empty_file_is_whole_too(runs: Runs, run: Run) -> None:
    app, heard = download_app(runs)
    (run.out / "none.csv").write_bytes(b"")
    assert TestClient(app).get(f"/unipic/download/{run.token}/none.csv").content == b""
    assert len(heard) == 1


@pytest.mark.parametrize("last", [False, True])
def test_a_broken_download_is_not_the_whole(runs: Runs, run: Run, last: bool) -> None:
    """Also when only its very last bytes were not taken any more."""
    app, heard = download_app(runs)
    (run.out / "album.zip").write_bytes(b"x" * 300_000)
    gone = asyncio.Event()
    taken = 0

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def sent(message: dict[str, Any], _: Any) -> None:
        nonlocal taken
        taken += len(message.get("body", b""))
        if taken >= (300_000 if last else 100_000):
            gone.set()

    ask(app, "GET", f"/unipic/download/{run.token}/album.zip", {}, [], receive=receive, sent=sent)
    assert heard == []


@pytest.mark.parametrize(
    "file",
    [
        "..%2frun.json",
        "%2e%2e/run.json",
        ".hidden.zip",
        "album.exe",
        "album.zip.unipic-part",
        "a%0a.zip",
        "a%00.zip",
        "x" * 130 + ".zip",
        "%2fetc%2fpasswd",
        "nothing.zip",
        "link.zip",
        "folder.zip",
    ],
)
def test_nothing_else_is_a_download(client: TestClient, run: Run, file: str) -> None:
    (run.out / "link.zip").symlink_to(run.folder / "run.json")
    (run.out / "folder.zip").mkdir()
    for name in (".hidden.zip", "album.exe", "album.zip.unipic-part"):
        (run.out / name).write_bytes(b"x")
    answer = client.get(f"/unipic/download/{run.token}/{file}")
    assert answer.status_code == 404
    assert b"created" not in answer.content


@pytest.mark.parametrize("name", ["album.zip", "Statistics 2026.csv", "a-b_c (1).json", "Übersee 🏖 東京.zip"])
def test_plain_names_can_be_downloaded(name: str) -> None:
    assert FILE.fullmatch(name)


# The scripts of the large view.


@pytest.mark.parametrize(
    "path", sorted(f"{part}/{path.name}" for part in SCRIPTS for path in SCRIPTS[part].glob("*.js"))
)
def test_a_script_comes_as_it_lies_there(client: TestClient, path: str) -> None:
    answer = client.get(f"/unipic/{path}")
    assert (answer.status_code, answer.content) == (200, (PARTS / path).read_bytes())
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"


def test_a_script_is_sent_again_only_when_it_is_another(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SCRIPTS, "darkroom", tmp_path)
    (tmp_path / "a_b.js").write_text("one")
    tag = client.get("/unipic/darkroom/a_b.js").headers["etag"]
    again = client.get("/unipic/darkroom/a_b.js", headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    (tmp_path / "a_b.js").write_text("two")
    assert client.get("/unipic/darkroom/a_b.js", headers={"if-none-match": tag}).text == "two"


@pytest.mark.parametrize(
    "name", ["..%2fsecret", "%2e%2e%2fsecret", "../secret", "/etc/passwd", "A", "a.b", "a%00", "nothing", "", "a%0a"]
)
def test_nothing_else_is_a_script(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "scripts").mkdir()
    monkeypatch.setitem(SCRIPTS, "darkroom", tmp_path / "scripts")
    for path in ("secret.js", "scripts/A.js", "scripts/a.b.js", "scripts/a.py", "scripts/.js"):
        (tmp_path / path).write_text("secret")
    answer = client.get(f"/unipic/darkroom/{name}.js")
    assert answer.status_code == 404
    assert "secret" not in answer.text


# Headers.


def test_every_answer_carries_the_headers(client: TestClient, run: Run) -> None:
    (run.out / "a.zip").write_bytes(b"x")
    for path in (f"/unipic/download/{run.token}/a.zip", "/unipic/nothing", "/unipic/thumb/x/y", "/elsewhere"):
        answer = client.get(path)
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    refused = client.put(upload_to(run), content=b"x" * 2000)
    assert refused.headers["x-content-type-options"] == "nosniff"


def test_the_policy_lets_no_foreign_script_frame_or_connection_in() -> None:
    policy = dict(part.split(" ", 1) for part in HEADERS["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert "unsafe" not in policy["script-src"]
    assert not any(word in HEADERS["Content-Security-Policy"] for word in ("http:", "https:", " *", "ws:"))


def test_refusals_are_json_and_name_no_folder(client: TestClient, run: Run, tmp_path: Path) -> None:
    for answer in (
        client.get("/unipic/photo/x/y"),
        client.get(f"/unipic/photo/{run.token}/y"),
        client.put(upload_to(run), content=b"x" * 2000),
    ):
        assert json.loads(answer.content).keys() == {"message"}
        assert str(tmp_path) not in answer.text


def test_the_middleware_leaves_websockets_and_streams_alone() -> None:
    passed: list[dict[str, Any]] = []

    async def inner(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "hello"})

    async def send(message: Any) -> None:
        passed.append(message)

    asyncio.run(SecurityHeaders(inner)({"type": "websocket"}, None, send))  # type: ignore[arg-type]
    assert passed == [{"type": "websocket.accept"}, {"type": "websocket.send", "text": "hello"}]
