"""A whole review by touch alone, at 390 pixels, by taps and swipes, with every target large enough."""

import pytest
from tests.browser.room import Room
from tests.helpers.reviews import KINDS, SHOTS, review_of
from tests.safety.harness.amounts import amount

pytestmark = pytest.mark.browser

GROUPS = amount(pr=24, nightly=60)
KEPT = {"clear": 1, "tie": 2, "identical": 1}


def test_every_group(phone, server, quiet) -> None:
    room = Room(phone, server.url, review_of(server.data, GROUPS)).open()
    third = GROUPS // len(KINDS)
    assert room.small_targets() == []
    first_photo = room.root.locator(".rows img").first.bounding_box()
    assert first_photo["y"] < 844 / 2, "photos are in the upper half before anything is scrolled"
    room.root.get_by_role("button", name=f"Set {third} copies aside").tap()
    room.saved()
    room.root.get_by_role("button", name="Continue review").tap()
    room.at(1)
    assert room.small_targets() == []
    for place in range(1, 2 * third + 1):
        room.at(place)
        kind = "clear" if place <= third else "tie"
        for shot in range(1, SHOTS[kind] + 1):
            room.photo(shot, SHOTS[kind])
            room.swipe(200 if shot <= KEPT[kind] else -200)
    room.root.get_by_role("heading", name="All groups are decided").wait_for()
    room.saved()
    book = room.book
    kinds = {group["id"]: "tie" if group["tie"] else _kind(group["lane"]) for group in book["groups"]}
    assert all(book["choices"][id]["done"] for id in kinds)
    assert all(len(book["choices"][id]["kept"]) == KEPT[kind] for id, kind in kinds.items())
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    room.root.get_by_role("button", name="Finish", exact=True).tap()
    phone.get_by_text("Your clean gallery").wait_for()
    quiet()


def _kind(lane: str) -> str:
    return "identical" if lane == "identical" else "clear"


def test_the_help_begins_with_gestures_where_there_are_fingers(phone, page, server) -> None:
    run = review_of(server.data, 3)
    for visitor, first in ((phone, "Touch and mouse"), (page, "In a group")):
        room = Room(visitor, server.url, run).open()
        room.root.get_by_role("button", name="Help: shortcuts").click()
        dialog = visitor.get_by_role("dialog", name="Shortcuts and gestures")
        assert dialog.locator("h3").first.inner_text() == first


def test_choosing_a_page_leaves_the_photos_in_view(phone, server) -> None:
    """The pages stand at the bottom, with no menu over the screen that would have to be closed."""
    room = Room(phone, server.url, review_of(server.data, 3)).open()
    bar = phone.locator(".st-key-thumb-bar")
    assert bar.bounding_box()["y"] > 844 - 80
    bar.get_by_role("link", name="Finish").tap()
    phone.get_by_text("Your clean gallery").wait_for()
    bar.get_by_role("link", name="Review").tap()
    room.root.locator(".rows li").first.wait_for()
    assert phone.get_by_test_id("stSidebar").locator("visible=true").count() == 0
