"""`export`: copies of photos by a preset, for social media, screens and print; or a contact sheet."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.app import NOTHING_FOUND, PARTLY, app, before_the_work, clear_answers
from cli.options import option, with_groups
from cli.terminal import WHOLE, err, progress_bars, shown
from unipic.core.errors import SettingsError
from unipic.core.settings import COMMAND, Settings
from unipic.core.words import count

if TYPE_CHECKING:  # what the work needs is imported when there is work: --help answers at once
    from unipic.albums.presets import Preset
    from unipic.core.progress import Progress
    from unipic.destinations.base import Destination
    from unipic.reading.engines.base import Engine
    from unipic.review.outcomes import Outcome

EXPORT_EXAMPLES = f"""
[b]Examples[/b]

  Squares for social media, in sRGB and without the place; the originals are only read:
    {COMMAND} export ~/Pictures/best --as square --to ~/squares

  Prints of 10 x 15 cm with 3 mm of bleed, as a ZIP for the print shop:
    {COMMAND} export ~/Pictures/best --as print-10x15 --bleed 3 --zip prints.zip

  A contact sheet with names and page numbers:
    {COMMAND} export ~/Pictures/best --pdf sheet.pdf

[b]Presets[/b]  square · portrait (4:5) · 4k · web · print-9x13 · print-10x15 · print-13x18 · print-20x30 · print-a4 ·
            print-a3; your own in presets.toml, see docs/presets.md

[b]Exit codes[/b]  0 done · 1 failed · 2 wrong arguments · 3 no room · 4 done in part · 5 no photo
"""
_output, _copies = map(option, ("Where the copies go", "What they are like"))


@dataclass(frozen=True)
class Target:
    to: Annotated[Path | None, _output("--to", "A folder for the copies. A second run completes it.")] = None
    zip_path: Annotated[Path | None, _output("--zip", "A ZIP with the copies.")] = None
    pdf: Annotated[Path | None, _output("--pdf", "A contact sheet: pages of small pictures with their names.")] = None
    as_json: Annotated[bool, _output("--json", "Print what was done as JSON.")] = False

    @property
    def path(self) -> Path:
        """SettingsError unless there is exactly one."""
        paths = [path for path in (self.to, self.zip_path, self.pdf) if path]
        if len(paths) != 1:
            raise SettingsError("choose where the copies go: exactly one of --to FOLDER, --zip FILE or --pdf FILE")
        return paths[0]


@dataclass(frozen=True)
class Look:
    preset: Annotated[str, _copies("--as", "The preset; those there are stand below.")] = ""
    bleed: Annotated[float | None, _copies("--bleed", "Of prints: mm beyond each edge, which are cut off.")] = None
    metadata: Annotated[str | None, _copies("--metadata", "kept, reduced (no place, no serial numbers) or none.")] = (
        None
    )
    names: Annotated[
        str | None, _copies("--names", 'Of files, as "{date} {time} {name}", or with {number}, {event}, {camera}.')
    ] = None

    def chosen(self) -> Preset:
        """SettingsError for a preset that there is not, or a value that it cannot have."""
        from unipic.albums.presets import preset_named

        said: Any = {name: vars(self)[name] for name in ("bleed", "metadata", "names") if vars(self)[name] is not None}
        return replace(preset_named(self.preset), **said)


@app.command(epilog=EXPORT_EXAMPLES)
@with_groups
def export(
    photos: Annotated[list[Path], typer.Argument(help="Folders (with all subfolders) and files. They are only read.")],
    target: Target,
    look: Look,
) -> None:
    """Export copies of PHOTOS by a preset: cut around faces, in sRGB, at the right size; or as a contact sheet."""
    from unipic.albums.plan import is_film
    from unipic.destinations.base import export as exported
    from unipic.destinations.base import outside
    from unipic.destinations.crops import engine_of

    with clear_answers(target.as_json), ExitStack() as stack:
        path, settings = target.path, Settings()
        engine = engine_of(settings)
        stack.callback(engine.close)
        destination = _destination(target, look, engine, settings)
        with before_the_work():
            outside(path, photos)
            destination.ready()
        with progress_bars(quiet=target.as_json) as progress:
            everything = _outcomes(photos, engine, settings, progress)
            kept = [one for one in everything if one.fate == "kept"]
            if not kept:
                raise typer.Exit(NOTHING_FOUND)
            result = exported(destination, kept, progress)
        others = [one for one in everything if one.fate == "unreadable" and not is_film(one.file)]
        left = [f"{one.file.name} {one.reason}" for one in others]
        problems = [*result.problems, *left]
        if target.as_json:
            notes = list(result.notes)
            print(json.dumps({"written_to": str(path), "copies": result.files, "notes": notes, "problems": problems}))
        for line in (*result.notes, *problems) if not target.as_json else ():
            err.print(f"[yellow]note:[/] {shown(line)}", **WHOLE)
        err.print(f"[b]{count(result.files, 'photo')}[/b] in {shown(path)}.", **WHOLE)
        if problems:
            raise typer.Exit(PARTLY)


def _destination(target: Target, look: Look, engine: Engine, settings: Settings) -> Destination:
    from unipic.destinations.contact_sheet import ContactSheet
    from unipic.destinations.developing import Developer
    from unipic.destinations.folder import FolderDestination
    from unipic.destinations.zip import ZipDestination

    if target.pdf:
        if look != Look():
            raise SettingsError(
                "a contact sheet has a look of its own; leave out --as, --bleed, --metadata and --names"
            )
        return ContactSheet(target.pdf, engine)
    developer = Developer(look.chosen(), engine, settings.limits)
    if target.zip_path:
        return ZipDestination(target.zip_path, developer=developer)
    return FolderDestination(target.path, developer=developer)


def _outcomes(photos: list[Path], engine: Engine, settings: Settings, progress: Progress) -> list[Outcome]:
    """An outcome for each photo, with what belongs to it, and each file that is none."""
    from unipic.core.photo import Gallery, Unreadable
    from unipic.core.progress import counted
    from unipic.library.companions import together
    from unipic.reading.read import read
    from unipic.reading.seen import Picture
    from unipic.review.outcomes import Outcome
    from unipic.sources.folder import FolderSource

    files = list(FolderSource(photos).files())
    found = (one.photo if isinstance(one, Picture) else one for one in read(files, engine, settings.limits))
    seen = list(counted(found, "Reading", len(files), progress))
    others = tuple(one for one in seen if isinstance(one, Unreadable))
    gallery = Gallery(tuple(one for one in seen if not isinstance(one, Unreadable)), others)
    gallery = together(gallery, engine, progress, files=files)
    kept = [Outcome(photo, "kept", "exported", by="you") for photo in gallery.photos]
    return [*kept, *(Outcome(file, "unreadable", file.reason) for file in gallery.unreadable)]
