"""No barriers: every screen, light and dark, large and small, by the rules of axe-core, also inside the components."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.browser.conftest import Server, start_server, stop_server
from tests.browser.room import Room

pytestmark = pytest.mark.browser
axe_core = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

GRAVE = ("serious", "critical")
MOMENT = 800  # milliseconds
VIOLATIONS = "axe.run({ resultTypes: ['violations'] }).then((found) => found.violations)"
# Until the screen is drawn and what fades in or out has done so; what goes round for ever is not waited for. A screen
# that watches some work is drawn again and again: it is looked at as it is, after a second's frames.
STILL = """async () => {
    const frame = () => new Promise(requestAnimationFrame);
    const app = document.querySelector("[data-testid=stApp]");
    for (let n = 0; n < 60 && app?.isConnected && app.dataset.testScriptState === "running"; n += 1) await frame();
    await frame();
    await frame();
    const roots = [document];
    for (const root of roots)
        for (const one of root.querySelectorAll("*")) if (one.shadowRoot) roots.push(one.shadowRoot);
    const ends = (motion) => Number.isFinite(motion.effect.getComputedTiming().endTime);
    const motions = roots.flatMap((root) => root.getAnimations()).filter((motion) => motion.effect && ends(motion));
    await Promise.allSettled(motions.map((motion) => motion.finished));
}"""


@pytest.fixture(scope="module")
def open_server(browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose operator has opened folders, so that there is something to choose everywhere."""
    photos, albums = tmp_path_factory.mktemp("photos"), tmp_path_factory.mktemp("albums")
    data = tmp_path_factory.mktemp("data")
    started, process = start_server(data, UNIPIC_ROOTS=str(photos), UNIPIC_OUT=str(albums))
    yield started
    stop_server(process)


class Inspector:
    """Collects what axe finds grave, by what was on the screen."""

    def __init__(self, page: Any) -> None:
        self.page, self.axe = page, axe_core.Axe()
        self.found: list[str] = []

    def look(self, view: str) -> None:
        self.page.evaluate(STILL)
        grave = self._grave()
        if grave:  # what was only on its way in or out is not there a moment later
            self.page.wait_for_timeout(MOMENT)
            again = self._grave()
            self.found += [f"{view}: {words}" for place, words in grave.items() if place in again]

    def _grave(self) -> dict[tuple[str, str], str]:
        """By rule and place, in words."""
        found = {}
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(self.axe.axe_script)
        for broken in self.page.evaluate(VIOLATIONS):
            for node in broken["nodes"] if broken["impact"] in GRAVE else ():
                where = " ".join(" >>> ".join(part) if isinstance(part, list) else part for part in node["target"])
                why = " ".join((node["failureSummary"] or "").split())[:240]
                found[broken["id"], where] = f"{broken['id']} ({broken['impact']}) at {where}\n      {why}"
        return found


# Each size and each scheme once: a fault of both is found by either, and a look takes most of a minute.
SCREENS = [
    pytest.param(("large", "dark"), id="large-dark", marks=pytest.mark.nightly),
    pytest.param(("small", "light"), id="small-light"),
]


@pytest.fixture(params=SCREENS)
def inspector(request: pytest.FixtureRequest, new_page) -> Inspector:
    size, scheme = request.param
    phone = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
    return Inspector(new_page(color_scheme=scheme, **(phone if size == "small" else {})))


@pytest.mark.nightly
def test_adding_and_working(inspector: Inspector, open_server: Server) -> None:
    page = inspector.page
    page.goto(open_server.url)
    page.get_by_role("button", name="Choose photos", exact=True).wait_for()
    inspector.look("add: from this device")
    page.locator("summary", has_text="Options").click()
    inspector.look("add: settings open")
    page.get_by_role("tab", name="Folder on the server").click()
    page.get_by_role("button", name="Find copies and best shots in this folder").wait_for()
    inspector.look("add: folder")
    page.get_by_role("tab", name="Sample photos").click()
    start = page.get_by_role("button", name="Try it with sample photos")
    start.wait_for()
    inspector.look("add: samples")
    start.click()
    page.get_by_text("Scanning your photos").wait_for()
    inspector.look("working")
    page.get_by_role("button", name=re.compile("Cancel|Stop")).first.click()
    page.get_by_text("Scan cancelled").wait_for(timeout=30_000)
    inspector.look("stopped")
    page.goto(f"{open_server.url}/review?run={'x' * 32}")
    page.get_by_text("no longer exists").wait_for()
    inspector.look("gone")
    page.goto(open_server.url)
    cards = page.get_by_role("region", name="Continue")
    cards.get_by_role("button", name=re.compile("^Delete: ")).first.click()
    inspector.look("add: a card is to be deleted")
    page.get_by_role("button", name="Cancel", exact=True).click()
    inspector.look("add: cards to continue")
    assert inspector.found == [], "\n" + "\n".join(inspector.found)


