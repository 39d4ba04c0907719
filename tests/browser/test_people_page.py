"""People in real Chromium: naming, questions by key, taking a wrong face out, and turning it off."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.browser.conftest import Server, start_server, stop_server
from tests.browser.test_axe import Inspector
from tests.helpers.hostile_files import saved
from tests.helpers.libraries import read_in, taken
from tests.helpers.people import direction, face, put

from unipic.library.library import Library
from unipic.library.persons import Persons
from unipic.people.people import open_people

pytestmark = pytest.mark.browser

NASTY = "<img src=x onerror=alert(1)>"
ONE_PIXEL = saved(Image.new("RGB", (1, 1)), "PNG")


@pytest.fixture
def shelf(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Library]]:
    """Two groups of three photos that are one person, perhaps, and one more person."""
    data, photos = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("photos")
    for number in range(9):
        taken(number, photos / f"{number}.jpg", f"2020-05-0{number + 1} 10:00:00")
    library = Library(data)
    read_in(library, photos)
    digests = {one.name: one.digest for one in library.photos(library.listing().ids)}
    one, across = direction(5), direction(6)
    across = (across - (across @ one) * one) / np.linalg.norm(across - (across @ one) * one)
    ways = [one, 0.915 * one + np.sqrt(1 - 0.915**2) * across, direction(7)]
    made = [face(0, number, vector=ways[number // 3].astype(np.float32)) for number in range(9)]
    put(library, [replace(one, digest=digests[f"{number}.jpg"]) for number, one in enumerate(made)])
    started, process = start_server(data)
    yield started, library
    stop_server(process)


def test_from_unnamed_faces_to_a_person(page: Any, shelf: tuple[Server, Library], quiet: Callable[[], None]) -> None:
    server, library = shelf
    page.set_default_timeout(20_000)
    page.goto(f"{server.url}/people")
    people = page.locator(".people")
    people.get_by_role("button", name="Unnamed 3").wait_for()
    people.get_by_role("button", name="1 question ready").click()
    people.get_by_role("heading", name="The same person?").wait_for()
    page.keyboard.press("y")
    people.get_by_role("heading", name="No more questions").wait_for()
    people.get_by_text("1 answer, 3 faces placed, 0 to go").wait_for()
    page.go_back()
    name = people.get_by_label("Name of this person").first
    name.fill(NASTY)
    name.press("Enter")
    people.get_by_role("button", name="People 1").click()
    people.get_by_role("button", name=f"{NASTY}, 6 photos").click()
    people.get_by_text("6 faces in 6 photos, 2020").wait_for()
    people.locator(".faces button").first.click()
    people.get_by_role("button", name=f"Not {NASTY}").click()
    people.get_by_text("5 faces in 5 photos, 2020").wait_for()
    page.reload()
    people.get_by_text("5 faces in 5 photos, 2020").wait_for()
    page.keyboard.press("Escape")
    people.get_by_role("button", name="Undo: not").click()
    people.get_by_role("button", name=f"{NASTY}, 6 photos").wait_for()
    assert page.locator("img[src=x]").count() == 0
    assert [one.name for one in Persons(library.data).all()[0] if one.name] == [NASTY]
    quiet()


@pytest.mark.nightly
def test_faces_on_a_photo_are_named_and_corrected(
    page: Any, shelf: tuple[Server, Library], quiet: Callable[[], None]
) -> None:
    server, library = shelf
    page.set_default_timeout(20_000)
    page.goto(f"{server.url}/photos")
    page.locator(".gallery .cell.there").first.click()
    large = page.locator(".gallery dialog.large")
    large.wait_for()
    page.keyboard.press("e")
    large.get_by_role("button", name="Who?").click()
    large.get_by_label("Name", exact=True).fill(NASTY)
    page.keyboard.press("Enter")
    large.get_by_role("button", name=NASTY).click()
    large.get_by_role("button", name=f"Not {NASTY}").click()
    large.get_by_role("button", name="Who?").wait_for()
    people = open_people(library)
    (named,) = people.of_kind("person")
    assert (named.row.name, len(named.faces)) == (NASTY, 2)
    large.get_by_role("button", name="Who?").click()
    large.get_by_role("button", name="All photos", exact=True).click()
    large.wait_for(state="hidden")
    page.locator(".gallery .cell.there").nth(1).wait_for(state="detached")
    assert page.locator(".gallery .cell.there").count() == 1
    assert page.locator("img[src=x]").count() == 0
    quiet()


@pytest.mark.nightly
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_no_barriers(new_page: Callable[..., Any], shelf: tuple[Server, Library], width: int, scheme: str) -> None:
    page = new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page.goto(f"{shelf[0].url}/people")
    people, inspector = page.locator(".people"), Inspector(page)
    people.locator(".face.there").first.wait_for()
    inspector.look("everybody")
    people.get_by_role("button", name="1 question ready").click()
    people.get_by_role("heading", name="The same person?").wait_for()
    inspector.look("a question")
    page.keyboard.press("Escape")
    people.locator(".card .open").first.click()
    people.locator(".faces button").first.click()
    people.get_by_role("button", name="Page to print…").click()
    inspector.look("one person")
    page.route("**/unipic/people/selfie**", lambda route: route.fulfill(json={"faces": [found(shelf[1])] * 2}))
    page.keyboard.press("Escape")
    people.locator("input[type=file]").set_input_files(
        {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": ONE_PIXEL}
    )
    people.get_by_text("1 photo of this person").wait_for()
    inspector.look("found by a picture")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not inspector.found, "\n".join(["", *inspector.found])


def found(library: Library) -> dict[str, Any]:
    """What the route of pictures answers of a face."""
    one, other = library.shown()[:2]
    photos = [{"digest": one, "likeness": 99, "sure": True}, {"digest": other, "likeness": 30, "sure": False}]
    return {"box": [0.1, 0.1, 0.9, 0.9], "photos": photos}


def test_it_is_asked_for_and_deleted(page: Any, shelf: tuple[Server, Library], quiet: Callable[[], None]) -> None:
    server, library = shelf
    page.set_default_timeout(20_000)
    page.goto(f"{server.url}/people")
    page.locator(".people .face.there").first.wait_for()
    page.get_by_text("Which folders, and forgetting everything").click()
    page.get_by_label("To confirm, type: delete faces").fill("delete faces")
    page.get_by_label("To confirm, type: delete faces").press("Enter")
    page.get_by_role("button", name="Turn on").wait_for()
    assert library.ask("SELECT count(*) FROM vector WHERE key LIKE 'identity%'") == [(0,)]
    quiet()
