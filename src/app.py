"""The web door: `streamlit run src/app.py` serves the screens, and beside them the routes a browser needs."""

from __future__ import annotations

import streamlit as st
from starlette.middleware import Middleware

from screens.headers import SecurityHeaders
from screens.keeping import sweeping, was_fetched
from screens.reviewing import review_routes
from screens.routes import routes
from screens.tools import desk_of, find_photo, server

app = st.App(
    "screens/frame.py",
    routes=[*review_routes(server().runs, desk_of), *routes(server().runs, find_photo, was_fetched)],
    middleware=[Middleware(SecurityHeaders)],
    lifespan=sweeping,
)
