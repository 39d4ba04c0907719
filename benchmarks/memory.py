"""Peak memory of a whole run in its own process, with its decode workers; and whether it grows with the gallery.

python -m benchmarks memory --photos 10000      1,000, 5,000 and 10,000 of them: 11 GB of disk, about ten minutes
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.gallery import camera_gallery
from server.runs import Runs
from unipic.cleanup.stages import READING
from unipic.core.settings import PROJECT

MAIN, WORKER = 700_000_000, 600_000_000  # bytes at most
SLOPE = 20_000  # bytes a photo at most, over the second half of them
QUALITY = 60  # of the JPEGs: the same pixels in fewer bytes, so that 10,000 find room
EACH = 1_000_000  # bytes of one photo of the gallery on disk
TICK = 0.1  # seconds between two looks


@dataclass(frozen=True)
class Sample:
    """One look: photos that were read by then, 0 in other stages, and resident bytes."""

    done: int
    main: int
    worker: int  # the largest


def run(photos: int = 0) -> None:
    wanted = photos or 2000
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < 1.1 * EACH * wanted:
        raise SystemExit(
            f"{tempfile.gettempdir()} has {free / 1e9:.0f} GB free, and {EACH * wanted / 1e9:.0f} are needed"
        )
    print("## Memory: a run over JPEGs of 12 megapixels\n")
    print("| photos | main process, MB | largest worker, MB | growth over the second half, kB a photo | seconds |")
    print("|---:|---:|---:|---:|---:|")
    missed: list[str] = []
    with camera_gallery(wanted, QUALITY) as gallery:
        for count in (wanted // 10, wanted // 2, wanted):
            missed += _measured(gallery, count)
    print(f"\nabove its limit: {', '.join(missed) or 'nothing'}\n")


def _measured(gallery: Path, count: int) -> list[str]:
    """A line of the table; what was above its limit."""
    with tempfile.TemporaryDirectory(prefix="unipic-bench-") as scratch:
        folder = Path(scratch) / "photos"
        folder.mkdir()
        for path in sorted(gallery.iterdir())[:count]:
            os.link(path, folder / path.name)
        begun = time.perf_counter()
        samples, problem = _watch(folder, Path(scratch) / "data")
        seconds = time.perf_counter() - begun
    if problem:
        raise SystemExit(f"the run over {count} photos ended: {problem}")
    main, worker = max(s.main for s in samples), max(s.worker for s in samples)
    growth = slope(samples, count)
    told = "not known" if growth is None else f"{growth / 1e3:.1f}"
    print(f"| {count:,} | {main / 1e6:.0f} | {worker / 1e6:.0f} | {told} | {seconds:.0f} |", flush=True)
    limits = (("the main process", main, MAIN), ("a worker", worker, WORKER), ("growth a photo", growth or 0.0, SLOPE))
    return [f"{words} at {count:,} photos" for words, value, most in limits if value > most]


def slope(samples: Sequence[Sample], count: int) -> float | None:
    """Bytes of the main process for each photo read in the second half: the least-squares line; None for too few."""
    half = [sample for sample in samples if count / 2 <= sample.done < count]
    if len({sample.done for sample in half}) < 3:
        return None
    middle = sum(s.done for s in half) / len(half)
    mean = sum(s.main for s in half) / len(half)
    spread = sum((s.done - middle) ** 2 for s in half)
    return sum((s.done - middle) * (s.main - mean) for s in half) / spread


def _watch(folder: Path, data: Path) -> tuple[list[Sample], str]:
    """A run as the web app has one done, which tells on disk how far it is; and what went wrong, "" if nothing."""
    run = Runs(data / "runs").new("folder", (str(folder),))
    run.change(state="working", settings={"fetch": False})
    command = [sys.executable, str(PROJECT / "src" / "main.py"), "work", str(run.folder)]
    process = subprocess.Popen(
        command, env={**os.environ, "UNIPIC_DATA": str(data)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    samples: list[Sample] = []
    while process.poll() is None:
        samples.append(_look(process, run.folder / "progress.json"))
        time.sleep(TICK)
    state = run.load()
    return samples, "" if state.state == "ready" else f"exit code {process.returncode}, {state.message or state.state}"


def _look(process: subprocess.Popen[bytes], progress: Path) -> Sample:
    try:
        watched = psutil.Process(process.pid)
        main = watched.memory_info().rss
        # A process that was just forked still counts as its parent, until it becomes what it was started for.
        workers = [child for child in watched.children(recursive=True) if child.cmdline() != watched.cmdline()]
        return Sample(_done(progress), main, max((child.memory_info().rss for child in workers), default=0))
    except psutil.NoSuchProcess:
        return Sample(0, 0, 0)


def _done(progress: Path) -> int:
    try:
        said = json.loads(progress.read_text(encoding="utf-8"))
        return int(said["done"]) if said["stage"] == READING else 0
    except (OSError, ValueError):
        return 0
