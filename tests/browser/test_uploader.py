"""The uploader in real Chromium: choosing, dropping, progress, trouble, phones, keyboards."""

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.safety.harness.amounts import amount

from server.runs import Run

pytestmark = pytest.mark.browser

ROUTE = "**/unipic/upload/**"
TOKEN = re.compile(rb'"token": ?"([A-Za-z0-9_-]{32})", ?"max_file"')  # in what the uploader is given
RERUN = "r"  # Streamlit's own shortcut


class Uploader:
    """The uploader of a new run on a page, and the run behind it."""

    def __init__(self, page, server) -> None:
        self.page = page
        self.told: list[bytes] = []
        self.token = ""
        page.on("websocket", self._listen)
        page.goto(server.url)
        self.button("Choose photos").wait_for()
        self.run = Run(server.runs / self.token)  # its folder comes with the first photo

    def _listen(self, socket) -> None:
        socket.on("framesent", self._note_result)
        socket.on("framereceived", self._note_token)

    def _note_result(self, frame: bytes) -> None:
        if b'"result"' in frame and frame not in self.told:
            self.told.append(frame)

    def _note_token(self, frame: bytes) -> None:
        if found := TOKEN.search(frame):
            self.token = found[1].decode()

    def button(self, name: str):
        return self.page.get_by_role("button", name=name, exact=True)

    def choose(self, *files, into: str = "input.files") -> None:
        self.page.locator(into).set_input_files(list(files))

    @property
    def sum(self) -> str:
        return self.page.locator(".sum").inner_text()

    def wait_for(self, text: str, seconds: float = 20) -> None:
        self.page.locator(".sum").filter(has_text=text).wait_for(timeout=seconds * 1000)

    def stored(self) -> dict[str, bytes]:
        return {upload.name: self.run.upload_path(upload.id).read_bytes() for upload in self.run.uploads()}

    def eventually(self, check: Callable[[], object], seconds: float = 5) -> None:
        until = time.monotonic() + seconds
        while not check():
            assert time.monotonic() < until
            self.page.wait_for_timeout(50)  # time.sleep would keep the page's events from being heard

    def cancelled(self) -> None:
        """Send a photo, and end the run from elsewhere."""
        self.choose(photo("first.jpg"))
        self.wait_for("1 photo uploaded")
        self.eventually(lambda: self.told)
        self.told.clear()
        self.run.change(state="cancelled")

    def slow_down(self, bytes_per_second: int) -> None:
        network = self.page.context.new_cdp_session(self.page)
        network.send("Network.enable")
        limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_second}
        network.send("Network.emulateNetworkConditions", limits)


@pytest.fixture
def uploader(page, server) -> Iterator[Uploader]:
    made = Uploader(page, server)
    yield made
    made.run.delete()


def photo(name: str, size: int = 1000) -> dict[str, object]:
    return {"name": name, "mimeType": "image/jpeg", "buffer": name.encode().ljust(size, b"\0")}


def files_in(folder: Path, number: int, size: int = 10) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    made = [folder / f"IMG_{index:04}.jpg" for index in range(number)]
    for path in made:
        path.write_bytes(path.name.encode())
        os.truncate(path, size)  # a hole takes no disk
    return made


def test_chosen_photos_arrive_and_python_hears_of_it_once(uploader, quiet) -> None:
    photos = [photo("one.jpg"), photo("two.HEIC", 0), photo("Ünïcode 日本.png")]
    uploader.choose(*photos)
    uploader.wait_for("3 photos uploaded")
    assert uploader.stored() == {str(one["name"]): one["buffer"] for one in photos}
    uploader.eventually(lambda: uploader.told)
    uploader.page.wait_for_timeout(500)
    assert len(uploader.told) == 1
    assert b'"count":3' in uploader.told[0]
    quiet()


def test_what_belongs_to_photos_may_be_chosen_too(uploader) -> None:
    accepted = uploader.page.locator("input.files").get_attribute("accept").split(",")
    assert {"image/*", ".cr3", ".dng", ".xmp", ".mov", ".json"} <= set(accepted)


