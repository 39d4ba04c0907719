"""ZIPs beyond what the old format can hold: more entries, more bytes, and names that other systems take for one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.galleries import photo
from tests.memory import most_memory
from tests.safety.amounts import NIGHTLY, amount
from tests.safety.ledger import record

from unipic.destinations.base import MANIFEST
from unipic.destinations.zip import ZipDestination
from unipic.files import hash_file
from unipic.review import Outcome
from unipic.settings import PROJECT

ENTRIES = amount(pr=3_000, nightly=70_000)
BIG = amount(pr=20_000_000, nightly=4_500_000_000)  # bytes of one file
MEMORY = 150_000_000
COLLIDING = (
    *(
        "IMG_1.JPG",
        "img_1.jpg",
        "Img_1.Jpg",
        "e\u0301.jpg",
        "\u00e9.jpg",
        "\u00c9.jpg",
        "stra\u00dfe.jpg",
        "STRASSE.jpg",
    ),
    *(
        "con.jpg",
        "CON.jpg",
        "_CON.jpg",
        "a.",
        "a",
        "a ",
        "a. .",
        "\ufb01n.jpg",
        "fin.jpg",
        "a:b.jpg",
        "a_b.jpg",
        "a?b.jpg",
    ),
    *(
        "x" * 300 + ".jpg",
        "x" * 301 + ".jpg",
        "\u212b.jpg",
        "\u00c5.jpg",
        "a\u030a.jpg",
        "",
        "unnamed",
        "../a",
        "/a",
        "./a",
    ),
)


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
        [sys.executable, "-m", "tests.safety.test_zip_limits", task, str(folder)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(PROJECT / "src"), str(PROJECT)))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "out.zip", json.loads(done.stdout)["memory"]


def outcomes_of(task: str, folder: Path) -> list[Outcome]:
    small = folder / "small"
    small.write_bytes(b"a photo")
    facts = {"path": str(small), "digest": hash_file(small), "size": 7}
    if task == "entries":
        return [kept(photo(f"{n}", name=f"2024/{n // 1000}/IMG_{n}.jpg", **facts)) for n in range(ENTRIES)]
    if task == "names":
        return [kept(photo(f"{n}", name=COLLIDING[n % len(COLLIDING)], **facts)) for n in range(300)]
    big = folder / "big"
    with big.open("wb") as file:
        file.truncate(BIG)
    return [
        kept(photo("big", name="big.jpg", path=str(big), digest=hash_file(big), size=BIG)),
        kept(photo("behind", name="behind.jpg", **facts)),
    ]


def kept(one: object) -> Outcome:
    return Outcome(one, "kept", "like no other photo")  # type: ignore[arg-type]


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


if __name__ == "__main__":
    where = Path(sys.argv[2])
    tempfile.tempdir = str(where)
    ZipDestination(where / "out.zip").write(outcomes_of(sys.argv[1], where))
    print(json.dumps({"memory": most_memory()}))
