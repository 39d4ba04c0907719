"""The photos of a library, as a person goes through them: by keyboard, mouse and thumb, in real Chromium."""

from __future__ import annotations

import json
import os
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.browser.conftest import Complaints, Server, start_server, stop_server
from tests.browser.test_axe import Inspector
from tests.helpers.libraries import read_in, taken
from tests.helpers.pictures import save, scene

from server.runs import Run
from unipic.library.library import Library

pytestmark = pytest.mark.browser

DAYS = {"2024-05-04": 30, "2022-08-13": 4, "2020-02-29": 20}
NASTY = "<img src=x onerror=alert(1)>.png"
TOTAL = sum(DAYS.values()) + 1


def small_library(data: Path, photos: Path) -> Library:
    """Some days of small photos, and one without a time whose name is none to believe."""
    for day, number in DAYS.items():
        for n in range(number):
            taken(n, photos / day[:4] / f"{day}-{n:02}.jpg", f"{day} 10:00:{n:02}", 96, 64)
    save(scene(99, 96, 64), photos / NASTY)
    library = Library(data)
    read_in(library, photos)
    return library


@pytest.fixture(scope="module")
def shelf(browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Library, Path]]:
    data, photos = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("photos")
    library = small_library(data, photos)
    started, process = start_server(data)
    yield started, library, photos
    stop_server(process)


class Wall:
    """One visitor before the photos."""

    def __init__(self, page: Any, url: str) -> None:
        self.page, self.url = page, url
        self.root = page.locator(".gallery")
        self.large = self.root.locator("dialog.large")

    def open(self) -> Wall:
        self.page.goto(f"{self.url}/photos")
        self.root.locator(".cell.there").first.wait_for()
        return self

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def cell(self, position: int) -> Any:
        return self.root.locator(f".cell[aria-posinset='{position + 1}']")

    def selected(self) -> str:
        bar = self.root.locator(".many")
        return bar.locator("p").inner_text() if bar.is_visible() else ""

    def until(self, words: str) -> None:
        self.root.locator(".said", has_text=words).wait_for()

    def shows(self, name: str) -> None:
        """Until the large view shows the photo of this name."""
        self.large.locator(".words strong", has_text=name).wait_for()

    def focused(self) -> str:
        return str(
            self.page.evaluate("""() => {
                let at = document.activeElement;
                while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
                return at.getAttribute("aria-label") ?? at.textContent.trim();
            }""")
        )


@pytest.fixture(scope="module")
def tab(browser) -> Iterator[tuple[Any, Complaints]]:
    """A window that all tests use, one after the other: what Streamlit loads is loaded once."""
    context, complaints = browser.new_context(viewport={"width": 1280, "height": 900}), Complaints()
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.on("console", lambda said: said.type == "error" and complaints.note("console", said.text + str(said.location)))
    page.on("pageerror", lambda error: complaints.note("script", str(error)))
    yield page, complaints
    context.close()


@pytest.fixture
def wall(tab, shelf: tuple[Server, Library, Path]) -> Iterator[Wall]:
    """The photos as somebody sees them who was never here; nothing is marked before or afterwards."""
    server, library, photos = shelf
    page, complaints = tab
    page.goto(f"{server.url}/unipic/nothing")
    page.evaluate("() => (localStorage.clear(), sessionStorage.clear())")
    complaints.heard.clear()
    yield Wall(page, server.url).open()
    library.marks.path.unlink(missing_ok=True)
    library.marks.add_folder(photos)


@pytest.fixture
def calm(tab) -> Callable[[], None]:
    """As `quiet`, of the window that all tests use."""

    def check() -> None:
        assert tab[1].heard == []

    return check


def test_days_photos_and_names_that_are_only_text(wall: Wall, calm) -> None:
    root = wall.root
    assert root.get_by_role("heading", name="Photos", exact=True).is_visible()
    assert root.get_by_text(f"{TOTAL} photos").first.is_visible()
    assert root.get_by_role("button", name="Select Saturday, 4 May 2024, 30 photos").is_visible()
    wall.cell(0).focus()
    assert wall.focused() == "2024-05-04-29.jpg, 4 May 2024"
    wall.press("End")
    wall.root.get_by_role("option", name=f"{NASTY}, no date").wait_for()
    assert root.get_by_role("button", name="Select No date, 1 photo").is_visible()
    wall.press("Enter")
    wall.shows(NASTY)
    calm()


