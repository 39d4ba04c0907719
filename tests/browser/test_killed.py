"""Nothing a person decided is lost: the server killed in mid-review, the network gone, the tab closed."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.browser.conftest import PROJECT, WAIT, Server, start_server, stop_server
from tests.browser.room import Room

pytestmark = pytest.mark.browser

LOST = ("net::ERR", "WebSocket connection to", "Failed to load resource", "Is Streamlit still running?")


class Mortal:
    """A server that can be killed, and started again where it was."""

    def __init__(self, data: Path) -> None:
        self.server, self.process = start_server(data)

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def runs(self) -> Path:
        return self.server.runs

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """As a machine that sleeps: what is sent to it is taken, and never answered."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def start_again(self) -> None:
        port = self.url.rsplit(":", 1)[1]
        app = str(PROJECT / "src" / "app.py")
        command = [sys.executable, "-m", "streamlit", "run", app, "--server.port", port]
        with open(self.server.log, "ab") as log:
            environment = {**os.environ, "UNIPIC_DATA": str(self.server.data)}
            self.process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=log, stderr=log)
        self.server = Server(self.url, self.process.pid, self.server.data, self.server.log)
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"the app did not start again:\n{self.server.log.read_text(errors='replace')}")


@pytest.fixture
def mortal(browser, tmp_path: Path) -> Iterator[Mortal]:
    started = Mortal(tmp_path)
    yield started
    stop_server(started.process)


@pytest.fixture
def room(page, mortal: Mortal, sample_run) -> Room:
    return Room(page, mortal.url, sample_run(mortal.runs)).open()


@pytest.fixture
def quiet_but_lost(complaints, quiet) -> Callable[[], None]:
    """Nothing in the console but that there was no connection, which the browser itself says."""

    def check() -> None:
        for words in LOST:
            complaints.expect(words)
        quiet()

    return check


def told(room: Room) -> dict[str, Any]:
    """What the server knows of the review, without when it was asked."""
    book = room.book
    return {**book, "groups": {group["id"]: [photo["id"] for photo in group["photos"]] for group in book["groups"]}}


def review_some(room: Room) -> int:
    """A bit of everything, by keyboard where there is a key. Gives how many steps can be taken back."""
    room.root.locator(".rows .box input").nth(4).check()
    room.root.locator(".rows .box input").nth(5).check()
    room.root.get_by_role("button", name="Merge into one group").click()
    room.saved()
    room.start()
    room.press("Space", "2", "Enter")  # three steps
    room.at(2)
    room.press("ArrowRight", "a", "Enter")
    room.at(3)
    room.press("n")
    room.saved()
    room.press("u")  # and these are duplicates after all
    room.saved()
    room.press("g")
    room.root.locator(".rows .open", has_text="4 photos").first.click()  # of two, none can be moved out
    before = len(room.book["groups"])
    room.root.locator("summary", has_text="More").click()
    room.root.get_by_role("button", name="Move this photo out").click()
    room.saved()
    assert len(room.book["groups"]) >= before
    room.press("j", "Space", "j", "Enter")
    room.saved()
    room.page.wait_for_timeout(700)  # where one is, is told after a moment of rest
    return 1 + 3 + 2 + 1 + 2


def take_all_back(room: Room, steps: int, first: dict[str, Any]) -> None:
    for _ in range(steps):
        room.press("u")
        room.saved()
    room.root.locator(".undo:disabled").first.wait_for()
    now = told(room)
    assert (now["undo"], now["choices"], now["groups"]) == ("", {}, first["groups"])


