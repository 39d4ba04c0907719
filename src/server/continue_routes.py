"""Routes of the Continue cards: how far the runs are whose tokens a browser holds, and deleting one of them.

There is no list of runs: who does not name a token learns nothing about it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.answers import Refused, in_words, json_object, packed
from server.jobs import Jobs
from server.runs import OWN_PAGE, TOKEN, Run, Runs, RunState
from unipic.core.errors import DecisionsUnreadable, RunNotFound
from unipic.core.language import gettext as _
from unipic.core.words import count

MOST_BYTES = 1000  # bytes of a request, of which a token takes 32


@dataclass(frozen=True)
class Standing:
    """How far a review is. `picture` is the digest of a thumbnail, "" if there is none."""

    groups: int
    decided: int
    picture: str = ""


StandingOf = Callable[[Run], Standing]


def continue_routes(runs: Runs, jobs: Jobs, standing_of: StandingOf) -> list[Route]:
    """The routes that tell of a run by its token, and delete it.

    A question has the token in its body, since a log may have its address.
    """

    async def tell(request: Request) -> Response:
        token = (await json_object(request, MOST_BYTES, "question")).get("token")
        if not isinstance(token, str) or not TOKEN.fullmatch(token):
            raise Refused(404, _("There is no such review."))
        told = await run_in_threadpool(status, runs, token, standing_of)
        return await packed(request, json.dumps(told).encode("ascii"))

    async def delete(request: Request) -> Response:
        await run_in_threadpool(remove, request.path_params["token"])
        return JSONResponse({})

    def remove(token: str) -> None:
        run, _state = _opened(runs, token)
        jobs.cancel(run)
        run.delete()

    return [
        Route("/unipic/run", in_words(tell), methods=["POST"]),
        Route("/unipic/run/{token}", in_words(delete), methods=["DELETE"]),
    ]


def status(runs: Runs, token: str, standing_of: StandingOf) -> dict[str, Any]:
    """A run in words for its card; {"state": "gone"} if there is none of this token."""
    try:
        run, state = _opened(runs, token)
        standing = standing_of(run) if state.state == "ready" else Standing(0, 0)
        files = len(run.uploads()) if state.source == "upload" else 0
        return {
            "state": state.state,
            "created": state.created,
            "name": _name(state, files),
            "told": _told(state, standing),
            "picture": standing.picture,
        }
    except (RunNotFound, FileNotFoundError):
        return {"state": "gone"}
    except (ValueError, KeyError, TypeError, DecisionsUnreadable):
        return {"state": "failed", "created": 0, "name": _("Review"), "told": _("It cannot be opened."), "picture": ""}


def _opened(runs: Runs, token: str) -> tuple[Run, RunState]:
    """A review or upload and its state. RunNotFound if there is none, FileNotFoundError if it has just been deleted."""
    run = runs.open(token)
    state = run.load()
    if state.source in OWN_PAGE:
        raise RunNotFound(_("This review no longer exists."))
    return run, state


def _name(state: RunState, files: int) -> str:
    if state.source == "upload":
        return count(files, "uploaded file")
    if state.source == "samples":
        return _("Sample photos")
    if state.source == "immich":
        return ", ".join(f"Immich {root.partition(':')[2]}".strip() for root in state.roots)
    return ", ".join(Path(root).name or root for root in state.roots)


def _told(state: RunState, standing: Standing) -> str:
    match state.state:
        case "collecting":
            return _("Scan not started")
        case "failed":
            return _("The scan failed")
        case "cancelled":
            return _("The scan was cancelled")
        case "ready" if not standing.groups:
            return _("No groups to decide")
        case "ready":
            return _(
                "{decided:,} of {groups} decided", decided=standing.decided, groups=count(standing.groups, "group")
            )
    return _("Scanning")
