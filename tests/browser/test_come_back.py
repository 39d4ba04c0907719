"""Nothing is lost to sight: Continue cards, a reload in the middle of things, and Back in the browser's history."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.browser.conftest import Server
from tests.browser.room import TIMEOUT_MS, Room

from server.runs import Run, Runs

pytestmark = pytest.mark.browser

FILES = 30


@pytest.fixture
def room(page, server: Server, sample_run: Callable[[Path], Run]) -> Room:
    return Room(page, server.url, sample_run(server.runs)).open()


def photo(number: int, size: int = 1000) -> dict[str, object]:
    name = f"IMG_{number:02}.jpg"
    return {"name": name, "mimeType": "image/jpeg", "buffer": name.encode().ljust(size, b"\0")}


def cards(page):
    return page.get_by_role("region", name="Continue")


def test_a_review_is_found_at_the_plain_address(room: Room, new_page, quiet) -> None:
    room.start()
    room.press("Enter")
    room.at(2)
    room.saved()
    groups = len(room.book["groups"])
    tab = room.page.context.new_page()
    tab.goto(room.url)
    card = cards(tab).get_by_role("button", name=re.compile("^Sample photos"))
    card.get_by_text(f"1 of {groups} groups decided").wait_for()
    assert card.locator("img").evaluate("async image => (await image.decode(), image.naturalWidth)") > 0
    card.click()
    again = Room(tab, room.url, room.run)
    again.root.locator(".stage img.large").wait_for()
    assert again.shown == room.shown
    assert room.run.token in tab.url

    other = new_page()
    other.goto(room.url)
    other.get_by_role("button", name="Choose photos", exact=True).wait_for()
    assert cards(other).count() == 0, "another browser knows nothing of it"

    tab.goto(room.url)
    cards(tab).get_by_role("button", name=re.compile("^Delete: Sample photos")).click()
    asked = tab.get_by_role("dialog", name="Delete “Sample photos”?")
    asked.get_by_role("button", name="Cancel").click()
    assert room.run.folder.exists()
    cards(tab).get_by_role("button", name=re.compile("^Delete: Sample photos")).click()
    asked.get_by_role("button", name="Delete").click()
    cards(tab).wait_for(state="hidden")
    assert not room.run.folder.exists()
    quiet()


def test_a_deleted_review_is_said_and_cleared(room: Room, quiet) -> None:
    room.page.goto("about:blank")
    room.run.delete()
    room.page.goto(room.url)
    cards(room.page).get_by_text("1 earlier review is no longer on this server").wait_for()
    cards(room.page).get_by_role("button", name="Clear").click()
    cards(room.page).wait_for(state="hidden")
    room.page.reload()
    room.page.get_by_role("button", name="Choose photos", exact=True).wait_for()
    assert cards(room.page).count() == 0
    quiet()


@pytest.fixture
def uploads(page, server: Server) -> Iterator[None]:
    """The page to upload on; what it uploaded goes afterwards."""
    before = {run.token for run in Runs(server.runs).all()}
    page.goto(server.url)
    page.get_by_role("button", name="Choose photos", exact=True).wait_for()
    yield
    for run in Runs(server.runs).all():
        if run.token not in before:
            run.delete()


@pytest.mark.usefixtures("uploads")
def test_a_reload_before_the_start_finds_every_upload(page, server: Server, quiet) -> None:
    page.locator("input.files").set_input_files([photo(number) for number in range(FILES)])
    start = page.get_by_role("button", name=f"Find copies and best shots in {FILES} files")
    start.wait_for(timeout=TIMEOUT_MS)
    page.reload()
    start.wait_for(timeout=TIMEOUT_MS)
    page.locator(".sum", has_text=f"{FILES} photos uploaded").wait_for()
    page.goto(server.url)  # as a new tab
    card = cards(page).get_by_role("button", name=re.compile(f"^{FILES} uploaded files"))
    card.get_by_text("Scan not started").wait_for()
    card.click()
    start.wait_for(timeout=TIMEOUT_MS)
    quiet()


@pytest.mark.usefixtures("uploads")
def test_a_reload_in_mid_upload_keeps_what_is_whole_and_names_the_rest(page, complaints, quiet) -> None:
    page.on("dialog", lambda dialog: dialog.accept())  # the warning before an upload is left
    held = re.compile(r"/unipic/upload/.*IMG_(1[89]|2\d)\.jpg")
    page.route(held, lambda route: None)
    page.locator("input.files").set_input_files([photo(number) for number in range(FILES)])
    page.locator(".sum", has_text=f"18 of {FILES} photos").wait_for()
    page.reload()
    page.get_by_text(f"12 of {FILES} files were not uploaded before the page closed: IMG_21.jpg").wait_for()
    page.get_by_role("button", name="Find copies and best shots in 18 files").wait_for()
    page.unroute(held)
    page.locator("input.files").set_input_files([photo(number) for number in range(18, FILES)])
    page.get_by_role("button", name=f"Find copies and best shots in {FILES} files").wait_for(timeout=TIMEOUT_MS)
    assert page.get_by_text("were not uploaded").count() == 0
    quiet()


def test_back_closes_the_loupe_then_the_comparison_then_the_group(page, server, sample_run, quiet) -> None:
    page.goto(server.url)
    page.get_by_role("button", name="Choose photos", exact=True).wait_for()
    room = Room(page, server.url, sample_run(server.runs)).open().start()
    room.press("j")
    room.at(2)
    comparison, loupe = room.root.locator("dialog.compare"), room.root.locator(".compare-loupe[aria-pressed=true]")
    room.press("c")
    comparison.wait_for()
    room.press("l")
    loupe.wait_for()
    page.go_back()
    loupe.wait_for(state="detached")
    assert comparison.locator(".compare-pane").count() == 2
    page.go_back()
    comparison.wait_for(state="detached")
    room.at(2)
    page.go_back()
    room.root.locator("button.start").wait_for()
    page.go_forward()
    room.at(2)
    page.go_forward()
    comparison.wait_for()
    room.close()
    room.press("?")
    help_dialog = page.get_by_role("dialog", name="Shortcuts and gestures")
    help_dialog.wait_for()
    page.go_back()
    help_dialog.wait_for(state="detached")
    room.press("g", "g", "Escape")  # the way back by the page itself, faster than the history
    room.root.locator("button.start").wait_for()
    page.go_back()
    page.get_by_role("button", name="Choose photos", exact=True).wait_for()
    quiet()


def test_back_leaves_a_review_that_the_menu_opened_at_once(room: Room, quiet) -> None:
    page = room.page
    page.get_by_role("link", name="Add photos").first.click()
    choose = page.get_by_role("button", name="Choose photos", exact=True)
    choose.wait_for()
    page.get_by_role("link", name="Review").first.click()
    room.root.locator("button.start").wait_for()
    page.wait_for_url(f"**/review?run={room.run.token}")
    page.go_back()
    choose.wait_for()
    page.go_forward()
    room.root.locator("button.start").wait_for()
    quiet()


def test_a_reload_stays_in_group_7_and_in_the_comparison(room: Room, quiet) -> None:
    room.start()
    for place in range(2, 8):
        room.press("Enter")
        room.at(place)
    room.press("ArrowRight")
    room.saved()
    group, path = room.shown, room.root.locator(".path").inner_text()
    room.page.reload()
    room.at(7)
    assert (room.shown, room.root.locator(".path").inner_text()) == (group, path)
    room.press("c")
    comparison = room.root.locator("dialog.compare")
    comparison.wait_for()
    room.page.reload()
    comparison.wait_for()
    room.close()
    room.at(7)
    room.press("g")
    room.root.get_by_label(re.compile("^Sort")).select_option("Most photos")
    room.page.reload()
    room.root.locator("button.start").wait_for()
    assert room.root.get_by_label(re.compile("^Sort")).input_value() == "photos"
    quiet()
