"""`search`: find photos of the library by words and by example pictures, and send them where they are wanted."""

from __future__ import annotations

import json
import locale
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.app import NOTHING_FOUND, PARTLY, app, before_the_work, clear_answers
from cli.clean import Output, exported, ready
from cli.examples import SEARCH
from cli.options import Encoding, Searching, option, settings_by, with_groups
from cli.terminal import WHOLE, err, out, progress_bars, say_error, say_note, say_sent, shown
from unipic.core.errors import SettingsError, SourceError
from unipic.core.language import gettext as _
from unipic.core.photo import where as place_of
from unipic.core.settings import COMMAND, Settings, changed, data_folder, memory_folder, models_folder
from unipic.core.words import count

if TYPE_CHECKING:  # what the work needs is imported when there is work: --help answers at once
    from unipic.core.photo import Photo
    from unipic.core.progress import Progress
    from unipic.destinations.dataset import Dataset
    from unipic.library.library import Library
    from unipic.search.results import Results
    from unipic.search.search import Asked, Example

LINES = 50  # photos that are printed for people
_what, _answer, _where = map(option, (_("What is searched"), _("The answer"), _("Where the photos go")))


@dataclass(frozen=True)
class What:
    within: Annotated[Path | None, _what("--in", _("Only photos in this folder of the library."))] = None
    like: Annotated[list[Path] | None, _what("--like", _("Like this picture. Repeatable; it is not stored."))] = None
    not_like: Annotated[list[Path] | None, _what("--not-like", _("Less like this picture. Repeatable."))] = None
    every_shot: Annotated[bool, _what("--every-shot", _("Copies and bursts one by one, not as one."))] = False
    maybe: Annotated[bool, _what("--maybe", _("Also what is less sure."))] = False


@dataclass(frozen=True)
class Answer:
    limit: Annotated[
        int | None, _answer("--limit", _("At most so many photos. Default: {lines} lines, otherwise all.", lines=LINES))
    ] = None
    paths: Annotated[bool, _answer("--paths", _("Print paths alone, one a line."))] = False
    nul: Annotated[bool, _answer("-0", _("With --paths: end each with a NUL, for xargs -0."))] = False
    as_json: Annotated[bool, _answer("--json", _("Print the answer as JSON."))] = False
    explain: Annotated[bool, _answer("--explain", _("Print how the query is understood, with counts and times."))] = (
        False
    )


@dataclass(frozen=True)
class Where:
    to: Annotated[Path | None, _where("--to", _("Copy the photos into this folder."))] = None
    zip_path: Annotated[Path | None, _where("--zip", _("Write the photos to this ZIP."))] = None
    listing: Annotated[Path | None, _where("--list", _("Write a list of the photos (.csv or .json)."))] = None
    coco: Annotated[
        Path | None, _where("--export-coco", _("Write a COCO dataset: the photos, with a box where SAM found it."))
    ] = None
    yolo: Annotated[Path | None, _where("--export-yolo", _("The same for YOLO."))] = None


@app.command(epilog=SEARCH)
@with_groups
def search(
    what: What,
    answer: Answer,
    where: Where,
    encoding: Encoding,
    searching: Searching,
    query: Annotated[
        list[str] | None, typer.Argument(help=_("Words, dates, places, and conditions as key:value."))
    ] = None,
) -> None:
    """Find photos of the library: by date, place, kind, camera, colour, name, text, or an example picture."""
    from unipic.library.library import Library

    with clear_answers(answer.as_json):
        text, library = " ".join(query or ()), Library(data_folder())
        if not (text or what.like or what.not_like):
            raise SettingsError(
                _('what are you looking for? For example: {command} search "Rome 2019"', command=COMMAND)
            )
        if answer.limit is not None and answer.limit < 1:
            raise SettingsError(_("--limit is 1 or more"))
        library.usable()
        settings = changed(settings_by(encoding, searching), {"ranker": "builtin"})
        destinations = ready(Output(where.zip_path, where.to, where.listing), library.paths())
        datasets = list(_datasets(where, library.paths()))
        with progress_bars(quiet=True) as progress, opened(library, settings, what, text) as (asked, examples):
            found, seconds = _found(text, asked, examples, what, answer)
            photos = library.photos(asked.library.files[found.order].tolist())
            problems = exported([*destinations.values()], _outcomes(found, photos), progress) if photos else []
            for dataset in datasets if photos else ():
                problems += _written(dataset, found, photos, settings, progress)
            _say(found, photos, answer, seconds, asked)
        for problem in problems:
            say_error(problem)
        for path in (*destinations, *(dataset.folder for dataset in datasets)) if photos else ():
            say_sent(len(photos), path)
        if problems or not photos:
            raise typer.Exit(PARTLY if problems else NOTHING_FOUND)


