"""The command-line door: arguments -> pipeline -> destination."""

from __future__ import annotations

import errno
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from terminal import (
    EXAMPLES,
    UNDO_EXAMPLES,
    WHOLE,
    confirmed,
    err,
    out,
    progress_bars,
    say_decisions,
    say_held,
    say_models,
    say_summary,
    say_undone,
    shown,
)
from unipic.errors import Cancelled, DestinationError, DiskFull, SettingsError, SourceError, UnipicError
from unipic.progress import Progress
from unipic.rules import PREFERENCES, Rules
from unipic.settings import PRESETS, Settings, changed, data_folder, load_config, models_folder, seconds

if TYPE_CHECKING:  # what the work needs is imported when there is work: --help answers at once
    from unipic.destinations.aside import AsideDestination, Moved
    from unipic.destinations.base import Destination
    from unipic.evidence import Evidence
    from unipic.proposal import Proposal
    from unipic.review import Choices, Outcome
    from unipic.sources.base import Source

FAILED, MISUSED, NO_ROOM, STOPPED = 1, 2, 3, 130

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Find what is the same picture and what is the same moment, and get a clean gallery. Originals are only read.",
)
models_app = typer.Typer(no_args_is_help=False, help="What models are here; [b]models fetch[/b] gets what is not.")
app.add_typer(models_app, name="models")


