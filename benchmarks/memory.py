"""Peak memory of a whole run, the command line as a person starts it, with its decode workers."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil

from benchmarks.gallery import camera_gallery
from unipic.settings import PROJECT


def run(photos: int = 0) -> None:
    with camera_gallery(photos or 2000) as folder:
        count = sum(1 for _ in folder.iterdir())
        command = [sys.executable, str(PROJECT / "src" / "main.py"), "clean", str(folder), "--dry-run", "--offline"]
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        main, worker = _peaks(process)
        seconds = time.perf_counter() - begun
    print(f"## Memory: a run over {count} JPEGs of 12 megapixels\n")
    print(f"peak of the main process {main / 1e6:.0f} MB, of the largest worker {worker / 1e6:.0f} MB,")
    print(
        f"in {seconds:.0f} s ({count / seconds:.1f} photos a second, start included), exit code {process.returncode}\n"
    )


def _peaks(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    """Largest resident memory seen, looked at ten times a second."""
    main = worker = 0
    watched = psutil.Process(process.pid)
    while process.poll() is None:
        try:
            main = max(main, watched.memory_info().rss)
            # A process that was just forked still counts as its parent, until it becomes what it was started for.
            workers = [child for child in watched.children(recursive=True) if child.cmdline() != watched.cmdline()]
            worker = max([worker, *(child.memory_info().rss for child in workers)])
        except psutil.NoSuchProcess:
            pass
        time.sleep(0.1)
    return main, worker
