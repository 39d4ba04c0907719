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
from cli.from_immich import FromImmich, elsewhere
from cli.options import Encoding, Machine, Ranking, Sensitivity, settings_by, with_groups
from cli.organise_options import Layout, Making
from cli.organise_words import ORGANISE_EXAMPLES, say_tree
from cli.seed_flags import Seed
from cli.terminal import WHOLE, err, out, progress_bars, say_note, shown, somebody_is_there
from unipic.core.errors import Cancelled, SettingsError
from unipic.core.language import gettext as _, ngettext
from unipic.core.settings import Settings, changed, data_folder, memory_folder, models_folder, seconds

if TYPE_CHECKING:  # what the work needs is imported when there is work: --help answers at once
    from unipic.albums.made import Made
    from unipic.albums.plan import Clock, Tree, Wish
    from unipic.cleanup.result import Cleanup
    from unipic.core.progress import Progress, Step
    from unipic.destinations.base import Result
    from unipic.destinations.tree import TreeDestination, TreePlan
    from unipic.reading.engines.base import Engine
    from unipic.sources.base import Source


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
        return [path for path in self.photos if not elsewhere(path)]

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
    composites: tuple[tuple[str, Made], ...] = ()  # that a person may accept, with the folders of their groups


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
        typer.Argument(help=_("Folders (with all subfolders) or files, or immich:album/NAME. They are only read.")),
    ] = None,
) -> None:
    """Put PHOTOS into a tree of folders: by groups of similar shots, by dates or by events."""
    with clear_answers(making.as_json):
        seed.check()
        off = sensitivity.time_window in ("0", "0s")  # as in Photo Album Organizer: 0 means that time does not matter
        sensitivity = replace(sensitivity, time_window=None) if off else sensitivity
        settings = settings_by(sensitivity, encoding, ranking, machine)
        settings = changed(settings, seed.settings(say_note))
        ranking.check(settings)
        making = replace(making, fresh=making.fresh or seed.force_fresh, hdr=making.hdr or seed.enable_hdr)
        if seed.enable_face_swap:
            making = replace(making, open_eyes="propose")
        if (making.hdr or making.open_eyes) and layout.tree != "groups":
            raise SettingsError(
                _("--hdr and --open-eyes put pictures into the folder of a group; they need --tree groups")
            )
        making.check()
        given, to = [*(photos or ()), *seed.photos], layout.to or seed.output
        whole, room = immich.originals or seed.use_full_resolution, seed.immich_cache_size or immich.cache_mb
        immich = replace(immich, originals=whole, cache_mb=room)
        immich.check(given, copied=not making.dry_run, moved=False)
        if making.link != "copy" and any(map(elsewhere, given)):
            raise SettingsError(
                _("photos of Immich are fetched into a cache that is emptied, so only --link copy fits")
            )
        if not given or to is None:
            raise SettingsError(_("name the folders with your photos, and the folder to write to with --to"))
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
        say_note(_(words))


def _once(job: Job) -> None:
    from unipic.sources.part import First

    with progress_bars(quiet=job.making.as_json) as progress, job.immich.opened(job.photos, progress) as opened:
        source = First(opened, job.making.limit) if job.making.limit else opened
        done = _organised(job, source, progress)
    _say(job, done)
    _ask(job, done)
    if done.result and done.result.problems:
        raise typer.Exit(PARTLY)
    if not done.cleanup.gallery.photos:
        raise typer.Exit(NOTHING_FOUND)


