"""The command line: each command lies in a file of cli/ and registers itself."""

import json
import sys
from pathlib import Path

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
    from unipic.core.errors import SourceError
    from unipic.core.photo import Found
    from unipic.core.settings import Settings, models_folder
    from unipic.examples import examples_in
    from unipic.tools import open_tools

    settings = Settings.of(ranker="builtin", workers=1, fetch=False, encoder=encoder)
    with open_tools(settings, models_folder(), None) as tools:
        file = Found(picture.name, picture.name, str(picture), picture.stat().st_size)
        try:
            (seen,) = examples_in([file], True, tools, settings)
        except SourceError as error:
            print(json.dumps({"problem": str(error).partition(" ")[2]}))
        else:
            print(json.dumps(to_dict(seen)))


if __name__ == "__main__":
    app()
