"""`index`, `status`, `forget` and `phone`: what the library knows of folders on this machine."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.app import FAILED, PARTLY, app, clear_answers
from cli.options import Encoding, Machine, Searching, settings_by, with_groups
from cli.terminal import MAX_ROWS_SHOWN, WHOLE, err, out, progress_bars, shown
from unipic.core.errors import ModelError, SettingsError, SourceError
from unipic.core.settings import COMMAND, Settings, changed, data_folder, memory_folder, models_folder, seconds
from unipic.core.words import count, size
from unipic.sources.immich_place import called

if TYPE_CHECKING:  # what the work needs is imported when there is work: --help answers at once
    from unipic.core.progress import Progress
    from unipic.library.library import Folder, Library, Update
    from unipic.library.recognised import Which
    from unipic.library.status import Status
    from unipic.tools import Tools

NO_PHOTO = "is not in any photo format"  # how the reason begins of files that are something else

INDEX_EXAMPLES = f"""
[b]Examples[/b]

  Read twenty years of photos once; run it again and only new ones are read:
    {COMMAND} index ~/Pictures /mnt/nas/photos

  Refresh every folder of the library, then again every ten minutes:
    {COMMAND} index --watch --every 10m

  Read the words in every photo, not in screenshots and documents alone, so that a search finds them:
    {COMMAND} index --ocr all

[b]Exit codes[/b]  0 done · 1 failed · 2 wrong arguments · 4 a folder could not be reached · 130 stopped by Ctrl-C
"""

FORGET_EXAMPLES = f"""
[b]Examples[/b]

  Take a folder out of the library:
    {COMMAND} forget ~/Pictures/private

  Compare all photos again with the next run:
    {COMMAND} forget --kind comparisons