def test_only_what_is_seen_is_in_the_page(wall: Wall) -> None:
    root = wall.root
    for _ in range(3):
        wall.press("+")
    assert root.locator(".cell").count() < TOTAL
    assert root.locator(".scroller").evaluate("one => one.scrollHeight > 3 * one.clientHeight")
    root.locator(".scroller").evaluate("one => one.scrollTo(0, 1e9)")
    wall.cell(TOTAL - 1).locator("xpath=self::*[contains(@class, 'there')]").wait_for()
    assert wall.cell(0).count() == 0
    wall.press("-")
    wall.cell(TOTAL - 1).wait_for()


def test_by_keyboard_through_the_grid(wall: Wall) -> None:
    columns = wall.root.evaluate("root => Math.floor((root.querySelector('.cells').clientWidth + 4) / 164)")
    wall.press("ArrowRight")
    assert wall.focused().startswith("2024-05-04-28")
    wall.press("ArrowDown")
    assert wall.focused().startswith(f"2024-05-04-{28 - columns}")
    wall.press("ArrowUp", "ArrowLeft", "ArrowLeft")
    assert wall.focused().startswith("2024-05-04-29")
    wall.press("End")
    assert wall.focused().startswith(NASTY)
    wall.press("PageUp", "Home")
    assert wall.focused().startswith("2024-05-04-29")
    wall.root.get_by_role("slider", name="Time").focus()
    wall.press("ArrowDown")
    wall.root.locator(".bubble", has_text="August 2022").wait_for()
    assert wall.root.get_by_role("slider", name="Time").get_attribute("aria-valuetext") == "August 2022"


def test_the_large_view_and_the_way_back(wall: Wall, calm) -> None:
    wall.cell(2).click()
    wall.shows("2024-05-04-27.jpg")
    wall.page.wait_for_function(
        "() => [...document.querySelectorAll('[data-testid^=stBidi]')].some((one) =>"
        " one.shadowRoot?.querySelector('.large .compare-picture img')?.complete)"
    )
    wall.press("ArrowRight")
    wall.shows("2024-05-04-26.jpg")
    wall.press("z")
    wall.large.locator(".stage.closer").wait_for()
    wall.press("z", "ArrowLeft", "i")
    wall.large.get_by_text("Resolution").wait_for()
    assert wall.large.get_by_text("2024/2024-05-04-27.jpg").is_visible()
    wall.page.go_back()
    wall.large.wait_for(state="hidden")
    assert wall.page.url.endswith("/photos")
    assert wall.focused().startswith("2024-05-04-27")
    wall.press("Enter")
    wall.large.wait_for()
    wall.press("?")
    keys = wall.page.get_by_role("dialog", name="Shortcuts and gestures")
    keys.wait_for()
    wall.page.go_back()
    keys.wait_for(state="detached")
    assert wall.large.is_visible(), "Back closes the topmost alone"
    wall.page.reload()
    wall.shows("2024-05-04-27.jpg")
    wall.press("Escape")
    wall.large.wait_for(state="hidden")
    assert wall.root.locator(".many").is_hidden()
    calm()


def test_what_is_said_of_one_photo(wall: Wall, shelf) -> None:
    marks = shelf[1].marks
    wall.press("Enter", "f")
    wall.until("A favourite")
    wall.press("t")
    wall.page.keyboard.type("<b>Sea</b>")
    wall.press("Enter")
    wall.large.get_by_role("button", name="Remove <b>Sea</b>").wait_for()
    wall.large.get_by_label("Put into an album").fill("Summer")
    wall.press("Enter")
    wall.large.get_by_role("button", name="Remove Summer").wait_for()
    wall.large.get_by_label("Note").fill("*Warm*")
    wall.press("Escape")
    until = time.monotonic() + 10
    while not (marked := marks.of(_digests(wall)[:1]).popitem()[1]).note and time.monotonic() < until:
        wall.page.wait_for_timeout(50)
    assert (marked.favourite, marked.tags, marked.albums, marked.note) == (True, ("<b>Sea</b>",), ("Summer",), "*Warm*")
    wall.large.get_by_role("button", name="Remove <b>Sea</b>").click()
    wall.large.get_by_role("button", name="Remove <b>Sea</b>").wait_for(state="detached")
    wall.press("Escape")
    wall.large.wait_for(state="hidden")
    assert wall.focused() == "2024-05-04-29.jpg, 4 May 2024, favourite"
    wall.root.get_by_role("button", name="Favourites 1").click()
    wall.root.get_by_text("1 photo", exact=True).first.wait_for()
    wall.root.locator(".cell.there").wait_for()
    wall.press("f")
    wall.until("no longer favourite")
    wall.root.get_by_role("button", name="All photos").click()
    wall.root.get_by_text(f"{TOTAL} photos").first.wait_for()


