"""The same against another Immich, whose routes, requests and answers are checked by Immich's own strict description.

It lies beside the project where it lies at all; elsewhere these tests are skipped.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.immich_campaign import RUN, a_library, a_plan
from tests.helpers.pictures import save, scene
from tests.safety.harness.amounts import NIGHTLY, amount

from unipic.core.errors import DestinationError, SourceError
from unipic.core.settings import PROJECT, immich_folder
from unipic.destinations._immich_plan import _trash_is_safe
from unipic.destinations.immich import Plan, Step, apply, open_runs, take_back
from unipic.sources.immich import NEEDS, Cache, Client, Connected, ImmichSource, albums_of, connect, server

SHARED = PROJECT.parent / "shared"
FAKE, SDK_CHECKS = SHARED / "fake_immich" / "fake_immich.py", SHARED / "fake_immich" / "drive_sdk.mjs"
DESCRIBED = {one: SHARED / "immich" / f"immich-openapi-{one}-strict.json" for one in ("2.7.3", "3.0.3")}
SDK = os.environ.get("UNIPIC_IMMICH_SDK", "")  # a folder with node_modules: @immich/sdk, and node@22 if node is older
KINDS = ("500", "429", "503", "cut", "reset", "drop_after_commit", "html", "hang")
CALLS = 28  # of different kinds that are sent
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
READ_S = 0.5  # of a client that a hanging server makes wait
RIGHT = re.compile(r"(200|201|204|fault .*|(200|201|204), then dropped)")

pytestmark = [
    pytest.mark.skipif(not FAKE.exists(), reason="no other Immich is at hand"),
    pytest.mark.slow,
]


def described(version: str) -> Path:
    path = DESCRIBED[version]
    return path if path.exists() else pytest.skip(f"no description of Immich {version} is at hand")


@pytest.fixture(scope="module", params=DESCRIBED)
def other(request: pytest.FixtureRequest) -> Iterator[tuple[Any, str]]:
    """The other Immich, and its address."""
    path = described(request.param)
    for name in ("jsonschema", "starlette"):
        pytest.importorskip(name)
    uvicorn = pytest.importorskip("uvicorn")
    spec = importlib.util.spec_from_file_location("other_immich", FAKE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    fake = module.Fake(module.Spec(str(path)))
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


def test_every_call_of_ours_fits_the_description(other: tuple[Any, str], tmp_path: Path) -> None:
    """Looking, in each way that photos can be named, with previews and originals; then marking, and taking it back."""
    fake, url = other
    plan = prepared(fake, url)
    fake.world.add("seen.jpg", save(scene(1), tmp_path / "seen.jpg").read_bytes())
    there = to(url)
    for name in ("immich:", "immich:album/Organized-0001 2024-03-15", "immich:since/2020-01-01", "immich:person/Ada"):
        if name.startswith("immich:album"):
            apply(there, plan)
        with suppress(SourceError):  # nobody is called so
            for originals in (False, True):
                list(ImmichSource(there, [name], Cache(there.client.server), originals).files())
    albums_of(there)
    _trash_is_safe(there)
    take_back(there, RUN)
    calls = {f"{entry['method']} {re.sub(UUID, 'ID', entry['path'])}" for entry in fake.world.log}
    wrong = [entry for entry in fake.world.log if entry["status"] in (400, 599)]
    assert not wrong
    assert len(calls) == CALLS, sorted(calls)


def test_the_other_immich_is_as_its_own_sdk_expects(other: tuple[Any, str], tmp_path: Path) -> None:
    modules = Path(SDK) / "node_modules"
    node = shutil.which("node", path=f"{modules / '.bin'}{os.pathsep}{os.environ.get('PATH', '')}")
    if not SDK or not node or not (modules / "@immich" / "sdk").is_dir():
        pytest.skip("UNIPIC_IMMICH_SDK names no folder with @immich/sdk")
    _, url = other
    (tmp_path / "node_modules").symlink_to(modules)
    script = tmp_path / "drive.mjs"
    script.write_text(SDK_CHECKS.read_text(encoding="utf-8").replace("http://127.0.0.1:22830", url), encoding="utf-8")
    done = subprocess.run([node, str(script)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "599 answers: 0" in done.stdout


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


@pytest.mark.parametrize("version", DESCRIBED)
def test_permissions_are_called_as_immich_calls_them(version: str) -> None:
    paths = json.loads(described(version).read_text(encoding="utf-8"))["paths"]
    calls = [call for path in paths.values() for call in path.values() if isinstance(call, dict)]
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
