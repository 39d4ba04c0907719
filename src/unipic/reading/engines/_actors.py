"""Actors of a Ray cluster, and items spread over them. A lost actor costs time: its items are done again elsewhere."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _
from unipic.reading.engines.base import Item

AHEAD = 8  # items queued per actor, so that it never waits for the next
TRIES = 3  # retries of an item whose worker was lost, before the item counts as the cause


class Actors:
    """Actors that are started for the first item, and how many items each has in hand."""

    def __init__(self, start: Callable[[], list[Any]]) -> None:
        self._start = start
        self._load: dict[Any, int] = {}

    def spread(self, call: Callable[[Any, Item], Any], items: Iterable[Item]) -> Iterator[tuple[Item, Any]]:
        """Each item with the reference to its result, in the order of the items, at most AHEAD per actor ahead.

        `call` hands an item to an actor and returns the reference.
        """
        waiting: deque[tuple[Item, Any, Any]] = deque()
        try:
            for item in items:
                actor = self._idlest()
                self._load[actor] += 1
                waiting.append((item, actor, call(actor, item)))
                if len(waiting) >= AHEAD * len(self._load):
                    yield self._first(waiting)
            while waiting:
                yield self._first(waiting)
        finally:
            for _, actor, _ in waiting:  # queued items run to their end; nobody reads their results
                self._free(actor)

    def _idlest(self) -> Any:
        self._load = self._load or dict.fromkeys(self._start(), 0)
        return min(self._load, key=self._load.__getitem__)

    def _first(self, waiting: deque[tuple[Item, Any, Any]]) -> tuple[Item, Any]:
        item, actor, reference = waiting.popleft()
        self._free(actor)
        return item, reference

    def _free(self, actor: Any) -> None:
        if actor in self._load:  # not if it was ended in the middle of the stream
            self._load[actor] -= 1

    def end(self) -> None:
        """Kill the actors. Another item starts new ones."""
        if self._load:
            import ray

            for actor in self._load if ray.is_initialized() else ():
                ray.kill(actor)
        self._load = {}


def start_actors(kind: type, *arguments: Any, gpu: bool = False) -> list[Any]:
    """Actors of the class `kind`: one for each GPU of the cluster, to itself, or one for each core.

    SettingsError if there should be a GPU and is none: Ray would wait for one for ever.
    """
    import ray

    # They reserve no core: Ray Data needs all of them, also while these are idle or get what it makes.
    remote: Any = ray.remote(num_cpus=0, num_gpus=int(gpu), max_restarts=-1, max_task_retries=TRIES)(kind)
    places = ["DEFAULT"] * int(ray.cluster_resources().get("GPU", 0)) if gpu else _cores()
    if not places:
        raise SettingsError(_("This machine has a GPU, and no node of the Ray cluster has one. Set the device to cpu."))
    return [remote.options(scheduling_strategy=place).remote(*arguments) for place in places]


def _cores() -> list[Any]:
    """A place for each core, on its node as long as that lives; Ray by itself would give all nodes the same number."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    nodes = [node for node in ray.nodes() if node["Alive"]]
    places = [node["NodeID"] for node in nodes for _ in range(int(node["Resources"].get("CPU", 0)))]
    return [NodeAffinitySchedulingStrategy(node, soft=True) for node in places] or ["DEFAULT"]


def answer(reference: Any) -> Any:
    """The result of a call. An exception of the call itself is raised as it is; Ray's own if the actor was lost."""
    import ray

    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
