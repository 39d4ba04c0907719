"""How the command line looks: examples, bars while it works, what it asks, and what it says at the end."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _, gettext_noop as N_, ngettext, number, retold
from unipic.core.progress import Overall, Progress, Step
from unipic.core.settings import COMMAND
from unipic.core.words import belonging, count, nothing_found, printable, size

BAR_INTERVAL_S = 0.1  # between two updates of a bar
ELAPSED_WIDTH = 7  # columns: 0:12:34 is never cut
WHOLE_TASK = N_("All of it")

if TYPE_CHECKING:
    from rich.progress import Progress as Bars, TaskID

    from cli.check import Finding  # what is said of a result comes with it
    from unipic.core.photo import Unreadable
    from unipic.destinations.base import Result
    from unipic.destinations.immich import Journal
    from unipic.destinations.undo import Held, Undone
    from unipic.library.decisions import Ruling
    from unipic.review.choices import Choices
    from unipic.review.outcomes import By, Outcome
    from unipic.review.proposal import Proposal
    from unipic.vision.manifest import Model
    from unipic.vision.registry import Status

err = Console(stderr=True)
out = Console()

WHOLE: dict[str, Any] = {"highlight": False, "soft_wrap": True}  # a path is not cut where the window ends
LEFT_OUT: dict[By, str] = {
    "you": N_("left out, by your decision"),
    "identical": N_("left out, identical"),
    "verified": N_("left out, verified at full size"),
}
SETS_FOUND = {
    "exact": N_("exact copies"),
    "pixels": N_("same pixels, different file"),
    "original": N_("the original of an edited photo"),
    "near": N_("same picture"),
    "holds": N_("same picture, each holds something"),
}
STATES = {"present": N_("present"), "missing": N_("missing"), "damaged": N_("damaged")}  # of a model
MAX_ROWS_SHOWN = 20  # unreadable files that are named; --json has them all


def shown(value: object) -> str:
    """Names, paths and messages for the terminal: no control codes, no bytes that are no text, no markup."""
    return escape(printable(value))


def say_note(words: object, to: Console = err) -> None:
    """Something that a person should know."""
    to.print(f"[yellow]{_('note:')}[/] {shown(retold(str(words)))}", **WHOLE)


def say_error(words: object) -> None:
    """What went wrong."""
    err.print(f"[bold red]{_('error:')}[/] {shown(retold(str(words)))}", **WHOLE)


def say_sent(photos: int, path: Path) -> None:
    """How many photos were written, and where to."""
    err.print(_("{photos} written to {path}.", photos=count(photos, "photo"), path=shown(path)), **WHOLE)


def say_not_read(files: Sequence[Unreadable]) -> None:
    """The first files that could not be read, and how many more there are."""
    for file in files[:MAX_ROWS_SHOWN]:
        out.print(f"  [yellow]{_('not read:')}[/] {shown(file.name)} {shown(retold(file.reason))}", **WHOLE)
    if (more := len(files) - MAX_ROWS_SHOWN) > 0:
        out.print(_("  ... and {more:,} more; --json lists them all", more=more))


@contextmanager
def progress_bars(quiet: bool = False) -> Iterator[Progress]:
    """A bar for each stage, and one with the time left for all that were announced; on standard error."""
    from rich.progress import BarColumn, Progress as Bars, TextColumn, TimeElapsedColumn  # --help needs none
    from rich.table import Column

    columns = (
        TextColumn("{task.description}", table_column=Column(no_wrap=True)),
        BarColumn(bar_width=None, table_column=Column(ratio=1, min_width=4)),
        TextColumn("{task.fields[told]}", table_column=Column(no_wrap=True)),
        TimeElapsedColumn(table_column=Column(no_wrap=True, min_width=ELAPSED_WIDTH)),
    )
    with Bars(*columns, console=err, disable=quiet, expand=True) as bars:
        shown = _Bars(bars)
        yield shown
        shown.finish()


class _Bars:
    """Shows each step in its stage's bar; a task that announced its stages has a bar of its own, above them."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}
        self._overall = Overall()
        self._stage, self._when = "", 0.0
        self._began: dict[str, float] = {}

    def __call__(self, step: Step) -> None:
        now = time.monotonic()
        self._overall.at(step, now)
        if step.stage == self._stage and now - self._when < BAR_INTERVAL_S and 0 < step.done < step.total:
            return  # stored results come faster than anybody can read
        self._stage, self._when = step.stage, now
        if step.ahead:
            self._began = {}
            self._tasks[WHOLE_TASK] = self._bars.add_task(f"[b]{_(WHOLE_TASK)}[/b]", total=1.0, told="")
        if step.total or step.stage not in self._tasks:
            self._end_uncounted()  # as loading a model, amid what is counted
        if step.stage not in self._tasks:
            self._tasks[step.stage] = self._bars.add_task(retold(step.stage), total=step.total or None, told="")
        passed = now - self._began.setdefault(step.stage, now)
        told = step.amount if self._overall.purpose else step.pace(passed)
        self._bars.update(self._tasks[step.stage], completed=step.done, total=step.total or None, told=told)
        if self._overall.stages:
            whole = self._tasks[WHOLE_TASK]
            self._bars.update(whole, completed=self._overall.share, told=self._overall.told)

    def finish(self) -> None:
        """Everything is done: fill the bars that have no number of their own."""
        self._end_uncounted()
        if self._overall.stages:
            self._bars.update(self._tasks[WHOLE_TASK], completed=1.0, told="")

    def _end_uncounted(self) -> None:
        for task in self._bars.tasks:
            if task.total is None:
                self._bars.update(task.id, total=1, completed=1)


