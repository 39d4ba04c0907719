"""Runs over photos of an Immich server: the key lies in the run's folder only while its scan needs it."""

from __future__ import annotations

import json
from contextlib import suppress

from server.runs import Run
from unipic.core.errors import SettingsError
from unipic.core.files import read_json
from unipic.core.language import gettext as _
from unipic.core.progress import Progress
from unipic.sources.immich import Cache, Client, ImmichSource, Server, connect, private_file

FILE = "immich.json"


def lend_key(run: Run, server: Server, originals: bool) -> None:
    """Give the run's process what it needs, in a file that only this user may read."""
    told = {"url": server.url, "key": server.key, "ca_file": server.ca_file, "originals": originals}
    with private_file(run.folder / FILE) as file:
        file.write(json.dumps(told).encode("ascii"))


def forget_key(run: Run) -> None:
    """Delete the key from the run's folder."""
    with suppress(OSError):
        (run.folder / FILE).unlink(missing_ok=True)


def immich_source(run: Run, progress: Progress) -> ImmichSource:
    """The photos that the run's roots name. SettingsError if the key is gone; ImmichError if the server is."""
    try:
        told = read_json(run.folder / FILE)
        server, originals = Server(told["url"], told["key"], told["ca_file"]), bool(told["originals"])
    except (OSError, ValueError, KeyError) as error:
        raise SettingsError(_("The key of Immich was forgotten after the last scan. Add the photos again.")) from error
    there = connect(Client(server))
    return ImmichSource(there, run.load().roots, Cache(server), originals, progress=progress)
