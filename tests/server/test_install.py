"""The installable app: what it consists of, the target of sharing, and both behind the door and below a base path."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient
from streamlit import config

from server import phone
from server.door import COOKIE, Door, open_to_own_names
from server.door_sessions import Sessions
from server.door_token import Token
from server.headers import POLICY, SecurityHeaders
from server.install_routes import FILES, PLACE, install_routes
from server.phone import LIMIT, phone_routes
from unipic.core.settings import inbox_folder
from unipic.library.library import Library
from unipic.library.marks import Marks
from unipic.sources.inbox import MARKER

TOKEN = Token("the token of the server")
SHARED_BY_THE_SYSTEM = {"origin": "null", "sec-fetch-site": "none", "sec-fetch-mode": "navigate"}
IMAGE = ("a.jpg", b"one", "image/jpeg")


@pytest.fixture(params=["", "/photos"])
def base(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path))
    monkeypatch.setattr(phone, "KEEP_FREE", 0)
    open_to_own_names()
    config.set_option("server.baseUrlPath", request.param)
    yield request.param
    config.set_option("server.baseUrlPath", "")


@pytest.fixture
def marks(base: str, tmp_path: Path) -> Marks:
    return Library(tmp_path).marks


def visitor(marks: Marks, known: bool = True) -> TestClient:
    sessions = Sessions(TOKEN)
    app = Starlette(
        routes=[*install_routes(marks), *phone_routes(marks)],
        middleware=[Middleware(Door, token=TOKEN, sessions=sessions), Middleware(SecurityHeaders)],
    )
    cookies = {COOKIE: sessions.new()} if known else {}
    return TestClient(app, base_url="http://localhost", follow_redirects=False, cookies=cookies)


def arrived() -> list[bytes]:
    return sorted(path.read_bytes() for path in inbox_folder().rglob("*") if path.is_file() and path.name != MARKER)


def test_everything_that_the_manifest_names_is_there(base: str, marks: Marks) -> None:
    browser, place = visitor(marks), f"{base}{PLACE}"
    told = browser.get(f"{place}/manifest.json").json()
    for icon in told["icons"]:
        assert browser.get(f"{place}/{icon['src']}").headers["content-type"] == "image/png"
        assert "x".join(map(str, Image.open(FILES / icon["src"]).size)) == icon["sizes"]
    assert browser.get(f"{place}/{told['start_url']}").headers["location"] == f"{base}/"
    assert browser.get(f"{place}/worker.js").headers["content-type"].startswith("text/javascript")
    assert "cannot be reached" in browser.get(f"{place}/offline.html").text
    assert "manifest-src 'self'" in browser.get(f"{place}/offline.html").headers["content-security-policy"]
    assert (POLICY["worker-src"], POLICY["default-src"]) == ("'self'", "'none'")
    for path in ("__init__.py", "..%2ficon.svg", "%2e%2e/icon.svg", "nothing"):
        assert browser.get(f"{place}/{path}").status_code == 404


def test_what_is_shared_lands_in_the_inbox_once(base: str, marks: Marks) -> None:
    browser, address = visitor(marks), f"{base}{PLACE}/share"
    photos = [
        IMAGE,
        ("a.jpg", b"two", "image/jpeg"),
        ("../../x/é.mp4", b"film", "video/mp4"),
        (".b.jpg", b"b", "image/jpeg"),
    ]
    for _ in range(2):
        answer = browser.post(address, files=[("photos", one) for one in photos], headers=SHARED_BY_THE_SYSTEM)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{base}/folders")
        assert arrived() == [b"b", b"film", b"one", b"two"]
    names = [path.name for path in (inbox_folder() / "Shared").iterdir()]
    assert {name.partition("-")[0] for name in names} == {"a", "é", "b"}, "photos keep their names, and none is hidden"
    assert browser.get(address).headers["location"] == f"{base}/"


def test_only_a_browser_of_ones_own_shares(base: str, marks: Marks) -> None:
    address = f"{base}{PLACE}/share"
    sent: dict[str, Any] = {"files": [("photos", IMAGE)]}
    assert visitor(marks, known=False).post(address, **sent, headers=SHARED_BY_THE_SYSTEM).status_code == 401
    for origin, site in (
        ("null", "cross-site"),
        ("https://evil.example", "none"),
        ("null", ""),
        ("https://x.example", ""),
    ):
        headers = {"origin": origin} | ({"sec-fetch-site": site} if site else {})
        assert visitor(marks).post(address, **sent, headers=headers).status_code == 403
    assert not inbox_folder().exists()
    assert visitor(marks).post(address, **sent, headers={"origin": "http://localhost"}).status_code == 303


def test_an_inbox_that_is_full_says_so_and_keeps_nothing(marks: Marks) -> None:
    marks.choose(LIMIT, str(1e-7))
    answer = visitor(marks).post(f"{phone.base_path()}{PLACE}/share", files=[("photos", IMAGE)])
    assert answer.status_code == 507
    assert "full" in answer.json()["message"]
    assert arrived() == []


def test_the_share_for_phones_is_below_the_base_path_too(base: str, marks: Marks) -> None:
    auth = (phone.USER, phone.switch(marks, True))
    for method, path in (("MKCOL", "trip"), ("PUT", "trip/a.part")):
        assert visitor(marks, known=False).request(method, f"{base}{phone.PLACE}/{path}", auth=auth).status_code == 201
    to = {"destination": f"http://localhost{base}{phone.PLACE}/trip/a.jpg"}
    answer = visitor(marks, known=False).request("MOVE", f"{base}{phone.PLACE}/trip/a.part", auth=auth, headers=to)
    assert answer.status_code == 201
    listed = visitor(marks, known=False).request(
        "PROPFIND", f"{base}{phone.PLACE}/trip", auth=auth, headers={"depth": "1"}
    )
    assert f">{base}{phone.PLACE}/trip/a.jpg<" in listed.text
    assert json.loads((FILES / "manifest.json").read_text())["scope"] == "../../"
