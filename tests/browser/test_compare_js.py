"""Comparing photos and accepting many groups: the modules alone in a real browser, without the app."""

import io
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image

pytestmark = pytest.mark.browser

DARKROOM = Path(__file__).resolve().parents[2] / "src" / "screens" / "parts" / "darkroom"
SITE = "http://darkroom.test"
TYPES = {".js": "text/javascript", ".css": "text/css"}
PAGE = """<!doctype html><meta charset="utf-8"><title>-</title><div id="host"></div><script type="module">
import * as zoom from "./zoom.js";
import { openCompare } from "./compare.js";
import { openBulk, upperBound } from "./bulk.js";
const root = document.getElementById("host").attachShadow({ mode: "open" });
const names = ["base.css", "darkroom.css", "compare.css", "bulk.css"];
const sheets = names.map((name) => fetch(name).then((answer) => answer.text()));
const style = document.createElement("style");
style.textContent = (await Promise.all(sheets)).join("");
const host = Object.assign(document.createElement("div"), { className: "unipic darkroom" });
root.append(style, host);
const photo = (id, width, height, more) => ({
  id, width, height, name: `<img src=x onerror=alert(1)>${id}.jpg`, digest: id, size: 1000, format: "JPEG",
  protected: false, showable: true, facts: [["Resolution", `${width} x ${height}`, width * height, 1]], ...more,
});
const url = (kind) => (one) => `/${kind}/${one.width}x${one.height}`;
const frame = (film, seconds) => (log.push(`${film.id} at ${seconds}`), `/view/${film.width}x${film.height}`);
const urls = { thumb: url("thumb"), view: url("view"), full: url("full"), frame };
const log = [];
const compare = (photos, more = {}) => {
  const kept = new Set([photos[0].id]);
  const onToggle = (id) => (log.push(id), kept.has(id) ? kept.delete(id) : kept.add(id));
  const onClose = (index) => log.push(`closed ${index}`);
  const onAct = (action, index) => log.push(`${action} ${index}`);
  const group = { photos, tie: 0, ...more.group };
  const where = () => "Group 1 of 2";
  return openCompare({
    ...{ host, urls, start: 1, mode: "side", kept: () => kept, where, onToggle, onAct, onClose }, ...more, group });
};
const bulk = (number) => {
  const groups = Array.from({ length: number }, (_, i) => ({
    id: `g${i}`, lane: i < 3 ? "identical" : "same", reason: "sharper", doubt: "", certainty: 1 - i / 100,
    photos: [photo(`best${i}`, 400, 300), photo(`copy${i}`, 200, 150)],
  }));
  for (const group of groups) group.suggested = [group.photos[0].id];
  const choiceOf = () => undefined;
  const [onAccept, onOpen] = [(ids) => log.push(ids), (id) => log.push(`open ${id}`)];
  openBulk({ host, groups, choiceOf, urls, onAccept, onOpen, onClose: () => log.push("closed") });
};
window.t = { zoom, photo, compare, bulk, upperBound, log };
</script>"""
CENTRES = """panes => panes.map(pane => {  // which point of the picture lies in the middle, and how much of it is seen
  const [frame, picture] = [pane, pane.querySelector(".compare-picture")].map(
    (one, i) => (i ? one : one.querySelector(".compare-stage")).getBoundingClientRect());
  return [(frame.x + frame.width / 2 - picture.x) / picture.width,
    (frame.y + frame.height / 2 - picture.y) / picture.height, frame.width / picture.width];
})"""


