"""The pictures of the README: docs/review.jpg and the moving docs/tour.webp, of the sample photos in the real app.

docs/pictures.json has the words on the screen in each scene. A test goes the same way and compares them, so that old
pictures are noticed. Chromium draws the same picture on the same machine, not on every one.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from benchmarks.darkroom import BROWSERS, served
from unipic.core.settings import PROJECT

if TYPE_CHECKING:
    from playwright.sync_api import Page

DOCS = PROJECT / "docs"
HERO, TOUR, WORDS = DOCS / "review.jpg", DOCS / "tour.webp", DOCS / "pictures.json"
WIDTH, HEIGHT = 1280, 800  # of the window, in pixels
TOUR_WIDTH = 960  # pixels
TOUR_QUALITY, HERO_QUALITY = 60, 82
TIMEOUT_MS = 240_000  # for a scan on a busy machine

# Every picture of a component that the window shows is loaded.
PICTURES_THERE = """() => [...document.querySelectorAll("[data-testid^=stBidi]")].every((one) =>
  [...(one.shadowRoot?.querySelectorAll("img[src]") ?? [])].every((image) => {
    const { top, bottom, width } = image.getBoundingClientRect();
    return !width || top > innerHeight || bottom < 0 || (image.complete && image.naturalWidth);
  }))"""


@dataclass(frozen=True)
class Scene:
    """A moment of the tour: what the page shows now."""

    name: str
    seconds: float  # how long it stays
    hero: bool = False


def scenes(page: Page, url: str) -> Iterator[Scene]:
    """Go the whole way with the sample photos, and stop at each scene."""
    page.goto(f"{url}/add")
    page.get_by_role("tab", name="Sample photos").click()
    start = page.get_by_role("button", name="Try it with sample photos")
    start.wait_for()
    yield Scene("Sample photos", 2)
    start.click()
    room = page.locator(".darkroom")
    room.locator(".rows li").first.wait_for(timeout=TIMEOUT_MS)
    _drawn(page)
    yield Scene("All groups", 3)
    room.get_by_label(re.compile("^Kind")).select_option("Similar moment")
    room.locator(".rows .open").first.click()
    room.locator(".stage img.large").wait_for()
    _drawn(page)
    yield Scene("A group of similar shots", 4, hero=True)
    page.keyboard.press("c")
    page.get_by_role("dialog", name="Compare photos").wait_for()
    _drawn(page)
    yield Scene("Side by side", 3)
    page.keyboard.press("Escape")
    page.get_by_role("dialog", name="Compare photos").wait_for(state="hidden")
    page.keyboard.press("Enter")
    room.locator(".where strong", has_text="Group 2 of").wait_for()
    _drawn(page)
    yield Scene("The next group", 2)
    page.goto(page.url.replace("/review", "/finish"))
    page.get_by_label("Name of the album").wait_for()
    _drawn(page)
    yield Scene("Finish", 4)


def words(page: Page) -> list[str]:
    """The names of what can be pressed or read as a heading, without numbers, which differ from machine to machine."""
    named = re.findall(r'(button|dialog|heading|link|tab) "([^"]+)"', page.locator("body").aria_snapshot())
    return sorted({re.sub(r"\d[\d,.]*", "#", f"{role} {name}") for role, name in named})


def run(_: int = 0) -> None:
    """Make the pictures anew."""
    from playwright.sync_api import sync_playwright

    browser = next(path for name in BROWSERS if (path := shutil.which(name)))
    frames, said = list[tuple[Image.Image, Scene]](), dict[str, list[str]]()
    with tempfile.TemporaryDirectory() as data, served(Path(data)) as (url, _), sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for scene in scenes(page, url):
            frames.append((Image.open(io.BytesIO(page.screenshot())).convert("RGB"), scene))
            said[scene.name] = words(page)
        chromium.close()
    hero = next(picture for picture, scene in frames if scene.hero)
    hero.save(HERO, quality=HERO_QUALITY, optimize=True, progressive=True)
    height = round(TOUR_WIDTH * HEIGHT / WIDTH)
    small = [picture.resize((TOUR_WIDTH, height), Image.Resampling.LANCZOS) for picture, _ in frames]
    durations = [round(1000 * scene.seconds) for _, scene in frames]
    small[0].save(
        TOUR, save_all=True, append_images=small[1:], duration=durations, loop=0, quality=TOUR_QUALITY, method=6
    )
    WORDS.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"## Pictures\n\n{len(frames)} scenes: {HERO.stat().st_size:,} and {TOUR.stat().st_size:,} bytes")


def _drawn(page: Page) -> None:
    """Until the screen is drawn, with its pictures."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(timeout=TIMEOUT_MS)
    page.wait_for_load_state("networkidle")
    page.wait_for_function(PICTURES_THERE, timeout=TIMEOUT_MS)
