"""The WebDAV share: who may enter, what programs on phones do there, and what they cannot do."""

import base64
import os
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient
from tests.helpers.pictures import save, scene

from server import phone
from server.door import Door, open_to_own_names
from server.door_guesses import WRONG
from server.door_token import Token
from server.headers import SecurityHeaders
from server.phone import LIMIT, PLACE, USER, phone_routes, switch
from unipic.library.library import Library
from unipic.library.marks import Marks
from unipic.sources.inbox import MARKER, open_inbox

HOST = "http://localhost"
PROPERTIES = '<?xml version="1.0"?><propfind xmlns="DAV:"><prop><getcontentlength/></prop></propfind>'


@pytest.fixture
def marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Marks:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(phone, "KEEP_FREE", 0)
    open_to_own_names()
    return Library(tmp_path / "data").marks


@pytest.fixture
def inbox(marks: Marks) -> Path:
    return open_inbox()


def app(marks: Marks) -> Starlette:
    """The share behind a door that asks for another token."""
    door = Middleware(Door, token=Token("the token of the server itself"))
    return Starlette(routes=phone_routes(marks), middleware=[door, Middleware(SecurityHeaders)])


def client(marks: Marks, auth: tuple[str, str] | None) -> TestClient:
    visitor = TestClient(app(marks), base_url=HOST, raise_server_exceptions=False, headers={"accept-encoding": ""})
    if auth:
        visitor.auth = auth
    return visitor


@pytest.fixture
def dav(marks: Marks) -> TestClient:
    return client(marks, (USER, switch(marks, True)))


def there(inbox: Path) -> dict[str, bytes]:
    return {
        path.relative_to(inbox).as_posix(): path.read_bytes()
        for path in inbox.rglob("*")
        if path.is_file() and path.name != MARKER
    }


# Who may enter.


def test_it_is_off_until_it_is_switched_on_and_again_afterwards(marks: Marks, inbox: Path) -> None:
    assert client(marks, (USER, "")).put(f"{PLACE}/a.jpg", content=b"a").status_code == 404
    token = switch(marks, True)
    assert client(marks, (USER, token)).put(f"{PLACE}/a.jpg", content=b"a").status_code == 201
    again = switch(marks, True)
    assert client(marks, (USER, token)).get(f"{PLACE}/a.jpg").status_code == 401, "a new token ends the old one"
    assert client(marks, (USER, again)).get(f"{PLACE}/a.jpg").content == b"a"
    switch(marks, False)
    assert client(marks, (USER, again)).get(f"{PLACE}/a.jpg").status_code == 404
    assert token not in marks.path.read_bytes().decode("latin-1"), "only a hash is kept"


def test_without_the_token_nothing_is_shown_or_taken(marks: Marks, inbox: Path) -> None:
    token, odd = switch(marks, True), ("Basic", "Basic ???", "Bearer x", "Basic " + "A" * 9999)
    credentials = [None, (USER, "wrong"), ("somebody", token), (USER, f"{token} "), (USER, "é")]
    visitors = [client(marks, given) for given in credentials] + [client(marks, None) for _ in odd]
    for visitor, header in zip(visitors[len(credentials) :], odd, strict=True):
        visitor.headers["authorization"] = header
    for visitor in visitors:
        for method in ("GET", "PUT", "PROPFIND", "OPTIONS", "MOVE", "DELETE", "MKCOL"):
            answer = visitor.request(method, f"{PLACE}/a.jpg", content=b"a")
            assert answer.status_code == 401, visitor.headers
            assert answer.headers["www-authenticate"].startswith("Basic ")
    assert there(inbox) == {}


def test_guesses_are_throttled_and_a_first_try_without_a_token_is_none(marks: Marks) -> None:
    token = switch(marks, True)
    visitor = client(marks, None)
    for _ in range(3 * WRONG):
        assert visitor.request("PROPFIND", f"{PLACE}/").status_code == 401
    for guess in range(WRONG):
        assert visitor.get(f"{PLACE}/", auth=(USER, str(guess))).status_code == 401
    assert visitor.get(f"{PLACE}/", auth=(USER, token)).status_code == 429


def test_the_token_opens_nothing_else(dav: TestClient) -> None:
    for path in ("/", "/unipic/phones", "/unipic/phone.x", "/_stcore/stream", f"{PLACE}/../library/listing"):
        assert dav.get(path).status_code == 401


# What programs do.


