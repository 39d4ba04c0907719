"""Fetching from servers that work, lie, stall and die."""

import os
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.helpers.checkpoints import contents, write_manifest

from unipic.core.errors import Cancelled, ModelDamaged, ModelMissing
from unipic.vision import fetch as module
from unipic.vision.fetch import fetch

pytestmark = pytest.mark.slow  # servers that never answer are waited for

FILES = {"m/config.json": b"{}", "m/weights.bin": bytes(range(256)) * 2000}
BIG = "weights.bin"


class Hub(ThreadingHTTPServer):
    """Serves FILES in the way the url's first part says; `asked` counts requests."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.closing = threading.Event()
        self.asked = 0

    def url(self, way: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{way}/"


class Answer(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        self.server.asked += 1
        way, path = self.path.strip("/").split("/", 1)
        body = FILES[path]
        if way == "mute":
            self.server.closing.wait(30)
            return
        if way == "gone":
            self.send_error(404)
            return
        if way == "elsewhere":
            self.send_response(302)
            self.send_header("Location", f"/ok/{path}")
            self.end_headers()
            return
        if way == "local":
            self.send_response(302)
            self.send_header("Location", "file:///etc/hostname")
            self.end_headers()
            return
        self.send_response(200)
        if way != "endless":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.send(way, body)

    def send(self, way: str, body: bytes) -> None:
        if way == "wrong":
            self.wfile.write(body[::-1])
        elif way == "cut" or (way == "stall" and BIG in self.path):
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.server.closing.wait(30 if way == "stall" else 0)
        elif way == "slow" and BIG in self.path:
            for start in range(0, len(body), 2000):
                self.wfile.write(body[start : start + 2000])
                time.sleep(0.1)
        elif way == "endless":
            while not self.server.closing.is_set():
                self.wfile.write(body)
        else:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub():
    with Hub() as hub:
        threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield hub
        hub.closing.set()
        hub.shutdown()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "models"


@pytest.fixture(autouse=True)
def online(monkeypatch):
    monkeypatch.delenv("UNIPIC_OFFLINE", raising=False)
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(module, "_silent_since", {})


@pytest.fixture
def get(tmp_path, folder):
    """Fetch the model from a server's url."""

    def get(server, progress=lambda step: None, **options):
        fetch(
            "m",
            folder,
            progress,
            manifest=write_manifest(tmp_path / f"{time.time_ns()}.toml", {"m": [FILES]}, server),
            **options,
        )

    return get


def test_all_files_arrive_and_progress_says_how_far(hub, folder, get):
    steps = []
    get(hub.url("ok"), steps.append)
    assert contents(folder) == FILES
    assert {step.stage for step in steps} == {"Fetching Tiny m weights"}
    done = [step.done for step in steps]
    assert done[0] == 0
    assert done == sorted(done)
    assert done[-1] == steps[-1].total == sum(map(len, FILES.values()))


def test_what_is_here_is_not_fetched_again(hub, folder, get):
    (folder / "m").mkdir(parents=True)
    (folder / "m" / BIG).write_bytes(FILES["m/" + BIG])
    get(hub.url("ok"))
    get(hub.url("ok"))
    assert hub.asked == 1
    assert contents(folder) == FILES


def test_a_redirect_is_followed_but_not_to_a_local_file(hub, folder, get):
    get(hub.url("elsewhere"))
    assert contents(folder) == FILES
    (folder / "m/config.json").unlink()
    with pytest.raises(ModelMissing, match=r"127\.0\.0\.1"):
        get(hub.url("local"))
    assert set(contents(folder)) == {"m/" + BIG}


def test_a_damaged_file_that_is_here_is_not_overwritten(hub, folder, get):
    (folder / "m").mkdir(parents=True)
    (folder / "m" / BIG).write_bytes(b"my own")
    with pytest.raises(ModelDamaged, match="Delete it"):
        get(hub.url("ok"))
    assert hub.asked == 0
    assert contents(folder) == {"m/" + BIG: b"my own"}


@pytest.mark.parametrize("way", ["wrong", "endless"])
def test_a_wrong_file_is_not_kept(hub, folder, get, way):
    with pytest.raises(ModelDamaged, match=r"from 127\.0\.0\.1 and was not kept: .* has sha256 .* instead of"):
        get(hub.url(way))
    assert contents(folder) == {}


def test_a_missing_page_is_named(hub, folder, get):
    with pytest.raises(ModelMissing, match=r"127\.0\.0\.1 answered 404 Not Found for .*config\.json"):
        get(hub.url("gone"))
    assert contents(folder) == {}


