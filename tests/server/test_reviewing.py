"""What the darkroom is told, and what it may say."""

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tests.helpers.desks import evidence, scanned, three
from tests.helpers.galleries import photo
from tests.helpers.people import digest, face, put
from tests.helpers.searched import stored

from server.desks import open_desk
from server.review_routes import MAX_STEP_BYTES, review_routes
from server.runs import Run, Runs
from unipic.cleanup.record import VERSION
from unipic.library.decisions import Catalogue
from unipic.library.faces import forget_faces
from unipic.people.people import open_people
from unipic.review.desk import Desk
from unipic.review.ledger import ledger, ledger_to_dict


class Visitor:
    """A browser before one run."""

    def __init__(self, root: Path, run: Run) -> None:
        self.desk: Desk | None = None
        self.root, self.run, self.steps = root, run, 0
        app = Starlette(routes=review_routes(Runs(root / "runs"), self.desk_of))
        self.client = TestClient(app, raise_server_exceptions=True)
        self.url = f"/unipic/review/{run.token}"

    def desk_of(self, run: Run) -> Desk:
        if not (run.folder / "evidence.json").exists():
            raise FileNotFoundError
        self.desk = self.desk or open_desk(run, Catalogue(self.root))
        return self.desk

    def look(self, query: str = "") -> dict[str, Any]:
        answer = self.client.get(self.url + query)
        assert answer.status_code == 200
        return answer.json()

    def say(self, expect: int = 200, **step: Any) -> dict[str, Any]:
        self.steps += 1
        answer = self.client.post(self.url, json={"step": f"step-{self.steps:04}", **step})
        assert answer.status_code == expect, answer.text
        return answer.json()


@pytest.fixture
def visitor(tmp_path: Path) -> Visitor:
    return Visitor(tmp_path, scanned(tmp_path, three()))


def test_everything_the_darkroom_shows(visitor: Visitor) -> None:
    seen = visitor.look()
    assert {key: seen[key] for key in ("version", "place", "undo", "redo", "choices")} == {
        "version": 0,
        "place": "",
        "undo": "",
        "redo": "",
        "choices": {},
    }
    (group,) = seen["groups"]
    assert group["lane"] == "similar"
    assert 0.5 <= group["certainty"] <= 1
    first = group["photos"][0]
    assert first["id"] in group["suggested"]
    assert len({tuple(label for label, *_ in one["facts"]) for one in group["photos"]}) == 1
    assert first["name"] == f"{first['id']}.jpg"
    assert first["digest"] == "", "there is no thumbnail of it"
    assert "groups" not in visitor.look("?only=choices")


