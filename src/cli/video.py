"""`video`: what is found in films, with a file for each of its commands."""

import typer

from cli.app import app

video = typer.Typer(no_args_is_help=True, help="Pictures that tell a film, its shots, and films that are there twice.")
app.add_typer(video, name="video")
