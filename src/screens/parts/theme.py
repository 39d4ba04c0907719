"""Styles that Streamlit's theme cannot express: space for photos, and targets that a thumb can hit."""

import streamlit as st

STYLE = """
<style>
  .stMainBlockContainer { padding: 4.5rem clamp(1rem, 4vw, 4rem) 3rem; max-width: 84rem; }
  .stMainBlockContainer h1 { font-size: clamp(1.6rem, 4vw, 2.4rem); padding: 0.2rem 0; }
  .stCheckbox label { min-height: 44px; align-items: center; }
  .stButton button, .stDownloadButton button, .stButtonGroup button { min-height: 44px; }
  [data-testid="stCaptionContainer"] { opacity: 0.78; }
  [data-testid="stCaptionContainer"] code { color: inherit; font-size: 0.95em; }
  .stApp button[role="radio"][aria-checked="true"] p, .stApp [role="tab"][aria-selected="true"] p {
    color: light-dark(#174f56, #8fd3da);
  }
  [data-testid="stSliderThumbValue"], [data-testid="stSliderThumbValue"] * { color: inherit !important; }
  .st-key-latest img { aspect-ratio: 1; object-fit: cover; }
  .stImage img { border-radius: 0.5rem; background: #8881; }
</style>
"""


def theme() -> None:
    st.html(STYLE)
