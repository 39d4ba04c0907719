"""A person's way with a new library: add a folder, search five times, select, export. In real Chromium."""

import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont
from tests.browser.conftest import start_server, stop_server
from tests.browser.test_photos import Wall
from tests.helpers.libraries import taken

pytestmark = [pytest.mark.browser, pytest.mark.nightly]

MINUTES = 180_000  # milliseconds for what a busy machine reads


def test_from_a_folder_to_an_export(new_page, tmp_path: Path, quiet) -> None:
    photos, data = tmp_path / "photos", tmp_path / "data"
    data.mkdir()
    for number in range(6):
        taken(number, photos / "Italy" / f"IMG_{number:04}.jpg", f"2024-05-04 10:{number:02}:00")
    for number in range(6, 9):
        taken(number, photos / "Home" / f"DSC_{number:04}.jpg", f"2022-12-24 18:{number:02}:00")
    page_of_words = Image.new("RGB", (900, 400), "white")
    ImageDraw.Draw(page_of_words).text((60, 150), "Parking fine RE16 TGK", "black", ImageFont.load_default(48))
    page_of_words.save(photos / "Scan_0001.png")
    server, process = start_server(data, UNIPIC_ROOTS=str(photos))
    try:
        page = new_page()
        page.set_default_timeout(30_000)
        page.goto(f"{server.url}/folders")
        page.get_by_role("button", name="Add to the library").click()
        page.get_by_text("10 photos").first.wait_for(timeout=MINUTES)
        page.get_by_role("button", name="Look for new photos").wait_for(timeout=MINUTES)
        wall = Wall(page, server.url).open()
        box, root = wall.root.get_by_label("Search the photos"), wall.root
        for words, found in (("may 2024", 6), ("re16", 1), ("home", 3), ("christmas 2022", 3)):
            box.fill(words)
            root.get_by_text(re.compile(f"^{found} photos?$")).first.wait_for()
        box.fill("unicorn")
        root.get_by_role("heading", name="Nothing found").wait_for()
        box.fill("may 2024")
        root.get_by_text("6 photos").first.wait_for()
        box.press("ArrowDown")
        wall.press("Space", "ArrowRight", "Space")
        assert wall.selected() == "2 selected"
        wall.press("e")
        page.get_by_role("heading", name="Export 2 photos").wait_for()
        with page.expect_download() as saved:
            page.get_by_role("button", name="Make the album").click()
        with zipfile.ZipFile(saved.value.path()) as made:
            names = {name for name in made.namelist() if name.endswith(".jpg")}
            assert {Path(name).name for name in names} == {"IMG_0005.jpg", "IMG_0004.jpg"}
            for name in names:
                assert made.read(name) == (photos / "Italy" / Path(name).name).read_bytes()
    finally:
        stop_server(process)
    quiet()
