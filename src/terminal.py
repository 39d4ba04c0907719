"""How the command line looks: bars while it works, and what it says at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Table

from unipic.progress import FETCHING, Progress, Step
from unipic.words import count, printable, size

if TYPE_CHECKING:  # what is said of a result comes with it
    from unipic.proposal import Proposal
    from unipic.review import Choices
    from unipic.rulings import Ruling

err = Console(stderr=True)
out = Console()

WHOLE: dict[str, Any] = {"highlight": False, "soft_wrap": True}  # a path is not cut where the window ends
MOST = 20  # unreadable files that are named; --json has them all


def shown(value: object) -> str:
    """Names, paths and messages for the terminal: no control codes, no bytes that are no text, no markup."""
    return escape(printable(value))


@contextmanager
def progress_bars(quiet: bool = False) -> Iterator[Progress]:
    """A bar per stage with the time left; on standard error, so that output stays clean."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[count]}"),
        TextColumn("{task.fields[speed]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=err, disable=quiet) as bars:
        stages: dict[str, TaskID] = {}

        def finish_stages_that_cannot_be_counted() -> None:
            for task in bars.tasks:
                if task.total is None:
                    bars.update(task.id, total=1, completed=1)

        def show(step: Step) -> None:
            if step.stage not in stages:
                finish_stages_that_cannot_be_counted()
                stages[step.stage] = bars.add_task(step.stage, total=step.total or None, count="", speed="")
            speed = next(task.finished_speed or task.speed for task in bars.tasks if task.id == stages[step.stage])
            in_bytes = step.stage.startswith(FETCHING)
            bars.update(
                stages[step.stage],
                completed=step.done,
                total=step.total or None,
                count=_of(step, in_bytes),
                speed=f"{speed:,.0f}/s" if speed and step.total and not in_bytes else "",
            )

        yield show
        finish_stages_that_cannot_be_counted()


def _of(step: Step, in_bytes: bool) -> str:
    if not step.total:
        return ""
    return f"{size(step.done)} of {size(step.total)}" if in_bytes else f"{step.done:,} of {step.total:,}"


def say_summary(proposal: Proposal, choices: Choices, written: list[Path], problems: list[str]) -> None:
    """What was found, what could not be read, what was used instead of what, and what to do next."""
    from unipic.review import report

    cleanup, found = proposal.cleanup, report(proposal, choices)
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_row("photos found", f"{found.before:,}")
    for words, kind in (
        ("exact copies", "exact"),
        ("same pixels, other file", "pixels"),
        ("same picture", "near"),
    ):
        sets = [one for one in cleanup.lanes if one.kind == kind]
        table.add_row(words, f"{sum(len(one.copies) for one in sets):,} in {count(len(sets), 'set')}")
    members = sum(len(cluster.photos) for cluster in cleanup.clusters)
    table.add_row("similar shots", f"{members:,} in {count(len(cleanup.clusters), 'group')}")
    table.add_row("like no other", f"{len(cleanup.singles):,}")
    table.add_row("could not be read", f"{found.unreadable:,}")
    table.add_row("[b]clean gallery[/b]", f"[b]{count(found.after, 'photo')}, {size(found.bytes_saved)} saved[/b]")
    out.print(table)
    for file in cleanup.gallery.unreadable[:MOST]:
        out.print(f"  [yellow]not read:[/] {shown(file.name)} {shown(file.reason)}", **WHOLE)
    if found.unreadable > MOST:
        out.print(f"  ... and {found.unreadable - MOST:,} more; --json lists them all")
    for note in (*cleanup.notices, *problems):
        out.print(f"[yellow]note:[/] {shown(note)}", **WHOLE)
    if cleanup.clusters and not found.reviewed:
        out.print(
            "All similar shots are kept; [b]--best-only[/b] keeps just the recommended one of each group.", **WHOLE
        )
    for path in written:
        out.print(f"Written to {shown(path)}.", **WHOLE)
    if not written:
        out.print("Dry run: nothing was written.", **WHOLE)


def say_decisions(rulings: list[Ruling]) -> None:
    """One line each: when, what, of which files."""
    for ruling in rulings:
        names = shown(", ".join(ruling.names[:4]) + (", ..." if len(ruling.names) > 4 else ""))
        if ruling.kept is not None:
            what = f"{len(ruling.kept)} of {count(len(ruling.parts[0]), 'photo')} kept"
        else:
            what = "belong together" if len(ruling.parts) == 1 else f"{len(ruling.parts)} parts kept apart"
        out.print(f"{ruling.id}  {datetime.fromtimestamp(ruling.at):%Y-%m-%d %H:%M}  [b]{what}[/b]  {names}", **WHOLE)
    out.print(f"{count(len(rulings), 'decision')}. [b]decisions --forget ID[/b] takes one back.", **WHOLE)
