"""What events are called: by a folder, a feast, a place or a day, never by a guess at what was celebrated."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from unipic.albums.shots import Dated, Shot
from unipic.albums.trips import Half, Home, home_at, is_away, most_common
from unipic.core.folding import folded
from unipic.core.language import date_in_words, gettext as _, gettext_noop as N_, span_in_words, weekday_name
from unipic.search.labels import country

NIGHT = N_("night")
DAYPARTS = (
    (4, NIGHT),
    (12, N_("morning")),
    (17, N_("afternoon")),
    (22, N_("evening")),
    (24, NIGHT),
)  # until which hour
LONG_H = 8.0  # hours; what goes on longer is called by its day
# A folder names an event if most of the event is in it, and most of it in the event.
FOLDER_SHARE = 0.8
MAIN_SHARE, BOTH_SHARE, SECOND_SHARE = 0.5, 0.8, 0.25  # of a trip's days that are spent at its places
PRESENT_SHARE, MOST_NAMES = 0.6, 3  # of an event's photos that show a person; names in a title
# Words of folders' names that cameras, telephones, programs and calendars give, in English and German.
_GENERIC = """
    dcim camera roll uploads upload whatsapp telegram signal instagram facebook messenger screenshot screenshots
    download downloads bilder bild foto fotos photo photos picture pictures image images img import imports imported new
    neu neuer folder ordner untitled unsorted misc various all backup export exports exported iphone ipad android phone
    handy sd card media my meine eigene original originals raw jpg jpeg heic edited recent sent private library album
    albums gallery desktop documents video videos apple canon nikon sony samsung pixel google takeout from icloud
    january february march april may june july august september october november december jan feb mar apr jun jul aug
    sep sept oct nov dec januar februar marz mai juni juli oktober dezember okt dez
"""
GENERIC = frozenset(_GENERIC.split())
DCF = re.compile(r"\d{3}\w{5}")  # the folders of cameras, as 100CANON
DATE_BEFORE = re.compile(r"^(?:\d{8}|\d{4}(?:[-_.]\d{1,2}){0,2})[\s_-]+(?=\S)")
_CHRISTMAS = """
    AD AR AT AU BE BO BR CA CH CL CO CR CZ DE DK EC ES FI FR GB GR HR HU IE IT LI LT LU LV MT MX NL NO NZ PE PH PL PT
    PY RO SE SI SK US UY VA VE ZA
