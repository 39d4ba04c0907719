"""The review by keyboard and by thumb: every key does what the help says, and only where it should."""

from __future__ import annotations

import time

import pytest
from tests.browser.room import Room

pytestmark = pytest.mark.browser

LIKE_A_BUTTON = "button, summary, select, input:not([type=checkbox]):not([type=hidden]), label, [role=button]"


@pytest.fixture
def room(page, server, sample_run) -> Room:
    return Room(page, server.url, sample_run(server.runs)).open()


@pytest.fixture
def thumb_room(phone, server, sample_run) -> Room:
    return Room(phone, server.url, sample_run(server.runs)).open()


def photo(room: Room) -> str:
    return room.root.locator(".path strong").inner_text()


def where(room: Room) -> str:
    return room.root.locator(".where strong").inner_text()


def saying(room: Room, words: str) -> None:
    room.root.locator(".said", has_text=words).wait_for(timeout=5000)


def test_keys_that_walk(room: Room, quiet) -> None:
    room.start()
    groups = len(room.book["groups"])
    for key, place in (("j", 2), ("ArrowDown", 3), ("k", 2), ("ArrowUp", 1)):
        room.press(key)
        assert where(room) == f"Group {place} of {groups}", key
    room.press("k")
    saying(room, "This is the first group")
    assert where(room).startswith("Group 1 ")
    count = room.root.locator(".strip li").count()
    assert count == 4
    for key, place in (("ArrowRight", 2), ("ArrowRight", 3), ("ArrowLeft", 2), ("ArrowRight", 3), ("ArrowRight", 4)):
        room.press(key)
        assert photo(room) == f"{place} of {count}", key
    room.press("ArrowRight")
    assert photo(room) == "4 of 4"
    room.press(*["j"] * (groups - 1))
    assert where(room) == f"Group {groups} of {groups}"
    room.press("J")  # with Caps Lock
    saying(room, "This is the last group")
    assert room.book["version"] == 0, "looking is no step"
    quiet()


def test_keys_that_decide(room: Room, quiet) -> None:
    room.start()
    first = room.book["groups"]
    at = next(group for group in first if group["id"] == room.shown)
    photos = [photo["id"] for photo in at["photos"]]
    assert room.kept() == [True, False, False, False]
    for keys, stays in (
        (["ArrowRight", "Space"], "1100"),
        (["Space"], "1000"),
        (["3"], "1010"),
        (["1"], "0010"),
        (["9"], "0010"),  # there is no ninth
        (["a"], "1111"),
        (["x"], "0100"),  # the second one is large
        (["2"], "0000"),
    ):
        room.press(*keys)
        assert "".join("01"[one] for one in room.kept()) == stays, keys
    room.root.get_by_text("No photo of this group will be kept").wait_for()
    room.press("4", "Enter")
    room.at(2)
    assert room.focused().startswith("h2 "), "the next group is read out from its title"
    room.saved()
    assert room.book["choices"] == {at["id"]: {"kept": [photos[3]], "done": True, "remembered": False}}
    room.press("Enter", "Enter")
    room.at(4)
    room.saved()
    assert sum(choice["done"] for choice in room.book["choices"].values()) == 3
    quiet()


def test_enter_goes_on_until_all_is_decided(room: Room, quiet) -> None:
    room.start()
    groups = len(room.book["groups"])
    room.press("j", "j")  # what was passed by comes later
    for _ in range(groups):
        before = room.shown
        room.press("Enter")
        room.page.wait_for_function(
            "([root, before]) => root.dataset.shown !== before", arg=[room.root.element_handle(), before]
        )
    heading = room.root.get_by_role("heading", name="All groups are decided")
    heading.wait_for()
    assert room.focused() == "h2 All groups are decided"
    room.saved()
    assert sum(choice["done"] for choice in room.book["choices"].values()) == groups
    room.root.get_by_role("button", name="Finish", exact=True).click()
    room.page.get_by_text("Your clean gallery").wait_for()
    assert f"run={room.run.token}" in room.page.url
    quiet()


