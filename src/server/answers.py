"""What routes have in common: errors as a status and a message for the page, JSON that comes in and goes out."""

import gzip
import hashlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from unipic.core.errors import DecisionsUnreadable, NotShown, RunNotFound, SettingsError
from unipic.core.files import is_full
from unipic.core.language import gettext as _, gettext_noop as N_

Endpoint = Callable[[Request], Awaitable[Response]]
Asked = dict[str, Any]
Answer = dict[str, Any] | list[Any]

DISK_FULL = N_("The server's disk is full. What was sent before is kept; free some space and try again.")
WORTH_PACKING = 10_000  # bytes
MAX_ASKED_BYTES = 10_000_000  # bytes of a request, enough for the digests of a hundred thousand photos


class Refused(Exception):
    """A request that is refused, with an HTTP status and a message for the person."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def in_words(endpoint: Endpoint) -> Endpoint:
    """The endpoint, with its refusals turned into a status and a JSON message."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except RunNotFound as error:
            return JSONResponse({"message": str(error)}, 404)
        except (NotShown, DecisionsUnreadable) as error:
            return JSONResponse({"message": str(error)}, 409)
        except Refused as error:
            return JSONResponse({"message": str(error)}, error.status)
        except FileNotFoundError:  # the run was deleted meanwhile
            return JSONResponse({"message": _("This review no longer exists.")}, 404)
        except OSError as error:
            if not is_full(error):
                raise
            return JSONResponse({"message": _(DISK_FULL)}, 507)

    return answer


async def packed(request: Request, body: bytes) -> Response:
    """JSON that is never stored, compressed if it is long."""
    headers = {"Cache-Control": "private, no-store"}
    if len(body) > WORTH_PACKING and "gzip" in request.headers.get("accept-encoding", ""):
        body = await run_in_threadpool(gzip.compress, body, 1)
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type="application/json", headers=headers)


def javascript(request: Request, content: bytes, headers: dict[str, str]) -> Response:
    """A script, without a body for a browser that has it."""
    headers = {**headers, "ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"'}
    if request.headers.get("if-none-match", "").removeprefix("W/") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="text/javascript", headers=headers)


async def json_object(request: Request, most: int, what: str) -> dict[str, Any]:
    """The object that was sent, of at most so many bytes; `what` names it to people. Refused if it is none."""
    # Pages of other sites cannot send this type without a CORS preflight, which is never answered.
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        raise Refused(415, _("A {what} is JSON.", what=what))
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise Refused(411, _("The request did not state its size."))
    if int(length) > most:
        raise Refused(413, _("This {what} is too large.", what=what))
    try:
        sent = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise Refused(400, _("This {what} is not JSON.", what=what)) from None
    if not isinstance(sent, dict):
        raise Refused(400, _("A {what} is an object.", what=what))
    return sent


def shown(made: Callable[[Request], Answer]) -> Endpoint:
    """An endpoint that answers with values, made in a thread."""

    def body(request: Request) -> bytes:
        return json.dumps(made(request), ensure_ascii=True, separators=(",", ":")).encode("ascii")

    async def show(request: Request) -> Response:
        return await packed(request, await run_in_threadpool(body, request))

    return show


def heard(done: Callable[[Asked], Answer]) -> Endpoint:
    """An endpoint that does, in a thread, what a JSON object asks for. Refused where that is not understood."""

    def answer(asked: Asked) -> Answer:
        try:
            return done(asked)
        except SettingsError as error:
            raise Refused(400, f"{error}.") from None
        except (TypeError, KeyError, ValueError) as error:
            raise Refused(400, _("This request was not understood: {error}", error=error)) from None

    async def hear(request: Request) -> Response:
        asked = await json_object(request, MAX_ASKED_BYTES, "request")
        return JSONResponse(await run_in_threadpool(answer, asked))

    return hear


def text(given: Any) -> str:
    """A value of a request that is to be text. ValueError for any other."""
    if not isinstance(given, str):
        raise ValueError("text is expected")
    return given
