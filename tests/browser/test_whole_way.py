"""The whole way in real Chromium: photos in, reviewed, progress saved, finished, the album opened."""

import io
import json
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.browser.conftest import Server, start_server, stop_server
from tests.browser.room import Room
from tests.helpers.pictures import blurred, save, scene, shaken
from tests.safety.harness.amounts import amount

from server.runs import Runs
from unipic.core.settings import Settings

pytestmark = pytest.mark.browser

SCENES, SHOTS, SINGLES = amount(pr=4, nightly=25), 6, amount(pr=21, nightly=40)
FILES = SCENES * SHOTS + SINGLES + 10
FIRST_TIME = 200  # photos
TIMEOUT_MS = 240_000  # milliseconds for the work on a slow machine


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bursts, singles, exact copies, a picture kept smaller, two broken files, an odd name."""
    folder = tmp_path_factory.mktemp("gallery")
    for i in range(SCENES):
        place = scene(i, 1600, 1200)
        for shot in range(SHOTS):
            picture = blurred(shaken(place, 10 * shot), 3) if shot == 4 else shaken(place, 10 * shot)
            save(_grain(picture, 1000 + 10 * i + shot), folder / "trip" / f"IMG_{i:02}{shot}.JPG", quality=92)
    for i in range(SINGLES):
        save(_grain(scene(500 + i, 1600, 1200), i), folder / "singles" / f"DSC_{i:03}.jpg", quality=92)
    first = (folder / "singles" / "DSC_000.jpg").read_bytes()
    for i in range(6):
        (folder / "backup").mkdir(exist_ok=True)
        (folder / "backup" / f"DSC_00{i}.jpg").write_bytes((folder / "singles" / f"DSC_00{i}.jpg").read_bytes())
    save(Image.open(folder / "singles" / "DSC_010.jpg").resize((800, 600)), folder / "chat" / "IMG-WA0001.jpg")
    (folder / "broken.jpg").write_bytes(first[: len(first) // 2])
    (folder / "notes.jpg").write_text("a shopping list")
    (folder / "<img src=x onerror=alert(1)>.jpg").write_bytes((folder / "singles" / "DSC_020.jpg").read_bytes())
    return folder


def _grain(picture: Image.Image, seed: int) -> Image.Image:
    """A photo's size in bytes comes with its noise."""
    noise = np.random.default_rng(seed).normal(0, 6, (picture.height, picture.width, 1))
    return Image.fromarray((np.asarray(picture) + noise).clip(0, 255).astype(np.uint8))


