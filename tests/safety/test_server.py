"""The server as it stands in a home network: who gets in, what strangers are told, and where its secrets are not."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.browser.conftest import PROJECT, Server
from tests.helpers.desks import evidence
from tests.safety.harness.ledger import record
from tests.safety.harness.servers import Answer, Headers, ask, finished_run, pictures, serving, visiting
from websockets.exceptions import InvalidStatus

from server.door import COOKIE
from server.door_guesses import WRONG
from server.door_sessions import FILE as SESSIONS, Sessions
from server.door_token import FILE, Token
from server.headers import HEADERS
from server.runs import Run, Runs

pytestmark = pytest.mark.server

CANARY = "canary-5e2d8c41-token"
VALUE = "canary-9d1f07b2-cookie-of-a-browser-that-gave-the-token"
KNOWN = {"cookie": f"{COOKIE}={VALUE}"}
NAME = "nas.lan"
PAGE = {"accept": "text/html"}
STREAM = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}
OPEN = {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0", "STREAMLIT_SERVER_ALLOWED_HOSTS": NAME}
RUN = "0" * 32
ROUTES = [
    ("GET", "/"),
    ("GET", "/review"),
    ("GET", "/finish"),
    ("GET", "/statistics"),
    ("GET", f"/review?run={RUN}"),
    ("GET", "/index.html"),
    ("GET", "/favicon.png"),
    ("GET", "/static/"),
    ("GET", "/_stcore/host-config"),
    ("GET", "/_stcore/script-health-check"),
    ("GET", "/_stcore/metrics"),
    ("GET", "/_stcore/health/"),
    ("GET", "//_stcore/health"),
    ("GET", "/x/../_stcore/health"),
    ("GET", "/_stcore/stream"),
    ("PUT", "/_stcore/upload_file/x/y"),
    ("DELETE", "/_stcore/upload_file/x/y"),
    ("POST", "/_stcore/agent"),
    ("GET", "/media/x.png"),
    ("GET", "/component/x/y.js"),
    ("GET", "/_stcore/bidi-components/x/y.js"),
    ("GET", "/oauth2callback"),
    ("GET", "/auth/login"),
    ("PUT", f"/unipic/upload/{RUN}/0123456789abcdef?name=a.jpg"),
    ("GET", f"/unipic/review/{RUN}"),
    ("POST", f"/unipic/review/{RUN}"),
    ("GET", f"/unipic/thumb/{RUN}/{'a' * 64}"),
    ("GET", f"/unipic/view/{RUN}/p1"),
    ("GET", f"/unipic/photo/{RUN}/p1"),
    ("GET", f"/unipic/download/{RUN}/album.zip"),
    ("GET", "/unipic/darkroom/main.js"),
    ("GET", "/unipic/anything"),
    ("OPTIONS", "/"),
    ("TRACE", "/"),
]


def environment(data: Path) -> dict[str, str]:
    """Of a server with a token of the operator's, which one browser gave before."""
    Sessions(Token(CANARY), data / SESSIONS).add(VALUE)
    return {**OPEN, "UNIPIC_TOKEN": CANARY, "UNIPIC_OFFLINE": "1", "TMPDIR": str(data / "tmp")}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Bound to every address, with a token of the operator's."""
    data = tmp_path_factory.mktemp("open")
    (data / "tmp").mkdir()
    with serving(data, **environment(data)) as started:
        yield started


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """As it is without a word from anyone: for this computer alone."""
    with serving(tmp_path_factory.mktemp("home")) as started:
        yield started


def assets(server: Server, headers: Headers) -> list[str]:
    """What the page itself loads."""
    page = ask(server, "/", headers=headers).body.decode()
    found = re.findall(r'(?:src|href)="\.?(/static/[^"]+)"', page)
    assert found, page
    return found


def handshake(server: Server, headers: Headers) -> Answer:
    return ask(server, "/_stcore/stream", headers={**STREAM, **headers})


def let_in(answer: Answer) -> bool:
    """Was it not the door that answered? Streamlit refuses uploads to itself by words of its own."""
    return answer.status not in (401, 421, 429) and (answer.status != 403 or b"XSRF token" in answer.body)