def say_summary(
    proposal: Proposal,
    choices: Choices,
    everything: list[Outcome],
    written: list[Path],
    problems: list[str],
    moved: Result | None = None,
) -> None:
    """What was found, what could not be read, what was used instead of what, and what to do next."""
    from rich.table import Table

    from unipic.review.ledger import ledger, report

    cleanup, found, counted = proposal.cleanup, report(proposal, choices, everything), ledger(everything)
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    along = sum(len(photo.companions) for photo in cleanup.gallery.photos)
    table.add_row(_("photos found"), number(found.before) + belonging(along))
    for kind, words in SETS_FOUND.items():
        sets = [one for one in cleanup.lanes if one.kind == kind]
        if not sets and kind in ("original", "holds"):
            continue
        copies = sum(len(one.copies) for one in sets)
        table.add_row(_(words), _("{number:,} in {sets}", number=copies, sets=count(len(sets), "set")))
    members = sum(len(cluster.photos) for cluster in cleanup.clusters)
    groups = count(len(cleanup.clusters), "group")
    table.add_row(_("similar shots"), _("{number:,} in {groups}", number=members, groups=groups))
    if cleanup.series:
        kinds = Counter(one.kind for one in cleanup.series)
        table.add_row(_("deliberate series, kept"), ", ".join(starmap(_series, kinds.items())))
    table.add_row(_("unique photos"), number(len(cleanup.singles)))
    table.add_row(_("could not be read"), number(found.unreadable))
    for by, left in counted.by.items():
        if left.photos:
            table.add_row(_(LEFT_OUT[by]), f"{count(left.photos, 'photo')}, {size(left.bytes)}")
    kept = _("{photos}, {size} saved", photos=count(found.after, "photo"), size=size(found.bytes_saved))
    table.add_row(f"[b]{_('clean gallery')}[/b]", f"[b]{kept}[/b]")
    if cleanup.gallery.photos:
        out.print(table)
    else:
        out.print(f"[b]{shown(nothing_found([file.name for file in cleanup.gallery.unreadable]))}[/b]", **WHOLE)
    say_not_read(cleanup.gallery.unreadable)
    for note in (*cleanup.notices, *problems):
        say_note(note, out)
    if counted.left_out.photos > counted.by["you"].photos:
        out.print(_("Copies are left out without your look; [b]--keep-copies[/b] keeps them."), **WHOLE)
    if cleanup.clusters and not found.reviewed:
        out.print(
            _("All similar shots are kept; [b]--best-only[/b] keeps only the recommended one of each group."), **WHOLE
        )
    for path in written:
        out.print(_("Written to {path}.", path=shown(path)), **WHOLE)
    if moved:
        say_moved(moved)
    elif not written and cleanup.gallery.photos:
        out.print(_("Dry run: nothing was written."), **WHOLE)


def _series(kind: str, number: int) -> str:
    return {
        "bracket": count(number, "exposure bracket"),
        "panorama": count(number, "panorama"),
        "stack": count(number, "focus stack"),
        "timelapse": count(number, "time-lapse"),
        "burst": count(number, "burst"),
    }[kind]


def confirmed(files: int, bytes: int, yes: int | None) -> int:
    """How many files may be moved: all of them, by `yes` or because a person typed the number."""
    going = ngettext(
        "{n:,} file, {size}, would be moved", "{n:,} files, {size}, would be moved", files, size=size(bytes)
    )
    asked = ngettext(
        "{n:,} file, {size}, would be moved into a dated folder beside the others. [b]undo[/b] puts them back.",
        "{n:,} files, {size}, would be moved into a dated folder beside the others. [b]undo[/b] puts them back.",
        files,
        size=size(bytes),
    )
    return confirmed_number(files, yes, going, asked, _("nothing was moved"))


