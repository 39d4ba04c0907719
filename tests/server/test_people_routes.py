"""The routes of people: what they show, what may be said, and what is refused in words."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tests.helpers.galleries import photo
from tests.helpers.people import digest, direction, face, faces_of
from tests.helpers.searched import stored

from server.examples import face_to_dict
from server.people_routes import people_routes
from unipic.core.face import Face
from unipic.library.faces import CHOICE

ANNA, BEN, TWIN = 1, 2, 3
PHOTOS: Sequence[Sequence[int]] = ([ANNA, BEN], [ANNA], [ANNA, BEN], [BEN], [4])


class Visitor:
    """A browser before a library with made-up faces."""

    def __init__(self, root: Path, faces: list[Face]) -> None:
        photos = [photo(str(n), name=f"{n}.jpg", digest=digest(n)) for n in range(len(PHOTOS))]
        self.library = stored(root / "data", photos)
        self.faces = faces
        self.library.marks.choose(CHOICE, "on")
        self.client = TestClient(Starlette(routes=people_routes(self.library)))

    def get(self, path: str, expect: int = 200) -> Any:
        answer = self.client.get(f"/unipic/people/{path}")
        assert answer.status_code == expect, answer.text
        return answer.json()

    def do(self, do: str, expect: int = 200, **said: Any) -> Any:
        answer = self.client.post("/unipic/people/do", json={"do": do, **said})
        assert answer.status_code == expect, answer.text
        return answer.json()

    def ids(self, kind: str) -> list[str]:
        return [one["id"] for one in self.get("listing")[kind]]


@pytest.fixture
def visitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Visitor:
    made = Visitor(tmp_path, faces_of(*PHOTOS))
    monkeypatch.setattr("unipic.people.people.faces_in", lambda *_, **__: made.faces)
    return made


def test_nothing_is_shown_or_said_while_it_is_off(visitor: Visitor) -> None:
    visitor.library.marks.choose(CHOICE, "off")
    assert visitor.get("listing") == {"on": False}
    assert visitor.get("questions") == {"left": 0, "questions": []}
    assert "turned it off" in visitor.do("undo", 409)["message"]


def test_everybody_by_kind_and_one_in_full(visitor: Visitor) -> None:
    listing = visitor.get("listing")
    assert [len(listing[kind]) for kind in ("person", "unnamed", "other", "hidden")] == [0, 2, 1, 0]
    one, other = listing["unnamed"]
    assert (one["photos"], one["faces"], len(one["cover"]["box"])) == (3, 3, 4)
    named = visitor.do("name", id=one["id"], name="<b>Anna</b>", born="")
    visitor.do("name", id=other["id"], name="Ben")
    full = visitor.get(f"person/{named['id']}")
    assert full["name"] == "<b>Anna</b>"
    assert [(one["name"], one["together"]) for one in full["with"]] == [("Ben", 2)]
    assert all(90 < one["likeness"] <= 100 for one in full["all"])


def test_a_wrong_face_is_taken_out_and_every_step_can_be_undone(visitor: Visitor) -> None:
    anna = visitor.do("name", id=visitor.ids("unnamed")[0], name="Anna")["id"]
    wrong = visitor.get(f"person/{anna}")["all"][0]["key"]
    visitor.do("not", id=anna, faces=[wrong])
    assert wrong not in [one["key"] for one in visitor.get(f"person/{anna}")["all"]]
    assert visitor.get("listing")["undo"] == "not Anna"
    visitor.do("undo")
    assert wrong in [one["key"] for one in visitor.get(f"person/{anna}")["all"]]
    visitor.do("no face", faces=[wrong])
    assert visitor.get("listing")["notFaces"] == 1
    visitor.do("hide", id=anna)
    assert visitor.ids("hidden") == [anna]
    visitor.do("forget", id=anna)
    assert "Anna" not in str(visitor.get("listing"))


def test_two_who_are_together_are_asked_about(visitor: Visitor) -> None:
    ids = visitor.ids("unnamed")
    asked = visitor.do("join", ids=ids)
    assert (len(asked["photos"]), asked["message"][:12]) == (2, "They are tog")
    visitor.do("join", ids=ids, twice=True)
    assert len(visitor.ids("unnamed")) == 1


def test_questions_are_answered_one_after_the_other(visitor: Visitor) -> None:
    """Two groups that are alike, but not alike enough to be one without a word."""
    one, across = direction(5), direction(6)
    across -= (across @ one) * one
    across /= np.linalg.norm(across)
    other = 0.915 * one + np.sqrt(1 - 0.915**2) * across
    vectors = [one, one, other, other]
    visitor.faces = [face(ANNA, number, vector=vector.astype(np.float32)) for number, vector in enumerate(vectors)]
    assert visitor.get("listing")["questions"] == 1
    (question,) = visitor.get("questions")["questions"]
    assert [len(side["faces"]) for side in question["sides"]] == [2, 2]
    assert visitor.do("answer", pair=question["pair"], said="same") == {"left": 0}
    assert len(visitor.ids("unnamed")) == 1
    assert "answered already" in visitor.do("answer", 410, pair=question["pair"], said="same")["message"]
    assert visitor.do("unanswer") == {"undone": True}
    assert visitor.get("questions")["left"] == 1
    assert visitor.do("unanswer") == {"undone": False}


@pytest.mark.parametrize(
    "said",
    [
        {"do": "name"},
        {"do": "name", "id": 1, "name": "x"},
        {"do": "name", "id": "nobody", "name": "x"},
        {"do": "x"},
        {"do": "join", "ids": []},
        {"do": "nobody", "ids": "abc"},
        {"do": "answer", "pair": [0, 1], "said": "perhaps"},
    ],
)
def test_what_is_not_understood_changes_nothing(visitor: Visitor, said: dict[str, Any]) -> None:
    before = visitor.get("listing")
    answer = visitor.client.post("/unipic/people/do", json=said)
    assert answer.status_code in (400, 410), answer.text
    assert answer.json()["message"]
    assert visitor.get("listing") == before


def test_the_faces_in_a_photo_with_their_names(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "server.people_routes.faces_in", lambda *_: [one for one in visitor.faces if one.digest == digest(0)]
    )
    anna = visitor.do("name", id=visitor.ids("unnamed")[0], name="<b>Anna</b>")["id"]
    first, second = visitor.get(f"photo/{digest(0)}")
    assert {first["name"], second["name"]} == {"<b>Anna</b>", ""}
    assert anna in (first["id"], second["id"])
    visitor.do("no face", faces=[first["key"]])
    assert [one["key"] for one in visitor.get(f"photo/{digest(0)}")] == [second["key"]]
    visitor.library.marks.choose(CHOICE, "off")
    assert visitor.get(f"photo/{digest(0)}") == []


def test_a_picture_finds_the_photos_of_each_face_in_it(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    said = json.dumps({"faces": [face_to_dict(face(who, 70)) for who in (ANNA, 9)]})
    monkeypatch.setattr("server.examples.look", lambda *_: said)

    def sent(expect: int) -> Any:
        answer = visitor.client.put("/unipic/people/selfie", params={"name": "m<e>.jpg"}, content=b"a picture")
        assert answer.status_code == expect, answer.text
        return answer.json()

    anna, stranger = sent(200)["faces"]
    assert {one["digest"] for one in anna["photos"] if one["sure"]} == {digest(n) for n in (0, 1, 2)}
    assert stranger["photos"] == []
    said = '{"problem": "shows no face"}'
    assert sent(415)["message"] == "m<e>.jpg shows no face."
    visitor.library.marks.choose(CHOICE, "off")
    assert sent(409)
    assert not list(visitor.library.data.glob("example-*"))
