"""The command-line door: arguments -> pipeline -> destination."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import check, web  # noqa: F401 they register their commands
from cli.app import app, clear_answers
from cli.terminal import EXAMPLES, confirmed, progress_bars, say_summary
from unipic.core.errors import SettingsError
from unipic.core.progress import Progress
from unipic.core.settings import (
    PRESETS,
    Settings,
    changed,
    data_folder,
    load_config,
    memory_folder,
    models_folder,
    seconds,
)
from unipic.review.rules import PREFERENCES, SETS, Rules

if TYPE_CHECKING:  # what the work needs is imported when there is work: --help answers at once
    from unipic.cleanup.evidence import Evidence
    from unipic.destinations.aside import AsideDestination
    from unipic.destinations.base import Destination, Result
    from unipic.review.choices import Choices, Outcome
    from unipic.review.proposal import Proposal
    from unipic.sources.base import Source


@app.command(epilog=EXAMPLES)
def clean(
    photos: Annotated[list[Path], typer.Argument(help="Folders (with all subfolders) or files. They are only read.")],
    zip_path: Annotated[Path | None, typer.Option("--zip", help="Write the clean gallery to this ZIP.")] = None,
    to: Annotated[Path | None, typer.Option("--to", help="Copy the clean gallery into this folder.")] = None,
    list_path: Annotated[
        Path | None,
        typer.Option(
            "--list",
            help="Write a list of all files: kept or not, and why (.csv or .json).",
        ),
    ] = None,
    move_aside: Annotated[
        bool,
        typer.Option("--move-aside", help="Move copies into a dated folder in PHOTOS; undo puts them back."),
    ] = False,
    yes: Annotated[
        int | None,
        typer.Option("--yes", help="With --move-aside: confirm the number of files without being asked."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print what would happen.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole result as JSON.")] = False,
    best_only: Annotated[
        bool,
        typer.Option("--best-only", help="Keep only the recommended shot of each moment. Default: keep all."),
    ] = False,
    protect: Annotated[
        list[str] | None,
        typer.Option("--protect", help="A folder in PHOTOS whose photos always stay. May be repeated."),
    ] = None,
    prefer: Annotated[
        list[str] | None, typer.Option("--prefer", help="Keep the copy that is in this folder. May be repeated.")
    ] = None,
    avoid: Annotated[
        list[str] | None, typer.Option("--avoid", help="Set aside the copy that is in this folder. May be repeated.")
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", help=f"Prefer photos that are {', '.join(PREFERENCES)}. Repeatable."),
    ] = None,
    thin: Annotated[
        list[str] | None,
        typer.Option(
            "--thin",
            help=f"With --best-only: keep only the best shot of these series too: {', '.join(SETS)}. May be repeated.",
        ),
    ] = None,
    strip_location: Annotated[
        bool, typer.Option("--strip-location", help="Remove the location from every copy (needs exiftool).")
    ] = False,
    decided: Annotated[
        bool, typer.Option("--decided", help="Apply your decisions about these photos from the web app.")
    ] = False,
    similarity: Annotated[
        float | None,
        typer.Option("--similarity", help="How similar shots of one moment must be, 0 to 100. Default: 90."),
    ] = None,
    near: Annotated[
        float | None,
        typer.Option("--near", help="How exactly the pixels of copies must agree, 0 to 100. Default: 50."),
    ] = None,
    grouping: Annotated[str | None, typer.Option("--grouping", help="Grouping: greedy, dbscan or components.")] = None,
    prompt: Annotated[str | None, typer.Option("--prompt", help="A good photo in your words (needs CLIP).")] = None,
    preset: Annotated[str | None, typer.Option("--preset", help=f"A ready-made prompt: {', '.join(PRESETS)}.")] = None,
    time_window: Annotated[
        str | None, typer.Option("--time-window", help="Similar shots must be taken within this time: 48s, 2m, 1h.")
    ] = None,
    encoder: Annotated[
        str | None, typer.Option("--encoder", help="Comparing: auto, unipic, mobilenet, builtin.")
    ] = None,
    ranker: Annotated[str | None, typer.Option("--ranker", help="Ranking: auto, clip or builtin.")] = None,
    taste: Annotated[
        bool,
        typer.Option(
            "--taste",
            help="Rank by what your choices in the web app taught, if it is better.",
        ),
    ] = False,
    device: Annotated[str | None, typer.Option("--device", help="Where models run: auto, cpu or cuda.")] = None,
    workers: Annotated[int | None, typer.Option("--workers", help="Decode processes. Default: one per core.")] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Ignore what is remembered of these photos, and remember nothing.")
    ] = False,
    engine: Annotated[
        str | None, typer.Option("--engine", help="Where photos are read: local or ray (docs/scaling.md).")
    ] = None,
    ray_address: Annotated[
        str | None,
        typer.Option("--ray-address", help="host:port of a Ray cluster's head. Default: Ray on this machine."),
    ] = None,
    ray_store: Annotated[
        str | None,
        typer.Option("--ray-store", help="With --ray-address: a folder all nodes share, or s3://bucket/folder."),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Do not download missing models.")] = False,
    config: Annotated[Path | None, typer.Option("--config", help="A TOML file with any of these settings.")] = None,
) -> None:
    """Find copies and similar shots in PHOTOS and write a clean gallery."""
    from unipic.destinations.base import export, outside
    from unipic.review.choices import accept_all, outcomes
    from unipic.sources.folder import FolderSource

    with clear_answers(as_json):
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
            engine=engine,
            ray_address=ray_address,
            ray_store=ray_store,
            fetch=False if offline else None,
        )
        ways = sum(map(bool, (zip_path, to, move_aside, dry_run)))
        if ways > 1 or not (ways or list_path):
            all_ways = "--zip FILE, --to FOLDER, --move-aside or --dry-run"
            raise SettingsError(f"choose where the result goes: exactly one of {all_ways}")
        if yes is not None and not move_aside:
            raise SettingsError("--yes N confirms --move-aside, which was not given")
        if strip_location and not (zip_path or to):
            raise SettingsError("--strip-location needs --zip or --to")
        source = FolderSource(photos)
        destination, target = _destination(zip_path, to, strip_location), zip_path or to
        if destination and target:  # what is wrong with the place is said before the work, not after it
            outside(target, photos)
            destination.ready()
        aside = _aside(photos) if move_aside else None
        listing = _listing(list_path, photos)
        with progress_bars(quiet=as_json) as progress:
            evidence = _looked(source, settings, not fresh, progress)
            rules = _rules(evidence, protect, prefer, avoid, keep, thin)
            proposal, choices = _proposed(evidence, settings, rules, decided)
            choices = accept_all(proposal, choices) if best_only else choices
            everything = outcomes(proposal, choices)
            problems = list(export(destination, everything, progress).problems) if destination else []
            if listing:
                export(listing, everything, progress)
        moved = _moved(aside, everything, yes, as_json) if aside else None
        problems += moved.problems if moved else ()
        if as_json:
            where: dict[str, Any] = {"written_to": str(target) if target else None, "problems": problems}
            if moved:
                where["set_aside"] = {"files": moved.files, "folders": [str(folder) for folder in moved.folders]}
            from unipic.review.outcomes import result_to_dict

            print(json.dumps(result_to_dict(proposal, choices) | where, ensure_ascii=True))
        else:
            say_summary(proposal, choices, [path for path in (target, list_path) if path], problems, moved)


@app.command(hidden=True)
def work(run_folder: Path) -> None:
    """Do the work of one run of the web app in this process, and leave the result in its folder; -: wait for one."""
    from server.jobs import WAIT
    from server.worker import wait_for_work, work_on
    from utils import examine

    sys.exit(wait_for_work(examine) if str(run_folder) == WAIT else work_on(run_folder, examine))


def _settings(config: Path | None, **given: Any) -> Settings:
    settings = load_config(config) if config else Settings()
    return changed(settings, {name: value for name, value in given.items() if value is not None})


def _destination(zip_path: Path | None, to: Path | None, strip_location: bool) -> Destination | None:
    from unipic.destinations.folder import FolderDestination
    from unipic.destinations.zip import ZipDestination

    if zip_path:
        return ZipDestination(zip_path, strip_location=strip_location)
    return FolderDestination(to, strip_location) if to else None


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


def _moved(aside: AsideDestination, everything: list[Outcome], yes: int | None, quiet: bool) -> Result:
    """After the number was confirmed, and no more than that."""
    plan = aside.plan(everything)
    plan = plan.at_most(confirmed(plan.files, plan.bytes, yes))
    with progress_bars(quiet=quiet) as progress:
        return aside.carry_out(plan, progress)


def _looked(source: Source, settings: Settings, remember: bool, progress: Progress) -> Evidence:
    from unipic.tools import open_tools
    from utils import examine

    with open_tools(settings, models_folder(), memory_folder() if remember else None, progress) as tools:
        return examine(source, tools, settings, progress)


def _rules(evidence: Evidence, *given: list[str] | None) -> Rules:
    """SettingsError for a folder no photo lies in: a slip of the pen must not leave a folder unprotected."""
    from unipic.review.rules import folders

    protect, prefer, avoid, keep, thin = (tuple(words or ()) for words in given)
    known = folders(evidence.gallery.photos)
    for folder in (*protect, *prefer, *avoid):
        if folder.rstrip("/") not in known:
            raise SettingsError(f"no photo lies in {folder!r}; there are {', '.join(known[:20]) or 'no folders'}")
    try:
        return Rules(protect, prefer, avoid, keep, thin)
    except ValueError as error:
        raise SettingsError(str(error)) from None


def _proposed(evidence: Evidence, settings: Settings, rules: Rules, decided: bool) -> tuple[Proposal, Choices]:
    from unipic.cleanup.bonds import Bonds
    from unipic.library.decisions import Catalogue
    from unipic.review.choices import recalled
    from unipic.review.proposal import propose
    from utils import arrange

    digests = [photo.digest for photo in evidence.gallery.photos]
    catalogue = Catalogue(data_folder())
    rulings = catalogue.about(digests) if decided else []
    first_seen = catalogue.meet(digests) if rulings else {}
    proposal = propose(arrange(evidence, settings.thresholds, Bonds(rulings, first_seen)), rules)
    return proposal, recalled(proposal.groups, rulings)


if __name__ == "__main__":
    app()
