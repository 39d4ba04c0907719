"""ZIPs beyond what the old format can hold: more entries, more bytes, and names that other systems take for one."""

import json
import os
import shutil
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.safety.harness.amounts import NIGHTLY
from tests.safety.harness.large_zips import BIG, COLLIDING, ENTRIES
from tests.safety.harness.ledger import record

from unipic.core.settings import PROJECT
from unipic.destinations.base import MANIFEST

MEMORY = 150_000_000


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Path]:
    """Where the largest archive fits."""
    needed = 2 * BIG + 2_000_000_000 if NIGHTLY else 200_000_000
    free = shutil.disk_usage(tmp_path).free
    if free < needed:
        pytest.skip(f"{tmp_path} has {free:,} bytes free, and {needed:,} are needed")
    yield tmp_path
    for left in tmp_path.iterdir():  # gigabytes are not left to pytest, which keeps the last three runs
        left.unlink() if left.is_file() else shutil.rmtree(left)


def exported(folder: Path, task: str) -> tuple[Path, int]:
    """The ZIP of a task in a process of its own, and the most memory that took."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.safety.harness.large_zips", task, str(folder)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(PROJECT / "src"), str(PROJECT)))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "out.zip", json.loads(done.stdout)["memory"]


def opens_everywhere(path: Path, number: int) -> list[str]:
    """With the tools that are here, and their names."""
    with zipfile.ZipFile(path) as archive:
        assert len(archive.namelist()) == number
        assert archive.namelist()[-1] == MANIFEST
    found = ["zipfile"]
    for program, *options in (("unzip", "-tqq"), ("7z", "t", "-bso0"), ("7zz", "t", "-bso0"), ("bsdtar", "-tf")):
        if shutil.which(program):
            done = subprocess.run([program, *options, str(path)], capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{program}: {done.stdout[-500:]} {done.stderr[-500:]}"
            found.append(program)
    return found


@pytest.mark.parametrize("task", ["entries", "big", "names"])
def test_a_large_zip_opens_everywhere_and_takes_little_memory(task: str, room: Path) -> None:
    path, memory = exported(room, task)
    number = {"entries": ENTRIES, "big": 2, "names": 300}[task]
    tools = opens_everywhere(path, number + 1)
    note = f"{path.stat().st_size:,} bytes, {memory / 1e6:.0f} MB, opened by {', '.join(tools)}"
    record("T11", f"ZIP of {task}", number, found=int(memory > MEMORY), note=note)
    print(note)
    assert memory <= MEMORY
    if task == "big":
        with zipfile.ZipFile(path) as archive:
            assert archive.getinfo("big.jpg").file_size == BIG
            assert archive.read("behind.jpg") == b"a photo"


def test_names_are_different_on_every_system(room: Path) -> None:
    path, _ = exported(room, "names")
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    keys = {unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold()) for name in names}
    assert len(keys) == len(names) == 301
    assert all(len(part.encode()) <= 200 for name in names for part in name.split("/"))
    assert not [name for name in names if name.startswith("/") or ".." in name.split("/")]


def test_names_that_collide_would_be_found() -> None:
    """They do before they are given new ones."""
    keys = {unicodedata.normalize("NFC", name).casefold() for name in COLLIDING}
    assert len(keys) < len(COLLIDING) - 5


def test_the_tools_say_when_a_zip_is_damaged(room: Path) -> None:
    path, _ = exported(room, "names")
    data = bytearray(path.read_bytes())
    data[data.index(b"a photo")] ^= 1
    path.write_bytes(data)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is not None
    if shutil.which("unzip"):
        with pytest.raises(AssertionError, match="unzip"):
            opens_everywhere(path, 301)