"""


@app.command(epilog=INDEX_EXAMPLES)
@with_groups
def index(
    encoding: Encoding,
    searching: Searching,
    machine: Machine,
    folders: Annotated[
        list[Path] | None,
        typer.Argument(help="Folders or archives to add, or immich:album/NAME. Default: refresh those of the library."),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Go on: look for new photos again and again.")] = False,
    every: Annotated[str, typer.Option("--every", help="With --watch: how often to look, as 60s, 5m, 1h.")] = "5m",
    ocr: Annotated[
        str,
        typer.Option(
            "--ocr",
            help="Whose words are read: screens (screenshots and documents), all (every photo) or off. Default: as "
            "chosen in the web app, else screens.",
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON, a line each time.")] = False,
) -> None:
    """Add folders to the library and read what is new in them. Originals are only read."""
    from unipic.reading.engines.local import prepare

    prepare()
    from unipic.library.library import Library
    from unipic.tools import open_tools
    from utils import find_faces, see_meaning

    with clear_answers(as_json):
        settings, pause = changed(settings_by(encoding, searching, machine), {"ranker": "builtin"}), seconds(every)
        library = Library(data_folder())
        library.usable()
        _which(ocr, library)
        chosen = list(dict.fromkeys(library.add(folder) for folder in folders or ())) or library.paths()
        if not chosen:
            raise SettingsError(f"the library has no folders yet; add some: {COMMAND} index FOLDER")
        with open_tools(settings, models_folder(), memory_folder()) as tools:
            while True:
                with progress_bars(quiet=as_json) as progress:
                    found = dict(_updated(chosen, library, tools, settings, progress))
                    meaning = see_meaning(library, tools, settings, models_folder(), progress)
                    meaning += find_faces(library, tools, settings, progress)
                    words, problems = _words_read(_which(ocr, library), library, tools, settings, progress)
                    meaning += see_meaning(library, tools, settings, models_folder(), progress, things=True)
                _say_updates(found, words, (*tools.notices, *tools.index.notices, *meaning, *problems), as_json)
                if not watch:
                    break
                time.sleep(pause)
        failed = sum(isinstance(one, str) for one in found.values())
        if failed:
            raise typer.Exit(FAILED if failed == len(found) else PARTLY)


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False) -> None:
    """What is in the library, and what is out of date."""
    from unipic.library.library import Library
    from unipic.library.status import status as status_of
    from unipic.vision.registry import Loader, open_encoder

    with clear_answers(as_json):
        settings = Settings()
        encoder, _ = open_encoder(settings.comparing.encoder, Loader(models_folder(), fetch=False))
        library = Library(data_folder())
        library.usable()
        found = status_of(library, encoder.key, settings.limits)
        print(json.dumps(asdict(found), default=str)) if as_json else _say_status(found)


@app.command(epilog=FORGET_EXAMPLES)
def forget(
    folder: Annotated[
        Path | None, typer.Argument(help="Take this folder out of the library. Default: everything.")
    ] = None,
    kind: Annotated[
        str,
        typer.Option(
            "--kind", help="Forget one kind of fact only: comparisons, scores, vectors, parts, search or faces."
        ),
    ] = "",
) -> None:
    """Delete what is remembered of photos: measurements and thumbnails. Your decisions, tags and albums stay."""
    from unipic.library.library import KINDS, Library

    with clear_answers(False):
        library = Library(data_folder())
        if kind and kind not in KINDS:
            raise SettingsError(f"there is no kind {kind!r}; there are {', '.join(KINDS)}")
        if folder and kind:
            raise SettingsError("name a folder or a kind, not both")
        if kind:
            library.forget(kind=kind)
            out.print(f"Forgotten: {kind}. They are made again when they are needed.", **WHOLE)
        elif folder:
            known = _known(folder, library)
            library.forget(known.path)
            out.print(
                f"{shown(called(known.path))} is no longer in the library ({count(known.photos, 'photo')}).", **WHOLE
            )
        else:
            out.print(f"Forgotten: {size(library.forget_all())}. The next run reads every photo again.", **WHOLE)


@app.command()
def phone(
    on: Annotated[bool | None, typer.Option("--on/--off", help="Receive by WebDAV, with a new token; or not.")] = None,
    limit: Annotated[float | None, typer.Option("--limit", help="GB the inbox may hold. Default: 50.")] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", help="Delete this file of the inbox.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="A TOML file with inbox_gb.")] = None,
) -> None:
    """Photos from phones: switch the web app's WebDAV share on or off, and see what is in the inbox."""
    from server.phone import LIMIT, ON, PLACE, USER, limit_gb, switch
    from unipic.core.settings import Limits, load_config
    from unipic.library.library import Library
    from unipic.sources.inbox import delete, entries, open_inbox, used

    with clear_answers(False):
        marks, inbox = Library(data_folder()).marks, open_inbox()
        if limit is not None or config:
            given = load_config(config).limits if config else Limits()
            marks.choose(LIMIT, str(given.inbox_gb if limit is None else Limits(inbox_gb=limit).inbox_gb))
        if on is not None and (token := switch(marks, on)):
            out.print(f"User: {USER}. Token, shown only now: {token}", **WHOLE)
        delete(remove or ())
        files, state = entries(), f"on, at {PLACE}/ of the web app" if marks.choice(ON) else "off"
        held = f"{count(len(files), 'file')}, {size(used(files))} of {limit_gb(marks):g} GB"
        out.print(f"WebDAV is {state}. {shown(inbox)} has {held}", **WHOLE)
        for file in files:
            out.print(f"  {shown(file.name)}" + ("" if file.complete else "  [yellow]still arriving[/]"), **WHOLE)


def added(folders: list[Path], library: Library, settings: Settings, quiet: bool = False) -> list[Path]:
    """The folders, those that the library does not have yet added to it and read. SourceError."""
    from unipic.tools import open_tools
    from utils import index_gallery

    new = [folder for folder in folders if not library.folder(library.real(folder)).photos]
    if new:
        with open_tools(settings, models_folder(), memory_folder()) as tools, progress_bars(quiet=quiet) as progress:
            for folder in new:
                index_gallery(library.add(folder), library, tools, settings, progress)
    return [library.real(folder) for folder in folders]


def _updated(
    folders: list[Path], library: Library, tools: Tools, settings: Settings, progress: Progress
) -> Iterator[tuple[Path, Update | str]]:
    """Each folder with what was found, or why it cannot be reached."""
    from utils import index_gallery

    for folder in folders:
        try:
            yield folder, index_gallery(folder, library, tools, settings, progress)
        except SourceError as error:
            yield folder, str(error)


