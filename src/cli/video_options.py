"""What `video keyframes` can be told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.options import option
from unipic.core.language import gettext as _

DETECTORS = "two-signal, adaptive, content, threshold, histogram, hash or transnetv2"
WHERE, WHICH, SCENE, FILMS = _("Where the result goes"), _("Which pictures"), _("What is one scene"), _("Films")
_where, _which, _scene = map(option, (WHERE, WHICH, SCENE))


def _short(panel: str, help: str, *names: str) -> Any:
    """An option with a short name too."""
    return typer.Option(*names, help=help, rich_help_panel=panel)


@dataclass(frozen=True)
class Where:
    to: Annotated[Path | None, _short(WHERE, _("Write the pictures into this folder."), "--to", "-o")] = None
    shots: Annotated[Path | None, _where("--shots", _("Also write the shots: .csv, .edl, .otio or .ffmpeg."))] = None
    dry_run: Annotated[bool, _where("--dry-run", _("Only print what would be written."))] = False
    as_json: Annotated[bool, _where("--json", _("Print the whole result as JSON."))] = False
    fresh: Annotated[bool, _where("--fresh", _("Ignore what is remembered of these films, and remember nothing."))] = (
        False
    )
    plot: Annotated[Path | None, _where("--plot", _("Draw the map of all frames into this PNG."))] = None
    plot_images: Annotated[Path | None, _where("--plot-images", _("The same with the frames themselves."))] = None
    plot_html: Annotated[Path | None, _where("--plot-html", _("The same as a page to look into."))] = None
    plot_here: Annotated[bool, _short(WHERE, _("--plot into the output folder."), "-p")] = False
    images_here: Annotated[bool, _short(WHERE, _("--plot-images into the output folder."), "-i")] = False


@dataclass(frozen=True)
class Which:
    detector: Annotated[str, _which("--detector", _("What finds the shots: {detectors}.", detectors=DETECTORS))] = (
        "two-signal"
    )
    per_shot: Annotated[str, _which("--per-shot", _("auto: more than one where the view changes; or 1."))] = "auto"
    every: Annotated[str | None, _which("--every", _("A picture of each such piece, as 10s, not of each shot."))] = None
    count: Annotated[int, _which("--count", _("Only so many, the most different."))] = 0
    keep_technical: Annotated[bool, _which("--keep-technical", _("Keep black frames, test bars and the like."))] = False
    limit: Annotated[str | None, _which("--limit", _("Look only at the beginning, as 60s."))] = None
    fast: Annotated[bool, _which("--fast", _("Look only at frames that need no other: much faster, no cuts."))] = False
    format: Annotated[str, _which("--format", _("jpg, or png without loss."))] = "jpg"


@dataclass(frozen=True)
class Groups:
    similar: Annotated[
        float | None, _scene("--similarity", _("How alike frames of one scene are, 1 to 99. Default: 90."))
    ] = None
    grouping: Annotated[str | None, _scene("--grouping", _("greedy, dbscan or components. Default: greedy."))] = None
    epsilon: Annotated[
        float | None, _short(SCENE, _("The largest distance, in place of --similarity."), "--epsilon", "-e")
    ] = None
    min_samples: Annotated[
        int | None, _short(SCENE, _("DBSCAN: frames that make a scene. Default: 2."), "--min-samples", "-s")
    ] = None
    metric: Annotated[
        str | None, _short(SCENE, _("cosine, euclidean or cityblock. Default: cosine."), "--metric", "-t")
    ] = None


@dataclass(frozen=True)
class Named:
    """Other ways to name what is looked at."""

    film: Annotated[list[Path] | None, _short(FILMS, _("A film, as the argument."), "--video", "-v")] = None
    folder: Annotated[
        Path | None, _short(FILMS, _("A folder of photos: the best of each moment."), "--directory", "-d")
    ] = None
    model: Annotated[str | None, _short(FILMS, _("The same as --encoder."), "-m")] = None
