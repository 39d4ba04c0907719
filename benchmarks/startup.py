"""How long until something can be done: the help of the command line, the first screen, the first photo looked at.

The processor's seconds are those of all processes of a command, and the same on a busy machine.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import psutil

from benchmarks.darkroom import BROWSERS, served
from benchmarks.gallery import camera_gallery
from server.jobs import Jobs, where
from server.runs import Run, Runs
from unipic.cleanup.stages import READING
from unipic.core.settings import PROJECT

MAIN = str(PROJECT / "src" / "main.py")
TIMES = 9
HELP = 0.3  # seconds at most
ROUNDS = 3  # with and without a spare process, in turn
WAIT = 120.0  # seconds a run may take to look at its first photo
LIBRARIES = ("torch", "torchvision", "transformers", "cv2", "sklearn", "scipy")  # folders their files lie in


def run(photos: int = 0) -> None:
    print("## Start-up\n")
    _help()
    _first_screen()
    _first_photo(photos or 64)


def _help() -> None:
    print("| command | median s | fastest s | processor s |")
    print("|---|---:|---:|---:|")
    for command in (["-c", "pass"], ["-c", "import typer, typer.rich_utils"], [MAIN, "--help"]):
        walls, busy = zip(*(_timed([sys.executable, *command]) for _ in range(TIMES)), strict=True)
        name = " ".join(Path(word).name for word in command)
        print(f"| python {name} | {statistics.median(walls):.2f} | {min(walls):.2f} | {statistics.median(busy):.2f} |")
    print(f"\nGoal for --help: {HELP} s.\n")


def _timed(command: list[str]) -> tuple[float, float]:
    before, began = _children(), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began, _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _first_screen() -> None:
    """From the server's start until the title stands in a browser that is open already."""
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None:
        print(f"First screen: no browser here; looked for {', '.join(BROWSERS)}\n")
        return
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as data, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        began = time.perf_counter()
        with patch.dict(os.environ, UNIPIC_SPARE="0"), served(Path(data)) as (url, pid):
            up = time.perf_counter() - began
            page = browser.new_page()
            page.goto(url)
            page.get_by_role("heading", name="Keep the best shot").wait_for()
            shown = time.perf_counter() - began
            server = psutil.Process(pid)
            spent, memory = sum(server.cpu_times()[:2]), server.memory_info().rss
            mapped = {name for name in LIBRARIES for part in server.memory_maps() if f"/{name}/" in part.path}
        browser.close()
    print(f"Web app: {up:.1f} s from its start until it answers, {shown:.1f} s until the first screen is seen;")
    print(f"{spent:.1f} s of the processor, {memory / 1e6:.0f} MB, of the heavy libraries {mapped or 'none'} loaded.\n")


def _first_photo(photos: int) -> None:
    """From Start until a photo was looked at, as the screen says it: to within a third of a second."""
    found: dict[bool, list[float]] = {False: [], True: []}
    with camera_gallery(photos) as gallery:
        for _ in range(ROUNDS):
            for spare in found:
                found[spare].append(_started(gallery, spare))
    plain, spared = (statistics.median(found[spare]) for spare in (False, True))
    print(f"From Start to the first photo looked at: {plain:.1f} s in a new process, {spared:.1f} s in a spare one")
    print(f"that has loaded the models meanwhile (medians of {ROUNDS}, in turn, nothing known of the photos).\n")


def _started(gallery: Path, spare: bool) -> float:
    with tempfile.TemporaryDirectory() as data, patch.dict(os.environ, UNIPIC_DATA=data):
        run = Runs(Path(data) / "runs").new("folder", (str(gallery),))
        run.change(settings={"fetch": False})
        with _jobs(run, spare) as jobs:
            began = time.perf_counter()
            jobs.start(run)
            _until(lambda: _looked_at(run))
            return time.perf_counter() - began


@contextmanager
def _jobs(run: Run, spare: bool) -> Iterator[Jobs]:
    jobs = Jobs([sys.executable, MAIN, "work"], spares=spare)
    jobs.prepare()
    if spare:
        assert jobs._spare is not None
        _until_asleep(psutil.Process(jobs._spare.pid))
    try:
        yield jobs
    finally:
        jobs.cancel(run)
        _until(lambda: jobs.ahead_of(run) == 0)


def _looked_at(run: Run) -> bool:
    """The first step of the second stage that counts photos was told after one of them."""
    step = where(run)
    return run.load().state in ("ready", "failed") or bool(step and step.stage == READING and step.done)


def _until_asleep(process: psutil.Process) -> None:
    """Until it has used no processor for a second: the models are loaded."""
    used = -1.0
    while used != (used := sum(process.cpu_times()[:2])):
        time.sleep(1)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("the run did not begin")
        time.sleep(0.01)
