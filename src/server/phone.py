"""The share that phones send photos to, by WebDAV, at /unipic/phone/. It is off until somebody switches it on.

WsgiDAV says what is there and makes folders. Files are received here, as uploads are: streamed, and named when whole.
"""

import base64
import hashlib
import hmac
import io
import logging
import os
import secrets
import shutil
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from streamlit import config

from server.answers import Refused, in_words
from server.door_guesses import SPAN, Guesses, source_of
from server.uploads import KEEP_FREE, announced, keep_date, store
from unipic.core.files import PART
from unipic.core.language import gettext as _, gettext_noop as N_
from unipic.core.settings import Limits
from unipic.destinations.names import FORBIDDEN, LONGEST
from unipic.library.marks import Marks
from unipic.sources.inbox import entries, open_inbox, take, unfinished, used

USER = "phone"
PLACE = "/unipic/phone"
ON, LIMIT = "phone", "inbox"  # choices: the sha256 of what a phone says to enter, "" while it is off; and GB
MOST = 100_000  # bytes of a request that is no file
TAKEN = N_("Another file has this name. Nothing was overwritten.")
FULL = N_("The inbox is full.")


def switch(marks: Marks, on: bool) -> str:
    """Switch the share on or off. Returns its new token, of which only a hash is kept; "" for off."""
    token = secrets.token_urlsafe(18)
    said = f"Basic {base64.b64encode(f'{USER}:{token}'.encode()).decode()}"
    marks.choose(ON, hashlib.sha256(said.encode()).hexdigest() if on else "")
    return token if on else ""


def limit_gb(marks: Marks) -> float:
    """GB that the inbox may hold."""
    return float(marks.choice(LIMIT) or Limits.inbox_gb)


def left(marks: Marks) -> float:
    """Bytes that may still arrive in the inbox, which is made if it is not there."""
    return min(limit_gb(marks) * 1e9 - used(entries()), shutil.disk_usage(open_inbox()).free - KEEP_FREE)


def base_path() -> str:
    """The path below which this server answers, as "/photos"; "" for none."""
    return f"/{str(config.get_option('server.baseUrlPath') or '').strip('/')}".rstrip("/")


def of_phone(path: str) -> bool:
    """Whether a request is for the share, which asks for a token of its own."""
    return f"{path}/".startswith(f"{base_path()}{PLACE}/")


def phone_routes(marks: Marks) -> list[Route]:
    """The routes of the share. Its token opens no other part of the server."""
    guesses, mount = Guesses(), f"{base_path()}{PLACE}"

    async def answer(request: Request) -> Response:
        refusal = refused(request, await run_in_threadpool(marks.choice, ON), guesses)
        if refusal:
            return refusal
        inbox = await run_in_threadpool(open_inbox)
        place = place_of(inbox, request.path_params.get("rest", ""))
        match request.method:
            case "PUT":
                return await received(request, place, marks)
            case "MOVE":
                return await run_in_threadpool(moved, request, inbox, place)
            case "DELETE":
                return await run_in_threadpool(deleted, place)
            case "GET" | "HEAD":
                if not place.is_file():
                    raise Refused(404, _("There is no such file."))
                # As no type: what a phone sends never becomes a page or a script of this server.
                headers = {"Cache-Control": "private, no-store"}
                return FileResponse(place, headers=headers, media_type="application/octet-stream", filename=place.name)
        if int(request.headers.get("content-length", "0")) > MOST or "transfer-encoding" in request.headers:
            raise Refused(413, _("This request is too large."))
        return await run_in_threadpool(by_wsgidav, request, await request.body(), inbox)

    methods = ["GET", "HEAD", "PUT", "MOVE", "DELETE", "PROPFIND", "PROPPATCH", "MKCOL", "OPTIONS"]
    return [Route(f"{mount}{rest}", in_words(answer), methods=methods) for rest in ("", "/{rest:path}")]


def refused(request: Request, secret: str, guesses: Guesses) -> Response | None:
    """The challenge to a request without the token; None if it may enter. Refused while the share is off."""
    source, said = source_of(request.scope), request.headers.get("authorization", "")
    if not secret:
        raise Refused(404, _("There is nothing here."))
    if guesses.too_many("phone", source):
        raise Refused(429, _("Too many wrong tokens. Wait {span:.0f} seconds.", span=SPAN))
    if hmac.compare_digest(secret, hashlib.sha256(said.encode()).hexdigest()):
        return None
    if said:  # programs ask once without it
        guesses.count("phone", source)
    return Response(_("This needs the token.\n"), 401, {"WWW-Authenticate": 'Basic realm="Unipic"'})


