"""Remembering costs no answer: whatever is known, forgotten or changed, a run finds what a first run finds."""

import importlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.helpers import pins
from tests.helpers.pictures import PlainEncoder, save, scene, shaken
from tests.helpers.pins import BEHIND, PINS, code_behind
from tests.helpers.systems import needs_signals

from unipic.cleanup import compare
from unipic.cleanup.result import Cleanup
from unipic.core.photo import Found
from unipic.core.progress import Step
from unipic.core.settings import PROJECT, Limits, Settings
from unipic.library.index import FILE, StoredIndex
from unipic.library.thumbnails import Thumbnails
from unipic.reading import _exif, _xmp, metadata
from unipic.reading.engines.base import Failure, Item, Result
from unipic.reading.engines.inline import InlineEngine
from unipic.reading.versions import LIMITS, pixels
from unipic.sources import base
from unipic.sources.folder import FolderSource
from unipic.tools import Tools
from unipic.vision.base import Calibration
from utils import clean_gallery

pytestmark = pytest.mark.slow

Run = Callable[..., Cleanup]


class CountingEngine(InlineEngine):
    """Which files were opened at all."""

    def __init__(self) -> None:
        self.opened: list[str] = []

    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result | Failure]]:
        for item in items:
            self.opened.append(getattr(item, "name", ""))
            yield from super().map(task, [item])


class AllAlike(PlainEncoder):
    """To whom a layout that wanders says nothing against two photos."""

    key = "all alike"
    calibration = Calibration(middle=-2.0, slope=1.0)


class CountingScorer:
    name, label, key, names = "counting", "counting", "counting", ("wish",)

    def __init__(self) -> None:
        self.asked = 0

    def score(self, pictures: Sequence[np.ndarray], prompt: str) -> np.ndarray:
        self.asked += len(pictures)
        return np.array([[float(picture.mean()) / 3 + len(prompt)] for picture in pictures], np.float32)


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(base, "NEW", 0)
    folder = tmp_path / "photos"
    beach, tower = scene(1), scene(2)
    for number, blur in enumerate((0, 12, 26)):
        save(shaken(beach, blur) if blur else beach, folder / f"beach {number}.jpg", quality=95)
    save(tower, folder / "tower.png")
    shutil.copy(folder / "tower.png", folder / "tower copy.png")
    save(tower.resize((320, 240)), folder / "tower.jpg", quality=90)
    save(scene(3), folder / "deep" / "alone.webp")
    (folder / "tower.png.xmp").write_text("<x:xmpmeta/>")
    (folder / "notes.txt").write_text("not a photo")
    return folder


@pytest.fixture
def clean(photos: Path, tmp_path: Path) -> Run:
    def run(
        engine: Any = None,
        scorer: Any = None,
        settings: Settings = Settings(),  # noqa: B008
        encoder: Any = None,
        **other: Any,
    ) -> Cleanup:
        thumbnails = Thumbnails(tmp_path / "memory" / "thumbs")
        index = StoredIndex(tmp_path / "memory", thumbnails, settings.limits)
        tools = Tools(encoder or PlainEncoder(), scorer, engine or InlineEngine(), thumbnails, index=index)
        try:
            return clean_gallery(FolderSource([photos]), tools, settings, **other)
        finally:
            index.close()

    return run


def test_the_second_run_opens_nothing_and_finds_the_same(clean: Run) -> None:
    engine, scorer = CountingEngine(), CountingScorer()
    first, asked = clean(scorer=scorer), scorer.asked
    assert asked > 0
    assert clean(engine, scorer) == first
    assert engine.opened == ["notes.txt", "tower.png.xmp"], "what is no photo is cheap to ask again"
    assert scorer.asked == asked
    assert clean(scorer=scorer, settings=Settings.of(prompt="another wish")) != first
    assert scorer.asked == 2 * asked


