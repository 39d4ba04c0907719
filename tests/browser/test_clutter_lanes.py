"""Lanes of clutter in the review: they show, and only the person sets photos aside, by key, by thumb or all at once."""

import os
from pathlib import Path

import pytest
from tests.browser.room import Room
from tests.helpers.reviews import review_of

pytestmark = pytest.mark.browser


def lane(room: Room, kind: str):
    return room.root.locator(f".lanes button[data-kind={kind}]")


def seen(room: Room, name: str) -> None:
    """Pictures of the page, light and dark, where somebody wants to look at them."""
    for scheme in ("dark", "light") if (folder := os.environ.get("UNIPIC_SEEN")) else ():
        room.page.emulate_media(color_scheme=scheme)
        room.page.wait_for_timeout(500)
        room.page.screenshot(path=Path(folder) / f"{name}-{scheme}.png")


def aside(room: Room) -> list[str]:
    """Kinds of the groups of which nothing stays, as the server says."""
    book = room.book
    gone = [id for id, choice in book["choices"].items() if choice["done"] and not choice["kept"]]
    return sorted(group["lane"] for group in book["groups"] if group["id"] in gone)


def test_a_lane_by_keyboard(page, server, quiet) -> None:
    room = Room(page, server.url, review_of(server.data, 3, clutter=6)).open()
    rows = room.root.locator(".rows li")
    assert rows.count() == 3, "clutter is not among what waits for a decision"
    lane(room, "screenshot").focus()
    room.press("Enter")
    room.root.locator(".lanes .quiet", has_text="somebody’s dearest").wait_for()
    assert rows.count() == 3
    assert "A reason with the number 0." in rows.first.inner_text(), "the surest comes first"
    seen(room, "list")
    rows.first.locator(".open").click()
    room.root.locator(".doubt", has_text="It stays unless you set it aside").wait_for()
    assert room.kept() == [True]
    seen(room, "photo")
    room.press("s")
    room.root.locator(".why", has_text="number 2").wait_for()
    room.press("Enter")  # keeps
    room.root.locator(".why", has_text="number 4").wait_for()
    room.saved()
    assert aside(room) == ["screenshot"]
    page.go_back()
    rows.first.wait_for()
    assert lane(room, "screenshot").get_attribute("aria-pressed") == "true"
    room.press("u", "u")
    room.saved()
    assert aside(room) == []
    quiet()


def test_all_of_a_lane_and_undo(page, server, quiet) -> None:
    room = Room(page, server.url, review_of(server.data, 3, clutter=6)).open()
    lane(room, "blurred").click()
    room.root.get_by_label("Select all listed groups").check()
    many = room.root.get_by_role("group", name="Selected groups")
    assert many.get_by_role("button", name="Merge into one group").is_hidden()
    many.get_by_role("button", name="Set aside").click()
    room.saved()
    assert aside(room) == ["blurred"] * 3
    assert room.book["ledger"]["left_out"]["by"]["you"]["photos"] == 3
    room.press("u")
    room.saved()
    assert aside(room) == []
    lane(room, "blurred").click()
    room.root.locator(".counted, .top span", has_text="3 groups").wait_for()
    quiet()


def test_a_lane_by_thumb(phone, server, quiet) -> None:
    room = Room(phone, server.url, review_of(server.data, 3, clutter=4)).open()
    lane(room, "screenshot").tap()
    seen(room, "phone-list")
    assert room.small_targets() == []
    room.root.locator(".rows .open").first.tap()
    room.root.locator(".doubt", has_text="It stays").wait_for()
    assert room.shown
    seen(room, "phone-photo")
    room.swipe(-200)
    room.root.locator(".why", has_text="number 2").wait_for()
    room.saved()
    assert aside(room) == ["screenshot"]
    quiet()
