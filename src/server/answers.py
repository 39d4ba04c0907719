"""Errors of routes as HTTP answers: a status, and a message that the page can show."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from unipic.core.errors import NotShown, RunNotFound

Endpoint = Callable[[Request], Awaitable[Response]]


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
        except NotShown as error:
            return JSONResponse({"message": str(error)}, 409)
        except Refused as error:
            return JSONResponse({"message": str(error)}, error.status)
        except FileNotFoundError:  # the run was deleted meanwhile
            return JSONResponse({"message": "This review no longer exists."}, 404)

    return answer
