"""One group of similar shots: the recommended one large, the others beside it, keep or discard on each."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from screens.parts.card import facts, picture
from screens.parts.words import count, plain
from screens.session import session
from screens.tools import choices_of, decide
from unipic.cleanup import Cleanup, Cluster
from unipic.photo import Photo
from unipic.review import Choices, flip, see
from unipic.runs import Run


def groups(run: Run, cleanup: Cleanup, save: Callable[[str], None], done: Callable[[], None]) -> None:
    """The group at the person's place, with the way on above and below it."""
    choices, selections = choices_of(run), session.selections
    place = min(session.place, len(cleanup.clusters) - 1)
    cluster = cleanup.clusters[place]
    _way(run, cleanup, choices, place, "top", save, done)
    large, others = st.columns([3, 2], gap="large")
    with large:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge("AI RECOMMENDATION", icon=":material/star:", color="green")
            if cluster.close_call:
                st.badge("TOO CLOSE TO CALL", icon=":material/help:", color="orange")
            st.markdown(plain(cluster.reason.removeprefix("too close to call; ")))
        picture(run, cluster.best)
        _keep(run, selections, cluster.best, 1)
        facts(cluster.best)
    with others:
        _others(run, selections, cluster)
    _way(run, cleanup, choices, place, "bottom", save, done)


def _others(run: Run, selections: dict[str, bool], cluster: Cluster) -> None:
    st.markdown(f"**{count(len(cluster.photos) - 1, 'alternative')}**")
    with st.grid("auto", min_column_width=150, gap="small"):
        rest = zip(cluster.photos[1:], cluster.alike[1:], strict=True)
        for number, (photo, likeness) in enumerate(rest, start=2):
            with st.container():
                picture(run, photo)
                _keep(run, selections, photo, number)
                facts(photo, plain(f"similarity {likeness:.0f}" if likeness else "not like the large one directly"))


def _keep(run: Run, selections: dict[str, bool], photo: Photo, number: int) -> None:
    key = f"keep-{photo.id}"
    session.set_widget(key, selections[photo.id])
    st.checkbox(f"Keep photo {number}", key=key, on_change=_flip, args=(run, photo.id))


def _way(
    run: Run,
    cleanup: Cleanup,
    choices: Choices,
    place: int,
    where: str,
    save: Callable[[str], None],
    done: Callable[[], None],
) -> None:
    """Previous, next, save and done; the keyboard's keys belong to the upper ones."""
    last = place == len(cleanup.clusters) - 1
    keys = where == "top"
    if keys:
        seen = len(choices.seen)
        st.progress(
            seen / len(cleanup.clusters), text=f"Group {place + 1} of {len(cleanup.clusters)} · {seen} reviewed"
        )
    with st.container(horizontal=True, key=f"way-{where}"):
        st.button(
            "Previous",
            key=f"previous-{where}",
            icon=":material/arrow_back:",
            disabled=place == 0,
            on_click=_go,
            args=(run, place, place - 1),
            shortcut="K" if keys else None,
        )
        if last:
            finished = st.button("Done", key=f"done-{where}", type="primary", icon=":material/done_all:")
            if finished:
                decide(run, lambda now: see(now, place))
                done()
        else:
            st.button(
                "Next",
                key=f"next-{where}",
                type="primary",
                icon=":material/arrow_forward:",
                on_click=_go,
                args=(run, place, place + 1),
                shortcut="J" if keys else None,
            )
        save(where)


def _go(run: Run, place: int, to: int) -> None:
    """Going on says: decided. Going back says nothing."""
    if to > place:
        decide(run, lambda choices: see(choices, place))
    session.place = to


def _flip(run: Run, photo_id: str) -> None:
    decide(run, lambda choices: flip(choices, photo_id))
