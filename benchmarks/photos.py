"""The photos of a library of 100,000 in real Chromium: how long until they are seen, and what scrolling costs.

The library is made up: its rows are written into the index, with some real thumbnails linked for all. What a frame
costs is what the browser's main thread worked since the frame before, by its own trace. By the clock it also waits: for
the processes that draw, which have no GPU here, and for a core.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
from PIL import Image

from benchmarks.darkroom import BROWSERS, browser_page, served
from unipic.core.photo import Found, Measures, Photo
from unipic.core.settings import Settings
from unipic.library.index import StoredIndex
from unipic.library.library import INDEX, Library
from unipic.reading.seen import Seen

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

YEARS = 20
PICTURES = 24  # thumbnails: real ones; each is linked for thousands of photos
GOALS = "Goals: opened below 1 s, at most 16 ms of work for a frame"
TRACED = ["devtools.timeline", "disabled-by-default-devtools.timeline"]
# Milliseconds until the second frame after there are cells, and after their thumbnails are there.
OPENING = """if (top === self) addEventListener("DOMContentLoaded", () => {
  const found = {};
  const find = () => [...document.querySelectorAll("[data-testid^=stBidi]")]
    .map((one) => one.shadowRoot?.querySelector(".gallery")).find(Boolean);
  const frames = (act) => requestAnimationFrame(() => requestAnimationFrame(act));
  const look = () => {
    const room = find();
    if (room) found.room ??= performance.now();
    const cells = [...room?.querySelectorAll(".cell") ?? []]
      .filter((one) => one.getBoundingClientRect().top < innerHeight);
    if (cells.length && !found.asked) frames(() => (found.cells = performance.now()));
    found.asked ||= cells.length > 0;
    if (found.cells && cells.every((one) => one.classList.contains("there")))
      frames(() => (window.opened = { ...found, pictures: performance.now() }));
    else requestAnimationFrame(look);
  };
  look();
});"""


def run(photos: int = 0) -> None:
    photos = photos or 100_000
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        print(f"## Photos of the library: no browser here; looked for {', '.join(BROWSERS)}\n")
        return
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        data, empty = Path(name) / "data", Path(name) / "empty"
        days = make_library(data, Path(name) / "photos", photos)
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        print(f"## Photos of the library: {photos:,} of {days:,} days, Chromium {browser.version}, 1280 x 900\n")
        with served(data) as (url, process):
            _listing(url)
            _opening(browser, url)
            _scrolling(browser, url)
            full = _memory(process)
        with served(empty) as (url, process), browser_page(browser) as page:
            page.goto(f"{url}/photos")
            page.locator(".gallery .empty").wait_for()
            nothing = _memory(process)
        print(f"\n{GOALS}. Memory of the server afterwards: {full:.0f} MB; with an empty library {nothing:.0f} MB.\n")
        browser.close()


# What is measured.


def _listing(url: str) -> None:
    print("| | | median | slowest |")
    print("|---|---:|---:|---:|")
    first, answer = _asked(f"{url}/unipic/library/listing")
    _row("listing, first asked for", [first])
    _row("listing, asked for again", [_asked(f"{url}/unipic/library/listing")[0] for _ in range(10)])
    key, total = answer["key"], answer["total"]
    pages = [_asked(f"{url}/unipic/library/photos?key={key}&from={n * total // 20}&count=100")[0] for n in range(20)]
    _row("100 photos", pages)


def _asked(address: str) -> tuple[float, Any]:
    started = time.perf_counter()
    with urllib.request.urlopen(address, timeout=60) as answer:
        content = answer.read()
    return (time.perf_counter() - started) * 1000, json.loads(content)


def _opening(browser: Browser, url: str) -> None:
    first, again = [], []
    for _ in range(5):
        with browser_page(browser) as page:
            page.add_init_script(OPENING)
            page.goto(f"{url}/photos")
            first.append(page.wait_for_function("() => window.opened").json_value())
            page.reload()
            again.append(page.wait_for_function("() => window.opened").json_value())
    for name, found in (("first visit of a browser", first), ("page loaded again", again)):
        _row(f"{name}, to cells", [one["cells"] for one in found])
        _row("- of which in the gallery itself", [one["cells"] - one["room"] for one in found])
        _row("- to the thumbnails of all cells in view", [one["pictures"] for one in found])


def _scrolling(browser: Browser, url: str) -> None:
    print("\n| main thread, work of a frame | frames | median | 99 of 100 within | most | by the clock, 99 of 100 |")
    print("|---|---:|---:|---:|---:|---:|")
    ways = {"wheel, 1,500 px/s": 1500, "wheel, 6,000 px/s": 6000, "wheel, 40,000 px/s": 40_000}
    for name, speed in ways.items():
        with browser_page(browser) as page:
            _enter(page, url)
            wheel = {"xDistance": 0, "yDistance": -speed * 4, "speed": speed, "gestureSourceType": "mouse"}
            session = page.context.new_cdp_session(page)
            with _traced(browser, page, name):
                session.send("Input.synthesizeScrollGesture", {"x": 300, "y": 500, **wheel})
    with browser_page(browser) as page:
        _enter(page, url)
        box = page.locator(".gallery .scrubber").bounding_box()
        assert box
        x, top, high = box["x"] + 20, box["y"], box["height"]
        page.mouse.move(x, top + 2)
        page.mouse.down()
        with _traced(browser, page, "years dragged from end to end and back"):
            page.mouse.move(x, top + high - 2, steps=200)
            page.mouse.move(x, top + 2, steps=200)
            page.mouse.up()


def _enter(page: Page, url: str) -> None:
    page.goto(f"{url}/photos")
    page.locator(".gallery .cell.there").first.wait_for()
    page.wait_for_timeout(1000)


@contextmanager
def _traced(browser: Browser, page: Page, name: str) -> Iterator[None]:
    page.wait_for_timeout(500)
    browser.start_tracing(page=page, categories=TRACED)
    yield
    page.wait_for_timeout(300)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    work, wall = _work(events, "tdur"), _work(events, "dur")
    shares = (statistics.median(work), _late(work), work[-1], _late(wall))
    print(f"| {name} | {len(work)} | {' | '.join(f'{one:.1f} ms' for one in shares)} |", flush=True)


def _work(events: Sequence[dict[str, Any]], clock: str) -> list[float]:
    """Milliseconds that the page's main thread took for each frame, sorted: all its tasks since the frame before."""
    frames = [one for one in events if one["name"] == "Commit"]
    threads = [(one["pid"], one["tid"]) for one in frames]
    main = max(set(threads), key=threads.count)
    commits = sorted(one["ts"] for one, thread in zip(frames, threads, strict=True) if thread == main)
    whole = [one for one in events if one["name"] == "RunTask" and clock in one]
    tasks = sorted((one["ts"], one["dur"], one[clock]) for one in whole if (one["pid"], one["tid"]) == main)
    work, waiting = [], 0.0
    for start, took, spent in tasks:
        waiting += spent / 1000
        if commits and commits[0] < start + took:
            commits = [one for one in commits if one >= start + took]
            work.append(waiting)
            waiting = 0.0
    return sorted(work)


