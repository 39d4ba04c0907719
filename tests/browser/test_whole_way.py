"""The whole way in real Chromium: 200 photos in, reviewed, progress saved, finished, the album opened."""

from __future__ import annotations

import json
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.pictures import blurred, save, scene, shaken

from unipic.runs import Runs

pytestmark = pytest.mark.browser

SCENES, SHOTS, SINGLES = 25, 6, 40
PATIENCE = 240_000  # milliseconds for the work on a slow machine


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 files: bursts, singles, exact copies, a picture kept smaller, two broken files, an odd name."""
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
    assert len(files) == 200
    sent = {str(path.relative_to(gallery.parent)): path.read_bytes() for path in files}
    page.goto(server.url)
    page.get_by_role("button", name="Choose photos", exact=True).wait_for()
    before = server.memory()
    page.locator("input.folder").set_input_files(str(gallery))
    start = page.get_by_role("button", name="Find duplicates in 200 files")
    start.wait_for(timeout=120_000)
    grown = server.memory() - before
    print(f"200 files, {sum(map(len, sent.values())) / 1e6:.0f} MB uploaded; the server grew by {grown / 1e6:.1f} MB")
    assert grown < 50_000_000

    start.click()
    page.get_by_text("would be set aside").wait_for(timeout=PATIENCE)
    run = Runs(server.runs).open(page.url.split("run=")[1])
    cleanup = json.loads((run.folder / "cleanup.json").read_text())
    assert len(cleanup["photos"]) + len(cleanup["unreadable"]) == 200
    assert {file["name"].split("/")[-1] for file in cleanup["unreadable"]} == {"broken.jpg", "notes.jpg"}
    assert sum(len(found["copies"]) for found in cleanup["exact"]) == 7
    groups = len(cleanup["clusters"])
    assert groups >= SCENES

    page.get_by_text("Keep this one too").first.click()
    page.get_by_text("STAYS TOO").first.wait_for()
    page.get_by_text(f"Similar shots ({groups} groups)").click()
    page.get_by_text("AI RECOMMENDATION").wait_for()
    page.get_by_text("Keep photo 2").click()
    page.get_by_role("button", name="Next").first.click()
    page.get_by_text(f"Group 2 of {groups} · 1 reviewed").wait_for()

    partial = _download(page, "Save progress", tmp_path / "partial.zip")
    kept = {entry["original"] for entry in json.loads(partial.read("unipic-manifest.json"))["kept"]}
    first = cleanup["clusters"][0]["photos"]
    names = {photo["id"]: photo["name"] for photo in cleanup["photos"]}
    assert names[first[0]] in kept
    assert names[first[1]] in kept, "ticked by hand"
    alike = zip(first, cleanup["clusters"][0]["alike"], strict=True)
    assert not {names[i] for i, likeness in list(alike)[2:] if likeness >= cleanup["similar"]} & kept
    assert all(names[i] in kept for group in cleanup["clusters"][1:] for i in group["photos"]), "not seen yet"

    page.reload()  # as a tab that was closed: the address brings everything back
    page.get_by_text(f"Similar shots ({groups} groups)").click()
    page.get_by_text(f"Group 2 of {groups} · 1 reviewed").wait_for()
    page.get_by_role("button", name="Previous").first.click()
    page.get_by_text(f"Group 1 of {groups} · 1 reviewed").wait_for()
    assert page.get_by_role("checkbox", name="Keep photo 2").is_checked()
    for place in range(1, groups):
        page.get_by_role("button", name="Next").first.click()
        page.get_by_text(f"Group {place + 1} of {groups} ·").wait_for()
    page.get_by_role("button", name="Done").first.click()
    page.get_by_text("Your clean gallery").wait_for()
    page.get_by_label("Name of the album").fill("Trip, the best of it")
    album = _download(page, "Make the album", tmp_path / "album.zip")

    manifest = json.loads(album.read("unipic-manifest.json"))
    assert len(manifest["kept"]) + len(manifest["set_aside"]) + len(manifest["unreadable"]) == 200
    assert len(album.namelist()) == 1 + len(manifest["kept"]) + len(manifest["unreadable"])
    for entry in manifest["kept"] + manifest["unreadable"]:
        assert album.read(entry["file"]) == sent[entry["original"]], "byte for byte the original"
    assert all(entry["reason"] for entry in manifest["set_aside"])

    page.get_by_role("link", name="Statistics").first.click()
    page.get_by_text("Photos looked at").wait_for()
    until = time.monotonic() + 10
    while not run.load().fetched and time.monotonic() < until:
        time.sleep(0.1)
    assert run.load().fetched, "the album went out whole, so the run may go"
    quiet()


def test_a_phone_reaches_everything(phone, server, quiet) -> None:
    phone.goto(server.url)
    phone.get_by_role("tab", name="Sample photos").click()
    phone.get_by_role("button", name="Try it with sample photos").click()
    phone.get_by_text("would be set aside").wait_for(timeout=PATIENCE)
    phone.get_by_text("Similar shots (").click()
    phone.get_by_text("AI RECOMMENDATION").wait_for()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390, "nothing sticks out to the side"
    for name in ("Next", "Save progress"):
        button = phone.get_by_role("button", name=name).first
        button.wait_for()  # a rerun may be replacing it
        assert button.evaluate("element => element.getBoundingClientRect().height") >= 44
    quiet()


def test_a_wrong_address_is_answered(page, server, quiet) -> None:
    page.goto(f"{server.url}/review?run={'x' * 32}")
    page.get_by_text("That run is gone").wait_for()
    quiet()


def test_a_hostile_name_is_only_text(page, server, gallery: Path, quiet) -> None:
    name = "<img src=x onerror=alert(1)>.jpg"
    fired = []
    page.on("dialog", lambda dialog: (fired.append(dialog.message), dialog.dismiss()))
    page.goto(server.url)
    page.get_by_role("button", name="Choose photos", exact=True).wait_for()
    page.locator("input.files").set_input_files([str(gallery / name), str(gallery / "singles" / "DSC_020.jpg")])
    page.get_by_role("button", name="Find duplicates in 2 files").click()
    page.get_by_text("would be set aside").wait_for(timeout=PATIENCE)
    page.get_by_text(name).first.wait_for()
    assert fired == []
    assert page.locator("img[src='x']").count() == 0
    quiet()


def _download(page, button: str, path: Path) -> zipfile.ZipFile:
    with page.expect_download(timeout=60_000) as waiting:
        page.get_by_role("button", name=button).first.click()
    waiting.value.save_as(path)
    return zipfile.ZipFile(path)
