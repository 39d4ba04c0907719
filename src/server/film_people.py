"""Who is in a film, and when."""

from server.state import library
from unipic.core.errors import DecisionsUnreadable
from unipic.core.photo import Photo
from unipic.core.words import printable
from unipic.library.appearances import times
from unipic.library.faces import is_on
from unipic.library.persons import Persons


def named_in(film: Photo) -> list[tuple[str, list[float]]]:
    """The named persons in a film with the seconds at which each is seen best; [] while faces are not told apart."""
    found = times(library(), film.digest) if is_on(library()) else {}
    try:
        persons = Persons(library().data).all()[0] if found else []
    except DecisionsUnreadable:
        return []
    named = [(printable(one.name), found[one.id]) for one in persons if one.id in found and one.name and not one.hidden]
    return sorted(named)
