"""The pages of a guest link: consent and a picture, then the photos that show the guest. And its host's requests.

A guest's photos are named by their number in what was found, so that no address leads to another photo. They are JPEGs
made anew, without the place, the names and the notes that the originals may hold.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from html import escape
from pathlib import Path
from typing import Any

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from server.answers import Answer, Asked, Refused, heard, in_words, text
from server.door_guesses import source_of
from server.door_page import GUEST, GUESTS, alert, page
from server.examples import faces_in_selfie
from server.guests import DAYS, GONE, VISIT_S, Guests, Link, Visit
from server.occasions import Occasions
from server.shelves import LIBRARY, Shelves
from server.uploads import announced, gigabytes, held_for_a_moment
from unipic.core.errors import NotShown, SourceError
from unipic.core.files import atomic_file
from unipic.core.language import gettext as _, gettext_noop as N_, ngettext
from unipic.core.photo import Photo
from unipic.core.words import count
from unipic.library.faces import is_on
from unipic.reading.renditions import Renderer, Renditions

MOST_BYTES = 50_000_000  # of a guest's picture
SENDING_S = 300.0  # for all of it
ZIPS = 2  # that are made at the same time
TITLE = N_("Photos of you")

PIN_FORM = """<p>{ask}</p>{wrong}
<form method="post"><label for="pin">PIN</label>
<input id="pin" name="pin" type="password" autocomplete="off" maxlength="40" required autofocus>
<button type="submit">{go}</button></form>"""

PICTURE_FORM = """<p>{ask}</p>{wrong}
<form method="post" enctype="multipart/form-data"><label for="picture">{label}</label>
<input id="picture" name="picture" type="file" accept="image/*" required>
<label class="tick"><input name="consent" value="yes" type="checkbox" required>{consent}</label>
<button type="submit">{go}</button></form>
<p class="hint">{hint}</p>"""

Page = Callable[[Request, Link], Awaitable[Response]]


class GuestPages:
    """The endpoints of all guest links."""

    def __init__(self, guests: Guests, shelves: Shelves, renderer: Renderer) -> None:
        self.guests, self.shelves, self.renderer = guests, shelves, renderer
        self._zips, self._looks = anyio.CapacityLimiter(ZIPS), anyio.CapacityLimiter(1)

    def routes(self) -> list[Route]:
        """The routes, all below GUESTS."""
        path = GUESTS + "{token}"
        return [
            Route(f"{GUESTS}leave", self.leave, methods=["POST"]),
            Route(path, self.answering(self.page), methods=["GET"]),
            Route(path, self.answering(self.sent), methods=["POST"]),
            Route(f"{path}/photos.zip", self.answering(self.download), methods=["GET"]),
            Route(f"{path}/{{kind}}/{{number:int}}", self.answering(self.picture), methods=["GET"]),
        ]

    def answering(self, endpoint: Page) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint for requests by a valid link; refusals are pages."""

        async def answer(request: Request) -> Response:
            try:
                link = await run_in_threadpool(self.guests.open, request.path_params["token"], source_of(request.scope))
                return await endpoint(request, link)
            except Refused as error:
                return page(_(TITLE), _(TITLE), alert(str(error)), error.status)

        return answer

    async def page(self, request: Request, link: Link, wrong: str = "", status: int = 200) -> Response:
        """The form for the PIN or the picture, and what was found."""
        visit = self.guests.visit(link, request.cookies.get(GUEST, ""))
        if link.pin and visit is None:
            return page(_(TITLE), _(TITLE), _pin_form(wrong), status)
        found = "" if visit is None or visit.found is None else self._found(link, visit, request.url.path)
        return page(_(TITLE), _(TITLE), found + _picture_form(wrong), status)

    async def sent(self, request: Request, link: Link) -> Response:
        """Take a PIN or a picture; then the page is shown anew."""
        if announced(request) > MOST_BYTES:
            raise Refused(413, _("This picture is too large; the limit is {size}.", size=gigabytes(MOST_BYTES)))
        cookie = request.cookies.get(GUEST, "")
        try:
            with anyio.fail_after(SENDING_S):
                async with request.form(max_files=1, max_fields=3) as form:
                    visit = self.guests.visit(link, cookie)
                    if visit is None:
                        cookie = await run_in_threadpool(self.guests.enter, link, str(form.get("pin") or ""))
                        visit = self.guests.visit(link, cookie)
                    given = form.get("picture")
                    if isinstance(given, UploadFile) and visit:
                        await self._look(request, link, visit, given, form.get("consent") == "yes")
        except Refused as error:
            if error.status not in (400, 403, 415):
                raise
            return await self.page(request, link, str(error), error.status)
        except TimeoutError:
            raise Refused(408, _("The picture took too long to arrive.")) from None
        answer = RedirectResponse(request.url.path, 303)
        secure = request.scope.get("scheme") == "https"
        answer.set_cookie(GUEST, cookie, round(VISIT_S), path="/", secure=secure, httponly=True, samesite="lax")
        return answer

    async def _look(self, request: Request, link: Link, visit: Visit, given: UploadFile, agreed: bool) -> None:
        if not agreed:
            raise Refused(400, _("Tick the box if you agree; otherwise no picture is looked at."))
        self.guests.may_look(link, source_of(request.scope))
        picture = await given.read()
        # Others wait without a thread: the shared ones serve the rest of the app.
        await anyio.to_thread.run_sync(self._find, link, visit, picture, limiter=self._looks)

    def _find(self, link: Link, visit: Visit, picture: bytes) -> None:
        with held_for_a_moment(self.guests.library.data) as path:
            with atomic_file(path) as file:
                file.write(picture)
            try:
                faces = faces_in_selfie(path, _("The picture"))
            except SourceError as error:
                raise Refused(415, f"{error}.") from None
        self.guests.find(link, visit, faces[0])

    def _found(self, link: Link, visit: Visit, path: str) -> str:
        photos = self.guests.photos(link, visit)
        if not photos:
            none = _("No photo was found that surely shows you. Try another picture, with your face large and lit.")
            return f"<p>{escape(none)}</p>"
        base = escape(path)
        cells = "".join(
            f'<li><a href="{base}/view/{n}"><img src="{base}/thumb/{n}" '
            f'alt="{escape(_("Photo {n} of you", n=n))}" loading="lazy"></a></li>'
            for n in range(1, len(photos) + 1)
        )
        words = escape(ngettext("{n:,} photo of you.", "{n:,} photos of you.", len(photos)))
        return (
            f'<p>{words}</p><a class="button" href="{base}/photos.zip">{escape(_("Download all"))}</a>'
            f'<ul class="photos">{cells}</ul>'
        )

    def _photos(self, request: Request, link: Link) -> list[Photo]:
        visit = self.guests.visit(link, request.cookies.get(GUEST, ""))
        if visit is None:
            raise Refused(403, _("Open the link again, and choose a picture of yourself."))
        return self.guests.photos(link, visit)

    async def picture(self, request: Request, link: Link) -> Response:
        """A thumbnail or the large view of one of the photos that were found, by its number from 1 on."""
        number, kind = request.path_params["number"], request.path_params["kind"]
        photos = await run_in_threadpool(self._photos, request, link)
        if kind not in ("thumb", "view") or not 1 <= number <= len(photos):
            raise Refused(404, _(GONE))
        shelf, photo = self.shelves.open(LIBRARY), photos[number - 1]
        path = shelf.thumbnails.path(photo.digest)
        if kind == "view":
            path = await run_in_threadpool(self._made, Renditions(shelf.views, self.renderer).view, photo)
        return FileResponse(path, media_type="image/jpeg", headers={"Cache-Control": "private, no-store"})

    def _made(self, make: Callable[[Photo], Path], photo: Photo) -> Path:
        there = self.shelves.open(LIBRARY).photo(photo.digest) or photo  # of copies one that can be reached
        try:
            return make(there)
        except NotShown:
            raise Refused(409, _("This photo cannot be shown now.")) from None

    async def download(self, request: Request, link: Link) -> Response:
        """All photos that were found, as a ZIP of JPEGs, made while it is sent."""
        photos = await run_in_threadpool(self._photos, request, link)
        if not photos:
            raise Refused(404, _(GONE))
        headers = {"Content-Disposition": 'attachment; filename="photos.zip"', "Cache-Control": "private, no-store"}
        return StreamingResponse(self._zipped(link, photos), media_type="application/zip", headers=headers)

    async def _zipped(self, link: Link, photos: list[Photo]) -> AsyncIterator[bytes]:
        made, sent, left = Renditions(self.shelves.open(LIBRARY).views, self.renderer), _Sent(), 0
        async with self._zips:  # others wait
            with zipfile.ZipFile(sent, "w") as archive:  # not compressed: JPEGs are
                for number, photo in enumerate(photos, 1):
                    try:
                        path = await run_in_threadpool(self._made, made.full, photo)
                        archive.writestr(f"photo-{number:03}.jpg", await run_in_threadpool(path.read_bytes))
                    except (Refused, OSError):
                        left += 1
                    yield sent.take()
                if left:
                    archive.writestr(
                        "left-out.txt", _("{photos} could not be read now.\n", photos=count(left, "photo"))
                    )
            yield sent.take()
        await run_in_threadpool(
            self.guests.note, link, _("{photos} downloaded", photos=count(len(photos) - left, "photo"))
        )

    async def leave(self, request: Request) -> Response:
        """Make the browser one that is no guest's."""
        answer = RedirectResponse("/", 303)
        answer.delete_cookie(GUEST, path="/", httponly=True, samesite="lax")
        return answer