def _organised(job: Job, source: Source, progress: Progress) -> Pass:
    """One pass: find, plan, and write unless it is a dry run, which remembers nothing either."""
    from unipic.albums.films import film_clock
    from unipic.albums.plan import by_mtime, no_clock, unsure_dates
    from unipic.library.appearances import called
    from unipic.library.library import Library
    from unipic.review.choices import best_only
    from unipic.review.outcomes import outcomes
    from unipic.review.proposal import propose
    from unipic.sources.part import First
    from unipic.tools import open_tools
    from utils import clean_gallery, organise as planned

    memory = None if job.making.fresh or job.making.dry_run else memory_folder()
    with open_tools(job.settings, models_folder(), memory, progress) as tools:
        named = partial(called, Library(data_folder()))
        cleanup = clean_gallery(source, tools, job.settings, progress, named=named)
        proposal = propose(cleanup)
        choices = best_only(proposal.groups) if job.wish.best_only else {}
        everything = outcomes(proposal, choices, "nothing")
        clock: Clock = by_mtime if job.layout.trust_mtime else no_clock
        if job.wish.tree != "groups":
            clock = film_clock(cleanup.gallery.unreadable, clock)
        tree = planned(cleanup, everything, job.wish, job.to, clock)
        limited = ""
        if isinstance(source, First):
            limited = _("{looked:,} of {found:,} looked at", looked=source.looked, found=source.found)
        destination = job.destination(tree, tools.engine, limited)
        plan = destination.plan(everything)
        result = None if job.making.dry_run else destination.carry_out(plan, progress)
        notes = [*destination.notes, *(_("dates: {words}", words=words) for words in unsure_dates(tree))]
        found = Pass(cleanup, plan, destination.needed(plan), result, tuple(notes), limited)
        return replace(found, composites=tuple(_composites(job, tree, tools.engine))) if job.making.open_eyes else found


def _composites(job: Job, tree: Tree, engine: Engine) -> Iterator[tuple[str, Made]]:
    """Composites with open eyes, for groups that have none."""
    from unipic.albums.pictures import composite_file, looking, proposed
    from unipic.destinations.tree import kinds_made
    from unipic.vision.registry import open_eyes, open_faces

    look = looking(open_faces(), open_eyes())
    for group in tree.groups:
        if "composite" not in kinds_made(job.to, group.folder):
            found = proposed(group, look, engine, job.settings.limits)
            if found:
                yield group.folder, composite_file(found, not job.making.strip_location)


def _ask(job: Job, done: Pass) -> None:
    """Write the composites that the person accepts, one by one; without a terminal none."""
    from unipic.destinations.tree import accepted

    for group, made in done.composites if not job.making.as_json else ():
        about = _("{group}: {words}, by {name}", group=group, words=made.facts["words"], name=made.name)
        if not somebody_is_there():
            say_note(_("{about} is possible. Run this in a terminal to accept it.", about=about), out)
        elif err.input(_("{about}. Write this composite? y/N ", about=shown(about))).strip().lower() == "y":
            out.print(_("Written: {to}", to=shown(accepted(job.to, group, made))), **WHOLE)


def _say(job: Job, done: Pass) -> None:
    from unipic.destinations.outline import outline, to_dict

    notes = [*done.cleanup.notices, *done.notes, *(done.result.problems if done.result else ())]
    if job.making.as_json:
        found = {**to_dict(done.plan), "to": str(job.to), "limited": done.limited, "notes": notes}
        found["composites"] = [{"group": group, "file": made.name, **made.facts} for group, made in done.composites]
        print(json.dumps({**found, "dry_run": done.result is None}, ensure_ascii=True), flush=True)
    else:
        say_tree(done.cleanup, outline(done.plan), done.needed, notes, done.limited)
        out.print(
            _("Written to {to}.", to=shown(job.to)) if done.result else _("Dry run: nothing was written."), **WHOLE
        )


def _watch(job: Job) -> None:
    """Look again and again, and add what has arrived. SIGTERM ends it after the group that is being written."""
    from unipic.core.files import make_folder
    from unipic.destinations.tree import alone_in_folder
    from unipic.sources.base import Listed
    from unipic.sources.part import Resting

    pause, before = seconds(job.making.every), None
    make_folder(job.to)
    with alone_in_folder(job.to), _stopped_by_a_signal(job.stop):
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
        raise Cancelled(_("Stopped."))
    progress(step)


def _rest(job: Job, pause: float) -> None:
    job.stop.wait(pause)


def _waiting(files: int) -> str:
    return ngettext("{n:,} files are still arriving", "{n:,} files are still arriving", files) if files else ""


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
