"""Which photos are one event, and what people said of it."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings, strategies as st
from tests.helpers.occasions import BERLIN, LISBON, POTSDAM, SINTRA, half_a_year_at_home, shot, shots

from unipic.albums.events import Event, events_of
from unipic.albums.sessions import Rules
from unipic.albums.shots import MOST_A_SECOND, Shot
from unipic.albums.titles import Known
from unipic.library.events import EventRuling

DAY = timedelta(days=1)


def found(shots: Sequence[Shot], *rulings: EventRuling, **more: object) -> list[Event]:
    return list(events_of(shots, rulings, **more).events)  # type: ignore[arg-type]


def grouped(events: Sequence[Event]) -> list[str]:
    """Each event as the first letters of its photos, in order."""
    return ["".join(dict.fromkeys(digest[0] for digest in event.digests)) for event in events]


def ruling(kind: str, *digests: str, name: str = "", at: float = 0.0) -> EventRuling:
    return EventRuling(f"{kind}{at}", at, kind, digests, name)  # type: ignore[arg-type]


def test_a_pause_of_more_than_four_hours_ends_an_event() -> None:
    day = [*shots("a", "2018-07-14 10:00", 5), *shots("b", "2018-07-14 14:10", 5), *shots("c", "2018-07-14 18:45", 5)]
    assert grouped(found(day)) == ["ab", "c"]
    assert grouped(found(day, rules=Rules(gap=timedelta(hours=3)))) == ["a", "b", "c"]


def test_a_way_of_five_kilometres_and_an_hour_and_a_half_end_an_event() -> None:
    far, near = shots("b", "2018-07-14 12:00", 5, POTSDAM), shots("b", "2018-07-14 12:00", 5, BERLIN)
    morning = shots("a", "2018-07-14 10:00", 5, BERLIN)
    assert grouped(found([*morning, *far])) == ["a", "b"]
    assert grouped(found([*morning, *near])) == ["ab"]
    both = found([*half_a_year_at_home(), *morning, *far])
    assert [event.title for event in both][-2:] == ["Saturday morning, 14 July 2018", "Potsdam, 14 July 2018"]
    soon = shots("b", "2018-07-14 11:40", 5, POTSDAM)
    assert grouped(found([*morning, *soon])) == ["ab"], "the way took less than an hour and a half"


def test_a_party_past_midnight_is_one_evening() -> None:
    party = shots("a", "2018-07-14 20:00", 40, every=15)
    (event,) = found(party)
    assert [day.date for day in event.days] == [date(2018, 7, 14)]
    assert event.title == "Saturday, 14 July 2018", "it goes on for ten hours"
    (short,) = found(shots("a", "2018-07-14 22:30", 20, every=15))
    assert short.title == "Saturday night, 14 July 2018"
    (late,) = found(shots("a", "2018-07-15 01:00", 5))
    assert (late.title, late.days[0].date) == ("Saturday night, 14 July 2018", date(2018, 7, 14))


def test_a_week_away_is_one_trip_and_a_day_at_home_ends_it() -> None:
    week = [one for day in range(1, 8) for one in shots(f"t{day}", f"2018-04-0{day} 10:00", 6, LISBON, every=40)]
    without_place = shots("x", "2018-04-03 21:00", 3)
    events = found([*half_a_year_at_home(), *week, *without_place, *shots("w", "2018-04-08 18:00", 3, BERLIN)])
    trips = [event for event in events if event.kind == "trip"]
    assert [event.title for event in trips] == ["Lisbon, 1-7 April 2018"]
    assert len(trips[0].days) == 7
    assert {digest[0] for digest in trips[0].digests} == {"t", "x"}
    assert (trips[0].place, trips[0].country) == ("Lisbon", "PT")


def test_without_places_several_days_in_a_row_are_one_where_that_is_unusual() -> None:
    row = [one for day in range(1, 5) for one in shots(f"r{day}", f"2018-04-0{day} 10:00", 4)]
    rare = [*row, *shots("a", "2018-04-10 10:00", 4), *shots("b", "2018-04-11 10:00", 4)]
    assert next((event.title, len(event.digests)) for event in found(rare)) == ("4 days, 1-4 April 2018", 16)
    assert len(found(rare)) == 3, "two days in a row are two"
    assert len(found(rare, rules=Rules(trips=False))) == 6
    every = [one for n in range(60) for one in shots(f"d{n:02}", (datetime(2018, 3, 1, 10) + n * DAY).isoformat(), 3)]
    usual = [one for one in every if one.taken and one.taken.day % 5]
    assert len(found(usual)) == len({one.taken.date() for one in usual if one.taken}), "who takes photos every day"


def test_a_trip_may_have_two_days_without_photos_and_not_three() -> None:
    home = half_a_year_at_home()
    for day, trips in ((4, 1), (5, 0)):
        away = [*shots("t", "2018-04-01 10:00", 5, LISBON), *shots("u", f"2018-04-0{day} 10:00", 5, SINTRA)]
        assert sum(event.kind == "trip" for event in found([*home, *away])) == trips
    assert sum(event.kind == "trip" for event in found([*home, *away], rules=Rules(trips=False))) == 0


def test_a_move_is_followed() -> None:
    there = [
        Shot(one.digest, one.taken, place=LISBON, town="Lisbon", country="PT") for one in half_a_year_at_home(2020)
    ]
    events = found([*half_a_year_at_home(2018), *there])
    assert {event.title.split(",")[0] for event in events} == {"Saturday afternoon"}
    visit = [*shots("v", "2020-05-30 10:00", 5, BERLIN), *shots("v2", "2020-05-31 10:00", 5, BERLIN)]
    assert [event.title for event in found([*there, *visit]) if event.kind == "trip"] == ["Berlin, 30-31 May 2020"]


def test_three_weeks_in_one_place_are_no_home() -> None:
    away = [one for day in range(1, 22) for one in shots(f"t{day}", f"2018-09-{day:02} 10:00", 4, LISBON)]
    events = found([*half_a_year_at_home(), *away])
    assert [event.title for event in events if event.kind == "trip"] == ["Lisbon, 1-21 September 2018"]


def test_fewer_than_three_photos_are_shown_by_their_day() -> None:
    few = [shot("a1", "2018-07-14 10:00"), shot("a2", "2018-07-14 18:00"), shot("b1", "2018-07-15 02:00")]
    assert [(event.kind, event.title, len(event.digests)) for event in found(few)] == [("day", "14 July 2018", 3)]


def test_without_places_a_pause_of_unclear_length_is_decided_by_what_photos_show() -> None:
    day = [*shots("a", "2018-07-14 10:00", 5), *shots("b", "2018-07-14 13:30", 5)]
    assert grouped(found(day, similar=lambda pauses: [39.0] * len(pauses))) == ["a", "b"]
    assert grouped(found(day, similar=lambda pauses: [41.0] * len(pauses))) == ["ab"]
    long = [*shots("a", "2018-07-14 10:00", 5), *shots("b", "2018-07-14 17:30", 5)]
    assert grouped(found(long, similar=lambda pauses: [41.0] * len(pauses))) == ["ab"]
    assert grouped(found(long)) == ["a", "b"]
    sides = list[tuple[list[str], list[str]]]()
    found([*day, *shots("c", "2018-07-16 10:00", 5)], similar=lambda pauses: [sides.append(p) for p in pauses])  # type: ignore[func-returns-value,arg-type]
    assert sides == [(["a000", "a001", "a002", "a003", "a004"], ["b000", "b001", "b002", "b003", "b004"])]


# Clocks and places that are wrong: traps 20 to 23.


def test_a_clock_that_jumped_makes_an_event_of_its_own() -> None:
    trip = [one for day in (1, 2, 3) for one in shots(f"t{day}", f"2018-04-0{day} 10:00", 6, LISBON, every=30)]
    reset, ahead = shots("r", "1970-01-01 00:00", 5), shots("j", "2018-04-03 23:30", 5)
    events = found([*half_a_year_at_home(), *trip, *reset, *ahead])
    assert events[0].digests == tuple(one.digest for one in reset)
    assert events[0].start is not None
    assert events[0].start.year == 1970
    assert grouped([event for event in events if event.digests[0].startswith(("t", "j"))]) == ["t", "j"]


def test_across_the_date_line_photos_are_sorted_by_utc_and_named_by_the_clock_on_the_wall() -> None:
    tokyo = [shot(f"a{n}", f"2018-05-01T18:0{n}:00+09:00", (35.55, 139.78)) for n in range(3)]
    # Nine hours of flight later it is the morning of the same day.
    hawaii = [shot(f"b{n}", f"2018-05-01T08:0{n}:00-10:00", (21.32, -157.92)) for n in range(3)]
    without = [shot("a9", "2018-05-01T18:30:00", (35.55, 139.78)), shot("b9", "2018-05-01T08:30:00", (21.32, -157.92))]
    events = found([*hawaii, *tokyo, *without])
    assert [event.digests for event in events] == [("a0", "a1", "a2", "a9"), ("b0", "b1", "b2", "b9")]
    assert [event.start.hour for event in events if event.start] == [18, 8]
    fiji = [shot("f1", "2018-06-01 10:00", (-17.0, 179.9)), shot("f2", "2018-06-01 12:00", (-17.0, -179.9))]
    assert len(found([*fiji, shot("f3", "2018-06-01 12:10", (-17.0, -179.9))])) == 1, "they are 21 km apart"


def test_no_place_is_a_place_and_bulk_copies_are_undated(tmp_path_factory: pytest.TempPathFactory) -> None:
    copied = [shot(f"c{n:04}", "2018-07-14 10:00:00", folder="old/scans") for n in range(MOST_A_SECOND + 1)]
    burst = [shot(f"b{n:04}", "2018-07-15 10:00:00", burst="one") for n in range(MOST_A_SECOND + 9)]
    saved = [shot("s", "2018-07-15 10:01:00", by_camera=False, folder="saved"), shot("u", folder="saved")]
    events = found([*copied, *burst, *saved])
    assert [(event.kind, event.title, len(event.digests)) for event in events] == [
        ("event", "Sunday morning, 15 July 2018", MOST_A_SECOND + 9),
        ("undated", "old/scans", MOST_A_SECOND + 1),
        ("undated", "saved", 2),
    ]


# What people say.

AFTERNOON = [*shots("a", "2018-07-14 10:00", 5), *shots("b", "2018-07-14 18:45", 5), *shots("c", "2018-07-20 18:45", 2)]


def test_split_join_name_and_leave_out() -> None:
    assert grouped(found(AFTERNOON)) == ["a", "b", "c"]
    split = found(AFTERNOON, ruling("split", "a002"))
    assert [len(event.digests) for event in split] == [2, 3, 5, 2]
    assert [event.kind for event in split] == ["day", "event", "event", "day"]
    joined = found(AFTERNOON, ruling("join", "a000", "b000"))
    assert [len(event.digests) for event in joined] == [10, 2]
    named = found(AFTERNOON, ruling("name", "c000", "c001", name="Two of us"))
    assert [(event.title, event.kind, event.named) for event in named][2] == ("Two of us", "event", True)
    out = found(AFTERNOON, ruling("leave out", "a003"))
    assert [(event.kind, event.digests) for event in out][:2] == [
        ("event", ("a000", "a001", "a002", "a004")),
        ("day", ("a003",)),
    ]


def test_the_newest_ruling_holds_and_what_was_said_outlives_new_photos() -> None:
    join, split = ruling("join", "a000", "b000", at=1), ruling("split", "b000", at=2)
    assert grouped(found(AFTERNOON, join, split)) == grouped(found(AFTERNOON))
    assert grouped(found(AFTERNOON, split, join)) == ["ab", "c"]
    name = ruling("name", *(f"a{n:03}" for n in range(5)), name="Market")
    gone_and_new = [*AFTERNOON[2:], *shots("d", "2018-07-14 09:00", 8)]
    assert found(gone_and_new, name)[0].title == "Market"
    assert found(AFTERNOON, name, ruling("name", "a000", at=3))[0].title == "Saturday morning, 14 July 2018"


def test_a_name_stays_with_the_larger_part_and_with_the_larger_event() -> None:
    name = ruling("name", *(f"a{n:03}" for n in range(5)), name="Market")
    assert [event.title for event in found(AFTERNOON, name, ruling("split", "a001", at=1))][1] == "Market"
    assert found(AFTERNOON, name, ruling("join", "a000", "b000", at=1))[0].title == "Market"


def test_an_accepted_clock_moves_the_photos_of_that_camera() -> None:
    ahead = shots("z", "2018-07-14 22:00", 5)
    late = [*shots("a", "2018-07-14 10:00", 5), *ahead]
    assert grouped(found(late)) == ["a", "z"]
    accepted = ruling("clock", *(one.digest for one in ahead), name="43200")
    (event,) = found(late, accepted)
    assert event.end == datetime(2018, 7, 14, 10, 20)
    assert grouped(found(late, ruling("clock", "z000", name="nonsense"))) == ["a", "z"]


# Titles.


@pytest.mark.parametrize(
    ("folder", "title"),
    [
        ("photos/Anna's wedding", "Anna's wedding"),
        ("photos/2018-07-14 Anna's wedding", "Anna's wedding"),
        ("photos/20180714_Garden party/DCIM/100CANON", "Garden party"),
        ("photos/2018-07", "Saturday morning, 14 July 2018"),
        ("photos/July 2018", "Saturday morning, 14 July 2018"),
        ("photos/WhatsApp Images", "Saturday morning, 14 July 2018"),
        ("DCIM/Camera", "Saturday morning, 14 July 2018"),
        ("Marseille", "Marseille"),
        (".", "Saturday morning, 14 July 2018"),
    ],
)
def test_a_folder_with_a_name_of_its_own_names_the_event(folder: str, title: str) -> None:
    made = [Shot(one.digest, one.taken, folder=folder) for one in shots("a", "2018-07-14 10:00", 5)]
    assert found(made)[0].title == title


def test_a_folder_of_many_events_names_none() -> None:
    days = [Shot(one.digest, one.taken, folder="photos/Our life") for one in AFTERNOON]
    assert "Our life" not in {event.title for event in found(days)}


def test_people_birthdays_and_feasts() -> None:
    day = shots("a", "2018-07-14 10:00", 5)
    both = {one.digest: ["Ben", "Anna"] for one in day[:4]}
    assert found(day, people=Known(both))[0].title == "Saturday morning with Anna and Ben, 14 July 2018"
    few = {one.digest: ["Anna"] for one in day[:2]}
    assert found(day, people=Known(few))[0].title == "Saturday morning, 14 July 2018"
    born = {"Anna": date(1990, 7, 14)}
    assert found(day, people=Known(both, born))[0].title == "Anna's birthday, 14 July 2018"
    assert found(shots("a", "2018-12-31 21:00", 5))[0].title == "New Year's Eve 2018"
    assert found(shots("a", "2018-12-24 18:00", 5, BERLIN))[0].title == "Christmas Eve 2018"
    assert found(shots("a", "2018-12-24 18:00", 5))[0].title == "Monday evening, 24 December 2018", "where is not known"


def test_the_places_of_a_trip_name_it() -> None:
    home, naples, rome = half_a_year_at_home(), (40.85, 14.27), (41.2, 13.9)

    def week(*places: tuple[float, float]) -> str:
        towns = {naples: "Naples", rome: "Gaeta", LISBON: "Lisbon", SINTRA: "Sintra"}
        taken = [
            Shot(one.digest, one.taken, place=place, town=towns[place], country="IT" if place[1] > 0 else "PT")
            for day, place in enumerate(places, 1)
            for one in shots(f"t{day}", f"2018-04-0{day} 10:00", 5)
        ]
        return next(event.title for event in found([*home, *taken]) if event.kind == "trip")

    assert week(naples, naples, rome, rome) == "Naples & Gaeta, 1-4 April 2018"
    assert week(LISBON, LISBON, LISBON, LISBON, SINTRA) == "Lisbon, 1-5 April 2018"
    many = [
        Shot(one.digest, one.taken, place=(41.0 + day / 5, 14.0), town=f"Town {day}", country="IT")
        for day in range(1, 5)
        for one in shots(f"t{day}", f"2018-05-2{day} 10:00", 5)
    ]
    assert next(e.title for e in found([*home, *many]) if e.kind == "trip") == "Italy, 21-24 May 2018"


def test_a_photo_is_in_one_event_and_found_by_id_and_title() -> None:
    events = events_of(AFTERNOON)
    assert events.of_photo["b003"].digests[0] == "b000"
    assert events.matching("saturday EVENING") == {f"b{n:03}" for n in range(5)}
    assert events.matching(events.events[0].id) == {f"a{n:03}" for n in range(5)}
    assert events.matching("") == frozenset()


def test_the_best_shots_come_from_all_of_an_event() -> None:
    made = [
        Shot(one.digest, one.taken, worth=(float(n in (1, 6, 12, 17)),))
        for n, one in enumerate(shots("a", "2018-07-14 10:00", 20))
    ]
    assert found(made)[0].best == ("a001", "a006", "a012", "a017")


# Laws.

PLACES = (None, BERLIN, POTSDAM, LISBON, (0.1, 179.99), (0.1, -179.99))
KINDS = ("split", "join", "name", "leave out", "clock")


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[Shot], list[EventRuling]]:
    number = draw(st.integers(1, 30))
    taken = st.one_of(
        st.none(), st.datetimes(datetime(2018, 1, 1), datetime(2018, 1, 12)), st.just(datetime(1970, 1, 1))
    )
    made = [
        Shot(
            f"{n:02}{draw(st.sampled_from('abc'))}",
            draw(taken),
            draw(st.integers(0, 9)) > 0,
            draw(st.sampled_from(PLACES)),
            folder=draw(st.sampled_from(("a", "a/b", "."))),
        )
        for n in range(number)
    ]
    some = st.lists(st.sampled_from([one.digest for one in made] + ["gone"]), min_size=1, max_size=5)
    said = [
        ruling(draw(st.sampled_from(KINDS)), *draw(some), name=draw(st.sampled_from(("", "9", "A"))), at=float(n))
        for n in range(draw(st.integers(0, 5)))
    ]
    return made, said


@given(lives(), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_every_photo_is_in_exactly_one_and_the_order_of_photos_is_nothing(
    life: tuple[list[Shot], list[EventRuling]], chance: random.Random
) -> None:
    made, said = life
    events = events_of(made, said)
    assert Counter(d for event in events.events for d in event.digests) == Counter(one.digest for one in made)
    for event in events.events:
        assert event.title
        assert set(event.best) <= set(event.digests)
        assert (event.kind == "undated") == (event.start is None)
    shuffled = chance.sample(made, len(made))
    assert events_of(shuffled, said).events == events.events
