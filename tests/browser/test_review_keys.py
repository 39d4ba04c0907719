"""The review by keyboard and by thumb: every key does what the help says, and only where it should."""

import re
import time

import pytest
from tests.browser.room import Room
from tests.helpers.reviews import review_of

pytestmark = pytest.mark.browser


@pytest.fixture
def room(page, server) -> Room:
    """Three clear picks of three shots, then three pairs of identical files, then three ties of two."""
    return Room(page, server.url, review_of(server.data, 9)).open()


@pytest.fixture
def thumb_room(phone, server) -> Room:
    return Room(phone, server.url, review_of(server.data, 9)).open()


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
    assert count == 3
    for key, place in (("ArrowRight", 2), ("ArrowLeft", 1), ("ArrowRight", 2), ("ArrowRight", 3)):
        room.press(key)
        assert photo(room) == f"{place} of {count}", key
    room.press("ArrowRight")
    assert photo(room) == "3 of 3"
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
    assert room.kept() == [True, False, False]
    for keys, stays in (
        (["ArrowRight", "Space"], "110"),
        (["Space"], "100"),
        (["3"], "101"),
        (["1"], "001"),
        (["9"], "001"),  # there is no ninth
        (["a"], "111"),
        (["x"], "010"),  # the second one is large
        (["2"], "000"),
    ):
        room.press(*keys)
        assert "".join("01"[one] for one in room.kept()) == stays, keys
    room.root.get_by_text("No photo of this group will be kept").wait_for()
    room.press("3", "Enter")
    room.at(2)
    assert room.focused().startswith("h2 "), "the next group is read out from its title"
    room.saved()
    assert room.book["choices"] == {at["id"]: {"kept": [photos[2]], "done": True, "remembered": False}}
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
    assert len(choices[group]["kept"]) == 3
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
    assert room.kept() == [True, False, True]


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
        if key == "?":
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


def test_a_tie_looks_like_one_and_enter_keeps_all(room: Room, quiet) -> None:
    room.root.get_by_label(re.compile("^Sort")).select_option("hardest")
    room.root.locator(".rows li:first-child .sure", has_text="Equally good").wait_for()
    room.start()
    group = room.shown
    photos = next(one["photos"] for one in room.book["groups"] if one["id"] == group)
    assert room.root.locator(".why").inner_text() == "These look equally good: keep both, or pick"
    assert room.kept() == [True, True]
    for mark in (".strip .icon-star", ".strip .aside", ".strip .near", ".badge:visible"):
        assert room.root.locator(mark).count() == 0, mark
    room.root.get_by_role("button", name="Keep all and continue").wait_for()
    room.press("2")
    room.root.get_by_role("button", name="Accept and continue").wait_for()
    assert room.root.locator(".strip .aside .going").is_visible()
    assert room.root.locator(".strip .aside img").evaluate("image => getComputedStyle(image).opacity") == "1"
    room.press("2", "Enter")
    room.at(2)
    room.saved()
    assert set(room.book["choices"][group]["kept"]) == {one["id"] for one in photos}
    quiet()


def test_clear_winners_come_first_and_identical_files_go_by_one_button(room: Room, quiet) -> None:
    words = room.root.locator(".rows .sure").all_text_contents()
    assert all("confident" in one for one in words[:6])
    assert words[6:] == ["Equally good"] * 3
    lanes = room.root.locator(".rows .lane").all_text_contents()
    assert [lane.split(" ")[0] for lane in lanes] == ["Similar"] * 3 + ["Identical"] * 3 + ["Similar"] * 3
    wins = room.root.locator(".wins")
    wins.locator("summary").click()
    assert wins.locator("li").count() == 3
    wins.get_by_role("button", name="Set 3 copies aside").click()
    saying(room, "3 identical copies set aside")
    room.saved()
    done = {id for id, choice in room.book["choices"].items() if choice["done"]}
    assert done == {group["id"] for group in room.book["groups"] if group["lane"] == "identical"}
    wins.wait_for(state="hidden")
    room.press("u")
    saying(room, "Undone")
    wins.wait_for()
    assert not any(choice["done"] for choice in room.book["choices"].values())
    quiet()


