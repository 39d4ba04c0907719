"""`samples` and `decisions`: photos to try things out with, and what people decided."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cli.app import app, clear_answers
from cli.terminal import WHOLE, out, say_decisions, shown
from unipic.core.errors import DestinationError, SettingsError
from unipic.core.language import gettext as _
from unipic.core.settings import COMMAND, data_folder


@app.command()
def samples(folder: Annotated[Path, typer.Argument(help=_("A new folder."))]) -> None:
    """Make a small sample gallery to try things out. Needs no network."""
    from unipic.sources.samples import make_samples

    with clear_answers(False):
        if folder.exists():
            raise DestinationError(_("{folder} already exists; name a new folder", folder=folder))
        make_samples(folder)
        out.print(
            _("Made. Now try:  {command} clean {folder} --dry-run", command=COMMAND, folder=shown(folder)), **WHOLE
        )


@app.command()
def decisions(
    as_json: Annotated[bool, typer.Option("--json", help=_("Print all decisions as JSON."))] = False,
    forget: Annotated[list[str] | None, typer.Option("--forget", help=_("Forget the decision with this id."))] = None,
) -> None:
    """List the decisions made in the web app: which photos belong together, which do not, and which stay."""
    from unipic.library.decisions import Catalogue

    with clear_answers(as_json):
        catalogue = Catalogue(data_folder())
        known = {ruling.id: ruling for ruling in catalogue.all()}
        if unknown := set(forget or ()) - known.keys():
            raise SettingsError(_("there is no decision {unknown}", unknown=", ".join(sorted(unknown))))
        catalogue.remove(forget or ())
        left = [ruling for id, ruling in known.items() if id not in (forget or ())]
        if as_json:
            print(json.dumps([asdict(ruling) for ruling in left], ensure_ascii=True))
        else:
            say_decisions(left)
