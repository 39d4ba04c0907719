"""Navigation on a phone: a bar at the bottom, within reach of a thumb."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

STYLE = """
<style>
  .st-key-thumb-bar { display: none; }
  @media (max-width: 640px) {
    .st-key-thumb-bar { display: flex; position: fixed; inset: auto 0 0 0; z-index: 99; gap: 0; flex-wrap: nowrap;
      justify-content: space-around; padding: 0 0 env(safe-area-inset-bottom);
      background: light-dark(#fbfbfa, #17181a); border-top: 1px solid #8884; }
    .st-key-thumb-bar [data-testid="stPageLink"] a { flex-direction: column; gap: 0; min-height: 52px; margin: 0;
      padding: 0.3rem 0.6rem; font-size: 0.75rem; }
    .stMainBlockContainer { padding-bottom: 5.5rem; }
  }
</style>
"""


def thumb_bar(pages: Sequence[Any], page: Any) -> None:
    """Links to the main pages. The review has bars of its own at the bottom, so there is none."""
    if page.title == "Review":
        return
    st.html(STYLE)
    with st.container(key="thumb-bar", horizontal=True):
        for one in pages:
            st.page_link(one)
