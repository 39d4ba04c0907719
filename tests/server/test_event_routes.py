"""What the routes of events show, what may be said of events, and what is refused in words."""

from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tests.helpers.libraries import read_in, taken

from server.event_routes import event_routes
from server.library_routes import library_routes
from server.occasions import Occasions
from server.routes import routes as all_routes
from server.runs import Runs
from unipic.albums.collage import PAPERS
from unipic.library._decisions import FILE
from unipic.library.library import Library
from unipic.reading.engines.inline import InlineEngine


class Visitor:
    """A browser before the events of a library."""

    def __init__(self, root: Path) -> None:
        for number in range(4):
            taken(number, root / "photos" / f"a{number}.jpg", f"2018-07-14 10:0{number}:00", 96, 64)
        for number in range(3):
            taken(number + 4, root / "photos" / "<b>" / f"b{number}.jpg", f"2018-07-20 18:0{number}:00", 96, 64)
        taken(9, root / "photos" / "scan.jpg", "", 96, 64)
        self.library, self.runs = Library(root / "data"), Runs(root / "runs")
        read_in(self.library, root / "photos")
        occasions = Occasions(self.library)
        routes = [*event_routes(occasions, self.runs), *library_routes(self.library, self.runs, occasions)]
        self.client = TestClient(Starlette(routes=[*routes, *all_routes(self.runs)]))

    def get(self, path: str = "", expect: int = 200) -> Any:
        answer = self.client.get(f"/unipic/events{path}")
        assert answer.status_code == expect, answer.text
        return answer.json()

    def post(self, path: str, expect: int = 200, **body: Any) -> Any:
        answer = self.client.post(f"/unipic/events/{path}", json=body)
        assert answer.status_code == expect, answer.text
        return answer.json()

    @property
    def events(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get()["events"]
        return found


@pytest.fixture
def visitor(tmp_path: Path) -> Visitor:
    return Visitor(tmp_path)


def test_the_timeline_and_one_event(visitor: Visitor) -> None:
    first, second, scan = visitor.events
    assert (first["title"], first["photos"], first["year"], first["kind"]) == (
        "Saturday morning, 14 July 2018",
        4,
        2018,
        "event",
    )
    assert (scan["kind"], scan["year"], scan["photos"]) == ("undated", 0, 1)
    assert len(first["best"]) == 4
    full = visitor.get(f"/one/{first['id']}")
    assert [(day["date"], len(day["digests"])) for day in full["listed"]] == [("2018-07-14", 4)]
    assert full["after"] == second["id"]
    assert visitor.get(f"/one/{second['id']}")["title"] == "<b>", "text, which the page never takes for markup"
    visitor.get("/one/ffffffffffff", 404)


def test_what_is_said_and_taken_back(visitor: Visitor) -> None:
    first, second, _ = visitor.events
    photos = visitor.get(f"/one/{first['id']}")["listed"][0]["digests"]
    assert visitor.post("say", do="rename", event=first["id"], name="Market", photo=photos[0]) == {"event": first["id"]}
    assert visitor.events[0]["title"] == "Market"
    there = visitor.post("say", do="split", photo=photos[1])["event"]
    assert visitor.get(f"/one/{there}")["photos"] == 3
    visitor.post("say", do="join", event=there, **{"with": second["id"]})
    assert [event["photos"] for event in visitor.events] == [1, 6, 1]
    visitor.post("say", do="undo")
    visitor.post("say", do="undo")
    assert [event["photos"] for event in visitor.events] == [4, 3, 1]
    visitor.post("say", do="leave out", photos=[photos[0]])
    assert [(event["kind"], event["photos"]) for event in visitor.events][:2] == [("day", 1), ("event", 3)]
    visitor.post("say", do="undo")
    visitor.post("say", do="undo")
    assert "nothing to take back" in visitor.post("say", 409, do="undo")["message"]


def test_an_album_of_an_event_goes_on_to_the_export(visitor: Visitor) -> None:
    first, second, _ = visitor.events
    run = visitor.runs.open(visitor.post("album", events=[first["id"], second["id"]])["run"])
    assert (len(run.selected()), run.load().album) == (7, "Saturday morning, 14 July 2018")
    visitor.post("album", 400, events=[])
    visitor.post("album", 404, events=["gone"])


def test_a_page_of_an_event_to_print(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unipic.destinations.crops.LocalEngine", lambda *_: InlineEngine())
    monkeypatch.setitem(PAPERS, "A4", (620, 877))
    first = visitor.events[0]["id"]
    how = {"event": first, "paper": "A4", "kind": "pdf", "photos": 3}
    made = visitor.post("collage", landscape=True, **how)
    assert (made["photos"], made["left"]) == (3, 0)
    page = visitor.client.get(made["download"])
    assert page.content.startswith(b"%PDF")
    before = len([*visitor.runs.all()])
    for wrong in ({"paper": "letter"}, {"kind": "gif"}, {"photos": 99}, {"kind": "../x.pdf"}):
        visitor.post("collage", 400, **{**how, **wrong})
    assert len([*visitor.runs.all()]) == before, "what failed leaves nothing"


def test_a_search_by_event_follows_what_was_said(visitor: Visitor) -> None:
    def found(query: str) -> int:
        answer = visitor.client.get("/unipic/library/listing", params={"q": query, "every": "1"}).json()
        return int(answer["total"])

    first = visitor.events[0]
    assert (found(f"event:{first['id']}"), found("event:market")) == (4, 0)
    about = visitor.client.get("/unipic/library/listing", params={"q": f"-event:{first['id']}"}).json()["search"]
    assert about["chips"][0]["label"] == "not event: Saturday morning, 14 July 2018"
    visitor.post("say", do="rename", event=first["id"], name="Market")
    assert (found("event:market"), found("-event:market")) == (4, 4)


NONSENSE: list[tuple[dict[str, Any], int]] = [
    ({"do": "delete"}, 400),
    ({"do": "rename", "event": "x", "name": "y"}, 404),
    ({"do": "split", "photo": "f" * 64}, 400),
    ({"do": "split", "photo": 7}, 400),
    ({"do": "join"}, 400),
    ({"do": "clock", "clock": "x", "accepted": True}, 404),
    ({}, 400),
]


def test_nonsense_is_refused_in_words(visitor: Visitor) -> None:
    for body, status in NONSENSE:
        assert visitor.post("say", status, **body)["message"]
    assert visitor.get("/clocks") == []


def test_damaged_decisions_are_told(visitor: Visitor) -> None:
    (visitor.library.data / FILE).write_bytes(b"damaged" * 999)
    assert "cannot be used" in visitor.get("", 409)["message"]
