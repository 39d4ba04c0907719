"""Security headers of every answer: no foreign scripts, no frames, no referrer."""

import base64
import hashlib
import re
from pathlib import Path

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.door_page import GUESTS, HEADERS as PAGE_HEADERS


def inline_scripts() -> str:
    """Hashes of the scripts in Streamlit's own page; the policy allows no other inline script."""
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    digests = (hashlib.sha256(script.encode()).digest() for script in re.findall(r"<script>(.*?)</script>", page, re.S))
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)


POLICY = {
    "default-src": "'none'",
    # blob: is how Streamlit loads a component's own script.
    "script-src": f"'self' blob: {inline_scripts()}",
    # Streamlit styles by style elements made at run time.
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}

HEADERS = {
    "Content-Security-Policy": "; ".join(f"{kind} {sources}" for kind, sources in POLICY.items()),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class SecurityHeaders:
    """Plain ASGI middleware: one that reads answers would buffer streams and break websockets."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        own = PAGE_HEADERS if scope.get("path", "").startswith(GUESTS) else {}  # no scripts, but forms

        async def guarded(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                MutableHeaders(scope=message).update(HEADERS | own)
            await send(message)

        await self.app(scope, receive, guarded)


async def broken(request: Request, error: Exception) -> JSONResponse:
    """The answer after an unexpected error. Details are in the server's log only."""
    message = "An unexpected error occurred. The server's log has the details."
    return JSONResponse({"message": message}, 500, headers=HEADERS)
