"""What the library's routes show, what may be said of its photos, and what is refused in words."""

import gzip
import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tests.helpers.drawn_faces import group
from tests.helpers.libraries import SETTINGS, read_in, taken
from tests.helpers.pages import page
from tests.helpers.pictures import save, scene
from typer.testing import CliRunner

import main
from server import answers
from server.examples import faces_in_selfie
from server.library_routes import library_routes
from server.listings import Listings
from server.routes import routes
from server.runs import Runs
from unipic.core.errors import SourceError
from unipic.library.library import Library
from unipic.library.listing import Filter
from unipic.reading.engines.inline import InlineEngine
from unipic.reading.renditions import Renderer
from unipic.tools import Tools
from unipic.vision.builtin import BuiltinEncoder
from utils import read_words

DAYS = [["2024-05-04", 2], ["2021-01-01", 1], ["", 1]]
NAMES = ["trip/b.jpg", "trip/a.jpg", "old.jpg", "scan.png"]


class Visitor:
    """A browser before a library."""

    def __init__(self, root: Path, photos: Path | None = None) -> None:
        self.photos = photos or root / "photos"
        self.library, self.runs = Library(root / "data"), Runs(root / "runs")
        renderer = Renderer(open_engine=InlineEngine)
        more = routes(self.runs, library=self.library, renderer=renderer)
        self.client = TestClient(Starlette(routes=[*library_routes(self.library, self.runs), *more]))

    def get(self, path: str, expect: int = 200, **query: Any) -> Any:
        answer = self.client.get(f"/unipic/library/{path}", params=query)
        assert answer.status_code == expect, answer.text
        return answer.json()

    def post(self, path: str, expect: int = 200, **body: Any) -> Any:
        answer = self.client.post(f"/unipic/library/{path}", json=body)
        assert answer.status_code == expect, answer.text
        return answer.json()

    def all(self, **query: Any) -> list[dict[str, Any]]:
        return self.get("photos", key=self.get("listing", **query)["key"])

    @property
    def digests(self) -> list[str]:
        return [photo["digest"] for photo in self.all()]


@pytest.fixture
def empty(tmp_path: Path) -> Visitor:
    return Visitor(tmp_path)


def filled(root: Path) -> Visitor:
    visitor = Visitor(root)
    taken(1, visitor.photos / "trip" / "a.jpg", "2024-05-04 10:00:00")
    taken(2, visitor.photos / "trip" / "b.jpg", "2024-05-04 11:30:00", 480, 640)
    taken(3, visitor.photos / "old.jpg", "2021-01-01 00:00:00")
    save(scene(4), visitor.photos / "scan.png")
    shutil.copy(visitor.photos / "old.jpg", visitor.photos / "trip" / "again.jpg")
    read_in(visitor.library, visitor.photos)
    return visitor


@pytest.fixture(scope="module")
def read_once(tmp_path_factory: pytest.TempPathFactory) -> Visitor:
    return filled(tmp_path_factory.mktemp("library"))


@pytest.fixture
def visitor(read_once: Visitor, tmp_path: Path) -> Visitor:
    """With data of its own; the photos are everybody's, and nobody changes them."""
    shutil.copytree(read_once.library.data, tmp_path / "data")
    return Visitor(tmp_path, read_once.photos)


@pytest.fixture
def own(tmp_path: Path) -> Visitor:
    """With photos of its own."""
    return filled(tmp_path)


# Looking.


def test_nothing_is_in_it_yet(empty: Visitor) -> None:
    seen = empty.get("listing")
    assert (seen["total"], seen["days"], seen["folders"], seen["tags"], seen["favourites"]) == (0, [], [], [], 0)
    assert empty.get("photos", key=seen["key"]) == []


def test_days_newest_first_and_those_without_a_time_last(visitor: Visitor) -> None:
    seen = visitor.get("listing")
    assert (seen["total"], seen["days"], seen["notice"]) == (4, DAYS, "")
    (folder,) = seen["folders"]
    assert (folder["path"], folder["photos"], folder["reachable"]) == (str(visitor.photos), 5, True)


