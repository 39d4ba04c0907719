"""On every page: its language, a way to install the app, and on a phone a bar at the bottom in place of the menu."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from unipic.core.language import language

STYLE = """
<style>
  .st-key-thumb-bar, .st-key-install { display: none; }
  @media (max-width: 767.98px) {
    [data-testid="stSidebar"], [data-testid="stExpandSidebarButton"], .stAppHeader { display: none; }
    .st-key-thumb-bar { display: flex; position: fixed; inset: auto 0 0 0; z-index: 99; gap: 0; flex-wrap: nowrap;
      justify-content: space-around; padding: 0 0 env(safe-area-inset-bottom);
      background: light-dark(#fbfbfa, #17181a); border-top: 1px solid #8884; }
    .st-key-thumb-bar [data-testid="stPageLink"] a { flex-direction: column; gap: 0; min-height: 52px; margin: 0;
      padding: 0.3rem 0.5rem; font-size: 0.75rem; }
    .stMainBlockContainer { padding-top: 1rem; padding-bottom: 5.5rem; }
    .stApp { --header: 0px; --below: calc(53px + env(safe-area-inset-bottom)); }
  }
</style>
"""
# Relative addresses hold below a base path, too. The manifest is behind the door, so it is asked for with the cookie.
INSTALLABLE = """
export default function ({ data }) {
  document.documentElement.lang = data.language;
  if (document.querySelector('link[rel="manifest"]')) return;
  const add = (more) => document.head.append(Object.assign(document.createElement("link"), more));
  add({ rel: "manifest", crossOrigin: "use-credentials", href: "unipic/app/manifest.json" });
  add({ rel: "apple-touch-icon", href: "unipic/app/icon-192.png" });
  navigator.serviceWorker?.register("unipic/app/worker.js").catch(() => {});  // over https, and on localhost
}
"""

_installable = st.components.v2.component("unipic_install", js=INSTALLABLE)


def thumb_bar(pages: Sequence[Any]) -> None:
    """Links to the main pages."""
    st.html(STYLE)
    with st.container(key="install"):
        _installable(key="installable", data={"language": language()})
    with st.container(key="thumb-bar", horizontal=True):
        for page in pages:
            st.page_link(page)
