"""HTTP to an Immich server: the only place that sends anything to it, and the key nowhere but in its header."""

from __future__ import annotations

import json
import random
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2

from unipic.core.errors import ImmichError, SettingsError
from unipic.core.language import gettext as _
from unipic.core.words import printable

CONNECT_S, READ_S = 5.0, 60.0
AT_ONCE = 4  # connections; eight were no faster
TRIES = 5
LONGEST_WAIT_S = 120.0  # between two tries, whatever Retry-After says
BUSY = (429, 502, 503, 504)  # answers that a later try may not get
MAX_ANSWER = 100_000_000  # bytes of JSON; 1,000 assets have about 3,000,000
MAX_WORDS = 200  # characters of a server's own message that are shown
ENDINGS = re.compile(r"/+(api/*)?$")

Body = Mapping[str, Any]


class Refused(ImmichError):
    """The server understood, and said no. `permission`: what the key lacks, or ""."""

    def __init__(self, words: str, status: int, permission: str = "") -> None:
        super().__init__(words)
        self.status, self.permission = status, permission


class Lost(ImmichError):
    """No answer arrived, or half of one: what was asked may have been done, or not."""

    def __init__(self, words: str, after: float = 0.0, passes: bool = True) -> None:
        super().__init__(words)
        self.after = after  # seconds to wait, as the server wishes
        self.passes = passes  # it may be otherwise the next time


@dataclass(frozen=True)
class Server:
    """Where an Immich server is, and the key that opens it."""

    url: str  # without /api
    key: str = field(repr=False)
    ca_file: str = ""  # of a certificate authority of one's own

    @property
    def name(self) -> str:
        """The server's host and port as a folder name."""
        return re.sub(r"[^a-z0-9.-]", "_", urlsplit(self.url).netloc.casefold()).strip(".") or "_"


def server(url: str, key: str, ca_file: str = "") -> Server:
    """SettingsError for an address that is none, and for a key that cannot be sent."""
    url = url.strip()
    parts = urlsplit(url if "://" in url else f"https://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise SettingsError(
            _("{url!r} is not the address of an Immich server, as https://photos.example.org", url=printable(url))
        )
    key = key.strip()
    if not re.fullmatch(r"[\x21-\x7e]{1,500}", key):
        raise SettingsError(_("the key of Immich is missing or holds characters that no key has; copy it again"))
    return Server(f"{parts.scheme}://{parts.netloc}{ENDINGS.sub('', parts.path + '/')}", key, ca_file)