def test_photos_in_the_order_of_the_listing(visitor: Visitor) -> None:
    photos = visitor.all()
    assert [photo["name"] for photo in photos] == NAMES
    assert {key: photos[0][key] for key in ("width", "height", "format", "taken", "kind", "favourite", "showable")} == {
        "width": 480,
        "height": 640,
        "format": "JPEG",
        "taken": "2024-05-04 11:30:00",
        "kind": [],
        "favourite": False,
        "showable": True,
    }
    assert photos[0]["id"] == photos[0]["digest"]
    key = visitor.get("listing")["key"]
    assert [photo["name"] for photo in visitor.get("photos", key=key, **{"from": 1, "count": 2})] == NAMES[1:3]
    assert visitor.get("photos", key=key, **{"from": 4}) == []


@pytest.mark.parametrize(("start", "count"), [("-1", "1"), ("x", "1"), ("0", "501"), ("0", "1e2"), ("", "")])
def test_positions_that_are_none(visitor: Visitor, start: str, count: str) -> None:
    key = visitor.get("listing")["key"]
    assert visitor.get("photos", 400, key=key, **{"from": start, "count": count})["message"]


@pytest.mark.parametrize("key", ["", "x" * 24, "../.."])
def test_a_listing_nobody_knows_is_gone(visitor: Visitor, key: str) -> None:
    assert "listed again" in visitor.get("photos", 410, key=key)["message"]
    assert "listed again" in visitor.post("mark", 410, do="favourite", key=key, ranges=[[0, 1]])["message"]


