"""Pictures for the browser: thumbnails, views, and originals, as a JPEG if browsers cannot show their format.

A bounded number of threads and workers hashes and decodes, so the event loop keeps streaming.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from server.answers import Endpoint, Refused
from server.film_pictures import film_picture
from server.shelves import LIBRARY, Shelf, Shelves
from unipic.core.errors import NotShown
from unipic.core.files import copy_and_hash, open_to_read
from unipic.core.language import gettext as _
from unipic.core.photo import FILM, Photo, is_preview
from unipic.core.words import printable
from unipic.reading.renditions import CHANGED, WORKERS, Renderer, Renditions
from unipic.sources.immich_place import at_hand

DIGEST = re.compile(r"[0-9a-f]{64}|[0-9a-f]{40}")  # sha256; SHA-1 of an original whose preview is here
CHUNK = 1 << 18
# A browser may keep pictures of a run, and asks before it shows them again: once the run is gone, they are gone.
ASKED_FOR = "private, no-cache"
# The library's grid would ask thousands of times; what left the library is shown that much longer at most.
FOR_A_WHILE = "private, max-age=600, must-revalidate"
WAITING = 100  # requests that may wait for a worker; no person flipping through photos makes more

# Formats that browsers show, and those that are converted to JPEG.
SHOWN = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "AVIF": "image/avif",
}
RENDERED = ("HEIF", "TIFF", "JXL", "JPEG2000", "ICO", "ICNS", "RAW")


def thumbnails(shelves: Shelves) -> Endpoint:
    """The endpoint of thumbnails."""

    async def thumbnail(request: Request) -> Response:
        shelf, digest = shelves.open(request.path_params["token"]), request.path_params["digest"]
        path = shelf.thumbnails.path(digest)
        if not DIGEST.fullmatch(digest) or not path.is_file():
            raise Refused(404, _("There is no such thumbnail."))
        headers = cached(request, digest)
        return unchanged(request, headers) or FileResponse(path, media_type="image/jpeg", headers=headers)

    return thumbnail


class Pictures:
    """Endpoints for photos by id; all shelves share the workers."""

    def __init__(self, shelves: Shelves, renderer: Renderer | None = None) -> None:
        self.shelves = shelves
        self.renderer = renderer or Renderer()
        self.slots = anyio.CapacityLimiter(2 * WORKERS)
        self.waiting = 0

    async def view(self, request: Request) -> Response:
        """A JPEG of any photo, at most 2048 pixels a side."""
        shelf, photo = await self._asked(request)
        if same := unchanged(request, cached(request, photo.digest)):
            return same
        away = is_preview(photo) and not await run_in_threadpool(at_hand, photo.path)
        if photo.format == FILM or away:
            return await self._rendered(request, lambda one: shelf.thumbnails.path(one.digest), photo)
        return await self._rendered(request, Renditions(shelf.views, self.renderer).view, photo)

    async def frame(self, request: Request) -> Response:
        """A JPEG of what a film shows at a time."""
        shelf, photo = await self._asked(request)
        if photo.format != FILM:
            raise Refused(404, _("This is no film."))
        at = int(request.path_params["milliseconds"])
        return await self._rendered(request, lambda film: film_picture(shelf.views, film, at), photo)

    async def photo(self, request: Request) -> Response:
        """The original's bytes, or its full-size JPEG."""
        shelf, photo = await self._asked(request)
        if same := unchanged(request, cached(request, photo.digest)):
            return same
        if photo.format in RENDERED or is_preview(photo):
            return await self._rendered(request, Renditions(shelf.views, self.renderer).full, photo)
        if photo.format not in SHOWN:
            raise Refused(
                415, _("Browsers cannot show {format} files. The original is unchanged.", format=photo.format)
            )
        return _picture(request, await run_in_threadpool(open_original, photo), SHOWN[photo.format], photo)

    async def _asked(self, request: Request) -> tuple[Shelf, Photo]:
        shelf = self.shelves.open(request.path_params["token"])
        photo = await run_in_threadpool(shelf.photo, request.path_params["id"])
        if photo is None:
            raise Refused(404, _("There is no such photo here."))
        return shelf, photo

    async def _rendered(self, request: Request, made: Callable[[Photo], Path], photo: Photo) -> Response:
        if self.waiting >= WAITING:
            raise Refused(503, _("Too many pictures were requested at once. Try again in a moment."))
        self.waiting += 1
        try:
            async with self.slots:
                if await request.is_disconnected():  # the person has moved on
                    raise Refused(499, _("Nobody waits for this picture any more."))
                # A separate thread, since it only waits for a worker, and the shared threads serve files.
                own = anyio.CapacityLimiter(1)
                file = await anyio.to_thread.run_sync(lambda: open_to_read(made(photo)), limiter=own)
        finally:
            self.waiting -= 1
        return _picture(request, file, "image/jpeg", photo)


def open_original(photo: Photo) -> BinaryIO:
    """The original, opened read-only, if it still has the scanned bytes.

    Refused if it is gone, NotShown if it changed.
    """
    try:
        file = open_to_read(photo.path)
    except OSError:
        raise Refused(404, _("The original was moved or deleted.")) from None
    same = os.fstat(file.fileno()).st_size == photo.size and copy_and_hash(file) == photo.digest
    if not same:
        file.close()
        raise NotShown(f"{printable(photo.name)} {CHANGED}")
    file.seek(0)
    return file


def cached(request: Request, digest: str) -> dict[str, str]:
    """The headers that say how long a browser may show a picture of this content without asking."""
    library = request.path_params["token"] == LIBRARY
    return {"Cache-Control": FOR_A_WHILE if library else ASKED_FOR, "ETag": f'"{digest}"'}


def unchanged(request: Request, headers: dict[str, str]) -> Response | None:
    """The answer without a body to a browser that has the picture; None if it has not."""
    kept = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    return Response(status_code=304, headers=headers) if headers["ETag"] in kept else None


def _picture(request: Request, file: BinaryIO, media_type: str, photo: Photo) -> Response:
    size = str(os.fstat(file.fileno()).st_size)
    headers = {"Content-Length": size, **cached(request, photo.digest)}
    return StreamingResponse(_chunks(file), media_type=media_type, headers=headers)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk
