"""The app that commands register with, and how each of them ends: an answer that says what to do, and an exit code."""

import errno
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from cli.terminal import WHOLE, err, shown
from unipic.core.errors import (
    Cancelled,
    DestinationError,
    DiskFull,
    NoExiftool,
    SettingsError,
    SourceError,
    UnipicError,
)

# Exit codes.
FAILED, MISUSED, NO_ROOM, PARTLY, NOTHING_FOUND, STOPPED = 1, 2, 3, 4, 5, 130

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Find copies and similar shots, keep the best, and get a clean gallery. Originals are only read.",
)


@contextmanager
def before_the_work() -> Iterator[None]:
    """A place that a result cannot go to is a wrong argument. A full disk and a missing exiftool are not."""
    try:
        yield
    except (DiskFull, NoExiftool):
        raise
    except DestinationError as error:
        raise SettingsError(str(error)) from error


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
