"""More than two hundred hostile files of our own making: each has an answer, spoils only itself, and runs nothing."""

import io
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from PIL import Image
from tests.helpers.hostile_files import Hostile, hostile_files, other_openers, seeds
from tests.helpers.pictures import save, scene
from tests.safety.harness.amounts import amount
from tests.safety.harness.ledger import record

from unipic.core.photo import Found, Unreadable
from unipic.core.settings import PROJECT, Limits
from unipic.reading.engines.inline import InlineEngine
from unipic.reading.engines.local import LocalEngine
from unipic.reading.images import FORMATS, NotAPhoto, decode, load_thumbnail
from unipic.reading.read import read
from unipic.reading.seen import Picture
from unipic.sources.folder import FolderSource

LIMITS = Limits()
# What a reason says of the file itself; what is said of our own failing stands in no list.
REASONS = re.compile(r"is |ends early|has more than|needs more memory|may not be read|could not be read")
FAILED = re.compile(r"crashed|took longer")
NAMES = (
    *(
        "new\nline.jpg",
        "tab\t.jpg",
        "\x1b[31mred.jpg",
        "right\u202egpj.exe",
        "-rf.jpg",
        "$(id).jpg",
        "`id`.jpg",
        "a;id.jpg",
    ),
    *(
        "<img src=x onerror=alert(1)>.jpg",
        "%s%n.jpg",
        "CON.jpg",
        "trailing. ",
        "e\u0301.jpg",
        "\u00e9.jpg",
        "~.jpg",
        "..jpg",
    ),
    *(
        "x" * 251 + ".jpg",
        "*.jpg",
        "'\".jpg",
        "\\\\host\\share.jpg",
        "\udcff.jpg",
        "NUL",
        "\u2028.jpg",
        "\U0001f4f7.jpg",
    ),
)


@dataclass(frozen=True)
class Read:
    by_name: dict[str, Picture | Unreadable]
    hostile: dict[str, Hostile]


def put(root: Path, files: Iterable[Hostile]) -> None:
    for file in files:
        path = root / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)


def put_neighbours(root: Path) -> list[str]:
    """A whole photo in each folder, first, last and in the middle of its order."""
    found = []
    for seed, folder in enumerate(sorted({file.name.split("/")[0] for file in hostile_files()})):
        for name in ("0.jpg", "m.jpg", "zzz.jpg"):
            save(scene(seed + 40, 320, 240), root / folder / name)
            found.append(f"{folder}/{name}")
    return found


def read_all(root: Path) -> dict[str, Picture | Unreadable]:
    files = list(FolderSource([root]).files())
    engine = LocalEngine(2, LIMITS.photo_seconds, LIMITS.worker_memory)
    try:
        outcomes = list(read(files, engine, LIMITS))
    finally:
        engine.close()
    assert len(outcomes) == len(files)
    return {file.name: outcome for file, outcome in zip(files, outcomes, strict=True) if name_of(outcome) == file.name}


def name_of(outcome: Picture | Unreadable) -> str:
    return outcome.photo.name if isinstance(outcome, Picture) else outcome.name


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("hostile")
    put(root, hostile_files())
    put(root, tuple(Hostile(f"names/{name}", seeds()["baseline.jpg"]) for name in NAMES))
    put_neighbours(root)
    return root


@pytest.fixture(scope="module")
def outcomes(folder: Path) -> Read:
    return Read(read_all(folder), {file.name: file for file in hostile_files()})


def test_there_are_enough_of_every_kind() -> None:
    kinds = Counter(file.name.split("/")[0] for file in hostile_files())
    assert sum(kinds.values()) == len({file.name for file in hostile_files()}) > 200
    assert {"cut", "zeroed", "polyglot", "png", "jpeg", "tiff", "gif", "webp", "bmp", "heic", "mpo", "opener"} <= set(
        kinds
    )


def test_each_has_an_answer(outcomes: Read) -> None:
    """A photo, or a reason that speaks of the file."""
    missing = set(outcomes.hostile) - set(outcomes.by_name)
    assert not missing
    untold = {
        name: outcome.reason
        for name, outcome in outcomes.by_name.items()
        if isinstance(outcome, Unreadable) and (not REASONS.match(outcome.reason) or FAILED.search(outcome.reason))
    }
    record("T6", "hostile files of our own", len(outcomes.hostile), found=len(untold))
    assert untold == {}


def test_each_is_what_it_is(outcomes: Read) -> None:
    """Where there is but one right answer."""
    sure = {file.name: file.photo for file in outcomes.hostile.values() if file.photo is not None}
    assert len(sure) > 150
    told = {name: isinstance(outcomes.by_name[name], Picture) for name in sure}
    assert told == sure


