"""Guest links: what opens them, what they open, and that nothing else opens by them."""

import io
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient
from streamlit import config
from tests.helpers.libraries import read_in, taken
from tests.helpers.people import face, put

from server.door import Door, Masked
from server.door_guesses import Guesses
from server.door_page import GUEST, GUESTS
from server.door_token import Token
from server.examples import face_to_dict
from server.guest_routes import GuestPages, host_routes
from server.guests import DAY_S, FILE, HOUR_S, TRIES, VISIT_S, Guests
from server.headers import SecurityHeaders
from server.library_routes import library_routes
from server.occasions import Occasions
from server.routes import routes as all_routes
from server.runs import Runs
from server.shelves import Shelves
from unipic.library.faces import turn_on
from unipic.library.library import Library
from unipic.reading.engines.inline import InlineEngine
from unipic.reading.renditions import Renderer

ANNA, BEN = 1, 2
PIN = "246810"
SELFIE = {"picture": ("me.jpg", b"a picture of Anna", "image/jpeg")}
HTML = {"accept": "text/html"}


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class House:
    """A server; its library has an event of two photos of Anna and two of Ben, and a later photo of Anna."""

    def __init__(self, root: Path) -> None:
        self.library, self.runs, self.clock = Library(root / "data"), Runs(root / "runs"), Clock()
        self.digests = digests_in(self.library)
        tries = Guesses(self.clock, TRIES, HOUR_S)
        self.guests = Guests(self.library, self.clock, tries, Guesses(self.clock))
        occasions, renderer = Occasions(self.library), Renderer(open_engine=InlineEngine)
        self.event = occasions.now().of_photo[self.digests["a0.jpg"]].id
        routes = [
            *host_routes(self.guests, occasions),
            *library_routes(self.library, self.runs, occasions),
            *GuestPages(self.guests, Shelves(self.runs, lambda *_: None, self.library), renderer).routes(),
            *all_routes(self.runs, renderer=renderer, library=self.library),
        ]
        app = Starlette(routes=routes, middleware=[Middleware(Door, token=None), Middleware(SecurityHeaders)])
        self.app = app
        self.host = self.browser()

    def browser(self) -> TestClient:
        return TestClient(self.app, base_url="http://localhost", client=("127.0.0.1", 5000))

    def link(self, **how: Any) -> str:
        """The address of a new link to the event."""
        answer = self.host.post("/unipic/events/guests", json={"do": "make", "event": self.event, **how})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["address"])

    def links(self) -> list[dict[str, Any]]:
        asked = {"do": "list", "event": self.event}
        return list(self.host.post("/unipic/events/guests", json=asked).json()["links"])


