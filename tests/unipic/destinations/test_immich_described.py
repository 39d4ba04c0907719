"""The same against another Immich, whose routes, requests and answers are checked by Immich's own strict description.

It lies beside the project where it lies at all; elsewhere these tests are skipped.
"""

from __future__ import annotations

import importlib.util
import json
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.immich_campaign import RUN, a_library, a_plan
from tests.safety.harness.amounts import NIGHTLY, amount

from unipic.core.errors import DestinationError
from unipic.core.settings import PROJECT, immich_folder
from unipic.destinations.immich import Plan, Step, apply, open_runs, take_back
from unipic.sources.immich import NEEDS, Cache, Client, Connected, ImmichSource, connect, server

SHARED = PROJECT.parent / "shared"
FAKE, DESCRIBED = SHARED / "fake_immich" / "fake_immich.py", SHARED / "immich" / "immich-openapi-3.0.3-strict.json"
KINDS = ("500", "429", "503", "cut", "reset", "drop_after_commit", "html", "hang")
READ_S = 0.5  # of a client that a hanging server makes wait
RIGHT = re.compile(r"(200|201|204|fault .*|(200|201|204), then dropped)")

pytestmark = [
    pytest.mark.skipif(not (FAKE.exists() and DESCRIBED.exists()), reason="no description of Immich is at hand"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def other() -> Iterator[tuple[Any, str]]:
    """The other Immich, and its address."""
    for name in ("jsonschema", "starlette"):
        pytest.importorskip(name)
    uvicorn = pytest.importorskip("uvicorn")
    spec = importlib.util.spec_from_file_location("other_immich", FAKE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    fake = module.Fake(module.Spec(str(DESCRIBED)))
    running = uvicorn.Server(uvicorn.Config(module.app_of(fake), host="127.0.0.1", port=0, log_level="critical"))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield fake, f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    running.should_exit = True
    thread.join()


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))


def to(url: str, read_s: float = READ_S) -> Connected:
    return connect(Client(server(url, "all"), pause=lambda seconds: None, read_s=read_s))


def filled(fake: Any) -> list[str]:
    """The library of the campaign."""
    fake.world.reset()
    return [fake.world.add(f"IMG_{number:02}.jpg", b"photo %d" % number)["id"] for number in range(12)]


def plan_for(ids: list[str]) -> Plan:
    """The campaign's plan, for assets that have other ids here."""
    own = a_library()
    here = dict(zip(own.assets, ids, strict=True))
    steps = [Step(one.kind, one.name, tuple(here[id] for id in one.ids), one.mark) for one in a_plan(own).steps]
    return Plan(tuple(steps), {}, (), RUN)


def state(fake: Any) -> dict[str, Any]:
    world = fake.world
    return {
        "tags": {tag["value"]: sorted(tag["assets"]) for tag in world.tags.values()},
        "albums": sorted((one["albumName"], sorted(one["assets"])) for one in world.albums.values()),
        "favourites": {id for id, one in world.assets.items() if one["isFavorite"]},
        "trash": {id for id, one in world.assets.items() if one["isTrashed"]},
        "stacks": sorted(
            sorted(id for id, one in world.assets.items() if one["stackId"] == stack) for stack in world.stacks
        ),
    }


def prepared(fake: Any, url: str) -> Plan:
    """What a person did before us, by the API itself."""
    ids, ask = filled(fake), to(url).client.ask
    ask("POST", "/stacks", {"assetIds": ids[:3]})
    tag = ask("PUT", "/tags", {"tags": ["Unipic/similar"]})[0]["id"]
    ask("PUT", f"/tags/{tag}/assets", {"ids": [ids[0]]})
    ask("PUT", "/assets", {"ids": [ids[3]], "isFavorite": True})
    return plan_for(ids)


def all_described(fake: Any) -> bool:
    """Whether no request was refused, and no answer was odd."""
    return all(RIGHT.fullmatch(str(entry["status"])) for entry in fake.world.log)


def test_every_request_fits_the_description_and_undo_restores_the_library(other: tuple[Any, str]) -> None:
    fake, url = other
    plan = prepared(fake, url)
    before = state(fake)
    assert apply(to(url), plan).problems == []
    assert len(state(fake)["albums"]) == 2
    take_back(to(url), RUN)
    assert state(fake) == before
    assert all_described(fake)


@pytest.mark.parametrize("kind", KINDS if NIGHTLY else ["drop_after_commit"])
def test_faults_double_and_lose_nothing(other: tuple[Any, str], kind: str) -> None:
    """At a few requests of each kind; at night at each of them, of writing and of undoing."""
    fake, url = other
    for at in range(amount(12, 0), 64, amount(30, 1)):
        plan = prepared(fake, url)
        before = state(fake)
        there = to(url)
        fake.world.faults = [{"match": ".*", "kind": kind, "after": at, "seconds": 2 * READ_S}]
        for _ in range(4):
            try:
                waiting = open_runs(there)
                apply(there, waiting[0] if waiting else plan)
                break
            except DestinationError:
                continue
        now = state(fake)
        assert (len(now["albums"]), len(now["stacks"]), len(now["trash"])) == (2, 3, 1)
        for _ in range(4):
            try:
                take_back(there, RUN)
                break
            except DestinationError:
                continue
        assert state(fake) == before
        for path in immich_folder().rglob("*.jsonl"):
            path.unlink()


def test_permissions_are_called_as_immich_calls_them() -> None:
    described = json.loads(DESCRIBED.read_text(encoding="utf-8"))
    calls = [call for path in described["paths"].values() for call in path.values() if isinstance(call, dict)]
    known = {call.get("x-immich-permission") for call in calls}
    assert {one for needs in NEEDS.values() for one in needs} <= known


@pytest.mark.nightly
def test_ten_thousand_are_listed_once_each(other: tuple[Any, str]) -> None:
    fake, url = other
    fake.world.reset()
    for number in range(10_000):
        fake.world.add(f"IMG_{number:06}.jpg", b"%d" % number, taken=f"2024-01-{1 + number % 28:02}T00:00:00.000Z")
    for facts in ({"owner": fake.world.partner["id"]}, {"visibility": "hidden"}, {"visibility": "locked"}):
        fake.world.add("other.jpg", repr(facts).encode(), **facts)
    there = to(url, read_s=60.0)
    listing = ImmichSource(there, ["immich:"], Cache(there.client.server)).listing
    assert len({asset.id for asset in listing.assets}) == len(listing.assets) == 10_000
    assert listing.left == {"partner": 1, "hidden": 1}
    assert all_described(fake)
