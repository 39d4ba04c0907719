"""The library: an index that is killed again and again and comes to its end, and 100,000 files with nothing new."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from benchmarks.holiday import holiday
from benchmarks.made_up import fill_in
from unipic.core.settings import PROJECT, models_folder
from unipic.library.library import Library
from unipic.sources.base import NEW
from unipic.vision.registry import Loader, open_encoder

KILLS = 5
FILES, EACH = 100_000, 500  # files in all, and in each folder


def run(photos: int = 0) -> None:
    with holiday(photos or 2000) as folder:
        time.sleep(NEW / 1e9)  # a file that was written just now has no stamp
        count = len(list(folder.iterdir()))
        print(f"## Library: `index` of {count:,} JPEGs of 12 megapixels, from a warm file cache\n")
        print("| run | seconds | photos read in it |\n|---|---:|---:|")
        with tempfile.TemporaryDirectory(prefix="unipic-bench-") as data:
            seconds, _ = _indexed(folder, Path(data))
            print(f"| at once | {seconds:.1f} | {count:,} |", flush=True)
        with tempfile.TemporaryDirectory(prefix="unipic-bench-") as data:
            _killed(folder, Path(data), count)
    with tempfile.TemporaryDirectory(prefix="unipic-bench-") as scratch:
        _nothing_new(Path(scratch))


def _command(folder: Path) -> list[str]:
    return [sys.executable, str(PROJECT / "src" / "main.py"), "index", str(folder), "--offline", "--json"]


def _indexed(folder: Path, data: Path) -> tuple[float, int]:
    """Seconds of the command, and how many photos it read."""
    begun = time.perf_counter()
    environment = {**os.environ, "UNIPIC_DATA": str(data)}
    done = subprocess.run(_command(folder), env=environment, capture_output=True, check=True)
    return time.perf_counter() - begun, json.loads(done.stdout)["folders"][0]["new"]


def _killed(folder: Path, data: Path, count: int) -> None:
    """Killed when another sixth is read, KILLS times, then to the end."""
    library, environment = Library(data), {**os.environ, "UNIPIC_DATA": str(data)}
    for kill in range(1, KILLS + 1):
        begun, before = time.perf_counter(), _read(library)
        process = subprocess.Popen(
            _command(folder), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while process.poll() is None and _read(library) < kill * count // (KILLS + 1):
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        print(f"| killed {kill} | {time.perf_counter() - begun:.1f} | {_read(library) - before:,} |", flush=True)
    seconds, read = _indexed(folder, data)
    print(f"| to its end | {seconds:.1f} | {read:,} |\n")
    assert _read(library) == count, "a photo is missing"


def _read(library: Library) -> int:
    return library.number("SELECT count(digest) FROM file")


def _nothing_new(scratch: Path) -> None:
    """`index` of FILES files that were all read before, and their listing."""
    folder, data = scratch / "photos", scratch / "data"
    make_files(folder, FILES)
    library = Library(data)
    library.add(folder)
    encoder, _ = open_encoder("auto", Loader(models_folder(), fetch=False))
    fill_in(library, folder, encoder)
    print("| `index` with nothing new | seconds | peak memory, MB |\n|---|---:|---:|")
    empty = scratch / "empty"
    empty.mkdir()
    for what, chosen in (("an empty folder", empty), (f"{FILES:,} files", folder), (f"{FILES:,} files again", folder)):
        seconds, peak = _measured(chosen, data)
        print(f"| {what} | {seconds:.1f} | {peak / 1e6:.0f} |", flush=True)
    begun = time.perf_counter()
    listing = library.listing()
    seconds = time.perf_counter() - begun
    megabytes = library.path.stat().st_size / 1e6
    print(f"\nListing of {len(listing.ids):,}: {seconds:.2f} s. The index has {megabytes:.0f} MB.\n")


def _measured(folder: Path, data: Path) -> tuple[float, int]:
    """Seconds of the command, and its peak resident memory in bytes."""
    begun = time.perf_counter()
    environment = {**os.environ, "UNIPIC_DATA": str(data)}
    process = subprocess.Popen(_command(folder), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        peak = max(peak, _peak(process.pid))
        time.sleep(0.02)
    assert process.returncode == 0, "the command failed"
    return time.perf_counter() - begun, peak


def _peak(pid: int) -> int:
    """The most memory the process had until now, in bytes."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def make_files(folder: Path, files: int) -> None:
    """Files that hold their number, EACH in a folder, written yesterday."""
    past = time.time() - 86_400
    for number in range(files):
        path = folder / f"{number // EACH:04}" / f"IMG_{number:06}.jpg"
        if number % EACH == 0:
            path.parent.mkdir(parents=True)
        path.write_bytes(f"{number}".encode())
        os.utime(path, (past, past))
    time.sleep(NEW / 1e9)
