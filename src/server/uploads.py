"""Uploads, streamed to disk atomically, within each run's quota."""

import os
import secrets
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from server.answers import DISK_FULL, Endpoint, Refused
from server.operator import max_upload
from server.runs import Run, Runs
from unipic.core.errors import SourceError
from unipic.core.files import atomic_file, is_full
from unipic.core.language import gettext as _
from unipic.core.settings import Limits
from unipic.core.words import printable

T = TypeVar("T")

KEEP_FREE = 1_000_000_000  # bytes of disk that uploads leave free for results
MS_DIGITS = 14  # of milliseconds since 1970, until the year 5138
LONGEST_NAME = 100  # characters of a picture's name in messages
BODY_TIMEOUT_S = 60.0  # seconds without a byte until an upload fails; the browser tries again


def receiving(runs: Runs, max_file: int | None = None, max_run: int | None = None) -> Endpoint:
    """The endpoint that stores one file of a run that is still collecting; limits in bytes."""
    max_file = Limits().max_file if max_file is None else max_file
    quota = Quota(max_upload() if max_run is None else max_run)

    async def upload(request: Request) -> Response:
        run, key = runs.collecting(request.path_params["token"]), request.path_params["key"]
        path, size = run.upload_path(key), announced(request)
        if size > max_file:
            raise Refused(
                413,
                _(
                    "This file is {size}; the limit is {limit} per file.",
                    size=gigabytes(size),
                    limit=gigabytes(max_file),
                ),
            )
        refuse_unless_collecting(run)
        with quota.held(run, size):
            # A unique name, so a retry does not collide with the attempt it replaces.
            arriving = path.with_name(f"{key}.{secrets.token_hex(4)}")
            await store(request, arriving, size)
            try:
                refuse_unless_collecting(run)  # the scan may have started meanwhile
                quota.give_back(run, path.stat().st_size if path.exists() else 0)
                os.replace(arriving, path)
            finally:
                arriving.unlink(missing_ok=True)
            run.add_upload(key, request.query_params.get("name", ""), size)
            keep_date(path, request.query_params.get("modified", ""))
        return JSONResponse({"key": key, "size": size})

    return upload


@contextmanager
def held_for_a_moment(data: Path) -> Iterator[Path]:
    """A path in the data folder for one file that is deleted after the block. Refused if the disk is nearly full."""
    data.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(data).free < KEEP_FREE:
        raise Refused(507, _(DISK_FULL))
    with tempfile.TemporaryDirectory(prefix="example-", dir=data) as folder:
        yield Path(folder) / "picture"


async def look_at_upload(request: Request, data: Path, look: Callable[[Path, str], T]) -> T:
    """What `look(path, name)` says of the picture that a request brings, which is deleted afterwards. Refused."""
    name, size = printable(request.query_params.get("name", "The picture"))[:LONGEST_NAME], announced(request)
    if size > Limits().max_file:
        raise Refused(
            413,
            _(
                "{name} is {size}; the limit is {limit}.",
                name=name,
                size=gigabytes(size),
                limit=gigabytes(Limits().max_file),
            ),
        )
    with held_for_a_moment(data) as path:
        await store(request, path, size)
        try:
            return await run_in_threadpool(look, path, name)
        except SourceError as error:
            raise Refused(415, f"{error}.") from None


def keep_date(path: Path, modified: str) -> None:
    """Give the file the date it has on the person's device, in milliseconds since 1970, so that exports have it too."""
    if modified.isdecimal() and len(modified) <= MS_DIGITS and 0 < int(modified) <= time.time() * 1000:
        with suppress(OSError):  # a date that this disk cannot store
            os.utime(path, ns=(time.time_ns(), int(modified) * 1_000_000))


class Quota:
    """Bytes used by each run: recorded uploads, read once, and those in progress, of all runs together.

    Only the event loop uses it, so it needs no lock.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used: dict[str, int] = {}
        self.arriving = 0  # bytes announced and not yet stored

    @contextmanager
    def held(self, run: Run, size: int) -> Iterator[None]:
        """Reserve bytes for one upload, released if it fails. Refused if the quota or the disk does not suffice."""
        if run.token not in self.used:
            self.used[run.token] = sum(upload.size for upload in run.uploads())
        if self.used[run.token] + size > self.limit:
            raise Refused(413, _("These photos exceed the limit of {size} in total.", size=gigabytes(self.limit)))
        # What of them is on the disk already counts twice, which refuses a file too many rather than one too few.
        if shutil.disk_usage(run.folder).free - self.arriving - size < KEEP_FREE:
            raise Refused(507, _(DISK_FULL))
        self.used[run.token] += size
        self.arriving += size
        try:
            yield
        except BaseException:
            self.give_back(run, size)
            raise
        finally:
            self.arriving -= size

    def give_back(self, run: Run, size: int) -> None:
        """Release bytes."""
        self.used[run.token] -= size


def announced(request: Request) -> int:
    """The size the request states. Refused without one: the disk could fill up before a limit is noticed."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise Refused(411, _("The upload did not state the file's size."))
    return int(length)


def refuse_unless_collecting(run: Run) -> None:
    """Raise Refused if the run's scan has started."""
    if run.load().state != "collecting":
        raise Refused(409, _("This scan has started, so no photos can be added to it. Start a new one for these."))


async def store(request: Request, path: Path, size: int) -> None:
    """Write the body to `path` atomically. Refused if it is incomplete or the disk is full."""
    arrived = 0
    try:
        async with in_thread(atomic_file(path)) as file:
            async for chunk in body(request):
                arrived += len(chunk)
                await run_in_threadpool(file.write, chunk)
            if arrived != size:
                raise Refused(
                    400,
                    _("{arrived} bytes arrived instead of {size}; the file was not kept.", arrived=arrived, size=size),
                )
    except ClientDisconnect:
        raise Refused(400, _("The connection was lost before the whole file had arrived.")) from None
    except OSError as error:
        if not is_full(error):
            raise
        raise Refused(507, _(DISK_FULL)) from error


async def body(request: Request) -> AsyncIterator[bytes]:
    """The body in chunks. Refused if nothing arrives for BODY_TIMEOUT_S."""
    stream = request.stream()
    try:
        while True:
            with anyio.fail_after(BODY_TIMEOUT_S):
                chunk = await anext(stream)
            yield chunk
    except StopAsyncIteration:
        return
    except TimeoutError:
        raise Refused(408, _("The upload timed out: nothing arrived for a minute.")) from None


@asynccontextmanager
async def in_thread(manager: AbstractContextManager[T]) -> AsyncIterator[T]:
    """Enter and leave a context manager in a thread: leaving atomic_file() waits for the disk."""
    value = await run_in_threadpool(manager.__enter__)
    try:
        yield value
    except BaseException as error:
        manager.__exit__(type(error), error, error.__traceback__)
        raise
    await run_in_threadpool(manager.__exit__, None, None, None)


def gigabytes(size: int) -> str:
    """A size in GB or MB, in words."""
    number, unit = (size / 1e9, "GB") if size >= 1e8 else (size / 1e6, "MB")
    return f"{number:.1f}".removesuffix(".0") + f" {unit}"
