"""Unipic's rooms: everything below the doors. No Streamlit, no argument parsing, no printing in here."""