@pytest.fixture
def stage(page) -> object:
    def answer(route) -> None:
        path = urlsplit(route.request.url).path
        kind, _, size = path[1:].partition("/")
        if size:
            width, height = (int(side) // (4 if kind == "thumb" else 1) for side in size.split("x"))
            file = io.BytesIO()
            Image.linear_gradient("L").resize((width, height)).save(file, "JPEG")
            route.fulfill(body=file.getvalue(), content_type="image/jpeg")
        elif Path(kind).suffix in TYPES:
            file = (DARKROOM.parent if kind == "base.css" else DARKROOM) / kind
            route.fulfill(path=file, content_type=TYPES[file.suffix])
        else:
            route.fulfill(body=PAGE if path == "/" else "", content_type="text/html")

    page.route(f"{SITE}/**", answer)
    page.goto(SITE)
    page.wait_for_function("window.t")
    return page


def centres(stage) -> list[list[float]]:
    return stage.locator(".compare-pane").evaluate_all(CENTRES)


def numbers(stage) -> list[str]:
    return stage.locator(".compare-badge b").all_inner_texts()


def test_geometry_and_the_bound(stage) -> None:
    def run(words: str) -> object:
        return stage.evaluate(
            "words => new Function('z', 'box', 'big', 'small', `return ${words}`)"
            "(t.zoom, {width: 800, height: 600}, {width: 4000, height: 3000}, {width: 1000, height: 750})",
            words,
        )

    assert run("[z.fitScale(box, big), z.fitScale(box, small)]") == [pytest.approx(0.2), pytest.approx(0.8)]
    assert run("[z.hundred(box, big), z.closest(box, [small, big])]") == [5, pytest.approx(40)]
    assert run("z.clamp({x: 0, y: 2, zoom: 0.3}, box, [big])") == {"x": 0.5, "y": 0.5, "zoom": 1}
    assert run("z.clamp({x: 0, y: 2, zoom: 4}, box, [big])") == {"x": 0.125, "y": 0.875, "zoom": 4}
    corner = run("z.zoomAt(z.WHOLE, {x: 0, y: 600}, 2, box, big)")
    assert corner == {"x": 0.25, "y": 0.75, "zoom": 2}  # the corner under the point stays there
    assert run("z.zoomAt(z.WHOLE, {x: 9, y: 9}, 99, box, big, 8).zoom") == 8
    assert run("z.toTransform({x: 0.25, y: 0.75, zoom: 2}, box, big)") == "translate(0.00px, -600.00px) scale(2.00000)"
    assert run("[z.sameShape(big, small), z.sameShape(big, {width: 3000, height: 4000})]") == [True, False]
    shares = stage.evaluate("[[12, 0], [30, 0], [12, 1], [5, 5], [0, 0]].map(([n, k]) => t.upperBound(n, k))")
    assert shares == pytest.approx([0.221, 0.095, 0.339, 1, 1], abs=0.0005)


def test_films_are_shown_at_one_moment_by_the_slider(stage, quiet) -> None:
    stage.evaluate(
        "t.compare([t.photo('a', 320, 240, {format: 'FILM'}), t.photo('b', 160, 120, {format: 'FILM'})],"
        " {group: {moments: [[9, 0], [3, -2]]}})"
    )
    slider = stage.get_by_label("Time in the first film, in seconds")
    slider.focus()
    for _ in range(40):
        stage.keyboard.press("ArrowRight")
    stage.wait_for_function("t.log.length >= 2")
    stage.wait_for_function("t.log.includes('a at 4') && t.log.includes('b at 2')")
    assert numbers(stage) == ["1", "2"], "arrows moved the slider alone"
    stage.evaluate("t.compare([t.photo('c', 320, 240), t.photo('d', 160, 120)], {group: {moments: []}})")
    assert stage.locator(".compare-scrub").count() == 1, "photos have none"
    quiet()


def test_zoom_is_in_step_and_stays_when_flipping(stage, quiet) -> None:
    stage.evaluate("t.compare([t.photo('a', 1600, 1200), t.photo('b', 400, 300), t.photo('c', 800, 600)])")
    assert numbers(stage) == ["1", "2"]
    box = stage.locator(".compare-stage").first.bounding_box()
    stage.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.6)
    stage.mouse.wheel(0, -600)
    stage.locator(".compare-closer").wait_for()
    first, second = centres(stage)
    assert first == pytest.approx(second, abs=0.002)
    assert first[2] < 0.5
    assert first[0] < 0.45
    stage.keyboard.press("ArrowRight")
    assert numbers(stage) == ["1", "3"]
    assert centres(stage)[1] == pytest.approx(second, abs=0.002)
    stage.mouse.down()
    stage.mouse.move(box["x"] + box["width"] * 0.3 - 40, box["y"] + box["height"] * 0.6, steps=3)
    stage.mouse.up()
    moved = centres(stage)
    assert moved[0] == pytest.approx(moved[1], abs=0.002)
    assert moved[0][0] > first[0] + 0.01
    stage.keyboard.press("0")
    assert stage.locator(".compare-closer").count() == 0
    assert stage.locator(".compare-readout").first.inner_text().endswith(" % of 1600 × 1200")
    stage.keyboard.press("Escape")
    stage.wait_for_function("t.log.at(-1) === 'closed 0'")
    quiet()


def test_the_original_is_loaded_only_to_look_closer(stage) -> None:
    asked = []
    stage.on("request", lambda request: asked.append(urlsplit(request.url).path))
    stage.evaluate("t.compare([t.photo('a', 3000, 2000), t.photo('b', 2990, 2000, {showable: false})])")
    for size in ("3000x2000", "2990x2000"):
        stage.locator(f'img[src="/view/{size}"]').wait_for(state="attached")
    assert not [path for path in asked if path.startswith("/full")]
    stage.keyboard.press("z")
    stage.locator('img[src="/full/3000x2000"]').wait_for(state="attached")
    assert [path for path in asked if path.startswith("/full")] == ["/full/3000x2000"]
    assert stage.locator(".compare-note:visible").all_inner_texts() == ["The original cannot be shown here"]


