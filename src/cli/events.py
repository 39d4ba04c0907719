"""`events`: the events of the library's photos, what they are called, and albums of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.app import NOTHING_FOUND, PARTLY, app, clear_answers
from cli.clean import Output, exported, ready
from cli.examples import examples
from cli.library import added
from cli.options import Encoding, option, settings_by, with_groups
from cli.terminal import WHOLE, err, out, progress_bars, say_error, say_note, say_sent, shown
from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _
from unipic.core.settings import COMMAND, changed, data_folder, models_folder, seconds
from unipic.core.words import count, duration

if TYPE_CHECKING:  # what the work needs is imported when there is work: --help answers at once
    from unipic.albums.clocks import Offset
    from unipic.albums.events import Event, Events
    from unipic.core.photo import Photo
    from unipic.library.library import Library
    from unipic.vision.base import Encoder

_how, _say, _where = map(option, (_("How events are found"), _("What you say of them"), _("Where the photos go")))


EVENTS_EXAMPLES = examples(
    (_("The events of the library, or of one folder of it:"), "events", "events ~/Pictures/2018"),
    (
        _("An album of each, in folders of their own; one event as a ZIP, and as a page to print:"),
        "events --to ~/albums",
        "events --event 3f9a2c --zip lisbon.zip",
        "collage event:3f9a2c81bd07 --to lisbon.pdf --paper A3",
    ),
    (
        _("What you say holds for these photos for good:"),
        'events --name 3f9a2c "Lisbon with Anna"',
        "events --split ~/Pictures/IMG_2041.jpg",
        "events --join 3f9a2c 81bd07",
    ),
    codes=(0, 1, 2, 3, 4, (5, _("no photos found"))),
)


@dataclass(frozen=True)
class How:
    gap: Annotated[str, _how("--gap", _("A longer pause ends an event, as 90m or 4h."))] = "4h"
    no_trips: Annotated[bool, _how("--no-trips", _("Each session by itself, also away from home."))] = False


@dataclass(frozen=True)
class Say:
    name: Annotated[tuple[str, str] | None, _say("--name", _('Name an event: ID TEXT; "" for the title found.'))] = None
    split: Annotated[str | None, _say("--split", _("An event begins with this photo: a file, or its digest."))] = None
    join: Annotated[tuple[str, str] | None, _say("--join", _("Make two events one: ID ID."))] = None
    leave_out: Annotated[list[str] | None, _say("--leave-out", _("This photo belongs to no event. Repeatable."))] = None
    clock: Annotated[str | None, _say("--clock", _("Correct a camera's clock in events, as proposed: ID."))] = None
    keep_clock: Annotated[str | None, _say("--keep-clock", _("The clock is right: ID."))] = None
    undo: Annotated[bool, _say("--undo", _("Take back what was said last."))] = False


@dataclass(frozen=True)
class Where:
    to: Annotated[Path | None, _where("--to", _("Copy the photos into this folder, one folder for each event."))] = None
    zip_path: Annotated[Path | None, _where("--zip", _("Write the photos to this ZIP, in the same folders."))] = None
    listing: Annotated[Path | None, _where("--list", _("Write a list of the photos (.csv or .json)."))] = None


@app.command(epilog=EVENTS_EXAMPLES)
@with_groups
def events(
    how: How,
    say: Say,
    where: Where,
    encoding: Encoding,
    photos: Annotated[
        list[Path] | None, typer.Argument(help=_("Folders; new ones join the library. Default: all of the library."))
    ] = None,
    event: Annotated[list[str] | None, typer.Option("--event", help=_("Only this event: its ID. Repeatable."))] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print the events as JSON."))] = False,
) -> None:
    """Group photos into events and trips by time and place, name them, and make albums. Originals are only read."""
    from unipic.albums.sessions import Rules
    from unipic.library.library import Library
    from unipic.vision.registry import Loader, open_encoder
    from utils import find_clocks, find_events

    with clear_answers(as_json):
        settings = changed(settings_by(encoding), {"ranker": "builtin"})
        rules = Rules(timedelta(seconds=seconds(how.gap)), not how.no_trips)
        if rules.gap <= timedelta():
            raise SettingsError(_("--gap is a length of time, as 90m or 4h"))
        library = Library(data_folder())
        library.usable()
        folders = added(photos or [], library, settings, as_json)
        if not library.paths():
            raise SettingsError(_("the library has no folders yet; add some: {command} index FOLDER", command=COMMAND))
        encoder, _notices = open_encoder(settings.comparing.encoder, Loader(models_folder(), fetch=False))
        if _heard(say, library, find_events(library, encoder, rules), encoder):
            err.print(_("Kept. It holds for these photos after every new scan; --undo takes it back."), **WHOLE)
        found = find_events(library, encoder, rules)
        chosen = _within(_named(found, event or ()), [library.inside(folder) for folder in folders])
        destinations = ready(Output(where.zip_path, where.to, where.listing), library.paths())
        problems = list[str]()
        if destinations and chosen:
            with progress_bars(quiet=as_json) as progress:
                problems += exported([*destinations.values()], _outcomes(chosen, library), progress)
        clocks = find_clocks(library, encoder) if not destinations else []
        if as_json:
            print(json.dumps(_as_values(chosen, clocks, library), ensure_ascii=True))
        else:
            _print(chosen, clocks)
        for problem in problems:
            say_error(problem)
        for path in destinations if chosen else ():
            say_sent(sum(len(one.digests) for one in chosen), path)
        if problems or not chosen:
            raise typer.Exit(PARTLY if problems else NOTHING_FOUND)


def _named(found: Events, ids: Iterable[str]) -> list[Event]:
    from unipic.albums.saying import event_named

    return [event_named(found, id) for id in ids] or [*found.events]


def _within(chosen: Sequence[Event], folders: Sequence[frozenset[str]]) -> list[Event]:
    """The events with photos in the folders, and only those of their photos; all without folders."""
    if not folders:
        return [*chosen]
    inside = frozenset[str]().union(*folders)
    cut = [
        replace(
            one,
            days=tuple(replace(day, digests=tuple(d for d in day.digests if d in inside)) for day in one.days),
            best=tuple(digest for digest in one.best if digest in inside),
        )
        for one in chosen
    ]
    return [one for one in cut if one.digests]


def _heard(say: Say, library: Library, found: Events, encoder: Encoder) -> bool:
    """Keep what the options say. Whether they said anything."""
    from unipic.albums.saying import event_named, join, judge, leave_out, name_event, split
    from unipic.library.events import EventRulings
    from utils import find_clocks

    rulings = EventRulings(library.data)
    if say.name:
        name_event(rulings, event_named(found, say.name[0]), say.name[1])
    if say.split:
        split(rulings, found, _digest(say.split, library, found))
    if say.join:
        join(rulings, *(event_named(found, id) for id in say.join))
    if say.leave_out:
        leave_out(rulings, found, [_digest(photo, library, found) for photo in say.leave_out])
    for id, accepted in ((say.clock, True), (say.keep_clock, False)):
        if id:
            offered = [one for one in find_clocks(library, encoder) if _id(one).startswith(id)]
            if len(offered) != 1:
                raise SettingsError(
                    _("no clock is proposed under {id!r}; {command} events lists what is", id=id, command=COMMAND)
                )
            judge(rulings, offered[0], accepted)
    if say.undo and rulings.undo() is None:
        raise SettingsError(_("nothing was said of events yet, so there is nothing to take back"))
    return any(vars(say).values()) and not say.undo


def _digest(photo: str, library: Library, found: Events) -> str:
    """The digest of a photo of the library, given as a file or as the beginning of its digest. SettingsError."""
    path = Path(photo).resolve()
    there = {str(one.path): one.digest for one in library.by_digest(found.of_photo).values()} if path.is_file() else {}
    begin = [digest for digest in found.of_photo if len(photo) >= 8 and digest.startswith(photo.lower())]
    if str(path) in there:
        return there[str(path)]
    if len(begin) != 1:
        raise SettingsError(_("{photo} is not a photo of the library", photo=photo))
    return begin[0]


def _outcomes(chosen: Sequence[Event], library: Library) -> list[Any]:
    """Every photo kept, under a folder for its event. The folders of two events never have one name."""
    from unipic.destinations.places import folder_name
    from unipic.review.outcomes import Outcome

    taken, found = set[str](), list[Any]()
    for event in chosen:
        first = event.days[0].date
        name = event.name if first is None else f"{first}{'' if event.kind == 'day' else ' ' + event.name}"
        folder, number = folder_name(name), 2
        while folder.casefold() in taken:
            folder, number = f"{folder_name(name)} ({number})", number + 1
        taken.add(folder.casefold())
        known = library.by_digest(event.digests)
        found += [
            Outcome(_moved(known[digest], folder), "kept", event.title) for digest in event.digests if digest in known
        ]
    return found


def _moved(photo: Photo, folder: str) -> Photo:
    """The photo and its companions, named as in this folder."""
    beside = tuple(replace(one, name=f"{folder}/{PurePosixPath(one.name).name}") for one in photo.companions)
    return replace(photo, name=f"{folder}/{PurePosixPath(photo.name).name}", companions=beside)


def _id(offset: Offset) -> str:
    return offset.digests[0][:12]


def _in_words(offset: Offset) -> str:
    """What is proposed of a clock, why, and how to answer."""
    values = {
        "camera": offset.camera,
        "other": offset.other,
        "duration": duration(abs(offset.seconds)),
        "photos": count(len(offset.digests), "photo"),
        "scenes": count(offset.scenes, "scene"),
    }
    if offset.seconds > 0:
        why = _(
            "the clock of {camera} seems {duration} ahead of that of {other} in {photos}, by {scenes} that both took.",
            **values,
        )
    else:
        why = _(
            "the clock of {camera} seems {duration} behind that of {other} in {photos}, by {scenes} that both took.",
            **values,
        )
    advice = _("events --clock {id} corrects it in events, --keep-clock {id} leaves it.", id=_id(offset))
    return f"{why} {advice}"


def _print(chosen: Sequence[Event], clocks: Sequence[Offset]) -> None:
    kinds = {"trip": _("trip"), "day": _("day"), "undated": _("undated")}
    for event in chosen:
        kind = "" if event.kind == "event" else f"  [dim]{kinds[event.kind]}[/]"
        when = f"  [dim]{event.when}[/]" if event.when and not event.title.endswith(event.when) else ""
        out.print(
            f"[dim]{event.id}[/]  [b]{shown(event.title)}[/]{when}  {count(len(event.digests), 'photo')}{kind}", **WHOLE
        )
    for offset in clocks:
        say_note(_in_words(offset))
    number = count(sum(event.kind in ("event", "trip") for event in chosen), "event")
    photos = count(sum(len(one.digests) for one in chosen), "photo")
    err.print(_("[b]{events}[/b] in {photos}.", events=number, photos=photos), **WHOLE)


def _as_values(chosen: Sequence[Event], clocks: Sequence[Offset], library: Library) -> dict[str, Any]:
    photos = library.by_digest(digest for event in chosen for digest in event.digests)
    return {
        "events": [
            {
                "id": event.id,
                "kind": event.kind,
                "title": event.title,
                "named": event.named,
                "start": event.start and event.start.isoformat(" ", "seconds"),
                "end": event.end and event.end.isoformat(" ", "seconds"),
                "place": event.place,
                "country": event.country,
                "best": event.best,
                "days": [
                    {
                        "date": day.date and day.date.isoformat(),
                        "photos": [{"path": photos[one].path, "digest": one} for one in day.digests if one in photos],
                    }
                    for day in event.days
                ],
            }
            for event in chosen
        ],
        "clocks": [
            {"id": _id(one), "camera": one.camera, "other": one.other, "seconds": one.seconds, "scenes": one.scenes,
             "photos": len(one.digests)}
            for one in clocks
        ],
    }  # fmt: skip
