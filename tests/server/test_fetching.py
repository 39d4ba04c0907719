"""Downloads of models from a page: one at a time for each, seen, cancelled, and their problems kept."""

import threading
from pathlib import Path

import pytest

from server import fetching
from server.fetching import Download, Downloads
from unipic.core.errors import ModelMissing
from unipic.core.progress import BYTE, Progress, Step


class Server:
    """Stands in for the hub: sends one step after each `go_on`, then ends with `problem`, if there is one."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.problem: Exception | None = None
        self.go_on = threading.Semaphore(0)
        self.said = threading.Semaphore(0)

    def fetch(self, model: str, _: Path, progress: Progress) -> None:
        self.asked.append(model)
        for done in (1, 2):
            self.go_on.acquire()
            try:
                progress(Step(f"Fetching {model}", done, 2, BYTE))
            finally:
                self.said.release()
        if self.problem:
            raise self.problem


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Server:
    hub = Server()
    monkeypatch.setattr(fetching, "fetch", hub.fetch)
    return hub


def ended(downloads: Downloads, hub: Server) -> Download:
    download = downloads.of("clip")
    assert download
    assert download.thread
    hub.go_on.release(9)
    download.thread.join()
    assert not download.at_work
    return download


def test_it_goes_on_in_sight_and_ends(hub: Server) -> None:
    downloads = Downloads()
    assert downloads.of("clip") is None
    downloads.start("clip")
    hub.go_on.release()
    hub.said.acquire()
    download = downloads.of("clip")
    assert download
    assert download.at_work
    assert download.step == Step("Fetching clip", 1, 2, BYTE)
    assert ended(downloads, hub).problem == ""


def test_a_second_click_downloads_nothing_twice(hub: Server) -> None:
    downloads = Downloads()
    downloads.start("clip")
    downloads.start("clip")
    ended(downloads, hub)
    assert hub.asked == ["clip"]
    downloads.start("clip")
    ended(downloads, hub)
    assert hub.asked == ["clip", "clip"], "after its end it may be tried again"


def test_cancelled_it_ends_without_a_problem(hub: Server) -> None:
    downloads = Downloads()
    downloads.start("clip")
    downloads.cancel("clip")
    download = ended(downloads, hub)
    assert (download.problem, download.step) == ("", Step("Fetching clip", 1, 2, BYTE))


@pytest.mark.parametrize("problem", [ModelMissing("the hub did not answer"), OSError("the disk is full")])
def test_what_went_wrong_is_kept(problem: Exception, hub: Server) -> None:
    hub.problem = problem
    downloads = Downloads()
    downloads.start("clip")
    assert ended(downloads, hub).problem == str(problem)
