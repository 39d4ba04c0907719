"""Ways to hold a million vectors, each in a process of its own, on the same rows: time, memory, and what is found."""

import importlib.util
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

PROJECT = Path(__file__).resolve().parents[1]

VECTORS = 100_000
SIZE, GROUP, FOUND, QUERIES = 512, 400, 100, 30  # vectors are alike in groups
BLOCK = 50_000  # rows made at a time
CHROMA = 200_000  # rows, beyond which chromadb takes hours to add them
Search = Callable[[np.ndarray], np.ndarray]


def run(photos: int = 0, pythons: Sequence[str] = (sys.executable,)) -> None:
    """Print a table of all ways. Each is measured by the first of the interpreters that has its package."""
    number = photos or VECTORS
    print(f"## The nearest {FOUND} of {number:,} x {SIZE} vectors\n")
    print("| way | made in, s | memory, MB | on disk, MB | query, CPU ms, p50 | p95 | by the clock, p50 | recall |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    path = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT / "src"), str(PROJECT)])}
    for way in WAYS:
        for python in pythons:
            asked = [python, "-m", "benchmarks.search_stores", way, str(number)]
            if subprocess.run(asked, check=False, env=path).returncode != MISSING:
                break
        else:
            print(f"| {way} | not measured: its package is not installed, or it takes hours | | | | | | |", flush=True)


def rows_of(number: int, start: int) -> np.ndarray:
    """float16 [at most BLOCK, SIZE] from one of `number` vectors on, in groups of like ones, mixed."""
    rng = np.random.default_rng(start)
    centres = np.random.default_rng(7).normal(size=(max(1, number // GROUP), SIZE)).astype(np.float32)
    rows = centres[rng.integers(0, len(centres), min(BLOCK, number - start))]
    rows += rng.normal(scale=1.0, size=rows.shape).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float16)


def _exact(number: int, folder: Path) -> Search:
    from unipic.library.vectors import ExactVectors

    return _filled(ExactVectors(SIZE), number)


def _cells(number: int, folder: Path) -> Search:
    from unipic.library.vectors import CellVectors

    vectors = CellVectors(SIZE)
    vectors.add(range(number), np.concatenate([rows_of(number, start) for start in range(0, number, BLOCK)]))
    return lambda query: vectors.search(query, FOUND)[0]


def _lance(number: int, folder: Path) -> Search:
    from unipic.library.lance import LanceVectors

    return _filled(LanceVectors(str(folder), SIZE), number)


def _filled(vectors: object, number: int) -> Search:
    for start in range(0, number, BLOCK):
        rows = rows_of(number, start)
        vectors.add(range(start, start + len(rows)), rows)  # type: ignore[attr-defined]
    return lambda query: np.asarray(vectors.search(query, FOUND)[0])  # type: ignore[attr-defined]


def _rclip(number: int, folder: Path) -> Search:
    """rclip's own comparison of a query with all rows, given the query's vector."""
    from rclip.model import Model

    rows = np.concatenate([rows_of(number, start).astype(np.float32) for start in range(0, number, BLOCK)])

    class Told(Model):
        def __init__(self) -> None:
            """Without its network."""

        def compute_features_for_queries(self, queries: list[str]) -> Any:
            return self.query if queries else np.zeros(SIZE, np.float32)

    model = Told()

    def search(query: np.ndarray) -> np.ndarray:
        model.query = query
        return np.array([at for _, at in model.compute_similarities_to_text(rows, ["x"], [])[:FOUND]])

    return search


def _chroma(number: int, folder: Path) -> Search:
    import chromadb

    if number > CHROMA:
        sys.exit(MISSING)
    client = chromadb.PersistentClient(str(folder), chromadb.Settings(anonymized_telemetry=False))
    kept = client.create_collection("photos", metadata={"hnsw:space": "cosine"})
    for start in range(0, number, BLOCK):
        rows = rows_of(number, start).astype(np.float32)
        for at in range(0, len(rows), 5_000):
            some = rows[at : at + 5_000]
            kept.add([str(start + at + n) for n in range(len(some))], embeddings=list(some))
    return lambda query: np.array([int(id) for id in kept.query(query_embeddings=[query], n_results=FOUND)["ids"][0]])


WAYS = {
    "Unipic, exact": _exact,
    "Unipic, cells (IVF) and exact scores": _cells,
    "rclip 3.3": _rclip,
    "LanceDB on a folder": _lance,
    "chromadb (HNSW)": _chroma,
}
NEEDS = {"Unipic": "faiss", "rclip": "rclip", "LanceDB": "lancedb", "chromadb": "chromadb"}
MISSING = 3  # exit code where the package is not installed


def _truth(number: int, queries: np.ndarray) -> np.ndarray:
    best = [np.zeros((len(queries), 0)), np.zeros((len(queries), 0), np.int64)]
    for start in range(0, number, BLOCK):
        scores = queries @ rows_of(number, start).astype(np.float32).T
        both = np.concatenate([best[0], scores], axis=1)
        ids = np.concatenate(
            [best[1], np.broadcast_to(np.arange(start, start + scores.shape[1]), scores.shape)], axis=1
        )
        top = np.argsort(-both, axis=1)[:, :FOUND]
        best = [np.take_along_axis(both, top, axis=1), np.take_along_axis(ids, top, axis=1)]
    return best[1]


def main(way: str, number: int) -> None:
    """Measure one way, in this process."""
    if importlib.util.find_spec(NEEDS[re.split(r"[ ,]", way)[0]]) is None:
        sys.exit(MISSING)
    rng = np.random.default_rng(3)
    queries = rows_of(number, 0)[rng.integers(0, min(BLOCK, number), QUERIES)].astype(np.float32)
    queries += rng.normal(scale=0.02, size=queries.shape).astype(np.float32)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    with tempfile.TemporaryDirectory(prefix="unipic-bench-") as scratch:
        before, begun = _memory(), time.perf_counter()
        search = WAYS[way](number, Path(scratch))
        made = time.perf_counter() - begun
        search(queries[0])
        memory, cpu, clock, found = _memory() - before, [], [], []
        for query in queries:
            begun, worked = time.perf_counter(), time.process_time()
            found.append(search(query))
            cpu.append(1000 * (time.process_time() - worked))
            clock.append(1000 * (time.perf_counter() - begun))
        disk = sum(path.stat().st_size for path in Path(scratch).rglob("*") if path.is_file())
        wanted = _truth(number, queries)
        recall = np.mean([len(np.intersect1d(a, b)) / FOUND for a, b in zip(found, wanted, strict=True)])
    print(
        f"| {way} | {made:.0f} | {memory / 1e6:,.0f} | {disk / 1e6:,.0f} | {median(cpu):.1f} | "
        f"{np.percentile(cpu, 95):.1f} | {median(clock):.1f} | {recall:.4f} |",
        flush=True,
    )


def _memory() -> int:
    """Resident memory now, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
