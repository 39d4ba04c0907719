"""A picture made of a group's photos, before and after, which a person accepts by keyboard or by thumb."""

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmarks.organise import made_bracket
from PIL import Image
from tests.browser.room import Room
from tests.helpers.desks import evidence, scanned
from tests.helpers.galleries import photo
from tests.helpers.pictures import save, scene

from server.made_routes import FOLDER
from server.runs import Run
from unipic.cleanup.result import Series

pytestmark = pytest.mark.browser


@pytest.fixture
def run(server, tmp_path: Path) -> Run:
    """One group: a bracket of three frames."""
    photos, pictures = [], {}
    for n, frame in enumerate(made_bracket(np.asarray(scene(4, 1600, 1200).convert("RGB")), 2, 0)):
        path = save(Image.fromarray(frame), tmp_path / f"f{n}.jpg")
        data, (height, width) = path.read_bytes(), frame.shape[:2]
        digest = hashlib.sha256(data).hexdigest()
        pictures[digest] = data
        facts = {"width": width, "height": height, "size": len(data), "bias": 2.0 * (n - 1), "digest": digest}
        photos.append(photo(f"f{n}", path=str(path), name=f"trip/{path.name}", **facts))
    found = evidence(photos, {"f0 f1": 95.0, "f1 f2": 95.0, "f0 f2": 95.0})
    made = scanned(server.data, replace(found, series=(Series("bracket", tuple(photos), "3 exposures"),)))
    for digest, data in pictures.items():
        made.thumbnails.save(digest, data)
    return made


def test_a_merge_is_shown_beside_its_middle_frame_and_accepted(page, server, run: Run, quiet) -> None:
    room = Room(page, server.url, run).open()
    room.at(1)  # the only group is open at once
    room.press("o")
    room.root.locator(".said", has_text="Nobody’s eyes are shut").wait_for(timeout=5000)
    room.press("h")
    dialog = room.root.locator("dialog.made")
    dialog.locator("figure").wait_for(timeout=60_000)
    assert dialog.locator(".badge").inner_text() == "Merged from several exposures"
    slider = dialog.get_by_label("Before, or after")
    slider.focus()
    before = dialog.locator(".over").evaluate("(over) => over.style.clipPath")
    room.press("ArrowRight")
    assert dialog.locator(".over").evaluate("(over) => over.style.clipPath") != before
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/wide.png")
        page.emulate_media(color_scheme="dark")
        page.screenshot(path=f"{folder}/dark.png")
        page.set_viewport_size({"width": 390, "height": 844})
        page.screenshot(path=f"{folder}/phone.png")
    dialog.get_by_role("button", name="Accept").click()
    room.root.locator(".said", has_text="Accepted").wait_for(timeout=5000)
    (facts,) = (run.folder / FOLDER).glob("*.json")
    assert json.loads(facts.read_text())["accepted"]
    quiet()
