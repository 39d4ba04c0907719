"""A map of keyframes: vectors as points of a plane, drawn as a PNG or as a page that works without a server."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from unipic.core.files import atomic_file
from unipic.core.language import gettext as _, gettext_noop as N_
from unipic.core.words import count

SINGLE = -1  # label of a frame that is like no other
SEED = 0
MOST_POINTS = 5_000  # for t-SNE, which took 23 s for 5,160 points; above, only PCA
FEWEST_POINTS = 5  # below, neighbours tell t-SNE nothing
PERPLEXITY = 30.0  # scikit-learn's default; it must be below the number of points
STEPS = 500  # iterations of t-SNE; its neighbourhoods (trustworthiness at 10) were as good as after 1,000
INCHES, DOTS = (12.0, 8.0), 200  # 2,400 x 1,600 pixels
THUMBNAIL = 110  # pixels, the long side in the map
WITHOUT_GL = 2_000  # points that browsers draw well without WebGL, which not every one has
GREY = "#9aa0a6"
NOTE = N_("Near points look alike. Distances between groups mean little.")


@dataclass(frozen=True)
class Marks:
    """What is known of each point of a map; every sequence has one entry a point, or none at all."""

    labels: Sequence[int]  # the cluster, SINGLE for none
    best: Sequence[bool]  # the frame kept of its cluster
    names: Sequence[str] = ()  # for people, as "clip.mp4 00:41"
    thumbnails: Sequence[bytes] = ()  # JPEG or PNG


def project(vectors: np.ndarray, exact: bool = False) -> np.ndarray:
    """Vectors [N, D] -> points float32 [N, 2], the same for the same vectors.

    t-SNE on cosine distances, started from PCA with a fixed seed. PCA alone for more than MOST_POINTS or fewer than
    FEWEST_POINTS vectors, or with `exact`, which takes no time.
    """
    vectors = np.asarray(vectors, dtype=np.float64)
    flat = _pca(vectors)
    if exact or not FEWEST_POINTS <= len(vectors) <= MOST_POINTS or np.allclose(flat, flat[:1]):
        return flat
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (len(vectors) - 1) / 3)
    mapped = TSNE(
        2, init="pca", metric="cosine", perplexity=perplexity, max_iter=STEPS, random_state=SEED
    ).fit_transform(vectors)
    return np.asarray(mapped, dtype=np.float32)


def _pca(vectors: np.ndarray) -> np.ndarray:
    """The two directions of most variance [N, 2]; the sign is fixed, so that the map is not mirrored by chance."""
    if not len(vectors):
        return np.zeros((0, 2), np.float32)
    centred = vectors - vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    directions = directions[:2] * np.sign(directions[:2].sum(axis=1, keepdims=True) + 1e-12)
    points = np.zeros((len(vectors), 2), np.float32)
    points[:, : len(directions)] = centred @ directions.T
    return points


def save_png(points: np.ndarray, marks: Marks, path: Path, title: str) -> None:
    """Draw the map, 2,400 x 1,600 pixels; with thumbnails, they lie at the points. Needs no display."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Drawing

    drawing = Drawing(figsize=INCHES, dpi=DOTS, layout="constrained")
    canvas = FigureCanvasAgg(drawing)
    axes = drawing.add_subplot()
    labels, best, colours = np.asarray(marks.labels, int), np.asarray(marks.best, bool), _colours(marks.labels)
    for label in sorted(set(labels.tolist())):
        at = points[labels == label]
        axes.scatter(at[:, 0], at[:, 1], s=28, color=colours[label], label=_legend(label, len(at)))
    ringed = points[best & (labels != SINGLE)]
    axes.scatter(ringed[:, 0], ringed[:, 1], s=110, facecolors="none", edgecolors="black", linewidths=1.2)
    for place in np.argsort(best, kind="stable").tolist() if marks.thumbnails else ():  # the best on top
        _put(axes, points[place], marks.thumbnails[place])
    axes.set(title=title.replace("$", r"\$"), xticks=[], yticks=[], xlabel=_(NOTE))
    axes.margins(0.08)
    if 0 < len(colours) <= 24:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    with atomic_file(path) as file:
        canvas.print_png(file)


