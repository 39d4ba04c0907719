"""This tab's state, typed. The one file that touches st.session_state.

What matters is on disk in the run; a tab only remembers which run it shows.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any

import streamlit as st

from server.runs import OWN_PAGE, Run
from server.state import desk_of, server
from unipic.core.errors import RunNotFound
from unipic.review.choices import done, kept
from unipic.review.proposal import Group


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
        if run.load().source in OWN_PAGE:  # they have pages of their own
            return None
        if st.session_state.get("run") != token:
            self.show(run)
        return run

    @property
    def lost(self) -> bool:
        """The address names a run that is not there."""
        return bool(st.query_params.get("run")) and self.run is None

    @property
    def lost_upload(self) -> bool:
        """The address names an upload that is not there."""
        token = st.query_params.get("upload", "")
        if not token or server().runs.is_promised(token):
            return False
        try:
            server().runs.open(token)
        except RunNotFound:
            return True
        return False

    def show(self, run: Run | None) -> None:
        """Make this the tab's run, from its beginning."""
        st.session_state["run"] = run.token if run else ""
        st.session_state["zip_path"] = None

    @property
    def collecting(self) -> Run:
        """The run uploads go to: the one the address names, so that a reload finds it, or else this tab's.

        It has no folder before the first file arrives.
        """
        runs, token = server().runs, st.query_params.get("upload") or st.session_state.get("collecting", "")
        if runs.is_promised(token):
            return Run(runs.folder / token)
        with suppress(RunNotFound):
            run = runs.open(token)
            if run.load().state == "collecting" and run.load().source == "upload":
                st.session_state["collecting"] = token
                return run
        run = runs.promise()
        st.session_state["collecting"] = run.token
        return run

    @property
    def groups_data(self) -> tuple[Group, ...]:
        """Every group of the run, as proposed."""
        return desk_of(self.run).proposal.groups if self.run else ()

    @property
    def seen_groups(self) -> frozenset[str]:
        """Ids of the groups that are decided."""
        if not self.run:
            return frozenset()
        choices = desk_of(self.run).choices
        return frozenset(group.id for group in self.groups_data if done(group, choices))

    @property
    def selections(self) -> dict[str, dict[str, bool]]:
        """Group id -> photo id -> keep it."""
        if not self.run:
            return {}
        choices = desk_of(self.run).choices
        ticked = ((group, kept(group, choices)) for group in self.groups_data)
        return {group.id: {photo.id: photo.id in stays for photo in group.photos} for group, stays in ticked}

    @property
    def zip_path(self) -> Path | None:
        """The ZIP made last, until it was offered."""
        return st.session_state.get("zip_path")

    @zip_path.setter
    def zip_path(self, path: Path | None) -> None:
        st.session_state["zip_path"] = path

    @property
    def immich(self) -> Any:
        """The connection to an Immich server that this tab made, with its key; None if it made none."""
        return st.session_state.get("immich-there")

    @immich.setter
    def immich(self, there: Any) -> None:
        st.session_state["immich-there"] = there

    def set_widget(self, key: str, value: Any) -> None:
        """What a widget shows, from what is on disk; before the widget is drawn."""
        st.session_state[key] = value

    def widget(self, key: str) -> Any:
        return st.session_state.get(key)


session = Session()