def test_keys_that_take_back(room: Room, quiet) -> None:
    room.start()
    group = room.shown
    room.press("Space", "a", "Enter", "Enter")
    room.saved()
    room.press("g")
    assert where(room).endswith(" groups")
    for _ in range(4):
        room.press("u")
    saying(room, "Undone")
    room.root.locator(".undo:disabled").wait_for()
    assert all(choice is None or not choice["done"] for choice in room.book["choices"].values())
    for _ in range(3):
        room.press("Shift+U")
    saying(room, "Redone")
    until = time.monotonic() + 10
    while not room.book["choices"].get(group, {}).get("done") and time.monotonic() < until:
        time.sleep(0.1)
    choices = room.book["choices"]
    assert choices[group]["done"]
    assert len(choices[group]["kept"]) == 4
    room.press("Shift+U")
    room.saved()
    room.press("Shift+U")
    saying(room, "Nothing to redo")
    quiet()


def test_undo_goes_back_to_the_group_it_was_about(room: Room) -> None:
    room.start()
    group = room.shown
    room.press("3", "Enter")
    room.at(2)
    room.saved()
    room.press("u")
    room.at(1)
    room.page.wait_for_function("([root, id]) => root.dataset.shown === id", arg=[room.root.element_handle(), group])
    assert room.kept() == [True, False, True, False]


def test_not_duplicates_goes_and_comes_back(room: Room, quiet) -> None:
    room.start()
    groups, group = len(room.book["groups"]), room.shown
    room.press("n")
    saying(room, "Not duplicates")
    room.saved()
    assert group not in {one["id"] for one in room.book["groups"]}
    room.press("u")
    room.page.wait_for_function("([root, id]) => root.dataset.shown === id", arg=[room.root.element_handle(), group])
    assert len(room.book["groups"]) == groups
    quiet()


def test_keys_that_open_something(room: Room, quiet) -> None:
    room.start()
    for key, name in (("z", "Compare photos"), ("c", "Compare photos"), ("?", "Shortcuts and gestures")):
        before = room.focused()
        room.press(key)
        room.page.get_by_role("dialog", name=name).wait_for()
        inside = room.page.evaluate("""() => {
            let at = document.activeElement;
            while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
            return Boolean(at.closest("dialog"));
        }""")
        assert inside, f"{key}: the focus is in the dialog"
        room.press("j", "n")
        room.close()
        assert room.focused() == before, f"{key}: the focus is where it was"
        assert where(room).startswith("Group 1 "), "keys behind a dialog do nothing"
    room.press("f")
    room.page.wait_for_function("() => document.fullscreenElement !== null")
    room.press("f")
    room.page.wait_for_function("() => document.fullscreenElement === null")
    assert room.book["version"] == 0
    quiet()


def test_the_help_names_every_key(room: Room) -> None:
    room.press("?")
    room.page.get_by_role("dialog", name="Shortcuts and gestures").wait_for()
    named = room.root.locator("dialog kbd").all_inner_texts()
    keys = room.page.evaluate("""async () => {
        const { KEYS, signs } = await import("/unipic/darkroom/keys.js");
        return KEYS.flatMap(signs);
    }""")
    assert set(keys) <= set(named)
    room.close()


def test_keys_of_the_list(room: Room, quiet) -> None:
    rows = room.root.locator(".rows .open")
    names = rows.evaluate_all("all => all.map(row => row.textContent.trim().slice(0, 60))")
    for key, row in (("j", 0), ("ArrowDown", 1), ("j", 2), ("k", 1), ("ArrowUp", 0), ("k", 0), ("j", 1)):
        room.press(key)
        assert room.focused().startswith(f"button {names[row]}"), key
    room.press("Enter")
    room.at(2)
    assert room.focused().startswith("h2 ")
    room.press("j", "Escape")
    assert room.focused().startswith(f"button {names[2]}"), "back on the row of the group one comes from"
    room.press("Enter")
    room.at(3)
    room.press("g")
    assert room.focused().startswith(f"button {names[2]}")
    room.page.keyboard.press("Shift+Tab")
    assert room.focused().startswith("input Select group")
    room.press("Space")
    room.root.get_by_text("1 group selected").wait_for()
    room.press("Escape")
    room.root.get_by_text("1 group selected").wait_for(state="hidden")
    quiet()


def test_typing_elsewhere_is_only_typing(room: Room, quiet) -> None:
    search = room.root.get_by_role("searchbox")
    search.focus()
    room.page.keyboard.type("jugx? lisbon")
    assert search.input_value() == "jugx? lisbon"
    assert room.root.locator("dialog").count() == 0
    search.fill("")
    room.start()
    room.page.get_by_role("button", name="Rules").click()
    field = room.page.get_by_role("combobox", name="Protected folders")
    field.click()
    room.page.keyboard.type("xanjgu1 ")
    assert field.input_value() == "xanjgu1 "
    assert room.root.locator(".where").inner_text().startswith("Group 1 ")
    assert room.book["version"] == 0
    room.press("Escape", "Escape")
    quiet()


