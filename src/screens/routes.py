"""What a browser asks for beside the screens: uploads streamed to disk, thumbnails, originals, finished downloads.

A run's token is the one key to its photos, so no answer may give it away, and none may run anything: SecurityHeaders.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import re
import secrets
import shutil
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar

import anyio
import streamlit
from anyio.lowlevel import checkpoint
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unipic.errors import RunNotFound, SettingsError
from unipic.files import whole
from unipic.runs import Run, Runs
from unipic.settings import Settings

FindPhoto = Callable[[Run, str], tuple[Path, str] | None]
OnSent = Callable[[Run, str], None]
Endpoint = Callable[[Request], Awaitable[Response]]
T = TypeVar("T")

DIGEST = re.compile(r"[0-9a-f]{64}")
FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._()-]{0,120}\.(zip|csv|json)")
MAX_RUN_GB = 200.0
KEEP_FREE = 1_000_000_000  # bytes of disk an upload never takes: the run still has to write its results
PATIENCE = 60.0  # seconds without a byte before an upload is given up; the browser then tries again
CHUNK = 1 << 18
DISK_FULL = "The server's disk is full. What has arrived is kept; free some space and try again."

# What browsers show themselves. Anything else is answered with words instead of a download nobody asked for.
SHOWN = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "AVIF": "image/avif",
}


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def nothing_found(run: Run, photo: str) -> tuple[Path, str] | None:
    return None


def nothing_to_do(run: Run, file: str) -> None:
    pass


def routes(
    runs: Runs,
    find_photo: FindPhoto = nothing_found,
    on_sent: OnSent = nothing_to_do,
    max_file: int | None = None,
    max_run: int | None = None,
) -> list[Route]:
    """`find_photo` gives an original's path and format; `on_sent` hears of a download that went out whole."""
    max_file = Settings().max_file if max_file is None else max_file
    room = Room(max_run_from_environment() if max_run is None else max_run)

    async def upload(request: Request) -> Response:
        run, key = runs.open(request.path_params["token"]), request.path_params["key"]
        path, size = run.upload_path(key), announced(request)
        if size > max_file:
            raise Refused(413, f"This file has {gigabytes(size)}; one file may have up to {gigabytes(max_file)}.")
        refuse_unless_collecting(run)
        with room.held(run, size):
            # Written under a name of its own, so that a retry does not meet the attempt it replaces.
            arriving = path.with_name(f"{key}.{secrets.token_hex(4)}")
            await store(request, arriving, size)
            try:
                refuse_unless_collecting(run)  # it may have been started while the bytes came in
                room.give_back(run, path.stat().st_size if path.exists() else 0)
                os.replace(arriving, path)
            finally:
                arriving.unlink(missing_ok=True)
            run.add_upload(key, request.query_params.get("name", ""), size)
        return JSONResponse({"key": key, "size": size})

    async def thumbnail(request: Request) -> Response:
        run, digest = runs.open(request.path_params["token"]), request.path_params["digest"]
        path = run.thumbnails.path(digest)
        if not DIGEST.fullmatch(digest) or not path.is_file():
            raise Refused(404, "There is no such thumbnail.")
        forever = {"Cache-Control": "private, max-age=31536000, immutable"}  # the digest names the content
        return FileResponse(path, media_type="image/jpeg", headers=forever)

    async def photo(request: Request) -> Response:
        run = runs.open(request.path_params["token"])
        found = await run_in_threadpool(find_photo, run, request.path_params["id"])
        if found is None:
            raise Refused(404, "This run has no such photo.")
        path, kind = found
        if kind not in SHOWN:
            raise Refused(415, f"Browsers do not show {kind} files. The original is untouched where it was.")
        file = await run_in_threadpool(open_original, path)
        headers = {"Content-Length": str(os.fstat(file.fileno()).st_size), "Cache-Control": "private, no-cache"}
        return StreamingResponse(chunks(file), media_type=SHOWN[kind], headers=headers)

    async def download(request: Request) -> Response:
        run, name = runs.open(request.path_params["token"]), request.path_params["file"]
        path = run.out / name
        if not FILE.fullmatch(name) or path.is_symlink() or not path.is_file():
            raise Refused(404, "There is no such file to download.")
        return Download(path, lambda: on_sent(run, name))

    async def elsewhere(request: Request) -> Response:
        raise Refused(404, "There is nothing here.")

    return [
        Route("/unipic/upload/{token}/{key}", in_words(upload), methods=["PUT"]),
        Route("/unipic/thumb/{token}/{digest}", in_words(thumbnail)),
        Route("/unipic/photo/{token}/{id}", in_words(photo)),
        Route("/unipic/download/{token}/{file}", in_words(download)),
        # Without this an unknown address would be answered by the screens, with status 200.
        Route("/unipic/{rest:path}", in_words(elsewhere), methods=["GET", "PUT", "POST", "PATCH", "DELETE"]),
    ]