@contextmanager
def opened(library: Library, settings: Settings, what: What, text: str) -> Iterator[tuple[Asked, list[Example]]]:
    """The library as it is now, and the example pictures. SettingsError or SourceError with what to do."""
    from unipic.examples import examples_in
    from unipic.library.searchable import Searchable
    from unipic.search.search import Asked
    from unipic.tools import open_meaning, open_tools
    from unipic.vision.registry import Loader, open_encoder
    from utils import find_events

    if not library.paths():
        raise SettingsError(_("the library has no folders yet; add some: {command} index FOLDER", command=COMMAND))
    encoder, notices = open_encoder(settings.comparing.encoder, Loader(models_folder(), fetch=False))
    for notice in notices:
        say_note(notice)
    language = (locale.getlocale()[0] or "en").replace("_", "-")
    searchable = Searchable(library, encoder.key, encoder.calibration)
    meaning, about = open_meaning(searchable, settings, models_folder(), memory_folder())
    events = cache(lambda: find_events(library, encoder))
    in_event = lambda value: events().matching(value)  # noqa: E731  asked for only by event:
    asked = Asked(searchable, language, meaning=meaning, about_meaning=about, event=in_event)
    if what.within and not library.folder(library.real(what.within)).photos:
        raise SettingsError(
            _(
                "{within} has no photos in the library; add it: {command} index {within}",
                within=what.within,
                command=COMMAND,
            )
        )
    said = [chip for chip in asked.parse(text).chips if chip.key == "like"]
    more, less = (
        [*(given or ()), *(Path(value) for chip in said if chip.negative is negative for value in chip.values)]
        for given, negative in ((what.like, False), (what.not_like, True))
    )
    if not (more or less):
        yield asked, []
        return
    with open_tools(settings, models_folder(), None) as tools:
        wanted = [*examples_in(_files(more), True, tools, settings)]
        unwanted = [*examples_in(_files(less), False, tools, settings)]
        yield asked, [*wanted, *unwanted]


def _files(paths: list[Path]) -> list[Any]:
    from unipic.core.photo import Found

    for path in paths:
        if not path.is_file():
            raise SourceError(_("{path} is not a file", path=path))
    return [Found(str(path), path.name, str(path), path.stat().st_size) for path in paths]


def _found(text: str, asked: Asked, examples: list[Example], what: What, answer: Answer) -> tuple[Results, float]:
    """The results, and how many seconds they took."""
    from utils import search_gallery

    within = asked.library.reader.real(what.within) if what.within else None
    begun = time.perf_counter()
    found = search_gallery(
        text, asked, examples, within=within, every_shot=what.every_shot, unsure=what.maybe, limit=answer.limit
    )
    return found, time.perf_counter() - begun


def _outcomes(found: Results, photos: list[Photo]) -> list[Any]:
    from unipic.review.outcomes import Outcome

    text = found.query.text
    reason = _("found by {text!r}", text=text) if text else _("like the example")
    return [Outcome(photo, "kept", reason) for photo in photos]


def _datasets(where: Where, roots: list[Path]) -> Iterator[Dataset]:
    """Datasets to write. What is wrong with the place is said before the work."""
    from unipic.destinations.base import outside
    from unipic.destinations.dataset import Dataset

    wanted = [Dataset(where.coco, "coco")] if where.coco else []
    for dataset in [*wanted, Dataset(where.yolo, "yolo")] if where.yolo else wanted:
        with before_the_work():
            outside(dataset.folder, roots)
            dataset.ready()
        yield dataset


