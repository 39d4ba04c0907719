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
from cli.examples import examples
from cli.options import Encoding, Machine, Searching, settings_by, with_groups
from cli.terminal import WHOLE, out, progress_bars, say_error, say_not_read, say_note, shown
from unipic.core.errors import ModelError, SettingsError, SourceError
from unipic.core.language import gettext as _, gettext_noop as N_, ngettext, number
from unipic.core.settings import COMMAND, Settings, changed, data_folder, memory_folder, models_folder, seconds
from unipic.core.words import count, size
from unipic.sources.immich_place import called

if TYPE_CHECKING:  # what the work needs is imported when there is work: --help answers at once
    from unipic.core.progress import Progress
    from unipic.library.library import Folder, Library, Update
    from unipic.library.recognised import Which
    from unipic.library.status import Status
    from unipic.tools import Tools

PARTS = (N_("colours"), N_("face"), N_("frame"), N_("person"), N_("segment"), N_("text"))  # kinds of parts of photos
LABEL = 20  # columns of what a figure is about, at least
NO_PHOTO = "is not in any photo format"  # how the reason begins of files that are something else

INDEX_EXAMPLES = examples(
    (
        _("Read twenty years of photos once; run it again and only new ones are read:"),
        "index ~/Pictures /mnt/nas/photos",
    ),
    (_("Refresh every folder of the library, then again every ten minutes:"), "index --watch --every 10m"),
    (
        _("Read the words in every photo, not in screenshots and documents alone, so that a search finds them:"),
        "index --ocr all",
    ),
    codes=(0, 1, 2, (4, _("a folder could not be reached")), 130),
)

FORGET_EXAMPLES = examples(
    (_("Take a folder out of the library:"), "forget ~/Pictures/private"),
    (_("Compare all photos again with the next run:"), "forget --kind comparisons"),
)


@app.command(epilog=INDEX_EXAMPLES)
@with_groups
def index(
    encoding: Encoding,
    searching: Searching,
    machine: Machine,
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            help=_("Folders or archives to add, or immich:album/NAME. Default: refresh those of the library.")
        ),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help=_("Go on: look for new photos again and again."))] = False,
    every: Annotated[str, typer.Option("--every", help=_("With --watch: how often to look, as 60s, 5m, 1h."))] = "5m",
    ocr: Annotated[
        str,
        typer.Option(
            "--ocr",
            help=_(
                "Whose words are read: screens (screenshots and documents), all (every photo) or off. Default: as "
                "chosen in the web app, else screens."
            ),
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help=_("Print what was found as JSON, a line each time."))] = False,
) -> None:
    """Add folders to the library and read what is new in them. Originals are only read."""
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
            raise SettingsError(_("the library has no folders yet; add some: {command} index FOLDER", command=COMMAND))
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
def status(as_json: Annotated[bool, typer.Option("--json", help=_("Print the figures as JSON."))] = False) -> None:
    """What is in the library, and what is out of date."""
    from unipic.library.library import Library
    from unipic.library.status import status as status_of
    from unipic.vision.registry import Loader, open_encoder

    with clear_answers(as_json):
        settings = Settings()
        encoder, _notices = open_encoder(settings.comparing.encoder, Loader(models_folder(), fetch=False))
        library = Library(data_folder())
        library.usable()
        found = status_of(library, encoder.key, settings.limits)
        print(json.dumps(asdict(found), default=str)) if as_json else _say_status(found)


@app.command(epilog=FORGET_EXAMPLES)
def forget(
    folder: Annotated[
        Path | None, typer.Argument(help=_("Take this folder out of the library. Default: everything."))
    ] = None,
    kind: Annotated[
        str,
        typer.Option(
            "--kind", help=_("Forget one kind of fact only: comparisons, scores, vectors, parts, search or faces.")
        ),
    ] = "",
) -> None:
    """Delete what is remembered of photos: measurements and thumbnails. Your decisions, tags and albums stay."""
    from unipic.library.library import KINDS, Library

    with clear_answers(False):
        library = Library(data_folder())
        if kind and kind not in KINDS:
            raise SettingsError(_("there is no kind {kind!r}; there are {kinds}", kind=kind, kinds=", ".join(KINDS)))
        if folder and kind:
            raise SettingsError(_("name a folder or a kind, not both"))
        if kind:
            library.forget(kind=kind)
            out.print(_("Forgotten: {kind}. They are made again when they are needed.", kind=kind), **WHOLE)
        elif folder:
            known = _known(folder, library)
            library.forget(known.path)
            out.print(
                _(
                    "{path} is no longer in the library ({photos}).",
                    path=shown(called(known.path)),
                    photos=count(known.photos, "photo"),
                ),
                **WHOLE,
            )
        else:
            out.print(
                _("Forgotten: {size}. The next run reads every photo again.", size=size(library.forget_all())), **WHOLE
            )


