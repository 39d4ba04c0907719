"""Days of use in minutes: run after run on one server, which must end as it began."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
from tests.browser.conftest import Server
from tests.helpers.pictures import save, scene, shaken
from tests.safety.harness.amounts import NIGHTLY, amount
from tests.safety.harness.ledger import record
from tests.safety.harness.servers import TIMEOUT_S, Visitor, ask, serving, visiting

from server.runs import Run, Runs
from unipic.destinations.base import MANIFEST

pytestmark = pytest.mark.server

ROUNDS = amount(pr=2, nightly=200)
WARM = amount(pr=1, nightly=20)  # rounds in which a server takes what it takes once
DRIFT = 0.05  # of its memory, by which it may grow after those, at night
FORGET = 1  # seconds after which a tab that is gone is forgotten, as otherwise after two minutes


@dataclass(frozen=True)
class Held:
    """What a process has of the system."""

    memory: int  # bytes
    open_files: int
    children: int

    @classmethod
    def by(cls, server: Server) -> Held:
        process = psutil.Process(server.pid)
        return cls(server.memory(), len(os.listdir(f"/proc/{server.pid}/fd")), len(process.children(recursive=True)))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A scene in three shots, two with a copy, and one nobody can read."""
    folder = tmp_path_factory.mktemp("photos")
    paths = [save(shaken(scene(1), 12 * shot) if shot else scene(1), folder / f"{shot}.jpg") for shot in range(3)]
    for number in (5, 6):
        paths.append(save(scene(number), folder / f"{number}.png"))
        paths.append(Path(shutil.copy(paths[-1], folder / f"{number} again.png")))
    (folder / "broken.jpg").write_bytes(paths[0].read_bytes()[:999])
    return [*paths, folder / "broken.jpg"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    with serving(
        tmp_path / "data", TMPDIR=str(temporary), STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL=str(FORGET)
    ) as started:
        yield started


@pytest.mark.nightly
def test_a_server_that_works_for_days_ends_as_it_began(server: Server, photos: list[Path], tmp_path: Path) -> None:
    whole = {hashlib.sha256(path.read_bytes()).hexdigest() for path in photos}
    held: list[Held] = []
    for number in range(ROUNDS):
        assert one_round(server, photos) == whole, "copies are left out, and nobody has discarded a shot"
        # But for the run that awaits the next photos on the first screen.
        assert [path for path in server.runs.rglob("*") if path.is_file() and path.name != "run.json"] == []
        if number + 1 >= WARM:
            time.sleep(2 * FORGET)
            held.append(Held.by(server))
    warm, end = held[0], held[-1]
    left = [path for path in (tmp_path / "tmp").rglob("*") if not path.is_dir()]
    drift = end.memory / warm.memory - 1
    leaked = end.open_files - warm.open_files + end.children - warm.children
    note = f"memory {warm.memory / 1e6:.0f} to {end.memory / 1e6:.0f} MB ({drift:+.1%}), {end.open_files} open files"
    record("T24", "runs from upload to deletion on one server", ROUNDS, len(left) + max(0, leaked), note)
    print(note)
    assert left == []
    assert leaked <= 0, (warm, end)
    if NIGHTLY:
        assert drift <= DRIFT, [each.memory for each in held]


def one_round(server: Server, photos: list[Path]) -> set[str]:
    """Upload, look, make the album, take it home, delete it all. Gives the digests of what was in the album."""
    run = Runs(server.runs).new("upload")
    for number, path in enumerate(photos):
        where = f"/unipic/upload/{run.token}/{number:032x}?name={quote(path.name)}"
        assert ask(server, where, "PUT", body=path.read_bytes()).status == 200
    run.change(state="waiting", settings={"encoder": "builtin", "ranker": "builtin"})
    with visiting(server) as visitor:
        query = f"run={run.token}"
        looked_at(visitor, run, query)
        visitor.run(query, "finish")
        visitor.press("make", query, "finish")
        album = ask(server, f"/unipic/download/{run.token}/{quote(run.load().album_file)}")
        assert album.status == 200
        visitor.press("delete", query, "finish")
        assert visitor.errors == []
    with zipfile.ZipFile(io.BytesIO(album.body)) as archive:
        return {hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist() if name != MANIFEST}


def looked_at(visitor: Visitor, run: Run, query: str) -> None:
    until = time.monotonic() + TIMEOUT_S
    while run.load().state in ("waiting", "working"):
        assert time.monotonic() < until, run.load()
        visitor.run(query, "review")
        time.sleep(0.05)
    assert run.load().state == "ready", run.load()