@app.command(epilog=EXAMPLES)
def clean(
    photos: Annotated[list[Path], typer.Argument(help="Folders or files, read recursively and never changed.")],
    zip_path: Annotated[Path | None, typer.Option("--zip", help="Write the clean gallery as this ZIP.")] = None,
    to: Annotated[Path | None, typer.Option("--to", help="Copy the clean gallery into this folder.")] = None,
    list_path: Annotated[
        Path | None,
        typer.Option("--list", help="Write what becomes of every file, as .csv or .json; alone, or besides."),
    ] = None,
    move_aside: Annotated[
        bool, typer.Option("--move-aside", help="Move copies into a dated folder among PHOTOS; undo takes it back.")
    ] = False,
    yes: Annotated[
        int | None, typer.Option("--yes", help="With --move-aside, without asking: the exact number of files to move.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The whole result as JSON on standard output.")] = False,
    best_only: Annotated[
        bool, typer.Option("--best-only", help="Of similar shots keep the recommended one. Default: keep them all.")
    ] = False,
    protect: Annotated[
        list[str] | None,
        typer.Option("--protect", help="A folder in PHOTOS: its photos always stay. May be repeated."),
    ] = None,
    prefer: Annotated[
        list[str] | None, typer.Option("--prefer", help="Of copies keep the one in this folder. May be repeated.")
    ] = None,
    avoid: Annotated[
        list[str] | None, typer.Option("--avoid", help="Of copies set aside the one in this folder. May be repeated.")
    ] = None,
    keep: Annotated[
        list[str] | None, typer.Option("--keep", help=f"Prefer what is {', '.join(PREFERENCES)}. May be repeated.")
    ] = None,
    decided: Annotated[
        bool, typer.Option("--decided", help="Follow what you decided about these photos in the web app.")
    ] = False,
    similarity: Annotated[
        float | None,
        typer.Option("--similarity", help="0 to 100: how alike shots of one moment are. Default: 90."),
    ] = None,
    near: Annotated[
        float | None,
        typer.Option("--near", help="0 to 100: how exactly the pixels of a copy agree. Default: 50."),
    ] = None,
    grouping: Annotated[str | None, typer.Option("--grouping", help="greedy, dbscan or components.")] = None,
    prompt: Annotated[str | None, typer.Option("--prompt", help="What a good photo is, in your words (CLIP).")] = None,
    preset: Annotated[str | None, typer.Option("--preset", help=f"A ready-made prompt: {', '.join(PRESETS)}.")] = None,
    time_window: Annotated[
        str | None, typer.Option("--time-window", help="Similar shots must lie within it: 48s, 2m, 1h.")
    ] = None,
    encoder: Annotated[str | None, typer.Option("--encoder", help="auto, unipic, mobilenet or builtin.")] = None,
    ranker: Annotated[str | None, typer.Option("--ranker", help="auto, clip or builtin.")] = None,
    taste: Annotated[
        bool, typer.Option("--taste", help="Rank by what your choices in the web app taught, where that proved better.")
    ] = False,
    device: Annotated[str | None, typer.Option("--device", help="auto, cpu or cuda.")] = None,
    workers: Annotated[int | None, typer.Option("--workers", help="Decode processes (else one per core).")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Do not try to fetch missing models.")] = False,
    config: Annotated[Path | None, typer.Option("--config", help="A TOML file with any of these settings.")] = None,
) -> None:
    """Find copies and similar shots in PHOTOS and write a clean gallery."""
    from unipic.destinations.base import outside
    from unipic.review import accept_all, outcomes
    from unipic.sources.folder import FolderSource

    with _clear_answers(as_json):
        settings = _settings(
            config,
            similar=similarity,
            near=near,
            grouping=grouping,
            prompt=prompt,
            preset=preset,
            time_window=seconds(time_window) if time_window else None,
            encoder=encoder,
            ranker=ranker,
            taste=taste or None,
            device=device,
            workers=workers,
            fetch=False if offline else None,
        )
        ways = sum(map(bool, (zip_path, to, move_aside, dry_run)))
        if ways > 1 or not (ways or list_path):
            all_ways = "--zip FILE, --to FOLDER, --move-aside or --dry-run"
            raise SettingsError(f"say where the result goes: exactly one of {all_ways}")
        if yes is not None and not move_aside:
            raise SettingsError("--yes N confirms --move-aside, which was not given")
        source = FolderSource(photos)
        destination, target = _destination(zip_path, to), zip_path or to
        if destination and target:  # what is wrong with the place is said before the work, not after it
            outside(target, photos)
            destination.ready()
        aside = _aside(photos) if move_aside else None
        listing = _listing(list_path, photos)
        with progress_bars(quiet=as_json) as progress:
            evidence = _looked(source, settings, progress)
            rules = _rules(evidence, protect, prefer, avoid, keep)
            proposal, choices = _proposed(evidence, settings, rules, decided)
            choices = accept_all(proposal, choices) if best_only else choices
            everything = outcomes(proposal, choices)
            written = destination.write(everything, progress) if destination else []
            if listing:
                listing.write(everything, progress)
        problems = [f"{entry.item.outcome.file.name} {entry.problem}" for entry in written if entry.problem]
        moved = _moved(aside, everything, yes, as_json) if aside else None
        problems += moved.problems if moved else ()
        if as_json:
            where: dict[str, Any] = {"written_to": str(target) if target else None, "problems": problems}
            if moved:
                where["set_aside"] = {"files": moved.files, "folders": [str(folder) for folder in moved.folders]}
            from unipic.record import result_to_dict

            print(json.dumps(result_to_dict(proposal, choices) | where, ensure_ascii=True))
        else:
            say_summary(proposal, choices, [path for path in (target, list_path) if path], problems, moved)


@models_app.callback(invoke_without_command=True)
def models(context: typer.Context, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """List every model: what it is for, its licence, and whether it is here."""
    if context.invoked_subcommand:
        return
    from unipic.vision.registry import inventory

    with _clear_answers(as_json):
        found = inventory(models_folder())
        if as_json:
            facts = ("name", "label", "use", "licence", "shipped")
            print(json.dumps([{f: getattr(m, f) for f in facts} | {"status": s.state} for m, s in found]))
        else:
            say_models(found, models_folder())


@models_app.command()
def fetch(
    names: Annotated[list[str] | None, typer.Argument(help="Which; all that are missing if none.")] = None,
) -> None:
    """Fetch missing weights into the models folder. Every file's sha256 is checked."""
    from unipic.vision.fetch import fetch as fetch_model
    from unipic.vision.registry import inventory

    with _clear_answers(False):
        known = {model.name: model for model, _ in inventory(models_folder())}
        unknown = set(names or ()) - set(known)
        if unknown:
            raise SettingsError(f"there is no model {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        with progress_bars() as progress:
            for name in names or [name for name, model in known.items() if not model.shipped]:
                fetch_model(name, models_folder(), progress)
        out.print(f"All weights are in {shown(models_folder())}.", **WHOLE)


@app.command()
def samples(folder: Annotated[Path, typer.Argument(help="A new folder.")]) -> None:
    """Make a small sample gallery to try things on, without any network."""
    from unipic.sources.samples import make_samples

    with _clear_answers(False):
        if folder.exists():
            raise DestinationError(f"{folder} is there already; name a new folder")
        make_samples(folder)
        out.print(f"Made. Now try:  python src/main.py clean {shown(folder)} --dry-run", **WHOLE)


@app.command()
def decisions(
    as_json: Annotated[bool, typer.Option("--json", help="All of it, for another program.")] = False,
    forget: Annotated[list[str] | None, typer.Option("--forget", help="Take back the one with this id.")] = None,
) -> None:
    """List what was decided in the web app and is remembered: what belongs together, what does not, what stays."""
    from dataclasses import asdict

    from unipic.catalogue import Catalogue

    with _clear_answers(as_json):
        catalogue = Catalogue(data_folder())
        known = {ruling.id: ruling for ruling in catalogue.all()}
        if unknown := set(forget or ()) - known.keys():
            raise SettingsError(f"there is no decision {', '.join(sorted(unknown))}")
        catalogue.remove(forget or ())
        left = [ruling for id, ruling in known.items() if id not in (forget or ())]
        if as_json:
            print(json.dumps([asdict(ruling) for ruling in left], ensure_ascii=True))
        else:
            say_decisions(left)


@app.command(epilog=UNDO_EXAMPLES)
def undo(
    folder: Annotated[
        Path | None, typer.Argument(help="Where to look. Default: all that was set aside from here.")
    ] = None,
    only_list: Annotated[bool, typer.Option("--list", help="Only say what is set aside, and where.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The whole answer as JSON on standard output.")] = False,
) -> None:
    """Put back what [b]clean --move-aside[/b] moved: each file to where it was, and over nothing."""
    from dataclasses import asdict

    from unipic.destinations.quarantine import KNOWN, quarantines, remembered
    from unipic.destinations.undo import held, undo_all

    with _clear_answers(as_json):
        if folder and not folder.is_dir():
            raise SourceError(f"{folder} is no folder")
        places = [folder] if folder else remembered(data_folder() / KNOWN)
        if only_list:
            there = [held(one) for one in quarantines(*places)]
            print(json.dumps([asdict(one) for one in there], default=str)) if as_json else say_held(there)
            return
        with progress_bars(quiet=as_json) as progress:
            undone = undo_all(*places, progress=progress)
        print(json.dumps([asdict(one) for one in undone], default=str)) if as_json else say_undone(undone)
        if any(one.problems for one in undone):
            raise typer.Exit(FAILED)


@app.command(hidden=True)
def work(run_folder: Path) -> None:
    """Do the work of one run of the web app, in this process, and leave the result in its folder."""
    from unipic.job import work_on
    from utils import look

    sys.exit(work_on(run_folder, look))


def _settings(config: Path | None, **given: Any) -> Settings:
    settings = load_config(config) if config else Settings()
    return changed(settings, {name: value for name, value in given.items() if value is not None})


def _destination(zip_path: Path | None, to: Path | None) -> Destination | None:
    from unipic.destinations.folder import FolderDestination
    from unipic.destinations.zip import ZipDestination

    if zip_path:
        return ZipDestination(zip_path)
    return FolderDestination(to) if to else None


def _listing(path: Path | None, photos: list[Path]) -> Destination | None:
    """What is wrong with the list's place is said before the work."""
    from unipic.destinations.base import outside
    from unipic.destinations.list import ListDestination

    if path is None:
        return None
    listing = ListDestination(path)
    outside(path, photos)
    listing.ready()
    return listing


def _aside(photos: list[Path]) -> AsideDestination:
    """What is wrong with the folders is said before the work."""
    from unipic.destinations.aside import AsideDestination
    from unipic.destinations.quarantine import KNOWN

    aside = AsideDestination(photos, data_folder() / KNOWN)
    aside.ready()
    return aside


def _moved(aside: AsideDestination, everything: list[Outcome], yes: int | None, quiet: bool) -> Moved:
    """After the number was confirmed, and no more than that."""
    plan = aside.plan(everything)
    most = confirmed(plan.files, plan.bytes, yes)
    with progress_bars(quiet=quiet) as progress:
        return aside.write(plan, most, progress)


def _looked(source: Source, settings: Settings, progress: Progress) -> Evidence:
    from unipic.thumbnails import Thumbnails
    from unipic.tools import open_tools
    from utils import look

    folder = tempfile.mkdtemp(prefix="unipic-")
    try:
        with open_tools(settings, models_folder(), Thumbnails(Path(folder)), progress) as tools:
            return look(source, tools, settings, progress)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _rules(evidence: Evidence, *given: list[str] | None) -> Rules:
    """SettingsError for a folder no photo lies in: a slip of the pen must not leave a folder unprotected."""
    from unipic.rules import folders

    protect, prefer, avoid, keep = (tuple(words or ()) for words in given)
    known = folders(evidence.gallery.photos)
    for folder in (*protect, *prefer, *avoid):
        if folder.rstrip("/") not in known:
            raise SettingsError(f"no photo lies in {folder!r}; there are {', '.join(known[:20]) or 'no folders'}")
    try:
        return Rules(protect, prefer, avoid, keep)
    except ValueError as error:
        raise SettingsError(str(error)) from None


def _proposed(evidence: Evidence, settings: Settings, rules: Rules, decided: bool) -> tuple[Proposal, Choices]:
    from unipic.catalogue import Catalogue
    from unipic.proposal import propose
    from unipic.review import recalled
    from unipic.rulings import Bonds
    from utils import arrange

    digests = [photo.digest for photo in evidence.gallery.photos]
    catalogue = Catalogue(data_folder())
    rulings = catalogue.about(digests) if decided else []
    first_seen = catalogue.meet(digests) if rulings else {}
    proposal = propose(arrange(evidence, settings, Bonds(rulings, first_seen)), rules)
    return proposal, recalled(proposal.groups, rulings)


@contextmanager
def _clear_answers(as_json: bool) -> Iterator[None]:
    """Every way to fail ends in one message that says what to do, and an exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    try:
        yield
    except KeyboardInterrupt:
        err.print("\nStopped. Originals are as they were, and nothing half-written was left behind.")
        raise typer.Exit(STOPPED) from None
    except (UnipicError, OSError) as error:
        if as_json:
            print(json.dumps({"error": str(error)}))
        err.print(f"[bold red]error:[/] {shown(error)}", **WHOLE)
        no_room = isinstance(error, DiskFull) or getattr(error, "errno", None) == errno.ENOSPC
        misused, stopped = isinstance(error, SettingsError | SourceError), isinstance(error, Cancelled)
        raise typer.Exit(NO_ROOM if no_room else MISUSED if misused else STOPPED if stopped else FAILED) from None


if __name__ == "__main__":
    app()
