"""Access control: checks Host, Origin and, if other machines can reach the server, the token.

It comes before everything else, including the screens' websocket and scripts. The health check needs no token.
"""

import logging
import re
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

import uvicorn.config
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from server.door_guesses import SPAN, Guesses, Kind, ip_of, source_of
from server.door_page import GUEST, GUESTS, door_page, leave_page
from server.door_sessions import YEAR, Sessions
from server.door_token import Token
from server.headers import HEADERS
from server.phone import of_phone
from unipic.core.language import gettext as _, gettext_noop as N_

COOKIE = "unipic"
HEALTH = "/_stcore/health"
UPLOADER = "/_stcore/upload_file"  # Streamlit's own, which holds files in memory and knows no limit; ours streams
LOOPBACK = ("localhost", "127.0.0.1", "::1")
FORM = 4096  # bytes of a form with a token

UNKNOWN_NAME = N_(
    "This server does not answer to that name. Its operator can add it to STREAMLIT_SERVER_ALLOWED_HOSTS.\n"
)
FOREIGN_PAGE = N_("This request comes from a page of another site.\n")
THIS_COMPUTER = N_("This server answers its own computer only. Set STREAMLIT_SERVER_ADDRESS to serve others.\n")
ASK = N_("This server needs its token: reload the page and enter it.")
CLOSED = N_("Nothing is uploaded here.\n")
NOT_IT = N_("That token is wrong.")
SLOWLY = N_("Too many wrong tokens. Wait a minute, then try again.")


class Door:
    """Plain ASGI middleware, outermost:

    a refused request reaches nothing else, and a refused websocket is never opened.
    """

    def __init__(
        self, app: ASGIApp, token: Token | None, sessions: Sessions | None = None, guesses: Guesses | None = None
    ) -> None:
        self.app = app
        self.token = token
        self.sessions = sessions or (Sessions(token) if token else None)
        self.guesses = guesses or Guesses()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = refused(scope) or await self.asked_for_credentials(scope, receive) or closed(scope)
        if refusal is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close", "code": 1008})
        else:
            for name, value in HEADERS.items():
                refusal.headers.setdefault(name, value)
            refusal.headers["Cache-Control"] = "no-store"
            await refusal(scope, receive, send)

    async def asked_for_credentials(self, scope: Scope, receive: Receive) -> Response | None:
        """The answer to a request without the token; None if access is granted.

        Pages of guests and the share of phones ask for their own credentials. On a server without a token a guest's
        browser gets no others.
        """
        path = scope["path"] if scope["type"] == "http" else ""
        if path == HEALTH or path.startswith(GUESTS) or of_phone(path):
            return None
        if self.token is None or self.sessions is None:
            return guests_only(scope) if GUEST in HTTPConnection(scope).cookies else None
        cookie, in_address = HTTPConnection(scope).cookies.get(COOKIE, ""), has_token(scope)
        if self.sessions.known(cookie):
            return RedirectResponse(without_token(scope), 303) if in_address else None
        if in_address:
            return await self.answer_to(_query(scope)["token"][0], "address", scope, self.token, self.sessions)
        typed = await sent_by_form(scope, receive)
        if typed is not None:
            return await self.answer_to(typed, "form", scope, self.token, self.sessions)
        return self.answer_to_cookie(scope) if cookie else needs_token(scope, ASK, 401)

    async def answer_to(self, guess: str, kind: Kind, scope: Scope, token: Token, sessions: Sessions) -> Response:
        """The answer to a guess: a redirect with a new cookie, or a refusal."""
        source = source_of(scope)
        if self.guesses.too_many(kind, source):
            return wait(scope)
        if not token.opened_by(guess):
            self.guesses.count(kind, source)
            return needs_token(scope, NOT_IT, 401)
        answer = RedirectResponse(without_token(scope), 303)
        secure, cookie = scope.get("scheme") == "https", await run_in_threadpool(sessions.new)
        answer.set_cookie(COOKIE, cookie, YEAR, path="/", secure=secure, httponly=True, samesite="strict")
        return answer

    def answer_to_cookie(self, scope: Scope) -> Response:
        """The refusal of a wrong cookie, which an honest browser then drops."""
        source = source_of(scope)
        if self.guesses.too_many("cookie", source):
            return wait(scope)
        self.guesses.count("cookie", source)
        answer = needs_token(scope, ASK, 401)
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
        return answer


