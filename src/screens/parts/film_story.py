"""The shots of a film on a line of time, the pictures that tell it, and a map of them; a person keeps some."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from screens.parts.words import count, plain
from screens.session import session
from server.film_work import Told, frame
from unipic.core.language import gettext as _
from unipic.core.photo import Photo
from unipic.core.words import clock
from unipic.video.gathered import FilmFrame
from unipic.video.keyframe_groups import Grouped
from unipic.video.plots import figure, project
from unipic.video.stamped import stamped
from unipic.video.telling import Telling, Wish, picture_name, tell
from unipic.video.telling_map import marks_of

LEAST, USUAL, MOST = 50, 90, 99  # similarity from which frames are one scene
WAITED_FOR = 1_000  # points that take t-SNE four seconds; of more, the map is PCA's, which takes none
SHOWN = 60  # pictures in the grid of those kept; saving takes all
TEAL, GREY, AMBER = "#2a8a94", "#9aa0a6", "#c98a1b"
LIGHT_BLOCKS = ("#2a8a94", "#7cb9bf")  # shots in turn, so that each has an edge


@dataclass(frozen=True)
class Page:
    """A film's page: what is known of it, and what the person chose."""

    film: Photo
    telling: Telling

    @property
    def frames(self) -> tuple[FilmFrame, ...]:
        return self.telling.frames

    @property
    def kept(self) -> dict[str, bool]:
        """Frames that a person kept or left out, by name."""
        return session.widget(f"kept-{self.film.digest}") or {}

    def keeps(self, one: FilmFrame) -> bool:
        """Whether a frame is saved: a person's word, or else the best of its scene."""
        return self.kept.get(one.name, any(one is best for best in self.telling.best))

    @property
    def place(self) -> int:
        """The frame that is shown large."""
        return min(session.widget(f"place-{self.film.digest}") or 0, len(self.frames) - 1)

    def show(self, place: int) -> None:
        session.set_widget(f"place-{self.film.digest}", max(0, min(place, len(self.frames) - 1)))

    def keep(self, frames: list[FilmFrame], keep: bool) -> None:
        session.set_widget(f"kept-{self.film.digest}", self.kept | {one.name: keep for one in frames})


@st.fragment
def story(film: Photo, found: Told) -> None:
    similar = st.slider(
        _("How alike pictures of one scene are"), LEAST, MOST, USUAL, key=f"alike-{film.digest}",
        help=_("Lower puts more pictures together, so fewer tell the film. Nothing is looked at again."),
    )  # fmt: skip
    telling = tell(found.gathered, Wish(grouped=Grouped(similar=float(similar))), found.calibration)
    page = Page(film, telling)
    _counted(page)
    if not page.frames:
        st.info(_("Nothing in this film can be shown: every shot is black, white or a test picture."))
        return
    views = [_("Timeline"), _("Map")]
    if st.segmented_control(_("Show"), views, default=views[0], required=True, key=f"view-{film.digest}") == views[1]:
        _map(page)
    else:
        _timeline(page)
        _large(page)
    _kept(page)


def _counted(page: Page) -> None:
    telling, shots = page.telling, page.telling.gathered.shots
    words = [count(len(shots), "shot"), count(len(telling.scenes), "scene"), count(telling.singles, "single")]
    words += [f"{seconds:.0f} s {_(kind)}" for kind, seconds in telling.technical()]
    st.markdown(f"**{', '.join(words)}**")
    if telling.gathered.problem:
        saved = count(len(page.frames), "picture")
        st.warning(
            _("{problem}; {saved} up to there.", problem=plain(telling.gathered.problem), saved=saved),
            icon=":material/warning:",
        )


def _timeline(page: Page) -> None:
    chosen = st.plotly_chart(
        _line(page), key=f"line-{page.film.digest}", on_select="rerun", selection_mode="points",
        config={"displayModeBar": False}, alt=_("Shots of the film by time, and the frames in them"),
    )  # fmt: skip
    points = _points(chosen)
    if points and session.widget(f"clicked-{page.film.digest}") != points:
        session.set_widget(f"clicked-{page.film.digest}", points)
        page.show(points[0])


def _points(chosen: Any) -> list[int]:
    """The frames that were clicked or drawn around."""
    found = chosen["selection"]["points"] if chosen else []
    return [int(point["customdata"]) for point in found if point.get("customdata") is not None]


def _line(page: Page) -> go.Figure:
    shots, made = page.telling.gathered.shots, go.Figure()
    made.add_trace(
        go.Bar(
            base=[shot.start for shot in shots],
            x=[shot.seconds for shot in shots],
            y=[0.0] * len(shots),
            orientation="h",
            width=0.5,
            marker={
                "color": [GREY if shot.technical else LIGHT_BLOCKS[shot.number % 2] for shot in shots],
                "pattern": {"shape": ["/" if shot.technical else "" for shot in shots]},
            },
            text=[f"{_('shot {n}', n=s.number)}, {clock(s.seconds)} {_(s.technical)}".strip() for s in shots],
            textposition="none",
            hovertemplate="%{text}<extra></extra>",
        )
    )
    kept = [page.keeps(one) for one in page.frames]
    made.add_trace(
        go.Scatter(
            x=[one.candidate.seconds for one in page.frames],
            y=[0.5 if keeps else 0.4 for keeps in kept],
            mode="markers",
            customdata=list(range(len(page.frames))),
            text=[clock(one.candidate.seconds) for one in page.frames],
            hovertemplate="%{text}<extra></extra>",
            marker={
                "size": [18 if place == page.place else 12 for place in range(len(page.frames))],
                "symbol": ["triangle-down" if keeps else "triangle-down-open" for keeps in kept],
                "color": [AMBER if place == page.place else TEAL for place in range(len(page.frames))],
            },
        )
    )
    made.update_layout(
        height=170,
        showlegend=False,
        margin={"l": 8, "r": 8, "t": 8, "b": 30},
        yaxis={"visible": False, "range": [-0.3, 0.7], "fixedrange": True},
        xaxis={"title": None, "ticksuffix": " s"},
        bargap=0,
        clickmode="event+select",
    )
    return made


