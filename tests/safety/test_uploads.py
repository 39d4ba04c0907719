"""Many photos at a time through the upload route: all of them arrive as they were, and the server does not grow."""

import hashlib
import http.client
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.browser.conftest import Server
from tests.safety.harness.amounts import NIGHTLY, amount
from tests.safety.harness.ledger import record
from tests.safety.harness.servers import TIMEOUT_S, ask, serving, together, visiting

from server.runs import Run, Runs
from server.uploads import KEEP_FREE
from unipic.core.files import hash_file

pytestmark = pytest.mark.server

CONNECTIONS = 4  # as many as a browser's uploader opens
LARGE = (amount(pr=40, nightly=1000), amount(pr=1_000_000, nightly=3_000_000))  # files, bytes of each
SMALL = (amount(pr=200, nightly=20_000), 20_000)
BREAKS = amount(pr=3, nightly=20)
GROWTH = 50_000_000  # bytes the server may grow by, at night; one short run measures its warming up as well


@dataclass(frozen=True)
class File:
    number: int
    size: int

    @property
    def key(self) -> str:
        return f"{self.number:032x}"

    @property
    def content(self) -> bytes:
        """Other bytes for each file, that need not be kept to be known."""
        return hashlib.shake_256(self.key.encode()).digest(1000) * (self.size // 1000)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("uploads")
    needed = LARGE[0] * LARGE[1] + SMALL[0] * SMALL[1] + 2 * KEEP_FREE
    if shutil.disk_usage(data).free < needed:
        pytest.skip(f"needs {needed / 1e9:.0f} GB of free disk at {data}")
    with serving(data) as started:
        yield started
    shutil.rmtree(data)


def connected(server: Server) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=TIMEOUT_S)


def address(run: Run, file: File) -> str:
    return f"/unipic/upload/{run.token}/{file.key}?name=IMG_{file.number}.jpg"


def send(connection: http.client.HTTPConnection, run: Run, file: File) -> None:
    connection.request("PUT", address(run, file), file.content)
    answer = connection.getresponse()
    said = answer.read()
    assert answer.status == 200, said


def break_off(server: Server, run: Run, file: File) -> None:
    """Half of a file, and then nothing: the phone left the house."""
    connection = connected(server)
    connection.putrequest("PUT", address(run, file))
    connection.putheader("Content-Length", str(file.size))
    connection.endheaders()
    connection.send(file.content[: file.size // 2])
    connection.close()


def test_everything_arrives_as_it_was(server: Server) -> None:
    files = [File(number, LARGE[1]) for number in range(LARGE[0])]
    files += [File(len(files) + number, SMALL[1]) for number in range(SMALL[0])]
    broken = {file.number for file in files[:: len(files) // BREAKS][:BREAKS]}
    assert len(broken) == BREAKS
    warm_up(server)
    before = most = server.memory()
    run = Runs(server.runs).new("upload")

    def upload(part: list[File]) -> None:
        nonlocal most
        connection = connected(server)
        for number, file in enumerate(part):
            if file.number in broken:
                break_off(server, run, file)
                assert not run.upload_path(file.key).exists()
            send(connection, run, file)
            if number % 20 == 0:
                most = max(most, server.memory())
        connection.close()

    failures = together([lambda part=files[place::CONNECTIONS]: upload(part) for place in range(CONNECTIONS)])
    assert failures == []
    grown = max(most, server.memory()) - before
    wrong = [f.key for f in files if hash_file(run.upload_path(f.key)) != hashlib.sha256(f.content).hexdigest()]
    uploads = run.uploads()
    note = f"{BREAKS} broken off and sent again; the server grew by {grown / 1e6:.1f} MB"
    record(
        "T13", f"files of {LARGE[1] / 1e6:.0f} MB and {SMALL[1] / 1e3:.0f} kB uploaded", len(files), len(wrong), note
    )
    print(f"{len(files)} files, {sum(f.size for f in files) / 1e6:.0f} MB, {note}")
    assert not wrong, "\n".join(wrong)
    assert {(found.id, found.name, found.size) for found in uploads} == {
        (file.key, f"IMG_{file.number}.jpg", file.size) for file in files
    }
    assert {path.name for path in run.photos.iterdir()} == {file.key for file in files}, "halves are left behind"
    assert grown <= (GROWTH if NIGHTLY else 2 * GROWTH)


def warm_up(server: Server) -> None:
    """What a server takes once, for its threads and modules, is not what uploads take."""
    run = Runs(server.runs).new("upload")
    connection = connected(server)
    for number in range(8):
        send(connection, run, File(number, 1_000_000))
    connection.close()
    run.delete()


def test_what_is_too_large_is_refused_before_it_is_sent(server: Server) -> None:
    run = Runs(server.runs).new("upload")
    headers = {"content-length": "2000000001"}
    answer = ask(server, f"/unipic/upload/{run.token}/0123456789abcdef?name=a.mov", "PUT", headers)
    assert answer.status == 413
    assert "the limit is 2 GB per file" in answer.json["message"]
    assert os.listdir(run.photos) == []


def test_what_may_be_uploaded_and_how_long_it_stays_is_said_first(tmp_path: Path) -> None:
    values = {"UNIPIC_MAX_UPLOAD_GB": "30", "UNIPIC_KEEP_DAYS": "3", "UNIPIC_KEEP_FETCHED_HOURS": "2"}
    with serving(tmp_path, **values) as server, visiting(server) as visitor:
        said = visitor.run().decode(errors="replace").replace("\\", "")
        assert "Up to 2 GB per file, 30 GB in total." in said
        assert "They are deleted 2 hours after you download the result, or after 3 days without activity." in said
