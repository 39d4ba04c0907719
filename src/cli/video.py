"""`video`: keyframes of films, and films that are there twice."""

from __future__ import annotations

import typer

from cli.app import app

video = typer.Typer(no_args_is_help=True, help="Keyframes of films, and films that are there twice.")
app.add_typer(video, name="video")
