"""Pictures made of a group in the review: made when somebody asks, written only where they accept."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.organise import made_bracket
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tests.helpers.desks import evidence, opened, scanned
from tests.helpers.galleries import photo
from tests.helpers.pictures import save, scene

import server.made_routes as made_routes
from server.review_routes import makes, review_routes
from server.runs import Run, Runs
from unipic.albums.composite import Composed
from unipic.albums.groups import AlbumGroup, groups_of
from unipic.albums.made import Made
from unipic.albums.pictures import Proposed
from unipic.cleanup.result import Series
from unipic.core.face import Face


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """One group: a bracket of three frames."""
    view, photos = np.asarray(scene(4, 600, 400).convert("RGB")), []
    for n, frame in enumerate(made_bracket(view, 2, 0)):
        path = save(Image.fromarray(frame), tmp_path / f"f{n}.jpg")
        photos.append(photo(f"f{n}", path=str(path), name=path.name, bias=2.0 * (n - 1), size=9000 - n))
    found = evidence(photos, {"f0 f1": 95.0, "f1 f2": 95.0, "f0 f2": 95.0})
    return scanned(tmp_path, replace(found, series=(Series("bracket", tuple(photos), "3 exposures"),)))


@pytest.fixture
def client(run: Run) -> TestClient:
    def desk_of(run: Run) -> Any:
        return opened(run.folder.parents[1], run)

    runs = Runs(run.folder.parent)
    return TestClient(Starlette(routes=[*review_routes(runs, desk_of), *made_routes.made_routes(runs, desk_of)]))


def written(run: Run, kinds: frozenset[str] = frozenset()) -> list[Made | str]:
    desk = opened(run.folder.parents[1], run)
    (group,) = groups_of(desk.proposal.cleanup)
    return [*made_routes.accepted(run)(group, kinds)]


def test_a_merge_is_made_when_asked_for_and_goes_along_when_accepted(run: Run, client: TestClient) -> None:
    (group,) = client.get(f"/unipic/review/{run.token}").json()["groups"]
    assert group["makes"] == ["hdr"]
    assert not (run.folder / made_routes.FOLDER).exists(), "never automatic"
    url = f"/unipic/made/{run.token}/{group['id']}/hdr"
    made = client.get(url).json()
    assert (made["name"], made["before"], made["accepted"]) == ("hdr_f1.jpg", "f1", False)
    assert Image.open(io.BytesIO(client.get(f"{url}/picture").content)).format == "JPEG"
    assert written(run) == []
    step = {"token": run.token, "group": group["id"], "kind": "hdr", "accept": True}
    assert client.post("/unipic/made", json=step).json()["accepted"]
    (one,) = written(run)
    assert isinstance(one, Made)
    assert one.facts["kind"] == "hdr"
    assert written(run, frozenset({"hdr"})) == [], "it is there already"
    client.post("/unipic/made", json=step | {"accept": False})
    assert written(run) == []


def test_a_composite_says_its_sources_or_why_there_is_none(
    run: Run, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    (group,) = client.get(f"/unipic/review/{run.token}").json()["groups"]
    url = f"/unipic/made/{run.token}/{group['id']}/composite"
    found: list[Proposed] = []
    monkeypatch.setattr("unipic.albums.pictures.looking", lambda *_: None)
    monkeypatch.setattr("unipic.albums.pictures.proposed", lambda *_: found[0] if found else None)
    assert "No composite" in client.get(url).json()["why"]
    step = {"token": run.token, "group": group["id"], "kind": "composite", "accept": True}
    assert client.post("/unipic/made", json=step).status_code == 400
    for path in (run.folder / made_routes.FOLDER).iterdir():
        path.unlink()
    album: AlbumGroup = groups_of(opened(run.folder.parents[1], run).proposal.cleanup)[0]
    pixels = np.zeros((60, 80, 3), np.uint8)
    composed = Composed(pixels, ((1, 2, 3, 4),), (0.97,))
    found.append(Proposed(album.photos[1], album.photos[0], pixels, composed))
    made = client.get(url).json()
    assert made["facts"]["sources"] == ["f1.jpg", "f0.jpg"]
    assert client.post("/unipic/made", json=step).json()["accepted"]
    assert [one.facts["kind"] for one in written(run) if isinstance(one, Made)] == ["composite"]


@pytest.mark.parametrize("wrong", ["nothing/hdr", "../hdr", "{group}/magic", "{group}/../run"])
def test_nothing_else_is_made_or_shown(wrong: str, run: Run, client: TestClient) -> None:
    (group,) = client.get(f"/unipic/review/{run.token}").json()["groups"]
    wrong = wrong.replace("{group}", group["id"])
    for url in (f"/unipic/made/{run.token}/{wrong}", f"/unipic/made/{run.token}/{wrong}/picture"):
        assert client.get(url).status_code in (404, 409)


@pytest.mark.parametrize(("eyes", "kinds"), [((-3.0, 3.0), ["composite"]), ((3.0, -3.0), []), ((-3.0, None), [])])
def test_the_eyes_of_the_best_shot_say_whether_to_offer(eyes: tuple[float, ...], kinds: list[str], run: Run) -> None:
    (group,) = opened(run.folder.parents[1], run).proposal.groups
    row = tuple(Face("f", (0.0, 0.0, 0.1, 0.1), (), 0.9, 90.0, eyes=one) for one in eyes)
    assert makes(replace(group, people=(row,)), ()) == kinds
