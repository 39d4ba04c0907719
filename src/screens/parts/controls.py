"""Sliders and boxes of the thresholds, the same before a scan and in the review."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import streamlit as st

from screens.session import session
from unipic.core.language import gettext as _, gettext_noop as N_
from unipic.core.settings import CONTROLS, Thresholds

WINDOWS = {
    N_("any time"): None,
    N_("10 seconds"): 10.0,
    N_("1 minute"): 60.0,
    N_("10 minutes"): 600.0,
    N_("1 hour"): 3600.0,
}

GROUPINGS = {
    "greedy": N_("all similar to one best shot (greedy)"),
    "dbscan": N_("chains of shots with two or more similar neighbours (DBSCAN)"),
    "components": N_("chains of similar shots of any length (components)"),
}


def show(key: str, now: Thresholds) -> None:
    """Set the widgets to these thresholds, before they are drawn. `key` is what their keys begin with."""
    for name, value in vars(now).items():
        session.set_widget(key + name, _window(value) if name == "time_window" else value)


def controls(key: str, below: Callable[[], None] = lambda: None, **changed: Any) -> Thresholds:
    """Draw a widget for each threshold, and return their values. `below` draws under the first of them."""
    _slider("similar", key, changed)
    below()
    _slider("near", key, changed)
    st.selectbox(_(CONTROLS["time_window"].label), list(WINDOWS), format_func=_, key=f"{key}time_window", **changed)
    st.selectbox(
        _(CONTROLS["grouping"].label),
        list(GROUPINGS),
        format_func=lambda one: _(GROUPINGS[one]),
        key=f"{key}grouping",
        **changed,
    )
    return said(key)


def _slider(name: str, key: str, changed: dict[str, Any]) -> None:
    control = CONTROLS[name]
    least, most, step = control.slider
    st.slider(
        _(control.label), least, most, step=step, format="%.0f", key=key + name, help=_(control.help or ""), **changed
    )


def said(key: str) -> Thresholds:
    """The thresholds that the widgets show."""
    values = {field.name: session.widget(key + field.name) for field in fields(Thresholds)}
    return Thresholds(**(values | {"time_window": WINDOWS[values["time_window"]]}))


def _window(seconds: float | None) -> str:
    return next((name for name, value in WINDOWS.items() if value == seconds), next(iter(WINDOWS)))
