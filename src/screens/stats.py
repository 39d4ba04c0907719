"""Statistics of finished runs on this server, over time. Numbers only: no names, no photos."""

import pandas as pd
import streamlit as st

from screens.parts.taste import your_taste
from screens.parts.words import count, size
from unipic.core.settings import data_folder
from unipic.review.statistics import load

GREY, ACCENT = "#7f8b8f", "#26828c"  # seen well on light and dark


def screen() -> None:
    st.title("Statistics")
    rows = load(data_folder())
    if not rows:
        st.markdown("No album is finished yet. Figures appear here after your first one.")
        st.page_link("add.py", label="Add photos", icon=":material/add_photo_alternate:")
    else:
        _figures(rows)
    your_taste()


def _figures(rows: list[dict[str, str | int]]) -> None:
    table = pd.DataFrame(rows).assign(found=lambda t: t["before"], kept=lambda t: t["after"])
    finished = pd.to_datetime(table["finished_at"], utc=True)
    table["finished"] = finished.dt.strftime("%Y-%m-%d %H:%M:%S")
    reviewed = int(table["reviewed"].sum())
    with st.grid("auto", min_column_width=160):
        st.metric("Albums", f"{len(table):,}", border=True)
        st.metric("Photos scanned", f"{int(table['before'].sum()):,}", border=True)
        st.metric("Saved", size(float(table["bytes_saved"].sum())), border=True)
        st.metric("Suggestion followed", f"{table['agreed'].sum() / reviewed:.0%}" if reviewed else "–", border=True)
    st.subheader("Photos found and kept")
    st.bar_chart(table, x="finished", y=["found", "kept"], y_label="photos", stack=False, color=[GREY, ACCENT])
    st.subheader("Saved, all albums together")
    table["MB"] = table["bytes_saved"].cumsum() / 1e6
    st.bar_chart(table, x="finished", y="MB", color=ACCENT)
    if reviewed:
        st.subheader("Suggestion followed, by album")
        rated = table[table["reviewed"] > 0].assign(share=lambda t: 100 * t["agreed"] / t["reviewed"])
        st.bar_chart(rated, x="finished", y="share", y_label="% of reviewed groups", color=ACCENT)
    st.caption(f"From {count(len(table), 'album')} finished on this server.")
    st.download_button(
        "Download as CSV",
        pd.DataFrame(rows).to_csv(index=False),
        "unipic-statistics.csv",
        "text/csv",
        icon=":material/download:",
    )


screen()
