"""How the command line looks: examples, bars while it works, what it asks, and what it says at the end."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from unipic.core.errors import SettingsError
from unipic.core.progress import Overall, Progress, Step
from unipic.core.settings import COMMAND
from unipic.core.words import belonging, count, nothing_found, printable, size
from unipic.review.rules import SETS

BAR_INTERVAL_S = 0.1  # between two updates of a bar
ELAPSED_WIDTH = 7  # columns: 0:12:34 is never cut
WHOLE_TASK = "All of it"

if TYPE_CHECKING:
    from rich.progress import Progress as Bars, TaskID

    from cli.check import Finding  # what is said of a result comes with it
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
LEFT_OUT: dict[By, str] = {"you": "by your decision", "identical": "identical", "verified": "verified at full size"}
MAX_ROWS_SHOWN = 20  # unreadable files that are named; --json has them all


SEARCH_EXAMPLES = f"""
[b]Examples[/b]

  What you remember of it: a date, a place, a kind, a camera, a name. Recognised words become conditions:
    {COMMAND} search "Rome 2019"
    {COMMAND} search "screenshots last week"
    {COMMAND} search "canon, Saturday night, last summer"

  Conditions written out; several hold together, [b]|[/b] means or, a minus means not:
    {COMMAND} search "date:2019-07..2019-08 country:it -kind:screenshot"
    {COMMAND} search "near:48.86,2.35,5km rating:>=4 size:>5MB"
    {COMMAND} search 'folder:"Summer 2014" color:red|teal is:portrait'

  Words in names and captions; in quotes they are never taken for anything else:
    {COMMAND} search '"RE16 TGK"'

  By example. The picture need not be in the library:
    {COMMAND} search --like lost.jpg
    {COMMAND} search "2019" --like beach.jpg --not-like pool.jpg --maybe

  Send what is found:
    {COMMAND} search "favourites 2020" --to ~/best-of-2020
    {COMMAND} search "kind:document" --paths -0 | xargs -0 ls -l
    {COMMAND} search "Rome" --json | jq .results

  How a query is understood, with the number of photos of each condition:
    {COMMAND} search "May in Florence" --explain

[b]Keys[/b]  date year month day before after time · place country near · kind camera format name folder text
      color is has rating size mp width height · who faces people · tag album · sort limit

[b]Exit codes[/b]  0 found · 1 failed · 2 wrong arguments · 4 some photos could not be copied · 5 nothing found
"""


IMMICH_EXAMPLES = f"""
[b]Examples[/b]

  Remember the server and its key, then see what the key may do:
    {COMMAND} immich login https://photos.example.org
    {COMMAND} immich check

  What would be written, and nothing more:
    {COMMAND} immich apply immich:album/Lisbon --dry-run

  Tags and an album for each group of similar shots, after you typed the number of photos; and all of it back:
    {COMMAND} immich apply --create-albums
    {COMMAND} immich undo

  Which photos of a folder are on the server already:
    {COMMAND} clean ~/Pictures immich: --list both.csv

