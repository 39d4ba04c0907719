"""Visitors at the same time, lost connections and second tabs: each sees their own photos, and the work goes on."""

import hashlib
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from tests.browser.conftest import Server
from tests.helpers.desks import evidence
from tests.helpers.pictures import save, scene
from tests.safety.harness.amounts import amount
from tests.safety.harness.ledger import record
from tests.safety.harness.servers import PLAIN, ask, finished_run, pictures, serving, together, visiting

from server.runs import Run, Runs
from unipic.core.photo import Gallery, Photo, Unreadable

pytestmark = pytest.mark.server

SESSIONS = amount(pr=4, nightly=50)
DROPS = amount(pr=1, nightly=20)
PAGES = ("review", "finish", "review", "finish", "review")
TIMEOUT_S = 300.0  # seconds for the work on a busy machine


@dataclass(frozen=True)
class Album:
    """A run whose photos, file and name say whose they are."""

    canary: str
    run: Run
    photos: list[Photo]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A tab whose connection was lost is forgotten after a second, as otherwise after two minutes."""
    data = tmp_path_factory.mktemp("sessions")
    with serving(data, UNIPIC_OFFLINE="1", STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL="1") as started:
        yield started


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for number in range(40):
        save(scene(number), folder / f"{number}.jpg")
    return folder


def album(server: Server, number: int) -> Album:
    canary = f"canary{number:04}owl"
    photos = pictures(server.data / canary, [f"{canary}{place}.jpg" for place in range(3)], first=100 * number)
    found = evidence(photos, {})
    broken = Unreadable(f"u{number}", f"{canary}broken.jpg", "/nowhere", "is a damaged JPEG")
    run = finished_run(server.data, photos, replace(found, gallery=Gallery(found.gallery.photos, (broken,))))
    run.change(album=canary)
    (run.out / "album.zip").write_bytes(canary.encode() * 1000)
    return Album(canary, run, photos)


def routes_of(album: Album) -> list[str]:
    """Everything of a run that is asked for beside the screens, by its own address."""
    photo, token = album.photos[0], album.run.token
    return [
        f"/unipic/thumb/{token}/{photo.digest}",
        f"/unipic/view/{token}/{photo.id}",
        f"/unipic/photo/{token}/{photo.id}",
        f"/unipic/download/{token}/album.zip",
        f"/unipic/review/{token}",
    ]


def test_visitors_at_the_same_time_see_their_own_photos_alone(server: Server, photos: Path) -> None:
    albums = [album(server, number) for number in range(SESSIONS)]
    foreign: list[str] = []
    took: list[float] = []
    scanning = Runs(server.runs).new("folder", (str(photos),))
    scanning.change(state="waiting", settings=PLAIN)
    begun = threading.Barrier(SESSIONS + 1, timeout=TIMEOUT_S)

    def check(said: bytes, own: Album) -> None:
        for other in albums:
            if other is not own and (other.canary.encode() in said or other.run.token.encode() in said):
                foreign.append(f"{own.canary} was shown {other.canary}")

    def visit(own: Album) -> None:
        with visiting(server) as visitor:
            begun.wait()
            said = b""
            for page in PAGES:
                since = time.monotonic()
                said += visitor.run(f"run={own.run.token}", page)
                took.append(time.monotonic() - since)
                for path in routes_of(own):
                    answer = ask(server, path)
                    assert answer.status == 200, path
                    said += answer.body
            assert visitor.errors == []
        assert own.canary.encode() in said, "the screens say nothing of the run at all"
        check(said, own)
        photo = own.photos[0]
        body = ask(server, f"/unipic/photo/{own.run.token}/{photo.id}").body
        assert hashlib.sha256(body).hexdigest() == photo.digest

    def scan() -> None:
        with visiting(server) as visitor:
            begun.wait()
            until = time.monotonic() + TIMEOUT_S
            while scanning.load().state != "ready" and time.monotonic() < until:
                check(visitor.run(f"run={scanning.token}", "review"), Album("", scanning, []))
                assert visitor.errors == []
        assert scanning.load().state == "ready"

    failures = together([scan, *(lambda own=own: visit(own) for own in albums)])
    slowest = sorted(took)[int(0.95 * len(took))] if took else 0.0
    note = f"{len(took)} screens while one scan ran; 95 of 100 within {slowest:.1f} s"
    record("T14", "concurrent sessions", SESSIONS, found=len(foreign) + len(failures), note=note)
    print(note)
    assert failures == []
    assert foreign == []
    assert len(took) == SESSIONS * len(PAGES)


def test_the_address_of_one_run_opens_nothing_of_another(server: Server) -> None:
    albums = [album(server, number) for number in (7001, 7002)]
    (albums[0].run.out / "mine.zip").write_bytes(b"x")
    for own, other in (albums, albums[::-1]):
        photo = other.photos[0]
        for path in (
            f"/unipic/thumb/{own.run.token}/{photo.digest}",
            f"/unipic/view/{own.run.token}/{photo.id}",
            f"/unipic/photo/{own.run.token}/{photo.id}",
        ):
            answer = ask(server, path)
            assert answer.status == 404, path
            assert photo.name.encode() not in answer.body
        assert other.canary.encode() not in ask(server, f"/unipic/review/{own.run.token}").body
    assert ask(server, f"/unipic/download/{albums[1].run.token}/mine.zip").status == 404
    escape = f"/unipic/download/{albums[1].run.token}/..%2f..%2f{albums[0].run.token}%2fout%2fmine.zip"
    assert ask(server, escape).status in (400, 404)  # Streamlit refuses such paths before we do


# Connections that are lost.


def workers(run: Run) -> set[int]:
    """The processes that do a run's work, without those they decode in."""
    found = set()
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0") if process.name.isdecimal() else []
            if run.token.encode() in b" ".join(words) and b"work" in words:
                found.add(int(process.name))
    return {pid for pid in found if parent(pid) not in found}


def parent(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    return 0


def until(found: object, what: str) -> None:
    end = time.monotonic() + TIMEOUT_S
    while not found():  # type: ignore[operator]
        assert time.monotonic() < end, what
        time.sleep(0.02)


@pytest.mark.parametrize("number", range(DROPS))
def test_the_work_goes_on_without_its_tab(server: Server, photos: Path, number: int) -> None:
    """A connection that broke, a page that was loaded again, a second tab, and one that empties Streamlit's cache."""
    run = Runs(server.runs).new("folder", (str(photos),))
    run.change(state="waiting", settings=PLAIN)
    address = f"run={run.token}"
    with visiting(server) as visitor:
        visitor.run(address, "review")
        until(lambda: workers(run) or run.load().state == "ready", "the work did not begin")
        seen = workers(run)
        session = visitor.session
        if number % 3 == 0:
            visitor.socket.socket.shutdown(socket.SHUT_RDWR)
        elif number % 3 == 1:
            visitor.socket.close()
        else:
            visitor.socket.send(BackMsg(clear_cache=True).SerializeToString())
            visitor.run(address, "review")
    seen |= workers(run)
    with visiting(server, session if number % 2 else "") as again, visiting(server) as second:
        while run.load().state != "ready":
            assert run.load().state in ("waiting", "working"), run.load().message
            for tab in (again, second):
                tab.run(address, "review")
            seen |= workers(run)
        for tab in (again, second):
            assert b"What was found" in tab.run(address, "review")
            assert tab.errors == []
    assert len(seen) <= 1, "the work was begun a second time"
    assert len((run.folder / "evidence.json").read_bytes()) > 1000
    record("T15", "tabs lost while the work went on", 1, found=max(0, len(seen) - 1))