def test_reviewing(inspector: Inspector, open_server: Server, sample_run) -> None:
    page = inspector.page
    room = Room(page, open_server.url, sample_run(open_server.runs)).open()
    inspector.look("list")
    room.root.locator(".wins summary").click()
    inspector.look("list: identical files shown")
    room.root.locator(".wins summary").click()
    room.root.locator(".rows .box input").nth(4).check()
    room.root.locator(".rows .box input").nth(5).check()
    inspector.look("list: rows ticked")
    room.root.get_by_role("button", name="Merge into one group").click()
    room.saved()
    page.reload()  # Streamlit hears of it with the next thing it is asked
    room.root.locator(".bar").wait_for()
    for name in ("Rules", "Sensitivity", "2 files not read", "What was found", "Remembered"):
        page.get_by_role("button", name=name).first.click()
        page.get_by_test_id("stPopoverBody").wait_for()
        inspector.look(f"popover: {name}")
        page.keyboard.press("Escape")
        page.get_by_test_id("stPopoverBody").wait_for(state="hidden")
    room.root.locator(".rows .open", has_text="4 photos").first.click()  # of two, none can be split off
    room.root.locator(".stage img.large").wait_for()
    inspector.look("group")
    room.press("ArrowRight", "x")
    inspector.look("group: another photo kept")
    room.press("1", "2", "3")
    inspector.look("group: all kept but one")
    room.root.locator("summary", has_text="More").click()
    inspector.look("group: more")
    room.root.get_by_role("button", name="Split off several").click()
    inspector.look("group: splitting")
    room.press("Escape", "Enter", "k")
    inspector.look("group: decided")
    for key, name in (("c", "Compare photos"), ("z", "Compare photos"), ("?", "Shortcuts and gestures")):
        room.press(key)
        page.get_by_role("dialog", name=name).wait_for()
        inspector.look(f"dialog by {key}")
        if key == "c":
            room.press("v", "i")
            inspector.look("compare: as many as fit, with details")
        room.close()
    room.press("g")
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
    room.root.get_by_role("button", name="Accept confident suggestions").click()
    dialog = page.get_by_role("dialog", name="Accept many groups")
    dialog.wait_for()
    inspector.look("bulk: how many")
    dialog.locator("summary").click()
    inspector.look("bulk: how sure")
    dialog.get_by_role("button", name="Look at").click()
    inspector.look("bulk: a sample")
    while dialog.get_by_role("heading", name="Is this right?").count():
        room.press("y")
    inspector.look("bulk: all that would be set aside")
    dialog.get_by_role("button", name="Accept").last.click()
    fold = room.root.get_by_role("button", name="Sort, filter")
    if fold.is_visible():
        fold.click()
    room.root.get_by_label(re.compile("^State")).select_option("Done")
    inspector.look("list: done")
    room.press("Escape")
    room.root.get_by_label(re.compile("^State")).select_option("All states")
    room.root.get_by_role("checkbox", name="Select all listed groups").check()
    room.root.get_by_role("button", name="Accept", exact=True).click()
    room.root.get_by_role("heading", name="All groups are decided").wait_for()
    inspector.look("list: all decided")
    assert inspector.found == [], "\n" + "\n".join(inspector.found)


@pytest.mark.nightly
def test_finishing(inspector: Inspector, open_server: Server, sample_run) -> None:
    page, run = inspector.page, sample_run(open_server.runs)
    run.change(source="upload")  # samples count in no statistics
    page.goto(f"{open_server.url}/finish?run={run.token}")
    page.get_by_text("What will happen").wait_for()
    page.get_by_text("Preview", exact=True).click()
    page.locator(".preview img").first.wait_for()
    inspector.look("finish: zip, copies nobody looked at")
    page.get_by_role("radio", name="Leave out").or_(page.get_by_role("button", name="Leave out")).click()
    page.get_by_text("verified at full size)").first.wait_for()
    page.get_by_role("radio", name="Folder on the server").click()
    page.get_by_role("button", name=re.compile("Copy to this folder|Resume copying")).wait_for()
    inspector.look("finish: folder")
    page.get_by_role("radio", name="List").click()
    page.get_by_role("button", name="Make the list").wait_for()
    inspector.look("finish: list")
    page.get_by_role("radio", name="ZIP").click()
    page.get_by_role("button", name="Make the album").click()
    page.get_by_role("link", name=re.compile("Download My clean gallery")).wait_for(timeout=60_000)
    page.get_by_role("heading", name="Well done").wait_for()
    inspector.look("finish: made")
    page.get_by_role("button", name="Delete this review now").click()
    page.get_by_test_id("stPopoverBody").wait_for()
    inspector.look("finish: delete")
    page.goto(f"{open_server.url}/statistics")
    page.get_by_text("Photos scanned").wait_for()
    inspector.look("statistics")
    page.goto(f"{open_server.url}/finish")
    page.get_by_text("Nothing finished yet").wait_for()
    inspector.look("finish: nothing yet")
    assert inspector.found == [], "\n" + "\n".join(inspector.found)


@pytest.mark.nightly
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_of_nothing(new_page, scheme: str, tmp_path: Path, browser) -> None:
    started, process = start_server(tmp_path)
    try:
        inspector = Inspector(new_page(color_scheme=scheme))
        inspector.page.goto(f"{started.url}/statistics")
        inspector.page.get_by_text("No album is finished yet").wait_for()
        inspector.look("statistics: none")
        inspector.page.goto(f"{started.url}/review")
        inspector.page.get_by_text("Nothing to review yet").wait_for()
        inspector.look("review: nothing yet")
    finally:
        stop_server(process)
    assert inspector.found == [], "\n" + "\n".join(inspector.found)
