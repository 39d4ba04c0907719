"""The door: which names, which pages and which tokens are let in, and what the others are told."""

from __future__ import annotations

import asyncio
import logging
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocket
from streamlit import config

from server.door import (
    COOKIE,
    HEALTH,
    Door,
    Masked,
    believe_only,
    greeting,
    open_to_own_names,
    reachable,
    without_token,
)
from server.door_guesses import SOURCES, SPAN, WRONG, Guesses, source_of
from server.door_sessions import FILE as SESSIONS, MOST, YEAR, Sessions
from server.door_token import FILE, Token, token_of
from server.headers import HEADERS, SecurityHeaders, broken
from server.operator import proxies, take_token
from unipic.core.errors import SettingsError

SECRET = "a secret of 24 letters+/"
TOKEN = Token(SECRET)
IN = Sessions(TOKEN)
COOKIE_OF_ONE = IN.add("a-Cookie-of-43-letters-and-digits-1234567890")
PAGE = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
OPTIONS = ("server.address", "server.allowedHosts", "server.corsAllowedOrigins", "server.port")


@pytest.fixture(autouse=True)
def configured() -> Iterator[Callable[..., None]]:
    """Streamlit's own settings, as they are on a server for all, and as they were afterwards."""
    before = {name: config.get_option(name) for name in OPTIONS}

    def configure(address: str = "0.0.0.0", hosts: tuple[str, ...] = ("nas.lan",), **more: Any) -> None:
        config.set_option("server.address", address)
        config.set_option("server.allowedHosts", list(hosts))
        for name, value in more.items():
            config.set_option(f"server.{name}", value)
        open_to_own_names()

    configure()
    yield configure
    for name, value in before.items():
        config.set_option(name, value)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def client(token: Token | None = TOKEN, clock: Clock | None = None, **more: Any) -> TestClient:
    async def here(request: Request) -> JSONResponse:
        return JSONResponse({"query": request.url.query, "body": (await request.body()).decode()})

    async def fails(request: Request) -> JSONResponse:
        raise ValueError("/secret/place")

    async def stream(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("in")
        await websocket.close()

    guesses = Guesses(clock) if clock else None
    app = Starlette(
        routes=[
            WebSocketRoute("/_stcore/stream", stream),
            Route("/fails", fails, methods=["GET", "POST"]),
            Route("/{rest:path}", here, methods=["GET", "POST", "PUT", "DELETE"]),
        ],
        middleware=[
            Middleware(Door, token=token, sessions=IN if token else None, guesses=guesses),
            Middleware(SecurityHeaders),
        ],
        exception_handlers={Exception: broken},
    )
    more = {"base_url": "http://nas.lan:8501", "follow_redirects": False, "raise_server_exceptions": False, **more}
    return TestClient(app, **more)


def known(**more: Any) -> TestClient:
    return client(cookies={COOKIE: COOKIE_OF_ONE}, **more)


# The token.


@pytest.mark.parametrize("path", ["/", "/review", "/unipic/upload/x/y", "/static/js/a.js", "/_stcore/host-config"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_is_to_be_had_without_the_token(method: str, path: str) -> None:
    answer = client().request(method, path)
    assert answer.status_code == 401
    assert method == "HEAD" or "token" in answer.json()["message"]


def test_whether_the_server_is_well_is_told_to_anyone() -> None:
    assert client().get(HEALTH).status_code == 200
    assert client().get(HEALTH + "/more").status_code == 401


def test_the_token_in_the_address_opens_and_leaves_it() -> None:
    browser = client()
    answer = browser.get("/review", params={"run": "a b", "token": SECRET, "x": ""})
    assert (answer.status_code, answer.headers["location"]) == (303, "/review?run=a+b")
    name, cookie, rest = re.split("[=;]", answer.headers["set-cookie"], maxsplit=2)
    assert (name, rest) == (COOKIE, " HttpOnly; Max-Age=31536000; Path=/; SameSite=strict")
    assert len(cookie) > 40
    assert SECRET not in str(answer.headers)
    assert browser.get("/review").status_code == 200


def test_over_https_the_cookie_stays_there() -> None:
    answer = client(base_url="https://nas.lan").get("/", params={"token": SECRET})
    assert "Secure" in answer.headers["set-cookie"]


def test_a_browser_that_is_known_loses_the_token_from_its_address() -> None:
    for guess in (SECRET, "an old one"):
        answer = known().get("/review", params={"token": guess})
        assert (answer.status_code, answer.headers["location"]) == (303, "/review")


def test_the_token_entered_on_the_page_leads_where_the_person_wanted_to_go() -> None:
    browser = client()
    answer = browser.post("/review?run=1", data={"token": f" {SECRET} "}, headers=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/review?run=1")
    assert browser.get("/review?run=1").json() == {"query": "run=1", "body": ""}


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("//evil.example/", "/evil.example/"),
        ("/\\evil.example", "/evil.example"),
        ("//\\/evil.example", "/evil.example"),
        ("/a\r\nSet-Cookie: x=y", "/a%0D%0ASet-Cookie%3A%20x%3Dy"),
        ("/ä/ö", "/%C3%A4/%C3%B6"),
    ],
)
def test_no_address_leads_away_from_here(path: str, where: str) -> None:
    assert without_token({"path": path, "query_string": b"token=x"}) == where


@pytest.mark.parametrize("cookie", ["", SECRET, COOKIE_OF_ONE[:-1], COOKIE_OF_ONE.swapcase(), "é" * 64])
def test_no_other_cookie_opens(cookie: str) -> None:
    headers = [(b"cookie", f"{COOKIE}={cookie}".encode())]
    assert client().get("/", headers=headers).status_code == 401


def test_the_token_is_in_no_message() -> None:
    assert SECRET not in repr(TOKEN) + str(TOKEN)


# Cookies.


def test_cookies_are_random_and_kept_as_hashes_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / SESSIONS
    one, two = Sessions(TOKEN, path).new(), Sessions(TOKEN, path).new()
    assert one != two
    after_restart = Sessions(TOKEN, path)
    assert after_restart.known(one)
    assert after_restart.known(two)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not any(secret in path.read_text() for secret in (one, two, SECRET))


def test_another_token_and_a_damaged_file_log_everybody_out(tmp_path: Path) -> None:
    path = tmp_path / SESSIONS
    cookie = Sessions(TOKEN, path).new()
    assert not Sessions(Token("another of 16 letters"), path).known(cookie)
    for damage in (b"", b"[]", b'{"sessions": 3}', b'{"sessions": {"a": "x"}}', b"\xff", b"[" * 100_000):
        path.write_bytes(damage)
        assert not Sessions(TOKEN, path).known(cookie)
        cookie = Sessions(TOKEN, path).new()
        assert Sessions(TOKEN, path).known(cookie)


def test_cookies_end_after_a_year_and_their_number_is_bounded(clock: Clock) -> None:
    sessions = Sessions(TOKEN, clock=clock)
    first = sessions.new()
    clock.now += YEAR - 1
    assert sessions.known(first)
    clock.now += 1
    assert not sessions.known(first)
    cookies = []
    for _ in range(MOST + 5):
        clock.now += 1
        cookies.append(sessions.new())
    assert [sessions.known(cookie) for cookie in cookies] == [False] * 5 + [True] * MOST


def test_who_is_in_is_in_where_the_disk_is_full(tmp_path: Path) -> None:
    sessions = Sessions(TOKEN, tmp_path / "missing" / SESSIONS)
    assert sessions.known(sessions.new())


@pytest.mark.parametrize(
    "guess", ["", "x", SECRET[:-1], SECRET.upper(), SECRET + "x", "\ud800", "\0" * 40, COOKIE_OF_ONE]
)
def test_a_wrong_token_is_told_so_and_sets_no_cookie(guess: str) -> None:
    body = "token=" + quote(guess, safe="", errors="surrogatepass")
    form = {**PAGE, "content-type": "application/x-www-form-urlencoded"}
    for answer in (
        client().get(f"/?{body}", headers=PAGE),
        client().post("/", content=body, headers=form),
    ):
        assert answer.status_code == 401
        assert 'role="alert">That token is wrong' in answer.text
        assert "set-cookie" not in answer.headers


def test_a_form_too_large_is_not_read() -> None:
    answer = client().post("/", data={"token": SECRET, "more": "x" * 5000}, headers=PAGE)
    assert answer.status_code == 401


def test_only_the_form_of_the_door_is_read_by_it() -> None:
    assert client().post("/", json={"token": SECRET}).status_code == 401
    assert client().put("/", data={"token": SECRET}).status_code == 401
    assert known().post("/", data={"token": "wrong"}).json()["body"] == "token=wrong"


# Guesses.


def test_who_guesses_often_has_to_wait(clock: Clock) -> None:
    browser = client(clock=clock)
    for _ in range(WRONG):
        assert browser.get("/?token=wrong").status_code == 401
    for params in ({"token": "wrong"}, {"token": SECRET}):
        answer = browser.get("/", params=params, headers=PAGE)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
        assert "Wait a minute" in answer.text
    clock.now += SPAN + 1
    assert browser.get("/", params={"token": SECRET}).status_code == 303


def test_who_is_in_stays_in_whoever_guesses(clock: Clock) -> None:
    browser = client(clock=clock)
    browser.get("/", params={"token": SECRET})
    stranger = client(clock=clock)
    for app in (browser.app, stranger.app):
        for _ in range(WRONG + 1):
            TestClient(app, base_url="http://nas.lan").get("/?token=wrong")
    assert browser.get("/").status_code == 200


def test_wrong_cookies_are_counted_too_and_dropped(clock: Clock) -> None:
    browser = client(clock=clock)
    for number in range(WRONG):
        answer = browser.get("/", headers={"cookie": f"{COOKIE}={number}"})
        assert answer.status_code == 401
        assert "Max-Age=0" in answer.headers["set-cookie"]
    assert browser.get("/", headers={"cookie": f"{COOKIE}=x"}).status_code == 429
    assert browser.get("/", headers={"cookie": f"{COOKIE}={COOKIE_OF_ONE}"}).status_code == 200
    assert browser.post("/", data={"token": SECRET}).status_code == 303, "a tab with an old cookie closes no form"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}, 403),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}, 403),
        ({"accept": "image/avif,image/webp,*/*;q=0.8"}, 401),  # over plain http
        ({"accept": "text/css,*/*;q=0.1"}, 401),
    ],
)
def test_what_a_foreign_page_loads_is_no_guess(headers: dict[str, str], status: int, clock: Clock) -> None:
    browser = client(clock=clock)
    for params in (*[{"token": "wrong"}] * (WRONG + 1), {"token": SECRET}):
        assert browser.get("/", params=params, headers=headers).status_code == status
    assert browser.get("/", params={"token": SECRET}, headers=PAGE).status_code == 303