def _digests(wall: Wall) -> list[str]:
    def get(path: str) -> Any:
        with urllib.request.urlopen(f"{wall.url}/unipic/library/{path}", timeout=10) as answer:
            return json.load(answer)

    return [photo["digest"] for photo in get(f"photos?count=500&key={get('listing')['key']}")]


def test_many_are_selected_and_marked_at_once(wall: Wall, shelf) -> None:
    wall.cell(0).hover()
    wall.cell(0).locator(".tick").click()
    wall.cell(4).click(modifiers=["Shift"])
    assert wall.selected() == "5 selected"
    wall.cell(2).click()
    assert wall.selected() == "4 selected"
    wall.root.get_by_role("button", name=re.compile("Select Saturday, 13 August 2022")).click()
    assert wall.selected() == "8 selected"
    wall.root.get_by_role("button", name="Favourite", exact=True).click()
    wall.until("8 photos: favourite")
    wall.press("t")
    wall.page.get_by_role("dialog", name="Tag: 8 photos").wait_for()
    wall.page.keyboard.type("Sea")
    wall.press("Enter")
    wall.until("8 photos: saved")
    assert shelf[1].marks.tags() == {"Sea": 8}
    wall.root.get_by_label("Tag").select_option("Sea")
    wall.root.get_by_text("8 photos", exact=True).first.wait_for()
    assert wall.selected() == ""
    wall.press("Control+a")
    assert wall.selected() == "8 selected"
    wall.press("Escape")
    assert wall.selected() == ""
    wall.press("Home", "d")
    assert wall.selected() == "4 selected"
    wall.root.get_by_role("button", name="All photos").click()
    wall.root.get_by_text(f"{TOTAL} photos").first.wait_for()
    wall.press("Control+a")
    assert wall.selected() == f"{TOTAL} selected"


def test_a_selection_goes_to_the_export(wall: Wall, shelf) -> None:
    wall.press("Home", "Space", "ArrowRight", "Space", "e")
    wall.page.wait_for_url(re.compile("/export"))
    wall.page.get_by_role("heading", name="Export 2 photos").wait_for()
    token = re.search("run=([0-9a-f]{32})", wall.page.url)
    assert token
    assert len(Run(shelf[0].runs / token[1]).selected()) == 2


def test_the_place_the_filter_and_the_size_are_found_again(wall: Wall) -> None:
    wall.press("+", "+")
    wall.root.locator(".scroller").evaluate("one => one.scrollTo(0, 900)")
    wall.page.wait_for_timeout(300)
    before = wall.root.locator(".scroller").evaluate("one => one.scrollTop")
    size = wall.root.get_by_role("slider", name="Size of the photos").input_value()
    wall.page.reload()
    wall.root.locator(".cell.there").first.wait_for()
    assert abs(wall.root.locator(".scroller").evaluate("one => one.scrollTop") - before) < 2
    assert wall.root.get_by_role("slider", name="Size of the photos").input_value() == size


def test_nothing_matches_and_there_is_a_way_back(wall: Wall) -> None:
    wall.root.get_by_role("button", name="Favourites").click()
    wall.root.get_by_role("heading", name="No photo matches").wait_for()
    wall.root.get_by_role("button", name="Show all photos").click()
    wall.root.locator(".cell.there").first.wait_for()


def test_a_folder_that_cannot_be_reached(wall: Wall, shelf) -> None:
    away = shelf[2].with_name("unplugged")
    os.rename(shelf[2], away)
    try:
        wall.page.reload()
        wall.root.get_by_text(f"cannot be reached. Its {TOTAL} photos wait").wait_for()
        wall.cell(0).click()
        wall.large.get_by_text("The original cannot be reached now. This is its preview.").wait_for()
    finally:
        os.rename(away, shelf[2])


def test_with_a_thumb(phone, shelf, quiet) -> None:
    phone.set_default_timeout(10_000)
    wall = Wall(phone, shelf[0].url).open()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    touch = phone.context.new_cdp_session(phone)

    def finger(kind: str, *points: tuple[float, float]) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    box = wall.cell(1).bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    finger("touchStart", middle)
    phone.wait_for_timeout(600)
    finger("touchEnd")
    assert wall.selected() == "1 selected"
    wall.cell(0).tap()
    assert wall.selected() == "2 selected"
    small = wall.root.locator(".many button, .chips button").evaluate_all(
        "all => all.filter((one) => one.getBoundingClientRect().height < 44).map((one) => one.textContent)"
    )
    assert small == []
    wall.root.get_by_role("button", name="Select nothing").tap()
    wall.cell(2).tap()
    wall.shows("2024-05-04-27.jpg")
    finger("touchStart", (300, 400))
    for x in (260, 200, 120):
        finger("touchMove", (x, 402))
    finger("touchEnd")
    wall.shows("2024-05-04-26.jpg")
    quiet()


