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
from cli.from_immich import FromImmich, of_immich
from cli.options import Encoding, Machine, Ranking, Sensitivity, option, settings_by, with_groups
from cli.organise_words import ORGANISE_EXAMPLES, say_tree
from cli.seed_flags import Seed
from cli.terminal import WHOLE, err, out, progress_bars, shown
from unipic.core.errors import Cancelled, SettingsError
from unipic.core.settings import Settings, changed, memory_folder, models_folder, seconds

if TYPE_CHECKING:  # what the work needs is imported when there is work: --help answers at once
    from unipic.albums.plan import Tree, Wish
    from unipic.cleanup.result import Cleanup
    from unipic.core.progress import Progress, Step
    from unipic.destinations.base import Result
    from unipic.destinations.tree import TreeDestination, TreePlan
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
    hdr: Annotated[bool, _how("--hdr", "Merge exposure brackets, beside their originals (with --tree groups).")] = False
    hdr_format: Annotated[str, _how("--hdr-format", "Of merges: jpeg, or tiff with 16 bits.")] = "jpeg"
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
        if self.hdr_format not in ("jpeg", "tiff"):
            raise SettingsError(f"--hdr-format is jpeg or tiff, not {self.hdr_format!r}")
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
    immich: FromImmich
    stop: threading.Event

    @property
    def folders(self) -> list[Path]:
        """PHOTOS on this machine."""
        return [path for path in self.photos if not of_immich(path)]

    def destination(self, tree: Tree, engine: Engine | None = None, limited: str = "") -> TreeDestination:
        """Where the tree goes. `limited`: which part of the photos was looked at, for the report."""
        from unipic.albums.pictures import merging
        from unipic.destinations.linking import Linker
        from unipic.destinations.tree import How, TreeDestination, no_details
        from unipic.reading.details import details_of

        link: Any = self.making.link
        details = partial(details_of, engine) if engine else no_details
        how = How(Linker(link, self.making.absolute), self.making.strip_location, details, stop=self.stop.is_set)
        how = replace(how, locked=self.making.watch, facts={"looked_at": limited} if limited else {})
        if self.making.hdr:
            kind: Any = self.making.hdr_format
            how = replace(how, make=merging(self.settings.limits, kind, not self.making.strip_location))
        return TreeDestination(self.to, tree, how)


@dataclass(frozen=True)
class Pass:
    """What one look at the photos gave."""

    cleanup: Cleanup
    plan: TreePlan
    needed: int  # bytes of disk
    result: Result | None  # None: a dry run
    notes: tuple[str, ...]
    limited: str  # which part of the photos was looked at; "": all of them


