"""Unipic runs here without the modules and flags that Windows lacks.

Not a test of Windows itself, whose files cannot be renamed while they are open.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from unipic.core.settings import PROJECT

# Python runs this at its start, in every process: no fork, flock, limits, timers or O_ flags; msvcrt in their place.
SITECUSTOMIZE = """
import fcntl, multiprocessing, os, signal, subprocess, sys, types

def locking(handle, mode, count, flock=fcntl.flock, way=fcntl.LOCK_EX, busy=fcntl.LOCK_NB):
    try:
        flock(handle, way | (busy if mode == 2 else 0))
    except BlockingIOError as error:
        raise PermissionError(*error.args) from None

sys.modules["msvcrt"] = types.ModuleType("msvcrt")
sys.modules["msvcrt"].__dict__.update(LK_LOCK=1, LK_NBLCK=2, locking=locking)
sys.modules["fcntl"] = sys.modules["resource"] = None
for name in ("fork", "forkpty", "O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK", "sched_getaffinity", "sysconf"):
    if hasattr(os, name):
        delattr(os, name)
del signal.setitimer, signal.SIGPROF
multiprocessing.get_all_start_methods = lambda: ["spawn"]
"""

LOCKS = """
from pathlib import Path
from unipic.core.files import atomic_file, open_to_read, read_json, sweep_parts, write_json
from unipic.core.locks import FLOCK, lock
assert not FLOCK
path = Path("a.json")
write_json(path, [1])
assert read_json(path) == [1]
with atomic_file(path) as file:
    file.write(b"[2]")
    other = open(next(Path().glob("a.json.*")), "rb")
    try:
        lock(other, wait=False)
    except BlockingIOError:
        print("held")
    sweep_parts(Path(), "a.json")
assert read_json(path) == [2] and list(Path().iterdir()) == [path]
Path("link").symlink_to(path)
try:
    open_to_read("link")
except OSError:
    print("no link")
"""


def run(folder: Path, *arguments: str) -> str:
    site = folder / "site"
    site.mkdir(exist_ok=True)
    (site / "sitecustomize.py").write_text(SITECUSTOMIZE)
    work = folder / "work"
    work.mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UNIPIC_")}
    paths = os.pathsep.join([str(site), str(PROJECT / "src")])
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=work,
        env={**kept, "PYTHONPATH": paths, "UNIPIC_DATA": str(folder / "data"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_files_are_written_and_locked(tmp_path: Path) -> None:
    assert run(tmp_path, "-c", LOCKS).split("\n") == ["held", "no link", ""]


@pytest.mark.nightly
def test_photos_are_cleaned(tmp_path: Path) -> None:
    run(tmp_path, "-m", "unipic", "samples", "photos")
    light = ("--encoder", "builtin", "--ranker", "builtin")
    said = run(tmp_path, "-m", "unipic", "clean", "photos", "--zip", "out.zip", *light)
    assert re.search(r"photos found +37\b", said)
    assert (tmp_path / "work" / "out.zip").is_file()


def test_the_web_app_is_made(tmp_path: Path) -> None:
    assert "App" in run(tmp_path, "-c", "import app; print(type(app.app))")