def test_without_the_token_there_is_nothing(server: Server) -> None:
    every = [*ROUTES, *(("GET", path) for path in assets(server, KNOWN))]
    for method, path in every:
        for headers in ({}, PAGE, {"cookie": f"{COOKIE}={CANARY}"}, {"cookie": f"{COOKIE}={'0' * 64}"}):
            answer = ask(server, path, method, headers)
            assert answer.status in ((401, 429) if "cookie" in headers else (401,)), f"{method} {path} {headers}"
            assert b"token" in answer.body
            assert len(answer.body) < 2500
    assert handshake(server, {"origin": server.url}).status == 401
    with pytest.raises(InvalidStatus) as refused, visiting(server):
        pass
    assert refused.value.response.status_code == 401
    record("LAN", "routes asked without the token", len(every) + 1, found=0)


def test_with_the_token_everything_is_as_at_home(server: Server) -> None:
    assert ask(server, "/_stcore/health").status == 200
    for method, path in [*ROUTES, *(("GET", path) for path in assets(server, KNOWN))]:
        assert let_in(ask(server, path, method, {**KNOWN, **PAGE})), path
    answer = ask(server, f"/?token={quote(CANARY)}", headers=PAGE)
    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert answer.headers["set-cookie"].startswith(f"{COOKIE}=")
    with visiting(server, headers={"Cookie": KNOWN["cookie"]}) as visitor:
        assert b"Keep the best shot" in visitor.run()
        assert visitor.errors == []


@pytest.mark.parametrize("host", ["evil.example", "nas.lan.evil.example", "10.0.0.1", "", "localhost@evil.example"])
def test_another_name_is_refused_even_with_the_token(server: Server, home: Server, host: str) -> None:
    """A page that renames itself to this address, DNS rebinding, has the cookie of nobody, but reaches the port."""
    for one in (server, home):
        for path in ("/", "/_stcore/health", "/_stcore/host-config", "/unipic/darkroom/main.js", "/static/"):
            answer = ask(one, path, headers={**KNOWN, "host": host})
            assert answer.status == 421
            assert NAME.encode() not in answer.body
        assert handshake(one, {**KNOWN, "host": host, "origin": f"http://{host}"}).status == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost:3000", "https://localhost", "null"])
def test_pages_of_other_sites_are_refused_even_with_the_token(server: Server, home: Server, origin: str) -> None:
    for one in (server, home):
        headers = {**KNOWN, "origin": origin}
        for method in ("PUT", "POST", "DELETE", "GET"):
            assert ask(one, f"/unipic/review/{RUN}", method, headers).status == 403
        assert handshake(one, headers).status == 403
        assert "without completing handshake" not in one.log.read_text()


def test_its_own_pages_are_heard(server: Server, home: Server) -> None:
    for one in (server, home):
        assert handshake(one, {**KNOWN, "origin": one.url}).status == 101
        run = Runs(one.runs).new("upload")
        path = f"/unipic/upload/{run.token}/0123456789abcdef?name=a.jpg"
        assert ask(one, path, "PUT", {**KNOWN, "origin": one.url}, b"x").status == 200
    assert handshake(server, {**KNOWN, "host": NAME, "origin": f"http://{NAME}"}).status == 101


def test_on_this_computer_alone_no_token_is_asked_for(home: Server) -> None:
    for method, path in [*ROUTES, *(("GET", path) for path in assets(home, {}))]:
        assert let_in(ask(home, path, method, PAGE)), path
    with visiting(home) as visitor:
        assert b"Keep the best shot" in visitor.run()
    assert not (home.data / FILE).exists()
    assert f"Unipic is at {home.url}/\n" in home.log.read_text()


