"""Links by which guests find photos of themselves in one event: who may come in, for how long, and what was done.

A link opens the photos that the event had when it was made, and of those only the ones that show the face in the
guest's own picture. The file holds hashes of tokens and PINs, the photos' digests, and a log without pictures or names.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, field, replace
from hmac import compare_digest
from typing import Any

from server.answers import Refused
from server.door_guesses import Guesses, Kind
from server.door_sessions import fast_hash, slow_hash
from server.door_token import keep_private
from unipic.core.errors import SettingsError
from unipic.core.face import Face
from unipic.core.language import gettext as _, gettext_noop as N_
from unipic.core.photo import FILM, Photo
from unipic.core.words import count
from unipic.library.faces import faces, is_on
from unipic.library.library import Library
from unipic.people.limits import DLIB
from unipic.people.selfie import photos_of

FILE = "guests.json"  # in the data folder
DAY_S = 86_400.0
DAYS, MOST_DAYS = 7, 60  # that a link is valid: usually, and at most
SHORTEST_PIN, LONGEST_PIN = 6, 40  # characters; of six digits 20 an hour are 1 in 300 after a week
TRIES, HOUR_S = 20, 3600.0  # wrong PINs of a link, and pictures that a visitor may send, in an hour
VISIT_S = 3600.0  # how long a guest's photos can be looked at and downloaded
VISITS = 1000  # in memory; the oldest are forgotten first
USES = 200  # lines of a link's log; the oldest go first
GONE = N_("This link is not valid. It may have expired: ask whoever sent it for a new one.")
SLOWLY = N_("Too many tries. Wait an hour, then try again.")


@dataclass(frozen=True)
class Link:
    """A link to some photos."""

    id: str
    token: str  # its sha256
    digests: tuple[str, ...]
    until: float  # seconds since 1970
    salt: str = ""
    pin: str = ""  # hashed with the salt; "": none is asked for
    uses: tuple[tuple[float, str], ...] = ()  # when, and what was done


@dataclass
class Visit:
    """One guest before one link, in memory alone."""

    link: str  # id
    until: float
    found: list[str] | None = None  # digests; None: no picture was sent


@dataclass
class Guests:
    """The links of a library and their visitors. Every method may raise Refused."""

    library: Library
    clock: Callable[[], float] = time.time
    tries: Guesses = field(default_factory=lambda: Guesses(most=TRIES, span=HOUR_S))
    unknown: Guesses = field(default_factory=Guesses)
    _visits: OrderedDict[str, Visit] = field(default_factory=OrderedDict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    # For the host.

    def make(self, digests: Sequence[str], days: int = DAYS, pin: str = "") -> str:
        """A new link's token, which is stored nowhere. SettingsError for a PIN or a time that is not allowed."""
        if not 1 <= days <= MOST_DAYS:
            raise SettingsError(_("a link is valid for 1 to {most} days", most=MOST_DAYS))
        if pin and not SHORTEST_PIN <= len(pin) <= LONGEST_PIN:
            raise SettingsError(_("a PIN has {least} to {most} characters", least=SHORTEST_PIN, most=LONGEST_PIN))
        token, salt = secrets.token_urlsafe(16), secrets.token_hex(16)
        link = Link(secrets.token_hex(4), fast_hash(token), tuple(digests), self.clock() + days * DAY_S, salt)
        with self._lock:
            self._save([*self.links(), replace(link, pin=slow_hash(pin, salt) if pin else "")])
        return token

    def end(self, id: str) -> None:
        """Delete a link: nobody gets in by it from now on."""
        with self._lock:
            self._save([link for link in self.links() if link.id != id])

    def of(self, digests: Collection[str]) -> list[Link]:
        """The valid links to any of these photos, the newest last."""
        return [link for link in self.links() if not set(link.digests).isdisjoint(digests)]

    def links(self) -> list[Link]:
        """All links that are valid now. A damaged file has none, so nobody gets in by it."""
        try:
            rows: list[dict[str, Any]] = json.loads((self.library.data / FILE).read_text(encoding="utf-8"))
            links = [
                Link(**{**row, "digests": tuple(row["digests"]), "uses": tuple(map(tuple, row["uses"]))})
                for row in rows
            ]
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return []
        return [link for link in links if link.until > self.clock()]

    # For the guest.

    def open(self, token: str, source: str) -> Link:
        """The link with this token."""
        _not_too_many(self.unknown, "link", source)
        hashed = fast_hash(token)
        link = next((one for one in self.links() if compare_digest(one.token, hashed)), None)
        if link is None:
            self.unknown.count("link", source)
            raise Refused(404, _(GONE))
        return link

    def enter(self, link: Link, pin: str) -> str:
        """The cookie of a new visit. Refused for a wrong PIN; after too many of them, also for the right one."""
        with self._lock:  # one guess at a time: many at once would not be counted before they are tried
            _not_too_many(self.tries, "pin", link.id)
            if link.pin and not compare_digest(link.pin, slow_hash(pin[:LONGEST_PIN], link.salt)):
                self.tries.count("pin", link.id)
                self.note(link, "wrong PIN")
                raise Refused(403, _("That PIN is wrong."))
            cookie = secrets.token_urlsafe(32)
            self._visits[cookie] = Visit(link.id, min(self.clock() + VISIT_S, link.until))
            while len(self._visits) > VISITS:
                self._visits.popitem(last=False)
        return cookie

    def visit(self, link: Link, cookie: str) -> Visit | None:
        """The visit with this cookie, if it is one to this link and not over."""
        visit = self._visits.get(cookie)
        return visit if visit and visit.link == link.id and visit.until > self.clock() else None

    def may_look(self, link: Link, source: str) -> None:
        """Count a picture that a guest sends. Refused if there were too many, or faces are not told apart."""
        if not is_on(self.library):
            raise Refused(409, _("Photos of you cannot be looked for now."))
        _not_too_many(self.tries, "selfie", f"{link.id} {source}")
        self.tries.count("selfie", f"{link.id} {source}")

    def find(self, link: Link, visit: Visit, face: Face) -> None:
        """Find the link's photos that surely show the person with this face."""
        there = faces(self.library, link.digests, vectors=True)
        visit.found = [one.digest for one in photos_of(face, there, DLIB) if one.sure]
        self.note(link, _("{photos} found", photos=count(len(visit.found), "photo")))

    def photos(self, link: Link, visit: Visit) -> list[Photo]:
        """The photos that were found and are still in the library, in their order. No films; none with faces off."""
        known = self.library.by_digest(visit.found or []) if is_on(self.library) else {}
        there = [known[digest] for digest in visit.found or [] if digest in known and digest in link.digests]
        return [photo for photo in there if photo.format != FILM]

    def note(self, link: Link, words: str) -> None:
        """Add a line to the link's log."""
        with self._lock:
            self._save([
                replace(one, uses=(*one.uses, (round(self.clock()), words))[-USES:]) if one.id == link.id else one
                for one in self.links()
            ])  # fmt: skip

    def _save(self, links: Sequence[Link]) -> None:
        keep_private(self.library.data / FILE, json.dumps(list(map(asdict, links))))


def _not_too_many(tries: Guesses, kind: Kind, source: str) -> None:
    if tries.too_many(kind, source):
        raise Refused(429, _(SLOWLY))