def test_a_listing_is_worked_out_once_and_anew_when_something_changed(
    own: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, listing = [], Library.listing
    monkeypatch.setattr(Library, "listing", lambda self, wanted: made.append(wanted) or listing(self, wanted))
    keys = {own.get("listing")["key"] for _ in range(3)}
    assert (len(keys), len(made)) == (1, 1)
    own.post("mark", do="favourite", digests=own.digests[:1])
    assert own.get("listing")["key"] in keys, "marks change no listing that names none"
    before = own.get("listing", favourite=1)["key"]
    own.post("mark", do="favourite", digests=own.digests[1:2])
    assert own.get("listing", favourite=1)["key"] != before
    assert len(own.get("photos", key=before)) == 1, "what was listed before is still known"
    taken(9, own.photos / "new.jpg", "2025-01-01 00:00:00")
    read_in(own.library, own.photos)
    assert own.get("listing")["key"] not in keys


def test_only_the_latest_listings_are_kept(visitor: Visitor) -> None:
    listings = Listings(visitor.library, most=2)
    keys = [listings.of(Filter(folder=visitor.photos / name))[0] for name in ("", "trip", "none")]
    assert len(listings.photos(keys[1], 0, 9)) == 3
    assert listings.photos(keys[2], 0, 9) == []
    with pytest.raises(answers.Refused) as told:
        listings.photos(keys[0], 0, 9)
    assert told.value.status == 410


def test_a_photo_forgotten_meanwhile_leaves_a_gap(own: Visitor) -> None:
    key = own.get("listing")["key"]
    (own.photos / "trip" / "a.jpg").unlink()
    read_in(own.library, own.photos)
    assert [photo and photo["name"] for photo in own.get("photos", key=key)] == [NAMES[0], None, *NAMES[2:]]


def test_a_folder_by_its_id_or_a_path_inside(visitor: Visitor) -> None:
    (folder,) = visitor.get("listing")["folders"]
    assert visitor.get("listing", folder=folder["id"])["total"] == 4
    assert visitor.get("listing", folder=str(visitor.photos / "trip"))["total"] == 3
    assert visitor.get("listing", folder="/etc")["total"] == 0


def test_the_lines_in_a_photo_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(page(["RE16 TGK", "<b>bold</b>"]), tmp_path / "photos" / "Screenshot.png")
    visitor = Visitor(tmp_path)
    read_in(visitor.library, visitor.photos)
    (photo,) = visitor.all()
    assert visitor.get(f"photo/{photo['digest']}")["lines"] == []
    tools = Tools(BuiltinEncoder(), None, InlineEngine(), visitor.library.thumbnails)
    assert read_words("screens", visitor.library, tools, SETTINGS) == 1
    assert visitor.get(f"photo/{photo['digest']}")["lines"] == ["RE16 TGK", "<b>bold</b>"]


def test_one_photo_in_full(visitor: Visitor) -> None:
    seen = visitor.get(f"photo/{visitor.digests[2]}")
    assert seen["places"] == ["old.jpg", "trip/again.jpg"]
    assert ["Resolution", "640 x 480"] in seen["facts"]
    assert all(words for _, words in seen["facts"])
    assert (seen["there"], seen["tags"], seen["albums"], seen["note"], seen["companions"]) == (True, [], [], "", [])


def test_a_raw_file_and_a_sidecar_come_with_their_photo(empty: Visitor) -> None:
    taken(1, empty.photos / "a.jpg", "2024-05-04 10:00:00")
    (empty.photos / "a.xmp").write_text("<x:xmpmeta/>")
    read_in(empty.library, empty.photos)
    (photo,) = empty.all()
    assert empty.get(f"photo/{photo['digest']}")["companions"] == [["sidecar (XMP)", "a.xmp"]]


@pytest.mark.parametrize("digest", ["a" * 64, "..", "a", "%2e%2e"])
def test_a_photo_the_library_does_not_have(visitor: Visitor, digest: str) -> None:
    assert visitor.client.get(f"/unipic/library/photo/{digest}").status_code == 404


def test_a_long_answer_is_compressed(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "WORTH_PACKING", 10)
    with visitor.client.stream("GET", "/unipic/library/listing") as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["cache-control"] == "private, no-store"
        assert b'"total":4' in gzip.decompress(b"".join(answer.iter_raw()))


# Saying something.


def test_favourites_by_position(visitor: Visitor) -> None:
    key = visitor.get("listing")["key"]
    said = visitor.post("mark", do="favourite", on=True, key=key, ranges=[[0, 1], [2, 4]])
    assert (said["changed"], said["favourites"]) == (3, 3)
    assert [photo["favourite"] for photo in visitor.all()] == [True, False, True, True]
    assert [photo["name"] for photo in visitor.all(favourite=1)] == [NAMES[0], *NAMES[2:]]
    assert visitor.post("mark", do="favourite", on=False, key=key, ranges=[[0, 99]])["favourites"] == 0


def test_tags_albums_and_notes(visitor: Visitor) -> None:
    digests = visitor.digests
    assert visitor.post("mark", do="tag", name=" <b>Sea ", digests=digests[:2])["tags"] == [["<b>Sea", 2]]
    (album,) = visitor.post("mark", do="album", name="Summer", digests=digests[1:2])["albums"]
    assert (album["name"], album["photos"]) == ("Summer", 1)
    visitor.post("mark", do="note", words="At the *sea*", digests=digests[1:2])
    seen = visitor.get(f"photo/{digests[1]}")
    assert (seen["tags"], seen["albums"], seen["note"]) == (["<b>Sea"], ["Summer"], "At the *sea*")
    assert [photo["digest"] for photo in visitor.all(tag="<b>Sea")] == digests[:2]
    assert [photo["digest"] for photo in visitor.all(tag="<b>Sea", album=album["id"])] == digests[1:2]
    assert visitor.post("mark", do="tag", name="<b>Sea", on=False, digests=digests)["tags"] == []
    assert visitor.post("mark", do="album", name="Summer", on=False, digests=digests)["albums"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"do": "favourite"},
        {"do": "delete", "digests": []},
        {"do": "favourite", "on": "yes", "digests": []},
        {"do": "favourite", "digests": ["x"]},
        {"do": "favourite", "digests": [1]},
        {"do": "favourite", "digests": 7},
        {"do": "tag", "digests": []},
        {"do": "tag", "name": 1, "digests": []},
        {"do": "tag", "name": " \n", "digests": ["a" * 64]},
        {"do": "note", "words": None, "digests": []},
        {"do": "favourite", "key": "KEY"},
        {"do": "favourite", "key": "KEY", "ranges": [[1, 1]]},
        {"do": "favourite", "key": "KEY", "ranges": [[-1, 1]]},
        {"do": "favourite", "key": "KEY", "ranges": [[0, True]]},
        {"do": "favourite", "key": "KEY", "ranges": [[0]]},
        {"do": "favourite", "key": "KEY", "ranges": "01"},
        {"do": "favourite", "key": 1, "ranges": [[0, 1]]},
    ],
)
def test_what_is_not_understood_changes_nothing(visitor: Visitor, body: dict[str, Any]) -> None:
    if body.get("key") == "KEY":
        body = {**body, "key": visitor.get("listing")["key"]}
    assert visitor.post("mark", 400, **body)["message"]
    assert visitor.library.marks.of(visitor.digests) == {}


