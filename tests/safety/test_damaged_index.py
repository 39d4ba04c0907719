"""An index damaged in any way costs time: the run ends as ever, says so, and the next one has a whole index."""

import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.pictures import PlainEncoder, save, scene, shaken
from tests.safety.harness.amounts import amount
from tests.safety.harness.ledger import record

from unipic.cleanup.evidence import Evidence
from unipic.core.settings import Settings
from unipic.library._tables import FILE
from unipic.library.index import StoredIndex
from unipic.library.thumbnails import Thumbnails
from unipic.reading.engines.inline import InlineEngine
from unipic.sources import base
from unipic.sources.folder import FolderSource
from unipic.tools import Tools
from utils import examine

SEEDS = amount(40, 700)
PAGE = 4096
Damage = Callable[[bytearray, random.Random], None]


class Scorer:
    name, label, key, names = "plain", "plain", "plain", ("wish",)

    def score(self, pictures: list[np.ndarray], prompt: str) -> np.ndarray:
        return np.array([[float(picture.mean())] for picture in pictures], np.float32)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    save(scene(1), folder / "beach.jpg")
    save(shaken(scene(1), 8), folder / "beach 2.jpg")
    save(scene(2), folder / "tower.jpg")
    (folder / "tower.jpg.xmp").write_text("<x:xmpmeta/>")
    (folder / "notes.txt").write_text("not a photo")
    return folder


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "NEW", 0)


def look(photos: Path, memory: Path) -> Evidence:
    thumbnails = Thumbnails(memory / "thumbs")
    index = StoredIndex(memory, thumbnails, Settings().limits)
    tools = Tools(PlainEncoder(), Scorer(), InlineEngine(), thumbnails, index=index)
    try:
        return examine(FolderSource([photos]), tools, Settings())
    finally:
        index.close()


@pytest.fixture(scope="module")
def filled(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    memory = tmp_path_factory.mktemp("memory")
    new, base.NEW = base.NEW, 0
    look(photos, memory)
    base.NEW = new
    with sqlite3.connect(memory / FILE) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return memory


def flip(data: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice((1, 3, 30, 300))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def flip_where_something_is(data: bytearray, rng: random.Random) -> None:
    full = [at for at, byte in enumerate(data) if byte]
    for _ in range(rng.choice((1, 3, 30))):
        data[rng.choice(full)] = rng.randrange(256)


def cut(data: bytearray, rng: random.Random) -> None:
    del data[rng.randrange(len(data)) :]


def blank_page(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data) // PAGE) * PAGE
    data[at : at + PAGE] = rng.choice((bytes(PAGE), rng.randbytes(PAGE)))


def swap_pages(data: bytearray, rng: random.Random) -> None:
    one, two = (rng.randrange(len(data) // PAGE) * PAGE for _ in range(2))
    data[one : one + PAGE], data[two : two + PAGE] = data[two : two + PAGE], data[one : one + PAGE]


DAMAGES: tuple[Damage, ...] = (flip, flip_where_something_is, cut, blank_page, swap_pages)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_index_ends_no_run(damage: Damage, photos: Path, filled: Path, tmp_path: Path) -> None:
    said = 0
    for seed in range(SEEDS // len(DAMAGES)):
        memory = tmp_path / str(seed)
        shutil.copytree(filled, memory)
        data = bytearray((memory / FILE).read_bytes())
        damage(data, random.Random(seed))
        (memory / FILE).write_bytes(data)
        found = look(photos, memory)
        assert len(found.gallery.photos) == 3, f"seed {seed}"
        again = look(photos, memory)
        if any("was damaged" in notice for notice in found.notices):
            said += 1
            assert again.notices == (), f"seed {seed}: it was not made again"
        shutil.rmtree(memory)
    assert said, "no damage was noticed at all"
    record("T30", f"runs over an index damaged by {damage.__name__}", SEEDS // len(DAMAGES), found=0)
