"""Routes beside the screens: uploads, pictures, downloads, and the scripts of components.

A run's token is the only key to its photos, so no answer may leak it, and none may run foreign scripts: see
SecurityHeaders.
"""

import re
from collections.abc import Callable
from pathlib import Path

from anyio.lowlevel import checkpoint
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from server.answers import Endpoint, Refused, in_words, javascript
from server.pictures import Pictures, thumbnails
from server.runs import Run, Runs
from server.shelves import FindPhoto, Shelves
from server.uploads import receiving
from unipic.core.language import gettext as _
from unipic.core.photo import Photo
from unipic.library.library import Library
from unipic.reading.renditions import Renderer

OnSent = Callable[[Run, str], None]

FILE = re.compile(r"[^./\\\x00-\x1f][^/\\\x00-\x1f]{0,120}\.(zip|csv|json|pdf|png)")  # a name in one folder, not hidden
SCRIPT = re.compile(r"[a-z_]+")
PARTS = Path(__file__).parents[1] / "screens" / "parts"
MODULES = ("darkroom", "events", "gallery", "people", "resume")  # folders of components that load modules
SCRIPTS = {name: PARTS / name for name in MODULES}


def nothing_found(run: Run, photo: str) -> Photo | None:
    """Default for `find_photo`: no photo."""
    return None


def nothing_to_do(run: Run, file: str) -> None:
    """Default for `on_sent`: do nothing."""


def routes(
    runs: Runs,
    find_photo: FindPhoto = nothing_found,
    on_sent: OnSent = nothing_to_do,
    max_file: int | None = None,
    max_run: int | None = None,
    renderer: Renderer | None = None,
    library: Library | None = None,
) -> list[Route]:
    """All routes. `find_photo` gives a run's photo by id; `on_sent` is called after a complete download."""
    shelves = Shelves(runs, find_photo, library)
    pictures = Pictures(shelves, renderer)

    async def elsewhere(request: Request) -> Response:
        raise Refused(404, _("There is nothing here."))

    return [
        Route("/unipic/upload/{token}/{key}", in_words(receiving(runs, max_file, max_run)), methods=["PUT"]),
        Route("/unipic/thumb/{token}/{digest}", in_words(thumbnails(shelves))),
        Route("/unipic/view/{token}/{id}", in_words(pictures.view)),
        Route("/unipic/frame/{token}/{id}/{milliseconds:int}", in_words(pictures.frame)),
        Route("/unipic/photo/{token}/{id}", in_words(pictures.photo)),
        Route("/unipic/download/{token}/{file}", in_words(downloads(runs, on_sent))),
        *(Route(f"/unipic/{part}/{{name}}.js", in_words(scripts(part))) for part in SCRIPTS),
        # Otherwise the screens would answer unknown addresses, with status 200.
        Route("/unipic/{rest:path}", in_words(elsewhere), methods=["GET", "PUT", "POST", "PATCH", "DELETE"]),
    ]


def scripts(part: str) -> Endpoint:
    """The endpoint of a component's scripts. They are revalidated each time, so an update takes effect at once."""

    async def script(request: Request) -> Response:
        name = request.path_params["name"]
        path = SCRIPTS[part] / f"{name}.js"
        if not SCRIPT.fullmatch(name) or not path.is_file():
            raise Refused(404, _("There is no such script."))
        return javascript(request, await run_in_threadpool(path.read_bytes), {"Cache-Control": "no-cache"})

    return script


# Downloads.


def downloads(runs: Runs, on_sent: OnSent) -> Endpoint:
    """The endpoint of finished downloads."""

    async def download(request: Request) -> Response:
        run, name = runs.open(request.path_params["token"]), request.path_params["file"]
        path = run.out / name
        if not FILE.fullmatch(name) or path.is_symlink() or not path.is_file():
            raise Refused(404, _("There is no such file to download."))
        return Download(path, lambda: on_sent(run, name))

    return download


class Download(FileResponse):
    """Calls `whole_file_sent` when the connection has taken the file from the first byte to the last.

    An ordinary FileResponse ends the same way on a broken connection, and would run its background task. A partial
    download does not count either.
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
