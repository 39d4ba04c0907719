"""The library's photos."""

from __future__ import annotations

import streamlit as st

st.title("Photos")
