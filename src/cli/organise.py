"""`organise`: copy or link photos into a tree of folders, by groups, dates or events."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.app import NOTHING_FOUND, PARTLY, STOPPED, app, before_the_work, clear_answers
from cli.options import Encoding, Machine, Ranking, Sensitivity, option, settings_by, with_groups
from cli.organise_words import ORGANISE_EXAMPLES, say_tree
from cli.seed_flags import Seed
from cli.terminal import WHOLE, err, out, progress_bars, shown
from unipic.core.errors import Cancelled, SettingsError
from unipic.core.settings import Settings, changed, memory_folder, models_folder, seconds

if TYPE_CHECKING:  # what the work needs is imported when there is work: --help answers at once
    from unipic.albums.plan import Tree, Wish
    from unipic.cleanup.result import Cleanup
    from unipic.core.photo import Photo
    from unipic.core.progress import Progress
    from unipic.destinations.base import Result
    from unipic.destinations.tree import TreeDestination, TreePlan
    from unipic.reading.details import Details
    from unipic.reading.engines.base import Engine
    from unipic.sources.base import Source

_tree, _how = map(option, ("The tree", "How it is made"))


@dataclass(frozen=True)
class Layout:
    to: Annotated[Path | None, _tree("--to", "The folder to write the tree into. It may hold an earlier one.")] = None
    tree: Annotated[str, _tree("--tree", "groups (similar shots, each with its best) or dates.")] = "groups"
    pattern: Annotated[
        str,
        _tree("--pattern", "Folders of --tree dates, of {year} {month} {day} {hour} {camera} {event} {group} {ext}."),
    ] = "{year}/{month}/{day}"
    rename: Annotated[
        str, _tree("--rename", 'New names, as "{year}{month}{day}_{hour}{minute}{second}_{name}", or with {n}.')
    ] = ""
    best_only: Annotated[bool, _tree("--best-only", "Write only the recommended shot of each group.")] = False
    no_singles: Annotated[bool, _tree("--no-singles", "Leave out photos like no other.")] = False
    trust_mtime: Annotated[
        bool, _tree("--trust-mtime", "Use the file's own time for photos without a capture time.")
    ] = False

    def wish(self, only_copies: bool) -> Wish:
        """SettingsError for a pattern or a kind of tree that cannot be used."""
        from unipic.albums.plan import Wish

        kind: Any = self.tree
        return Wish(kind, self.pattern, self.rename, not self.no_singles, self.best_only, only_copies)


@dataclass(frozen=True)
class Making:
    link: Annotated[str, _how("--link", "copy (verified), reflink, hardlink or symlink.")] = "copy"
    absolute: Annotated[bool, _how("--absolute", "With --link symlink: links name the whole path.")] = False
    strip_location: Annotated[
        bool, _how("--strip-location", "Remove the location from every copy (needs exiftool).")
    ] = False
    limit: Annotated[int | None, _how("--limit", "Only the first N photos, by path.")] = None
    dry_run: Annotated[bool, _how("--dry-run", "Only print the tree. Nothing is written anywhere.")] = False
    watch: Annotated[bool, _how("--watch", "Go on: add new photos when they have arrived.")] = False
    every: Annotated[str, _how("--every", "With --watch: how often to look, as 60s, 5m, 1h.")] = "60s"
    fresh: Annotated[bool, _how("--fresh", "Ignore what is remembered of these photos, and remember nothing.")] = False
    as_json: Annotated[bool, _how("--json", "Print the plan and what became of it as JSON.")] = False

    def check(self) -> None:
        """SettingsError for options that exclude each other."""
        if self.watch and (self.dry_run or self.limit):
            raise SettingsError("--watch goes on for good; leave out --dry-run and --limit")
        if self.limit is not None and self.limit < 1:
            raise SettingsError(f"--limit is a number above 0, not {self.limit}")
        if self.absolute and self.link != "symlink":
            raise SettingsError("--absolute is for --link symlink")


@dataclass(frozen=True)
class Job:
    """One run over the photos."""

    photos: list[Path]
    to: Path
    wish: Wish
    settings: Settings
    layout: Layout
    making: Making
    stop: threading.Event

    def destination(self, tree: Tree, engine: Engine | None = None) -> TreeDestination:
        from unipic.destinations.linking import Linker
        from unipic.destinations.tree import How, TreeDestination, no_details

        link: Any = self.making.link
        details = partial(_details, engine) if engine else no_details
        how = How(Linker(link, self.making.absolute), self.making.strip_location, details, self.stop.is_set)
        return TreeDestination(self.to, tree, replace(how, locked=self.making.watch))


@app.command(epilog=ORGANISE_EXAMPLES)
@with_groups
def organise(
    layout: Layout,
    making: Making,
    sensitivity: Sensitivity,
    encoding: Encoding,
    ranking: Ranking,
    machine: Machine,
    seed: Seed,
    photos: Annotated[
        list[Path] | None, typer.Argument(help="Folders (with all subfolders) or files. They are only read.")
    ] = None,
) -> None:
    """Put PHOTOS into a tree of folders: by groups of similar shots, or by dates."""
    with clear_answers(making.as_json):
        seed.check()
        making.check()
        off = sensitivity.time_window in ("0", "0s")  # as in Photo Album Organizer: 0 means that time does not matter
        sensitivity = replace(sensitivity, time_window=None) if off else sensitivity
        settings = settings_by(sensitivity, encoding, ranking, machine)
        settings = changed(settings, seed.settings(lambda words: err.print(f"[yellow]note:[/] {words}", **WHOLE)))
        ranking.check(settings)
        making = replace(making, fresh=making.fresh or seed.force_fresh)
        given, to = [*(photos or ()), *(seed.source or ())], layout.to or seed.output
        if not given or to is None:
            raise SettingsError("name the folders with your photos, and the folder to write to with --to")
        job = Job(given, to, layout.wish(seed.only_copies), settings, layout, making, threading.Event())
        _ready(job)
        if making.watch:
            _watch(job)
        else:
            _once(job)


def _ready(job: Job) -> None:
    """What is wrong with the place is said before the work, not after it."""
    from unipic.albums.plan import Tree
    from unipic.destinations.base import outside
    from unipic.destinations.linking import WARNINGS

    with before_the_work():
        outside(job.to, job.photos)
        destination = job.destination(Tree(job.wish.tree, ()))
        destination.ready()
        destination.how.linker.check(job.to, map(str, job.photos))
    if words := WARNINGS.get(destination.how.linker.link):
        err.print(f"[yellow]note:[/] {words}", **WHOLE)


def _once(job: Job) -> None:
    from unipic.sources.folder import FolderSource
    from unipic.sources.part import First

    folder = FolderSource(job.photos)
    source = First(folder, job.making.limit) if job.making.limit else folder
    with progress_bars(quiet=job.making.as_json) as progress:
        cleanup, plan, result = _organised(job, source, progress)
    limited = f"{source.looked:,} of {source.found:,} looked at" if isinstance(source, First) else ""
    _say(job, cleanup, plan, result, limited)
    if result and result.problems:
        raise typer.Exit(PARTLY)
    if not cleanup.gallery.photos:
        raise typer.Exit(NOTHING_FOUND)


def _organised(job: Job, source: Source, progress: Progress) -> tuple[Cleanup, TreePlan, Result | None]:
    """One pass: find, plan, and write unless it is a dry run, which remembers nothing either."""
    from unipic.albums.plan import by_mtime, no_clock
    from unipic.review.choices import best_only
    from unipic.review.outcomes import outcomes
    from unipic.review.proposal import propose
    from unipic.tools import open_tools
    from utils import clean_gallery
    from utils import organise as planned

    memory = None if job.making.fresh or job.making.dry_run else memory_folder()
    with open_tools(job.settings, models_folder(), memory, progress) as tools:
        cleanup = clean_gallery(source, tools, job.settings, progress)
        proposal = propose(cleanup)
        choices = best_only(proposal.groups) if job.wish.best_only else {}
        everything = outcomes(proposal, choices, "nothing")
        tree = planned(cleanup, job.wish, job.to, clock=by_mtime if job.layout.trust_mtime else no_clock)
        destination = job.destination(tree, tools.engine)
        plan = destination.plan(everything)
        return cleanup, plan, None if job.making.dry_run else destination.carry_out(plan, progress)


def _details(engine: Engine, photos: list[Photo]) -> dict[str, Details]:
    """EXIF fields of the photos, read by workers; a photo that breaks its reader has none."""
    from unipic.reading.details import Details, read_details

    paths = {photo.path: photo.id for photo in photos}
    found = engine.map(read_details, list(paths))
    return {paths[path]: said for path, said in found if isinstance(said, Details)}


def _say(job: Job, cleanup: Cleanup, plan: TreePlan, result: Result | None, limited: str) -> None:
    from unipic.albums.plan import unsure_dates
    from unipic.destinations.outline import outline, to_dict

    notes = [*cleanup.notices, *(result.problems if result else ())]
    if job.wish.tree != "groups":
        notes += unsure_dates((*cleanup.gallery.photos,))
    if job.making.as_json:
        found = {**to_dict(plan), "to": str(job.to), "dry_run": result is None, "limited": limited, "notes": notes}
        print(json.dumps(found, ensure_ascii=True))
    else:
        say_tree(cleanup, outline(plan), plan.bytes, notes, limited)
        out.print(f"Written to {shown(job.to)}." if result else "Dry run: nothing was written.", **WHOLE)


def _watch(job: Job) -> None:
    """Look again and again, and add what has arrived. SIGTERM ends it after the group that is being written."""
    from unipic.core.files import make_folder
    from unipic.core.progress import Step
    from unipic.destinations.tree import alone
    from unipic.sources.folder import FolderSource
    from unipic.sources.part import Resting

    pause, before = seconds(job.making.every), None
    make_folder(job.to)
    with alone(job.to), _stopped_by_a_signal(job.stop):
        while not job.stop.is_set():
            source = Resting(FolderSource(job.photos))
            listed = [*source.files()]
            if listed != before:
                try:
                    with progress_bars(quiet=job.making.as_json) as progress:

                        def told(step: Step, progress: Progress = progress) -> None:
                            if job.stop.is_set() and step.stage != "Copying":
                                raise Cancelled("Stopped.")
                            progress(step)

                        _say(job, *_organised(job, source, told), _waiting(source.moving))
                except Cancelled:
                    break
                before = listed
            job.stop.wait(pause)
    raise typer.Exit(STOPPED)


def _waiting(files: int) -> str:
    return f"{files:,} files are still arriving" if files else ""


@contextmanager
def _stopped_by_a_signal(stop: threading.Event) -> Iterator[None]:
    def told(*_: object) -> None:
        stop.set()

    before: list[tuple[int, Any]] = [(one, signal.signal(one, told)) for one in (signal.SIGTERM, signal.SIGINT)]
    try:
        yield
    finally:
        for one, handler in before:
            signal.signal(one, handler)