def test_a_large_answer_is_packed_for_those_who_can_unpack_it(tmp_path: Path) -> None:
    photos = [photo(f"{i:03}", size=1000 + i) for i in range(60)]
    pairs = {f"{i:03} {i + 1:03}": 95.0 for i in range(0, 60, 2)}
    visitor = Visitor(tmp_path, scanned(tmp_path, evidence(photos, pairs)))
    with visitor.client.stream("GET", visitor.url, headers={"Accept-Encoding": "gzip"}) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    plain = visitor.client.get(visitor.url, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(packed) == plain.content
    assert len(packed) < len(plain.content) / 4


def test_a_decision_and_its_undo(visitor: Visitor) -> None:
    (group,) = visitor.look()["groups"]
    last = group["photos"][-1]["id"]
    told = visitor.say(do="choose", group=group["id"], kept=[last], done=True)
    assert told["choices"] == {group["id"]: {"kept": [last], "done": True, "remembered": False}}
    assert told["version"] == 1
    assert told["undo"] == "1 photo of 3 kept"
    assert visitor.look()["choices"] == told["choices"]
    told = visitor.say(do="undo")
    assert told["choices"] == {group["id"]: None}
    assert (told["undo"], told["redo"], told["place"]) == ("", "1 photo of 3 kept", group["id"])
    told = visitor.say(do="redo")
    assert told["choices"][group["id"]]["done"]


def test_the_ledger_comes_with_every_answer(visitor: Visitor) -> None:
    """The figure above the groups is the one of Finish and of every export."""
    seen = visitor.look()
    (group,) = seen["groups"]
    assert seen["ledger"]["left_out"]["photos"] == 0
    assert seen["ledger"] == visitor.look("?only=choices")["ledger"]
    told = visitor.say(do="choose", group=group["id"], kept=[group["photos"][0]["id"]], done=True)
    away = sum(photo["size"] for photo in group["photos"][1:])
    assert told["ledger"]["left_out"]["by"]["you"] == {"photos": 2, "bytes": away}
    assert visitor.desk is not None
    assert told["ledger"] == ledger_to_dict(ledger(visitor.desk.outcomes()))
    assert visitor.say(do="undo")["ledger"] == seen["ledger"]
    assert visitor.say(do="place", group=group["id"])["ledger"] == seen["ledger"]


def test_many_groups_in_one_step_and_back(visitor: Visitor) -> None:
    (group,) = visitor.look()["groups"]
    told = visitor.say(do="accept", groups=[group["id"]])
    assert told["choices"][group["id"]] == {"kept": group["suggested"], "done": True, "remembered": False}
    told = visitor.say(do="reopen", groups=[group["id"]])
    assert not told["choices"][group["id"]]["done"]


def test_groups_that_come_and_go(visitor: Visitor) -> None:
    before = visitor.look()
    (group,) = before["groups"]
    told = visitor.say(do="split", group=group["id"], photos=[group["photos"][0]["id"]])
    assert told["arrangement"] != before["arrangement"]
    after = visitor.look()
    assert told["place"] in {one["id"] for one in after["groups"]}, "what is left of it"
    assert visitor.say(do="undo")["arrangement"] == before["arrangement"]
    assert visitor.say(do="apart", group=group["id"])["place"] is None
    assert visitor.look()["groups"] == []


def test_the_place_is_no_step(visitor: Visitor) -> None:
    (group,) = visitor.look()["groups"]
    assert visitor.say(do="place", group=group["id"])["version"] == 0
    visitor.desk = None  # the server starts anew
    assert visitor.look()["place"] == group["id"]
    assert visitor.say(do="place", group="regrouped meanwhile")["version"] == 0
    assert visitor.look()["place"] == group["id"]


def test_a_step_that_arrives_twice_counts_once(visitor: Visitor) -> None:
    (group,) = visitor.look()["groups"]
    step = {"step": "same-step", "do": "choose", "group": group["id"], "kept": [], "done": False}
    first = visitor.client.post(visitor.url, json=step).json()
    assert visitor.client.post(visitor.url, json=step).json()["version"] == first["version"] == 1
    visitor.desk = None
    assert visitor.client.post(visitor.url, json=step).json()["version"] == 1


@pytest.mark.parametrize(
    ("step", "status"),
    [
        ({"do": "choose", "group": "f" * 16, "kept": [], "done": True}, 409),
        ({"do": "apart", "group": "gone"}, 409),
        ({"do": "accept", "groups": ["gone"]}, 409),
        ({"do": "choose", "kept": [], "done": True}, 400),
        ({"do": "choose", "group": "GROUP", "kept": ["foreign"], "done": True}, 400),
        ({"do": "choose", "group": "GROUP", "kept": "abc", "done": True}, 400),
        ({"do": "choose", "group": "GROUP", "kept": [1], "done": True}, 400),
        ({"do": "choose", "group": ["GROUP"], "kept": [], "done": True}, 400),
        ({"do": "choose", "group": "GROUP", "kept": [], "done": "yes"}, 400),
        ({"do": "choose", "group": "GROUP", "kept": []}, 400),
        ({"do": "accept", "groups": []}, 400),
        ({"do": "reopen", "groups": "GROUP"}, 400),
        ({"do": "split", "group": "GROUP", "photos": ["a", "foreign"]}, 400),
        ({"do": "split", "group": "GROUP", "photos": []}, 400),
        ({"do": "split", "group": "GROUP", "photos": ["a", "b", "c"]}, 400),
        ({"do": "merge", "groups": ["GROUP"]}, 400),
        ({"do": "delete"}, 400),
        ({"do": None}, 400),
        ({}, 400),
        ({"do": "undo", "step": "short"}, 400),
        ({"do": "undo", "step": "../../../../etc"}, 400),
        ({"do": "undo", "step": 12345678}, 400),
    ],
)
def test_what_is_no_step_is_refused_in_words_and_changes_nothing(
    visitor: Visitor, step: dict[str, Any], status: int
) -> None:
    (group,) = visitor.look()["groups"]
    text = json.dumps(step).replace("GROUP", group["id"])
    answer = visitor.say(status, **json.loads(text))
    assert answer["message"]
    assert visitor.look()["version"] == 0
    assert visitor.desk is not None
    assert not (visitor.run.folder / "review.jsonl").exists()


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{}", "text/plain", 415),
        (b'{"do": "undo", "step": "12345678"}', "application/x-www-form-urlencoded", 415),
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
    ],
)
def test_only_json_is_heard(visitor: Visitor, content: bytes, kind: str, status: int) -> None:
    """A form or a script of another site cannot send this type."""
    answer = visitor.client.post(visitor.url, content=content, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert answer.json()["message"]


def test_a_step_has_a_size(visitor: Visitor) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": str(MAX_STEP_BYTES + 1)}
    assert visitor.client.post(visitor.url, content=b"{}", headers=headers).status_code == 413


def test_a_step_of_unknown_size_is_not_read(visitor: Visitor) -> None:
    chunks = iter([b'{"do": "undo", ', b'"step": "12345678"}'])
    answer = visitor.client.post(visitor.url, content=chunks, headers={"Content-Type": "application/json"})
    assert answer.status_code == 411
    assert visitor.look()["version"] == 0


def test_an_answer_names_only_what_changed(tmp_path: Path) -> None:
    photos = [photo(id) for id in "abcdef"]
    visitor = Visitor(tmp_path, scanned(tmp_path, evidence(photos, {"a b": 95.0, "c d": 95.0, "e f": 95.0})))
    groups = visitor.look()["groups"]
    one, two, three = (group["id"] for group in groups)
    stays = groups[0]["suggested"]
    assert visitor.say(do="choose", group=one, kept=stays, done=True)["choices"].keys() == {one}
    assert visitor.say(do="accept", groups=[two, three])["choices"].keys() == {two, three}
    assert visitor.say(do="undo")["choices"] == {two: None, three: None}
    assert visitor.look()["choices"].keys() == {one}
    assert visitor.say(do="merge", groups=[one, two])["choices"] == {one: None}


def test_what_was_decided_in_an_earlier_run_is_said_to_be(tmp_path: Path) -> None:
    first = Visitor(tmp_path, scanned(tmp_path, three()))
    (group,) = first.look()["groups"]
    first.say(do="choose", group=group["id"], kept=["b"], done=True)
    second = Visitor(tmp_path, scanned(tmp_path, three()))
    assert second.look()["choices"] == {group["id"]: {"kept": ["b"], "done": True, "remembered": True}}
    assert second.look()["undo"] == "", "it is no step of this run"
    told = second.say(do="reopen", groups=[group["id"]])
    assert told["choices"] == {group["id"]: {"kept": ["b"], "done": False, "remembered": False}}
    assert second.say(do="undo")["choices"][group["id"]]["remembered"]


def test_names_are_data(tmp_path: Path) -> None:
    names = ("<img src=x onerror=alert(1)>.jpg", "\udcff\u202egpj.exe", 'a"\n\x00.jpg')
    photos = [photo(str(i), name=name) for i, name in enumerate(names)]
    visitor = Visitor(tmp_path, scanned(tmp_path, evidence(photos, {"0 1": 95.0, "0 2": 95.0, "1 2": 95.0})))
    (group,) = visitor.look()["groups"]
    assert {one["name"] for one in group["photos"]} == set(names)
    visitor.say(do="apart", group=group["id"])
    assert visitor.say(do="undo")["redo"] == "not duplicates"


def test_a_run_of_another_version_is_refused_in_words(visitor: Visitor) -> None:
    path = visitor.run.folder / "evidence.json"
    path.write_text(path.read_text().replace(f'"version": {VERSION}', '"version": 2'))
    assert "another version" in visitor.client.get(visitor.url).json()["message"]
    assert visitor.say(409, do="undo")["message"]


def test_a_run_that_is_not_there_or_not_ready(visitor: Visitor) -> None:
    assert visitor.client.get("/unipic/review/" + "0" * 32).status_code == 404
    (visitor.run.folder / "evidence.json").unlink()
    assert visitor.client.get(visitor.url).status_code == 409
    assert visitor.say(409, do="undo")["message"]


def test_people_of_the_library_are_named_in_reasons_and_nowhere_in_the_run(tmp_path: Path) -> None:
    """Their faces are known by the photos' contents, until somebody is forgotten or faces are turned off."""
    shots = [photo(id, digest=digest(n), size=9000 - n) for n, id in enumerate("ab")]
    faces = {one.id: (replace(face(1, n), eyes=2.0 - 4 * n),) for n, one in enumerate(shots)}
    library = stored(tmp_path, shots)
    put(library, [one for (one,) in faces.values()])
    run = scanned(tmp_path, replace(evidence(shots, {"a b": 95.0}), faces=faces))

    def reason() -> str:
        (group,) = open_desk(run, Catalogue(tmp_path), library).proposal.shots
        return group.reason

    people = open_people(library)
    people.group()
    ben = people.name(next(iter(people.everybody)), "Benjamin")
    assert reason() == "Benjamin's eyes are shut in the other one"
    assert not any(b"Benjamin" in path.read_bytes() for path in run.folder.rglob("*") if path.is_file())
    people.hide(ben.id)
    assert "Benjamin" not in reason()
    people.undo()
    forget_faces(library)
    assert "Benjamin" not in reason()
