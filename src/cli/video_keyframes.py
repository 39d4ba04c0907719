"""`video keyframes`: the pictures that tell a film."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.app import FAILED, NOTHING_FOUND, PARTLY, before_the_work, clear_answers
from cli.examples import examples
from cli.options import Encoding, Machine, settings_by, with_groups
from cli.terminal import WHOLE, out, progress_bars, say_note, shown
from cli.video import video
from cli.video_options import Groups, Named, Where, Which
from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _, retold
from unipic.core.settings import Settings, changed, memory_folder, models_folder, seconds
from unipic.core.words import count, duration

if TYPE_CHECKING:
    from unipic.core.photo import Found
    from unipic.core.progress import Progress
    from unipic.library.frames import FilmRows
    from unipic.tools import Tools
    from unipic.video.keyframes import Asked
    from unipic.video.telling import Telling, Wish

ENCODERS = ("auto", "unipic", "mobilenet", "builtin")
EXAMPLES = examples(
    (_("The pictures that tell a film, into a new folder:"), "video keyframes holiday.mp4 --to pictures"),
    (
        _("The 22 most different ones, and what would be written without writing it:"),
        "video keyframes talk.mkv --count 22 --to pictures --dry-run",
    ),
    (
        _("By DBSCAN as in Piaggio, which frames of one scene hang together by:"),
        "video keyframes -v talk.mp4 -o pictures --grouping dbscan -e 0.2 -s 2 -t cosine",
    ),
    codes=(0, 1, 2, 3, 4, 5, 130),
)


@video.command(epilog=EXAMPLES)
@with_groups
def keyframes(
    where: Where,
    which: Which,
    groups: Groups,
    named: Named,
    encoding: Encoding,
    machine: Machine,
    films: Annotated[list[Path] | None, typer.Argument(help=_("Films. They are only read."))] = None,
) -> None:
    """Find the pictures that tell a film: sharp, none black, none twice."""
    with clear_answers(where.as_json):
        encoding = replace(encoding, encoder=_encoder(named.model, encoding.encoder))
        settings = changed(settings_by(encoding, machine), {"ranker": "builtin"})  # scores are measured, not asked for
        paths = [*(films or ()), *(named.film or ())]
        if named.folder:
            _folder(named.folder, paths, where, groups, encoding, machine)
            return
        _check(where, paths)
        asked, wish = asked_of(which, settings), _wish(which, groups)
        told, problems = list[dict[str, Any]](), list[str]()
        with progress_bars(quiet=where.as_json) as progress, _opened(settings, where.fresh, progress) as tools:
            for file in found_films(paths):
                telling, problem = _one(file, asked, wish, tools, where, progress)
                problems += [f"{file.name} {retold(problem)}"] if problem else []
                told += [telling] if telling else []
        _say(told, problems, where)
        if problems or not any(one["pictures"] for one in told):
            raise typer.Exit(NOTHING_FOUND if not problems else PARTLY if told else FAILED)


def _check(where: Where, paths: list[Path]) -> None:
    """SettingsError for arguments that cannot be meant."""
    from unipic.destinations.keyframes import folder_ready
    from unipic.video.cut_lists import kind_of

    if not paths:
        raise SettingsError(_("name a film, or a folder of photos with -d"))
    if where.to is None and not where.dry_run:
        raise SettingsError(_("choose where the pictures go: --to FOLDER, or --dry-run"))
    if (where.plot_here or where.images_here) and where.to is None:
        raise SettingsError(_("-p and -i draw into the output folder: name it with --to"))
    lists = [path for path in (where.shots, where.plot, where.plot_images, where.plot_html) if path]
    if lists and len(paths) > 1:
        raise SettingsError(_("a list of shots and a map are of one film: name only one"))
    with before_the_work():
        if where.shots:
            kind_of(where.shots)
        for path in lists:
            free(path)
        if where.to:
            folder_ready(where.to)


def free(path: Path) -> None:
    """DestinationError if a file cannot be written there."""
    from unipic.destinations.base import file_ready

    file_ready(path, replace=False)


def _encoder(short: str | None, long: str | None) -> str | None:
    name = long or short
    if short and short not in ENCODERS:
        raise SettingsError(
            _(
                "-m {short}: frames are compared by one of {encoders}. CLIP serves search and ranking",
                short=short,
                encoders=", ".join(ENCODERS),
            )
        )
    return name


def asked_of(which: Which, settings: Settings = Settings()) -> Asked:  # noqa: B008  frozen
    """What is asked of each film. SettingsError."""
    from unipic.video.detectors import installed
    from unipic.video.keyframes import Asked

    if problem := installed(which.detector):
        raise SettingsError(problem)
    if which.format not in ("jpg", "png"):
        raise SettingsError(_("--format is jpg or png, not {format}", format=which.format))
    return Asked(
        "",
        detector=which.detector,
        every=seconds(which.every) if which.every else 0.0,
        fast=which.fast,
        limit=seconds(which.limit) if which.limit else float("inf"),
        format="png" if which.format == "png" else "jpg",
        limits=settings.films,
    )


def _wish(which: Which, groups: Groups) -> Wish:
    from unipic.video.keyframe_groups import Grouped
    from unipic.video.telling import Wish

    if which.per_shot not in ("auto", "1"):
        raise SettingsError(_("--per-shot is auto or 1, not {per_shot}", per_shot=which.per_shot))
    dbscan = groups.grouping is None and (groups.min_samples is not None or groups.metric is not None)
    grouped = Grouped(
        grouping=groups.grouping or ("dbscan" if dbscan else "greedy"),
        similar=groups.similar or 90.0,
        epsilon=groups.epsilon,
        metric=groups.metric or "cosine",
        min_samples=groups.min_samples or 2,
        count=which.count,
    )
    return Wish("1" if which.per_shot == "1" else "auto", which.keep_technical, grouped)


def found_films(paths: list[Path]) -> Iterator[Found]:
    """The files as films that may be. SettingsError for what is no file."""
    from unipic.core.photo import Found
    from unipic.sources.base import stamp

    stems = Counter(path.stem for path in paths)
    for path in paths:
        try:
            status = path.stat()
        except OSError as error:
            raise SettingsError(_("{path} cannot be opened: {strerror}", path=path, strerror=error.strerror)) from error
        if not path.is_file():
            raise SettingsError(_("{path} is no film; a folder of photos goes with -d", path=path))
        whole = path.absolute()
        # Pictures are named by their film: films of one name get their folder's too.
        name = path.name if stems[path.stem] == 1 else f"{whole.parent.name} {path.name}"
        yield Found(str(path), name, str(whole), status.st_size, stamp(status))


def _opened(settings: Settings, fresh: bool, progress: Progress) -> Any:
    from unipic.tools import open_tools

    return open_tools(settings, models_folder(), None if fresh else memory_folder(), progress)


def _rows(asked: Asked, tools: Tools) -> FilmRows:
    from unipic.library.index import StoredIndex
    from unipic.video.gathered import rows_for

    assert isinstance(tools.index, StoredIndex)
    return rows_for(asked, tools.encoder, tools.index)


def _one(
    file: Found, asked: Asked, wish: Wish, tools: Tools, where: Where, progress: Progress
) -> tuple[dict[str, Any] | None, str]:
    """What was found in one film, and its problem. One that cannot be read costs nothing but itself."""
    from unipic.destinations.keyframes import planned, write_list, write_pictures
    from unipic.video.cut_lists import cut_list, kind_of
    from unipic.video.film import NotAFilm
    from utils import keyframes as story

    rows = _rows(asked, tools)
    try:
        telling = story(file, asked, wish, tools, rows, progress)
    except NotAFilm as error:
        return None, str(error)
    found = telling.gathered
    if where.to and not where.dry_run and telling.best:
        write_pictures(telling, rows, where.to, asked.format, progress)
    if where.shots and not where.dry_run:
        write_list(where.shots, cut_list(found.film, found.shots, kind_of(where.shots)))
    _draw(telling, rows, where)
    packets = count(found.damaged, "damaged packet")
    skipped = _("has {packets}; they were skipped", packets=packets) if found.damaged else ""
    problem = found.problem or skipped
    return _told(telling, planned(telling, asked.format)) | {"problem": problem}, problem


def _told(telling: Telling, names: list[str]) -> dict[str, Any]:
    """A film's pictures for JSON and the summary."""
    film, found = telling.gathered.film, telling.gathered
    return {
        "film": film.name,
        "sha256": film.digest,
        "seconds": film.seconds,
        "shots": [vars(shot) for shot in found.shots],
        "frames": len(telling.frames),
        "singles": telling.singles,
        "technical": dict(telling.technical()),
        "remembered": found.remembered,
        "pictures": [
            {
                "name": name,
                "seconds": frame.candidate.seconds,
                "shot": frame.shot,
                "also_at": [other.candidate.seconds for other in telling.also(frame)],
                "note": frame.candidate.note,
            }
            for name, frame in zip(names, telling.best, strict=True)
        ],
    }


