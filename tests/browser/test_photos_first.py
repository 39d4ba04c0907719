"""Photos first: how much of a laptop's and of a large screen is theirs, with every control of a group in view."""

import re

import pytest
from tests.browser.room import Room

pytestmark = pytest.mark.browser

OUT_OF_SIGHT = """root => {
    const inside = (one, frame) => {
        const [a, b] = [one.getBoundingClientRect(), frame.getBoundingClientRect()];
        return a.top >= b.top - 1 && a.bottom <= b.bottom + 1 && a.left >= b.left - 1 && a.right <= b.right + 1
            && a.bottom <= innerHeight;
    };
    const strip = root.querySelector(".strip"), facts = root.querySelector(".facts");
    const hidden = (all, frame) => [...all].filter((one) => !inside(one, frame)).map((one) => one.textContent);
    return [hidden(strip.querySelectorAll(".state"), strip), hidden(facts.querySelectorAll("thead th"), facts)];
}"""


@pytest.fixture
def laptop(new_page, server, sample_run) -> Room:
    page = new_page(viewport={"width": 1280, "height": 800})
    return Room(page, server.url, sample_run(server.runs)).open()


def test_the_list_begins_with_photos(laptop: Room) -> None:
    room = laptop
    assert room.root.locator(".rows img").first.bounding_box()["y"] < 800 * 0.4
    assert "Similar moment" in room.root.locator(".rows .lane").first.text_content(), "a confident pick comes first"
    assert "confident" in room.root.locator(".rows .sure").first.text_content()
    room.root.locator(".rows .open").last.scroll_into_view_if_needed()
    bar = room.root.locator(".bar")
    assert bar.bounding_box()["y"] < 70, "the bar stays"
    assert bar.bounding_box()["height"] < 50


def test_every_keep_button_of_a_group_is_in_view(laptop: Room) -> None:
    room = laptop
    room.root.get_by_label(re.compile("^Kind")).select_option("Similar moment")
    room.root.locator(".rows .open").first.click()
    groups = [group for group in room.book["groups"] if group["lane"] == "similar"]
    assert max(len(group["photos"]) for group in groups) == 6
    for place in range(1, len(groups) + 1):
        room.at(place)
        room.root.locator(".facts thead").wait_for()
        photos = room.root.locator(".strip li").count()
        buttons, columns = room.root.evaluate(OUT_OF_SIGHT)
        assert buttons == []
        assert columns == [] or photos > 5
        first = room.root.locator(".facts tbody th").all_inner_texts()[:2]
        assert [label.split(",")[0].strip() for label in first] == ["Name", "Folder"]
        room.press("j")


def test_a_large_screen_is_used(new_page, server, sample_run) -> None:
    page = new_page(viewport={"width": 1920, "height": 1080})
    room = Room(page, server.url, sample_run(server.runs)).open()
    assert room.root.bounding_box()["width"] > 1920 * 0.95
    room.start()
    assert room.root.locator(".stage").bounding_box()["width"] > 1920 * 0.55