def test_a_saved_search_comes_with_every_listing(visitor: Visitor) -> None:
    assert visitor.get("listing")["searches"] == []
    query = "<b>red</b> 2024"
    assert visitor.post("saved", query=query)["searches"] == [query]
    assert visitor.get("listing")["searches"] == [query]
    assert visitor.post("saved", query=query, on=False)["searches"] == []
    assert visitor.post("saved", 400, query=1)["message"]


@pytest.mark.parametrize("path", ["mark", "saved", "selection"])
def test_pages_of_other_sites_cannot_say_anything(visitor: Visitor, path: str) -> None:
    post, address = visitor.client.post, f"/unipic/library/{path}"
    assert post(address, content=b"{}", headers={"content-type": "text/plain"}).status_code == 415
    json = {"content-type": "application/json"}
    assert post(address, content=iter([b"{}"]), headers=json).status_code == 411
    assert post(address, content=b"[]", headers=json).status_code == 400
    assert post(address, content=b"{", headers=json).status_code == 400
    assert post(address, content=b" " * 10_000_001, headers=json).status_code == 413
    assert visitor.client.get(address).status_code in (404, 405)


def test_damaged_marks_are_said_and_the_photos_shown(visitor: Visitor) -> None:
    visitor.library.marks.path.write_bytes(b"no database" * 100)
    seen = visitor.get("listing")
    assert seen["total"] == 4
    assert "cannot be used" in seen["notice"]
    assert len(visitor.all()) == 4
    assert visitor.get(f"photo/{visitor.digests[0]}")["tags"] == []
    for told in (
        visitor.get("listing", 409, favourite=1),
        visitor.post("mark", 409, do="favourite", digests=visitor.digests[:1]),
    ):
        assert "cannot be used" in told["message"]


# Selecting for a run.


def test_a_selection_becomes_a_run(visitor: Visitor) -> None:
    key = visitor.get("listing")["key"]
    run = visitor.runs.open(visitor.post("selection", key=key, ranges=[[2, 4], [0, 1]])["run"])
    digests = visitor.digests
    assert run.selected() == [*digests[2:], digests[0]]
    assert (run.load().source, run.load().state) == ("selection", "ready")
    by_digest = visitor.runs.open(visitor.post("selection", digests=[digests[1]] * 2)["run"])
    assert by_digest.selected() == [digests[1]]


def test_a_selection_of_nothing_makes_no_run(visitor: Visitor) -> None:
    assert visitor.post("selection", 400, digests=[])["message"] == "No photo is selected."
    assert visitor.post("selection", 400, key=visitor.get("listing")["key"], ranges=[])["message"]
    assert list(visitor.runs.all()) == []


# Pictures.


