"""The web door: `streamlit run src/app.py` serves the screens, and beside them the routes a browser needs."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from server.answers import DISK_FULL
from server.continue_routes import continue_routes
from server.door import Door, believe_only, greeting, mask_logs, open_to_own_names, reachable
from server.door_sessions import FILE, Sessions
from server.door_token import token_of
from server.event_routes import event_routes
from server.guest_routes import GuestPages, host_routes
from server.guests import Guests
from server.headers import SecurityHeaders, broken
from server.install_routes import install_routes
from server.keeping import sweeping, was_fetched
from server.languages import Languages, hear_screens, language_routes
from server.library_routes import library_routes
from server.made_routes import made_routes
from server.operator import keeping_times, proxies, take_token
from server.people_routes import people_routes
from server.phone import phone_routes
from server.review_routes import review_routes
from server.routes import routes
from server.shelves import Shelves
from server.state import desk_of, find_photo, library, occasions, server, standing_of
from unipic.core.errors import SettingsError
from unipic.core.files import is_full
from unipic.core.language import gettext as _
from unipic.core.settings import data_folder, immich_key
from unipic.reading.renditions import Renderer

open_to_own_names()
hear_screens()
try:
    token = token_of(take_token(), reachable(), data_folder())
    sessions = Sessions(token, data_folder() / FILE) if token else None
    believe_only(proxies())
    immich_key()  # it leaves the environment before any other process is started
    server().open_to_all = reachable() and token is None
    keep = keeping_times()
    runs, renderer = server().runs, Renderer()
    guests = Guests(library())
    all_routes = [
        *review_routes(runs, desk_of),
        *made_routes(runs, desk_of),
        *continue_routes(runs, server().jobs, standing_of),
        *library_routes(library(), runs, occasions()),
        *people_routes(library()),
        *event_routes(occasions(), runs),
        *host_routes(guests, occasions()),
        *GuestPages(guests, Shelves(runs, find_photo, library()), renderer).routes(),
        *install_routes(library().marks),
        *language_routes(),
        *phone_routes(library().marks),
        *routes(runs, find_photo, was_fetched, renderer=renderer, library=library()),
    ]
except SettingsError as error:
    sys.exit(f"Unipic does not start: {error}")


@asynccontextmanager
async def running(app: Any) -> AsyncIterator[None]:
    mask_logs(token)
    print(greeting(token), flush=True)
    async with sweeping(*keep):
        yield


def said_in_words(error: Exception) -> bool:
    """Whether an error of a screen was said in words: a full disk is nobody's mistake."""
    if is_full(error):
        st.error(_(DISK_FULL), icon=":material/error:")
    return is_full(error)


app = st.App(
    "screens/frame.py",
    routes=all_routes,
    middleware=[Middleware(Languages), Middleware(Door, token=token, sessions=sessions), Middleware(SecurityHeaders)],
    on_script_error=said_in_words,
    exception_handlers={Exception: broken},
    lifespan=running,
)