def test_toggling_never_touches_what_is_protected(stage, quiet) -> None:
    stage.evaluate("t.compare([t.photo('a', 400, 300), t.photo('b', 400, 300, {protected: true}), t.photo('c', 9, 9)])")
    keys = stage.locator(".compare-keep")
    assert [each.get_attribute("aria-pressed") for each in keys.all()] == ["true", "true"]
    assert keys.nth(1).inner_text() == "✓ Protected: stays"
    stage.keyboard.press(" ")  # the active one is protected
    stage.keyboard.press("2")
    keys.nth(1).click(force=True)
    assert stage.evaluate("t.log") == []
    stage.keyboard.press("3")
    keys.nth(0).click()
    assert stage.evaluate("t.log") == ["c", "a"]
    assert keys.nth(0).inner_text() == "✕ Set aside"
    assert stage.locator(".compare-name").first.text_content() == "<img src=x onerror=alert(1)>a.jpg"
    quiet()


def test_the_survey_leaves_the_screen_to_the_photos(stage, quiet) -> None:
    stage.evaluate("t.compare(['a', 'b', 'c', 'd'].map((id) => t.photo(id, 1200, 900)))")
    stage.keyboard.press("v")
    assert numbers(stage) == ["1", "2", "3", "4"]
    boxes = [one.bounding_box() for one in stage.locator(".compare-stage").all()]
    share = sum(box["width"] * box["height"] for box in boxes) / (1280 * 900)
    assert share > 0.9
    facts = stage.locator(".compare-facts").nth(1)
    assert not facts.is_visible()
    fit = stage.locator(".compare-fit")
    assert fit.text_content() == "Zoom to 100 %"
    stage.keyboard.press("z")
    assert fit.text_content() == "Show whole"
    stage.keyboard.press("z")
    for key in ("j", "k", "Enter", "a", "x", "u"):
        stage.keyboard.press(key)
    done = ["nextGroup 1", "previousGroup 1", "accept 1", "keepAll 1", "keepOnly 1", "undo 1"]
    assert stage.evaluate("t.log") == done
    quiet()


def test_another_group_in_as_many_panes(stage, quiet) -> None:
    stage.evaluate("""() => {
        const photos = (...ids) => ids.map((id) => t.photo(id, 800, 600));
        t.open = t.compare(photos("a", "b", "c", "d", "e"));
        t.next = { photos: photos("f", "g", "h"), tie: 2 };
    }""")
    assert stage.locator(".compare-badge span").inner_text() == "★ Recommended"
    stage.keyboard.press("v")
    stage.keyboard.press("z")
    stage.evaluate("t.open.load(t.next)")
    assert numbers(stage) == ["1", "2", "3"]
    assert stage.locator(".compare-badge span").count() == 0, "a tie recommends nothing"
    assert stage.locator(".compare-closer").count() == 0
    stage.keyboard.press("Escape")
    stage.wait_for_function("t.log.at(-1) === 'closed 1'")
    quiet()


def test_difference_is_refused_for_another_shape(stage) -> None:
    stage.evaluate("t.compare([t.photo('a', 400, 300), t.photo('b', 200, 150), t.photo('c', 300, 400)])")
    button = stage.locator(".compare-differ")
    stage.keyboard.press("d")
    assert stage.locator(".compare-over").count() == 1
    stage.keyboard.press("ArrowRight")
    assert stage.locator(".compare-over").count() == 0
    assert button.get_attribute("aria-disabled") == "true"
    assert "shape" in button.get_attribute("title")
    stage.keyboard.press("v")
    assert numbers(stage) == ["1", "2", "3"]


def test_bulk_is_accepted_after_a_look_and_without_the_wrong_ones(stage, quiet) -> None:
    stage.evaluate("t.bulk(40)")
    figures = stage.locator("details", has_text="How sure is this?")
    assert not stage.get_by_text("confidence", exact=False).locator("visible=true").count(), "figures are on demand"
    figures.locator("summary").click()
    number = stage.get_by_label("Groups, most confident first")
    assert number.first.input_value() == "6"  # as many as have a certainty of 95 %
    number.first.fill("20")
    assert stage.locator(".bulk-sum").inner_text().startswith("20 groups: 20 photos would be set aside")
    stage.get_by_role("button", name="Look at 10").click()
    wrong = ""
    for place in range(10):
        assert stage.get_by_role("button", name="Accept").count() == 0
        assert stage.locator("h2").inner_text() == f"Is this right? {place + 1} of 10"
        if place == 3:
            wrong = stage.locator("figcaption").first.inner_text().split("best")[1].removesuffix(".jpg")
        stage.keyboard.press("n" if place == 3 else ("y", "Enter")[place % 2])
    words = stage.locator(".bulk-seen").inner_text()
    assert words == (
        "10 shown, 1 looked wrong to you and stays open. 19 groups will be settled; U or Undo takes all of it back."
    )
    assert not stage.locator(".bulk-bound").is_visible()
    figures.locator("summary").click()
    assert "at most 39 % are wrong" in stage.locator(".bulk-bound").inner_text()
    assert stage.locator(".bulk-list li").count() == 19
    stage.get_by_role("button", name="Accept 19 groups").click()
    ids = stage.evaluate("t.log.filter(Array.isArray)")
    assert ids == [[f"g{i}" for i in range(20) if str(i) != wrong]]
    assert stage.evaluate("t.log[0]") == "closed"
    quiet()