def in_words(endpoint: Endpoint) -> Endpoint:
    """A refusal becomes its status and a message the uploader can show."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except RunNotFound as error:
            return JSONResponse({"message": str(error)}, 404)
        except Refused as error:
            return JSONResponse({"message": str(error)}, error.status)
        except FileNotFoundError:  # deleted between one step and the next
            return JSONResponse({"message": "This run is gone."}, 404)

    return answer


# Uploads.


class Room:
    """How many bytes each run has taken: those in its journal, which is read once, and those on their way.

    Lives in the event loop alone, so it needs no lock.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used: dict[str, int] = {}

    @contextmanager
    def held(self, run: Run, size: int) -> Iterator[None]:
        """Room for one upload, given back when it does not arrive."""
        if run.token not in self.used:
            self.used[run.token] = sum(upload.size for upload in run.uploads())
        if self.used[run.token] + size > self.limit:
            raise Refused(413, f"All photos of a run together may have up to {gigabytes(self.limit)}.")
        if shutil.disk_usage(run.folder).free - size < KEEP_FREE:
            raise Refused(507, DISK_FULL)
        self.used[run.token] += size
        try:
            yield
        except BaseException:
            self.give_back(run, size)
            raise

    def give_back(self, run: Run, size: int) -> None:
        self.used[run.token] -= size


def announced(request: Request) -> int:
    """The size a browser says a file has. Without it no limit could be kept before the disk is full."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise Refused(411, "The size of the file was not announced.")
    return int(length)


def refuse_unless_collecting(run: Run) -> None:
    if run.load().state != "collecting":
        raise Refused(409, "This run takes no more photos: it has been started. Begin a new one to add these.")


async def store(request: Request, path: Path, size: int) -> None:
    """Body to disk, chunk by chunk: whole, or not there at all."""
    arrived = 0
    try:
        async with in_thread(whole(path)) as file:
            async for chunk in body(request):
                arrived += len(chunk)
                await run_in_threadpool(file.write, chunk)
            if arrived != size:
                raise Refused(400, f"{arrived} bytes arrived instead of {size}; the file was not kept.")
    except ClientDisconnect:
        raise Refused(400, "The connection broke before the whole file had arrived.") from None
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise Refused(507, DISK_FULL) from error


async def body(request: Request) -> AsyncIterator[bytes]:
    stream = request.stream()
    try:
        while True:
            with anyio.fail_after(PATIENCE):
                chunk = await anext(stream)
            yield chunk
    except StopAsyncIteration:
        return
    except TimeoutError:
        raise Refused(408, "Nothing arrived for a minute; the upload was given up.") from None


@asynccontextmanager
async def in_thread(manager: AbstractContextManager[T]) -> AsyncIterator[T]:
    """Enter and leave in a thread: leaving `whole` waits for the disk, and the event loop must not."""
    value = await run_in_threadpool(manager.__enter__)
    try:
        yield value
    except BaseException as error:
        manager.__exit__(type(error), error, error.__traceback__)
        raise
    await run_in_threadpool(manager.__exit__, None, None, None)


def max_run_from_environment() -> int:
    value = os.environ.get("UNIPIC_MAX_UPLOAD_GB") or str(MAX_RUN_GB)
    try:
        return int(float(value) * 1e9)
    except (ValueError, OverflowError):
        raise SettingsError(f"UNIPIC_MAX_UPLOAD_GB is a number of gigabytes, not {value!r}") from None


def gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"


# Downloads.


def open_original(path: Path) -> BinaryIO:
    """Read-only; never through a link, never a pipe that would hang."""
    try:
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except OSError:
        raise Refused(404, "The original is no longer where it was.") from None
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise Refused(404, "The original is no longer where it was.")
    return file


def chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk


class Download(FileResponse):
    """Calls `whole_file_sent` when the connection has taken the file from its first byte to its last.

    A broken connection ends an ordinary FileResponse just as quietly, and its background task would run. A part asked
    for on its own, such as the rest of an interrupted download, does not count either.
    """

    def __init__(self, path: Path, whole_file_sent: Callable[[], None]) -> None:
        super().__init__(path, filename=path.name, headers={"Cache-Control": "private, no-store"})
        self.whole_file_sent = whole_file_sent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status, finished = 0, False

        async def watched(message: Message) -> None:
            nonlocal status, finished
            status = message.get("status", status)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                await send({**message, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": True})  # waits until it is taken
                await checkpoint()  # a disconnect in the meantime cancels here
                message = {"type": "http.response.body", "body": b"", "more_body": False}
                finished = True
            await send(message)

        await super().__call__(scope, receive, watched)
        if finished and status == 200 and scope["method"] == "GET":
            await run_in_threadpool(self.whole_file_sent)


# Headers.


def inline_scripts() -> str:
    """The hash of each script inside Streamlit's own page, so that no other inline script is let through."""
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    digests = (hashlib.sha256(script.encode()).digest() for script in re.findall(r"<script>(.*?)</script>", page, re.S))
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


POLICY = {
    "default-src": "'none'",
    # blob: is how Streamlit loads a component's own script.
    "script-src": f"'self' blob: {inline_scripts()}",
    # Streamlit styles by style elements made at run time.
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}

HEADERS = {
    "Content-Security-Policy": "; ".join(f"{kind} {sources}" for kind, sources in POLICY.items()),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class SecurityHeaders:
    """Plain ASGI: a middleware that reads answers would hold streams in memory and break websockets."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self.app(scope, receive, guarded)
