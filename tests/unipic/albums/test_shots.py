"""What events take from the library: times, places, folders and names of people."""

from contextlib import closing
from datetime import datetime
from pathlib import Path

import numpy as np
from tests.helpers.galleries import photo
from tests.helpers.searched import CALIBRATION, KEY, stored

from unipic.albums.alike import similar_in
from unipic.albums.present import people_in
from unipic.albums.shots import shots_of
from unipic.library._database import Database
from unipic.library.appearances import KIND
from unipic.library.library import Library
from unipic.library.persons import Change, Person, Persons
from utils import find_events

HOUR = datetime(2018, 7, 14, 10)


def afternoon(tmp_path: Path) -> Library:
    """Five photos in Lisbon, in a folder, one of them without a place and one at 0,0."""
    places = [(38.72, -9.14)] * 3 + [None, (0.0, 0.0)]
    photos = [
        photo(f"p{n}", name=f"trip/p{n}.jpg", taken=HOUR.replace(minute=n), place=place, burst="one" if n == 1 else "")
        for n, place in enumerate(places)
    ]
    return stored(tmp_path / "data", photos)


def test_shots_have_what_the_library_knows(tmp_path: Path) -> None:
    library = afternoon(tmp_path)
    by_minute = {one.taken.minute: one for one in shots_of(library) if one.taken}
    assert (by_minute[0].place, by_minute[0].town, by_minute[0].country) == ((38.72, -9.14), "Lisbon", "PT")
    assert (by_minute[3].place, by_minute[4].place, by_minute[1].burst) == (None, None, "one")
    assert {one.folder for one in by_minute.values()} == {"trip"}
    (event,) = find_events(library).events
    assert (event.title, event.place, len(event.digests)) == (
        "Lisbon, 14 July 2018",
        "Lisbon",
        5,
    ) or event.title == "trip"
    library.marks.favourite([by_minute[4].digest])
    assert max(shots_of(library), key=lambda one: one.worth).digest == by_minute[4].digest


def test_names_of_people_come_from_what_was_said_of_faces(tmp_path: Path) -> None:
    library = afternoon(tmp_path)
    assert people_in(library).names == {}
    digests = [one.digest for one in shots_of(library)]
    persons = (
        Person("1", "Anna", "1990-07-14"),
        Person("2", "Ben", "2015"),
        Person("3", "Carl", hidden=True),
        Person("4"),
    )
    Persons(library.data).do(Change("named", persons))
    with closing(Database(library.path)) as base:
        for number, digest in enumerate(digests):
            facts = f'{{"group": "", "person": "{number}", "grown": false}}'
            row = (digest, "0 0 9 9", "identity people", "1", KIND, facts)
            base.queue("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)", row)
    known = people_in(library)
    assert known.names == {digests[1]: ["Anna"], digests[2]: ["Ben"]}
    assert {name: day.year for name, day in known.born.items()} == {"Anna": 1990}


def test_similarity_across_a_pause_is_that_of_the_likest_two(tmp_path: Path) -> None:
    looks = {"a": np.eye(4)[0], "b": np.eye(4)[1], "c": np.eye(4)[0]}
    photos = [photo(id, taken=HOUR) for id in looks]
    library = stored(tmp_path / "data", photos, looks)
    a, b, c = (one.digest for one in photos)
    likely, unlikely, unknown = similar_in(library, KEY, CALIBRATION)([([a], [b, c]), ([a], [b]), ([a], ["nowhere"])])
    assert likely is not None
    assert unlikely is not None
    assert likely > 90 > 10 > unlikely
    assert unknown is None
