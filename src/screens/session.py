"""This tab's state, typed. The one file that touches st.session_state.

What matters is on disk in the run; a tab only remembers which run it shows and where in it the person is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import streamlit as st

from screens.tools import choices_of, cleanup_of, server
from unipic.cleanup import Cluster
from unipic.errors import RunNotFound
from unipic.runs import Run

Lane = Literal["copies", "groups"]


class Session:
    @property
    def run(self) -> Run | None:
        """The run of this tab: the address wins, so that a link opens what it names."""
        token = st.query_params.get("run") or st.session_state.get("run")
        if not token:
            return None
        try:
            run = server().runs.open(token)
        except RunNotFound:
            return None
        if st.session_state.get("run") != token:
            self.show(run)
        return run

    @property
    def lost(self) -> bool:
        """The address names a run that is not there."""
        return bool(st.query_params.get("run")) and self.run is None

    def show(self, run: Run | None) -> None:
        """Make this the tab's run, from its beginning."""
        st.session_state["run"] = run.token if run else ""
        st.session_state["place"] = None
        st.session_state["lane"] = None
        st.session_state["zip_path"] = None

    @property
    def collecting(self) -> Run:
        """The run uploads of this tab go to, made when it is first needed."""
        try:
            run = server().runs.open(st.session_state.get("collecting", ""))
            if run.load().state == "collecting":
                return run
        except RunNotFound:
            pass
        run = server().runs.new("upload")
        st.session_state["collecting"] = run.token
        return run

    @property
    def place(self) -> int:
        """Which group is on screen; for a run that was just opened, the first that is not decided yet."""
        if st.session_state.get("place") is None:
            seen, groups = self.seen_groups, len(self.groups_data)
            st.session_state["place"] = next((place for place in range(groups) if place not in seen), 0)
        return int(st.session_state["place"])

    @place.setter
    def place(self, place: int) -> None:
        st.session_state["place"] = place

    @property
    def lane(self) -> Lane | None:
        return st.session_state.get("lane")

    @lane.setter
    def lane(self, lane: Lane) -> None:
        st.session_state["lane"] = lane

    @property
    def groups_data(self) -> tuple[Cluster, ...]:
        return cleanup_of(self.run).clusters if self.run else ()

    @property
    def seen_groups(self) -> frozenset[int]:
        return choices_of(self.run).seen if self.run else frozenset()

    @property
    def selections(self) -> dict[str, bool]:
        """Photo id -> keep it, for every member of a group."""
        if not self.run:
            return {}
        discarded = choices_of(self.run).discarded
        return {photo.id: photo.id not in discarded for group in self.groups_data for photo in group.photos}

    @property
    def zip_path(self) -> Path | None:
        """The ZIP made last, until it was offered."""
        return st.session_state.get("zip_path")

    @zip_path.setter
    def zip_path(self, path: Path | None) -> None:
        st.session_state["zip_path"] = path

    def set_widget(self, key: str, value: Any) -> None:
        """What a widget shows, from what is on disk; before the widget is drawn."""
        st.session_state[key] = value

    def widget(self, key: str) -> Any:
        return st.session_state.get(key)


session = Session()
