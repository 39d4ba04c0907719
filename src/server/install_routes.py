"""What makes the web app installable, at /unipic/app/: manifest, icons, offline page, and the target of sharing."""

import secrets
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from server.answers import Refused, in_words
from server.phone import FULL, base_path, left
from server.uploads import announced
from unipic.core.files import PART, atomic_file, copy_and_hash, make_folder
from unipic.core.language import gettext as _
from unipic.destinations.names import safe_name
from unipic.library.marks import Marks
from unipic.sources.inbox import open_inbox, take

FILES = Path(__file__).parents[1] / "screens" / "app"  # nothing private; addresses in the manifest are relative to it
PLACE = "/unipic/app"
MOST_FILES = 500  # of one share


def install_routes(marks: Marks) -> list[BaseRoute]:
    """The routes of the installable app."""

    async def start(request: Request) -> Response:
        # The installed app begins here, where its worker can answer if the server cannot be reached.
        return RedirectResponse(f"{base_path()}/", 303)

    async def shared(request: Request) -> Response:
        if announced(request) > await run_in_threadpool(left, marks):
            raise Refused(507, _("{problem} Nothing was kept.", problem=_(FULL)))
        async with request.form(max_files=MOST_FILES) as form:
            await run_in_threadpool(keep, [one for one in form.getlist("photos") if isinstance(one, UploadFile)])
        return RedirectResponse(f"{base_path()}/folders", 303)

    place = f"{base_path()}{PLACE}"
    return [
        Route(f"{place}/start", start),
        Route(f"{place}/share", start),  # who had to enter the token first comes here
        Route(f"{place}/share", in_words(shared), methods=["POST"]),
        Mount(place, StaticFiles(directory=FILES)),
    ]


def keep(photos: list[UploadFile]) -> None:
    """Store files that arrived whole in the inbox, with the first digits of their content's sha256 in their names."""
    folder = open_inbox() / "Shared"
    make_folder(folder)
    for photo in photos:
        name = safe_name((photo.filename or "").rpartition("/")[2]).lstrip(".~") or "photo"
        arrived, place = folder / f"{secrets.token_hex(8)}{PART}", folder / name
        with atomic_file(arrived) as file:
            digest = copy_and_hash(photo.file, file)
        take(arrived, place.with_stem(f"{place.stem}-{digest[:16]}"))
