"""`video shots` and `video split`: where the shots of a film are, as a list, and the film in pieces at them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.app import PARTLY, before_the_work, clear_answers
from cli.examples import examples
from cli.terminal import WHOLE, err, out, progress_bars, say_note, shown
from cli.video import video
from cli.video_keyframes import asked_of, found_films, free
from cli.video_options import DETECTORS, Which
from unipic.core.errors import UnipicError
from unipic.core.language import gettext as _, gettext_noop as N_, retold
from unipic.core.settings import COMMAND
from unipic.core.words import count

if TYPE_CHECKING:
    from unipic.video.film import Film
    from unipic.video.gathered import Gathered
    from unipic.video.keyframes import Asked

BEGINS = {"start": N_("start"), "cut": N_("cut"), "fade": N_("fade"), "mix": N_("mix")}  # how a shot does

EXAMPLES = examples(
    (
        _("A list of cuts for an editor, and the film in pieces at them:"),
        "video shots talk.mp4 --list talk.edl",
        "video split talk.mp4 --to pieces",
    ),
    codes=(0, 1, 2, 3, 4, 130),
)


@video.command(epilog=EXAMPLES)
def shots(
    film: Annotated[Path, typer.Argument(help=_("A film. It is only read."))],
    listing: Annotated[Path | None, typer.Option("--list", help=_("Write them: .csv, .edl, .otio or .ffmpeg."))] = None,
    detector: Annotated[
        str, typer.Option("--detector", help=_("What finds them: {detectors}.", detectors=DETECTORS))
    ] = "two-signal",
    limit: Annotated[str | None, typer.Option("--limit", help=_("Look only at the beginning, as 60s."))] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print the whole result as JSON."))] = False,
) -> None:
    """List the shots of a film: where each begins and ends, and how."""
    from unipic.destinations.keyframes import write_list
    from unipic.video.cut_lists import cut_list, kind_of

    with clear_answers(as_json):
        if listing:
            with before_the_work():
                kind_of(listing)
                free(listing)
        found = _shots(film, asked_of(Which(detector=detector, limit=limit)), as_json)
        if listing:
            write_list(listing, cut_list(found.film, found.shots, kind_of(listing)))
        if as_json:
            print(
                json.dumps(
                    {"film": found.film.name, "shots": [vars(one) for one in found.shots], "problem": found.problem}
                )
            )
        else:
            _say_shots(found, listing)
        if found.problem:
            raise typer.Exit(PARTLY)


@video.command(epilog=EXAMPLES)
def split(
    film: Annotated[Path, typer.Argument(help=_("A film. It is only read."))],
    to: Annotated[Path, typer.Option("--to", "-o", help=_("Write the pieces into this folder."))],
    detector: Annotated[
        str, typer.Option("--detector", help=_("What finds the shots: {detectors}.", detectors=DETECTORS))
    ] = "two-signal",
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Only print what would be written."))] = False,
) -> None:
    """Cut a film at its shots without coding it again, where it has pictures that need no other."""
    from unipic.destinations.keyframes import folder_ready, write_pieces
    from unipic.destinations.names import safe_name
    from unipic.video.decode import in_worker
    from unipic.video.split import ENDINGS, Job, key_times, muxer, pieces, written

    with clear_answers(False):
        with before_the_work():
            folder_ready(to)
        found = _shots(film, asked_of(Which(detector=detector)), False)
        keys = list(_whole(in_worker(key_times, found.film)))
        parts = pieces(found.film, found.shots, keys)
        ending = ENDINGS[muxer(found.film)]
        names = [safe_name(f"{film.stem}_{number:03d}.{ending}") for number in range(1, len(parts) + 1)]
        jobs = [partial(_written, partial(in_worker, written, Job(found.film, part))) for part in parts]
        paths = [] if dry_run else write_pieces(zip(names, jobs, strict=True), to)
        for name, part in zip(names, parts, strict=True):
            one = _("shot {number}", number=part.first)
            several = _("shots {first} to {last}", first=part.first, last=part.last)
            out.print(f"{shown(name)}  {one if part.first == part.last else several}", **WHOLE)
        joined = len(found.shots) - len(parts)
        if joined:
            err.print(
                _(
                    "{shots} stay with the one before: the film has no picture there that needs no other.",
                    shots=count(joined, "shot"),
                ),
                **WHOLE,
            )
        out.print(_("Written to {to}.", to=shown(to)) if paths else _("Dry run: nothing was written."), **WHOLE)


def _written(parts: Any) -> Iterator[Any]:
    return _whole(parts())


def _whole(results: Any) -> Iterator[Any]:
    """The results of a worker. UnipicError if it could not finish."""
    from unipic.reading.engines.base import Failure
    from unipic.video.film import NotAFilm

    try:
        for result in results:
            if isinstance(result, Failure):
                raise UnipicError(_("the film {reason}", reason=retold(result.reason)))
            yield result
    except NotAFilm as error:
        raise UnipicError(_("the film {reason}", reason=retold(str(error)))) from error


def _shots(film: Path, asked: Asked, quiet: bool) -> Gathered:
    """The shots of a film, without pictures. UnipicError."""
    from unipic.core.progress import Step
    from unipic.video.decode import in_worker
    from unipic.video.gathered import LOOKING, Gathered
    from unipic.video.keyframes import Along, Closed, Ended, look

    (file,) = found_films([film])
    its: Film = next(_whole(in_worker(_probed, file.path)))
    wanted = replace(asked, path=file.path, fps=its.fps, pictures=False)
    found, stopped, damaged = [], "", 0
    with progress_bars(quiet) as progress:
        progress(Step(LOOKING.name, 0, 0, ahead=(LOOKING,)))
        for told in _whole(in_worker(look, wanted)):
            if isinstance(told, Closed):
                found.append(told.shot)
            elif isinstance(told, Ended):
                stopped, damaged = told.stopped, told.damaged
                progress(Step(LOOKING.name, round(told.seconds), round(told.seconds), "second"))
            elif isinstance(told, Along):
                progress(Step(LOOKING.name, round(told.seconds), round(max(its.seconds, told.seconds)), "second"))
    return Gathered(replace(its, name=film.name), tuple(found), (), stopped, damaged)


def _probed(path: str) -> Iterator[Film]:
    from unipic.video.film import probe

    yield probe(path)


def _say_shots(found: Gathered, listing: Path | None) -> None:
    from unipic.video.gathered import clock

    for shot in found.shots:
        out.print(f"{shot.number:4d}  {clock(shot.start)}  {clock(shot.end)}  {_(BEGINS[shot.kind_in])}", **WHOLE)
    out.print(f"{count(len(found.shots), 'shot')}.", **WHOLE)
    if found.problem:
        say_note(f"{found.film.name} {retold(found.problem)}", out)
    if listing:
        out.print(_("Written to {listing}.", listing=shown(listing)), **WHOLE)


@video.command()
def sample(film: Annotated[Path, typer.Argument(help=_("A new file, as sample.mp4."))]) -> None:
    """Make a short film to try things out. Needs no network."""
    from unipic.video.sample_film import make_film

    with clear_answers(False):
        with before_the_work():
            free(film)
        make_film(film)
        out.print(
            _("Made. Now try:  {command} video keyframes {film} --dry-run", command=COMMAND, film=shown(film)), **WHOLE
        )