def test_every_answer_carries_the_headers(server: Server, home: Server) -> None:
    given: list[Headers] = [{}, PAGE, KNOWN, {**KNOWN, **PAGE}, {"host": "evil.example"}, {"origin": "null"}]
    for one in (server, home):
        for headers in given:
            for method, path in [*ROUTES, ("GET", "/_stcore/health"), ("GET", "/?token=wrong")]:
                answer = ask(one, path, method, headers)
                missing = [name for name in HEADERS if name.lower() not in answer.headers]
                assert missing == [], f"{method} {path} {headers} {answer.status}"
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_stranger_who_guesses_has_to_wait(tmp_path: Path) -> None:
    with serving(tmp_path, **environment(tmp_path)) as one:
        statuses = [ask(one, f"/?token=guess{number}").status for number in range(WRONG + 5)]
        assert statuses == [401] * WRONG + [429] * 5
        assert ask(one, f"/?token={CANARY}").status == 429, "nobody learns that a guess was right"
        statuses = [ask(one, "/", headers={"cookie": f"{COOKIE}={number}"}).status for number in range(WRONG + 5)]
        assert statuses == [401] * WRONG + [429] * 5
        forwarded = {"x-forwarded-for": "192.0.2.7"}
        assert ask(one, "/?token=guess", headers=forwarded).status == 429, "nobody named this computer as a proxy"
        assert ask(one, "/", headers=KNOWN).status == 200


def test_a_token_is_made_where_none_is_given(tmp_path: Path) -> None:
    with serving(tmp_path, **OPEN) as one:
        token = (tmp_path / FILE).read_text().strip()
        said = one.log.read_text()
        assert f"http://{NAME}:{one.url.rsplit(':', 1)[1]}/?token={token}" in said
        assert ask(one, "/", headers=PAGE).status == 401
        assert ask(one, f"/?token={token}").status == 303
        assert ask(one, "/_stcore/stream?token=" + token, headers=STREAM).status == 401
        assert one.log.read_text().count(token) == said.count(token) == 1, "shown at the start, and never again"