def test_keys_are_the_browsers_with_control_and_after_leaving(room: Room, quiet) -> None:
    room.start()
    room.press("Control+a", "Alt+x", "Control+z")
    assert room.book["version"] == 0
    room.page.get_by_role("link", name="Finish").first.click()
    album = room.page.get_by_label("Name of the album")
    album.wait_for()
    room.page.locator("h1").click()
    room.press("j", "a", "n", "u", "Enter", "?")
    album.fill("Best of Lisbon, naxu?")
    room.press("Enter")
    room.page.wait_for_timeout(300)
    assert room.book["version"] == 0
    quiet()


# With a thumb.


def swipe(room: Room, by: int, down: int = 0, rest: int = 0) -> None:
    """A finger across the large photo, as the browser itself sees it, that may rest (ms) before it is lifted."""
    box = room.root.locator(".stage").bounding_box()
    x, y = box["x"] + box["width"] / 2 - by / 2, box["y"] + box["height"] / 2 - down / 2
    session = room.page.context.new_cdp_session(room.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        told = [{"x": across, "y": below} for across, below in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": told})

    touch("touchStart", (x, y))
    for part in range(1, 9):
        touch("touchMove", (x + by * part / 8, y + down * part / 8))
        room.page.wait_for_timeout(16)
    room.page.wait_for_timeout(rest)
    touch("touchEnd")
    session.detach()


def test_swipes_keep_and_set_aside(thumb_room: Room, quiet) -> None:
    room = thumb_room.start()
    assert room.kept() == [True, False, False, False]
    for by, after, place in (
        (200, "1000", 2),
        (200, "1100", 3),
        (-200, "1100", 4),
        (200, "1101", 4),
        (-200, "1100", 4),
    ):
        swipe(room, by)
        room.page.wait_for_timeout(100)
        assert "".join("01"[one] for one in room.kept()) == after, by
        assert photo(room) == f"{place} of 4"
    swipe(room, 40)
    swipe(room, 20, down=150, rest=300)  # lifted in motion the page would roll on, and the tap below only stop it
    assert room.kept() == [True, True, False, False], "too short, or meant to scroll"
    assert room.root.locator("dialog[open]").count() == 0, "a swipe is no tap"
    assert where(room).startswith("Group 1 ")
    room.root.locator(".stage").tap()
    room.page.get_by_role("dialog", name="Compare photos").wait_for()
    quiet()


def small_targets(room: Room) -> list[str]:
    """What a finger could miss: less than 44 pixels high or wide. A label counts with what it is for."""
    return list(
        room.root.evaluate(
            """(root, what) => [...root.querySelectorAll(what)].flatMap((one) => {
                const { width, height } = (one.closest("label") ?? one).getBoundingClientRect();
                if (!width || !height || one.disabled || (one.tagName === "LABEL" && !one.querySelector("input")))
                    return [];
                const words = (one.getAttribute("aria-label") ?? one.textContent.trim()).slice(0, 40);
                const small = Math.round(Math.min(width, height) * 10) / 10 < 44;
                return small ? [`${one.tagName}.${one.className} ${words}: ${width} x ${height}`] : [];
            })""",
            LIKE_A_BUTTON,
        )
    )


def test_a_thumb_hits_everything(thumb_room: Room, quiet) -> None:
    room = thumb_room
    width = "document.documentElement.scrollWidth"
    found = {"list": (small_targets(room), room.page.evaluate(width))}
    room.start()
    found["group"] = (small_targets(room), room.page.evaluate(width))
    room.root.locator(".stage").tap()
    room.page.get_by_role("dialog", name="Compare photos").wait_for()
    found["compare"] = (small_targets(room), room.page.evaluate(width))
    room.close()
    room.press("g")
    room.root.get_by_role("button", name="Accept confident suggestions").tap()
    room.page.get_by_role("dialog", name="Accept many groups").wait_for()
    found["bulk"] = (small_targets(room), room.page.evaluate(width))
    assert {view: small for view, (small, _) in found.items() if small} == {}
    assert {view: wide for view, (_, wide) in found.items() if wide > 390} == {}
    quiet()
