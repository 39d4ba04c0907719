"""How alike is alike: sliders that group anew from what is known of the photos, and where the line falls."""

import secrets
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from screens.parts.controls import controls, said, show
from screens.parts.words import count
from unipic.core.language import gettext as _
from unipic.core.settings import CONTROLS
from unipic.review.desk import Desk

LOWEST = int(CONTROLS["similar"].slider[0])
WIDTH = 2  # of a bar
NOW = "now-"  # the keys of widgets of a review begin so


def thresholds(desk: Desk) -> None:
    holding = desk.history.thresholds
    with st.popover(_("Sensitivity"), icon=":material/tune:"):
        st.markdown(_("Takes effect at once; nothing is rescanned. Decided groups stay as they are."))
        show(NOW, holding)  # another tab may have changed them
        controls(NOW, lambda: _histogram(desk, holding.similar), on_change=_change, args=(desk,))


def _histogram(desk: Desk, line: float) -> None:
    """Pairs of photos by their similarity, on both sides of the line."""
    similarity = desk.evidence.likeness.similarity
    edges = np.arange(LOWEST, 100 + WIDTH, WIDTH)
    pairs = np.histogram(similarity, edges)[0]
    table = pd.DataFrame({"from": edges[:-1], "to": edges[1:], "pairs": pairs})
    st.vega_lite_chart(table, _chart(line), key="histogram")
    shots = desk.proposal.shots
    st.caption(
        _(
            "At {line:.0f}: {pairs}, in {groups} of similar shots with {photos}.",
            line=line,
            pairs=count(int((similarity >= line).sum()), "similar pair"),
            groups=count(len(shots), "group"),
            photos=count(sum(len(g.photos) for g in shots), "photo"),
        )
    )


def _chart(line: float) -> dict[str, Any]:
    """Bars left and right of a line. There are always many more pairs at the right end, hence the scale."""
    axis = {"field": "from", "type": "quantitative", "title": _("similarity"), "scale": {"domain": [LOWEST, 100]}}
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
        "description": _("Pairs of photos by similarity, with a line at the threshold"),
        "layer": [
            {"mark": {"type": "bar", "color": "#26828c"}, "encoding": bars},
            {"mark": {"type": "rule", "strokeWidth": 2, "color": "#c2571a", "aria": False}, "encoding": rule},
        ],
    }


def _change(desk: Desk) -> None:
    with desk.lock:
        desk.set_thresholds(secrets.token_hex(8), said(NOW))