def picture(visitor: Visitor, kind: str, digest: str) -> Any:
    return visitor.client.get(f"/unipic/{kind}/library/{digest}")


def test_pictures_of_the_library_are_asked_for_by_its_name(visitor: Visitor) -> None:
    digest = visitor.digests[0]
    assert picture(visitor, "thumb", digest).headers["cache-control"] == "private, max-age=600, must-revalidate"
    assert picture(visitor, "photo", digest).content == (visitor.photos / "trip" / "b.jpg").read_bytes()
    assert picture(visitor, "view", digest).headers["content-type"] == "image/jpeg"
    assert [path.name for path in (visitor.library.data / "library" / "views").iterdir()] == [f"{digest}-2048.jpg"]
    for kind in ("thumb", "view", "photo"):
        assert picture(visitor, kind, "b" * 64).status_code == 404


def test_without_a_library_its_name_is_no_token(visitor: Visitor) -> None:
    alone = TestClient(Starlette(routes=routes(visitor.runs)))
    assert alone.get(f"/unipic/thumb/library/{visitor.digests[0]}").status_code == 404


def test_of_identical_files_any_will_do(own: Visitor) -> None:
    digest, content = own.digests[2], (own.photos / "old.jpg").read_bytes()
    (own.photos / "old.jpg").unlink()
    assert picture(own, "photo", digest).content == content


def test_a_folder_that_cannot_be_reached_waits(own: Visitor) -> None:
    digests = own.digests
    os.rename(own.photos, own.photos.with_name("unplugged"))
    seen = own.get("listing")
    assert (seen["total"], seen["folders"][0]["reachable"], seen["folders"][0]["photos"]) == (4, False, 5)
    assert [photo["digest"] for photo in own.all()] == digests
    assert own.get(f"photo/{digests[0]}")["there"] is False
    assert picture(own, "thumb", digests[0]).status_code == 200
    answer = picture(own, "photo", digests[0])
    assert (answer.status_code, "moved or deleted" in answer.json()["message"]) == (404, True)
    own.post("mark", do="favourite", digests=digests[:1])
    assert own.get("listing", favourite=1)["total"] == 1


# Searching.


def test_a_query_is_a_listing(visitor: Visitor) -> None:
    listing = visitor.get("listing", q="may 2024")
    assert (listing["total"], listing["days"]) == (2, [["2024-05-04", 2]])
    (chip,) = listing["search"]["chips"]
    assert (chip["label"], chip["photos"], chip["start"], chip["end"]) == ("May 2024", 2, 0, 8)
    assert chip["readings"] == ["word:may word:2024"]
    shown = visitor.get("photos", key=listing["key"])
    assert [photo["name"] for photo in shown] == NAMES[:2]
    assert [(photo["more"], photo["why"]) for photo in shown] == [(0, ""), (0, "")]


def test_words_are_found_with_a_reason(visitor: Visitor) -> None:
    listing = visitor.get("listing", q="scan")
    assert listing["days"] == [["Found", 1]]
    (photo,) = visitor.get("photos", key=listing["key"])
    assert (photo["name"], photo["why"]) == ("scan.png", "name: scan.png")


def test_a_query_and_the_page_s_filters_hold_together(visitor: Visitor) -> None:
    first, second = visitor.digests[:2]
    visitor.post("mark", digests=[first], do="favourite")
    visitor.post("mark", digests=[second], do="tag", name="Sea")
    assert visitor.get("listing", q="2024", favourite="1")["total"] == 1
    listing = visitor.get("listing", q="2024", tag="Sea")
    assert (listing["total"], [chip["text"] for chip in listing["search"]["chips"]]) == (1, ["date:2024"])


def test_what_emptied_an_answer_is_offered(visitor: Visitor) -> None:
    listing = visitor.get("listing", q="2024 png")
    assert listing["total"] == 0
    offered = [(one["label"], one["photos"]) for one in listing["search"]["without"]]
    assert offered == [("PNG", 2), ("2024", 1)]


