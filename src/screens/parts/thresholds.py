"""How alike is alike: sliders that group anew from what is known of the photos, and where the line falls."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from screens.parts.run_settings import GROUPINGS, WINDOWS
from screens.parts.words import count
from screens.session import session
from unipic.review.desk import Desk

LOWEST = 50  # pairs less alike are not known one by one
WIDTH = 2  # of a bar


def thresholds(desk: Desk) -> None:
    holding = desk.history.thresholds
    with st.popover("Sensitivity", icon=":material/tune:"):
        st.markdown("Takes effect at once; nothing is rescanned. Decided groups stay as they are.")
        session.set_widget("now-similar", float(holding.similar))
        st.slider(
            "Similar shots",
            *(float(LOWEST), 99.0),
            step=1.0,
            format="%.0f",
            key="now-similar",
            on_change=_change,
            args=(desk,),
        )
        _histogram(desk, holding.similar)
        session.set_widget("now-near", float(holding.near))
        st.slider(
            "Copies",
            *(10.0, 95.0),
            step=5.0,
            format="%.0f",
            key="now-near",
            help="How exactly the pixels of copies must agree. 50 is the measured default. Higher finds fewer copies.",
            on_change=_change,
            args=(desk,),
        )
        session.set_widget("now-window", _window(holding.time_window))
        st.selectbox("Similar shots taken within", list(WINDOWS), key="now-window", on_change=_change, args=(desk,))
        session.set_widget("now-grouping", holding.grouping)
        st.selectbox(
            "Grouping",
            list(GROUPINGS),
            format_func=lambda name: GROUPINGS[name],
            key="now-grouping",
            on_change=_change,
            args=(desk,),
        )


def _histogram(desk: Desk, line: float) -> None:
    """Pairs of photos by their similarity, on both sides of the line."""
    similarity = desk.evidence.likeness.similarity
    edges = np.arange(LOWEST, 100 + WIDTH, WIDTH)
    pairs = np.histogram(similarity, edges)[0]
    table = pd.DataFrame({"from": edges[:-1], "to": edges[1:], "pairs": pairs})
    st.vega_lite_chart(table, _chart(line), key="histogram")
    shots = desk.proposal.shots
    st.caption(
        f"At {line:.0f}: {count(int((similarity >= line).sum()), 'similar pair')}, in "
        f"{count(len(shots), 'group')} of similar shots with {count(sum(len(g.photos) for g in shots), 'photo')}."
    )


def _chart(line: float) -> dict[str, Any]:
    """Bars left and right of a line. There are always many more pairs at the right end, hence the scale."""
    axis = {"field": "from", "type": "quantitative", "title": "similarity", "scale": {"domain": [LOWEST, 100]}}
    bars = {
        "x": {**axis, "bin": {"binned": True, "step": WIDTH}},
        "x2": {"field": "to"},
        "y": {"field": "pairs", "type": "quantitative", "scale": {"type": "symlog"}, "axis": {"tickCount": 4}},
        "opacity": {"condition": {"test": f"datum.from >= {line}", "value": 1}, "value": 0.35},
        "tooltip": [{"field": name} for name in ("from", "to", "pairs")],
    }
    rule = {"x": {"datum": line, "type": "quantitative"}}
    return {
        "height": 160,
        "description": "Pairs of photos by similarity, with a line at the threshold",
        "layer": [
            {"mark": {"type": "bar", "color": "#26828c"}, "encoding": bars},
            {"mark": {"type": "rule", "strokeWidth": 2, "color": "#c2571a", "aria": False}, "encoding": rule},
        ],
    }


def _window(seconds: float | None) -> str:
    return next((name for name, value in WINDOWS.items() if value == seconds), next(iter(WINDOWS)))


def _change(desk: Desk) -> None:
    with desk.lock:
        now = replace(
            desk.history.thresholds,
            similar=session.widget("now-similar"),
            near=session.widget("now-near"),
            grouping=session.widget("now-grouping"),
            time_window=WINDOWS[session.widget("now-window")],
        )
        desk.set_thresholds(secrets.token_hex(8), now)