def _put(axes: Any, point: np.ndarray, thumbnail: bytes) -> None:
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    from unipic.reading.images import load_thumbnail

    picture = load_thumbnail(thumbnail)
    zoom = THUMBNAIL / max(picture.shape[:2]) * 72 / DOTS
    axes.add_artist(AnnotationBbox(OffsetImage(picture, zoom=zoom), tuple(point), frameon=False, pad=0))


def figure(points: np.ndarray, marks: Marks, title: str = "", dark: bool = False) -> Any:
    """The map as a figure of Plotly, a trace for each cluster; `customdata` is the place of each point, from 0."""
    from plotly.graph_objects import Figure, Scatter, Scattergl

    drawn = Scatter if len(points) <= WITHOUT_GL else Scattergl
    labels, names = np.asarray(marks.labels, int), marks.names or [""] * len(points)
    colours, best = _colours(marks.labels), np.asarray(marks.best, bool)
    made = Figure()
    for label in sorted(set(labels.tolist())):
        at = np.flatnonzero(labels == label)
        ring = np.where(best[at] & (label != SINGLE), 2, 0)
        made.add_trace(
            drawn(
                x=points[at, 0],
                y=points[at, 1],
                mode="markers",
                name=_legend(label, len(at)),
                customdata=at,
                text=[escape(names[i]) for i in at.tolist()],  # names are data: Plotly reads tags in texts
                hovertemplate="%{text}<extra></extra>",
                marker={"size": 10, "color": colours[label], "line": {"width": ring, "color": "#000"}},
            )
        )
    made.update_layout(
        title=escape(title) or None,
        template="plotly_dark" if dark else "plotly_white",
        dragmode="lasso",
        xaxis={"visible": False},
        yaxis={"visible": False, "scaleanchor": "x"},
        margin={"l": 10, "r": 10, "t": 50 if title else 10, "b": 30},
        annotations=[
            {
                "text": _(NOTE),
                "xref": "paper",
                "yref": "paper",
                "x": 0,
                "y": -0.04,
                "showarrow": False,
                "xanchor": "left",
            }
        ],
    )
    return made


HOVER = """
(function () {
  const map = document.getElementById("{plot_id}"), shown = document.createElement("img");
  shown.alt = "";
  shown.style.cssText = "position:fixed;right:12px;bottom:12px;max-width:280px;max-height:280px;border-radius:6px";
  document.body.append(shown);
  const pictures = PICTURES;
  map.on("plotly_hover", (event) => {
    const place = event.points[0].customdata;
    if (pictures[place]) shown.src = pictures[place];
  });
})();
"""


def save_html(points: np.ndarray, marks: Marks, path: Path, title: str) -> None:
    """Write the interactive map as one page of about 5 MB with everything in it: no server, no network.

    With thumbnails, the one under the pointer is shown.
    """
    import json

    pictures = [f"data:{_kind(one)};base64,{base64.b64encode(one).decode()}" for one in marks.thumbnails]
    script = HOVER.replace("PICTURES", json.dumps(pictures)) if pictures else None
    page = figure(points, marks, title).to_html(include_plotlyjs=True, full_html=True, post_script=script)
    with atomic_file(path) as file:
        file.write(page.encode())


def _kind(picture: bytes) -> str:
    return "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"


def _legend(label: int, points: int) -> str:
    return (
        count(points, "single") if label == SINGLE else _("group {number}: {points:,}", number=label + 1, points=points)
    )


def _colours(labels: Sequence[int]) -> Mapping[int, str]:
    """A colour for each label: hues by the golden angle, so that neighbouring numbers differ; singles are grey."""
    from colorsys import hls_to_rgb

    found = {SINGLE: GREY}
    for label in sorted({int(one) for one in labels} - {SINGLE}):
        rgb = hls_to_rgb(label * 0.381966 % 1, 0.42 + 0.12 * (label % 2), 0.65)
        found[label] = "#" + "".join(f"{round(255 * part):02x}" for part in rgb)
    return {label: found[label] for label in {int(one) for one in labels}}
