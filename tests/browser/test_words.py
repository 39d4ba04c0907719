"""Words that were read in a picture are shown beside it, and a tap searches for them, in real Chromium."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.browser.conftest import Server, start_server, stop_server
from tests.browser.test_axe import Inspector
from tests.browser.test_photos import Wall
from tests.helpers.libraries import SETTINGS, read_in, taken
from tests.helpers.pages import page as drawn
from tests.helpers.pictures import save, scene

from unipic.library.library import Library
from unipic.reading.engines.inline import InlineEngine
from unipic.tools import Tools
from unipic.vision.builtin import BuiltinEncoder
from utils import read_words

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shelf(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data, photos = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("photos")
    save(drawn(["Parked beside RE16 TGK", "He said <b>two</b>", '"Platform nine"']), photos / "Screenshot.png")
    taken(1, photos / "beach.jpg", "2020-05-04 10:00:00")
    library = Library(data)
    read_in(library, photos)
    assert read_words("screens", library, Tools(BuiltinEncoder(), None, InlineEngine(), library.thumbnails), SETTINGS)
    started, process = start_server(data)
    yield started
    stop_server(process)


def test_a_line_in_a_picture_is_shown_and_searched_for(page: Any, shelf: Server, quiet: Callable[[], None]) -> None:
    page.set_default_timeout(10_000)
    wall = Wall(page, shelf.url).open()
    wall.press("/")
    page.keyboard.type("re16")
    wall.root.get_by_text("1 photo").first.wait_for()
    cell = wall.root.locator(".cell.there").first
    assert cell.get_attribute("title") == "words in the picture: Parked beside RE16 TGK"
    cell.click()
    wall.press("i")
    lines = wall.large.locator(".lines")
    lines.get_by_role("button", name="He said").wait_for()
    assert lines.locator("b").count() == 0, "what is written in a picture is no markup"
    lines.get_by_role("button", name="Platform nine").click()
    wall.root.locator(".piece", has_text="Platform nine").wait_for()
    wall.root.get_by_text("1 photo").first.wait_for()
    quiet()


@pytest.mark.nightly  # starts a process that reads the picture
def test_a_picture_from_this_device_is_searched_by(
    page: Any, shelf: Server, tmp_path: Path, quiet: Callable[[], None]
) -> None:
    page.set_default_timeout(60_000)
    wall = Wall(page, shelf.url).open()
    mine = save(scene(1).resize((400, 300)), tmp_path / "my beach.jpg")
    with page.expect_file_chooser() as chooser:
        wall.root.get_by_role("button", name="Search by a picture").click()
    chooser.value.set_files(mine)
    wall.root.locator(".piece", has_text="like my beach.jpg").wait_for()
    wall.root.get_by_role("heading", name="The same picture").wait_for()
    quiet()


def test_find_similar_in_the_large_view(page: Any, shelf: Server, quiet: Callable[[], None]) -> None:
    page.set_default_timeout(10_000)
    wall = Wall(page, shelf.url).open()
    wall.cell(0).click()
    wall.large.get_by_role("button", name="Find similar").click()
    wall.large.wait_for(state="hidden")
    wall.root.get_by_role("button", name="Select The same picture, 1 photo").wait_for()
    quiet()


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), pytest.param(1280, "dark", marks=pytest.mark.nightly)])
def test_no_barriers(new_page: Callable[..., Any], shelf: Server, width: int, scheme: str) -> None:
    page = new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page.set_default_timeout(10_000)
    wall, inspector = Wall(page, shelf.url).open(), Inspector(page)
    wall.root.locator(".search input").fill("re16")
    wall.root.get_by_text("1 photo").first.wait_for()
    wall.root.locator(".cell.there").first.click()
    page.keyboard.press("i")
    wall.large.locator(".lines button").first.wait_for()
    inspector.look("the lines in a picture")
    page.goto(f"{shelf.url}/folders")
    page.get_by_text("Read the words in all photos").wait_for()
    inspector.look("the library's folders")
    assert inspector.found == [], "\n" + "\n".join(inspector.found)
