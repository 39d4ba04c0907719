"""Which language a request is answered in, and how a person chooses one."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from server.door_page import door_page
from server.languages import COOKIE, Languages, by_preference, language_routes, wanted
from unipic.core.language import catalogue, language, speak


@pytest.fixture
def client() -> Iterator[TestClient]:
    async def said(request: object) -> PlainTextResponse:
        return PlainTextResponse(language())

    async def door(request: object) -> object:
        return door_page("", 401)

    routes = [*language_routes(), Route("/said", said), Route("/door", door)]
    with TestClient(Starlette(routes=routes, middleware=[Middleware(Languages)]), follow_redirects=False) as made:
        yield made


@pytest.mark.parametrize(
    ("cookies", "accepted", "code"),
    [
        ({}, "", ""),
        ({}, "de-AT,de;q=0.9,en;q=0.8", "de"),
        ({}, "pt;q=1.0, en;q=0.3, fr;q=0.7", "fr"),
        ({}, "de;q=0, es;q=0.1", "es"),
        ({}, "nonsense;;q=x,*", ""),
        ({COOKIE: "es"}, "de", "es"),
        ({COOKIE: "<script>"}, "fr", "fr"),
    ],
)
def test_a_choice_comes_before_the_browser_s_languages(cookies: dict[str, str], accepted: str, code: str) -> None:
    assert wanted(cookies, {"Accept-Language": accepted}) == code


def test_the_order_of_preference_is_the_header_s() -> None:
    assert by_preference("en;q=0.5, de, fr;q=0.9") == ["de", "fr", "en"]


def test_each_request_has_its_own_language(client: TestClient) -> None:
    assert client.get("/said", headers={"Accept-Language": "de"}).text == "de"
    assert client.get("/said", headers={"Accept-Language": "ja"}).text == "en"
    assert language() == "en"


@pytest.mark.parametrize(
    ("to", "back"),
    [
        ("/review?run=1&a=%2F", "/review?run=1&a=%2F"),
        ("", "/"),
        ("//elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"),
        ("https://elsewhere.example", "/"),
        ("/a\r\nb: c", "/"),
    ],
)
def test_a_link_chooses_a_language_and_leads_back_to_this_server(client: TestClient, to: str, back: str) -> None:
    answer = client.get("/unipic/language/fr", params={"to": to})
    assert (answer.status_code, answer.headers["location"]) == (303, back)
    assert "SameSite=lax" in answer.headers["set-cookie"]
    assert client.get("/said", headers={"Accept-Language": "de"}).text == "fr"


def test_no_other_language_is_chosen(client: TestClient) -> None:
    assert "set-cookie" not in client.get("/unipic/language/xx").headers


def test_scripts_get_their_texts_once(client: TestClient) -> None:
    german = client.get("/unipic/darkroom/texts.js", headers={"Accept-Language": "de"})
    assert 'LANGUAGE = "de"' in german.text
    assert '"{n:,} photo": ["' in german.text
    again = {"Accept-Language": "de", "If-None-Match": german.headers["etag"]}
    assert client.get("/unipic/darkroom/texts.js", headers=again).status_code == 304
    english = client.get("/unipic/darkroom/texts.js", headers={"Accept-Language": "en"}).text
    assert "TEXTS = {}" in english


def test_the_page_for_the_token_says_its_language(client: TestClient) -> None:
    assert '<html lang="es">' in client.get("/door", headers={"Accept-Language": "es"}).text


def test_work_speaks_the_language_of_whoever_started_it() -> None:
    """The process itself, its threads, and its children."""
    code = """
import subprocess, sys, threading
from unipic.core.language import language, speak_in_process
language()
speak_in_process("fr")
heard = [language()]
thread = threading.Thread(target=lambda: heard.append(language()))
thread.start()
thread.join()
child = "from unipic.core.language import language; print(language())"
heard.append(subprocess.run([sys.executable, "-c", child], capture_output=True, text=True).stdout.strip())
print(heard)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "['fr', 'fr', 'fr']", done.stderr


def test_speech_ends_with_the_choice() -> None:
    speak("de")
    assert language() == "de"
    speak("")
    assert (language(), catalogue("en").gettext("Photos")) == ("en", "Photos")