class _Sent(io.RawIOBase):
    """A file that cannot be sought in, whose bytes are taken as they come."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """What was written since the last time."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


def host_routes(guests: Guests, occasions: Occasions) -> list[Route]:
    """The request of a host: `do` is list, make or end; the answer has the event's links."""

    def do(asked: Asked) -> Answer:
        event = occasions.now().by_id.get(text(asked["event"]))
        if event is None:
            raise Refused(404, _("This event is no longer there."))
        address = ""
        if asked["do"] == "make":
            if not is_on(guests.library):
                raise Refused(409, _("Turn faces on first, under Library → People: guests are found by their face."))
            address = GUESTS + guests.make(event.digests, int(asked.get("days", DAYS)), text(asked.get("pin", "")))
        elif asked["do"] == "end":
            guests.end(text(asked["link"]))
        links = [
            {"id": one.id, "until": one.until, "pin": bool(one.pin), "photos": len(one.digests), "uses": one.uses}
            for one in guests.of(event.digests)
        ]
        return {"address": address, "links": links}

    return [Route("/unipic/events/guests", in_words(heard(do)), methods=["POST"])]


def _pin_form(wrong: str) -> str:
    ask = _("Enter the PIN that came with this link.")
    return PIN_FORM.format(ask=escape(ask), wrong=alert(wrong), go=escape(_("Continue")))


def _picture_form(wrong: str) -> str:
    texts = {
        "ask": _(
            "Choose a picture of yourself. You will see the photos of one event that show you, and can download them."
        ),
        "label": _("A picture of you"),
        "consent": _("I agree that my face in this picture is compared with the faces in these photos."),
        "go": _("Find photos of me"),
        "hint": _(
            "The comparison is done on the computer of whoever sent you this link; nothing is sent elsewhere. Your "
            "picture, and the numbers that are made of it, are deleted as soon as they were compared. What was found "
            "can be looked at for an hour. That somebody searched, and how many photos were found, is noted without "
            "your picture."
        ),
    }
    return PICTURE_FORM.format(wrong=alert(wrong), **{name: escape(words) for name, words in texts.items()})
