"""`models`: list the models, and download what is missing."""

import json
from typing import Annotated

import typer

from cli.app import Commands, app, clear_answers
from cli.terminal import WHOLE, out, progress_bars, say_models, shown
from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _
from unipic.core.settings import models_folder
from unipic.core.words import size

models_app = Commands(no_args_is_help=False, help=_("List the models; [b]models fetch[/b] downloads missing ones."))
app.add_typer(models_app, name="models")


@models_app.callback(invoke_without_command=True)
def models(context: typer.Context, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """List every model: its purpose, its licence, and whether it is installed."""
    if context.invoked_subcommand:
        return
    from unipic.vision.registry import inventory

    with clear_answers(as_json):
        found = inventory(models_folder())
        if as_json:
            facts = ("name", "label", "use", "licence", "shipped", "size")
            print(json.dumps([{f: getattr(m, f) for f in facts} | {"status": s.state} for m, s in found]))
        else:
            say_models(found, models_folder())


@models_app.command()
def fetch(
    names: Annotated[
        list[str] | None, typer.Argument(help=_("Names of models. Default: all that cleaning up uses."))
    ] = None,
) -> None:
    """Download missing weights into the models folder. The sha256 of every file is checked."""
    from unipic.vision.fetch import fetch as fetch_model
    from unipic.vision.registry import inventory

    with clear_answers(False):
        known = {model.name: model for model, _status in inventory(models_folder())}
        unknown = set(names or ()) - set(known)
        if unknown:
            raise SettingsError(
                _(
                    "there is no model {unknown}; there are {known}",
                    unknown=", ".join(sorted(unknown)),
                    known=", ".join(known),
                )
            )
        status = {model.name: status.state for model, status in inventory(models_folder())}
        chosen = names or [name for name, model in known.items() if not (model.shipped or model.asked)]
        with progress_bars() as progress:
            for name in chosen:
                if status[name] == "missing":
                    out.print(f"{shown(_(known[name].label))}: {size(known[name].size)}", **WHOLE)
                fetch_model(name, models_folder(), progress)
        out.print(_("These weights are in {folder}.", folder=shown(models_folder())), **WHOLE)
        for name, model in known.items():
            if model.asked and name not in chosen and status[name] == "missing":
                out.print(_("Only fetched by name: {name}, {size}.", name=name, size=size(model.size)), **WHOLE)
