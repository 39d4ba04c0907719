"""`video`: what is found in films, with a file for each of its commands."""

from __future__ import annotations

from cli.app import Commands, app
from unipic.core.language import gettext as _

video = Commands(no_args_is_help=True, help=_("Pictures that tell a film, its shots, and films that are there twice."))
app.add_typer(video, name="video")