def _draw(telling: Telling, rows: FilmRows, where: Where) -> None:
    """The maps that were asked for."""
    from unipic.video.telling_map import draw

    plot = where.plot or (where.to / "plot.png" if where.to and where.plot_here else None)
    images = where.plot_images or (where.to / "plot-images.png" if where.to and where.images_here else None)
    if not where.dry_run and telling.frames and (plot or images or where.plot_html):
        draw(telling, rows, plot, images, where.plot_html)


def _say(told: list[dict[str, Any]], problems: list[str], where: Where) -> None:
    if where.as_json:
        print(json.dumps({"films": told, "problems": problems, "written_to": str(where.to) if where.to else None}))
        return
    from unipic.video.gathered import clock

    for one in told:
        found = _(
            "{shots}, {scenes}, {singles:,} of one frame",
            shots=count(len(one["shots"]), "shot"),
            scenes=count(len(one["pictures"]), "scene"),
            singles=one["singles"],
        )
        out.print(f"[b]{shown(one['film'])}[/b]  {found}", **WHOLE)
        for picture in one["pictures"]:
            also = [clock(at)[:8] for at in picture["also_at"]]
            times = ", ".join(also[:6]) + (", ..." if len(also) > 6 else "")
            again = f"  {_('also at {times}', times=times)}" if also else ""
            out.print(f"  {shown(picture['name'])}{again}", **WHOLE)
        for kind, length in one["technical"].items():
            out.print(f"  [yellow]{_('left out:')}[/] {duration(length)} {retold(kind)}", **WHOLE)
    for note in problems:
        say_note(note, out)
    if where.to and not where.dry_run:
        out.print(_("Written to {to}.", to=shown(where.to)), **WHOLE)
    else:
        out.print(_("Dry run: nothing was written."), **WHOLE)