def test_comparing_goes_from_group_to_group(room: Room, quiet) -> None:
    room.start()
    first = room.shown
    room.press("c")
    dialog = room.page.get_by_role("dialog", name="Compare photos")
    here = dialog.locator(".compare-where")
    facts = dialog.locator(".compare-facts").first

    def at(place: int) -> None:
        here.filter(has_text=f"Group {place} of 9").wait_for()

    def kept() -> str:
        keys = dialog.locator(".compare-strip button")
        return "".join("01"["kept" in one] for one in keys.evaluate_all("all => all.map(one => one.ariaLabel)"))

    at(1)
    for key, place in (("j", 2), ("ArrowDown", 3), ("k", 2), ("ArrowUp", 1)):
        room.press(key)
        at(place)
    assert not facts.is_visible()
    room.press("i")
    facts.wait_for()
    room.press("v", "a")
    assert kept() == "111"
    room.press("x")
    assert kept().count("1") == 1
    room.press("?")
    help = room.page.get_by_role("dialog", name="Shortcuts and gestures")
    help.wait_for()
    assert help.locator("h3").first.inner_text() == "While comparing"
    room.press("Escape")
    help.wait_for(state="hidden")
    assert dialog.is_visible(), "only the help closes"
    room.press("Enter")
    at(2)
    room.saved()
    assert room.book["choices"][first]["done"]
    room.press("u")
    at(1)
    room.press("n")
    here.filter(has_text="of 8").wait_for()
    room.press("Escape")
    dialog.wait_for(state="hidden")
    quiet()


def test_the_last_group_accepted_while_comparing_leads_to_the_list(page, server) -> None:
    room = Room(page, server.url, review_of(server.data, 1)).open()
    room.at(1)  # where there is one group, it is open
    room.press("c")
    dialog = room.page.get_by_role("dialog", name="Compare photos")
    dialog.wait_for()
    room.press("Enter")
    dialog.wait_for(state="hidden")
    room.root.get_by_role("heading", name="All groups are decided").wait_for()


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


def test_swipes_keep_and_set_aside_and_go_on(thumb_room: Room, quiet) -> None:
    room = thumb_room.start()
    first = room.shown
    assert room.kept() == [True, False, False]
    room.root.get_by_text("Swipe right to keep, left to set aside").wait_for()
    for by, after, place in ((200, "100", 2), (200, "110", 3)):
        room.swipe(by)
        room.photo(place, 3)
        assert "".join("01"[one] for one in room.kept()) == after, by
    room.swipe(40)
    room.swipe(20, down=150, rest=300)  # lifted in motion the page would roll on, and the next tap only stop it
    assert room.kept() == [True, True, False], "too short, or meant to scroll"
    assert where(room).startswith("Group 1 ")
    room.swipe(-200)  # the last photo: the group is decided
    room.at(2)
    undo = room.root.locator(".low").get_by_role("button", name="Undo")
    undo.tap()
    room.at(1)
    room.photo(3, 3)
    room.saved()
    assert not room.book["choices"][first]["done"]
    undo.tap()  # the second photo, which a swipe had kept
    room.photo(2, 3)
    room.root.locator(".strip li:nth-child(2).aside").wait_for()
    undo.tap()  # the first one was kept before: only the way back
    room.photo(1, 3)
    assert room.kept() == [True, False, False]
    room.swipe(-200)
    room.photo(2, 3)
    room.swipe(-200)
    room.photo(3, 3)
    room.swipe(-200)
    saying(room, "No photo of this group would stay")
    assert where(room).startswith("Group 1 "), "a group of which nothing stays is not accepted by a swipe"
    assert room.root.locator("dialog[open]").count() == 0, "a swipe is no tap"
    room.root.locator(".stage").tap()
    room.page.get_by_role("dialog", name="Compare photos").wait_for()
    quiet()


def test_a_thumb_hits_everything(thumb_room: Room, quiet) -> None:
    room = thumb_room
    width = "document.documentElement.scrollWidth"
    found = {"list": (room.small_targets(), room.page.evaluate(width))}
    room.start()
    found["group"] = (room.small_targets(), room.page.evaluate(width))
    room.root.locator(".stage").tap()
    room.page.get_by_role("dialog", name="Compare photos").wait_for()
    found["compare"] = (room.small_targets(), room.page.evaluate(width))
    room.close()
    room.press("g")
    room.root.get_by_role("button", name="Accept confident suggestions").tap()
    room.page.get_by_role("dialog", name="Accept many groups").wait_for()
    found["bulk"] = (room.small_targets(), room.page.evaluate(width))
    assert {view: small for view, (small, _) in found.items() if small} == {}
    assert {view: wide for view, (_, wide) in found.items() if wide > 390} == {}
    quiet()
