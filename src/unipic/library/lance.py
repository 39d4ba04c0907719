"""Vectors in LanceDB, on disk or in a store such as s3://: for libraries whose vectors do not fit into memory.

The package lancedb is an extra, see requirements-lance.txt. What it finds is scored again, as by ExactVectors.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from unipic.core.errors import ModelError
from unipic.core.language import gettext as _, retold
from unipic.core.settings import INSTALL
from unipic.library._tables import portions
from unipic.library.vectors import MORE, best_of, rows_to_add, unit

IDS = 2_000  # named in one condition
INDEX_FROM, PROBES = 1_000_000, 64  # vectors, from which so many of LanceDB's own cells are searched, and not all


class LanceVectors:
    """A kind of Vectors that outlive the process."""

    def __init__(self, place: str, dimensions: int, key: str = "") -> None:
        """`place`: a folder or an address such as s3://bucket/unipic; `key`: of the vectors.

        ModelError if LanceDB cannot be used.
        """
        try:
            import lancedb
            import pyarrow as pa

            self._dimensions, row = dimensions, pa.list_(pa.float16(), dimensions)
            self._schema = pa.schema([("id", pa.int64()), ("name", pa.string()), ("vector", row)])
            name = f"vectors_{hashlib.sha256(key.encode()).hexdigest()[:16]}"
            self._table = lancedb.connect(place).create_table(name, schema=self._schema, exist_ok=True)
        except ImportError as error:
            raise ModelError(
                _("UNIPIC_VECTORS needs lancedb: {install} with requirements-lance.txt.", install=retold(INSTALL))
            ) from error
        except (OSError, RuntimeError, ValueError) as error:
            raise ModelError(
                _("{place} (UNIPIC_VECTORS) cannot be used: {error}.", place=place, error=error)
            ) from error
        known = self._table.search().select(["id", "name"]).to_arrow()
        self.names: dict[int, str] = dict(zip(known["id"].to_pylist(), known["name"].to_pylist(), strict=True))

    def add(self, ids: Sequence[int], vectors: np.ndarray, names: Sequence[str] = ()) -> None:
        """See Vectors.add."""
        import pyarrow as pa

        flat, named = pa.array(rows_to_add(ids, vectors).astype(np.float16).ravel()), list(names) or [""] * len(ids)
        self.delete(ids)
        rows = pa.FixedSizeListArray.from_arrays(flat, self._dimensions)
        self._table.add(pa.table([pa.array(list(ids), pa.int64()), pa.array(named), rows], schema=self._schema))
        self.names.update(zip(ids, named, strict=True))
        if len(self.names) > INDEX_FROM and not self._table.list_indices():
            self._table.create_index(metric="cosine", index_type="IVF_FLAT", vector_column_name="vector")

    def delete(self, ids: Sequence[int]) -> None:
        """See Vectors.delete."""
        gone = [int(one) for one in ids if self.names.pop(int(one), None) is not None]
        for some in portions(gone, IDS):
            self._table.delete(_among(some))

    def has(self, ids: np.ndarray) -> np.ndarray:
        """See Vectors.has."""
        return np.isin(ids, np.fromiter(self.names, np.int64, len(self.names)))

    def of(self, ids: np.ndarray) -> np.ndarray:
        """See Vectors.of."""
        found = dict[int, np.ndarray]()
        for some in portions(ids.tolist(), IDS):
            found |= dict(zip(*self._read(self._table.search().where(_among(some)).limit(len(some))), strict=True))
        return np.array([found[one] for one in ids.tolist()], np.float32).reshape(-1, self._dimensions)

    def search(self, query: np.ndarray, k: int, allowed: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """See Vectors.search."""
        wanted = unit(np.asarray(query, np.float32).reshape(1, -1))[0]
        if allowed is not None and len(allowed) <= IDS:
            some = np.unique(allowed[self.has(allowed)])
            return best_of(some, self.of(some), wanted, k)
        number = k + MORE
        while True:  # more are asked for where those that are not allowed are nearer
            near = self._table.search(wanted).distance_type("cosine").nprobes(PROBES).limit(number)
            ids, rows = self._read(near, "_distance")
            some = np.ones(len(ids), bool) if allowed is None else np.isin(ids, allowed)
            if some.sum() >= k + MORE or number >= len(self.names):
                return best_of(ids[some], rows[some], wanted, k)
            number *= 4

    def _read(self, asked: Any, *more: str) -> tuple[np.ndarray, np.ndarray]:
        found = asked.select(["id", "vector", *more]).to_arrow()
        flat = np.asarray(found["vector"].combine_chunks().flatten(), np.float32)
        return np.asarray(found["id"], np.int64), flat.reshape(len(found), self._dimensions)


def _among(ids: Sequence[int]) -> str:
    return f"id IN ({', '.join(map(str, ids))})"