@app.command()
def phone(
    on: Annotated[
        bool | None, typer.Option("--on/--off", help=_("Receive by WebDAV, with a new token; or not."))
    ] = None,
    limit: Annotated[float | None, typer.Option("--limit", help=_("GB the inbox may hold. Default: 50."))] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", help=_("Delete this file of the inbox."))] = None,
    config: Annotated[Path | None, typer.Option("--config", help=_("A TOML file with inbox_gb."))] = None,
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
            out.print(_("User: {user}. Token, shown only now: {token}", user=USER, token=token), **WHOLE)
        delete(remove or ())
        files, at = entries(), _("WebDAV is on, at {place}/ of the web app.", place=PLACE)
        held = _(
            "{inbox} has {files}, {size} of {limit:g} GB",
            inbox=shown(inbox),
            files=count(len(files), "file"),
            size=size(used(files)),
            limit=limit_gb(marks),
        )
        out.print(f"{at if marks.choice(ON) else _('WebDAV is off.')} {held}", **WHOLE)
        for file in files:
            arriving = "" if file.complete else f"  [yellow]{_('still arriving')}[/]"
            out.print(f"  {shown(file.name)}{arriving}", **WHOLE)


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
        raise SettingsError(_("--ocr is one of {choices}, not {said!r}", choices=", ".join(CHOICES), said=said))
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
    there = ", ".join(map(called, library.paths())) or _("no folders")
    raise SettingsError(_("{folder} is not a folder of the library; there are {there}", folder=folder, there=there))


def _say_updates(found: dict[Path, Update | str], words: int, notices: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        folders = [_as_values(*one) for one in found.items()]
        print(json.dumps({"folders": folders, "words_read": words, "notices": notices}), flush=True)
        return
    for folder, one in found.items():
        if isinstance(one, str):
            say_error(one)
            continue
        told = _(
            "{folder}: [b]{files}[/b], {new:,} new or changed",
            folder=shown(called(folder)),
            files=count(one.files, "file"),
            new=one.new,
        )
        out.print(told + (_(", {number:,} gone", number=one.gone) if one.gone else ""), **WHOLE)
        if one.joined:
            told = ngettext(
                "{n:,} duplicate is kept once, under every name",
                "{n:,} duplicates are kept once, under every name",
                one.joined,
            )
            out.print(f"  {told}", **WHOLE)
        damaged = [file for file in one.unreadable if not file.reason.startswith(NO_PHOTO)]
        if others := len(one.unreadable) - len(damaged):
            told = ngettext(
                "{n:,} file is in no photo format; --json lists them",
                "{n:,} files are in no photo format; --json lists them",
                others,
            )
            out.print(f"  {told}", **WHOLE)
        say_not_read(damaged)
    if words:
        out.print(_("Words were looked for in {pictures}", pictures=count(words, "picture")), **WHOLE)
    for notice in notices:
        say_note(notice, out)


def _as_values(folder: Path, one: Update | str) -> dict[str, Any]:
    return {"folder": str(folder), **({"error": one} if isinstance(one, str) else asdict(one))}


def _say_status(found: Status) -> None:
    for folder in found.folders:
        when = f"{datetime.fromtimestamp(folder.updated):%Y-%m-%d %H:%M}" if folder.updated else _("never")
        gone = f"[bold red]{_('cannot be reached; nothing is forgotten')}[/]"
        state = _("read {when}", when=when) if folder.reachable else gone
        others = f", {count(folder.others, 'other file')}" if folder.others else ""
        out.print(f"{shown(called(folder.path))}  [b]{count(folder.photos, 'photo')}[/b]{others}, {state}", **WHOLE)
    if not found.folders:
        out.print(_("The library has no folders yet. Add some: {command} index FOLDER", command=COMMAND), **WHOLE)
    waiting = f"  ({_('{command} index reads them', command=COMMAND)})" if found.waiting else ""
    figures = (
        (_("different pictures"), number(found.photos)),
        (_("to be read"), number(found.waiting) + waiting),
        *(
            (_("embeddings"), _("{number:,}  by {model}", number=n, model=shown(key)))
            for key, n in found.vectors.items()
        ),
        *((_(kind) if kind in PARTS else kind, number(n)) for kind, n in found.parts.items()),
        (_("places"), number(found.places)),
        (_("words in"), count(found.words, "picture")),
        (_("stored"), size(found.bytes)),
    )
    width = max(LABEL, *(len(about) + 2 for about, _words in figures))
    for about, words in figures:
        out.print(f"{about:<{width}}{words}", **WHOLE)
    if found.problem:
        say_note(found.problem, out)
