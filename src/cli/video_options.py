"""What `video keyframes` can be told."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.options import option

DETECTORS = "two-signal, adaptive, content, threshold, histogram, hash or transnetv2"
WHERE, WHICH, SCENE, FILMS = "Where the result goes", "Which pictures", "What is one scene", "Films"
_where, _which, _scene = map(option, (WHERE, WHICH, SCENE))


def _short(panel: str, help: str, *names: str) -> Any:
    """An option with a short name too."""
    return typer.Option(*names, help=help, rich_help_panel=panel)


@dataclass(frozen=True)
class Where:
    to: Annotated[Path | None, _short(WHERE, "Write the pictures into this folder.", "--to", "-o")] = None
    shots: Annotated[Path | None, _where("--shots", "Also write the shots: .csv, .edl, .otio or .ffmpeg.")] = None
    dry_run: Annotated[bool, _where("--dry-run", "Only print what would be written.")] = False
    as_json: Annotated[bool, _where("--json", "Print the whole result as JSON.")] = False
    fresh: Annotated[bool, _where("--fresh", "Ignore what is remembered of these films, and remember nothing.")] = False
    plot: Annotated[Path | None, _where("--plot", "Draw the map of all frames into this PNG.")] = None
    plot_images: Annotated[Path | None, _where("--plot-images", "The same with the frames themselves.")] = None
    plot_html: Annotated[Path | None, _where("--plot-html", "The same as a page to look into.")] = None
    plot_here: Annotated[bool, _short(WHERE, "--plot into the output folder.", "-p")] = False
    images_here: Annotated[bool, _short(WHERE, "--plot-images into the output folder.", "-i")] = False


@dataclass(frozen=True)
class Which:
    detector: Annotated[str, _which("--detector", f"What finds the shots: {DETECTORS}.")] = "two-signal"
    per_shot: Annotated[str, _which("--per-shot", "auto: more than one where the view changes; or 1.")] = "auto"
    every: Annotated[str | None, _which("--every", "A picture of each such piece, as 10s, not of each shot.")] = None
    count: Annotated[int, _which("--count", "Only so many, the most different.")] = 0
    keep_technical: Annotated[bool, _which("--keep-technical", "Keep black frames, test bars and the like.")] = False
    limit: Annotated[str | None, _which("--limit", "Look only at the beginning, as 60s.")] = None
    fast: Annotated[bool, _which("--fast", "Look only at frames that need no other: much faster, no cuts.")] = False
    format: Annotated[str, _which("--format", "jpg, or png without loss.")] = "jpg"


@dataclass(frozen=True)
class Groups:
    similar: Annotated[
        float | None, _scene("--similarity", "How alike frames of one scene are, 1 to 99. Default: 90.")
    ] = None
    grouping: Annotated[str | None, _scene("--grouping", "greedy, dbscan or components. Default: greedy.")] = None
    epsilon: Annotated[
        float | None, _short(SCENE, "The largest distance, in place of --similarity.", "--epsilon", "-e")
    ] = None
    min_samples: Annotated[
        int | None, _short(SCENE, "DBSCAN: frames that make a scene. Default: 2.", "--min-samples", "-s")
    ] = None
    metric: Annotated[
        str | None, _short(SCENE, "cosine, euclidean or cityblock. Default: cosine.", "--metric", "-t")
    ] = None


@dataclass(frozen=True)
class Named:
    """Other ways to name what is looked at."""

    film: Annotated[list[Path] | None, _short(FILMS, "A film, as the argument.", "--video", "-v")] = None
    folder: Annotated[
        Path | None, _short(FILMS, "A folder of photos: the best of each moment.", "--directory", "-d")
    ] = None
    model: Annotated[str | None, _short(FILMS, "The same as --encoder.", "-m")] = None