def place_of(inbox: Path, rest: str) -> Path:
    """The path below the inbox. Refused for a name that no photo has, and where a link leads away."""
    names = [name for name in rest.split("/") if name]
    odd = any(name in (".", "..") or FORBIDDEN.search(name) or len(name.encode()) > LONGEST for name in names)
    place = inbox if odd else inbox.joinpath(*names)
    if odd or place.resolve() != place:
        raise Refused(403, _("This name cannot be used."))
    return place


async def received(request: Request, place: Path, marks: Marks) -> Response:
    """Store a file that arrives. What is there stays; the same content again is as good as new."""
    size, there = announced(request), place.exists()
    if place.is_dir() or not place.parent.is_dir():
        raise Refused(409, _("A file lies in a folder that is there."))
    if size > await run_in_threadpool(left, marks):
        raise Refused(507, _(FULL))
    arrived = place.with_name(f"{secrets.token_hex(8)}{PART}")
    try:
        await store(request, arrived, size)
        if await run_in_threadpool(left, marks) < 0:  # others arrived meanwhile
            raise Refused(507, _(FULL))
        if unfinished(place.name):
            os.replace(arrived, place)
        elif not await run_in_threadpool(take, arrived, place):
            raise Refused(409, _(TAKEN))
    finally:
        arrived.unlink(missing_ok=True)
    keep_date(place, request.headers.get("x-oc-mtime", "") + "000")  # seconds, as programs for Nextcloud send them
    return Response(status_code=204 if there else 201)


def moved(request: Request, inbox: Path, source: Path) -> Response:
    """Rename, as programs do with a file that they sent under the name of an unfinished one."""
    target, mount = unquote(urlsplit(request.headers.get("destination", "")).path), f"{base_path()}{PLACE}/"
    if not target.startswith(mount):
        raise Refused(502, _("That is outside the inbox."))
    place = place_of(inbox, target.removeprefix(mount))
    there = place.exists()
    if not source.exists() or source == inbox:
        raise Refused(404, _("There is no such file."))
    if there and request.headers.get("overwrite", "").upper() == "F":
        raise Refused(412, _(TAKEN))
    if not place.parent.is_dir() or not take(source, place):
        raise Refused(409, _(TAKEN) if there else _("A file lies in a folder that is there."))
    return Response(status_code=204 if there else 201)


def deleted(place: Path) -> Response:
    """Delete an empty folder, or what has the name of an unfinished file."""
    if not place.exists():
        raise Refused(404, _("There is no such file."))
    if place.is_dir() and not any(place.iterdir()):
        place.rmdir()
    elif place.is_file() and unfinished(place.name):
        place.unlink()
    else:
        raise Refused(403, _("Photos that arrived are kept. Delete them in Unipic."))
    return Response(status_code=204)


def by_wsgidav(request: Request, sent: bytes, inbox: Path) -> Response:
    """WsgiDAV's answer. It lists and makes folders only, at paths that were checked."""
    mount, said = f"{base_path()}{PLACE}", list[Any]()
    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}
    path = request.scope["path"].removeprefix(mount).encode().decode("latin-1") or "/"
    asked = {"REQUEST_METHOD": request.method, "SCRIPT_NAME": "", "PATH_INFO": path}
    sent_by = {"CONTENT_LENGTH": str(len(sent)), "wsgi.input": io.BytesIO(sent), "wsgi.url_scheme": request.url.scheme}
    content = b"".join(_wsgidav(inbox, mount)({**environ, **asked, **sent_by}, lambda *start: said.append(start)))
    status, headers, *_ = said[-1]
    return Response(content, int(status[:3]), dict(headers))


@cache
def _wsgidav(inbox: Path, mount: str) -> Any:
    """The application, imported when a phone first asks."""
    from wsgidav.error_printer import ErrorPrinter
    from wsgidav.request_resolver import RequestResolver
    from wsgidav.wsgidav_app import WsgiDAVApp

    logging.getLogger("wsgidav").setLevel(logging.CRITICAL)  # what it refuses is no event
    what = {"mount_path": mount, "provider_mapping": {"/": str(inbox)}, "mutable_live_props": ["{DAV:}getlastmodified"]}
    how = {"middleware_stack": [ErrorPrinter, RequestResolver], "lock_storage": False, "suppress_version_info": True}
    return WsgiDAVApp({**what, **how, "logging": {"enable": False}})
