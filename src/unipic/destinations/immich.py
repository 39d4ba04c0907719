"""Tags, albums, favourites and stacks in an Immich library: planned, counted, journalled, and taken back exactly.

Nothing is deleted for good, no description, date, place or visibility is changed, and no photo is uploaded. Only with
`trash` do photos go to Immich's own trash, from where undo takes them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from unipic.core.errors import Cancelled, DestinationError, ImmichError
from unipic.core.language import gettext as _, kept, retold
from unipic.core.progress import Progress, Step as Told, silent
from unipic.core.settings import immich_folder
from unipic.core.words import count, printable
from unipic.destinations._immich_journal import Journal as Journal, Step as Step, alone, journals, new_run
from unipic.destinations._immich_plan import (
    KINDS as KINDS,
    Plan as Plan,
    Wishes as Wishes,
    in_words as in_words,
    planned as planned,
)
from unipic.destinations._immich_steps import GONE, Steps
from unipic.sources.immich import Connected, Refused, folder_of, version

STAGE, UNDOING = kept("Writing to Immich"), kept("Taking back from Immich")


@dataclass
class Result:
    """What became of a plan, or of its undo."""

    run: str
    steps: int = 0  # done
    of: int = 0
    written: int = 0  # photos that were changed
    problems: list[str] = field(default_factory=list)


def apply(there: Connected, plan: Plan | Journal, progress: Progress = silent) -> Result:
    """Write all of a plan, or what is left of a run that was interrupted.

    DestinationError where it cannot go on: what was done is in the journal, and it can go on or be taken back.
    """
    server = there.client.server
    with alone(server):
        if isinstance(plan, Plan):
            if waiting := open_runs(there):
                raise DestinationError(
                    _(
                        "Run {run} was interrupted after {done} of {steps} steps. Let it go on, or undo it, first.",
                        run=waiting[-1].run,
                        done=waiting[-1].done,
                        steps=len(waiting[-1].steps),
                    )
                )
            journal = Journal.begin(server, list(plan.steps), plan.run or new_run())
        else:
            journal = plan
        return _applied(there, journal, progress)


def _applied(there: Connected, journal: Journal, progress: Progress) -> Result:
    steps = Steps(there, _made(there))
    result = Result(journal.run, of=len(journal.steps))
    with _explained(journal):
        version(there.client)  # the server may have been updated since the plan was made
    for number, step in enumerate(journal.steps):
        progress(Told(STAGE, number, len(journal.steps), "step"))
        if journal.past[number].result is None:
            with _explained(journal):
                before = journal.past[number].before
                if before is None:
                    before = steps.before(step)
                    journal.write(number, "intent", before)
                journal.write(number, "done", _done(steps, step, before))
    journal.write(0, "finished")
    progress(Told(STAGE, len(journal.steps), len(journal.steps), "step"))
    for number, step in enumerate(journal.steps):
        outcome = journal.past[number].result or {}
        failed = outcome.get("failed", {})
        result.steps += 1
        result.problems += [f"{_named(step)}: {id}: {retold(why)}" for id, why in failed.items()]
    result.written = len(_changed(journal))
    return result


def _changed(journal: Journal) -> set[str]:
    """Ids of the assets that the run changed."""
    found: set[str] = set()
    for number, step in enumerate(journal.steps):
        done = journal.past[number].result or {}
        found.update(done.get("added", step.ids if done.get("stack") else ()))
    return found


def _done(steps: Steps, step: Step, before: dict[str, Any]) -> dict[str, Any]:
    """What came of a step. A refusal that concerns its photos alone is no reason to stop."""
    try:
        return steps.do(step, before)
    except Refused as refused:
        if refused.permission or refused.status not in GONE:
            raise
        return {"failed": {id: str(refused) for id in step.ids}}


def take_back(there: Connected, run: str, progress: Progress = silent) -> Result:
    """Undo a run: what it added goes, what it took apart is put together. What others did since stays, and is named.

    DestinationError if it is not known, or the server is lost: it can be undone further later.
    """
    with alone(there.client.server):
        journal = next((one for one in runs(there) if one.run == run), None)
        if journal is None:
            known = ", ".join(one.run for one in runs(there)) or _("none")
            raise DestinationError(
                _(
                    "There is no run {run} on {url}; there are: {known}.",
                    run=printable(run),
                    url=there.client.server.url,
                    known=known,
                )
            )
        steps, waiting = Steps(there, _made(there)), journal.begun[::-1]
        result = Result(run, of=len(waiting))
        for number in waiting:
            progress(Told(UNDOING, result.steps, len(waiting), "step"))
            step = journal.steps[number]
            try:
                with _explained(journal, taken_back=True):
                    journal.write(number, "undone", steps.undo(step, journal.past[number]))
            except DestinationError as error:
                if not getattr(error.__cause__, "permission", ""):
                    raise
                result.problems.append(
                    _("{step} stays: {error} Undo it with a key that may.", step=_named(step), error=error.__cause__)
                )
                continue
            result.steps += 1
            result.problems += [_("left: {what}", what=retold(one)) for one in journal.past[number].undone or ()]
        journal.write(0, "finished")
        progress(Told(UNDOING, len(waiting), len(waiting), "step"))
        result.written = len(_changed(journal))
        return result


def runs(there: Connected) -> list[Journal]:
    """The runs on this server that are not undone, oldest first."""
    return [one for one in journals(folder_of(there.client.server)) if one.begun or one.open]


def written_runs() -> list[Journal]:
    """The runs on every server that are not undone."""
    folders = sorted(immich_folder().iterdir()) if immich_folder().is_dir() else []
    return [one for folder in folders for one in journals(folder) if one.begun or one.open]


def open_runs(there: Connected) -> list[Journal]:
    """Those of the runs that were interrupted."""
    return [one for one in runs(there) if one.open]


def _made(there: Connected) -> set[str]:
    """Ids of tags that runs on this server made."""
    past = [past for one in journals(folder_of(there.client.server)) for past in one.past]
    return {str(id) for one in past for id in (one.result or {}).get("made", ())}


@contextmanager
def _explained(journal: Journal, taken_back: bool = False) -> Iterator[None]:
    """Errors of the server say how far it got, and what to do."""
    try:
        yield
    except (ImmichError, KeyboardInterrupt, Cancelled) as error:
        steps = count(len(journal.steps), "step")
        if taken_back:
            done = sum(one.undone is not None for one in journal.past)
            far = _(
                "{done:,} of {steps} taken back; nothing is lost. Undo does the rest later.", done=done, steps=steps
            )
        else:
            far = _(
                "{done:,} of {steps} written; nothing is lost. Let it go on, or undo it.",
                done=journal.done,
                steps=steps,
            )
        if isinstance(error, ImmichError):
            raise DestinationError(_("Stopped: {error} {far}", error=error, far=far)) from error
        raise Cancelled(_("Stopped: {far}", far=far)) from error


def _named(step: Step) -> str:
    return f"{_(KINDS[step.kind])} {step.name}".strip()
