"""How a route refuses: a status, and words that the page can show."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from unipic.core.errors import NotShown, RunNotFound

Endpoint = Callable[[Request], Awaitable[Response]]


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def in_words(endpoint: Endpoint) -> Endpoint:
    """A refusal becomes its status and a message the uploader can show."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except RunNotFound as error:
            return JSONResponse({"message": str(error)}, 404)
        except NotShown as error:
            return JSONResponse({"message": str(error)}, 409)
        except Refused as error:
            return JSONResponse({"message": str(error)}, error.status)
        except FileNotFoundError:  # deleted between one step and the next
            return JSONResponse({"message": "This review no longer exists."}, 404)

    return answer
