"""Read and embed on a Ray cluster, or a small Ray on this machine, and survive the loss of nodes.

Each file is read in the same worker process as on one machine, so a hostile file costs one photo, with the same reason.
A lost actor or node costs time: its items are done again elsewhere.
"""

from __future__ import annotations

import importlib.util
import json
import math
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Protocol

import numpy as np

from unipic.core import errors
from unipic.core.errors import SettingsError, UnipicError
from unipic.core.photo import Found, Unreadable, photo_from_dict, photo_to_dict
from unipic.reading.engines._cluster import INSTALL, Session
from unipic.reading.engines._store import Place, Store, row_of
from unipic.reading.engines.base import Engine, Failure, Item, Result
from unipic.reading.engines.local import LocalEngine
from unipic.reading.seen import Picture, Seen, half

AHEAD = 8  # items queued per actor, so that it never waits for the next
TRIES = 3  # retries of an item whose worker was lost, before the item counts as the cause

LOT = 64  # files read, embedded and stored together: 14 MB in transit, 3 MB stored, 3 seconds of a core
LOTS = 4  # per worker at least, so that with few files all workers are busy to the end
WINDOW = 64  # rows in memory while reading back
SHIFT = 500_000  # files known to Ray at a time: 200 MB of the driver's memory, and hours of a hundred cores
# One core embeds about as fast as eight read. With these shares a reader and an embedder fit on each core.
READING, EMBEDDING = 0.875, 0.125
IN_HAND = 2  # lots queued per actor
FEW = 16  # files that take less time than starting a cluster's actors

Read = Callable[[Found], Picture | Unreadable]


class Embeds(Protocol):
    """An encoder."""

    def embed(self, views: np.ndarray) -> np.ndarray:
        """Views, uint8 [N, VIEW, VIEW, 3] -> vectors, float32 [N, D]."""
        ...


class RayEngine:
    """An Engine that connects on first use. A process has one Ray: a second engine shares it and leaves it running."""

    def __init__(
        self,
        address: str = "",
        workers: int = 0,
        seconds: float = 15.0,
        memory: int = 2_000_000_000,
        few: int = FEW,
    ) -> None:
        """`address`: "host:port" of a cluster's head; "" or "local" for one on this machine with `workers` cores.

        `few`: up to so many files `see` works in this process and starts no Ray. SettingsError if Ray is not installed.
        """
        if importlib.util.find_spec("ray") is None:
            raise SettingsError(f"--engine ray needs Ray, which is not installed: {INSTALL}")
        self.address = "" if address == "local" else address
        self.workers = workers
        self.seconds = seconds
        self.memory = memory
        self.few = few
        self._actors: list[Any] = []
        self._load: dict[Any, int] = {}
        self._session: Session | None = None

    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result | Failure]]:
        """See Engine.map."""
        waiting: deque[tuple[Item, Any, Any]] = deque()
        try:
            for item in items:
                actor = self._idlest()
                self._load[actor] += 1
                waiting.append((item, actor, actor.work.remote(task, item)))
                if len(waiting) >= AHEAD * len(self._actors):
                    yield self._finish(*waiting.popleft())
            while waiting:
                yield self._finish(*waiting.popleft())
        finally:
            for _, actor, _ in waiting:  # queued items run to their end; nobody reads their results
                self._load[actor] -= 1

    def _idlest(self) -> Any:
        if not self._actors:
            self._connect()
            self._actors = _actors(self._cpus(), self.seconds, self.memory)
            self._load = dict.fromkeys(self._actors, 0)
        return min(self._actors, key=self._load.__getitem__)

    def _finish(self, item: Item, actor: Any, result: Any) -> tuple[Item, Any]:
        import ray

        self._load[actor] -= 1
        try:
            return item, ray.get(result)
        except ray.exceptions.RayActorError:
            return item, Failure(f"each of the {1 + TRIES} workers that had it was lost")
        except ray.exceptions.RayTaskError as error:
            raise error.cause from None

    def see(
        self,
        files: Iterable[Found | Unreadable],
        read: Read,
        open_encoder: Callable[[], Embeds],
        store: str,
        key: str,
        gpu: bool = False,
    ) -> Iterator[Seen | Unreadable]:
        """A stream in the order of the files. Unchanged files that the store knows are not read again.

        `read` and `open_encoder` run on the workers. `key` names the reader and the encoder. `gpu`: each encoder gets a
        GPU to itself. UnipicError if Ray ends early.
        """
        rows = Store(store, key)
        rows.ready()
        waiting = iter(files)
        while shift := list(islice(waiting, SHIFT)):
            yield from self._shift(shift, rows, read, open_encoder, gpu)

    def _shift(
        self, files: list[Found | Unreadable], rows: Store, read: Read, open_encoder: Callable[[], Embeds], gpu: bool
    ) -> Iterator[Seen | Unreadable]:
        numbers = [number for number, file in enumerate(files) if isinstance(file, Found)]
        found = [file for file in files if isinstance(file, Found)]
        places = {numbers[i]: place for i, place in rows.find(found).items()}
        new = [(number, file) for number, file in zip(numbers, found, strict=True) if number not in places]
        arriving = self._new_places(new, rows, read, open_encoder, gpu)
        try:
            for start in range(0, len(files), WINDOW):
                window = files[start : start + WINDOW]
                here = {start + i: file for i, file in enumerate(window) if isinstance(file, Found)}
                while missing := here.keys() - places.keys():
                    number, place = next(arriving, (None, None))
                    if number is None or place is None:
                        raise UnipicError(f"Ray came to its end without {files[min(missing)].path}; start it again")
                    places[number] = place
                seen = iter(rows.read(list(here.values()), [places.pop(number) for number in here]))
                yield from (file if isinstance(file, Unreadable) else next(seen) for file in window)
        finally:
            arriving.close()

    def _new_places(
        self, files: Sequence[tuple[int, Found]], rows: Store, read: Read, open_encoder: Callable[[], Embeds], gpu: bool
    ) -> Generator[tuple[int, Place], None, None]:
        """(number, place) of each file's row, in the order in which lots finish; a slow lot delays no other."""
        if len(files) <= self.few:
            tables = self._here(files, rows, read, open_encoder)
        else:
            tables = self._there(files, rows, read, open_encoder, gpu)
        for table in tables:
            for row in table.to_pylist():
                if row["error"]:
                    kind, _, words = row["error"].partition(" ")
                    raise getattr(errors, kind, UnipicError)(words)
                yield row["number"], Place(row["file"], row["row"])

    def _here(
        self, files: Sequence[tuple[int, Found]], rows: Store, read: Read, open_encoder: Callable[[], Embeds]
    ) -> Iterator[Any]:
        reader, embedder = Reader(read, self.seconds, self.memory), Embedder(open_encoder, rows)
        try:
            for lot in _lots(files, 1):
                yield embedder(reader(lot))
        finally:
            reader.close()

    def _there(
        self, files: Sequence[tuple[int, Found]], rows: Store, read: Read, open_encoder: Callable[[], Embeds], gpu: bool
    ) -> Iterator[Any]:
        """Workers write the rows themselves, so thumbnails cross the network only once more, to the store."""
        self._connect()
        import ray

        cpus = self._cpus()
        most = cpus if not self.address else None  # a cluster may grow
        pictures = ray.data.from_arrow(_lots(files, cpus)).map_batches(
            Reader,
            fn_constructor_args=(read, self.seconds, self.memory),
            compute=_pool(cpus, most),
            num_cpus=READING,
            batch_size=None,
            batch_format="pyarrow",
        )
        stored = pictures.map_batches(
            Embedder,
            fn_constructor_args=(open_encoder, rows),
            compute=_pool(1, most),
            num_cpus=EMBEDDING,
            num_gpus=1 if gpu else 0,
            batch_size=None,
            batch_format="pyarrow",
        )
        yield from stored.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0)

    def _cpus(self) -> int:
        import ray

        return max(1, int(ray.cluster_resources().get("CPU", 1)))

    def _connect(self) -> None:
        if not self._session:
            self._session = Session(self.address, self.workers)

    def close(self) -> None:
        """Kill the actors and disconnect."""
        if self._session:
            self._session.end(self._actors)
        self._session, self._actors = None, []


class Worker:
    """An actor that works on one item at a time, in a separate process."""

    def __init__(self, seconds: float, memory: int) -> None:
        self._engine: Engine = LocalEngine(1, seconds, memory)

    def work(self, task: Callable[[Item], Result], item: Item) -> Result | Failure:
        """The task's result for one item."""
        ((_, result),) = self._engine.map(task, [item])
        return result


