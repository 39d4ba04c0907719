"""The smaller words of the command line, and how every word ends: an answer that says what to do, and an exit code."""

from __future__ import annotations

import errno
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from cli.terminal import (
    UNDO_EXAMPLES,
    WHOLE,
    err,
    out,
    progress_bars,
    say_decisions,
    say_held,
    say_models,
    say_undone,
    shown,
)
from unipic.core.errors import Cancelled, DestinationError, DiskFull, SettingsError, SourceError, UnipicError
from unipic.core.settings import COMMAND, data_folder, memory_folder, models_folder
from unipic.core.words import size

FAILED, MISUSED, NO_ROOM, STOPPED = 1, 2, 3, 130

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Find copies and similar shots, keep the best, and get a clean gallery. Originals are only read.",
)
models_app = typer.Typer(no_args_is_help=False, help="List the models; [b]models fetch[/b] downloads missing ones.")
app.add_typer(models_app, name="models")


@contextmanager
def clear_answers(as_json: bool) -> Iterator[None]:
    """Every way to fail ends in one message that says what to do, and an exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    try:
        yield
    except KeyboardInterrupt:
        err.print(
            "\nStopped. Originals are unchanged, and no partial files were left behind. "
            "The next run continues from here."
        )
        raise typer.Exit(STOPPED) from None
    except (UnipicError, OSError) as error:
        if as_json:
            print(json.dumps({"error": str(error)}))
        err.print(f"[bold red]error:[/] {shown(error)}", **WHOLE)
        no_room = isinstance(error, DiskFull) or getattr(error, "errno", None) == errno.ENOSPC
        misused, stopped = isinstance(error, SettingsError | SourceError), isinstance(error, Cancelled)
        raise typer.Exit(NO_ROOM if no_room else MISUSED if misused else STOPPED if stopped else FAILED) from None


@models_app.callback(invoke_without_command=True)
def models(context: typer.Context, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """List every model: its purpose, its licence, and whether it is installed."""
    if context.invoked_subcommand:
        return
    from unipic.vision.registry import inventory

    with clear_answers(as_json):
        found = inventory(models_folder())
        if as_json:
            facts = ("name", "label", "use", "licence", "shipped")
            print(json.dumps([{f: getattr(m, f) for f in facts} | {"status": s.state} for m, s in found]))
        else:
            say_models(found, models_folder())


@models_app.command()
def fetch(
    names: Annotated[list[str] | None, typer.Argument(help="Names of models. Default: all that are missing.")] = None,
) -> None:
    """Download missing weights into the models folder. The sha256 of every file is checked."""
    from unipic.vision.fetch import fetch as fetch_model
    from unipic.vision.registry import inventory

    with clear_answers(False):
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
    """Make a small sample gallery to try things out. Needs no network."""
    from unipic.sources.samples import make_samples

    with clear_answers(False):
        if folder.exists():
            raise DestinationError(f"{folder} already exists; name a new folder")
        make_samples(folder)
        out.print(f"Made. Now try:  {COMMAND} clean {shown(folder)} --dry-run", **WHOLE)


@app.command()
def decisions(
    as_json: Annotated[bool, typer.Option("--json", help="Print all decisions as JSON.")] = False,
    forget: Annotated[list[str] | None, typer.Option("--forget", help="Forget the decision with this id.")] = None,
) -> None:
    """List the decisions made in the web app: which photos belong together, which do not, and which stay."""
    from dataclasses import asdict

    from unipic.library.decisions import Catalogue

    with clear_answers(as_json):
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


@app.command()
def forget() -> None:
    """Delete what is remembered of scanned photos: measurements and thumbnails. Your decisions stay."""
    from unipic.library.index import forget as forget_facts

    with clear_answers(False):
        freed = forget_facts(memory_folder())
        out.print(f"Forgotten: {size(freed)}. The next run reads every photo again.", **WHOLE)


@app.command(epilog=UNDO_EXAMPLES)
def undo(
    folder: Annotated[
        Path | None,
        typer.Argument(help="Put back what was moved from here. Default: everything moved."),
    ] = None,
    only_list: Annotated[bool, typer.Option("--list", help="Only list what is set aside, and where.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Put back the files that [b]clean --move-aside[/b] moved. Nothing is overwritten."""
    from dataclasses import asdict

    from unipic.destinations.quarantine import KNOWN, quarantines, remembered
    from unipic.destinations.undo import held, undo_all

    with clear_answers(as_json):
        if folder and not folder.is_dir():
            raise SourceError(f"{folder} is not a folder")
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
