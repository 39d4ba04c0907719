"""Who is known in the photos of the library, for titles: only names that people gave."""

from collections import defaultdict
from contextlib import suppress
from datetime import date

from unipic.albums.titles import Known
from unipic.library.appearances import KIND
from unipic.library.persons import Persons
from unipic.library.reader import Reader


def people_in(library: Reader) -> Known:
    """The names in each photo, and birthdays. DecisionsUnreadable."""
    known = {one.id: one for one in Persons(library.data).all()[0] if one.name and not one.hidden}
    names = defaultdict[str, list[str]](list)
    for digest, _, facts in library.parts(KIND) if known else ():
        if facts.get("person") in known:
            names[digest].append(known[facts["person"]].name)
    born = dict[str, date]()
    for one in known.values():
        with suppress(ValueError):  # only the year or the month is known
            born[one.name] = date.fromisoformat(one.born)
    return Known(names, born)