def test_a_query_that_is_none_is_told(visitor: Visitor) -> None:
    listing = visitor.get("listing", q="colr:red")
    assert listing["total"] == 0
    assert "Did you mean color:?" in listing["search"]["error"]
    assert visitor.get("photos", key=listing["key"]) == []


def test_photos_like_one_of_the_library(visitor: Visitor) -> None:
    first = visitor.all()[0]
    listing = visitor.get("listing", q=f"like:{first['digest'][:12]}")
    assert listing["search"]["chips"][0]["label"].startswith("like ")
    assert listing["days"][0] == ["The same picture", 1]
    assert visitor.get("photos", key=listing["key"])[0]["digest"] == first["digest"]


@pytest.mark.parametrize("value", ["/etc/passwd", "../../a.jpg", "0" * 64, "abc", "%2e%2e"])
def test_only_photos_of_the_library_are_examples(value: str, visitor: Visitor) -> None:
    """A path would tell which files the server has."""
    assert "like: takes a photo of the library" in visitor.get("listing", q=f'like:"{value}"')["search"]["error"]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures are looked at in this process, not in one of their own."""

    def look(*asked: object) -> str:
        seen = CliRunner().invoke(main.app, [str(one) for one in asked])
        assert not seen.exception
        return seen.stdout

    monkeypatch.setattr("unipic.tools.LocalEngine", lambda *_, **__: InlineEngine())
    monkeypatch.setattr("server.examples.look", look)


def test_the_faces_in_a_picture_are_looked_at_as_it_is(tmp_path: Path, looks: None) -> None:
    save(group({(20, 60, 120): 0, (250, 60, 260): 2}), tmp_path / "picture", format="PNG")
    large, small = faces_in_selfie(tmp_path / "picture", "me.jpg")
    assert large.box[0] > small.box[0]
    assert large.vector is not None
    assert abs(float(np.linalg.norm(large.vector)) - 1) < 1e-3
    save(scene(1), tmp_path / "picture", format="PNG")
    with pytest.raises(SourceError, match=r"^me\.jpg shows no face"):
        faces_in_selfie(tmp_path / "picture", "me.jpg")


def test_a_picture_is_searched_by_and_not_kept(visitor: Visitor, tmp_path: Path, looks: None) -> None:
    save(scene(2, 480, 640), tmp_path / "mine.jpg", quality=70)
    before = sorted(visitor.library.data.rglob("*"))

    def put(content: bytes, expect: int = 200) -> Any:
        answer = visitor.client.put("/unipic/library/example", params={"name": "m<i>ne.jpg"}, content=content)
        assert answer.status_code == expect, answer.text
        return answer.json()

    digest = hashlib.sha256((tmp_path / "mine.jpg").read_bytes()).hexdigest()
    wanted = f"like:{digest[:12]}"
    assert "a short time ago" in visitor.get("listing", q=wanted)["search"]["error"]
    assert put((tmp_path / "mine.jpg").read_bytes()) == {"digest": digest}
    listing = visitor.get("listing", q=wanted)
    assert listing["search"]["chips"][0]["label"] == "like m<i>ne.jpg"
    assert listing["days"][0] == ["The same picture", 1]
    assert visitor.get("photos", key=listing["key"])[0]["name"] == "trip/b.jpg"
    assert sorted(visitor.library.data.rglob("*")) == before
    for content in (b"", b"not a picture"):
        assert put(content, 415)["message"].startswith("m<i>ne.jpg cannot be searched by")
    assert visitor.client.post("/unipic/library/example", content=b"1").status_code == 404


def test_a_search_is_the_library_s_as_it_is_now(visitor: Visitor) -> None:
    assert visitor.get("listing", q="new")["total"] == 0
    save(scene(77), visitor.photos / "new.jpg")
    read_in(visitor.library, visitor.photos)
    assert visitor.get("listing", q="new")["total"] == 1