def _written(
    dataset: Dataset, found: Results, photos: list[Photo], settings: Settings, progress: Progress
) -> list[str]:
    """Write a dataset of one kind of thing: what the words say. Returns the problems there were."""
    from unipic.tools import open_tools

    order = found.order.tolist()
    digests = [found.library.digests[at] for at in order]
    things = {digest: thing for digest, thing in zip(digests, found.parts(order), strict=True) if thing}
    if not things:
        say_note(_("no photo was found by a thing in it: there are no boxes."))
    with open_tools(settings, models_folder(), None) as tools:
        return dataset.write(photos, things, found.query.words or "thing", tools.engine, settings.limits, progress)


def _say(found: Results, photos: list[Photo], answer: Answer, seconds: float, asked: Asked) -> None:
    if answer.as_json:
        print(json.dumps(_as_values(found, photos, asked), ensure_ascii=True))
    elif answer.paths:
        for photo in photos:
            sys.stdout.write(photo.path + ("\0" if answer.nul else "\n"))
    else:
        if answer.explain:
            _explain(found, asked, seconds)
        _print(found, photos, answer)


def _print(found: Results, photos: list[Photo], answer: Answer) -> None:
    lines = photos[: answer.limit or LINES]
    reasons = found.why(found.order[: len(lines)].tolist())
    zone = ""
    for at, photo, why, more in zip(found.order.tolist(), lines, reasons, found.more.tolist(), strict=False):
        if found.zone_of(at) != zone and found.ranked is not None:
            zone = found.zone_of(at)
            out.print(f"[b]{_(zone)}[/b]")
        copies = f"  [b]+{more}[/b]" if more else ""
        out.print(f"{shown(place_of(photo))}{copies}  [dim]{shown(why)}[/dim]", **WHOLE)
    for note in found.notes:
        say_note(f"{note}.")
    told = _("[b]{photos} found[/b]", photos=count(found.total, "photo"))
    if found.shown < found.total:
        told += _(", {number:,} without copies and bursts", number=found.shown)
    left = " " + _("Listed: the first {number:,}; --limit lists more.", number=len(lines))
    err.print(f"{told}.{left if len(lines) < found.shown else ''}", **WHOLE)


def _explain(found: Results, asked: Asked, seconds: float) -> None:
    for chip, left in asked.without_each(found.query):
        others = _("; or {readings}", readings=shown(", ".join(chip.readings))) if chip.readings else ""
        figures = _("{number:,} photos, {left:,} without it", number=asked.count(chip), left=left)
        out.print(f"{shown(chip)}  {figures}{others}", **WHOLE)
    if found.query.words:
        out.print(_("words: {words}", words=shown(found.query.words)), **WHOLE)
    moment = asked.library.moment
    out.print(
        _("cosine of one moment or place: {moment:.3f}; {seconds:.0f} ms", moment=moment, seconds=seconds * 1000),
        **WHOLE,
    )


def _as_values(found: Results, photos: list[Photo], asked: Asked) -> dict[str, Any]:
    order = found.order.tolist()
    by_digest = {photo.digest: photo for photo in photos}
    rows = zip(order, found.why(order), found.parts(order), found.more.tolist(), strict=True)
    return {
        "query": found.query.text,
        "chips": [str(chip) for chip in found.query.chips],
        "words": found.query.words,
        "zones": dict(found.headings()),
        "total": found.total,
        "shown": found.shown,
        "notes": found.notes,
        "results": [
            {
                "path": by_digest[digest].path,
                "digest": digest,
                "zone": found.zone_of(at),
                "why": why,
                "box": part.get("box"),
                "score": None if found.ranked is None else round(float(found.ranked.scores[at]), 6),
                "copies": more,
            }
            for at, why, part, more in rows
            if (digest := asked.library.digests[at]) in by_digest
        ],
    }
