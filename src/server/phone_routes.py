"""The WebDAV share of the inbox, at /unipic/phone/: whoever has its token may add files, and see what was added."""

from __future__ import annotations

import io
import sys
from collections.abc import AsyncIterator, Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import anyio
import anyio.from_thread
import anyio.to_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from server.answers import Refused
from server.door_guesses import SPAN, Guesses, source_of
from server.phone import SHARE, Share, base_path, share
from server.uploads import body
from unipic.core.errors import SettingsError
from unipic.library.inbox import open_inbox

THREADS = 8  # requests at a time; each holds a thread while its file arrives
MOST = 100_000  # bytes of a request that is no file


def phone_routes() -> list[Route]:
    """The routes of the share. They answer any method: WebDAV has its own."""
    dav = Dav(Guesses())
    return [Route(f"{base_path()}{SHARE}{rest}", dav) for rest in ("", "/{rest:path}")]


class Dav:
    """ASGI application: checks who asks, then hands on to WsgiDAV in a thread. No file is held in memory."""

    def __init__(self, guesses: Guesses) -> None:
        self.guesses, self.threads = guesses, anyio.CapacityLimiter(THREADS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            refusal = self.refused(request, await run_in_threadpool(share))
            sent = Arriving(body(request)) if refusal or request.method == "PUT" else await small(request)
        except SettingsError as error:
            refusal = PlainTextResponse(f"{error}.\n", 500)
        except Refused as error:
            refusal = PlainTextResponse(f"{error}\n", error.status)
        if refusal:
            await refusal(scope, receive, send)
        else:
            await anyio.to_thread.run_sync(answer, environ_of(request, sent), send, limiter=self.threads)

    def refused(self, request: Request, found: Share) -> Response | None:
        """The refusal of a request without the token; None if it may enter."""
        source, given = source_of(request.scope), request.headers.get("authorization", "")
        if not found.secret:
            return PlainTextResponse("There is nothing here.\n", 404)
        if self.guesses.too_many("phone", source):
            return PlainTextResponse("Too many wrong tokens. Wait a minute.\n", 429, {"Retry-After": f"{SPAN:.0f}"})
        if found.opened_by(given):
            return None
        if given:  # programs ask once without it
            self.guesses.count("phone", source)
        return PlainTextResponse("This needs a token.\n", 401, {"WWW-Authenticate": 'Basic realm="Unipic"'})


async def small(request: Request) -> io.BytesIO:
    """The body of a request that is no file. Refused if it is long."""
    whole = io.BytesIO()
    async for chunk in body(request):
        if whole.tell() + len(chunk) > MOST:
            raise Refused(413, "This request is too large.")
        whole.write(chunk)
    whole.seek(0)
    return whole


class Arriving(io.RawIOBase):
    """A body as WSGI reads it, in a thread, while it arrives."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self.chunks, self.rest, self.over = chunks, b"", False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; b"" at the end. Refused if the connection is lost, or nothing arrives for a minute."""
        while not self.rest and not self.over:
            self.rest, self.over = anyio.from_thread.run(self.next)
        given, self.rest = (self.rest, b"") if size < 0 else (self.rest[:size], self.rest[size:])
        return given

    async def next(self) -> tuple[bytes, bool]:
        """The next chunk, and whether there is none."""
        try:
            return await anext(self.chunks), False
        except StopAsyncIteration:
            return b"", True


def environ_of(request: Request, sent: Any) -> dict[str, Any]:
    """A request as WSGI has it. Its target is relative to the share, and that of a move to this server."""
    mount, scope = f"{base_path()}{SHARE}", request.scope
    environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": (scope["path"].removeprefix(mount) or "/").encode().decode("latin-1"),
        "QUERY_STRING": "",
        "SERVER_NAME": request.url.hostname or "localhost",
        "SERVER_PORT": str(request.url.port or 80),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": request.headers.get("content-length", ""),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.url.scheme,
        "wsgi.input": sent,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}
    if "HTTP_DESTINATION" in environ:  # a proxy may have changed scheme and host
        environ["HTTP_DESTINATION"] = urlsplit(environ["HTTP_DESTINATION"]).path
    return environ


def answer(environ: dict[str, Any], send: Callable[[dict[str, Any]], Any]) -> None:
    """Have WsgiDAV answer, in a thread, and send what it says."""
    begun: list[dict[str, Any]] = []

    def start(status: str, headers: list[tuple[str, str]], problem: object = None) -> None:
        coded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        begun[:] = [{"type": "http.response.start", "status": int(status[:3]), "headers": coded}]

    for chunk in _app(open_inbox(), f"{base_path()}{SHARE}")(environ, start):
        while begun:
            anyio.from_thread.run(send, begun.pop())
        anyio.from_thread.run(send, {"type": "http.response.body", "body": chunk, "more_body": True})
    anyio.from_thread.run(send, {"type": "http.response.body", "body": b""})


@cache
def _app(inbox: Path, mount: str) -> Any:
    """WsgiDAV, imported when a phone first asks."""
    from server._dav import dav_app

    return dav_app(inbox, mount, lambda: share().room())
