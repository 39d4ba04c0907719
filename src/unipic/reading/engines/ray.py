"""Read and embed on a Ray cluster, or a small Ray on this machine, and survive the loss of nodes.

Each file is read in the same worker process as on one machine, so a hostile file costs one photo, with the same reason.
A lost actor or node costs time: its items are done again elsewhere.
"""

import importlib.util
import json
import math
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, Protocol

import numpy as np

from unipic.core import errors
from unipic.core.errors import SettingsError, UnipicError
from unipic.core.language import gettext as _, kept
from unipic.core.photo import Found, Unreadable, photo_from_dict, photo_to_dict
from unipic.reading.engines._actors import TRIES, Actors, answer, start_actors
from unipic.reading.engines._cluster import INSTALL, Session
from unipic.reading.engines._store import Place, Store, row_of
from unipic.reading.engines.base import Engine, Failure, Item, Model, Result
from unipic.reading.engines.inline import Applied, apply_here
from unipic.reading.engines.local import LocalEngine
from unipic.reading.seen import Picture, Seen, half

LOT = 64  # files read, embedded and stored together: 14 MB in transit, 3 MB stored, 3 seconds of a core
LOTS = 4  # per worker at least, so that with few files all workers are busy to the end
WINDOW = 64  # rows in memory while reading back
SHIFT = 500_000  # files known to Ray at a time: 200 MB of the driver's memory, and hours of a hundred cores
# One core embeds about as fast as eight read. With these shares a reader and an embedder fit on each core.
READING, EMBEDDING = 0.875, 0.125
IN_HAND = 2  # lots queued per actor
FEW = 16  # files or items that take less time than starting a cluster's actors

LOST = kept(
    "Each of the {times} Ray workers that a model was to run on was lost, perhaps for a lack of memory. "
    "Look at `ray status` on the head node, and start it again.",
    times=1 + TRIES,
)

Read = Callable[[Found], Picture | Unreadable]


class Embeds(Protocol):
    """An encoder."""

    def embed(self, views: np.ndarray) -> np.ndarray:
        """Views, uint8 [N, VIEW, VIEW, 3] -> vectors, float32 [N, D]."""


class RayEngine:
    """An Engine that connects on first use. A process has one Ray: a second engine shares it and leaves it running."""

    def __init__(
        self,
        address: str = "",
        workers: int = 0,
        seconds: float = 15.0,
        memory: int = 2_000_000_000,
        few: int = FEW,
        gpu: bool = False,
    ) -> None:
        """`address`: "host:port" of a cluster's head; "" or "local" for one on this machine with `workers` cores.

        `few`: up to so many files or items `see` and `apply` work in this process and start no Ray. `gpu`: each model
        gets a GPU to itself. SettingsError if Ray is not installed.
        """
        if importlib.util.find_spec("ray") is None:
            raise SettingsError(_("--engine ray needs Ray, which is not installed: {install}", install=_(INSTALL)))
        self.address = "" if address == "local" else address
        self.workers = workers
        self.seconds = seconds
        self.memory = memory
        self.few = few
        self.gpu = gpu
        self._mappers = Actors(self._start_mappers)
        self._appliers: list[Actors] = []  # of each stream of `apply` that goes on
        self._session: Session | None = None

    def map(self, task: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[tuple[Item, Result | Failure]]:
        for item, reference in self._mappers.spread(lambda actor, item: actor.work.remote(task, item), items):
            yield item, _mapped(reference)

    def _start_mappers(self) -> list[Any]:
        self._connect()
        return start_actors(Worker, self.seconds, self.memory)

    def apply(
        self, open_model: Callable[[], Model], work: Callable[[Model, Item], Result], items: Iterable[Item]
    ) -> Iterator[tuple[Item, Result]]:
        """See Engine.apply. Workers see nothing of this machine's disk, so an item carries its bytes.

        Its actors end with the stream. GPUs are its own until then: another stream on them would wait for it.
        UnipicError if an item's worker was lost 1 + TRIES times; SettingsError if the cluster lacks the GPU it needs.
        """
        waiting = iter(items)
        first = list(islice(waiting, self.few + 1))
        here = len(first) <= self.few
        yield from (apply_here if here else self._apply_there)(open_model, work, chain(first, waiting))

    def _apply_there(
        self, open_model: Callable[[], Model], work: Callable[[Model, Item], Result], items: Iterable[Item]
    ) -> Iterator[tuple[Item, Result]]:
        self._connect()
        import ray

        actors = Actors(lambda: start_actors(Applied, open_model, work, gpu=self.gpu))
        self._appliers.append(actors)
        try:
            for item, reference in actors.spread(lambda actor, item: actor.result.remote(item), items):
                yield item, answer(reference)
        except ray.exceptions.RayActorError:
            raise UnipicError(LOST) from None
        finally:
            actors.end()
            self._appliers.remove(actors)

    def see(
        self, files: Iterable[Found | Unreadable], read: Read, open_encoder: Callable[[], Embeds], store: str, key: str
    ) -> Iterator[Seen | Unreadable]:
        """A stream in the order of the files. Unchanged files that the store knows are not read again.

        `read` and `open_encoder` run on the workers. `key` names the reader and the encoder. UnipicError if Ray ends
        early.
        """
        rows = Store(store, key)
        rows.ready()
        waiting = iter(files)
        while shift := list(islice(waiting, SHIFT)):
            yield from self._shift(shift, rows, read, open_encoder)

    def _shift(
        self, files: list[Found | Unreadable], rows: Store, read: Read, open_encoder: Callable[[], Embeds]
    ) -> Iterator[Seen | Unreadable]:
        numbers = [number for number, file in enumerate(files) if isinstance(file, Found)]
        found = [file for file in files if isinstance(file, Found)]
        places = {numbers[i]: place for i, place in rows.find(found).items()}
        new = [(number, file) for number, file in zip(numbers, found, strict=True) if number not in places]
        arriving = self._new_places(new, rows, read, open_encoder)
        try:
            for start in range(0, len(files), WINDOW):
                window = files[start : start + WINDOW]
                here = {start + i: file for i, file in enumerate(window) if isinstance(file, Found)}
                while missing := here.keys() - places.keys():
                    number, place = next(arriving, (None, None))
                    if number is None or place is None:
                        raise UnipicError(
                            _("Ray came to its end without {name}; start it again", name=files[min(missing)].path)
                        )
                    places[number] = place
                seen = iter(rows.read(list(here.values()), [places.pop(number) for number in here]))
                yield from (file if isinstance(file, Unreadable) else next(seen) for file in window)
        finally:
            arriving.close()

    def _new_places(
        self, files: Sequence[tuple[int, Found]], rows: Store, read: Read, open_encoder: Callable[[], Embeds]
    ) -> Generator[tuple[int, Place], None, None]:
        """(number, place) of each file's row, in the order in which lots finish; a slow lot delays no other."""
        if len(files) <= self.few:
            tables = self._here(files, rows, read, open_encoder)
        else:
            tables = self._there(files, rows, read, open_encoder)
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
        self, files: Sequence[tuple[int, Found]], rows: Store, read: Read, open_encoder: Callable[[], Embeds]
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
            num_gpus=1 if self.gpu else 0,
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
        for actors in (self._mappers, *self._appliers):
            actors.end()
        if self._session:
            self._session.end()
        self._session = None


def _mapped(reference: Any) -> Any:
    import ray

    try:
        return answer(reference)
    except ray.exceptions.RayActorError:
        return Failure(kept("each of the {times} workers that had it was lost", times=1 + TRIES))


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