def test_a_panorama_is_told_again_without_laying_one_shot_on_another(
    clean: Run, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = scene(7, 2400, 1500)
    for number, (x, y) in enumerate(((0, 300), (420, 305), (830, 298), (1250, 302))):
        exif = Image.Exif()
        exif[0x110] = "X-T30"
        exif.get_ifd(0x8769)[0x9003] = f"2024:06:12 20:51:{10 + number}"
        save(wide.crop((x, y, x + 800, y + 600)), photos / f"{number}.jpg", quality=92, exif=exif.tobytes())
    first = clean(encoder=AllAlike())
    assert [(one.kind, [shot.name for shot in one.photos]) for one in first.series] == [
        ("panorama", ["0.jpg", "1.jpg", "2.jpg", "3.jpg"])
    ]
    monkeypatch.setattr(compare.Sketches, "of", lambda *_: pytest.fail("a photo was looked at again"))
    assert clean(encoder=AllAlike()) == first


def test_whatever_is_forgotten_the_answer_is_the_same(clean: Run, tmp_path: Path) -> None:
    scorer, memory, whole = CountingScorer(), tmp_path / "memory", tmp_path / "whole"
    first = clean(scorer=scorer)
    memory.rename(whole)
    for seed in range(12):
        chance = random.Random(seed)
        shutil.copytree(whole, memory)
        with closing(sqlite3.connect(memory / FILE)) as known, known:
            for table, key in [("file", "path"), ("pixels", "digest"), ("metadata", "digest"), ("vector", "digest"),
                               ("pair", "first"), ("score", "digest"), ("beside", "path")]:  # fmt: skip
                rows = [row for (row,) in known.execute(f"SELECT {key} FROM {table}")]
                gone = [(row,) for row in rows if chance.random() < 0.4]
                known.executemany(f"DELETE FROM {table} WHERE {key} = ?", gone)
        for path in sorted((memory / "thumbs").rglob("*.jpg")):
            if chance.random() < 0.3:
                path.unlink()
        assert clean(scorer=scorer) == first, seed
        shutil.rmtree(memory)
    assert clean(scorer=scorer) == first


def test_what_changed_is_seen_anew_and_the_rest_is_not(clean: Run, photos: Path, tmp_path: Path) -> None:
    clean()
    save(scene(9), photos / "tower.png")
    save(scene(4), photos / "new.jpg")
    os.rename(photos / "beach 1.jpg", photos / "deep" / "moved.jpg")
    (photos / "beach 2.jpg").unlink()
    engine = CountingEngine()
    again = clean(engine)
    assert {name for name in engine.opened if name.endswith(("jpg", "png", "webp"))} == {
        "deep/moved.jpg",
        "new.jpg",
        "tower.png",
    }
    shutil.rmtree(tmp_path / "memory")
    assert again == clean()


@pytest.fixture
def no_pixels(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From when it is called, nothing may be decoded, embedded or compared."""

    def forbid() -> None:
        for place in ("reading.images._decoded", "cleanup.compare.compare_pair", "library.thumbnails.Thumbnails.save"):
            monkeypatch.setattr(f"unipic.{place}", lambda *_: pytest.fail("a photo was looked at again"))
        monkeypatch.setattr(PlainEncoder, "embed", lambda *_: pytest.fail("a photo was embedded again"))

    return forbid


@pytest.mark.parametrize("owner", ["_xmp", "_exif", "_editors", "apple"])
def test_a_new_reader_of_metadata_decodes_nothing(
    owner: str, clean: Run, no_pixels: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer = CountingScorer()
    first, asked = clean(scorer=scorer), scorer.asked
    module = importlib.import_module(f"unipic.reading.{owner}")
    monkeypatch.setattr(module, "VERSION", module.VERSION + 1)
    no_pixels()
    engine = CountingEngine()
    assert clean(engine, scorer) == first
    assert len([name for name in engine.opened if name.endswith(("jpg", "png", "webp"))]) == 7, "for their metadata"
    assert scorer.asked == asked
    again = CountingEngine()
    assert clean(again, scorer) == first
    assert again.opened == ["notes.txt", "tower.png.xmp"]


@pytest.mark.parametrize("exposures", [("f/8", "f/8"), ("f/8", "f/11")], ids=["one shot", "two shots"])
def test_metadata_that_reads_otherwise_gives_what_a_first_run_would(
    exposures: tuple[str, str], clean: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two files of one picture are two shots where their cameras say so, whatever was remembered of the pair."""
    first = clean()
    given = dict(zip(((640, 480), (320, 240)), exposures, strict=True))
    told = metadata.read_exif
    monkeypatch.setattr(metadata, "read_exif", lambda image: replace(told(image), exposure=given.get(image.size, "")))
    monkeypatch.setattr(metadata, "_around_one_pixel", lambda file: file)
    monkeypatch.setattr(_exif, "VERSION", _exif.VERSION + 1)
    again = clean()
    shutil.rmtree(tmp_path / "memory")
    assert again == clean()
    keepers = [[one.keeper.name for one in cleanup.near] for cleanup in (first, again)]
    assert keepers == [["tower.png"], ["tower.png"] if exposures[0] == exposures[1] else []]


@pytest.mark.parametrize("gone", [False, True])
def test_a_file_that_changes_while_its_metadata_is_read_again_is_seen_anew(
    gone: bool, clean: Run, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Disturbed(CountingEngine):
        def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result | Failure]]:
            (photos / "tower.png").unlink()
            if not gone:
                save(scene(9), photos / "tower.png")
            yield from super().map(task, items)
            self.map = super().map  # type: ignore[method-assign]  # once

    clean()
    monkeypatch.setattr(_xmp, "VERSION", _xmp.VERSION + 1)
    again = clean(Disturbed())
    reasons = [file.reason for file in again.gallery.unreadable if file.name == "tower.png"]
    assert reasons == (["was deleted after the folder was listed"] if gone else [])
    after = clean()
    shutil.rmtree(tmp_path / "memory")
    assert after == clean()
    assert gone or again == after


class Stopped(Exception):
    pass


@pytest.mark.parametrize("at", [3, 5])
def test_a_run_that_was_stopped_goes_on_where_it_was(at: int, clean: Run, tmp_path: Path) -> None:
    def stop(step: Step) -> None:
        if step.stage == "Reading photos" and step.done == at:
            raise Stopped

    with pytest.raises(Stopped):
        clean(progress=stop)
    engine = CountingEngine()
    found = clean(engine)
    left = {name for name in engine.opened if name.endswith(("jpg", "png", "webp"))}
    assert 0 < len(left) < 7
    shutil.rmtree(tmp_path / "memory")
    assert clean() == found


@needs_signals
def test_a_killed_command_goes_on_where_it_was(photos: Path, tmp_path: Path) -> None:
    """With a commit after each photo a kill at any moment costs one."""
    data = tmp_path / "data"
    script = (
        "import sys, os; sys.path.insert(0, 'src'); import unipic.library.index as f; import unipic.sources.base as b; "
        "import unipic.library._database as d\n"
        "d.WRITE_INTERVAL_S = 0; b.NEW = 0; keep = f.StoredIndex.keep; n = []\n"
        "def count(self, *given):\n    keep(self, *given); n.append(1)\n"
        "    if len(n) == int(sys.argv[1]): os.kill(os.getpid(), 9)\n"
        "f.StoredIndex.keep = count\n"
        "import atexit; atexit.register(lambda: print('kept', len(n)))\n"
        f"from main import app; app(['clean', {str(photos)!r}, '--dry-run', '--encoder', 'builtin', "
        "'--ranker', 'builtin'], standalone_mode=True)"
    )

    def run(kill_after: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", script, str(kill_after)]
        environment = {**os.environ, "UNIPIC_DATA": str(data)}
        return subprocess.run(
            command, cwd=PROJECT, capture_output=True, text=True, env=environment, timeout=120, check=False
        )

    assert run(3).returncode == -signal.SIGKILL
    assert "kept 4" in run(-1).stdout
    assert "kept 0" in run(-1).stdout


def test_a_file_too_fresh_to_be_known_by_its_time_is_read_again(
    clean: Run, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "NEW", 3600 * 10**9)
    clean()
    engine = CountingEngine()
    clean(engine)
    assert len([name for name in engine.opened if name.endswith(("jpg", "png", "webp"))]) == 7
    assert all(isinstance(file, Found) and not file.stamp for file in FolderSource([photos]).files())


@pytest.mark.parametrize("name", LIMITS)
def test_a_photo_that_another_limit_refuses_is_not_remembered_as_one(name: str) -> None:
    before = Limits()
    assert pixels(before) == pixels(replace(before, photo_seconds=99.0))
    assert pixels(before) != pixels(replace(before, **{name: getattr(before, name) - 1}))


def test_every_version_stands_for_the_code_behind_it() -> None:
    changed = []
    for owner, pin in PINS.items():
        now = importlib.import_module("unipic." + owner.replace("/", ".")).VERSION, code_behind(owner)
        if now != pin:
            changed.append(
                f"you changed how {owner} is extracted: raise its VERSION, or update the pin if the output is the "
                f"same. The pin is in tests/helpers/pins.py; as things are: {owner!r}: {now},"
            )
    assert not changed, "\n".join(["", *changed])
    assert PINS.keys() == BEHIND.keys()


def test_words_and_formatting_do_not_change_a_pin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "src" / "unipic" / "core" / "thing.py"
    module.parent.mkdir(parents=True)
    monkeypatch.setattr(pins, "PROJECT", tmp_path)
    monkeypatch.setattr(pins, "BEHIND", {"thing": ("core/thing",), "x": ("core/thing:X",)})

    def pinned(text: str) -> tuple[str, str]:
        module.write_text(text)
        return code_behind("thing"), code_behind("x")

    first = pinned('"""Words."""\nVERSION = 1\nX = 1\ndef f(a):\n    "Doc."\n    return a + X\n')
    assert pinned("VERSION = 2  # raised\n\nX = 1\n\n\ndef f(a):\n    return (a + X)\n") == first
    other = pinned("VERSION = 1\nX = 1\ndef f(a):\n    return a - X\n")
    assert (other[0] != first[0], other[1]) == (True, first[1])
    assert pinned("VERSION = 1\nX = 2\ndef f(a):\n    return a - X\n")[1] != first[1]


def test_nothing_that_decides_is_left_out_of_what_facts_are_known_by() -> None:
    """Of our modules that reading and comparing are made of, and of the libraries that decode, each has a VERSION."""
    script = "import sys, unipic.reading.read, unipic.cleanup.compare, unipic.library.companions; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT / "src", capture_output=True, text=True, timeout=60, check=True
    )
    loaded = set(done.stdout.split())
    ours = {name.removeprefix("unipic.").replace(".", "/") for name in loaded if name.startswith("unipic.")}
    say_nothing_about_a_photo = {
        "core",
        "core/archives",
        "core/patience",
        "core/container",
        "core/embeddings",
        "reading/engines",
        "reading/engines/base",
        "reading/engines/local",
        "core/errors",
        "core/files",
        "core/locks",
        "core/moving",
        "core/progress",
        "core/settings",
        "sources",
        "sources/base",
        "cleanup",
        "cleanup/contained",
        "cleanup/keeper",
        "cleanup/_copy_names",
        "cleanup/_signs",
        "cleanup/likeness",  # is worked out anew in each run
        "library",
        "library/_database",
        "library/_parts",
        "library/captions",
        "library/thumbnails",
        "library/told",  # what it says is worked out anew in each run
        "library/zones",
        "tools",
        "vision",
        "vision/base",
        "core/words",
        "core/language",
        "core/grouping",
        "core/machine",
        "library/_sqlite",
        "reading",
        "review",
        "cleanup/result",
    }
    behind = {part for parts in BEHIND.values() for part in parts}
    modules = {part for part in behind if ":" not in part and not part.endswith("==")}
    assert ours - modules - say_nothing_about_a_photo == set()
    second_look = {f"cleanup/{name}" for name in ("look", "_overlay", "_difference", "_grain", "_clutter_signs")}
    searched = {f"library/{name}" for name in ("colours", "kinds", "places", "recognised", "traits")}
    searched |= {"core/folding", "reading/scaled", "vision/ocr"}
    searched |= {f"people/{name}" for name in ("attach", "density", "grouping", "limits", "linking")}
    searched |= {"reading/cutting", "vision/chips", "vision/faces", "vision/face_net", "vision/face_resnet"}
    searched |= {"vision/own_faces"}
    searched |= {"video/fingerprints", "video/packets", "video/facts", "video/reading"}
    assert modules <= ours | second_look | searched | {"library/indexing", "reading/engines/_store"}
    decoders = {"pillow==", "pillow-heif==", "pillow-jxl-plugin==", "rawpy=="}
    assert decoders | {"numpy==", "opencv-python-headless=="} <= behind
    owners = {
        name
        for name in ours | second_look | searched
        if hasattr(importlib.import_module("unipic." + name.replace("/", ".")), "VERSION")
    }
    assert BEHIND.keys() == owners, "whoever has a VERSION says what is behind it"