def test_a_server_that_dies_in_the_middle(hub, folder, get):
    with pytest.raises(ModelMissing, match=r"broke off after 1 bytes of m/config\.json"):
        get(hub.url("cut"))
    assert contents(folder) == {}


def test_a_server_that_stops_sending_is_left(hub, folder, get, monkeypatch):
    monkeypatch.setattr(module, "QUIET", 2.0)
    with pytest.raises(ModelMissing, match="sent nothing for 2 seconds"):
        get(hub.url("stall"))
    assert contents(folder) == {"m/config.json": b"{}"}, "what is whole stays, half a file does not"


def test_a_server_that_accepts_and_never_answers_is_noticed_soon_and_not_asked_again(hub, folder, get):
    started = time.monotonic()
    with pytest.raises(ModelMissing, match=r"127\.0\.0\.1 cannot be reached \(no answer within 5 seconds"):
        get(hub.url("mute"))
    assert time.monotonic() - started < 8
    with pytest.raises(ModelMissing, match=r"127\.0\.0\.1 could not be reached a moment ago"):
        get(hub.url("ok"))
    assert hub.asked == 1
    module._silent_since["127.0.0.1"] -= 61
    get(hub.url("ok"))
    assert contents(folder) == FILES


def test_a_refused_connection_and_an_unknown_name_are_noticed_at_once(get):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.monotonic()
    with pytest.raises(ModelMissing, match=r"127\.0\.0\.1 cannot be reached \(Connection refused"):
        get(f"http://127.0.0.1:{port}/")
    with pytest.raises(ModelMissing, match=r"nowhere\.invalid cannot be reached"):
        get("http://nowhere.invalid/")
    assert time.monotonic() - started < 12


def test_the_deadline_ends_a_slow_download(hub, folder, get):
    with pytest.raises(ModelMissing, match="too slow"):
        get(hub.url("slow"), deadline_s=2)
    assert contents(folder) == {"m/config.json": b"{}"}


@pytest.mark.parametrize("way", ["slow", "stall", "mute"])
def test_cancelling_ends_the_download_even_while_nothing_arrives(hub, folder, get, way, monkeypatch):
    children = []
    start = module._start
    monkeypatch.setattr(module, "_start", lambda *args: children.append(start(*args)) or children[-1])
    began = time.monotonic()

    def skip(step):
        if time.monotonic() - began > 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        get(hub.url(way), skip)
    assert time.monotonic() - began < 8
    assert children[0].poll() is not None, "the child is gone"
    assert not list(folder.rglob("*part"))


def test_offline_never_tries(hub, get, monkeypatch):
    monkeypatch.setenv("UNIPIC_OFFLINE", "1")
    with pytest.raises(ModelMissing, match="Tiny m is not installed and UNIPIC_OFFLINE forbids downloading it"):
        get(hub.url("ok"))
    assert hub.asked == 0


def test_a_folder_that_cannot_be_written_is_named(hub, tmp_path, get, folder):
    folder.write_text("a file where the folder should be")
    with pytest.raises(ModelMissing, match="cannot be written"):
        get(hub.url("ok"))


def test_a_child_that_dies_without_a_word_is_an_error(hub, get, monkeypatch):
    monkeypatch.setattr(module, "_start", lambda *args: subprocess.Popen([sys.executable, "-c", "exit(3)"], stdout=-1))
    with pytest.raises(ModelMissing, match="ended with code 3"):
        get(hub.url("ok"))


def test_modules_in_the_working_folder_are_not_loaded(hub, tmp_path, folder, get, monkeypatch):
    (tmp_path / "json.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    get(hub.url("ok"))
    assert contents(folder) == FILES


def test_two_at_once_both_end_well(hub, folder, get):
    threads = [threading.Thread(target=get, args=(hub.url("ok"),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert contents(folder) == FILES


def test_the_child_leaves_when_its_parent_is_gone(hub, tmp_path, folder):
    manifest = write_manifest(tmp_path / "manifest.toml", {"m": [FILES]}, hub.url("slow"))
    child = module._start("m", folder, manifest)
    assert child.stdout is not None
    child.stdout.readline()
    child.stdout.close()
    assert child.wait(timeout=8) != 0
    assert not list(folder.rglob("*part"))


def test_fetching_needs_no_torch():
    code = "import sys; import unipic.vision.fetch; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": "src"}).returncode == 0