# Names and origins.


def refused(scope: Scope) -> Response | None:
    """The refusal of a request by a foreign name, from a foreign page, or from afar; None if it is allowed.

    This stops web pages that reach the server by DNS rebinding.
    """
    headers = Headers(scope=scope)
    host = headers.get("host")
    if not named(host):
        return PlainTextResponse(_(UNKNOWN_NAME), 421)
    if not reachable() and _from_elsewhere(scope):
        return PlainTextResponse(_(THIS_COMPUTER), 403)
    origin = headers.get("origin")
    # A system's menu to share opens the app without an origin; frames without one are told by sec-fetch-site.
    if origin == "null" and headers.get("sec-fetch-site") == "none":
        return None
    if loaded_by_foreign_page(headers) if origin is None else not own_origin(origin, host or ""):
        return PlainTextResponse(_(FOREIGN_PAGE), 403)
    return None


def closed(scope: Scope) -> Response | None:
    """The refusal of a route of Streamlit's that no screen of ours uses."""
    return PlainTextResponse(_(CLOSED), 404) if UPLOADER in scope["path"] else None


def loaded_by_foreign_page(headers: Headers) -> bool:
    """Whether a page of another site loads this as a part of itself, say as a picture. Its links may lead here."""
    link = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return headers.get("sec-fetch-site") in ("cross-site", "same-site") and not link


def named(host: str | None) -> bool:
    """Whether the Host header is one of server.allowedHosts. An empty list allows nobody;

    Streamlit itself would allow everybody.
    """
    return bool(config.get_option("server.allowedHosts")) and is_host_allowed(host)


def own_origin(origin: str, host: str) -> bool:
    """Whether the page is this server's. Another port is another site. A proxy's name must be in corsAllowedOrigins."""
    return urlsplit(origin).netloc.lower() == host.lower() or origin in config.get_option("server.corsAllowedOrigins")


def reachable() -> bool:
    """Whether other computers can reach the server. Without an address Streamlit listens on all of them."""
    address = config.get_option("server.address") or ""
    return not (address == "localhost" or _is_loopback(address))


def _from_elsewhere(scope: Scope) -> bool:
    """Whether the connection arrived at a non-loopback address, as when uvicorn is started directly."""
    address = (scope.get("server") or ("",))[0]
    return ip_of(address) is not None and not _is_loopback(address)


def _is_loopback(address: str) -> bool:
    ip = ip_of(address)
    return ip is not None and ip.is_loopback


# Tokens in requests.


def has_token(scope: Scope) -> bool:
    """Whether somebody opens an address with a token. Pictures and frames that a page loads open nothing.

    Over plain http browsers tell by the accepted types only what they load.
    """
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or "token" not in _query(scope):
        return False
    headers = Headers(scope=scope)
    accepted = headers.get("accept", "*/*")
    page = accepted == "*/*" or "text/html" in accepted
    return page and headers.get("sec-fetch-dest", "document") == "document"


def _query(scope: Scope) -> dict[str, list[str]]:
    return parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)


async def sent_by_form(scope: Scope, receive: Receive) -> str | None:
    """The token entered on the token page; None for any other request."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    request, body = Request(scope, receive), b""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        return None
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > FORM:
                return None
    except ClientDisconnect:
        return None
    return parse_qs(body.decode("latin-1"), encoding="utf-8").get("token", [""])[0]


def without_token(scope: Scope) -> str:
    """The requested address without the token. It starts with one slash: two would lead to another server."""
    query = [(name, value) for name, value in parse_qsl(scope["query_string"].decode("latin-1")) if name != "token"]
    return "/" + quote(scope["path"].lstrip("/\\")) + (f"?{urlencode(query)}" if query else "")


def wait(scope: Scope) -> Response:
    """The refusal of any further guess, right or wrong."""
    answer = needs_token(scope, SLOWLY, 429)
    answer.headers["Retry-After"] = f"{SPAN:.0f}"
    return answer


def needs_token(scope: Scope, message: str, status: int) -> Response:
    """The token page for people, or JSON for requests made by a page."""
    if scope["type"] == "http" and "text/html" in Headers(scope=scope).get("accept", ""):
        return door_page("" if message == ASK else _(message), status)
    return JSONResponse({"message": _(message)}, status)


def guests_only(scope: Scope) -> Response:
    """The refusal of a guest's browser, with the way to be none; JSON for requests made by a page."""
    if scope["type"] == "http" and "text/html" in Headers(scope=scope).get("accept", ""):
        return leave_page()
    return JSONResponse({"message": _("Guests see the photos of their link only.")}, 403)