def test_more_photos_can_be_added_to_those_that_are_there(uploader, quiet) -> None:
    uploader.choose(photo("one.jpg"))
    uploader.wait_for("1 photo uploaded")
    uploader.choose(photo("one.jpg"), photo("two.jpg"))
    uploader.wait_for("3 photos uploaded")
    assert sorted(upload.name for upload in uploader.run.uploads()) == ["one.jpg", "one.jpg", "two.jpg"]
    quiet()


def test_a_chosen_folder_keeps_its_paths_and_loses_its_litter(uploader, tmp_path, quiet) -> None:
    files_in(tmp_path / "Holiday", 2)
    files_in(tmp_path / "Holiday" / "Day 2", 1)
    (tmp_path / "Holiday" / ".DS_Store").write_bytes(b"litter")
    os.utime(tmp_path / "Holiday" / "IMG_0001.jpg", (1262304000, 1262304000))
    uploader.choose(str(tmp_path / "Holiday"), into="input.folder")
    uploader.wait_for("3 photos uploaded")
    assert "1 system file left out" in uploader.sum
    assert sorted(uploader.stored()) == ["Holiday/Day 2/IMG_0000.jpg", "Holiday/IMG_0000.jpg", "Holiday/IMG_0001.jpg"]
    dates = {upload.name: uploader.run.upload_path(upload.id).stat().st_mtime for upload in uploader.run.uploads()}
    assert dates["Holiday/IMG_0001.jpg"] == 1262304000, "the file's own date"
    assert "does not tell the file date of 2" in uploader.sum, "two are younger than a minute, as what a phone makes"
    quiet()