"""
CHRISTMAS = frozenset(_CHRISTMAS.split())
# Feasts on a fixed day, with the countries that keep them; None: all.
FEASTS: Mapping[tuple[int, int], tuple[str, frozenset[str] | None]] = {
    (1, 1): (N_("New Year's Day"), None),
    (7, 1): (N_("Canada Day"), frozenset({"CA"})),
    (7, 4): (N_("Independence Day"), frozenset({"US"})),
    (7, 14): (N_("Bastille Day"), frozenset({"FR"})),
    (8, 1): (N_("Swiss National Day"), frozenset({"CH"})),
    (10, 31): (N_("Halloween"), frozenset({"US", "CA", "GB", "IE"})),
    (12, 24): (N_("Christmas Eve"), CHRISTMAS),
    (12, 25): (N_("Christmas Day"), CHRISTMAS),
    (12, 31): (N_("New Year's Eve"), None),
}


@dataclass(frozen=True)
class Known:
    """Who is known: the names in each photo by its digest, and birthdays by name."""

    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    born: Mapping[str, date] = field(default_factory=dict)


class Titles:
    """Titles of the events of a library."""

    def __init__(self, shots: Iterable[Shot], homes: Mapping[Half, Home], people: Known) -> None:
        self._homes, self._people = dict(homes), people
        self._in_folder = Counter(folder for shot in shots for folder in _folders(shot.folder))

    def of(self, dated: Sequence[Dated], trip: bool) -> str:
        """The title of an event."""
        folder = self._folder([one.shot for one in dated])
        if folder:
            return folder
        when, present = dated[0].day, self._present(dated)
        birthday = next((name for name in present if _anniversary(self._people.born.get(name), when)), "")
        feast = "" if trip else self._feast(dated)
        if birthday and not trip:
            return _("{name}'s birthday, {date}", name=birthday, date=date_in_words(when))
        if feast:
            return _with(f"{feast} {when.year}", present)
        last = max(one.day for one in dated)
        if trip:
            what = _places(dated) or _("Trip")
        elif last > when:
            what = _("{days} days", days=(last - when).days + 1)
        else:
            what = self._where_or_when(dated)
        return f"{_with(what, present)}, {span_in_words(when, last)}"

    def day(self, when: date) -> str:
        """The title of a day without an event."""
        return date_in_words(when)

    def undated(self, folder: str) -> str:
        """The title of photos without a time."""
        return folder if folder not in ("", ".") else _("No folder")

    def _where_or_when(self, dated: Sequence[Dated]) -> str:
        """A town away from home's, or the weekday and the part of the day."""
        home = home_at(self._homes, dated[0].local)
        town = most_common(one.shot.town for one in dated)
        if town and (is_away(list(dated), home) or (home and town != home.town)):
            return town
        weekday = weekday_name(dated[0].day.weekday())
        hours = (dated[-1].at - dated[0].at) / 3600
        if hours > LONG_H:
            return weekday
        part = next(name for until, name in DAYPARTS if dated[0].local.hour < until)
        return _("{weekday} {part_of_day}", weekday=weekday, part_of_day=_(part))

    def _folder(self, shots: Sequence[Shot]) -> str:
        """The innermost folder that holds most of the photos, and few others, and has a name of its own."""
        counted = Counter(folder for shot in shots for folder in _folders(shot.folder))
        for folder in sorted(counted, key=lambda one: (-one.count("/"), -counted[one], one)):
            most = counted[folder] >= FOLDER_SHARE * len(shots)
            name = DATE_BEFORE.sub("", folder.rpartition("/")[2]).strip(" _-")
            if most and counted[folder] >= FOLDER_SHARE * self._in_folder[folder] and not _is_generic(name):
                return name
        return ""

    def _present(self, dated: Sequence[Dated]) -> list[str]:
        """Names of those who are in most of the photos, the most frequent first."""
        counted = Counter(name for one in dated for name in set(self._people.names.get(one.shot.digest, ())))
        often = [name for name, number in counted.items() if number >= PRESENT_SHARE * len(dated)]
        return sorted(often, key=lambda name: (-counted[name], name))

    def _feast(self, dated: Sequence[Dated]) -> str:
        day = dated[0].day
        name, where = FEASTS.get((day.month, day.day), ("", None))
        home = home_at(self._homes, dated[0].local)
        land = most_common(one.shot.country for one in dated) or (home.country if home else "")
        return _(name) if name and (where is None or land in where) else ""


def _places(dated: Sequence[Dated]) -> str:
    """Where most days were spent: one town or two, else one country or two."""
    days: dict[str, set[date]] = defaultdict(set)
    lands: dict[str, set[date]] = defaultdict(set)
    for one in dated:
        for name, found in ((one.shot.town, days), (one.shot.country, lands)):
            if name:
                found[name].add(one.day)
    return _main(days) or _main({country(code): some for code, some in lands.items()}, last=True)


def _main(days: Mapping[str, set[date]], last: bool = False) -> str:
    """The one or two names with most of the days; "" if there are more, unless this is the `last` word."""
    total = len(set().union(*days.values()))
    ordered = sorted(days, key=lambda name: (-len(days[name]), name))
    if not ordered:
        return ""
    first, second = ordered[0], (ordered[1:2] or [""])[0]
    shared = len(days[first] | days[second]) if second else len(days[first])
    if second and shared >= BOTH_SHARE * total and len(days[second] - days[first]) >= SECOND_SHARE * total:
        both = sorted((first, second), key=lambda name: (min(days[name]), name))
        return " & ".join(both)
    return first if last or len(days[first]) >= MAIN_SHARE * total else ""


def _folders(folder: str) -> list[str]:
    """A folder and those around it, the innermost first."""
    parts = [part for part in folder.split("/") if part not in ("", ".")]
    return ["/".join(parts[:end]) for end in range(len(parts), 0, -1)]


def _is_generic(name: str) -> bool:
    words = re.findall(r"[^\W\d_]+", folded(name))
    return bool(DCF.fullmatch(name)) or all(word in GENERIC for word in words)


def _anniversary(born: date | None, day: date) -> bool:
    return born is not None and (born.month, born.day) == (day.month, day.day) and born.year < day.year


def _with(what: str, names: Sequence[str]) -> str:
    """What an event is, and with whom: the first few names."""
    *others, last = names[:MOST_NAMES] or [""]
    if not last:
        return what
    if not others:
        return _("{what} with {name}", what=what, name=last)
    return _("{what} with {names} and {last}", what=what, names=", ".join(others), last=last)
