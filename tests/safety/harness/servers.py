"""The real server as strangers meet it: over HTTP without a browser, and over the websocket of the screens."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from tests.browser.conftest import Server, start_server, stop_server
from tests.helpers.galleries import photo
from tests.helpers.pictures import save, scene
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from server.runs import Run, Runs
from server.worker import keep_evidence
from unipic.cleanup.evidence import Evidence
from unipic.core.files import hash_file
from unipic.core.photo import Photo
from unipic.library.decisions import Catalogue

TIMEOUT_S = 60.0  # seconds for one answer on a busy machine
PLAIN = {"encoder": "builtin", "ranker": "builtin"}  # settings of work that loads no weights, which takes seconds

Headers = dict[str, str]


@contextmanager
def serving(data: Path, **environment: str) -> Iterator[Server]:
    data.mkdir(parents=True, exist_ok=True)
    server, process = start_server(data, **environment)
    try:
        yield server
    finally:
        stop_server(process)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Headers
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    server: Server, path: str, method: str = "GET", headers: Headers | None = None, body: bytes | None = None
) -> Answer:
    """One request on a connection of its own; no redirect is followed."""
    host, port = server.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=TIMEOUT_S)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    finally:
        connection.close()


@dataclass
class Visitor:
    """A tab without a browser: it asks for screens, and hears everything the server says to it."""

    socket: ClientConnection
    session: str = ""
    heard: bytes = b""
    drawn: bytes = b""  # the same without what Streamlit says of itself at each beginning
    errors: list[str] = field(default_factory=list)
    buttons: dict[str, str] = field(default_factory=dict)  # those drawn so far, by their keys

    def press(self, key: str, query: str, page: str) -> bytes:
        """Click a button that was drawn."""
        return self.run(query, page, pressed=self.buttons[key])

    def run(self, query: str = "", page: str = "", timeout: float = TIMEOUT_S, pressed: str = "") -> bytes:
        """Have the screen drawn, as on opening or on a click, and give all that was said about it."""
        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.page_name = page
        if pressed:
            message.rerun_script.widget_states.widgets.add(id=pressed, trigger_value=True)
        self.socket.send(message.SerializeToString())
        said = b""
        while True:
            data = self.socket.recv(timeout)
            assert isinstance(data, bytes)
            said += data
            answer = ForwardMsg.FromString(data)
            self._note(answer, data)
            if answer.WhichOneof("type") == "script_finished" and answer.script_finished in (
                ForwardMsg.FINISHED_SUCCESSFULLY,
                ForwardMsg.FINISHED_WITH_COMPILE_ERROR,
            ):
                self.heard += said
                return said

    def _note(self, answer: ForwardMsg, data: bytes) -> None:
        if answer.WhichOneof("type") == "new_session":
            self.session = answer.new_session.initialize.session_id or self.session
        else:
            self.drawn += data
        element = answer.delta.new_element
        if element.WhichOneof("type") == "button":
            self.buttons[element.button.id.rsplit("-", 1)[-1]] = element.button.id
        if element.WhichOneof("type") == "exception":
            self.errors.append(f"{element.exception.type} {element.exception.message}")


@contextmanager
def visiting(server: Server, session: str = "", headers: Headers | None = None) -> Iterator[Visitor]:
    """`session`: that of a tab whose connection was lost."""
    protocols = [Subprotocol(part) for part in ("streamlit", "PLACEHOLDER", session) if part]
    url = server.url.replace("http://", "ws://") + "/_stcore/stream"
    socket = connect(
        url, subprotocols=protocols, additional_headers=headers, max_size=None, open_timeout=TIMEOUT_S, compression=None
    )
    with socket:
        yield Visitor(socket)


def pictures(folder: Path, names: list[str], first: int = 0) -> list[Photo]:
    """A picture and a copy of it for each name, as a scan would have found them; other pictures for another `first`."""
    found = []
    for number, name in enumerate(names, first):
        path = save(scene(number, 64, 48), folder / f"{number:06}.jpg")
        facts = {"path": str(path), "digest": hash_file(path), "size": path.stat().st_size, "width": 64, "height": 48}
        found += [photo(f"p{number}", name=name, **facts), photo(f"p{number}c", name=f"copy/{name}", **facts)]
    return found


def finished_run(data: Path, photos: list[Photo], evidence: Evidence) -> Run:
    run = Runs(data / "runs").new("folder")
    run.change(state="ready")
    for one in photos:
        run.thumbnails.save(one.digest, Path(one.path).read_bytes())
    keep_evidence(run, evidence, Catalogue(data))
    return run


def together(tasks: list[Any]) -> list[BaseException]:
    """Run them all at the same time, and give what they failed with."""
    failures: list[BaseException] = []

    def guarded(task: Any) -> None:
        try:
            task()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures
