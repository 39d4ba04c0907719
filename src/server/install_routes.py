"""What makes the web app installable, at /unipic/app/: manifest, icons, a page for when offline, and the share target."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from server.answers import DISK_FULL, Refused
from server.phone import base_path, share
from server.uploads import announced, gigabytes
from unipic.core.errors import AlreadyThere
from unipic.core.files import atomic_file, copy_and_hash, hash_file, is_full, make_folder
from unipic.destinations.names import safe_name
from unipic.library.inbox import open_inbox

FOLDER = Path(__file__).parents[1] / "screens" / "parts" / "install"
PLACE = "/unipic/app"
FILES = {  # what a browser may ask for, with its type
    "offline.html": "text/html",
    "worker.js": "text/javascript",
    "icon-192.png": "image/png",
    "icon-512.png": "image/png",
    "maskable-512.png": "image/png",
}
SHARED = "Shared"  # folder of the inbox
MOST_FILES = 500  # of one share

# Addresses are relative to the manifest's own, so they hold under any base path.
MANIFEST: dict[str, Any] = {
    "name": "Unipic",
    "short_name": "Unipic",
    "description": "Find duplicate photos and keep the best shots",
    "id": "./",
    "start_url": "start",
    "scope": "../../",
    "display": "standalone",
    "background_color": "#fbfbfa",
    "theme_color": "#1f6f78",
    "icons": [
        {"src": "icon-192.png", "sizes": "192x192", "type": "image/png"},
        {"src": "icon-512.png", "sizes": "512x512", "type": "image/png"},
        {"src": "maskable-512.png", "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
    ],
    "share_target": {
        "action": "share",
        "method": "POST",
        "enctype": "multipart/form-data",
        "params": {"files": [{"name": "photos", "accept": ["image/*", "video/*"]}]},
    },
}


def install_routes() -> list[Route]:
    """The routes of the installable app."""
    place = f"{base_path()}{PLACE}"
    return [
        Route(f"{place}/manifest.webmanifest", manifest),
        Route(f"{place}/start", start),
        Route(f"{place}/share", start),  # who had to enter the token first comes here
        Route(f"{place}/share", shared, methods=["POST"]),
        Route(f"{place}/{{name}}", static),
    ]


async def manifest(request: Request) -> Response:
    """What a system shows of the installed app, and what may be shared to it."""
    return JSONResponse(MANIFEST, media_type="application/manifest+json", headers={"Cache-Control": "no-cache"})


async def start(request: Request) -> Response:
    """The installed app begins here, where its worker can answer if the server cannot be reached."""
    return RedirectResponse(f"{base_path()}/", 303)


async def static(request: Request) -> Response:
    """A file that holds nothing private. It is revalidated each time, so an update takes effect at once."""
    name = request.path_params["name"]
    if name not in FILES:
        return PlainTextResponse("There is nothing here.\n", 404)
    return FileResponse(FOLDER / name, media_type=FILES[name], headers={"Cache-Control": "no-cache"})


async def shared(request: Request) -> Response:
    """Keep what somebody shares to the app from a phone in the inbox; all of it, or nothing is said to be kept."""
    try:
        size, inbox = announced(request), await run_in_threadpool(open_inbox)
        if size > await run_in_threadpool(share().room):
            raise Refused(507, f"These photos need {gigabytes(size)}, and the inbox is full. Nothing was kept.")
        async with request.form(max_files=MOST_FILES) as form:
            photos = [one for one in form.getlist("photos") if isinstance(one, UploadFile) and one.size]
            if not photos:
                raise Refused(400, "No photo arrived.")
            await run_in_threadpool(keep, photos, inbox / SHARED)
    except Refused as error:
        return PlainTextResponse(f"{error}\n", error.status)
    except ClientDisconnect:
        return PlainTextResponse("The connection was lost. Nothing was kept.\n", 400)
    except OSError as error:
        if not is_full(error):
            raise
        return PlainTextResponse(f"{DISK_FULL}\n", 507)
    return RedirectResponse(f"{base_path()}/folders", 303)


def keep(photos: Sequence[UploadFile], folder: Path) -> None:
    """Store files that arrived whole. A name that another file has gets the first digits of the content's sha256."""
    make_folder(folder)
    for photo in photos:
        digest = copy_and_hash(photo.file)
        photo.file.seek(0)
        place = folder / (safe_name((photo.filename or "").rpartition("/")[2]).lstrip(".~") or "photo")
        if place.exists() and hash_file(place) != digest:
            place = place.with_stem(f"{place.stem}-{digest[:16]}")
        try:
            with atomic_file(place, replace=False) as file:
                copy_and_hash(photo.file, file)
        except AlreadyThere:
            if hash_file(place) != digest:
                raise
