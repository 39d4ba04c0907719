"""Vectors in LanceDB, on disk or in a store such as s3://: for libraries whose vectors do not fit into memory.

The package lancedb is an extra, see requirements-lance.txt. Its answers are scored again, so they are those of
ExactVectors.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from unipic.core.errors import ModelError
from unipic.core.settings import INSTALL
from unipic.library.vectors import MORE, best_of, unit

IDS = 2_000  # named in one condition
INDEX_FROM = 1_000_000  # vectors, from which LanceDB looks into the nearest PROBES of its own cells only
PROBES = 64


class LanceVectors:
    """A kind of Vectors. `named` also tells whose vectors are there, so that a later process can use them again."""

    def __init__(self, place: str, dimensions: int, table: str = "vectors") -> None:
        """`place`: a folder or an address such as s3://bucket/unipic. ModelError if LanceDB cannot be used."""
        try:
            import lancedb
            import pyarrow as pa
        except ImportError as error:
            raise ModelError(f"UNIPIC_VECTORS needs lancedb: {INSTALL} with requirements-lance.txt.") from error
        row = pa.list_(pa.float16(), dimensions)
        self._schema = pa.schema([("id", pa.int64()), ("name", pa.string()), ("vector", row)])
        self._dimensions = dimensions
        try:
            self._table = lancedb.connect(place).create_table(table, schema=self._schema, exist_ok=True)
        except (OSError, RuntimeError, ValueError) as error:
            raise ModelError(f"{place} (UNIPIC_VECTORS) cannot be used: {error}.") from error
        known = self._table.search().select(["id", "name"]).to_arrow()
        self._names: dict[int, str] = dict(zip(known["id"].to_pylist(), known["name"].to_pylist(), strict=True))

    def named(self) -> dict[int, str]:
        """What add() was given as names, by id."""
        return dict(self._names)

    def add(self, ids: Sequence[int], vectors: np.ndarray, names: Sequence[str] = ()) -> None:
        """See Vectors.add."""
        import pyarrow as pa

        rows = unit(np.ascontiguousarray(vectors, np.float32)).astype(np.float16)
        if len(set(ids)) != len(rows):
            raise ValueError(f"{len(set(ids))} different ids for {len(rows)} vectors")
        self.delete(ids)
        named = list(names) or [""] * len(rows)
        columns = [pa.array(list(ids), pa.int64()), pa.array(named), pa.array(rows.ravel())]
        columns[2] = pa.FixedSizeListArray.from_arrays(columns[2], self._dimensions)
        self._table.add(pa.table(columns, schema=self._schema))
        self._names.update(zip(ids, named, strict=True))

    def index(self) -> None:
        """Let LanceDB make its cells, if there are so many vectors that it takes too long without."""
        if len(self._names) > INDEX_FROM:
            self._table.create_index(metric="cosine", index_type="IVF_FLAT", vector_column_name="vector", replace=True)

    def delete(self, ids: Sequence[int]) -> None:
        """See Vectors.delete."""
        gone = [int(one) for one in ids if int(one) in self._names]
        for start in range(0, len(gone), IDS):
            self._table.delete(_among(gone[start : start + IDS]))
        for one in gone:
            del self._names[one]

    def has(self, ids: np.ndarray) -> np.ndarray:
        """See Vectors.has."""
        return np.isin(ids, np.fromiter(self._names, np.int64, len(self._names)))

    def of(self, ids: np.ndarray) -> np.ndarray:
        """See Vectors.of."""
        found = dict[int, np.ndarray]()
        for some in (ids[start : start + IDS].tolist() for start in range(0, len(ids), IDS)):
            found |= dict(zip(*self._read(self._table.search().where(_among(some)).limit(len(some))), strict=True))
        return np.stack([found[one] for one in ids.tolist()]) if len(ids) else np.zeros((0, self._dimensions), "f4")

    def search(self, query: np.ndarray, k: int, allowed: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """See Vectors.search."""
        wanted = unit(np.asarray(query, np.float32).reshape(1, -1))[0]
        if allowed is not None and len(allowed) <= IDS:
            some = np.unique(allowed[self.has(allowed)])
            return best_of(some, self.of(some), wanted, k)
        for number in self._more(k):
            near = self._table.search(wanted).distance_type("cosine").nprobes(PROBES).limit(number)
            ids, rows = self._read(near, "_distance")
            ids = np.array(ids, np.int64)
            there = np.ones(len(ids), bool) if allowed is None else np.isin(ids, allowed)
            if there.sum() >= k + MORE:
                break
        return best_of(ids[there], np.asarray(rows)[there].reshape(-1, self._dimensions), wanted, k)

    def _more(self, k: int) -> Iterator[int]:
        """How many are asked for, ever more, since conditions may leave out the nearest."""
        number = k + MORE
        while number < len(self._names):
            yield number
            number *= 4
        yield max(1, len(self._names))

    def _read(self, asked: Any, *more: str) -> tuple[list[int], np.ndarray]:
        found = asked.select(["id", "vector", *more]).to_arrow()
        flat = np.asarray(found["vector"].combine_chunks().flatten())
        return found["id"].to_pylist(), flat.reshape(-1, self._dimensions).astype(np.float32)


def table_of(key: str) -> str:
    """The name of the table for vectors with this key."""
    return f"vectors_{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _among(ids: Sequence[int]) -> str:
    return f"id IN ({', '.join(map(str, ids))})"