def test_a_proxy_may_ask_instead(tmp_path: Path) -> None:
    with serving(tmp_path, **OPEN, UNIPIC_TOKEN="off") as one:
        assert ask(one, "/").status == 200
        assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("UNIPIC_TOKEN", "too short", "at least 16 characters"),
        pytest.param("UNIPIC_MAX_UPLOAD_GB", "plenty", "number of gigabytes", marks=pytest.mark.nightly),
        pytest.param("UNIPIC_KEEP_DAYS", "nan", "number from 0 on", marks=pytest.mark.nightly),
        pytest.param("UNIPIC_KEEP_DAYS", "-1", "number from 0 on", marks=pytest.mark.nightly),
    ],
)
def test_a_setting_that_cannot_be_is_said_in_words(tmp_path: Path, name: str, value: str, words: str) -> None:
    command = [sys.executable, "-m", "streamlit", "run", str(PROJECT / "src" / "app.py"), "--server.port", "0"]
    values = {**os.environ, **OPEN, "UNIPIC_DATA": str(tmp_path), name: value}
    done = subprocess.run(command, env=values, cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert done.returncode != 0
    assert "Unipic does not start" in done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert "too short" not in done.stdout + done.stderr


def test_streamlit_s_own_uploader_is_closed(home: Server) -> None:
    """It would hold in memory what anybody sends."""
    with visiting(home) as visitor:
        visitor.run()
        xsrf = ask(home, "/_stcore/health").headers.get("set-cookie", "").split(";")[0]
        headers = {"cookie": xsrf, "x-xsrftoken": xsrf.partition("=")[2], "content-type": "application/octet-stream"}
        for path in (f"/_stcore/upload_file/{visitor.session}/x", f"/%5Fstcore/upload_file/{visitor.session}/x"):
            for method in ("PUT", "POST", "OPTIONS", "DELETE"):
                answer = ask(home, path, method, headers, b"x" * 1000)
                assert (answer.status, answer.body) == (404, b"Nothing is uploaded here.\n")


# What strangers are told when something breaks.


def broken_run(server: Server) -> Run:
    """A run whose record no longer says what it should: everything that opens it fails."""
    run = Runs(server.runs).new("upload")
    (run.folder / "run.json").write_text('{"source": "upload"}')
    return run


def test_what_broke_is_not_told_to_the_browser(server: Server) -> None:
    run = broken_run(server)
    secrets = (str(server.data), str(PROJECT), "Traceback", "KeyError", "'roots'", "site-packages", "line ")
    path = f"/unipic/upload/{run.token}/0123456789abcdef?name=a.jpg"
    answer = ask(server, path, "PUT", KNOWN, b"x")
    assert answer.status == 500
    assert "server's log has the details" in answer.json["message"]
    with visiting(server, headers={"Cookie": KNOWN["cookie"]}) as visitor:
        visitor.run(f"run={run.token}", "review")
        assert len(visitor.errors) == 1, "the screen did not fail at all"
    for secret in secrets:
        assert secret not in answer.body.decode()
        assert secret.encode() not in visitor.drawn, secret
    assert "KeyError" in server.log.read_text(), "the operator is told"


# Secrets.


def test_a_secret_is_in_no_log_and_no_file(tmp_path: Path) -> None:
    """A wrong token, a right one, a crash of a screen, of a route and of the work, a scan, an export."""
    data, photos = tmp_path / "data", tmp_path / "photos"
    (data / "tmp").mkdir(parents=True)
    pictures(photos, ["a", "b"])
    with serving(data, **environment(data), UNIPIC_ROOTS=str(photos), STREAMLIT_LOGGER_LEVEL="debug") as one:
        statuses = [
            ask(one, f"/?token={CANARY}x", headers=PAGE).status,
            ask(one, f"/?token={CANARY}", headers=PAGE).status,
            ask(one, f"/_stcore/stream?token={CANARY}", headers=STREAM).status,
            ask(one, f"/_stcore/stream?token={CANARY}", headers={**STREAM, **KNOWN}).status,
            ask(one, f"/?token={CANARY}", headers={**KNOWN, "host": "evil.example"}).status,
            ask(one, "/_stcore/stream", headers={**STREAM, **KNOWN, "origin": f"http://{CANARY}"}).status,
        ]
        assert statuses == [401, 303, 401, 101, 421, 403]
        run = broken_run(one)
        assert ask(one, f"/unipic/upload/{run.token}/0123456789abcdef?name=a", "PUT", KNOWN, b"x").status == 500
        found = pictures(data / "kept", ["a.jpg", "b.jpg"])
        ready = finished_run(data, found, evidence(found, {}))
        working = Runs(one.runs).new("folder", (str(photos),))
        working.change(state="waiting")
        crashing = Runs(one.runs).new("folder", (str(photos),))
        crashing.change(state="waiting", settings={"encoder": "no such encoder"})
        with visiting(one, headers={"Cookie": KNOWN["cookie"]}) as visitor:
            said = visitor.run(f"run={run.token}", "review")
            for token in (ready.token, working.token, crashing.token):
                for page in ("review", "finish", "statistics"):
                    said += visitor.run(f"run={token}", page)
            until = time.monotonic() + 120
            while {working.load().state, crashing.load().state} & {"waiting", "working"} and time.monotonic() < until:
                said += visitor.run(f"run={working.token}", "review")
        assert (working.load().state, crashing.load().state) == ("ready", "failed")
    export = tmp_path / "album.zip"
    values = {**os.environ, **environment(data), "UNIPIC_DATA": str(data)}
    command = [sys.executable, str(PROJECT / "src" / "main.py"), "clean", str(photos), "--zip", str(export)]
    done = subprocess.run(command, env=values, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr
    written = {str(path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert str(one.log) in written
    written |= {"stdout": done.stdout, "stderr": done.stderr, "screens": said}
    hits = [name for name, content in written.items() if CANARY.encode() in content or VALUE.encode() in content]
    assert hits == []
    assert b"Starting uvicorn" in written[str(one.log)], "the log says all it can"
    record("T19", "bytes searched for a canary token", sum(map(len, written.values())), found=len(hits))


def test_the_work_does_not_know_the_token(server: Server, tmp_path: Path) -> None:
    """Decoders of hostile photos have no use for it."""
    pictures(tmp_path, ["a", "b"])
    run = Runs(server.runs).new("folder", (str(tmp_path),))
    run.change(state="waiting")
    with visiting(server, headers={"Cookie": KNOWN["cookie"]}) as visitor:
        visitor.run(f"run={run.token}", "review")
        until, environments = time.monotonic() + 60, list[bytes]()
        while not environments and time.monotonic() < until:
            environments = list(worker_environments(run))
    assert environments, "the work did not begin"
    assert not any(CANARY.encode() in text for text in environments)


def worker_environments(run: Run) -> Iterator[bytes]:
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            try:
                if run.token.encode() in (process / "cmdline").read_bytes():
                    yield (process / "environ").read_bytes()
            except OSError:  # it has ended
                continue


# What is left when a run is gone.


@pytest.mark.nightly
def test_a_run_past_its_time_leaves_nothing(tmp_path: Path) -> None:
    """In the data folder and in the folder for temporary files, after work, an upload, and a look at its photos."""
    data, temporary = tmp_path / "data", tmp_path / "tmp"
    data.mkdir()
    temporary.mkdir()
    photos = pictures(tmp_path / "photos", ["a.jpg", "b.jpg", "c.jpg"])
    values = {"TMPDIR": str(temporary), "UNIPIC_KEEP_DAYS": "1", "UNIPIC_OFFLINE": "1"}
    with serving(data, **values) as one:
        runs = [finished_run(data, photos, evidence(photos, {})), Runs(one.runs).new("upload"), broken_run(one)]
        uploading = runs[1].token
        for key in ("0123456789abcdef", "fedcba9876543210"):
            body = Path(photos[0].path).read_bytes()
            assert ask(one, f"/unipic/upload/{uploading}/{key}?name=a.jpg", "PUT", {}, body).status == 200
        runs[1].change(state="waiting")
        with visiting(one) as visitor:
            for run in runs:
                for page in ("review", "finish"):
                    visitor.run(f"run={run.token}", page)
            until = time.monotonic() + 120
            while runs[1].load().state != "ready" and time.monotonic() < until:
                visitor.run(f"run={uploading}", "review")
        assert runs[1].load().state == "ready"
        assert ask(one, f"/unipic/view/{runs[0].token}/p0").status == 200
        kept = Runs(one.runs).new("upload")
    (runs[0].out / "album.zip").write_bytes(b"zip")
    (runs[1].photos / "half.0123abcd.unipic-part").write_bytes(b"x")
    (data / "runs" / ("f" * 32 + ".deleted")).mkdir()
    two_days_ago = time.time() - 2 * 86400
    for run in runs:
        for path in (*run.folder.rglob("*"), run.folder):
            os.utime(path, (two_days_ago, two_days_ago))
    with serving(data, **values) as one:
        until = time.monotonic() + 60
        while len(list(one.runs.iterdir())) > 1 and time.monotonic() < until:
            ask(one, "/_stcore/health")
        assert [path.name for path in one.runs.iterdir()] == [kept.token]
        for run in runs:
            assert ask(one, f"/unipic/photo/{run.token}/p0").status == 404
    left = [
        str(path) for path in (*data.rglob("*"), *temporary.rglob("*")) if any(run.token in path.name for run in runs)
    ]
    tokens = [run.token.encode() for run in runs]
    files = [path for path in data.rglob("*") if path.is_file() and path != data / "server.log"]
    assert left == []
    assert [str(path) for path in files if any(token in path.read_bytes() for token in tokens)] == []
    assert [path for path in temporary.rglob("*") if path.is_file()] == []
    record("T28", "runs past their time, of which a file was left", len(runs), found=0)


def test_a_deleted_run_leaves_nothing(home: Server) -> None:
    photos = pictures(home.data / "gone", ["a.jpg"])
    run = finished_run(home.data, photos, evidence(photos, {}))
    assert ask(home, f"/unipic/view/{run.token}/p0").status == 200
    run.delete()
    for path in (f"/unipic/view/{run.token}/p0", f"/unipic/photo/{run.token}/p0", f"/unipic/review/{run.token}"):
        answer = ask(home, path)
        assert answer.status == 404
        assert json.loads(answer.body)["message"]
    assert not [path for path in home.data.rglob("*") if run.token in str(path)]
    assert not [path for path in Path(tempfile.gettempdir()).iterdir() if run.token in path.name]