# The operator's side.


def believe_only(proxies: list[str]) -> None:
    """Have uvicorn take addresses of visitors from these proxies only. By itself it believes all of this computer."""

    def middleware(app: ASGIApp, trusted_hosts: object = None) -> ASGIApp:
        return ProxyHeadersMiddleware(app, proxies)  # type: ignore[arg-type,return-value]

    uvicorn.config.ProxyHeadersMiddleware = middleware  # type: ignore[assignment,misc]


def open_to_own_names() -> None:
    """Allow this computer's own names and the bound address, for Streamlit's own check too."""
    given, address = config.get_option("server.allowedHosts"), config.get_option("server.address")
    bound = [address] if address and address not in ("0.0.0.0", "::") else []
    config.set_option("server.allowedHosts", list(dict.fromkeys([*filter(None, given), *LOOPBACK, *bound])))


def greeting(token: Token | None) -> str:
    """What the console shows once at start. Only a token that was generated is shown."""
    port, scheme = config.get_option("server.port"), "https" if config.get_option("server.sslCertFile") else "http"
    hosts = [name for name in config.get_option("server.allowedHosts") if "*" not in name]
    names = [name for name in hosts if name not in LOOPBACK] or ["localhost"]
    ours = token is not None and token.kept_in is not None
    query = f"?token={quote(token.value, safe='')}" if token and ours else ""
    lines = [
        "",
        *(
            _(
                "  Unipic is at {scheme}://{host}:{port}/{query}",
                scheme=scheme,
                host=_in_address(name),
                port=port,
                query=query,
            )
            for name in names
        ),
    ]
    if token:
        whence = (
            _("saved in {file}; delete that file for a new one", file=token.kept_in)
            if ours
            else _("the one in UNIPIC_TOKEN")
        )
        lines.append(
            _("  It asks for its token ({whence}). UNIPIC_TOKEN sets another (at least 16 characters).", whence=whence)
        )
    elif reachable():
        lines.append(
            _("  UNIPIC_TOKEN is off: anyone who gets here has access. Put it behind a proxy with a password.")
        )
    if reachable() and names == ["localhost"]:
        lines.append(_("  STREAMLIT_SERVER_ALLOWED_HOSTS lists the names others type, separated by spaces."))
    return "\n".join([*lines, ""])


def _in_address(name: str) -> str:
    return f"[{name}]" if ":" in name else name


class Masked(logging.Filter):
    """Removes the token from the server's log, which may contain requested addresses."""

    IN_ADDRESS = re.compile(rf"(token=|{GUESTS})[^&\s\"'/?]+")
    # uvicorn logs this for every websocket that is refused with a status.
    REFUSED = "ASGI callable returned without completing handshake."

    def __init__(self, token: Token | None) -> None:
        super().__init__()
        self.secrets = [token.value, quote(token.value, safe="")] if token else []

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the record. False for uvicorn's misleading message about refused websockets."""
        record.msg = self.mask(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(self.mask(argument) for argument in record.args)
        return record.msg != self.REFUSED

    def mask(self, value: object) -> object:
        """The value with tokens replaced by ***."""
        if not isinstance(value, str):
            return value
        for secret in self.secrets:
            value = value.replace(secret, "***")
        return self.IN_ADDRESS.sub(r"\1***", value)


def mask_logs(token: Token | None) -> None:
    """Install the filter on uvicorn's loggers."""
    for name in ("uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).addFilter(Masked(token))
