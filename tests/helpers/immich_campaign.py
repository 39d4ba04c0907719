"""Every fault at every request of writing to Immich and of undoing it: what became of the library after a rerun."""

import os
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from tests.helpers.fake_immich import FAULTS, KEY, FakeImmich, Fault

from unipic.core.errors import DestinationError
from unipic.destinations.immich import Plan, Step, apply, open_runs, take_back
from unipic.sources.immich import Client, Connected, connect, server

RUN = "20240101-000000-campaign"
RERUNS = 4  # more than any fault needs
MEMORY = "/dev/shm"  # a folder in memory, where there is one: each line of a journal waits for the disk


def client_of(fake: FakeImmich) -> Client:
    """A client that reaches the fake in this process, and waits for nothing."""
    return Client(server(fake.url, KEY), transport=fake.transport(), pause=lambda seconds: None)


def connected(fake: FakeImmich) -> Connected:
    return connect(client_of(fake))


def a_library() -> FakeImmich:
    """Twelve photos, with what a person did before us: a stack, a tag, a favourite, an album of a name like ours."""
    fake = FakeImmich()
    ids = [fake.add(f"IMG_{number}.jpg", b"photo %d" % number) for number in range(12)]
    fake.stack(*ids[:3])
    fake.tag("Unipic/similar", ids[0])
    fake.tag("Family", ids[5])
    fake.assets[ids[3]]["isFavorite"] = True
    fake.album("Organized-0001 2024-03-15", ids[7])
    return fake


def a_plan(fake: FakeImmich) -> Plan:
    """Something of each kind, which touches what was there before."""
    ids = list(fake.assets)
    steps = (
        Step("tag", "Unipic/best", (ids[0], ids[4])),
        Step("tag", "Unipic/similar", tuple(ids[:8])),
        Step("favourite", "", (ids[0], ids[3], ids[4])),
        Step("album", "Organized-0001 2024-03-15", tuple(ids[:4]), f"unipic:{RUN}:one"),
        Step("album", "Organized-0002 2024-03-15", tuple(ids[4:8]), f"unipic:{RUN}:two"),
        Step("stack", "", tuple(ids[1:5])),
        Step("stack", "", tuple(ids[5:8])),
        Step("trash", "", (ids[9],)),
    )
    return Plan(steps, {}, (), RUN)


@contextmanager
def data_folder() -> Iterator[None]:
    """A data folder of one's own."""
    before = os.environ.get("UNIPIC_DATA")
    with tempfile.TemporaryDirectory(dir=MEMORY if os.path.isdir(MEMORY) else None) as folder:
        os.environ["UNIPIC_DATA"] = folder
        try:
            yield
        finally:
            os.environ.pop("UNIPIC_DATA")
            if before is not None:
                os.environ["UNIPIC_DATA"] = before


def applied(fake: FakeImmich, there: Connected) -> int:
    """Apply, and go on after each interruption. Returns the number of runs it took."""
    for number in range(RERUNS):
        try:
            waiting = open_runs(there)
            apply(there, waiting[0] if waiting else a_plan(fake))
            return number + 1
        except DestinationError:
            continue
    raise AssertionError("it never came to an end")


def undone(there: Connected) -> int:
    for number in range(RERUNS):
        try:
            take_back(there, RUN)
            return number + 1
        except DestinationError:
            continue
    raise AssertionError("it never came to an end")


def requests() -> tuple[int, int]:
    """How many requests writing takes, and undoing."""
    fake = a_library()
    with data_folder():
        there = connected(fake)
        start = len(fake.log)
        applied(fake, there)
        between = len(fake.log)
        undone(there)
        return between - start, len(fake.log) - between


@cache
def written() -> dict[str, Any]:
    """The library after writing without a fault."""
    fake = a_library()
    with data_folder():
        applied(fake, connected(fake))
    return fake.state()


def outcome(kind: str, at: int, while_undoing: bool) -> dict[str, Any]:
    """One fault at one request: whether the library is as it should be after writing, and after undoing."""
    fake = a_library()
    before, wanted = fake.state(), written()
    with data_folder():
        there = connected(fake)
        if not while_undoing:
            fake.faults = [Fault(kind, at)]
        runs = applied(fake, there)
        right = fake.state() == wanted
        if while_undoing:
            fake.faults = [Fault(kind, at)]
        runs += undone(there) - 1
        hit = any(not fault.times for fault in fake.faults)
        return {"hit": hit, "written right": right, "undone": fake.state() == before, "runs": runs}


def campaign(kinds: Sequence[str] = FAULTS, every: int = 1, first: int = 0) -> Counter[str]:
    """Counts over every kind of fault at every `every`th request, of writing and of undoing."""
    counted: Counter[str] = Counter()
    for while_undoing, number in enumerate(requests()):
        for kind in kinds:
            for at in range(first, number, every):
                found = outcome(kind, at, bool(while_undoing))
                counted["faults"] += found["hit"]
                counted["ended wrong"] += not found["written right"]
                counted["not undone"] += not found["undone"]
                counted["reruns"] += found["runs"] - 1
    return counted