def test_a_file_is_sent_listed_and_read_again(dav: TestClient, inbox: Path) -> None:
    assert dav.request("MKCOL", f"{PLACE}/Ann's phone").status_code == 201
    sent = dav.put(f"{PLACE}/Ann's phone/é 1.jpg", content=b"photo", headers={"x-oc-mtime": "1500000000"})
    assert sent.status_code == 201
    assert there(inbox) == {"Ann's phone/é 1.jpg": b"photo"}
    assert (inbox / "Ann's phone" / "é 1.jpg").stat().st_mtime == 1500000000
    listed = dav.request("PROPFIND", f"{PLACE}/Ann's phone/", content=PROPERTIES, headers={"depth": "1"})
    assert listed.status_code == 207
    hrefs = re.findall(r"<ns0:href>(.*?)</ns0:href>", listed.text)
    assert hrefs == [f"{PLACE}/Ann's%20phone/", f"{PLACE}/Ann's%20phone/%C3%A9%201.jpg"]
    assert "<ns0:getcontentlength>5<" in listed.text
    read = dav.get(f"{PLACE}/Ann's phone/é 1.jpg")
    assert (read.content, read.headers["content-type"]) == (b"photo", "application/octet-stream"), "and never as a page"
    assert read.headers["content-disposition"].startswith("attachment")
    assert dav.request("OPTIONS", f"{PLACE}/").headers["dav"].startswith("1")
    assert dav.request("PROPFIND", f"{PLACE}/none.jpg", headers={"depth": "0"}).status_code == 404
    assert dav.request("MKCOL", f"{PLACE}/Ann's phone").status_code == 405
    assert dav.request("MKCOL", f"{PLACE}/no/folder").status_code == 409
    assert dav.put(f"{PLACE}/no/photo.jpg", content=b"x").status_code == 409


def test_a_part_is_sent_and_renamed_as_nextclouds_programs_do(dav: TestClient, inbox: Path) -> None:
    to = {"destination": f"https://photos.example{PLACE}/IMG_1.jpg"}  # as a proxy's visitors see it
    for content, status in ((b"photo", 201), (b"photo", 204), (b"other", 409)):
        assert dav.put(f"{PLACE}/IMG_1.jpg.part", content=b"broken").status_code == 201
        assert dav.put(f"{PLACE}/IMG_1.jpg.part", content=content).status_code == 204
        assert dav.request("MOVE", f"{PLACE}/IMG_1.jpg.part", headers=to).status_code == status
        assert there(inbox)["IMG_1.jpg"] == b"photo"
        dav.delete(f"{PLACE}/IMG_1.jpg.part")
    assert dav.put(f"{PLACE}/x.part", content=b"x").status_code == 201
    assert dav.request("MOVE", f"{PLACE}/x.part", headers={**to, "overwrite": "F"}).status_code == 412
    assert dav.delete(f"{PLACE}/x.part").status_code == 204
    assert dav.request("MOVE", f"{PLACE}/x.part", headers=to).status_code == 404


def test_what_arrived_is_neither_overwritten_nor_deleted(dav: TestClient, inbox: Path) -> None:
    dav.request("MKCOL", f"{PLACE}/trip")
    for name in ("trip/a.jpg", "b.jpg"):
        assert dav.put(f"{PLACE}/{name}", content=name.encode()).status_code == 201
    assert dav.put(f"{PLACE}/b.jpg", content=b"b.jpg").status_code == 204, "the same again is well"
    for content in (b"", b"c.jpg", b"longer than it was"):
        assert dav.put(f"{PLACE}/b.jpg", content=content).status_code == 409
    for path in ("b.jpg", "trip", "trip/", "trip/a.jpg", ""):
        assert dav.delete(f"{PLACE}/{path}").status_code == 403
    to = {"destination": f"{HOST}{PLACE}/b.jpg"}
    assert dav.request("MOVE", f"{PLACE}/trip/a.jpg", headers=to).status_code == 409
    assert dav.request("MOVE", f"{PLACE}/trip", headers=to).status_code == 409
    assert dav.request("MOVE", f"{PLACE}/b.jpg", headers=to).status_code == 204
    assert dav.request("COPY", f"{PLACE}/trip/a.jpg", headers=to).status_code == 405
    assert dav.put(f"{PLACE}/trip", content=b"x").status_code == 409
    assert there(inbox) == {"trip/a.jpg": b"trip/a.jpg", "b.jpg": b"b.jpg"}


OUTSIDE = (
    *("../x.jpg", "%2e%2e/x.jpg", "a/%2e%2e/%2e%2e/x.jpg", "..%2fx.jpg", "..%5cx.jpg", "a%00.jpg", "a%0a.jpg"),
    *("link/x.jpg", "link", "x" * 201, "//x/y.jpg", "C:x.jpg"),
)


