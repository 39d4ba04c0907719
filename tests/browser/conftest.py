"""The real app in a real browser: `server`, `page` (1280 x 900), `phone` (390 x 844) and the check `quiet`."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from server.runs import Run, Runs

PROJECT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
WAIT = 20.0  # seconds a server may take to start
NOISE = (
    "_stcore/health",  # on a deep link Streamlit first asks for these beside the page, where they are not
    "_stcore/host-config",
)


@dataclass(frozen=True)
class Server:
    """A running app; `data` is its UNIPIC_DATA."""

    url: str
    pid: int
    data: Path
    log: Path

    @property
    def runs(self) -> Path:
        return self.data / "runs"

    def memory(self) -> int:
        """Resident bytes of the server's own process."""
        return int(psutil.Process(self.pid).memory_info().rss)


@dataclass
class Complaints:
    """What a page's console and scripts complained about."""

    heard: list[str] = field(default_factory=list)

    def note(self, kind: str, text: str) -> None:
        if not any(noise in text for noise in NOISE):
            self.heard.append(f"{kind}: {text[:500]}")

    def expect(self, part: str) -> None:
        """Strike complaints a test provoked on purpose."""
        self.heard = [text for text in self.heard if part not in text]


def start_server(data: Path, **environment: str) -> tuple[Server, subprocess.Popen[bytes]]:
    """`streamlit run src/app.py`, as the README says, on a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = data / "server.log"
    command = [sys.executable, "-m", "streamlit", "run", str(PROJECT / "src" / "app.py"), "--server.port", str(port)]
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env={**os.environ, "UNIPIC_DATA": str(data), **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(f"http://localhost:{port}", process.pid, data, log)
    until = time.monotonic() + WAIT
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=1):
                return server, process
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    stop_server(process)
    raise RuntimeError(f"the app did not start:\n{log.read_text(errors='replace')}")


def stop_server(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"no browser here; looked for {', '.join(BROWSERS)}")
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def server(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started, process = start_server(tmp_path_factory.mktemp("data"))
    yield started
    stop_server(process)


@pytest.fixture(scope="session")
def samples_run(made_once: Callable[[str, Callable[[Path], object]], Path], sample_photos: Path) -> Run:
    """A run over the sample photos whose work is done."""

    def work(data: Path) -> None:
        run = Runs(data / "runs").new("samples")
        shutil.copytree(sample_photos, run.photos / "samples")
        command = [sys.executable, str(PROJECT / "src" / "main.py"), "work", str(run.folder)]
        subprocess.run(command, check=True, env={**os.environ, "UNIPIC_DATA": str(data)}, timeout=300)
        assert run.load().state == "ready", run.load().message

    return next(Runs(made_once("samples-run", work) / "runs").all())


@pytest.fixture
def sample_run(samples_run: Run) -> Callable[[Path], Run]:
    """Gives a run nobody has touched, with bursts, copies, and files that cannot be read, among a server's runs."""

    def copy(runs: Path) -> Run:
        run = Run(runs / secrets.token_hex(16))
        shutil.copytree(samples_run.folder, run.folder)
        return run

    return copy


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def new_page(browser, complaints) -> Iterator[Callable[..., object]]:
    """A page in a context of its own: another visitor. Takes Playwright's context options."""
    contexts = []

    def make(**options: object) -> object:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on(
            "console",
            lambda said: (
                said.type == "error" and complaints.note("console", f"{said.text} {said.location.get('url', '')}")
            ),
        )
        page.on("pageerror", lambda error: complaints.note("script", str(error)))
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page):
    return new_page()


@pytest.fixture
def phone(new_page):
    return new_page(viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, has_touch=True)


@pytest.fixture
def quiet(complaints: Complaints) -> Callable[[], None]:
    """Call at the end of a test: nothing was in the console, and no script failed."""

    def check() -> None:
        assert complaints.heard == []

    return check
