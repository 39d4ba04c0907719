"""What a new version of one extractor costs a library that was read before, and how large a stored vector is."""

import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.holiday import holiday
from unipic.cleanup import compare
from unipic.core.settings import Settings, models_folder
from unipic.library._tables import FILE, SCHEMA
from unipic.library.index import THUMBNAILS
from unipic.reading import _exif, _measures, _xmp, images
from unipic.reading.engines.base import Engine, Failure, Item, Model, Result
from unipic.reading.seen import PairResult
from unipic.sources.base import NEW
from unipic.sources.folder import FolderSource
from unipic.tools import Tools, open_tools
from unipic.vision.base import Encoder
from utils import clean_gallery

SETTINGS = Settings.of(ranker="builtin", fetch=False)
# Decoding is last: it costs the most, and each run starts from what the one before it left.
EXTRACTORS: tuple[Any, ...] = (None, _xmp, _exif, compare, _measures, images)
VECTORS, DIMENSIONS, COMMIT = 100_000, 512, 1_000  # rows, float16 numbers of each, rows a transaction


@dataclass
class Counting:
    """An engine or an encoder that counts what it is asked for."""

    inner: Engine
    encoder: Encoder
    counts: Counter[str]

    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result | Failure]]:
        for item in self.inner.map(task, items):
            self.counts[getattr(task, "func", task).__name__] += 1
            yield item

    def apply(
        self, open_model: Callable[[], Model], work: Callable[[Model, Item], Result], items: Iterable[Item]
    ) -> Iterator[tuple[Item, Result]]:
        return self.inner.apply(open_model, work, items)

    def close(self) -> None:
        self.inner.close()

    def embed(self, views: np.ndarray) -> np.ndarray:
        self.counts["embedded"] += len(views)
        return self.encoder.embed(views)

    def __getattr__(self, name: str) -> object:
        return getattr(self.encoder, name)


def run(photos: int = 0) -> None:
    with holiday(photos or 2000) as folder, tempfile.TemporaryDirectory(prefix="unipic-bench-") as memory:
        time.sleep(NEW / 1e9)  # a file that was written just now is known to no run
        print(f"## Versions: {len(list(folder.iterdir()))} JPEGs of 12 megapixels, from a warm file cache\n")
        print("| run | seconds | decoded | metadata read | embedded | pairs compared | thumbnails written |")
        print("|---|---:|---:|---:|---:|---:|---:|")
        _line("first", folder, Path(memory))
        for extractor in EXTRACTORS:
            if extractor:
                extractor.VERSION += 1
            what = f"after a new VERSION of {extractor.__name__.removeprefix('unipic.')}" if extractor else "again"
            _line(what, folder, Path(memory))
        print(f"\nKept: {_rows(Path(memory) / FILE)}.\n")
    print(f"{VECTORS:,} vectors of {DIMENSIONS}:\n\n| table | seconds | MB |\n|---|---:|---:|")
    for name, ending in (("rowid", ""), ("WITHOUT ROWID", " WITHOUT ROWID")):
        seconds, megabytes = _vectors(ending)
        print(f"| {name} | {seconds:.1f} | {megabytes:.0f} |", flush=True)


def _line(what: str, folder: Path, memory: Path) -> None:
    before, counts = _thumbnails(memory), Counter[str]()
    begun = time.perf_counter()
    with open_tools(SETTINGS, models_folder(), memory) as tools, _pairs_counted(counts):
        clean_gallery(FolderSource([folder]), _counted(tools, counts), SETTINGS)
    seconds = time.perf_counter() - begun
    written = len(_thumbnails(memory) - before)
    columns = [counts[name] for name in ("read_file", "read_file_metadata", "embedded", "compared")]
    print(f"| {what} | {seconds:.1f} | {' | '.join(map(str, columns))} | {written} |", flush=True)


def _counted(tools: Tools, counts: Counter[str]) -> Tools:
    counting = Counting(tools.engine, tools.encoder, counts)
    return replace(tools, engine=counting, encoder=counting)  # type: ignore[arg-type]  # the rest is the encoder's own


def _pairs_counted(counts: Counter[str]) -> AbstractContextManager[Any]:
    compare_pair = compare.compare_pair

    def counted(*given: Any) -> PairResult:
        counts["compared"] += 1
        return compare_pair(*given)

    return patch.object(compare, "compare_pair", counted)


def _thumbnails(memory: Path) -> set[tuple[str, int]]:
    return {(path.name, path.stat().st_mtime_ns) for path in (memory / THUMBNAILS).rglob("*.jpg")}


def _rows(file: Path) -> str:
    with sqlite3.connect(file) as base:
        counts = [(base.execute(f"SELECT count(*) FROM {t}").fetchone()[0], t) for t in ("pixels", "vector", "pair")]
    return ", ".join(f"{number:,} rows of {table}" for number, table in counts)


def _vectors(ending: str) -> tuple[float, float]:
    """Seconds to write them all, and MB of the file; by digests, which come in no order."""
    table = next(words for words in SCHEMA.split(";") if "TABLE vector" in words)
    value = np.random.default_rng(0).normal(size=DIMENSIONS).astype(np.float16).tobytes()
    with tempfile.TemporaryDirectory(prefix="unipic-bench-") as folder:
        base = sqlite3.connect(Path(folder) / FILE)
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("PRAGMA synchronous = NORMAL")
        base.execute(table + ending)
        begun = time.perf_counter()
        for start in range(0, VECTORS, COMMIT):
            with base:
                base.executemany("INSERT OR REPLACE INTO vector VALUES (?, ?, ?, ?)", _some(start, value))
        base.close()
        seconds = time.perf_counter() - begun
        return seconds, (Path(folder) / FILE).stat().st_size / 1e6


def _some(start: int, value: bytes) -> Sequence[tuple[str, str, str, bytes]]:
    digests = np.random.default_rng(start).bytes(32 * COMMIT).hex()
    return [(digests[64 * i : 64 * i + 64], "unipic 0123456789abcdef", "1", value) for i in range(COMMIT)]