@pytest.mark.parametrize("method", ["PUT", "MKCOL", "PROPFIND", "GET", "DELETE", "MOVE"])
def test_nothing_outside_is_reached(dav: TestClient, inbox: Path, method: str) -> None:
    (inbox / "link").symlink_to(inbox.parent)
    (inbox / "own.jpg").touch()
    before = sorted(inbox.parent.rglob("*"))
    for path in OUTSIDE:
        for target, to in ((path, "y.jpg"), ("own.jpg", path)) if method == "MOVE" else ((path, ""),):
            sent: dict[str, Any] = {"content": b"x"} if method == "PUT" else {}
            answer = dav.request(method, f"{PLACE}/{target}", headers={"destination": f"{HOST}{PLACE}/{to}"}, **sent)
            assert answer.status_code in (401, 403, 404, 409, 502), (path, answer.status_code, answer.text)
            assert sorted(inbox.parent.rglob("*")) == before, path


def test_a_move_out_of_the_share_is_refused(dav: TestClient, inbox: Path) -> None:
    dav.put(f"{PLACE}/a.part", content=b"a")
    for target in ("", "/etc/x", f"{HOST}/unipic/library/x", f"{PLACE}/../x.jpg"):
        assert dav.request("MOVE", f"{PLACE}/a.part", headers={"destination": target}).status_code in (403, 502)
    assert there(inbox) == {"a.part": b"a"}


def test_a_request_that_is_no_file_is_small_and_its_xml_is_harmless(dav: TestClient) -> None:
    assert dav.request("PROPFIND", f"{PLACE}/", content=b" " * 200_000).status_code == 413
    bomb = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><propfind xmlns="DAV:"><prop>&x;</prop></propfind>'
    answer = dav.request("PROPFIND", f"{PLACE}/", content=bomb, headers={"depth": "0"})
    assert answer.status_code in (400, 500)
    assert "root:" not in answer.text


# Limits.


def test_the_quota_holds_and_counts_what_lies_there(dav: TestClient, marks: Marks, inbox: Path) -> None:
    marks.choose(LIMIT, str(10e-9))
    assert dav.put(f"{PLACE}/a.jpg", content=b"123456").status_code == 201
    assert dav.put(f"{PLACE}/b.jpg", content=b"12345").status_code == 507
    assert dav.put(f"{PLACE}/b.jpg", content=b"1234").status_code == 201
    assert there(inbox) == {"a.jpg": b"123456", "b.jpg": b"1234"}


def test_a_disk_that_is_nearly_full_takes_nothing(
    dav: TestClient, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phone, "KEEP_FREE", 1 << 60)
    assert dav.put(f"{PLACE}/a.jpg", content=b"a").status_code == 507
    assert there(inbox) == {}


@pytest.fixture
def served(marks: Marks) -> Iterator[str]:
    """The address of a real server."""
    server = uvicorn.Server(uvicorn.Config(app(marks), port=0, log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield f"http://localhost:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def test_a_file_that_does_not_arrive_whole_leaves_nothing(marks: Marks, inbox: Path, served: str) -> None:
    credentials = base64.b64encode(f"{USER}:{switch(marks, True)}".encode()).decode()
    head = f"PUT {PLACE}/a.jpg HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic {credentials}\r\n"
    with socket.create_connection(("localhost", int(served.rpartition(":")[2]))) as line:
        line.sendall(f"{head}Content-Length: 9999\r\n\r\nhalf of it".encode())
        while not there(inbox):  # the first half has arrived
            threading.Event().wait(0.01)
        assert next(iter(there(inbox))).endswith(".unipic-part")
    while there(inbox):
        threading.Event().wait(0.01)
    assert httpx2.put(f"{served}{PLACE}/a.jpg", content=b"whole", auth=(USER, switch(marks, True))).status_code == 201
    assert there(inbox) == {"a.jpg": b"whole"}


@pytest.mark.nightly
@pytest.mark.skipif(not shutil.which("rclone"), reason="rclone is not installed")
def test_rclone_copies_a_folder_twice_and_overwrites_nothing(
    marks: Marks, inbox: Path, served: str, tmp_path: Path
) -> None:
    for number in range(3):
        save(scene(number), tmp_path / "DCIM" / "Camera" / f"é {number}.jpg")
    sent = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.glob("DCIM/*/*")}
    obscured = subprocess.run(["rclone", "obscure", switch(marks, True)], capture_output=True, text=True, check=True)
    for vendor in ("other", "owncloud"):
        remote = f':webdav,url="{served}{PLACE}",vendor={vendor},user={USER},pass={obscured.stdout.strip()}:DCIM'
        for word in ("copy", "check"):
            command = ["rclone", word, str(tmp_path / "DCIM"), remote, "--config", os.devnull, "--retries", "1"]
            subprocess.run(command, check=True, timeout=60)
        assert there(inbox) == sent
    changed = next(tmp_path.glob("DCIM/*/*0.jpg"))
    changed.write_bytes(b"edited on the phone")
    assert subprocess.run(["rclone", "copy", *command[2:]], timeout=60).returncode, "it is told, and nothing is lost"
    assert there(inbox) == sent