def test_the_whole_way(page, server, gallery: Path, quiet, tmp_path: Path) -> None:
    files = sorted(path for path in gallery.rglob("*") if path.is_file())
    assert len(files) == FILES
    sent = {str(path.relative_to(gallery.parent)): path.read_bytes() for path in files}
    page.goto(server.url)
    page.get_by_role("button", name="Choose photos", exact=True).wait_for()
    before = server.memory()
    page.locator("input.folder").set_input_files(str(gallery))
    start = page.get_by_role("button", name=f"Find copies and best shots in {FILES} files")
    start.wait_for(timeout=120_000)
    grown = server.memory() - before
    megabytes = sum(map(len, sent.values())) / 1e6
    print(f"{FILES} files, {megabytes:.0f} MB uploaded; the server grew by {grown / 1e6:.1f} MB")
    assert grown < 20_000_000

    start.click()
    page.get_by_role("heading", name="Review").wait_for(timeout=TIMEOUT_MS)
    run = Runs(server.runs).open(page.url.split("run=")[1])
    room = Room(page, server.url, run)
    room.root.locator(".rows li").first.wait_for()
    everything = json.loads((run.folder / "evidence.json").read_text())
    assert len(everything["photos"]) + len(everything["unreadable"]) == FILES
    assert {file["name"].split("/")[-1] for file in everything["unreadable"]} == {"broken.jpg", "notes.jpg"}
    book = room.book
    lanes = {lane: [g for g in book["groups"] if g["lane"] == lane] for lane in ("identical", "same", "similar")}
    assert sum(len(group["photos"]) - 1 for group in lanes["identical"]) == 7
    assert [len(group["photos"]) for group in lanes["same"]] == [2], "the picture kept smaller"
    assert len(lanes["similar"]) >= SCENES

    room.root.get_by_label(re.compile("^Kind")).select_option("Identical")
    room.root.locator(".rows .open").first.click()
    room.at(1)
    copies = by_id(book)[room.shown]
    room.press("2")  # this copy stays too
    room.press("g")
    room.root.get_by_label(re.compile("^Kind")).select_option("Similar moment")
    room.root.locator(".rows .open").first.click()
    room.at(1)
    first = by_id(book)[room.shown]
    room.press("x", "2", "Enter")  # these two, whatever was suggested
    room.at(2)
    room.saved()

    partial = _download(page, "Save progress", tmp_path / "partial.zip")
    saved = json.loads(partial.read("unipic-manifest.json"))
    kept = {entry["original"] for entry in saved["kept"]}
    assert saved["ledger"] == room.book["ledger"], "one ledger, on the screen and in what was saved"
    left = saved["ledger"]["left_out"]["photos"]
    assert f"{left} photos left out so far" in room.root.locator(".where").inner_text()
    assert {entry["decided_by"] for entry in saved["set_aside"]} == {"you", "identical"}
    assert {photo["name"] for photo in lanes["same"][0]["photos"]} <= kept, "verified, and nobody has looked"
    names = [photo["name"] for photo in first["photos"]]
    assert set(names[:2]) <= kept, "the best one, and the one ticked by hand"
    alike = [photo["name"] for photo in first["photos"][2:] if (photo["alike"] or 0) >= Settings().thresholds.similar]
    assert alike
    assert not set(alike) & kept
    open_groups = [group for group in lanes["similar"] if group["id"] != first["id"]]
    assert {photo["name"] for group in open_groups for photo in group["photos"]} <= kept, "not decided yet"
    assert {photo["name"] for photo in copies["photos"]} <= kept, "ticked by hand, too"
    others = [group for group in lanes["identical"] if group["id"] != copies["id"]]
    assert all(sum(photo["name"] in kept for photo in group["photos"]) == 1 for group in others)

    place, kept_here = room.shown, room.kept()
    page.wait_for_timeout(1000)
    page.reload()  # as a tab that was closed: the address brings everything back
    room.root.locator(".stage img.large").wait_for()
    assert (room.shown, room.kept()) == (place, kept_here)
    assert "1 done" in room.root.locator(".where").inner_text()
    room.press("g")
    room.root.get_by_label(re.compile("^State")).select_option("Done")
    room.root.locator(".rows .open").click()
    room.at(1)
    assert room.shown == first["id"]
    assert room.kept()[:2] == [True, True]
    room.press("g")
    room.root.get_by_label(re.compile("^State")).select_option("All states")
    room.root.get_by_label(re.compile("^Kind")).select_option("All kinds")  # a reload keeps the filter
    room.root.locator("button.start").click()
    for _ in range(len(book["groups"]) - 1):
        before = room.shown
        room.press("Enter")
        page.wait_for_function(
            "([root, before]) => root.dataset.shown !== before", arg=[room.root.element_handle(), before]
        )
    room.root.get_by_role("heading", name="All groups are decided").wait_for()
    room.root.get_by_role("button", name="Finish", exact=True).click()
    page.get_by_text("Your clean gallery").wait_for()
    figures = room.book["ledger"]
    page.get_by_text(f"{figures['left_out']['photos']} left out").wait_for()
    assert page.get_by_text("not looked at").count() == 0, "every group is decided"
    page.get_by_label("Name of the album").fill("Trip, the best of it")
    album = _download(page, "Make the album", tmp_path / "album.zip")

    manifest = json.loads(album.read("unipic-manifest.json"))
    assert manifest["ledger"] == figures
    assert {entry["decided_by"] for entry in manifest["set_aside"]} == {"you"}
    assert len(manifest["kept"]) + len(manifest["set_aside"]) + len(manifest["unreadable"]) == FILES
    assert len(album.namelist()) == 1 + len(manifest["kept"]) + len(manifest["unreadable"])
    for entry in manifest["kept"] + manifest["unreadable"]:
        assert album.read(entry["file"]) == sent[entry["original"]], "byte for byte the original"
    assert all(entry["reason"] for entry in manifest["set_aside"])

    assert not set(alike) & {entry["original"] for entry in manifest["kept"]}
    assert {photo["name"] for photo in copies["photos"]} <= {entry["original"] for entry in manifest["kept"]}

    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Statistics").click()
    page.get_by_text("Photos scanned").wait_for()
    until = time.monotonic() + 10
    while not run.load().fetched and time.monotonic() < until:
        time.sleep(0.1)
    assert run.load().fetched, "the album went out whole, so the run may go"
    quiet()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """Where nobody has decided anything about the sample photos yet."""
    started, process = start_server(tmp_path)
    yield started
    stop_server(process)


