"""Which language a person reads: the one they chose, which a cookie keeps, else the first of their browser's."""

import json
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

import streamlit as st
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime.scriptrunner import get_script_run_ctx

from server.answers import javascript
from unipic.core.language import LANGUAGES, ask_first, best_of, catalogue, language, speak
from unipic.locale import of_script

COOKIE = "unipic-language"
YEAR = 365 * 24 * 3600  # seconds
PARTS = Path(__file__).parents[1] / "screens" / "parts"
HERE = re.compile(r"/(?![/\\])[^\x00-\x20\\]*")  # an address of this server: two slashes would lead to another


def wanted(cookies: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """The code of the language of a request; "" if there is none of those it names."""
    return best_of([cookies.get(COOKIE, ""), *by_preference(headers.get("Accept-Language", ""))])


def by_preference(accepted: str) -> list[str]:
    """The tags of an Accept-Language header, the most wanted first; without those that are refused."""
    weights = dict[str, float]()
    for one in accepted.split(","):
        tag, _semicolon, weight = one.partition(";")
        found = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", weight)
        weights[tag.strip()] = float(found[1]) if found else 1.0
    return [tag for tag in sorted(weights, key=lambda tag: -weights[tag]) if weights[tag]]


def hear_screens() -> None:
    """Have texts of Streamlit's screens in the language of the browser that shows them."""
    ask_first(_of_screen)


def _of_screen() -> str:
    shown = get_script_run_ctx(suppress_warning=True)
    return _of_session(shown.session_id) if shown else ""


@lru_cache(1000)
def _of_session(session: str) -> str:
    """What the browser asked for when it began this session; asking Streamlit takes long for every single text."""
    return wanted(st.context.cookies, st.context.headers)


class Languages:
    """Plain ASGI middleware: a request is answered in the language that it asks for."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            speak(wanted(HTTPConnection(scope).cookies, Headers(scope=scope)))
        await self.app(scope, receive, send)


def language_routes() -> list[Route]:
    """The way to choose a language, and the texts of scripts in the one that was chosen."""

    async def choose(request: Request) -> Response:
        back = request.query_params.get("to", "")
        answer = RedirectResponse(back if HERE.fullmatch(back) else "/", 303)
        code = request.path_params["code"]
        if code in LANGUAGES:
            secure = request.scope.get("scheme") == "https"
            answer.set_cookie(COOKIE, code, YEAR, path="/", secure=secure, httponly=True, samesite="lax")
        return answer

    async def texts(request: Request) -> Response:
        headers = {"Cache-Control": "private, no-cache", "Vary": "Cookie, Accept-Language"}
        return javascript(request, _texts(language()), headers)

    return [
        Route("/unipic/language/{code}", choose),
        Route("/unipic/darkroom/texts.js", texts),
    ]


@cache
def _texts(code: str) -> bytes:
    """In place of darkroom/texts.js: the language, and its translations of what scripts say."""
    known, texts = catalogue(code), dict[str, str | list[str]]()
    for path in PARTS.rglob("*.js") if code != "en" else ():
        for text, _context in of_script(path.read_text(encoding="utf-8")):
            if isinstance(text, str):
                texts[text] = known.gettext(text)
            else:
                texts[text[0]] = [known.ngettext(*text, number) for number in (1, 2)]
    return f"export const LANGUAGE = {json.dumps(code)};\nexport const TEXTS = {json.dumps(texts)};\n".encode()