def test_names_are_data(outcomes: Read) -> None:
    for name in NAMES:
        assert isinstance(outcomes.by_name[f"names/{name}"], Picture), f"{name!a}"


def test_neighbours_are_what_they_are_alone(outcomes: Read, tmp_path: Path) -> None:
    names = put_neighbours(tmp_path)
    alone = read_all(tmp_path)
    assert sorted(alone) == sorted(names)
    for name in names:
        here, there = outcomes.by_name[name], alone[name]
        assert isinstance(here, Picture)
        assert isinstance(there, Picture)
        assert replace(here.photo, path="") == replace(there.photo, path="")
        assert here.view.tobytes() == there.view.tobytes()
        assert here.thumbnail == there.thumbnail


def test_thumbnails_are_ours_alone(outcomes: Read) -> None:
    for name, outcome in outcomes.by_name.items():
        if isinstance(outcome, Picture):
            assert outcome.thumbnail.startswith(b"\xff\xd8\xff\xe0"), name
            assert not [sign for sign in (b"Exif", b"<script", b"<html", b"PK\x03\x04") if sign in outcome.thumbnail], (
                name
            )
            assert max(load_thumbnail(outcome.thumbnail).shape[:2]) <= 640


# Pillow's openers: only ours open, and no program is started for the others.


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_there_is_a_file_for_each_opener_of_pillow() -> None:
    Image.init()
    told = {}
    for format, data in other_openers().items():
        with Image.open(io.BytesIO(data)) as image:
            told[format] = str(image.format).upper()
    assert told == {format: format for format in told}, "Pillow itself takes each for what it is made to be"
    assert set(told) | set(FORMATS) >= set(Image.OPEN)


@pytest.mark.parametrize("format", sorted(other_openers()))
def test_only_the_formats_of_photos_are_opened(format: str, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(other_openers()[format])
    with pytest.raises(NotAPhoto):
        decode(str(path), 640, LIMITS)


PROGRAMS = (
    "gs",
    "gswin32c",
    "gswin64c",
    "djpeg",
    "cjpeg",
    "ppmtogif",
    "xv",
    "display",
    "convert",
    "magick",
    "sh",
    "ffmpeg",
)


@pytest.fixture
def traps(tmp_path: Path) -> Path:
    """Programs that decoders have been known to start, each of which leaves a file if anyone does."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in PROGRAMS:
        (folder / name).write_text(f'#!/bin/bash\necho "$0" >> "{tmp_path}/started"\nexit 1\n')
        (folder / name).chmod(0o755)
    return folder


def in_path(traps: Path, command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{traps}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command,
        env={**os.environ, **environment, "PATH": path},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_whole_program_goes_through_them(traps: Path, tmp_path: Path) -> None:
    """It ends well, accounts for every file, exports every byte, and starts no program."""
    folder, hostile = tmp_path / "hostile", hostile_files()
    openers = tuple(file for file in hostile if file.name.startswith("opener/"))
    put(folder, {*hostile[:: amount(pr=4, nightly=1)], *openers})
    put_neighbours(folder)
    main, zipped = str(PROJECT / "src" / "main.py"), str(tmp_path / "out.zip")
    options = ["--zip", zipped, "--json", "--encoder", "builtin", "--ranker", "builtin", "--offline"]
    done = in_path(traps, [sys.executable, main, "clean", str(folder), *options], UNIPIC_DATA=str(tmp_path / "data"))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["cleanup"]
    there = sum(1 for path in folder.rglob("*") if path.is_file())
    assert (
        len(told["photos"]) + sum(len(photo["companions"]) for photo in told["photos"]) + len(told["unreadable"])
        == there
    )
    assert not (tmp_path / "started").exists(), (tmp_path / "started").read_text()


def test_a_program_that_was_started_would_be_found(traps: Path, tmp_path: Path) -> None:
    """Pillow as it comes hands PostScript to Ghostscript."""
    path = tmp_path / "photo.jpg"
    path.write_bytes(other_openers()["EPS"])
    in_path(traps, [sys.executable, "-c", f"from PIL import Image; Image.open({str(path)!r}).load()"])
    assert "gs" in (tmp_path / "started").read_text()


def test_a_file_alone_is_what_it_is_among_others(outcomes: Read, folder: Path) -> None:
    """No state is left in a worker by what it read before."""
    for name in [name for name, outcome in outcomes.by_name.items() if isinstance(outcome, Picture)][::9]:
        alone = next(iter(read([Found("id", name, str(folder / name), 1)], InlineEngine(), LIMITS)))
        among = outcomes.by_name[name]
        assert isinstance(alone, Picture)
        assert isinstance(among, Picture)
        assert alone.thumbnail == among.thumbnail