class Client:
    """Calls to one server. Redirects are not followed, so the key goes to no other host."""

    def __init__(
        self,
        server: Server,
        transport: httpx2.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
        read_s: float = READ_S,
    ) -> None:
        """`transport`, `pause` and `read_s` are replaced in tests. SettingsError for a bad certificate file."""
        self.server, self._pause = server, pause
        self._http = httpx2.Client(
            base_url=f"{server.url}/api",
            headers={"x-api-key": server.key, "accept": "application/json"},
            timeout=httpx2.Timeout(read_s, connect=min(CONNECT_S, read_s)),
            limits=httpx2.Limits(max_connections=AT_ONCE),
            follow_redirects=False,
            verify=_certificates(server.ca_file),
            trust_env=False,  # no proxy and no password from the environment
            transport=transport,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **params: str) -> Any:
        """The JSON at a path."""
        return self.ask("GET", path, params=params)

    def ask(
        self, method: str, path: str, body: Body | None = None, params: Body | None = None, again: bool = True
    ) -> Any:
        """What the server answers, as JSON; None for an empty answer. Refused, Lost.

        `again`: it may be sent again after a lost answer, since it then does nothing more.
        """
        return self._tried(lambda: self._once(method, path, body, params), again)

    def fetch(
        self, path: str, most: int, write: Callable[[Iterator[bytes]], None], again: bool = True, **params: str
    ) -> None:
        """Give the bytes at a path to `write`, once for each try. Lost for a cut body, or over `most` bytes."""
        self._tried(lambda: self._bytes(path, most, write, params), again)

    def _tried(self, call: Callable[[], Any], again: bool) -> Any:
        for number in range(TRIES):
            try:
                return call()
            except Lost as lost:
                if not (again and lost.passes) or number == TRIES - 1:
                    raise
                self._pause(min(LONGEST_WAIT_S, max(lost.after, 2**number * random.uniform(1.0, 1.25))))
        raise AssertionError("unreachable")

    def wait(self, number: int) -> None:
        """Before try `number` + 1 of something that is only tried after a look."""
        self._pause(2**number * random.uniform(1.0, 1.25))

    def _once(self, method: str, path: str, body: Body | None, params: Body | None) -> Any:
        with self._asked(method, path, body, params) as answer:
            data = b"".join(_at_most(answer, MAX_ANSWER))
            if answer.status_code == 204 or not data:
                return None
            if "json" not in answer.headers.get("content-type", ""):
                raise Refused(
                    _(
                        "{url} answered with a web page, not with Immich's data. Is there a login page in front of it, "
                        "or another program at this address?",
                        url=self.server.url,
                    ),
                    answer.status_code,
                )
        try:
            return json.loads(data)
        except ValueError:
            raise Lost(_("the answer of {url} was cut off", url=self.server.url)) from None

    def _bytes(self, path: str, most: int, write: Callable[[Iterator[bytes]], None], params: Body) -> None:
        with self._asked("GET", path, None, params) as answer:
            write(_at_most(answer, most))

    @contextmanager
    def _asked(self, method: str, path: str, body: Body | None, params: Body | None) -> Iterator[httpx2.Response]:
        """The answer to one request, if it is a good one. Every other becomes Refused or Lost."""
        try:
            with self._http.stream(method, path, params=params or None, json=body) as answer:
                if not 200 <= answer.status_code < 300:
                    raise self._trouble(answer, path)
                yield answer
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            why = printable(error) or _("no answer")
            raise Lost(_("{url} cannot be reached ({why}).", url=self.server.url, why=why)) from error
        except httpx2.HTTPError as error:
            why = type(error).__name__
            raise Lost(_("{url} stopped answering ({why}).", url=self.server.url, why=why)) from error

    def _trouble(self, answer: httpx2.Response, path: str) -> ImmichError:
        status, url = answer.status_code, self.server.url
        if status in BUSY:
            busy = _("{url} is too busy (status {status}). Try again later: nothing is lost.", url=url, status=status)
            if status == 503:
                busy = _("{url} is in maintenance or too busy. Try again later: nothing is lost.", url=url)
            return Lost(busy, _after(answer))
        if 300 <= status < 400:
            where = urlsplit(answer.headers.get("location", ""))
            return Refused(
                _(
                    "{url} sends to {other}; the key was not sent there. Use the address that Immich has now.",
                    url=url,
                    other=printable(where.netloc),
                ),
                status,
            )
        words = message_of(b"".join(_at_most(answer, MAX_ANSWER)))
        permission = words.partition("Missing required permission: ")[2].strip()
        if status == 401:
            words = _(
                "The key is not known to {url}, or was revoked. Make one in Immich: Account Settings, API Keys.",
                url=url,
            )
            return Refused(words, status)
        if permission:
            return Refused(_("The key lacks the permission {permission}.", permission=permission), status, permission)
        if status >= 500:
            values = {"url": url, "path": path, "status": status, "words": words}
            return Lost(_("{url} had an error of its own at {path} (status {status}): {words}", **values), passes=False)
        return Refused(
            _("Immich refused {path} (status {status}): {words}.", path=path, status=status, words=words), status
        )


def message_of(data: bytes) -> str:
    """A server's own words from the body of an error, whichever version wrote it."""
    try:
        said = json.loads(data)
    except ValueError:
        return _("a web page instead of an answer")
    message = said.get("message") if isinstance(said, dict) else None
    words = "; ".join(map(str, message)) if isinstance(message, list) else str(message or _("no reason given"))
    errors = said.get("errors") if isinstance(said, dict) else None
    if isinstance(errors, list) and errors:
        words += ": " + "; ".join(
            f"{e.get('path')} {e.get('message')}" if isinstance(e, dict) else str(e) for e in errors
        )
    return printable(words)[:MAX_WORDS]


def _at_most(answer: httpx2.Response, most: int) -> Iterator[bytes]:
    """The body in pieces. Lost once it has more bytes than `most`."""
    got = 0
    for piece in answer.iter_bytes():
        got += len(piece)
        if got > most:
            raise Lost(_("the answer has more than {most:,} bytes", most=most))
        yield piece


def _after(answer: httpx2.Response) -> float:
    said = answer.headers.get("retry-after", "")
    return float(said) if said.isdecimal() else 0.0


def _certificates(ca_file: str) -> ssl.SSLContext | bool:
    if not ca_file:
        return True
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            _("{ca_file} is not a file of certificates: {error}", ca_file=ca_file, error=error)
        ) from error
