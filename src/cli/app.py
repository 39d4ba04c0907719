"""The app that commands register with, and how each of them ends: an answer that says what to do, and an exit code."""

import errno
import gettext
import inspect
import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import typer

from cli.terminal import err, say_error
from unipic.core.errors import (
    Cancelled,
    DestinationError,
    DiskFull,
    NoExiftool,
    SettingsError,
    SourceError,
    UnipicError,
)
from unipic.core.language import DOMAIN, FOLDER, gettext as _, gettext_noop as N_, language

# Typer's own words: it looks them up with Python's gettext, which goes by LANGUAGE.
OF_TYPER = (
    N_("Arguments"),
    N_("Options"),
    N_("Commands"),
    N_("Error"),
    N_("Aborted."),
    N_("[default: {}]"),
    N_("[required]"),
    N_("Try [blue]'{command_path} {help_option}'[/] for help."),
    N_("Missing command."),
    N_("No such command {name!r}."),
)
gettext.bindtextdomain(DOMAIN, FOLDER)
gettext.textdomain(DOMAIN)
os.environ["LANGUAGE"] = language()

# Exit codes.
FAILED, MISUSED, NO_ROOM, PARTLY, NOTHING_FOUND, STOPPED = 1, 2, 3, 4, 5, 130


F = TypeVar("F", bound=Callable[..., Any])


class Commands(typer.Typer):
    """Commands with their docstring, in the language of the moment, as their help."""

    def command(self, name: str | None = None, **how: Any) -> Callable[[F], F]:
        """See typer.Typer.command."""

        def register(function: F) -> F:
            return super(Commands, self).command(name, help=_(inspect.getdoc(function) or ""), **how)(function)

        return register


app = Commands(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help=_("Find copies and similar shots, keep the best, and get a clean gallery. Originals are only read."),
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
            _(
                "\nStopped. Originals are unchanged, and no partial files were left behind. "
                "The next run continues from here."
            )
        )
        raise typer.Exit(STOPPED) from None
    except (UnipicError, OSError) as error:
        if as_json:
            print(json.dumps({"error": str(error)}))
        say_error(error)
        no_room = isinstance(error, DiskFull) or getattr(error, "errno", None) == errno.ENOSPC
        misused, stopped = isinstance(error, SettingsError | SourceError), isinstance(error, Cancelled)
        raise typer.Exit(NO_ROOM if no_room else MISUSED if misused else STOPPED if stopped else FAILED) from None