[b]Exit codes[/b]  0 done · 1 failed · 2 wrong arguments · 4 done in part · 5 nothing found · 130 stopped by Ctrl-C
"""


def shown(value: object) -> str:
    """Names, paths and messages for the terminal: no control codes, no bytes that are no text, no markup."""
    return escape(printable(value))


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
            self._tasks[WHOLE_TASK] = self._bars.add_task(f"[b]{WHOLE_TASK}[/b]", total=1.0, told="")
        if step.total or step.stage not in self._tasks:
            self._end_uncounted()  # as loading a model, amid what is counted
        if step.stage not in self._tasks:
            self._tasks[step.stage] = self._bars.add_task(step.stage, total=step.total or None, told="")
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
    table.add_row("photos found", f"{found.before:,}{belonging(along)}")
    for words, kind in (
        ("exact copies", "exact"),
        ("same pixels, different file", "pixels"),
        ("the original of an edited photo", "original"),
        ("same picture", "near"),
        ("same picture, each holds something", "holds"),
    ):
        sets = [one for one in cleanup.lanes if one.kind == kind]
        if not sets and kind in ("original", "holds"):
            continue
        table.add_row(words, f"{sum(len(one.copies) for one in sets):,} in {count(len(sets), 'set')}")
    members = sum(len(cluster.photos) for cluster in cleanup.clusters)
    table.add_row("similar shots", f"{members:,} in {count(len(cleanup.clusters), 'group')}")
    if cleanup.series:
        kinds = Counter(one.kind for one in cleanup.series)
        named = (count(number, SETS[kind][0].split(" ", 1)[1]) for kind, number in kinds.items())
        table.add_row("deliberate series, kept", ", ".join(named))
    table.add_row("unique photos", f"{len(cleanup.singles):,}")
    table.add_row("could not be read", f"{found.unreadable:,}")
    for by, left in counted.by.items():
        if left.photos:
            table.add_row(f"left out, {LEFT_OUT[by]}", f"{count(left.photos, 'photo')}, {size(left.bytes)}")
    table.add_row("[b]clean gallery[/b]", f"[b]{count(found.after, 'photo')}, {size(found.bytes_saved)} saved[/b]")
    if cleanup.gallery.photos:
        out.print(table)
    else:
        out.print(f"[b]{shown(nothing_found([file.name for file in cleanup.gallery.unreadable]))}[/b]", **WHOLE)
    for file in cleanup.gallery.unreadable[:MAX_ROWS_SHOWN]:
        out.print(f"  [yellow]not read:[/] {shown(file.name)} {shown(file.reason)}", **WHOLE)
    if found.unreadable > MAX_ROWS_SHOWN:
        out.print(f"  ... and {found.unreadable - MAX_ROWS_SHOWN:,} more; --json lists them all")
    for note in (*cleanup.notices, *problems):
        out.print(f"[yellow]note:[/] {shown(note)}", **WHOLE)
    if counted.left_out.photos > counted.by["you"].photos:
        out.print("Copies are left out without your look; [b]--keep-copies[/b] keeps them.", **WHOLE)
    if cleanup.clusters and not found.reviewed:
        out.print(
            "All similar shots are kept; [b]--best-only[/b] keeps only the recommended one of each group.", **WHOLE
        )
    for path in written:
        out.print(f"Written to {shown(path)}.", **WHOLE)
    if moved:
        say_moved(moved)
    elif not written and cleanup.gallery.photos:
        out.print("Dry run: nothing was written.", **WHOLE)


def confirmed(files: int, bytes: int, yes: int | None) -> int:
    """How many files may be moved: all of them, by `yes` or because a person typed the number."""
    going = f"{count(files, 'file')}, {size(bytes)}, would be moved"
    return confirmed_number(files, going, yes, " into a dated folder beside the others", "moved")


def confirmed_number(number: int, going: str, yes: int | None, where: str = "", done: str = "written") -> int:
    """The number, if `yes` has it or a person typed it. SettingsError otherwise: nothing is `done`."""
    nothing = f"nothing was {done}"
    if yes is not None and yes != number:
        raise SettingsError(f"{going}, and --yes says {yes:,}: {nothing}")
    if yes is not None or not number:
        return number
    if not somebody_is_there():
        raise SettingsError(f"{going}: without a terminal, confirm with --yes {number}. {nothing.capitalize()}")
    err.print(f"{going}{where}. [b]undo[/b] puts them back.", **WHOLE)
    if err.input("Type the number to do it: ").strip().replace(",", "") != str(number):
        raise SettingsError(f"that is not the number: {nothing}")
    return number


def somebody_is_there() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty()


def say_moved(moved: Result) -> None:
    what = f"{count(moved.photos, 'photo')}, {count(moved.files, 'file')}, {size(moved.bytes)}"
    out.print(f"[b]Set aside: {what}.[/b]", **WHOLE)
    for folder in moved.folders:
        out.print(f"Moved to {shown(folder)}. [b]undo[/b] puts them back.", **WHOLE)


def say_held(held: list[Held], servers: list[Journal]) -> None:
    """One line for each folder that photos were set aside into, and for each run that wrote to an Immich server."""
    for one in held:
        torn = "; interrupted halfway" if one.torn else ""
        out.print(f"{shown(one.folder)}  [b]{count(one.files, 'file')}[/b], {size(one.bytes)}{torn}", **WHOLE)
    for run in servers:
        going = " [yellow]interrupted: apply --resume goes on[/]" if run.open else ""
        steps = f"{run.done:,} of {count(len(run.steps), 'step')}"
        out.print(f"{shown(run.server)}  [b]{shown(run.run)}[/b]  {steps}{going}", **WHOLE)
    if servers:
        out.print(f"Take one of them back with: {COMMAND} immich undo RUN", **WHOLE)
    if not held and not servers:
        out.print("Nothing is set aside.")


def say_undone(undone: list[Undone]) -> None:
    """How many files are back, and what is not, and why."""
    for one in undone:
        out.print(f"[b]{count(one.files, 'file')} put back[/b], {size(one.bytes)}, from {shown(one.folder)}.", **WHOLE)
        for note in (*one.notes, *one.problems):
            out.print(f"[yellow]note:[/] {shown(note)}", **WHOLE)
    if not undone:
        out.print("Nothing is set aside.")


def say_models(found: list[tuple[Model, Status]], folder: Path) -> None:
    from rich.table import Table

    table = Table("model", "purpose", "licence", "installed?", title=f"Models in {shown(folder)}")
    for model, status in found:
        here: str = "ships with Unipic" if model.shipped and status.state == "present" else status.state
        if status.state == "missing" and not model.shipped:
            here = f"missing, {size(model.size)}"
        table.add_row(*map(shown, (model.label, model.use, model.licence, here)))
    table.add_row("Built-in encoder and ranking", "need no weights", "MIT", "always")
    out.print(table)


def say_findings(found: list[Finding]) -> None:
    """A line each: its state, what it is about, and what to do."""
    marks = {"ok": "[green]ok     [/]", "note": "[yellow]note   [/]", "problem": "[bold red]problem[/]"}
    for one in found:
        advice = f". {shown(one.advice)}" if one.advice else ""
        out.print(f"{marks[one.state]}  [b]{shown(one.about)}[/]: {shown(one.words)}{advice}", **WHOLE)
    problems = sum(one.state == "problem" for one in found)
    out.print(f"{count(problems, 'problem')} found." if problems else "Everything needed is here.", **WHOLE)


def say_decisions(rulings: list[Ruling]) -> None:
    """One line each: when, what, of which files."""
    for ruling in rulings:
        names = shown(", ".join(ruling.names[:4]) + (", ..." if len(ruling.names) > 4 else ""))
        if ruling.kept is not None:
            what = f"{len(ruling.kept)} of {count(len(ruling.parts[0]), 'photo')} kept"
        else:
            what = "belong together" if len(ruling.parts) == 1 else f"{len(ruling.parts)} parts kept apart"
        out.print(f"{ruling.id}  {datetime.fromtimestamp(ruling.at):%Y-%m-%d %H:%M}  [b]{what}[/b]  {names}", **WHOLE)
    out.print(f"{count(len(rulings), 'decision')}. [b]decisions --forget ID[/b] forgets one.", **WHOLE)