@pytest.mark.nightly
def test_a_phone_reaches_everything(phone, own_server: Server, quiet) -> None:
    server = own_server
    phone.goto(server.url)
    phone.get_by_role("tab", name="Sample photos").click()
    phone.get_by_role("button", name="Try it with sample photos").click()
    phone.get_by_role("heading", name="Review").wait_for(timeout=TIMEOUT_MS)
    room = Room(phone, server.url, Runs(server.runs).open(phone.url.split("run=")[1]))
    room.root.locator(".rows li").first.wait_for()
    big_enough(phone, "Start review", "Save progress")
    room.root.get_by_role("button", name="Start review").tap()
    room.at(1)
    big_enough(phone, "Accept", "Undo", "All groups")
    for _ in room.book["groups"]:
        before = room.shown
        room.root.locator(".low").get_by_role("button", name="Accept").tap()
        phone.wait_for_function(
            "([root, before]) => root.dataset.shown !== before", arg=[room.root.element_handle(), before]
        )
    room.root.get_by_role("heading", name="All groups are decided").wait_for()
    room.root.get_by_role("button", name="Finish", exact=True).tap()
    phone.get_by_text("Your clean gallery").wait_for()
    big_enough(phone, "Make the album")
    quiet()


def big_enough(phone, *names: str) -> None:
    """For a thumb; and nothing sticks out to the side."""
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    for name in names:
        button = phone.get_by_role("button", name=name).locator("visible=true").first
        button.wait_for()  # a rerun may be replacing it
        assert button.evaluate("element => element.getBoundingClientRect().height") >= 44, name


def test_a_wrong_address_is_answered(page, server, quiet) -> None:
    page.goto(f"{server.url}/review?run={'x' * 32}")
    page.get_by_text("no longer exists").wait_for()
    quiet()


@pytest.mark.nightly
def test_a_hostile_name_is_only_text(page, server, gallery: Path, quiet) -> None:
    name = "<img src=x onerror=alert(1)>.jpg"
    fired = []
    page.on("dialog", lambda dialog: (fired.append(dialog.message), dialog.dismiss()))
    page.goto(server.url)
    page.get_by_role("button", name="Choose photos", exact=True).wait_for()
    page.locator("input.files").set_input_files([str(gallery / name), str(gallery / "singles" / "DSC_020.jpg")])
    page.get_by_role("button", name="Find copies and best shots in 2 files").click()
    path = page.locator(".darkroom .path")
    path.wait_for(timeout=TIMEOUT_MS)
    told = [path.inner_text()]
    page.keyboard.press("ArrowRight")
    told.append(path.inner_text())
    assert any(name in words for words in told), "as text, as it is"
    page.keyboard.press("c")
    page.get_by_role("dialog", name="Compare photos").get_by_text(name).first.wait_for()
    assert fired == []
    assert page.locator("img[src='x']").count() == 0
    quiet()