def test_addresses_a_foreign_page_opens_do_not_close_the_form(clock: Clock) -> None:
    browser = client(clock=clock)
    opened = {**PAGE, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    for _ in range(WRONG + 1):
        browser.get("/?token=wrong", headers=opened)
    assert browser.get("/?token=wrong", headers=opened).status_code == 429
    assert browser.post("/", data={"token": SECRET}, headers=PAGE).status_code == 303


@pytest.mark.parametrize(
    ("named", "peer", "counted"),
    [
        ("", "127.0.0.1", "127.0.0.1"),
        ("10.0.0.0/8", "127.0.0.1", "127.0.0.1"),
        ("127.0.0.1, 10.0.0.0/8", "127.0.0.1", "192.0.2.7"),
        ("10.0.0.0/8", "10.1.2.3", "192.0.2.7"),
    ],
)
def test_only_named_proxies_are_believed(named: str, peer: str, counted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIPIC_PROXIES", named)
    monkeypatch.setattr(uvicorn.config, "ProxyHeadersMiddleware", None)
    believe_only(proxies())
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(source_of(scope))

    config_of_uvicorn = uvicorn.Config(app)
    config_of_uvicorn.load()
    scope = {"type": "http", "client": (peer, 1), "headers": [(b"x-forwarded-for", b"192.0.2.7")]}
    asyncio.run(config_of_uvicorn.loaded_app(scope, None, None))  # type: ignore[arg-type]
    assert seen == [counted]


def test_a_proxy_that_is_no_address_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIPIC_PROXIES", "nginx")
    with pytest.raises(SettingsError, match="UNIPIC_PROXIES"):
        proxies()


def test_one_peer_does_not_lock_another_out(clock: Clock) -> None:
    browser = client(clock=clock)
    other = TestClient(browser.app, base_url="http://nas.lan", follow_redirects=False, client=("10.0.0.9", 5))
    for _ in range(WRONG + 1):
        browser.get("/?token=wrong")
    assert other.get("/", params={"token": SECRET}).status_code == 303


def test_what_is_remembered_of_strangers_does_not_grow(clock: Clock) -> None:
    guesses = Guesses(clock)
    for number in range(SOURCES + 50):
        guesses.count("form", str(number))
    assert len(guesses.wrong) == SOURCES
    for _ in range(1000):
        guesses.count("form", "one")
    assert len(guesses.wrong["form", "one"]) == WRONG


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("fe80::1", "fe80::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("10.0.0.1", "10.0.0.2", False),
        ("::ffff:10.0.0.1", "10.0.0.1", False),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
    ],
)
def test_a_network_of_ipv6_is_one_peer(one: str, other: str, same: bool) -> None:
    assert (source_of({"client": (one, 1)}) == source_of({"client": (other, 2)})) == same


# Names and origins.


@pytest.mark.parametrize(
    "host", ["evil.example", "nas.lan.evil.example", "nas.lan@evil.example", "", "[::1", "nas.lan:x", "127.0.0.2"]
)
def test_by_another_name_nobody_gets_in(host: str) -> None:
    for browser in (client(), known(), client(token=None)):
        for path in ("/", HEALTH):
            answer = browser.get(path, headers={"host": host, **PAGE})
            assert answer.status_code == 421
            assert answer.headers["content-type"].startswith("text/plain")
            assert "nas.lan" not in answer.text


@pytest.mark.parametrize("host", ["nas.lan", "NAS.lan.", "nas.lan:1", "localhost:8501", "127.0.0.1", "[::1]:8501"])
def test_by_its_own_names_it_is_reached(host: str) -> None:
    assert known().get("/", headers={"host": host}).status_code == 200


def test_the_address_it_is_bound_to_is_a_name_of_the_server(configured: Callable[..., None]) -> None:
    configured("10.0.0.7", ())
    assert known().get("/", headers={"host": "10.0.0.7:8501"}).status_code == 200
    assert known().get("/", headers={"host": "0.0.0.0"}).status_code == 421


def test_no_names_at_all_are_none_and_not_all(configured: Callable[..., None]) -> None:
    configured(hosts=("",))
    assert known().get("/", headers={"host": "evil.example"}).status_code == 421
    assert known().get("/", headers={"host": "localhost"}).status_code == 200
    config.set_option("server.allowedHosts", [])
    assert known().get("/", headers={"host": "localhost"}).status_code == 421


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "http://nas.lan:3000", "http://nas.lan", "null", "", "http://nas.lan:8501@evil.example"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_pages_of_others_get_nothing(method: str, origin: str) -> None:
    for browser in (known(), client(token=None)):
        answer = browser.request(method, "/", headers={"origin": origin})
        assert answer.status_code == 403
        assert answer.text == "This request comes from a page of another site.\n"


def test_pages_of_this_server_are_heard(configured: Callable[..., None]) -> None:
    assert known().put("/", headers={"origin": "http://nas.lan:8501"}).status_code == 200
    configured(corsAllowedOrigins=["https://photos.example"])
    assert known().put("/", headers={"origin": "https://photos.example"}).status_code == 200
    assert known().put("/", headers={"origin": "https://photos.example.evil"}).status_code == 403


@pytest.mark.parametrize(
    ("browser", "headers", "status"),
    [
        (client, {}, 401),
        (known, {"host": "evil.example"}, 421),
        (known, {"origin": "http://evil.example"}, 403),
    ],
)
def test_a_websocket_is_refused_before_it_is_one(browser: Any, headers: dict[str, str], status: int) -> None:
    url = "ws://nas.lan:8501/_stcore/stream?token=" + SECRET
    with pytest.raises(WebSocketDenialResponse) as refused, browser().websocket_connect(url, headers=headers):
        raise AssertionError("it was accepted")
    assert refused.value.status_code == status
    assert refused.value.headers["x-frame-options"] == "DENY"


def test_a_websocket_with_the_cookie_is_accepted() -> None:
    with known().websocket_connect("ws://nas.lan:8501/_stcore/stream") as socket:
        assert socket.receive_text() == "in"


@pytest.mark.parametrize(
    ("address", "open_to_others"),
    [
        ("127.0.0.1", False),
        ("127.1.2.3", False),
        ("localhost", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("", True),
        ("0.0.0.0", True),
        ("::", True),
        ("192.168.1.20", True),
        ("nas.lan", True),
        ("localhost.evil.example", True),
    ],
)
def test_whether_others_can_get_here(configured: Callable[..., None], address: str, open_to_others: bool) -> None:
    configured(address)
    assert reachable() == open_to_others


def test_set_up_for_this_computer_it_serves_no_other(configured: Callable[..., None]) -> None:
    """As when uvicorn is started directly, with an address of its own that these settings know nothing of."""
    configured("127.0.0.1")
    app = client(token=None).app

    def ask(server: tuple[str, int] | None) -> int:
        async def spy(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, "server": server}, receive, send)

        return TestClient(spy, base_url="http://nas.lan").get("/").status_code

    assert [ask(server) for server in (("192.168.1.20", 1), ("fe80::1", 1), ("::ffff:10.0.0.1", 1))] == [403] * 3
    assert [ask(server) for server in (("127.0.0.1", 1), ("::1", 1), ("/run/unipic.sock", 0), None)] == [200] * 4


def test_streamlit_s_own_uploader_is_closed() -> None:
    for path in ("/_stcore/upload_file/a/b", "/base/_stcore/upload_file/a/b"):
        for browser in (known(), client(token=None)):
            assert browser.put(path, content=b"x").status_code == 404


# What every answer carries.


def test_every_answer_carries_the_headers() -> None:
    wrong = [client().get("/"), client().get("/", headers=PAGE), client().get("/?token=x"), known().get("/?token=x")]
    wrong += [known().get("/", headers=given) for given in ({"host": "x"}, {"origin": "x"})]
    for answer in [*wrong, known().get("/"), known().get("/fails"), known().post("/fails")]:
        assert all(name in answer.headers for name in HEADERS)
        assert "unsafe" not in answer.headers["content-security-policy"].split("style-src")[0]
    for answer in wrong:
        assert answer.headers["cache-control"] == "no-store"


def test_the_page_of_the_door_runs_nothing_and_sends_only_here() -> None:
    answer = client().get("/", headers=PAGE)
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert "script-src" not in policy
    assert "unsafe" not in str(policy)
    assert "<script" not in answer.text


def test_what_broke_is_for_the_log_alone() -> None:
    answer = known().get("/fails")
    assert answer.status_code == 500
    assert answer.json() == {"message": "An unexpected error occurred. The server's log has the details."}


# Where the token comes from.


def test_a_token_is_made_once_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    token = token_of("", True, data)
    assert token
    assert len(token.value) >= 32
    assert (data / FILE).read_text().strip() == token.value
    assert stat.S_IMODE((data / FILE).stat().st_mode) == 0o600
    assert [path.name for path in data.iterdir()] == [FILE]
    assert token_of("", True, data) == token
    (data / FILE).unlink()
    assert token_of("", True, data) != token


def test_none_is_made_where_none_is_needed(tmp_path: Path) -> None:
    assert token_of("", False, tmp_path) is None
    assert token_of("off", True, tmp_path) is None
    assert token_of(SECRET, True, tmp_path) == Token(SECRET)
    assert token_of(SECRET, False, tmp_path) == Token(SECRET), "who sets one wants one"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("short", ["x", "123456789012345", "OFF", "   short   "])
def test_a_token_that_can_be_guessed_is_refused_in_words(tmp_path: Path, short: str) -> None:
    with pytest.raises(SettingsError, match="at least 16 characters") as refused:
        token_of(short, True, tmp_path)
    assert short.strip() not in str(refused.value).replace("'off'", "")


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff\xfe no text at all of any kind"])
def test_a_damaged_file_is_no_token(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(SettingsError, match="Delete it"):
        token_of("", True, tmp_path)


def test_the_token_does_not_stay_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIPIC_TOKEN", SECRET)
    assert take_token() == SECRET
    assert take_token() == ""


# What the console and the log say.


def test_the_console_says_the_address_with_a_token_that_was_made_here(
    configured: Callable[..., None], tmp_path: Path
) -> None:
    configured(hosts=("nas.lan", "fe80::1", "*.lan"), port=8501)
    said = greeting(Token("made here, of 24 letters", tmp_path / FILE))
    assert "http://nas.lan:8501/?token=made%20here%2C%20of%2024%20letters" in said
    assert "http://[fe80::1]:8501/?token=" in said
    assert str(tmp_path / FILE) in said
    assert "*" not in said


def test_the_console_does_not_repeat_a_token_it_was_given(configured: Callable[..., None]) -> None:
    said = greeting(TOKEN)
    assert SECRET not in said
    assert "the one in UNIPIC_TOKEN" in said


def test_the_console_says_what_stands_open_and_what_is_missing(configured: Callable[..., None]) -> None:
    assert "UNIPIC_TOKEN is off" in greeting(None)
    configured("127.0.0.1", ())
    assert "UNIPIC_TOKEN" not in greeting(None)
    assert "http://localhost" in greeting(None)
    configured("0.0.0.0", ())
    assert "STREAMLIT_SERVER_ALLOWED_HOSTS" in greeting(TOKEN)


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        ('%s - "WebSocket %s" 403', ("10.0.0.1", "/_stcore/stream?x=1&token=guess&y=2")),
        ('%s - "%s %s HTTP/%s" %d', ("10.0.0.1", "GET", f"/?token={SECRET}", "1.1", 401)),
        ("/?token=guess%20&y", ()),
    ],
)
def test_no_log_line_holds_a_token(message: str, arguments: tuple[object, ...]) -> None:
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, message, arguments, None)
    assert Masked(TOKEN).filter(record)
    assert not any(secret in record.getMessage() for secret in (SECRET, "guess"))
    assert "***" in record.getMessage()
    assert len(record.args or ()) == len(arguments)


def test_a_refused_websocket_is_no_error_of_the_server() -> None:
    record = logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, Masked.REFUSED, None, None)
    assert not Masked(None).filter(record)
    assert Masked(None).filter(logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, "another", None, None))
