"""What the Continue cards are told: only of runs whose token is named, and what is gone is said."""

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tests.helpers.desks import scanned, three

import server.state
from server.continue_routes import MOST_BYTES, continue_routes
from server.jobs import Jobs
from server.runs import Run, Runs
from server.state import standing_of
from unipic.core.files import write_json
from unipic.review.desk import Desk


class Cards:
    """A browser before its cards."""

    def __init__(self, data: Path) -> None:
        self.runs = Runs(data / "runs")
        self.client = TestClient(Starlette(routes=continue_routes(self.runs, Jobs(["false"]), standing_of)))

    def told(self, token: str) -> dict[str, Any]:
        answer = self.client.post("/unipic/run", json={"token": token})
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "private, no-store"
        return answer.json()

    def delete(self, token: str) -> int:
        return self.client.delete(f"/unipic/run/{token}").status_code


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def cards(data: Path) -> Cards:
    return Cards(data)


def decide(run: Run, step: str = "step-0001") -> Desk:
    desk = server.state.desk_of(run)
    group = desk.proposal.groups[0]
    desk.choose(step, group.id, group.suggested, done=True)
    return desk


def test_a_review_is_told_with_what_is_decided_and_a_picture(cards: Cards, data: Path) -> None:
    run = scanned(data, three())
    run.change(roots=("/photos/Holiday <b>",))
    told = cards.told(run.token)
    assert told == {
        "state": "ready",
        "created": run.load().created,
        "name": "Holiday <b>",
        "told": "0 of 1 group decided",
        "picture": "",
    }
    desk = decide(run)
    assert cards.told(run.token)["told"] == "1 of 1 group decided"
    desk.take_back("step-0002")
    assert cards.told(run.token)["told"] == "0 of 1 group decided"
    shown = desk.proposal.groups[0].photos[0].digest
    run.thumbnails.save(shown, b"a picture")
    decide(run, "step-0003")
    assert cards.told(run.token)["picture"] == shown


def test_looking_at_many_reviews_closes_none(cards: Cards, data: Path) -> None:
    used = scanned(data, three())
    open_desk = server.state.desk_of(used)
    for _ in range(server.state.DESKS + 1):
        cards.told(scanned(data, three()).token)
    assert server.state.desk_of(used) is open_desk


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("collecting", "Scan not started"),
        ("waiting", "Scanning"),
        ("working", "Scanning"),
        ("failed", "The scan failed"),
        ("cancelled", "The scan was cancelled"),
    ],
)
def test_uploads_are_told_by_their_state(cards: Cards, state: Any, words: str) -> None:
    run = cards.runs.new("upload")
    for number in range(30):
        run.add_upload(f"upload-{number:03}", f"{number}.jpg", 1)
    run.change(state=state)
    told = cards.told(run.token)
    assert (told["state"], told["name"], told["told"]) == (state, "30 uploaded files", words)


def test_what_is_gone_is_said(cards: Cards, data: Path) -> None:
    run = scanned(data, three())
    run.delete()
    assert cards.told(run.token) == {"state": "gone"}
    assert cards.told("0" * 32) == {"state": "gone"}
    assert cards.told(cards.runs.promise().token) == {"state": "gone"}


def test_a_damaged_review_is_still_a_card(cards: Cards, data: Path) -> None:
    run = scanned(data, three())
    write_json(run.folder / "evidence.json", {"version": "another"})
    assert cards.told(run.token)["told"] == "It cannot be opened."
    assert cards.delete(run.token) == 200
    assert not run.folder.exists()


def test_another_browser_sees_nothing(cards: Cards, data: Path) -> None:
    """There is no list, and nothing of a run is in an answer about another."""
    run = scanned(data, three())
    for address in ("/unipic/run", "/unipic/runs", "/unipic/run/"):
        assert cards.client.get(address).status_code in (404, 405), address
    for wrong in ("", "*", run.token[:31], run.token.upper(), f"{run.token}/../{run.token}", None, [run.token]):
        answer = cards.client.post("/unipic/run", json={"token": wrong})
        assert answer.status_code == 404, wrong
        assert run.token not in answer.text
    assert cards.client.post("/unipic/run", json={}).status_code == 404
    assert cards.client.post("/unipic/run", content=json.dumps({"token": run.token})).status_code == 415
    assert cards.client.post("/unipic/run", json={"token": "a" * MOST_BYTES}).status_code == 413


def test_only_the_named_run_is_deleted(cards: Cards, data: Path) -> None:
    run, other = scanned(data, three()), scanned(data, three())
    assert cards.delete(run.token) == 200
    assert (run.folder.exists(), other.folder.exists()) == (False, True)
    for wrong in (run.token, "0" * 32, "..", other.token[:31]):
        assert cards.delete(wrong) == 404, wrong
    assert other.folder.exists()


@pytest.mark.parametrize("source", ["selection", "library"])
def test_runs_of_the_library_are_no_cards(cards: Cards, source: Any) -> None:
    run = cards.runs.new(source)
    assert cards.told(run.token) == {"state": "gone"}
    assert cards.delete(run.token) == 404
    assert run.folder.exists()