class Reader:
    """An actor that reads lots of files as reading/read.py does; a file that kills a process costs one photo."""

    def __init__(self, read: Read, seconds: float, memory: int) -> None:
        self._read = read
        self._engine: Engine = LocalEngine(1, seconds, memory)

    def __call__(self, files: Any) -> Any:
        """Arrow table of number and file -> the same with the photo, its view and thumbnail, or the reason."""
        import pyarrow as pa

        found = [Found(*json.loads(file)) for file in files["file"].to_pylist()]
        outcomes = [_outcome(file, result) for file, result in self._engine.map(self._read, found)]
        columns = {name: [outcome[name] for outcome in outcomes] for name in _TYPES}
        arrays = {name: pa.array(values, _TYPES[name]) for name, values in columns.items()}
        return pa.table({"number": files["number"], "file": files["file"], **arrays})

    def close(self) -> None:
        """Stop the process."""
        self._engine.close()


class Embedder:
    """An actor that holds the model, and writes rows to the store."""

    def __init__(self, open_encoder: Callable[[], Embeds], rows: Store) -> None:
        self._open = open_encoder
        self._rows = rows
        self._encoder: Embeds | None = None

    def __call__(self, pictures: Any) -> Any:
        """Arrow table from Reader -> number, and the row's place or an error, which Ray itself would lose."""
        import pyarrow as pa

        places, error = [Place("", 0)] * len(pictures), ""
        try:
            places = self._stored(pictures.to_pylist())
        except UnipicError as problem:
            error = f"{type(problem).__name__} {problem}"
        return pa.table(
            {
                "number": pictures["number"],
                "file": [place.file for place in places],
                "row": [place.row for place in places],
                "error": [error] * len(places),
            }
        )

    def _stored(self, rows: list[dict[str, Any]]) -> list[Place]:
        views = [_view(row["view"]) for row in rows if row["view"] is not None]
        vectors = iter(self._vectors(np.stack(views)) if views else ())
        return self._rows.write([self._row(row, vectors) for row in rows])

    def _vectors(self, views: np.ndarray) -> np.ndarray:
        # Opened here, not in __init__: Ray restarts an actor whose constructor fails for ever.
        self._encoder = self._encoder or self._open()
        return half(self._encoder.embed(views))

    def _row(self, row: dict[str, Any], vectors: Iterator[np.ndarray]) -> dict[str, Any]:
        file = Found(*json.loads(row["file"]))
        if row["photo"] is None:
            return row_of(file, Unreadable(**json.loads(row["unreadable"])), None, None, self._rows.key)
        photo = photo_from_dict(json.loads(row["photo"]))
        return row_of(file, photo, next(vectors).tobytes(), row["thumbnail"], self._rows.key)


def _outcome(file: Found, result: Picture | Unreadable | Failure) -> dict[str, Any]:
    nothing: dict[str, Any] = dict.fromkeys(_TYPES)
    if isinstance(result, Picture):
        photo = json.dumps(photo_to_dict(result.photo))
        return nothing | {"photo": photo, "view": result.view.tobytes(), "thumbnail": result.thumbnail}
    if isinstance(result, Failure):
        result = Unreadable(file.id, file.name, file.path, result.reason, file.size)
    return nothing | {"unreadable": json.dumps(result.__dict__)}


_TYPES = {"photo": "string", "unreadable": "string", "view": "binary", "thumbnail": "binary"}


def _view(data: bytes) -> np.ndarray:
    """A square picture, uint8 [VIEW, VIEW, 3]."""
    side = math.isqrt(len(data) // 3)
    return np.frombuffer(data, np.uint8).reshape(side, side, 3)


def _lots(files: Sequence[tuple[int, Found]], workers: int) -> list[Any]:
    """Arrow tables of number and file; files are JSON, since a name may be bytes that are no text."""
    import pyarrow as pa

    size = max(1, min(LOT, len(files) // (LOTS * workers)))
    return [
        pa.table(
            {
                "number": [number for number, _ in files[start : start + size]],
                "file": [json.dumps(list(file.__dict__.values())) for _, file in files[start : start + size]],
            }
        )
        for start in range(0, len(files), size)
    ]


def _pool(least: int, most: int | None) -> Any:
    from ray.data import ActorPoolStrategy

    return ActorPoolStrategy(min_size=least, max_size=most, max_tasks_in_flight_per_actor=IN_HAND)


def _actors(number: int, seconds: float, memory: int) -> list[Any]:
    """Start actors that reserve no core: they are idle between two streams, when Ray Data needs all cores."""
    import ray

    remote = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=TRIES, scheduling_strategy="SPREAD")(Worker)
    return [remote.remote(seconds, memory) for _ in range(number)]
