"""The command line: each command lies in a file of cli/ and registers itself."""

from __future__ import annotations

import sys
from pathlib import Path

from cli import check, clean, events, library, memory, models, search, undo, web  # noqa: F401 they register their commands
from cli.app import app


@app.command(hidden=True)
def work(run_folder: Path) -> None:
    """Do the work of one run of the web app in this process, and leave the result in its folder; -: wait for one."""
    from server.jobs import WAIT
    from server.worker import wait_for_work, work_on
    from utils import examine

    sys.exit(wait_for_work(examine) if str(run_folder) == WAIT else work_on(run_folder, examine))


if __name__ == "__main__":
    app()
