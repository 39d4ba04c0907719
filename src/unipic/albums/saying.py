"""What people say of events, kept as rulings by content."""

from unipic.albums.clocks import Offset
from unipic.albums.events import Event, Events
from unipic.core.errors import SettingsError
from unipic.core.language import gettext as _
from unipic.library.events import EventRuling, EventRulings, some_of


def event_named(events: Events, id: str) -> Event:
    """The event whose id begins so. SettingsError if there is none, or several."""
    found = [event for event in events.events if id and event.id.startswith(id.lower())]
    if len(found) != 1:
        raise SettingsError(
            _("several events have the id {id!r}", id=id) if found else _("no event has the id {id!r}", id=id)
        )
    return found[0]


def name_event(rulings: EventRulings, event: Event, name: str) -> EventRuling:
    """Give an event a name; "" for the title found by itself. SettingsError for photos without a time."""
    _dated(event)
    return rulings.say("name", some_of(event.digests), name)


def split(rulings: EventRulings, events: Events, digest: str) -> EventRuling:
    """Have an event begin with this photo. SettingsError if nothing comes before it."""
    event = events.of_photo.get(digest)
    if event is None:
        raise SettingsError(_("this photo is not in the library"))
    _dated(event)
    if event.digests[0] == digest:
        raise SettingsError(_("this photo is the first of its event already"))
    return rulings.say("split", [digest])


def join(rulings: EventRulings, first: Event, second: Event) -> EventRuling:
    """Make two events one. SettingsError if they are one, or have no time."""
    _dated(first)
    _dated(second)
    if first.digests == second.digests:
        raise SettingsError(_("these are one event already"))
    return rulings.say("join", [*some_of(first.digests), *some_of(second.digests)])


def leave_out(rulings: EventRulings, events: Events, digests: list[str]) -> EventRuling:
    """Have photos belong to no event. SettingsError for photos that are not there."""
    known = [digest for digest in digests if digest in events.of_photo]
    if not known:
        raise SettingsError(_("these photos are not in the library"))
    return rulings.say("leave out", known)


def judge(rulings: EventRulings, offset: Offset, accepted: bool) -> EventRuling:
    """Correct the clock of these photos in events, or say that it is right. No file is changed."""
    return rulings.say("clock", offset.digests, f"{offset.seconds:g}" if accepted else "0")


def _dated(event: Event) -> None:
    if event.start is None:
        raise SettingsError(_("photos without a time are shown by their folder, and are no event"))