def confirmed_number(wanted: int, yes: int | None, going: str, asked: str, nothing: str) -> int:
    """The number wanted, if `yes` has it or a person typed it after reading what is `asked`.

    SettingsError otherwise: what would be `going` on, and that `nothing` was done.
    """
    if yes is not None and yes != wanted:
        raise SettingsError(_("{going}, and --yes says {yes:,}: {nothing}", going=going, yes=yes, nothing=nothing))
    if yes is not None or not wanted:
        return wanted
    if not somebody_is_there():
        why = _("{going}: without a terminal, confirm with --yes {number}.", going=going, number=wanted)
        raise SettingsError(f"{why} {nothing[0].upper()}{nothing[1:]}")
    err.print(asked, **WHOLE)
    if err.input(_("Type the number to do it: ")).strip() not in (str(wanted), number(wanted)):
        raise SettingsError(_("that is not the number: {nothing}", nothing=nothing))
    return wanted


def somebody_is_there() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty()


def say_moved(moved: Result) -> None:
    what = f"{count(moved.photos, 'photo')}, {count(moved.files, 'file')}, {size(moved.bytes)}"
    out.print(f"[b]{_('Set aside: {what}.', what=what)}[/b]", **WHOLE)
    for folder in moved.folders:
        out.print(_("Moved to {folder}. [b]undo[/b] puts them back.", folder=shown(folder)), **WHOLE)


def say_held(held: list[Held], servers: list[Journal]) -> None:
    """One line for each folder that photos were set aside into, and for each run that wrote to an Immich server."""
    for one in held:
        torn = _("; interrupted halfway") if one.torn else ""
        out.print(f"{shown(one.folder)}  [b]{count(one.files, 'file')}[/b], {size(one.bytes)}{torn}", **WHOLE)
    for run in servers:
        going = f" [yellow]{_('interrupted: apply --resume goes on')}[/]" if run.open else ""
        steps = _("{number:,} of {steps}", number=run.done, steps=count(len(run.steps), "step"))
        out.print(f"{shown(run.server)}  [b]{shown(run.run)}[/b]  {steps}{going}", **WHOLE)
    if servers:
        out.print(_("Take one of them back with: {command} immich undo RUN", command=COMMAND), **WHOLE)
    if not held and not servers:
        out.print(_("Nothing is set aside."))


def say_undone(undone: list[Undone]) -> None:
    """How many files are back, and what is not, and why."""
    for one in undone:
        out.print(
            _(
                "[b]{files} put back[/b], {size}, from {folder}.",
                files=count(one.files, "file"),
                size=size(one.bytes),
                folder=shown(one.folder),
            ),
            **WHOLE,
        )
        for note in (*one.notes, *one.problems):
            say_note(note, out)
    if not undone:
        out.print(_("Nothing is set aside."))


def say_models(found: list[tuple[Model, Status]], folder: Path) -> None:
    from rich.table import Table

    table = Table(
        *(_("model"), _("purpose"), _("licence"), _("installed?")), title=_("Models in {folder}", folder=shown(folder))
    )
    for model, status in found:
        here = _("ships with Unipic") if model.shipped and status.state == "present" else _(STATES[status.state])
        if status.state == "missing" and not model.shipped:
            here = _("missing, {size}", size=size(model.size))
        table.add_row(*map(shown, (_(model.label), _(model.use), model.licence, here)))
    table.add_row(_("Built-in encoder and ranking"), _("need no weights"), "MIT", _("always"))
    out.print(table)


def say_findings(found: list[Finding]) -> None:
    """A line each: its state, what it is about, and what to do."""
    marks = {"ok": ("green", _("ok")), "note": ("yellow", _("note")), "problem": ("bold red", _("problem"))}
    width = max(len(word) for _style, word in marks.values())
    for one in found:
        advice = f". {shown(one.advice)}" if one.advice else ""
        style, word = marks[one.state]
        out.print(f"[{style}]{word:<{width}}[/]  [b]{shown(one.about)}[/]: {shown(one.words)}{advice}", **WHOLE)
    problems = sum(one.state == "problem" for one in found)
    ends = ngettext("{n:,} problem found.", "{n:,} problems found.", problems)
    out.print(ends if problems else _("Everything needed is here."), **WHOLE)


def say_decisions(rulings: list[Ruling]) -> None:
    """One line each: when, what, of which files."""
    for ruling in rulings:
        names = shown(", ".join(ruling.names[:4]) + (", ..." if len(ruling.names) > 4 else ""))
        if ruling.kept is not None:
            photos = count(len(ruling.parts[0]), "photo")
            what = _("{number} of {photos} kept", number=len(ruling.kept), photos=photos)
        elif len(ruling.parts) == 1:
            what = _("belong together")
        else:
            what = ngettext("{n} part kept apart", "{n} parts kept apart", len(ruling.parts))
        out.print(f"{ruling.id}  {datetime.fromtimestamp(ruling.at):%Y-%m-%d %H:%M}  [b]{what}[/b]  {names}", **WHOLE)
    decisions = count(len(rulings), "decision")
    out.print(_("{decisions}. [b]decisions --forget ID[/b] forgets one.", decisions=decisions), **WHOLE)