def _late(work: Sequence[float]) -> float:
    return work[min(len(work) - 1, int(len(work) * 0.99))]


def _row(what: str, found: Sequence[float]) -> None:
    print(f"| {what} | {len(found)} | {statistics.median(found):.0f} ms | {max(found):.0f} ms |", flush=True)


def _memory(process: int) -> float:
    return psutil.Process(process).memory_info().rss / 1e6


# What it is measured on.


def make_library(data: Path, photos: Path, number: int) -> int:
    """A library of so many made-up photos over 20 years; returns on how many days they were taken."""
    photos.mkdir(parents=True)
    photos.joinpath("a").touch()  # an empty folder counts as one that cannot be reached
    library, pictures = Library(data), _pictures(data.parent / "pictures")
    times = _times(number)
    files = [_file(photos, n, taken) for n, taken in enumerate(times)]
    library.update(library.add(photos), files)
    index = StoredIndex(data / INDEX, library.thumbnails, Settings().limits)
    vector = np.zeros(256, np.float16)
    for n, (file, taken) in enumerate(zip(files, times, strict=True)):
        index.keep(file, Seen(_photo(file, n, taken), vector, b""), "made up")
        path = library.thumbnails.path(_digest(n))
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(pictures[n % PICTURES], path)
    index.close()
    return len({taken.date() for taken in times})


def _times(number: int) -> list[datetime]:
    """Most days have few photos and some have many, which follow each other within hours."""
    rng = random.Random(0)
    begin, found = datetime(2005, 1, 1), list[datetime]()
    while len(found) < number:
        day = begin + timedelta(days=rng.randrange(YEARS * 365), hours=9)
        found += [day + timedelta(seconds=rng.randrange(36_000)) for _ in range(rng.choice((1, 2, 5, 20, 60)))]
    return found[:number]


def _file(photos: Path, n: int, taken: datetime) -> Found:
    name = f"{taken:%Y}/IMG_{n:06}.jpg"
    return Found(str(n), name, str(photos / name), 4_000_000, "made up")


def _photo(file: Found, n: int, taken: datetime) -> Photo:
    measures = Measures(0.5, 0.5, 0.5, 0.1)
    shown = ("JPEG", "0" * 64, measures, True, taken, "Made up")
    return Photo(file.id, file.name, file.path, _digest(n), file.size, 4000, 3000, *shown)


def _digest(n: int) -> str:
    return hashlib.sha256(str(n).encode()).hexdigest()


def _pictures(folder: Path) -> list[Path]:
    """As large as thumbnails are, 640 pixels, and as rich in detail as photos: some 60 kB each."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for n in range(PICTURES):
        coarse, fine = (Image.fromarray(rng.integers(0, 256, (side * 3, side * 4, 3), np.uint8)) for side in (2, 60))
        coarse, fine = (one.resize((640, 480), Image.Resampling.BICUBIC) for one in (coarse, fine))
        Image.blend(coarse, fine, 0.25).save(folder / f"{n}.jpg", quality=85)
    return sorted(folder.iterdir())
