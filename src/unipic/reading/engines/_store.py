"""Results of Ray's workers, one row per file, in parquet files that every node can reach: a folder, or s3://."""

import hashlib
import json
import os
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from unipic.core.errors import SettingsError, UnipicError
from unipic.core.language import gettext as _
from unipic.core.photo import Found, Photo, Unreadable, photo_from_dict, photo_to_dict
from unipic.reading.seen import Seen

ENDING = ".parquet"
TOGETHER = 16  # rows per row group: reading one row loads at most a megabyte of others
READERS = 16  # files indexed at the same time; most of that is waiting for the network
IDENTITY = 16  # bytes; two of a billion files collide with a probability of 1e-21
AS_TEXT = "backslashreplace"  # names are bytes, columns are text; the caller knows the exact name


@dataclass(frozen=True)
class Place:
    """Where a row is stored."""

    file: str  # in the store's folder
    row: int


class Store:
    """The rows of one key. A row belongs to one state of a file: path, size and stamp.

    Rows with a photo are reused by the next run. Unreadable files are tried again, since the cause may have passed.
    """

    def __init__(self, address: str, key: str) -> None:
        """`address`: a folder, or a URI that pyarrow knows. `key`: what made the rows;

        rows of other keys are not seen.
        """
        self.address = address
        self.key = key

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        """pyarrow's file system, and the key's folder in it."""
        import pyarrow as pa
        from pyarrow import fs

        part = hashlib.blake2b(self.key.encode(), digest_size=8).hexdigest()
        try:
            if "://" in self.address:
                system, folder = fs.FileSystem.from_uri(self.address)
            else:
                system, folder = fs.LocalFileSystem(), os.path.abspath(self.address)
        except (OSError, ValueError, pa.ArrowException) as error:
            raise SettingsError(
                _("{address} cannot be Ray's store: {error}", address=self.address, error=error)
            ) from error
        return system, f"{folder}/{part}"

    def __getstate__(self) -> dict[str, str]:
        return {"address": self.address, "key": self.key}

    def ready(self) -> None:
        """Raise SettingsError if the store cannot be written, before any work is done."""
        system, folder = self._opened
        probe = f"{folder}/{uuid.uuid4().hex}.probe"
        try:
            system.create_dir(folder, recursive=True)
            with system.open_output_stream(probe) as stream:
                stream.write(b"")
            system.delete_file(probe)
        except OSError as error:
            raise SettingsError(
                _(
                    "Ray's store {address} cannot be written to ({error}). Name a folder that every node of "
                    "the cluster shares, or s3://bucket/folder, with --ray-store.",
                    address=self.address,
                    error=error,
                )
            ) from error

    def write(self, rows: Sequence[dict[str, Any]]) -> list[Place]:
        """Write all rows as one file, or none. The file's name depends on the rows, so a repetition adds nothing."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        system, folder = self._opened
        told = json.dumps([[row["id"], row["name"], row["path"], row["size"], row["stamp"]] for row in rows])
        name = hashlib.blake2b(told.encode(), digest_size=IDENTITY).hexdigest() + ENDING
        # An object store shows only complete objects; a file must be renamed for that.
        part = f"{folder}/{name}" if "://" in self.address else f"{folder}/{uuid.uuid4().hex}.part"
        with system.open_output_stream(part) as stream:
            table = pa.Table.from_pylist(list(rows), _schema())
            squeezed = {
                column: "NONE" if column in ("vector", "thumbnail") else "ZSTD" for column in table.column_names
            }
            pq.write_table(table, stream, row_group_size=TOGETHER, compression=squeezed, use_dictionary=False)
        if part != f"{folder}/{name}":
            system.move(part, f"{folder}/{name}")
        return [Place(name, row) for row in range(len(rows))]

    def find(self, files: Sequence[Found]) -> dict[int, Place]:
        """Places of the files that have a row with a photo, by position in `files`."""
        known, where, rows, names = self._index()
        asked = [(i, identity(file)) for i, file in enumerate(files) if file.stamp]
        if not len(known) or not asked:
            return {}
        wanted = np.array([name for _, name in asked], dtype=f"S{IDENTITY}")
        spots = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        return {
            asked[i][0]: Place(names[where[spots[i]]], int(rows[spots[i]]))
            for i in np.flatnonzero(known[spots] == wanted)
        }

    def _index(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
        """Identities of all rows with a photo, sorted, and for each its file and row: 32 bytes a row."""
        names = sorted(self._names())
        with ThreadPoolExecutor(READERS) as pool:
            found = list(pool.map(self._identities, names))
        known = np.concatenate([ids for ids, _ in found] or [np.zeros(0, f"S{IDENTITY}")])
        rows = np.concatenate([rows for _, rows in found] or [np.zeros(0, np.int64)])
        where = np.repeat(np.arange(len(names)), [len(rows) for _, rows in found])
        order = np.argsort(known, kind="stable")
        return known[order], where[order], rows[order], names

    def _names(self) -> Iterator[str]:
        from pyarrow import fs

        system, folder = self._opened
        for info in system.get_file_info(fs.FileSelector(folder, allow_not_found=True)):
            if info.base_name.endswith(ENDING):
                yield info.base_name

    def _identities(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Identities and row numbers of the rows with a photo; none for a file that Unipic did not write."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        ids: list[bytes | None] = []
        with suppress(pa.ArrowException, OSError, KeyError):
            system, folder = self._opened
            table = pq.read_table(f"{folder}/{name}", columns=["identity"], filesystem=system, partitioning=None)
            ids = table["identity"].to_pylist()
        kept = [(value, row) for row, value in enumerate(ids) if value]
        return (
            np.array([value for value, _ in kept], dtype=f"S{IDENTITY}"),
            np.array([row for _, row in kept], dtype=np.int64),
        )

    def read(self, files: Sequence[Found], places: Sequence[Place]) -> list[Seen | Unreadable]:
        """The rows of the files, in their order; each parquet file is opened once."""
        wanted: dict[str, list[int]] = defaultdict(list)
        for position, place in enumerate(places):
            wanted[place.file].append(position)
        seen: dict[int, Seen | Unreadable] = {}
        for name, positions in wanted.items():
            rows = self._rows(name, [places[position].row for position in positions])
            for position, row in zip(positions, rows, strict=True):
                seen[position] = seen_of(files[position], row)
        return [seen[position] for position in range(len(files))]

    def _rows(self, name: str, rows: Sequence[int]) -> list[dict[str, Any]]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        system, folder = self._opened
        groups = sorted({row // TOGETHER for row in rows})
        columns = ["photo", "unreadable", "vector", "thumbnail"]
        try:
            with pq.ParquetFile(f"{folder}/{name}", filesystem=system) as file:
                table = file.read_row_groups(groups, columns=columns)
        except (OSError, pa.ArrowException) as error:
            raise UnipicError(
                _(
                    "{name} was written to Ray's store {address} and cannot be read here ({error}). The "
                    "store must be a folder that every node shares at the same path, or s3://bucket/folder.",
                    name=name,
                    address=self.address,
                    error=error,
                )
            ) from error
        starts = {group: i * TOGETHER for i, group in enumerate(groups)}  # all groups but a file's last are full
        return table.take([starts[row // TOGETHER] + row % TOGETHER for row in rows]).to_pylist()


def identity(file: Found) -> bytes:
    """A file as it is now, in 16 bytes."""
    told = json.dumps([file.path, file.size, file.stamp])
    # numpy's strings end at their last byte that is not zero; both sides of a comparison lose the same zeros.
    return hashlib.blake2b(told.encode(), digest_size=IDENTITY).digest()


def row_of(
    file: Found, outcome: Photo | Unreadable, vector: bytes | None, thumbnail: bytes | None, key: str
) -> dict[str, Any]:
    """`vector`: float16 [D] as its bytes."""
    photo = outcome if isinstance(outcome, Photo) else None
    unreadable = outcome if isinstance(outcome, Unreadable) else None
    return {
        "identity": identity(file) if photo and file.stamp else None,
        "id": file.id,
        "name": file.name.encode(errors=AS_TEXT).decode(),
        "path": file.path.encode(errors=AS_TEXT).decode(),
        "size": file.size,
        "stamp": file.stamp,
        "key": key,
        "photo": json.dumps(photo_to_dict(photo)) if photo else None,
        "unreadable": json.dumps(unreadable.__dict__) if unreadable else None,
        "vector": vector,
        "thumbnail": thumbnail,
    }


def seen_of(file: Found, row: dict[str, Any]) -> Seen | Unreadable:
    """What a row says, with the file's present id, name and path: it may have been moved with its folder."""
    now = {"id": file.id, "name": file.name, "path": file.path}
    if row["photo"] is None:
        return Unreadable(**{**json.loads(row["unreadable"]), **now})
    photo = photo_from_dict({**json.loads(row["photo"]), **now})
    return Seen(photo, np.frombuffer(row["vector"], np.float16), row["thumbnail"])


def _schema() -> Any:
    import pyarrow as pa

    text, data = pa.string(), pa.binary()
    columns: Iterable[tuple[str, Any]] = (
        ("identity", data),
        *((name, text) for name in ("id", "name", "path")),
        ("size", pa.int64()),
        *((name, text) for name in ("stamp", "key", "photo", "unreadable")),
        *((name, data) for name in ("vector", "thumbnail")),
    )
    return pa.schema(columns)