@pytest.mark.nightly
def test_a_dropped_folder_is_read_to_its_end(uploader, tmp_path, quiet) -> None:
    """A browser hands over 100 entries of a folder at a time."""
    files_in(tmp_path / "Big", 230)
    files_in(tmp_path / "Big" / "deep" / "deeper", 2)
    (tmp_path / "alone.jpg").write_bytes(b"alone")
    box = uploader.page.locator(".zone").bounding_box()
    devtools = uploader.page.context.new_cdp_session(uploader.page)
    dragged = {"items": [], "files": [str(tmp_path / "Big"), str(tmp_path / "alone.jpg")], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        at = {"x": box["x"] + 50, "y": box["y"] + 50}
        devtools.send("Input.dispatchDragEvent", {"type": kind, **at, "data": dragged})
        if kind == "dragOver":
            uploader.page.locator(".zone.over").wait_for()
    uploader.wait_for("233 photos uploaded", 60)
    names = set(uploader.stored())
    assert len(names) == 233
    assert {"alone.jpg", "Big/IMG_0229.jpg", "Big/deep/deeper/IMG_0001.jpg"} <= names
    assert uploader.page.locator(".zone.over").count() == 0
    quiet()


def test_a_rerun_in_the_middle_loses_nothing(uploader, quiet) -> None:
    uploader.slow_down(400_000)
    uploader.choose(*[photo(f"{number}.jpg", 200_000) for number in range(6)])
    uploader.page.locator(".flying li").first.wait_for()
    for _ in range(3):
        uploader.page.keyboard.press(RERUN)
        uploader.page.wait_for_timeout(300)
    assert "of 6 photos" in uploader.sum
    uploader.choose(photo("late.jpg"))
    uploader.wait_for("7 photos uploaded", 30)
    assert len(uploader.stored()) == 7
    quiet()


@pytest.mark.nightly
def test_progress_is_told_to_eyes_and_to_screen_readers(uploader, quiet) -> None:
    uploader.slow_down(500_000)
    uploader.choose(*[photo(f"{number}.jpg", 1_000_000) for number in range(4)])
    bar = uploader.page.get_by_role("progressbar")
    bar.wait_for()
    uploader.eventually(lambda: 0 < int(bar.get_attribute("aria-valuenow")) < 100, 15)
    assert "of 4 photos" in bar.get_attribute("aria-valuetext")
    assert "of 4.0 MB" in uploader.sum
    uploader.eventually(lambda: "left" in uploader.sum, 10)
    assert "of 4 photos" in uploader.page.locator(".status").inner_text()
    uploader.wait_for("4 photos uploaded", 30)
    uploader.eventually(lambda: "4 photos uploaded" in uploader.page.locator(".status").inner_text())
    quiet()


@pytest.mark.nightly
def test_cancelling_keeps_what_has_arrived(uploader, quiet) -> None:
    uploader.choose(photo("arrived.jpg"))
    uploader.wait_for("1 photo uploaded")
    uploader.slow_down(100_000)
    uploader.choose(*[photo(f"{number}.jpg", 2_000_000) for number in range(5)])
    uploader.page.locator(".flying li").first.wait_for()
    uploader.button("Cancel").click()
    uploader.wait_for("Cancelled: 1 photo uploaded")
    assert uploader.page.locator(".flying li").count() == 0
    uploader.eventually(lambda: [path.name for path in uploader.run.photos.iterdir()] == [uploader.run.uploads()[0].id])
    assert list(uploader.stored()) == ["arrived.jpg"]
    uploader.slow_down(-1)
    uploader.choose(photo("after.jpg"))
    uploader.wait_for("2 photos uploaded")
    quiet()


def test_a_broken_connection_is_tried_again(uploader, complaints, quiet) -> None:
    tried: list[str] = []

    def unreliable(route) -> None:
        tried.append(route.request.url)
        route.abort("connectionreset") if len(tried) == 1 else route.continue_()

    uploader.page.route(ROUTE, unreliable)
    uploader.choose(photo("one.jpg"))
    uploader.wait_for("1 photo uploaded")
    assert len(tried) == 2
    assert len(set(tried)) == 1, "the same key, so that a file is never there twice"
    complaints.expect("ERR_CONNECTION_RESET")
    quiet()


def test_a_refused_photo_says_why_and_can_be_tried_again(uploader, complaints, quiet) -> None:
    refusal = json.dumps({"message": "Too large for <b>this</b> server."})
    uploader.page.route(ROUTE, lambda route: route.fulfill(status=413, body=refusal, content_type="application/json"))
    uploader.choose(*[photo(f"photo {number}.jpg") for number in range(8)])
    uploader.page.get_by_text("8 photos could not be uploaded").first.wait_for()
    rows = uploader.page.locator(".failed li")
    assert rows.count() == 6
    assert "Too large for <b>this</b> server." in rows.first.inner_text()
    assert rows.last.inner_text() == "and 3 more"
    uploader.eventually(lambda: uploader.told)
    assert b'"failed":8' in uploader.told[-1]
    uploader.page.unroute(ROUTE)
    uploader.button("Retry photo 0.jpg").click()
    uploader.wait_for("1 photo uploaded")
    uploader.button("Retry all").click()
    uploader.wait_for("8 photos uploaded")
    assert uploader.page.locator(".failures").is_hidden()
    assert len(uploader.stored()) == 8
    complaints.expect("413")
    quiet()


def test_a_started_run_is_not_asked_again_for_every_photo(uploader, complaints, quiet) -> None:
    uploader.cancelled()
    asked: list[str] = []
    uploader.page.on("request", lambda request: "/upload/" in request.url and asked.append(request.url))
    uploader.choose(*[photo(f"{number}.jpg") for number in range(50)])
    uploader.eventually(lambda: uploader.told)
    assert b'"failed":50' in uploader.told[0]
    assert len(asked) <= 6
    complaints.expect("409")
    quiet()


def test_the_server_answers_a_large_photo_it_will_not_take(uploader, tmp_path, complaints, quiet) -> None:
    """The answer arrives although the server does not read the file."""
    uploader.cancelled()
    (large,) = files_in(tmp_path, 1, 30_000_000)
    with uploader.page.expect_response(ROUTE) as refused:
        uploader.choose(str(large))
    assert refused.value.status == 409
    complaints.expect("409")
    quiet()


def test_names_are_text(uploader, quiet) -> None:
    name = "<img src=x onerror=alert(1)>.jpg"
    uploader.slow_down(50_000)
    uploader.choose(photo(name, 100_000))
    uploader.page.get_by_text(name).wait_for()
    assert uploader.page.locator(".uploader img").count() == 0
    uploader.slow_down(-1)
    uploader.wait_for("1 photo uploaded")
    assert list(uploader.stored()) == [name]
    quiet()


def test_thousands_of_photos_are_not_thousands_of_rows(uploader, tmp_path, complaints) -> None:
    uploader.page.route(ROUTE, lambda route: None)
    uploader.choose(*map(str, files_in(tmp_path / "many", 3000)))
    uploader.wait_for("0 of 3,000 photos")
    assert uploader.page.locator(".uploader li").count() == 3
    uploader.button("Cancel").click()
    uploader.wait_for("Cancelled")
    uploader.page.unroute(ROUTE)


def test_leaving_in_the_middle_warns(uploader) -> None:
    warns = "() => !window.dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    assert not uploader.page.evaluate(warns)
    uploader.slow_down(100_000)
    uploader.choose(photo("one.jpg", 2_000_000))
    uploader.page.locator(".flying li").first.wait_for()
    assert uploader.page.evaluate(warns)
    uploader.button("Cancel").click()
    uploader.wait_for("Cancelled")
    assert not uploader.page.evaluate(warns)


def test_it_works_by_keyboard(uploader, quiet) -> None:
    button = uploader.button("Choose photos")
    uploader.button("Choose a folder").focus()
    uploader.page.keyboard.press("Shift+Tab")
    assert button.evaluate("it => it.getRootNode().activeElement === it")
    outline = button.evaluate("it => getComputedStyle(it).outlineStyle")
    assert outline == "solid"
    # Not expect_file_chooser, which Chromium sometimes leaves without an answer after other pages were closed.
    files = uploader.page.locator("input.files")
    files.evaluate("it => it.addEventListener('click', () => (it.asked = (it.asked ?? 0) + 1))")
    for key in ("Enter", "Space"):
        uploader.page.keyboard.press(key)
    assert files.evaluate("it => it.asked") == 2
    assert files.evaluate("it => it.multiple")
    quiet()


def test_a_phone_has_room_for_fingers(phone, server, quiet) -> None:
    uploader = Uploader(phone, server)
    assert uploader.button("Choose a folder").count() == 0
    box = uploader.button("Choose photos").bounding_box()
    assert box["height"] >= 44
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    refusal = json.dumps({"message": "A reason that takes more than a line on a narrow screen, as reasons may."})
    phone.route(ROUTE, lambda route: route.fulfill(status=413, body=refusal, content_type="application/json"))
    uploader.choose(photo("a very long name of a photo somebody once took " * 4 + ".jpg"), photo("b.jpg"))
    phone.get_by_text("2 photos could not be uploaded").first.wait_for()
    for button in phone.locator(".uploader button:visible").all():
        assert button.bounding_box()["height"] >= 44
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    uploader.run.delete()


def test_an_injected_script_does_not_run(uploader, complaints, quiet) -> None:
    uploader.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.ran = 1";
            document.body.append(script);
        }"""
    )
    assert uploader.page.evaluate("window.ran") is None
    complaints.expect("Content Security Policy")
    quiet()


def test_memory_does_not_grow_with_what_is_uploaded(uploader, server, tmp_path, quiet) -> None:
    number = amount(pr=100, nightly=400)
    photos = files_in(tmp_path / "heavy", number, 2_000_000)
    memory = [server.memory()]
    uploader.choose(*map(str, photos))
    uploader.eventually(lambda: memory.append(server.memory()) or len(uploader.run.uploads()) == number, 60)
    uploader.wait_for(f"{number} photos uploaded")
    growth = max(memory) - memory[0]
    assert growth < 50_000_000, f"{growth / 1e6:.0f} MB for {2 * number} MB of photos"
    quiet()