def test_a_search_from_words_to_a_selection(wall: Wall, calm) -> None:
    page, root = wall.page, wall.root
    wall.press("/")
    assert wall.focused() == "Search the photos"
    page.keyboard.type("may 2024 not blurry")
    root.locator(".piece", has_text="May 2024").wait_for()
    root.get_by_text("30 photos").first.wait_for()
    root.get_by_role("button", name="Save this search").click()
    root.get_by_role("button", name="Remove from the saved searches").wait_for()
    root.get_by_role("button", name="Search for the words instead of not blurry").click()
    root.get_by_role("heading", name="Nothing found").wait_for()
    wall.press("/")
    page.keyboard.type("february 2020 2024")
    root.get_by_role("button", name="Without February 2020: 30 photos").click()
    root.get_by_text("30 photos").first.wait_for()
    root.get_by_role("option", name="2024-05-04-29.jpg, 4 May 2024").wait_for()
    root.locator(".search input").press("ArrowDown")
    assert wall.focused() == "2024-05-04-29.jpg, 4 May 2024"
    wall.press("m")
    root.get_by_role("button", name="Select The same picture, 1 photo").wait_for()
    before = root.locator(".search input").input_value()
    assert before.startswith("like:")
    wall.cell(1).click()
    wall.large.wait_for()
    wall.press("m")
    wall.large.wait_for(state="hidden")
    root.locator(".piece", has_text="like 2024").wait_for()
    assert root.locator(".search input").input_value() != before
    wall.cell(0).focus()
    wall.press("Space")
    assert wall.selected() == "1 selected"
    root.locator(".search input").press("Escape")
    root.get_by_text(f"{TOTAL} photos").first.wait_for()
    root.get_by_label("Saved searches", exact=True).select_option("may 2024 not blurry")
    root.locator(".piece", has_text="May 2024").wait_for()
    root.get_by_role("button", name="Remove from the saved searches").click()
    root.get_by_label("Saved searches", exact=True).wait_for(state="hidden")
    root.locator(".search input").fill("colr:red")
    root.get_by_text("Did you mean color:?").first.wait_for()
    calm()


def test_names_in_a_search_are_text(wall: Wall, calm) -> None:
    wall.press("/")
    wall.page.keyboard.type("<img src=x")
    wall.root.locator(f".cell[title='name: {NASTY}']").wait_for()
    assert wall.root.locator("img[src=x]").count() == 0
    calm()


@pytest.mark.parametrize(
    ("size", "scheme"), [((390, 844), "light"), pytest.param((1280, 900), "dark", marks=pytest.mark.nightly)]
)
def test_no_barriers(new_page, shelf, size: tuple[int, int], scheme: str) -> None:
    page = new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    page.set_default_timeout(10_000)
    wall, inspector = Wall(page, shelf[0].url).open(), Inspector(page)
    inspector.look("grid")
    wall.press("Home", "Space", "ArrowRight", "Space")
    inspector.look("selected")
    wall.press("t")
    page.get_by_role("dialog", name="Tag: 2 photos").wait_for()
    inspector.look("a question")
    wall.press("Escape", "Escape", "?")
    shortcuts = page.get_by_role("dialog", name="Shortcuts and gestures")
    shortcuts.wait_for()
    inspector.look("help")
    wall.press("Escape")
    shortcuts.wait_for(state="hidden")
    wall.press("Enter")
    wall.large.wait_for()
    wall.press("i")
    wall.large.get_by_text("Resolution").wait_for()
    inspector.look("large view with information")
    wall.press("Escape")
    wall.root.locator(".search input").fill("may or february 2020")
    wall.root.locator(".piece").first.wait_for()
    inspector.look("a search")
    assert inspector.found == [], "\n" + "\n".join(inspector.found)


def test_a_library_of_nothing(new_page, tmp_path: Path) -> None:
    started, process = start_server(tmp_path)
    try:
        page = new_page()
        page.goto(f"{started.url}/photos")
        page.get_by_role("heading", name="No folder is in the library yet").wait_for()
        page.get_by_role("link", name="Library folders").click()
        page.get_by_role("heading", name="Library folders").wait_for()
    finally:
        stop_server(process)
