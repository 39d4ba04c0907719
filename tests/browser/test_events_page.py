"""The events of a library, as a person names, splits and joins them, in real Chromium."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.browser.conftest import Server, start_server, stop_server
from tests.browser.test_axe import Inspector
from tests.helpers.libraries import read_in, taken

from unipic.library.library import Library

pytestmark = pytest.mark.browser

NASTY = "<img src=x onerror=alert(1)>"


def small_library(data: Path, photos: Path) -> None:
    """A morning and an evening, a folder with a name that is none to believe, a day, and one undated photo."""
    for number in range(6):
        taken(number, photos / f"a{number}.jpg", f"2024-05-04 10:0{number}:00", 96, 64)
        taken(number + 10, photos / f"b{number}.jpg", f"2024-05-04 20:0{number}:00", 64, 96)
        taken(number + 20, photos / NASTY / f"c{number}.jpg", f"2022-08-13 15:0{number}:00", 96, 64)
    taken(40, photos / "d.jpg", "2022-08-20 15:00:00", 96, 64)
    taken(41, photos / "scan.jpg", "", 96, 64)
    read_in(Library(data), photos)


@pytest.fixture(scope="module")
def shelf(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("data")
    small_library(data, tmp_path_factory.mktemp("photos"))
    started, process = start_server(data)
    yield started
    stop_server(process)


def opened(page: Any, shelf: Server) -> Any:
    page.goto(f"{shelf.url}/events")
    root = page.locator(".events")
    root.locator(".card").first.wait_for()
    return root


def titles(root: Any) -> list[str]:
    return list(root.locator(".card strong").all_inner_texts())


def test_open_rename_split_join_and_reload(page: Any, shelf: Server, quiet: Any) -> None:
    root = opened(page, shelf)
    assert titles(root) == ["Saturday evening, 4 May 2024", "Saturday morning, 4 May 2024", NASTY]
    root.get_by_role("button", name="Saturday morning").focus()
    page.keyboard.press("Enter")
    field = root.get_by_label("Name of the event")
    field.fill("Market")
    page.keyboard.press("Enter")
    root.get_by_text("Renamed.").wait_for()
    root.get_by_role("button", name="Split…").click()
    root.get_by_role("button", name="Split here: Saturday, 4 May 2024, 4 of 6").click()
    root.get_by_text("A new event begins here.").wait_for()
    page.go_back()
    root.locator(".card").nth(3).wait_for()
    halves = ["Saturday evening, 4 May 2024", "Saturday morning, 4 May 2024", "Market", NASTY]
    assert sorted(titles(root)) == sorted(halves)
    root.get_by_role("button", name="Market").click()
    root.get_by_role("button", name="Join with next").click()
    root.get_by_text("Joined with the next one.").wait_for()
    assert root.locator(".shot").count() == 6
    page.reload()
    root.locator(".shot").first.wait_for()
    assert root.get_by_label("Name of the event").input_value() == "Market"
    page.keyboard.press("Escape")
    root.locator(".card").first.wait_for()
    assert titles(root) == ["Saturday evening, 4 May 2024", "Market", NASTY]
    root.get_by_role("button", name="Market").click()
    root.get_by_role("button", name="Leave photos out…").click()
    root.locator(".shot").first.click()
    root.get_by_role("button", name="Leave out 1 photo").click()
    root.get_by_text("1 photo left out.").wait_for()
    root.get_by_role("button", name="Undo").click()
    root.get_by_text("Taken back.").wait_for()
    assert root.locator(".shot").count() == 6
    root.get_by_role("button", name="Automatic title").click()
    root.get_by_text("The title is found by itself again.").wait_for()
    assert root.get_by_label("Name of the event").input_value() == "Saturday morning, 4 May 2024"
    root.get_by_role("button", name="Make an album").click()
    page.get_by_role("heading", name="Export 6 photos").wait_for()
    quiet()


@pytest.mark.nightly
def test_an_event_among_all_photos(page: Any, shelf: Server, quiet: Any) -> None:
    root = opened(page, shelf)
    root.get_by_role("button", name="Saturday evening").click()
    root.get_by_role("button", name="Show in Photos").click()
    page.locator(".gallery .cell.there").first.wait_for()
    assert page.locator(".gallery .cell.there").count() == 6
    quiet()


@pytest.mark.nightly
@pytest.mark.parametrize("size", ["small", "large"])
def test_no_barriers(size: str, new_page: Any, shelf: Server) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    page = new_page(color_scheme="light" if size == "small" else "dark", **(phone if size == "small" else {}))
    inspector = Inspector(page)
    root = opened(page, shelf)
    inspector.look("events: timeline")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    root.locator(".card").first.click()
    root.locator(".shot").first.wait_for()
    inspector.look("events: one")
    root.get_by_role("button", name="Page to print…").click()
    root.get_by_label("Photos").select_option("4")
    root.get_by_role("button", name="Make the page").click()
    root.get_by_role("link", name="Download the page of 4 photos").wait_for()
    inspector.look("events: a page to print")
    root.get_by_role("button", name="Guest link…").click()
    inspector.look("events: links for guests")
    root.get_by_role("button", name="Split…").click()
    inspector.look("events: splitting")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert inspector.found == [], "\n" + "\n".join(inspector.found)