@app.command(epilog=ORGANISE_EXAMPLES)
@with_groups
def organise(
    layout: Layout,
    making: Making,
    sensitivity: Sensitivity,
    encoding: Encoding,
    ranking: Ranking,
    machine: Machine,
    immich: FromImmich,
    seed: Seed,
    photos: Annotated[
        list[Path] | None,
        typer.Argument(help="Folders (with all subfolders) or files, or immich:album/NAME. They are only read."),
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
        making = replace(making, fresh=making.fresh or seed.force_fresh, hdr=making.hdr or seed.enable_hdr)
        if making.hdr and layout.tree != "groups":
            raise SettingsError("--hdr puts merges beside the originals of a group, so it needs --tree groups")
        given, to = [*(photos or ()), *seed.photos], layout.to or seed.output
        immich = replace(immich, originals=immich.originals or seed.use_full_resolution)
        immich.check(given, copied=not making.dry_run, moved=False)
        if making.link != "copy" and any(map(of_immich, given)):
            raise SettingsError("photos of Immich are fetched into a cache that is emptied, so only --link copy fits")
        if not given or to is None:
            raise SettingsError("name the folders with your photos, and the folder to write to with --to")
        job = Job(given, to, layout.wish(seed.only_copies), settings, layout, making, immich, threading.Event())
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
        outside(job.to, job.folders)
        destination = job.destination(Tree(job.wish.tree, ()))
        destination.ready()
        destination.how.linker.check(job.to, map(str, job.folders))
    if words := WARNINGS.get(destination.how.linker.link):
        err.print(f"[yellow]note:[/] {words}", **WHOLE)


def _once(job: Job) -> None:
    from unipic.sources.part import First

    with progress_bars(quiet=job.making.as_json) as progress, job.immich.opened(job.photos, progress) as opened:
        source = First(opened, job.making.limit) if job.making.limit else opened
        done = _organised(job, source, progress)
    _say(job, done)
    if done.result and done.result.problems:
        raise typer.Exit(PARTLY)
    if not done.cleanup.gallery.photos:
        raise typer.Exit(NOTHING_FOUND)


def _organised(job: Job, source: Source, progress: Progress) -> Pass:
    """One pass: find, plan, and write unless it is a dry run, which remembers nothing either."""
    from unipic.albums.films import film_clock
    from unipic.albums.plan import by_mtime, no_clock, unsure_dates
    from unipic.review.choices import best_only
    from unipic.review.outcomes import outcomes
    from unipic.review.proposal import propose
    from unipic.sources.part import First
    from unipic.tools import open_tools
    from utils import clean_gallery
    from utils import organise as planned

    memory = None if job.making.fresh or job.making.dry_run else memory_folder()
    with open_tools(job.settings, models_folder(), memory, progress) as tools:
        cleanup = clean_gallery(source, tools, job.settings, progress)
        proposal = propose(cleanup)
        choices = best_only(proposal.groups) if job.wish.best_only else {}
        everything = outcomes(proposal, choices, "nothing")
        clock = by_mtime if job.layout.trust_mtime else no_clock
        if job.wish.tree != "groups":
            clock = film_clock(cleanup.gallery.unreadable, clock)
        tree = planned(cleanup, job.wish, job.to, clock=clock)
        limited = f"{source.looked:,} of {source.found:,} looked at" if isinstance(source, First) else ""
        destination = job.destination(tree, tools.engine, limited)
        plan = destination.plan(everything)
        result = None if job.making.dry_run else destination.carry_out(plan, progress)
        notes = [*destination.notes, *(f"dates: {words}" for words in unsure_dates(tree))]
        return Pass(cleanup, plan, destination.needed(plan), result, tuple(notes), limited)


def _say(job: Job, done: Pass) -> None:
    from unipic.destinations.outline import outline, to_dict

    notes = [*done.cleanup.notices, *done.notes, *(done.result.problems if done.result else ())]
    if job.making.as_json:
        found = {**to_dict(done.plan), "to": str(job.to), "limited": done.limited, "notes": notes}
        print(json.dumps({**found, "dry_run": done.result is None}, ensure_ascii=True), flush=True)
    else:
        say_tree(done.cleanup, outline(done.plan), done.needed, notes, done.limited)
        out.print(f"Written to {shown(job.to)}." if done.result else "Dry run: nothing was written.", **WHOLE)


def _watch(job: Job) -> None:
    """Look again and again, and add what has arrived. SIGTERM ends it after the group that is being written."""
    from unipic.core.files import make_folder
    from unipic.destinations.tree import alone
    from unipic.sources.base import Listed
    from unipic.sources.part import Resting

    pause, before = seconds(job.making.every), None
    make_folder(job.to)
    with alone(job.to), _stopped_by_a_signal(job.stop):
        while not job.stop.is_set():
            try:
                with progress_bars(quiet=job.making.as_json) as bars, job.immich.opened(job.photos, bars) as opened:
                    source = Resting(opened)
                    if (listed := [*source.files()]) != before:
                        done = _organised(job, Listed(listed), partial(_until_stopped, job, bars))
                        _say(job, replace(done, limited=_waiting(source.moving)))
                        before = listed
            except Cancelled:
                break
            _rest(job, pause)
    raise typer.Exit(STOPPED)


def _until_stopped(job: Job, progress: Progress, step: Step) -> None:
    """Cancelled once a signal came, but while files are copied: a group is finished first."""
    if job.stop.is_set() and step.stage != "Copying":
        raise Cancelled("Stopped.")
    progress(step)


def _rest(job: Job, pause: float) -> None:
    job.stop.wait(pause)


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
