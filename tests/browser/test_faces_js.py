"""Faces of a group, side by side: the dialog alone in a real browser, by mouse and keys."""

import io
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image

pytestmark = pytest.mark.browser

DARKROOM = Path(__file__).resolve().parents[2] / "src" / "screens" / "parts" / "darkroom"
SITE = "http://darkroom.test"
TYPES = {".js": "text/javascript", ".css": "text/css"}
PAGE = """<!doctype html><meta charset="utf-8"><title>-</title><div id="host" class="unipic darkroom"></div>
<script type="module">
import { openFaces } from "./faces.js";
const style = document.createElement("style");
const names = ["base.css", "darkroom.css", "group.css", "faces.css"];
const sheets = names.map((name) => fetch(name).then((answer) => answer.text()));
style.textContent = (await Promise.all(sheets)).join("");
document.head.append(style);
const photo = (id) => ({ id, name: `<img src=x>${id}.jpg`, digest: id, width: 4000, height: 3000, protected: false });
const photos = ["a", "b", "c"].map(photo);
const face = (left, eyes, width = 0.2) => ({ box: [left, 0.2, left + width, 0.2 + (width * 4) / 3], eyes });
const people = [[face(0.1, 1), face(0.12, -1), face(0.1, 0)], [face(0.6, 1, 0.05), null, face(0.6, 1, 0.05)]];
const urls = { thumb: ({ id }) => `/thumb/${id}`, view: ({ id }) => `/view/${id}` };
const kept = new Set(["a"]);
window.log = [];
openFaces({
  host: document.getElementById("host"), group: { photos, people }, urls,
  kept: () => kept,
  onToggle: (index) => { const { id } = photos[index]; kept.has(id) ? kept.delete(id) : kept.add(id); },
  onShow: (index) => log.push(`show ${index}`),
  onClose: () => log.push("closed"),
});
</script>"""


@pytest.fixture
def dialog(page: Any) -> Any:
    picture = io.BytesIO()
    Image.linear_gradient("L").resize((640, 480)).save(picture, "JPEG")

    def answer(route: Any) -> None:
        path = urlsplit(route.request.url).path
        if path == "/":
            route.fulfill(body=PAGE, content_type="text/html")
        elif path.startswith(("/thumb/", "/view/")):
            route.fulfill(body=picture.getvalue(), content_type="image/jpeg")
        else:
            file = (DARKROOM.parent if path == "/base.css" else DARKROOM) / path.lstrip("/")
            route.fulfill(body=file.read_text(encoding="utf-8"), content_type=TYPES[file.suffix])

    page.route(f"{SITE}/**", answer)
    page.goto(f"{SITE}/")
    page.get_by_role("dialog").wait_for()
    return page.get_by_role("dialog")


def test_each_person_has_a_row_and_each_photo_a_column(dialog: Any, quiet: Any) -> None:
    assert dialog.get_by_role("heading").inner_text() == "Faces of 2 people"
    cells = [row.inner_text().split("\n") for row in dialog.locator("tbody tr").all()]
    words = [[word.strip() for cell in row for word in cell.split("\t") if word.strip()] for row in cells]
    assert words == [["Person 1", "Open", "Shut", "Can’t tell"], ["Person 2", "Open", "Not seen", "Open"]]
    sources = [img.get_attribute("src") for img in dialog.locator("img").all()]
    assert sources == ["/thumb/a", "/thumb/b", "/thumb/c", "/view/a", "/view/c"]  # small faces from the larger picture
    assert dialog.locator("img[src=x]").count() == 0
    quiet()


def test_all_faces_have_one_size_and_lie_in_the_middle(dialog: Any) -> None:
    sizes = {
        tuple(round(crop.bounding_box()[side]) for side in ("width", "height"))
        for crop in dialog.locator(".crop").all()
    }
    assert len(sizes) == 1
    for crop, left, width in ((0, 0.1, 0.2), (3, 0.6, 0.05)):
        place = dialog.locator(".crop").nth(crop).bounding_box()
        picture = dialog.locator(".crop img").nth(crop).bounding_box()
        middle = (place["x"] + place["width"] / 2 - picture["x"]) / picture["width"]
        assert abs(middle - (left + width / 2)) < 0.005


def test_it_is_complete_by_keys(dialog: Any, page: Any) -> None:
    keep = dialog.get_by_role("button", name="Keep photo 2")
    assert keep.get_attribute("aria-pressed") == "false"
    keep.focus()
    page.keyboard.press("Space")
    assert keep.get_attribute("aria-pressed") == "true"
    dialog.get_by_role("button", name="Person 1 in photo 2, eyes: shut. Show the photo").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("log.length === 2")
    assert page.evaluate("log") == ["show 1", "closed"]
    assert not dialog.is_visible()


@pytest.mark.parametrize("key", ["e", "Escape"])
def test_it_closes(dialog: Any, page: Any, key: str) -> None:
    page.keyboard.press(key)
    page.wait_for_function("log.includes('closed')")
    assert not dialog.is_visible()