def by_id(book: dict[str, Any]) -> dict[str, Any]:
    return {group["id"]: group for group in book["groups"]}


def _download(page, button: str, path: Path) -> zipfile.ZipFile:
    with page.expect_download(timeout=60_000) as waiting:
        page.get_by_role("button", name=button).first.click()
    waiting.value.save_as(path)
    return zipfile.ZipFile(path)


@pytest.mark.nightly
def test_the_first_time(page, own_server: Server, quiet, tmp_path: Path) -> None:
    """Samples, 200 uploads, a reload in the middle of them, Back five times, two tabs, finish: every photo is there."""
    page.on("dialog", lambda dialog: dialog.accept())  # the warning before an upload is left
    page.goto(own_server.url)
    page.get_by_role("tab", name="Sample photos").click()
    page.get_by_role("button", name="Try it with sample photos").click()
    page.locator(".darkroom .rows li").first.wait_for(timeout=TIMEOUT_MS)
    page.get_by_role("link", name="Add photos").click()

    shots = [_small(number) for number in range(FIRST_TIME)]
    held = re.compile(r"/unipic/upload/.*IMG_1[5-9]\d\.jpg")
    page.route(held, lambda route: None)
    page.get_by_role("button", name="Choose photos", exact=True).wait_for()
    page.locator("input.files").set_input_files(shots)
    page.locator(".sum", has_text=f"150 of {FIRST_TIME} photos").wait_for(timeout=TIMEOUT_MS)
    page.reload()
    page.get_by_text(f"50 of {FIRST_TIME} files were not uploaded").wait_for()
    page.unroute(held)
    page.locator("input.files").set_input_files(shots[150:])
    page.get_by_role("button", name=f"Find copies and best shots in {FIRST_TIME} files").click(timeout=TIMEOUT_MS)
    page.locator(".darkroom .rows li").first.wait_for(timeout=TIMEOUT_MS)
    run = Runs(own_server.runs).open(page.url.split("run=")[1].split("&")[0])
    room = Room(page, own_server.url, run).start()

    room.press("j")
    room.at(2)
    room.press("c")
    room.root.locator("dialog.compare").wait_for()
    room.press("l")
    room.root.locator(".compare-loupe[aria-pressed=true]").wait_for()
    for _ in range(5):  # the loupe, the comparison, the group, the list: and beyond
        page.go_back()
    page.go_forward()

    tab = page.context.new_page()
    other = Room(tab, own_server.url, run).open()  # where the first one is
    other.root.locator(".stage img.large").wait_for()
    other.press("Enter")
    other.saved()
    tab.close()
    room.open()
    assert "1 done" in room.root.locator(".bar").inner_text()
    page.goto(f"{own_server.url}/finish?run={run.token}")
    answer = page.get_by_role("button", name="Leave out")
    page.get_by_label("Name of the album").wait_for()
    if answer.count():
        answer.click()
    album = _download(page, "Make the album", tmp_path / "album.zip")
    manifest = json.loads(album.read("unipic-manifest.json"))
    fates = [entry["original"] for fate in ("kept", "set_aside", "unreadable") for entry in manifest[fate]]
    assert sorted(fates) == sorted(shot["name"] for shot in shots)
    quiet()


def _small(number: int) -> dict[str, Any]:
    """Each tenth is a copy of the one before, and each fifth another shot of its moment."""
    place = scene((number - 1 if number % 10 == 9 else number) // 2 * 2, 160, 120)
    picture = shaken(place, 2) if number % 5 == 1 else place
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88)
    return {"name": f"IMG_{number:03}.jpg", "mimeType": "image/jpeg", "buffer": buffer.getvalue()}
