"""`crop`: copies of photos at another aspect that cut no head if they can."""

import json
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cli.app import NOTHING_FOUND, PARTLY, app, before_the_work, clear_answers
from cli.examples import examples
from cli.terminal import WHOLE, err, out, progress_bars, say_note, shown
from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _, retold
from unipic.core.settings import Settings
from unipic.core.words import count

CROP_EXAMPLES = examples(
    (
        _("For a square and an upright frame; the originals are only read:"),
        "crop ~/Pictures/Lisbon --aspect 1:1 --aspect 4:5 --to ~/frames",
    ),
    codes=(0, 1, 2, 3, 4, (5, _("no photos found"))),
)


@app.command(epilog=CROP_EXAMPLES)
def crop(
    photos: Annotated[list[Path], typer.Argument(help=_("Photos, and folders with photos."))],
    aspect: Annotated[list[str], typer.Option("--aspect", help=_("1:1, 4:5, 16:9 or 9:16. Repeatable."))],
    to: Annotated[Path, typer.Option("--to", help=_("The folder for the copies."))],
    as_json: Annotated[bool, typer.Option("--json", help=_("Print what was done as JSON."))] = False,
) -> None:
    """Crop copies of photos so that all faces stay whole, at the photo's own pixels; says whose head did not fit."""
    from unipic.albums.crop import aspect_named
    from unipic.albums.heads import head_finder
    from unipic.core.photo import Found
    from unipic.destinations.base import outside
    from unipic.destinations.crops import crop_all, engine_of
    from unipic.sources.folder import FolderSource

    with clear_answers(as_json):
        for name in aspect:
            aspect_named(name)
        if len(set(aspect)) < len(aspect):
            raise SettingsError(_("name each aspect once"))
        with before_the_work():
            outside(to, photos)
        settings = Settings()
        files = [one for one in FolderSource(photos).files() if isinstance(one, Found)]
        with closing(engine_of(settings)) as engine, progress_bars(quiet=as_json) as progress:
            done = list(crop_all(files, aspect, to, head_finder(), engine, settings.limits, progress))
        written = [one for one in done if one.target]
        if as_json:
            print(json.dumps({"crops": [asdict(one) for one in done]}, default=str))
        for one in done if not as_json else ():
            if one.cut:
                out.print(f"{shown(one.name)} {one.aspect}: {retold(one.cut)}", **WHOLE)
            if one.problem:
                say_note(f"{one.name} {retold(one.problem)}")
        whole = sum(not one.cut for one in written)
        err.print(
            _(
                "[b]{crops}[/b] in {to}, {whole:,} without a cut head.",
                crops=count(len(written), "crop"),
                to=shown(to),
                whole=whole,
            ),
            **WHOLE,
        )
        if len(written) < len(done) or not written:
            raise typer.Exit(PARTLY if written else NOTHING_FOUND)
