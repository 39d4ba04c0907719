"""All commands: each lies in a file of this folder and registers itself. The hidden ones lie here."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli import (  # noqa: F401 they register their commands
    check,
    clean,
    collage,
    crop,
    events,
    immich,
    library,
    memory,
    models,
    organise,
    people,
    search,
    undo,
    video,
    video_duplicates,
    video_keyframes,
    video_shots,
    web,
)
from cli.app import app
from unipic.core.language import gettext as _

if TYPE_CHECKING:  # what the hidden commands need is imported when they run
    from unipic.core.settings import Settings
    from unipic.tools import Tools


@app.command(hidden=True)
def work(run_folder: Path) -> None:
    """Do the work of one run of the web app in this process, and leave the result in its folder; -: wait for one."""
    from server.jobs import WAIT
    from server.worker import wait_for_work, work_on
    from utils import examine

    sys.exit(wait_for_work(examine) if str(run_folder) == WAIT else work_on(run_folder, examine))


@app.command(hidden=True)
def example(picture: Path, encoder: str) -> None:
    """Look at a picture that somebody searches by, and print what it is searched by. Nothing of it is stored."""
    from server.examples import to_dict
    from unipic.core.photo import Found
    from unipic.examples import examples_in

    def seen(tools: Tools, settings: Settings) -> dict[str, Any]:
        file = Found(picture.name, picture.name, str(picture), picture.stat().st_size)
        (one,) = examples_in([file], True, tools, settings)
        return to_dict(one)

    _print_looked_at(seen, encoder)


@app.command(hidden=True)
def selfie(picture: Path) -> None:
    """Print where the faces in a picture are, and the numbers that they are compared by. Nothing of it is stored."""
    from server.examples import face_to_dict
    from unipic.examples import faces_in_picture

    def seen(tools: Tools, settings: Settings) -> dict[str, Any]:
        return {"faces": [face_to_dict(face) for face in faces_in_picture(picture, tools, settings)]}

    _print_looked_at(seen, "builtin")


def _print_looked_at(seen: Callable[[Tools, Settings], dict[str, Any]], encoder: str) -> None:
    """Print what is seen as JSON; {"problem": why} for a picture of which nothing can be said."""
    from unipic.core.errors import ModelError, SourceError
    from unipic.core.settings import Settings, models_folder
    from unipic.tools import open_tools

    settings = Settings.of(ranker="builtin", workers=1, fetch=False, encoder=encoder)
    with open_tools(settings, models_folder(), None) as tools:
        try:
            said = seen(tools, settings)
        except SourceError as error:  # it begins with the file's name
            said = {"problem": str(error).partition(" ")[2]}
        except ModelError as error:
            said = {"problem": _("could not be looked at: {error}", error=error)}
    print(json.dumps(said))