def _folder(
    folder: Path, paths: list[Path], where: Where, groups: Groups, encoding: Encoding, machine: Machine
) -> None:
    """A folder of photos, by `clean` with the best of each moment. Nothing counts as technical there."""
    from cli.clean import Kept, Output, clean
    from cli.from_immich import FromImmich
    from cli.options import Ranking, Sensitivity

    if paths:
        raise SettingsError(_("-d is for a folder of photos: name either films or a folder"))
    if where.to is None and not where.dry_run:
        raise SettingsError(_("choose where the pictures go: --to FOLDER, or --dry-run"))
    if groups.metric not in (None, "cosine") or groups.min_samples not in (None, 3):
        raise SettingsError(_("photos are compared by cosine, and DBSCAN makes groups of three: leave -t and -s out"))
    similar = _as_similarity(groups.epsilon, encoding) if groups.epsilon is not None else groups.similar
    output = Output(
        to=None if where.dry_run else where.to, dry_run=where.dry_run, as_json=where.as_json, fresh=where.fresh
    )
    clean.__wrapped__(  # type: ignore[attr-defined]
        [folder],
        output=output,
        kept=Kept(best_only=True),
        sensitivity=Sensitivity(similar=similar, grouping=groups.grouping),
        encoding=encoding,
        ranking=Ranking(),
        immich=FromImmich(),
        machine=machine,
    )


def _as_similarity(epsilon: float, encoding: Encoding) -> float:
    """The similarity of photos at this distance, as the encoder's calibration has it."""
    import math

    from unipic.vision.registry import Loader, open_encoder

    model, _notices = open_encoder(encoding.encoder or "auto", Loader(models_folder(), "cpu", False))
    odds = model.calibration.slope * (1 - epsilon - model.calibration.middle)
    return min(99.0, max(1.0, 100 / (1 + math.exp(-odds))))
