"""`undo`: put back what clean --move-aside moved."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cli.app import PARTLY, app, clear_answers
from cli.examples import examples
from cli.terminal import progress_bars, say_held, say_undone
from unipic.core.errors import SourceError
from unipic.core.language import gettext as _
from unipic.core.settings import data_folder

UNDO_EXAMPLES = examples(
    (_("Put back everything that was ever set aside on this machine:"), "undo"),
    (_("List what is set aside, then put back everything below a folder:"), "undo --list", "undo ~/Pictures"),
    codes=((0, _("everything is back")), (4, _("some files could not be put back")), 2, 130),
)


@app.command(epilog=UNDO_EXAMPLES)
def undo(
    folder: Annotated[
        Path | None, typer.Argument(help=_("Put back what was moved from here. Default: everything moved."))
    ] = None,
    only_list: Annotated[bool, typer.Option("--list", help=_("Only list what is set aside, and where."))] = False,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print the result as JSON."))] = False,
) -> None:
    """Put back the files that [b]clean --move-aside[/b] moved. Nothing is overwritten."""
    from unipic.destinations.immich import written_runs
    from unipic.destinations.quarantine import KNOWN, quarantines, remembered
    from unipic.destinations.undo import held, undo_all

    with clear_answers(as_json):
        if folder and not folder.is_dir():
            raise SourceError(_("{folder} is not a folder", folder=folder))
        places = [folder] if folder else remembered(data_folder() / KNOWN)
        if only_list:
            there = [held(one) for one in quarantines(*places)]
            servers = [] if folder else written_runs()
            if as_json:
                runs = [{"server": run.server, "run": run.run, "at": run.at, "steps": run.done} for run in servers]
                print(json.dumps([*(asdict(one) for one in there), *runs], default=str))
            else:
                say_held(there, servers)
            return
        with progress_bars(quiet=as_json) as progress:
            undone = undo_all(*places, progress=progress)
        print(json.dumps([asdict(one) for one in undone], default=str)) if as_json else say_undone(undone)
        if any(one.problems for one in undone):
            raise typer.Exit(PARTLY)