@pytest.mark.nightly
def test_killed_between_two_steps(room: Room, mortal: Mortal, quiet_but_lost) -> None:
    first = told(room)
    steps = review_some(room)
    before, shown, kept = told(room), room.shown, room.kept()
    mortal.kill()
    mortal.start_again()
    assert told(room) == before
    room.page.reload()
    room.root.locator(".stage img.large").wait_for()
    assert (room.shown, room.kept()) == (shown, kept)
    take_all_back(room, steps, first)
    quiet_but_lost()


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(False, marks=pytest.mark.nightly, id="before it was written"),
        pytest.param(True, id="after it was written"),
    ],
)
def test_killed_while_a_step_is_on_its_way(room: Room, mortal: Mortal, written: bool, quiet_but_lost) -> None:
    first = told(room)
    steps = review_some(room)
    before, group = told(room), room.shown
    if written:

        def answer_lost(route) -> None:
            if '"choose"' not in (route.request.post_data or ""):
                return route.continue_()
            if mortal.process.poll() is None:
                route.fetch()
                mortal.kill()
            return route.abort()

        room.page.route("**/unipic/review/*", answer_lost)
    else:
        mortal.stop()
    room.press("Enter")
    if not written:
        room.page.wait_for_timeout(300)
        mortal.kill()
    room.root.locator(".saving", has_text="1 choice not saved yet").wait_for(timeout=15_000)
    room.page.unroute_all()
    mortal.start_again()
    room.saved(30_000)
    now = told(room)
    assert now["version"] == before["version"] + 1, "it counts, and counts once"
    assert now["choices"][group]["done"]
    where = room.root.locator(".where").inner_text()
    room.page.wait_for_timeout(700)
    room.page.reload()
    room.root.locator(".stage img.large").wait_for()
    assert room.root.locator(".where").inner_text().split("·")[1:] == where.split("·")[1:]
    take_all_back(room, steps + 1, first)
    quiet_but_lost()


@pytest.mark.nightly
def test_decided_while_the_server_is_away(room: Room, mortal: Mortal, quiet_but_lost) -> None:
    room.start()
    mortal.kill()
    for place in range(2, 5):
        room.press("Enter")
        room.at(place)
    room.root.locator(".saving", has_text="3 choices not saved yet").wait_for()
    room.page.wait_for_timeout(3000)  # long enough for Streamlit to notice, too
    room.press("Enter")
    room.at(5)
    mortal.start_again()
    room.saved(30_000)
    assert sum(choice["done"] for choice in room.book["choices"].values()) == 4
    quiet_but_lost()


def decide_offline(room: Room) -> set[str]:
    """The first five groups, while there is no network."""
    room.start()
    room.page.wait_for_timeout(500)
    room.page.context.set_offline(True)
    decided = set()
    for place in range(2, 7):
        decided.add(room.shown)
        room.press("Enter")
        room.at(place)
        room.page.wait_for_timeout(200)
    room.root.locator(".saving", has_text="5 choices not saved yet").wait_for()
    room.root.locator(".saving", has_text="They are kept in this browser").wait_for()
    assert room.book["version"] == 0
    return decided


def all_have_arrived(room: Room, decided: set[str]) -> None:
    room.saved(30_000)
    book = room.book
    assert {id for id, choice in book["choices"].items() if choice["done"]} == decided
    assert book["version"] == 5


def test_the_network_goes_and_comes_back(page, server, sample_run, quiet_but_lost) -> None:
    room = Room(page, server.url, sample_run(server.runs)).open()
    decided = decide_offline(room)
    assert len(decided) == 5
    page.context.set_offline(False)
    all_have_arrived(room, decided)
    quiet_but_lost()


@pytest.mark.nightly
def test_the_tab_is_closed_without_a_network(page, server, sample_run, quiet_but_lost) -> None:
    room = Room(page, server.url, sample_run(server.runs)).open()
    decided = decide_offline(room)
    context = page.context
    page.close(run_before_unload=False)
    context.set_offline(False)
    again = Room(context.new_page(), server.url, room.run)
    again.open()
    until = time.monotonic() + 15
    while again.book["version"] < 5 and time.monotonic() < until:
        time.sleep(0.1)
    assert {id for id, choice in again.book["choices"].items() if choice["done"]} == decided
    again.root.locator(".where", has_text="5 done").wait_for()
    for _ in range(5):
        again.press("u")
        again.saved()
    assert again.book["choices"] == {}
    quiet_but_lost()
