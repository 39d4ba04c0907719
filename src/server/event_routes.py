"""Routes of events: the timeline, one event in full, and what people say of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.routing import Route

from server.answers import Answer, Asked, Refused, heard, in_words, shown, text
from server.occasions import Occasions
from server.runs import Runs
from unipic.core.errors import ModelError, SettingsError
from unipic.core.language import gettext as _, gettext_noop as N_
from unipic.core.settings import Settings
from unipic.core.words import printable
from unipic.library.appearances import showing

if TYPE_CHECKING:  # see occasions.py
    from unipic.albums.clocks import Offset
    from unipic.albums.events import Event

GONE = N_("This event is no longer there: the library or its events changed. Go back to all events.")
PAGES = ("pdf", "png")
LONGEST_ALBUM = 80  # characters, as on the page Export


def event_routes(occasions: Occasions, runs: Runs) -> list[Route]:
    """The routes to look at events, to say something of them, and to select their photos for a run."""

    def timeline(request: Request) -> Answer:
        return {"events": [_card(event) for event in occasions.now().events]}

    def clocks(request: Request) -> Answer:
        return [_clock(offset) for offset in occasions.clocks()]

    def say(asked: Asked) -> Answer:
        """The event that the photos are in now; none after undo."""
        _said(occasions, asked)
        digest = asked.get("photo")
        event = occasions.now().of_photo.get(digest) if isinstance(digest, str) else None
        return {"event": event.id if event else ""}

    def album(asked: Asked) -> Answer:
        events = [_event(occasions, id) for id in asked["events"]]
        if not events:
            raise Refused(400, _("No event is chosen."))
        run = runs.new("selection")
        run.change(album=printable(events[0].title)[:LONGEST_ALBUM])
        run.select([digest for event in events for digest in event.digests])
        return {"run": run.token}

    path = "/unipic/events"
    return [
        Route(path, in_words(shown(timeline))),
        Route(f"{path}/clocks", in_words(shown(clocks))),
        Route(f"{path}/say", in_words(heard(say)), methods=["POST"]),
        Route(f"{path}/album", in_words(heard(album)), methods=["POST"]),
        Route(f"{path}/collage", in_words(heard(partial(_printed, occasions, runs))), methods=["POST"]),
        Route(f"{path}/one/{{id}}", in_words(shown(lambda request: _in_full(occasions, request.path_params["id"])))),
    ]


# What is shown.


def _card(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "kind": event.kind,
        "title": printable(event.title),
        "when": event.when,
        "year": event.days[0].date.year if event.days[0].date else 0,
        "place": event.place,
        "photos": len(event.digests),
        "best": event.best,
        "named": event.named,
    }


def _in_full(occasions: Occasions, id: str) -> dict[str, Any]:
    event = _event(occasions, id)
    dated = [one.id for one in occasions.now().events if one.start]
    at = dated.index(event.id) if event.id in dated else -1
    return {
        **_card(event),
        "listed": [{"date": day.date.isoformat() if day.date else "", "digests": day.digests} for day in event.days],
        "after": dated[at + 1] if 0 <= at < len(dated) - 1 else "",
    }


def _printed(occasions: Occasions, runs: Runs, asked: Asked) -> dict[str, Any]:
    """A page of an event or a person, ready to download. It is deleted as other results are."""
    from unipic.albums.collage import paper_named
    from unipic.destinations.crops import Page, print_page
    from unipic.destinations.places import folder_name

    (title, digests), kind = _wanted(occasions, asked), asked["kind"]
    if kind not in PAGES:
        raise Refused(400, _("A page is a PDF or a PNG."))
    size = paper_named(text(asked["paper"]), asked.get("landscape") is True)
    run = runs.new("selection")
    try:
        run.select(digests)
        name = f"{folder_name(printable(title))[:LONGEST_ALBUM].strip()}.{kind}"
        page, shots = Page(run.out / name, size, int(asked["photos"])), occasions.now().shots
        there = [shots[one] for one in digests if one in shots]
        number, problems = print_page(page, there, occasions.library, Settings())
    except (SettingsError, ModelError) as error:
        run.delete()
        raise Refused(400, f"{error}.") from None
    return {"download": f"/unipic/download/{run.token}/{quote(name)}", "photos": number, "left": len(problems)}


def _wanted(occasions: Occasions, asked: Asked) -> tuple[str, Sequence[str]]:
    """The title and the photos of the event, or of the person, that a request names. No file is named for a person."""
    if "person" not in asked:
        event = _event(occasions, asked["event"])
        return event.title, event.digests
    digests = sorted(showing(occasions.library, [text(asked["person"])]))
    if not digests:
        raise Refused(404, _("This person is in no photo."))
    return _("Page"), digests


def _clock(offset: Offset) -> dict[str, Any]:
    return {
        "id": offset.digests[0],
        "camera": printable(offset.camera),
        "other": printable(offset.other),
        "seconds": offset.seconds,
        "photos": len(offset.digests),
        "scenes": offset.scenes,
    }


def _event(occasions: Occasions, id: str) -> Event:
    event = occasions.now().by_id.get(id)
    if event is None:
        raise Refused(404, _(GONE))
    return event


# What is said.


def _said(occasions: Occasions, asked: Asked) -> None:
    from unipic.albums import saying
    from unipic.library.events import EventRulings

    rulings = EventRulings(occasions.library.data)
    match asked["do"]:
        case "rename":
            saying.name_event(rulings, _event(occasions, asked["event"]), text(asked["name"]))
        case "split":
            saying.split(rulings, occasions.now(), text(asked["photo"]))
        case "join":
            saying.join(rulings, _event(occasions, asked["event"]), _event(occasions, asked["with"]))
        case "leave out":
            saying.leave_out(rulings, occasions.now(), [text(digest) for digest in asked["photos"]])
        case "clock":
            offered = next((one for one in occasions.clocks() if one.digests[0] == asked["clock"]), None)
            if offered is None:
                raise Refused(404, _("This proposal is no longer there."))
            saying.judge(rulings, offered, asked["accepted"] is True)
        case "undo":
            if rulings.undo() is None:
                raise Refused(409, _("There is nothing to take back."))
        case other:
            raise KeyError(other)