def _large(page: Page) -> None:
    place = page.place
    one = page.frames[place]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(_("Previous"), icon=":material/chevron_left:", shortcut="Left", disabled=place == 0,
                  on_click=page.show, args=(place - 1,))  # fmt: skip
        st.button(_("Next"), icon=":material/chevron_right:", shortcut="Right", disabled=place + 1 == len(page.frames),
                  on_click=page.show, args=(place + 1,))  # fmt: skip
        keeps = page.keeps(one)
        st.button(_("Leave out") if keeps else _("Keep"), icon=":material/remove:" if keeps else ":material/check:",
                  shortcut="Space", on_click=page.keep, args=([one], not keeps))  # fmt: skip
        st.markdown(
            _(
                "{place} of {n:,} at **{time}**{also}",
                place=place + 1,
                n=len(page.frames),
                time=clock(one.candidate.seconds),
                also=_also(page, one),
            )
        )
    picture = frame(page.film, one.name)
    if picture:
        with st.container(key="film-large"):
            st.image(picture, width="stretch", alt=_("The picture at {time}", time=clock(one.candidate.seconds)))
    else:
        st.warning(_("This picture was deleted. Find the pictures again."), icon=":material/broken_image:")


def _also(page: Page, one: FilmFrame) -> str:
    if not any(one is best for best in page.telling.best):
        return ""
    times = [clock(other.candidate.seconds) for other in page.telling.also(one)]
    more = _(" and {n} more", n=len(times) - 5) if len(times) > 5 else ""
    return _(", also at {times}{more}", times=", ".join(times[:5]), more=more) if times else ""


@st.cache_data(max_entries=8, show_spinner=False)
def _points_of(digest: str, names: tuple[str, ...], _vectors: np.ndarray) -> np.ndarray:
    return project(_vectors, exact=len(_vectors) > WAITED_FOR)


def _map(page: Page) -> None:
    names = tuple(one.name for one in page.frames)
    with st.spinner(_("Drawing the map")):
        points = _points_of(page.film.digest, names, np.stack([one.vector for one in page.frames]))
    st.caption(_("Draw around pictures with the lasso to keep them, or to leave them out."))
    made = figure(points, marks_of(page.telling))
    made.update_layout(height=460, template=None, paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)")
    chosen = st.plotly_chart(
        made, key=f"map-{page.film.digest}", on_select="rerun", selection_mode=("lasso", "box", "points"),
        alt=_("Frames of the film as points; near ones look alike"),
    )  # fmt: skip
    frames = [page.frames[place] for place in _points(chosen) if place < len(page.frames)]
    if not frames:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(count(len(frames), "picture"))
        st.button(_("Keep these"), icon=":material/check:", on_click=page.keep, args=(frames, True))
        st.button(_("Leave these out"), icon=":material/remove:", on_click=page.keep, args=(frames, False))
    times = [clock(one.candidate.seconds) for one in frames[:12]]
    st.image([frame(page.film, one.name) for one in frames[:12]], width=140, caption=times, alt=times)


def _kept(page: Page) -> None:
    kept = [one for one in page.frames if page.keeps(one)]
    st.subheader(count(len(kept), "picture"))
    if not kept:
        st.caption(_("No picture is kept."))
        return
    st.download_button(
        _("Save pictures"), data=lambda: _zip(page, kept), file_name=f"{page.film.name.rpartition('/')[2]}.zip",
        mime="application/zip", icon=":material/download:", type="primary", on_click="ignore",
    )  # fmt: skip
    there = [(one, picture) for one in kept[:SHOWN] if (picture := frame(page.film, one.name))]
    times = [clock(one.candidate.seconds) for one, _picture in there]
    st.image([picture for _one, picture in there], width=170, caption=times, alt=times)
    if len(kept) > SHOWN:
        st.caption(_("and {n:,} more", n=len(kept) - SHOWN))


def _zip(page: Page, kept: list[FilmFrame]) -> bytes:
    """The pictures, full size, each with its time and film in its metadata."""
    shots = {shot.number: shot for shot in page.telling.gathered.shots}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as written:
        for one in kept:
            if picture := frame(page.film, one.name):
                name = picture_name(page.telling.gathered.film.name.rpartition("/")[2], one, "jpg")
                written.writestr(name, stamped(picture, page.telling.gathered.film, one, shots[one.shot]))
    return packed.getvalue()
