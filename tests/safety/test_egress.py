"""Nothing leaves the house: a run of the command line and of the web app asks for nobody but this machine."""

import os
import re
import sys
from pathlib import Path

import pytest
from tests.helpers.pictures import save, scene, shaken
from tests.safety.harness.egress import Talk, listen_to, namespace, tracer
from tests.safety.harness.ledger import record
from tests.safety.harness.servers import ask, serving, visiting

from unipic.core.settings import PROJECT

FOREIGN = re.compile(rb"(?i)(?:src|href|action|url|import|from)\s*[=(]?\s*[\"'(]\s*(?:https?:)?//([a-z0-9.-]+)")
CANARIES = {
    "a connection": "import socket; s = socket.socket(); s.settimeout(1); s.connect_ex(('192.0.2.1', 80))",
    "a datagram": "import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.sendto(b'x', ('192.0.2.1', 53))",
    "a name": "import socket; socket.getaddrinfo('unipic.invalid', 80)",
    "a child": "import subprocess, sys; subprocess.run([sys.executable, '-c', "
    "'import socket; socket.socket().connect_ex((\"192.0.2.1\", 80))'])",
}


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for seed in range(4):
        save(scene(seed), folder / f"{seed}.jpg")
    save(shaken(scene(1)), folder / "again.jpg")
    (folder / "copy.jpg").write_bytes((folder / "0.jpg").read_bytes())
    (folder / "drawing.jpg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg"><image href="http://192.0.2.1/x"/></svg>'
    )
    return folder


def quiet(talk: Talk, what: str) -> None:
    heard = (*talk.asked, *talk.called)
    record("T16", what, 1, found=len(heard), note=", ".join(talk.ways))
    print(f"{what}, watched by {', '.join(talk.ways)}")
    assert heard == ()


@pytest.mark.parametrize("command", CANARIES)
def test_what_leaves_the_house_would_be_heard(command: str, tmp_path: Path) -> None:
    talk = listen_to([sys.executable, "-c", CANARIES[command]], tmp_path / "watch")
    assert talk.asked
    if tracer() and command != "a name":  # who resolves it, and how, is the system's affair
        assert talk.called


def test_talk_within_the_house_is_none(tmp_path: Path) -> None:
    script = "import socket; s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname())"
    talk = listen_to([sys.executable, "-c", script], tmp_path / "watch")
    assert talk.code == 0, talk.output
    assert (talk.asked, talk.called) == ((), ())


@pytest.mark.skipif(not namespace(), reason="no network namespace is allowed here")
def test_there_is_nothing_to_reach_in_the_namespace(tmp_path: Path) -> None:
    script = "import socket; s = socket.socket(); s.settimeout(2); print(s.connect_ex(('192.0.2.1', 80)))"
    assert listen_to([sys.executable, "-c", script], tmp_path / "watch").output.strip() == "101"  # unreachable


@pytest.mark.parametrize(
    "destination", ["--zip", *(pytest.param(o, marks=pytest.mark.nightly) for o in ("--to", "--list"))]
)
def test_the_command_line_asks_for_nobody(destination: str, photos: Path, tmp_path: Path) -> None:
    target = tmp_path / ("out.csv" if destination == "--list" else "out")
    command = [sys.executable, str(PROJECT / "src" / "main.py"), "clean", str(photos), destination, str(target)]
    talk = listen_to([*command, "--offline"], tmp_path / "watch", UNIPIC_DATA=str(tmp_path / "data"))
    assert talk.code == 0, talk.output
    assert target.exists()
    quiet(talk, f"command line, {destination}")


@pytest.mark.nightly
def test_a_search_asks_for_nobody(photos: Path, tmp_path: Path) -> None:
    example = next(photos.rglob("*.jpg"))
    for number, words in enumerate((["index", str(photos)], ["search", "jpg", "--like", str(example), "--maybe"])):
        command = [sys.executable, str(PROJECT / "src" / "main.py"), *words, "--offline"]
        talk = listen_to(command, tmp_path / str(number), UNIPIC_DATA=str(tmp_path / "data"))
        assert talk.code == 0, talk.output
        quiet(talk, f"command line, {words[0]}")


@pytest.mark.server
def test_the_web_app_asks_for_nobody(photos: Path, tmp_path: Path) -> None:
    """The server, every screen, and a run in its own process, as this file does it when it is started."""
    command = [sys.executable, "-m", "tests.safety.test_egress", str(tmp_path / "data"), str(photos)]
    path = os.pathsep.join((str(PROJECT / "src"), str(PROJECT)))
    before = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = path
    try:
        talk = listen_to(command, tmp_path / "watch", UNIPIC_OFFLINE="1")
    finally:
        os.environ["PYTHONPATH"] = before
    assert talk.code == 0, talk.output
    assert "ready" in talk.output
    quiet(talk, "web app with a run")


@pytest.mark.server
def test_no_page_or_script_of_ours_names_another_host(tmp_path: Path) -> None:
    """A browser fetches what is named; the page Streamlit serves and all that is ours."""
    with serving(tmp_path) as server:
        page = ask(server, "/")
        assert page.status == 200
        assert not foreign(page.body)
        assert b"fonts.g" not in page.body
    ours = [path for kind in ("*.js", "*.css", "*.html", "*.svg") for path in (PROJECT / "src").rglob(kind)]
    assert len(ours) > 10
    assert {str(path): foreign(path.read_bytes()) for path in ours if foreign(path.read_bytes())} == {}


def foreign(text: bytes) -> list[bytes]:
    hosts = FOREIGN.findall(text)
    return [host for host in hosts if host not in (b"www.w3.org", b"localhost", b"127.0.0.1")]


def test_a_foreign_host_would_be_found() -> None:
    for text in (
        b'<script src="https://cdn.example/x.js">',
        b"url('//fonts.example/a')",
        b'import "https://a.example/b"',
    ):
        assert foreign(text)


def visit(data: Path, photos: Path) -> None:
    """What people do, without a browser: look at each screen, and have a folder worked on."""
    from server.jobs import Jobs
    from server.runs import Runs

    with serving(data, UNIPIC_ROOTS=str(photos)) as server:
        for path in ("/", "/_stcore/host-config", "/review", "/finish", "/statistics"):
            ask(server, path)
        run = Runs(server.runs).new("folder", (str(photos),))
        jobs = Jobs([sys.executable, str(PROJECT / "src" / "main.py"), "work"])
        jobs.start(run)
        jobs._pool.shutdown(wait=True)
        with visiting(server) as visitor:
            for page in ("", "review", "finish", "statistics"):
                visitor.run(f"run={run.token}", page)
        print(run.load().state)


if __name__ == "__main__":
    visit(Path(sys.argv[1]), Path(sys.argv[2]))