def _which(said: str, library: Library) -> Which:
    """Whose words are to be read. SettingsError for a word that is no choice."""
    from unipic.library.recognised import CHOICES, chosen

    if said and said not in CHOICES:
        raise SettingsError(f"--ocr is one of {', '.join(CHOICES)}, not {said!r}")
    return next((one for one in CHOICES if one == said), None) or chosen(library)


def _words_read(
    which: Which, library: Library, tools: Tools, settings: Settings, progress: Progress
) -> tuple[int, tuple[str, ...]]:
    """In how many pictures words were looked for, and why in none if that cannot be done."""
    from unipic.library.recognised import PROBLEM
    from utils import read_words

    try:
        return read_words(which, library, tools, settings, progress), ()
    except ModelError as error:
        return 0, (f"{PROBLEM}: {error}",)


def _known(folder: Path, library: Library) -> Folder:
    """The library's folder of this name, which may be gone. SettingsError if there is none."""
    wanted = (folder, folder.absolute(), library.real(folder))
    for one in library.folders():
        if one.path in wanted:
            return one
    there = ", ".join(map(called, library.paths())) or "no folders"
    raise SettingsError(f"{folder} is not a folder of the library; there are {there}")


def _say_updates(found: dict[Path, Update | str], words: int, notices: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        folders = [_as_values(*one) for one in found.items()]
        print(json.dumps({"folders": folders, "words_read": words, "notices": notices}), flush=True)
        return
    for folder, one in found.items():
        if isinstance(one, str):
            err.print(f"[bold red]error:[/] {shown(one)}", **WHOLE)
            continue
        gone = f", {one.gone:,} gone" if one.gone else ""
        out.print(
            f"{shown(called(folder))}: [b]{count(one.files, 'file')}[/b], {one.new:,} new or changed{gone}", **WHOLE
        )
        if one.joined:
            out.print(f"  {count(one.joined, 'duplicate is', 'duplicates are')} kept once, under every name", **WHOLE)
        damaged = [file for file in one.unreadable if not file.reason.startswith(NO_PHOTO)]
        if others := len(one.unreadable) - len(damaged):
            out.print(f"  {count(others, 'file is', 'files are')} in no photo format; --json lists them", **WHOLE)
        for file in damaged[:MAX_ROWS_SHOWN]:
            out.print(f"  [yellow]not read:[/] {shown(file.name)} {shown(file.reason)}", **WHOLE)
        if len(damaged) > MAX_ROWS_SHOWN:
            out.print(f"  ... and {len(damaged) - MAX_ROWS_SHOWN:,} more; --json lists them all")
    if words:
        out.print(f"Words were looked for in {count(words, 'picture')}", **WHOLE)
    for notice in notices:
        out.print(f"[yellow]note:[/] {shown(notice)}", **WHOLE)


def _as_values(folder: Path, one: Update | str) -> dict[str, Any]:
    return {"folder": str(folder), **({"error": one} if isinstance(one, str) else asdict(one))}


def _say_status(found: Status) -> None:
    for folder in found.folders:
        when = f"{datetime.fromtimestamp(folder.updated):%Y-%m-%d %H:%M}" if folder.updated else "never"
        state = f"read {when}" if folder.reachable else "[bold red]cannot be reached; nothing is forgotten[/]"
        others = f", {count(folder.others, 'other file')}" if folder.others else ""
        out.print(f"{shown(called(folder.path))}  [b]{count(folder.photos, 'photo')}[/b]{others}, {state}", **WHOLE)
    if not found.folders:
        out.print(f"The library has no folders yet. Add some: {COMMAND} index FOLDER", **WHOLE)
    out.print(f"different pictures  {found.photos:,}")
    out.print(
        f"to be read          {found.waiting:,}" + (f"  ({COMMAND} index reads them)" if found.waiting else ""), **WHOLE
    )
    for key, number in found.vectors.items():
        out.print(f"embeddings          {number:,}  by {shown(key)}", **WHOLE)
    for kind, number in found.parts.items():
        out.print(f"{kind:<20}{number:,}")
    out.print(f"places              {found.places:,}")
    out.print(f"words in            {count(found.words, 'picture')}")
    out.print(f"stored              {size(found.bytes)}")
    if found.problem:
        out.print(f"[yellow]note:[/] {shown(found.problem)}", **WHOLE)
