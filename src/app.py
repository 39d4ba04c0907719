"""The web door: `streamlit run src/app.py` serves the screens, and beside them the routes a browser needs."""

from __future__ import annotations

import streamlit as st
from starlette.middleware import Middleware

from screens.keeping import sweeping, was_fetched
from screens.routes import SecurityHeaders, routes
from screens.tools import find_photo, server

app = st.App(
    "screens/frame.py",
    routes=routes(server().runs, find_photo, was_fetched),
    middleware=[Middleware(SecurityHeaders)],
    lifespan=sweeping,
)
