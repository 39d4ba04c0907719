"""Statistics of finished runs on this server, over time. Numbers only: no names, no photos."""

import pandas as pd
import streamlit as st

from screens.parts.taste import your_taste
from screens.parts.words import count, size
from unipic.core.language import gettext as _
from unipic.core.settings import data_folder
from unipic.review.statistics import load

GREY, ACCENT = "#7f8b8f", "#26828c"  # seen well on light and dark


def screen() -> None:
    st.title(_("Statistics"))
    rows = load(data_folder())
    if not rows:
        st.markdown(_("No album is finished yet. Figures appear here after your first one."))
        st.page_link("add.py", label=_("Add photos"), icon=":material/add_photo_alternate:")
    else:
        _figures(rows)
    your_taste()


def _figures(rows: list[dict[str, str | int]]) -> None:
    table = pd.DataFrame(rows).assign(found=lambda t: t["before"], kept=lambda t: t["after"])
    finished = pd.to_datetime(table["finished_at"], utc=True)
    table["finished"] = finished.dt.strftime("%Y-%m-%d %H:%M:%S")
    reviewed = int(table["reviewed"].sum())
    with st.grid("auto", min_column_width=160):
        st.metric(_("Albums"), f"{len(table):,}", border=True)
        st.metric(_("Photos scanned"), f"{int(table['before'].sum()):,}", border=True)
        st.metric(_("Saved"), size(float(table["bytes_saved"].sum())), border=True)
        st.metric(_("Suggestion followed"), f"{table['agreed'].sum() / reviewed:.0%}" if reviewed else "–", border=True)
    st.subheader(_("Photos found and kept"))
    st.bar_chart(table, x="finished", y=["found", "kept"], y_label="photos", stack=False, color=[GREY, ACCENT])
    st.subheader(_("Saved, all albums together"))
    table["MB"] = table["bytes_saved"].cumsum() / 1e6
    st.bar_chart(table, x="finished", y="MB", color=ACCENT)
    if reviewed:
        st.subheader(_("Suggestion followed, by album"))
        rated = table[table["reviewed"] > 0].assign(share=lambda t: 100 * t["agreed"] / t["reviewed"])
        st.bar_chart(rated, x="finished", y="share", y_label=_("% of reviewed groups"), color=ACCENT)
    st.caption(_("From {albums} finished on this server.", albums=count(len(table), "album")))
    st.download_button(
        _("Download as CSV"),
        pd.DataFrame(rows).to_csv(index=False),
        "unipic-statistics.csv",
        "text/csv",
        icon=":material/download:",
    )


screen()