def digests_in(library: Library) -> dict[str, str]:
    """By the names of the photos."""
    return {one.name: one.digest for one in library.photos(library.listing().ids)}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder that every house begins with."""
    data, photos = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("photos")
    for number in range(4):
        taken(number, photos / f"a{number}.jpg", f"2018-07-14 10:0{number}:00")
    taken(9, photos / "later.jpg", "2019-03-01 10:00:00")
    library = Library(data)
    read_in(library, photos)
    people = {"a0.jpg": ANNA, "a1.jpg": BEN, "a2.jpg": ANNA, "a3.jpg": BEN, "later.jpg": ANNA}
    digests = digests_in(library)
    put(library, [replace(face(who, n), digest=digests[name]) for n, (name, who) in enumerate(people.items())])
    return data


@pytest.fixture
def house(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    selfie = json.dumps({"faces": [face_to_dict(face(ANNA, 77))]})
    monkeypatch.setattr("server.examples.look", lambda *_: selfie)
    config.set_option("server.allowedHosts", ["localhost"])
    config.set_option("server.address", "localhost")
    shutil.copytree(built, tmp_path / "data")
    return House(tmp_path)


def send(guest: TestClient, address: str, consent: str = "yes", **more: str) -> Any:
    return guest.post(address, files=SELFIE, data={"consent": consent, **more})


def test_a_guest_finds_her_photos_of_the_event_and_nothing_else(house: House) -> None:
    guest, address = house.browser(), house.link()
    assert "A picture of you" in guest.get(address, headers=HTML).text
    shown = send(guest, address)
    assert shown.status_code == 200
    assert "2 photos of you" in shown.text
    assert "script" not in shown.text
    for secret in ("a0.jpg", "2018", *house.digests.values()):
        assert secret not in shown.text
    thumb = guest.get(f"{address}/thumb/1")
    assert thumb.headers["content-type"] == "image/jpeg"
    assert "no-store" in thumb.headers["cache-control"]
    large = Image.open(io.BytesIO(guest.get(f"{address}/view/2").content))
    assert large.size == (640, 480)
    archive = zipfile.ZipFile(io.BytesIO(guest.get(f"{address}/photos.zip").content))
    assert archive.namelist() == ["photo-001.jpg", "photo-002.jpg"]
    assert archive.testzip() is None
    for name in archive.namelist():
        assert not Image.open(io.BytesIO(archive.read(name))).getexif()
    assert [words for _, words in house.links()[0]["uses"]] == ["2 photos found", "2 photos downloaded"]


def test_no_address_leads_to_another_photo(house: House) -> None:
    guest, address = house.browser(), house.link()
    send(guest, address)
    strange = ("thumb/../../../token", "thumb/%2e%2e%2fguests.json", f"thumb/{house.digests['a1.jpg']}", "photo/1")
    for rest in ("thumb/0", "thumb/3", "view/3", "view/-1", *strange):
        assert guest.get(f"{address}/{rest}").status_code in (403, 404)


def test_without_consent_or_a_face_nothing_is_found(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    guest, address = house.browser(), house.link()
    refused = send(guest, address, consent="")
    assert refused.status_code == 400
    assert "Tick the box" in refused.text
    monkeypatch.setattr("server.examples.look", lambda *_: '{"problem": "shows no face <b>"}')
    assert "shows no face &lt;b&gt;" in send(guest, address).text
    assert guest.get(f"{address}/photos.zip").status_code == 403


def test_nothing_of_the_picture_is_kept(house: House) -> None:
    send(house.browser(), house.link())
    vector = face(ANNA, 77).vector
    assert vector is not None
    for path in house.library.data.rglob("*"):
        if path.is_file():
            kept = path.read_bytes()
            assert SELFIE["picture"][1] not in kept
            assert vector.tobytes() not in kept
    assert not list(house.library.data.glob("example-*"))


def test_wrong_pins_are_counted_and_close_the_link_for_an_hour(house: House) -> None:
    address, guest = house.link(pin=PIN), house.browser()
    assert "Enter the PIN" in guest.get(address).text
    assert guest.get(f"{address}/thumb/1").status_code == 403
    assert send(guest, address).status_code == 403
    for _ in range(TRIES - 1):
        assert guest.post(address, data={"pin": "111111"}).status_code == 403
    assert guest.post(address, data={"pin": PIN}).status_code == 429
    house.clock.now += HOUR_S + 1
    assert "A picture of you" in guest.post(address, data={"pin": PIN}).text
    assert "2 photos of you" in send(guest, address).text
    assert house.links()[0]["pin"] is True
    assert PIN not in (house.library.data / FILE).read_text()
    assert (house.library.data / FILE).stat().st_mode & 0o077 == 0


def test_a_guest_sends_so_many_pictures_an_hour(house: House) -> None:
    guest, address = house.browser(), house.link()
    assert [send(guest, address).status_code for _ in range(TRIES + 1)] == [200] * TRIES + [429]


def test_links_expire_are_ended_and_are_not_guessed(house: House) -> None:
    guest, address, other = house.browser(), house.link(days=2), house.link()
    send(guest, address)
    assert guest.get(f"{other}/thumb/1").status_code == 403  # a visit to one link is none to another
    house.clock.now += VISIT_S + 1
    assert guest.get(f"{address}/thumb/1").status_code == 403
    send(guest, address)
    house.host.post("/unipic/events/guests", json={"do": "end", "event": house.event, "link": house.links()[0]["id"]})
    assert guest.get(f"{address}/thumb/1").status_code == 404
    send(guest, other)
    house.clock.now += 7 * DAY_S
    for path in (other, f"{other}/thumb/1", f"{other}/photos.zip"):
        assert guest.get(path).status_code == 404
    assert house.links() == []
    wrong = [guest.get(f"{GUESTS}{n}").status_code for n in range(12)]
    assert wrong[-1] == 429


def test_photos_that_left_the_library_or_faces_that_are_off_are_not_shown(house: House) -> None:
    guest, address = house.browser(), house.link()
    send(guest, address)
    house.library.marks.choose("faces", "off")
    assert send(guest, address).status_code == 409
    assert house.host.post("/unipic/events/guests", json={"do": "make", "event": house.event}).status_code == 409
    turn_on(house.library)
    (path,) = house.library.places(house.digests["a0.jpg"])
    house.library.forget(house.library.paths()[0])
    assert path.exists()
    assert guest.get(f"{address}/thumb/1").status_code == 404


@pytest.mark.parametrize("asked", [{"days": 0}, {"days": 61}, {"pin": "12345"}, {"pin": "1" * 41}, {"days": "many"}])
def test_a_host_is_told_what_a_link_cannot_be(house: House, asked: dict[str, Any]) -> None:
    answer = house.host.post("/unipic/events/guests", json={"do": "make", "event": house.event, **asked})
    assert answer.status_code == 400
    assert not (house.library.data / FILE).exists()


def test_the_rest_of_a_server_without_a_token_stays_closed_to_guests(house: House) -> None:
    guest, address = house.browser(), house.link()
    send(guest, address)
    for path in ("/", "/unipic/library/listing", f"/unipic/thumb/library/{house.digests['a1.jpg']}"):
        assert guest.get(path).status_code == 403
    assert "Leave as a guest" in guest.get("/", headers=HTML).text
    guest.post(f"{GUESTS}leave", follow_redirects=False)
    assert GUEST not in guest.cookies
    assert guest.get("/unipic/library/listing").status_code == 200


def test_the_rest_of_a_server_with_a_token_stays_closed_to_guests(house: House) -> None:
    locked = replace_door(house, Token("a secret of 24 letters+/"))
    guest = TestClient(locked, base_url="http://localhost", client=("127.0.0.1", 5000))
    address = house.link()
    assert "2 photos of you" in send(guest, address).text
    for path in ("/", "/unipic/library/listing", "/unipic/guest/../library/listing", "/unipic/events/guests"):
        assert guest.get(path).status_code in (401, 404)
    assert guest.post("/unipic/events/guests", json={"do": "list", "event": house.event}).status_code == 401


def replace_door(house: House, token: Token) -> Starlette:
    """The same server behind a token."""
    middleware = [Middleware(Door, token=token), Middleware(SecurityHeaders)]
    return Starlette(routes=house.app.routes, middleware=middleware)


def test_a_links_token_is_in_no_log_and_a_damaged_file_opens_nothing(house: House) -> None:
    address = house.link()
    token = address.removeprefix(GUESTS)
    assert token not in str(Masked(None).mask(f"GET {address}/thumb/1 HTTP/1.1"))
    assert token not in (house.library.data / FILE).read_text()
    guest = house.browser()
    for content in ("{", "[1]", '[{"id": 1}]', '[{"digests": 1, "uses": 2}]'):
        (house.library.data / FILE).write_text(content)
        assert guest.get(address).status_code == 404


def test_pages_have_a_policy_of_their_own(house: House) -> None:
    policy = house.browser().get(house.link()).headers["content-security-policy"]
    assert "form-action 'self'" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
