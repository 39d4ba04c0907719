"""Searches in small libraries: what is found, in which order, and the mistakes that other programs are known for."""

import json
import os
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.galleries import photo
from tests.helpers.searched import asked, described, example, stored

from unipic.core.photo import Companion, Extra, Found, Measures, Photo
from unipic.library._database import Database
from unipic.library.appearances import Appearance, store
from unipic.library.decisions import Catalogue, Ruling
from unipic.library.library import Library
from unipic.library.persons import Change, Person, Persons
from unipic.search.results import Results
from unipic.vision.faces import FaceFinder
from utils import search_gallery

LISBON, ROME, SUVA_EAST, SUVA_WEST = (38.7223, -9.1393), (41.8902, 12.4922), (-17.0, 179.99), (-17.0, -179.99)


@pytest.fixture(autouse=True)
def no_alignment(monkeypatch: pytest.MonkeyPatch) -> None:
    """These photos have no thumbnails to lay on each other; tests/cli/test_search_command.py has real pictures."""
    monkeypatch.setattr("utils.same_picture", lambda *_: lambda one, other: False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def shot(name: str, when: str = "", **facts: object) -> Photo:
    """A photo of this name; "2019-07-14 10:00" is when it was taken."""
    taken = datetime.fromisoformat(when) if when else None
    return photo(name, **{"name": name, "taken": taken, "camera": "Canon EOS 80D", **facts})


def names(found: Results) -> list[str]:
    return [one.name for one in found.library.reader.photos(found.library.files[found.order].tolist())]


def search(library: Library, text: str, **choice: object) -> list[str]:
    return sorted(names(search_gallery(text, asked(library), **choice)))  # type: ignore[arg-type]


HOLIDAY = [
    shot("Zürich 2014/IMG_1.jpg", "2014-07-14 10:00", place=(47.3769, 8.5417), rating=5),
    shot("Lisbon/IMG_2.jpg", "2019-12-31 23:45", place=LISBON, format="HEIF", width=3000, height=4000),
    shot("Lisbon/IMG_3.jpg", "2020-01-01 02:30", place=LISBON, camera="Google Pixel 8", size=9_000_000),
    shot("Rome/straße.png", "2020-05-16 21:30", place=ROME, format="PNG", camera="", width=1000, height=1000),
    shot("Screenshots/Screenshot_1.png", "2021-03-01 12:00", format="PNG", camera="", width=1080, height=2400),
    shot("old/scan of a receipt.jpg", camera=""),
    shot("wide.jpg", "2022-02-02 08:00", width=9000, height=3000, edited="Lightroom"),
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "IMG_1 IMG_2 IMG_3 straße Screenshot_1 receipt wide"),
        ("2019", "IMG_2"),
        ("2019-12-31..2020-01-01", "IMG_2 IMG_3"),
        ("since 2020", "IMG_3 straße Screenshot_1 wide"),
        ("before 2019", "IMG_1"),
        ("after 2020", "Screenshot_1 wide"),
        ("in winter", "IMG_2 IMG_3 wide"),
        ("new year's eve", "IMG_2"),
        ("at night", "IMG_2 IMG_3 straße"),
        ("tuesday night", "IMG_2 IMG_3"),  # 31 December 2019 was a Tuesday, and its night ends on Wednesday morning
        ("date:2019-12-31 time:21..6", "IMG_2 IMG_3"),
        ("on saturday", "straße"),
        ("day:14", "IMG_1"),
        ("Lisbon", "IMG_2 IMG_3"),
        ("lisboa", "IMG_2 IMG_3"),
        ("portugal or italy", "IMG_2 IMG_3 straße"),
        ("country:it", "straße"),
        ("near:38.72,-9.14,5km", "IMG_2 IMG_3"),
        ("near:38.72,-9.14,3000km", "IMG_1 IMG_2 IMG_3 straße"),
        ("-place:lisbon", "IMG_1 straße Screenshot_1 receipt wide"),
        ("has:place", "IMG_1 IMG_2 IMG_3 straße"),
        ("zurich", "IMG_1"),
        ("ZÜRICH", "IMG_1"),
        ("Zu\u0308rich", "IMG_1"),
        ("folder:zuri", "IMG_1"),
        ("strasse", "straße"),
        ("pixel 8", "IMG_3"),
        ("camera:canon", "IMG_1 IMG_2 wide"),
        ("heic", "IMG_2"),
        ("screenshots", "Screenshot_1"),
        ("receipts", "receipt"),
        ("panoramas", "wide"),
        ("edited", "wide"),
        ("5 stars", "IMG_1"),
        ("rating:>=4", "IMG_1"),
        ("size:>5MB", "IMG_3"),
        ("mp:>=12", "IMG_2 wide"),
        ("width:<=1000", "IMG_1 IMG_3 straße receipt"),
        ("vertical", "IMG_2 Screenshot_1"),
        ("is:square", "straße"),
        ("name:IMG_*", "IMG_1 IMG_2 IMG_3"),
        ("Lisbon/IMG_2.jpg", "IMG_2"),
        ("camera:canon 2019 in Lisbon", "IMG_2"),
        ("mg_1", "IMG_1"),
        ("no screenshots since 2021", "wide"),
        ("unicorn", ""),
        ("who:anna", ""),
        ("kind:selfie", ""),
        ("limit:2", "Screenshot_1 wide"),
    ],
)
def test_what_a_query_finds(holiday: Library, text: str, found: str) -> None:
    every = [Path(one.name).stem for one in HOLIDAY]
    wanted = [next(stem for stem in every if stem.endswith(word)) for word in found.split()]
    assert [Path(name).stem for name in search(holiday, text)] == [
        Path(one.name).stem for one in sorted(HOLIDAY, key=lambda one: one.name) if Path(one.name).stem in wanted
    ]


@pytest.fixture(scope="module")
def holiday(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return stored(tmp_path_factory.mktemp("holiday") / "data", HOLIDAY)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "../../etc/passwd",
            "😀",
            "x" * 10_000,
            "'; DROP TABLE trait; --",
            'NEAR("a b", 2)',
            "a* OR b*",
            '"',
            '"a" AND "b"',
        ),
        *(
            "name:{name} : x",
            "text:^x",
            "NOT img",
            "<img src=x onerror=alert(1)>",
            "%",
            "_",
            "\\",
            "*",
            "name:*",
            "a\0b",
        ),
    ],
)
def test_what_is_typed_is_data(holiday: Library, text: str) -> None:
    assert set(search(holiday, text)) <= set(search(holiday, ""))
    assert len(search(holiday, "")) == len(HOLIDAY)


def test_an_order_is_the_same_whatever_came_first(tmp_path: Path) -> None:
    shots = [shot(f"beach {n}.jpg", "2020-01-01 10:00", camera="") for n in range(20)]
    pages = [
        names(search_gallery(text, asked(stored(tmp_path / str(way) / "data", shots[::way]))))
        for text in ("beach", "2020")
        for way in (1, -1)
    ]
    assert pages[0] == pages[1] == sorted(pages[0], key=lambda name: photo(name).digest)
    assert pages[2] == pages[3]


def test_every_result_is_counted_and_can_be_reached(data: Path) -> None:
    shots = [shot(f"beach {n}.jpg", f"2020-01-01 {n // 60:02}:{n % 60:02}", camera="") for n in range(250)]
    found = search_gallery("beach", asked(stored(data, shots)))
    assert (found.total, found.shown, len(set(found.order.tolist()))) == (250, 250, 250)


def test_copies_and_bursts_are_shown_once(data: Path) -> None:
    burst = [shot(f"burst{n}.jpg", f"2020-01-01 10:00:0{n}") for n in range(5)]
    later = shot("later.jpg", "2020-01-01 10:00:09")
    copies = [shot(f"copy{n}.jpg", "2021-01-01 10:00", camera="", content="same") for n in range(3)]
    alike = np.eye(16)[0]
    vectors = {one.id: alike + 0.01 * np.eye(16)[n] for n, one in enumerate(burst)} | {later.id: np.eye(16)[5]}
    library = stored(data, [*burst, later, *copies], vectors)
    found = search_gallery("", asked(library))
    assert (found.total, found.shown, sorted(found.more.tolist())) == (9, 3, [0, 2, 4])
    assert search_gallery("", asked(library), every_shot=True).shown == 9
    assert len(search(library, "is:single")) == 1
    assert len(search(library, "is:copy")) == 8, "copies are asked for, so they are shown"
    assert len(search(library, "is:best")) == 2


def test_the_best_of_a_burst_stands_for_it(data: Path) -> None:
    sharp = [Measures(sharpness, 0.8, 0.8, 0.1) for sharpness in (0.5, 0.9, 0.7)]
    burst = [shot(f"{n}.jpg", f"2020-01-01 10:00:0{n}", burst="b", measures=one) for n, one in enumerate(sharp)]
    rated = [shot(f"rated{n}.jpg", "2021-01-01 10:00", content="c", rating=n) for n in (3, 5, 4)]
    small = [shot(f"small{n}.jpg", "2019-01-01 10:00", content="d", width=n, height=n) for n in (200, 100)]
    library = stored(data, [*burst, *rated, *small])
    found = search_gallery("", asked(library))
    assert names(found) == ["rated5.jpg", "1.jpg", "small200.jpg"]
    assert found.more.tolist() == [2, 2, 1]
    assert search(library, "is:best") == ["1.jpg", "rated5.jpg", "small200.jpg"]


def test_a_filter_does_not_promote_what_is_not_meant(data: Path) -> None:
    """open-noodle/gallery#290: "Forest" in Qatar showed skylines."""
    forest = [shot(f"forest {n}.jpg", "2020-01-01 10:00", camera="") for n in range(3)]
    library = stored(data, [*forest, shot("skyline.jpg", "2022-01-01 10:00", camera="")])
    assert search(library, "forest 2022") == []
    assert len(search(library, "forest 2020")) == 3


def test_four_photos_and_a_unicorn(data: Path) -> None:
    """immich#5996: a small library gave all of itself for any words."""
    found = search_gallery("unicorn", asked(stored(data, HOLIDAY[:4])))
    assert found.total == 0
    assert found.notes


def test_a_part_of_a_number_plate_finds_it(data: Path) -> None:
    """immich#23689."""
    told = (Extra("caption", "caption", "the car RE16 TGK"),)
    library = stored(data, [shot("car.jpg", camera="", told=told), shot("other.jpg", camera="")])
    for text in ("RE16", "re16 tgk", '"RE16 TGK"', "16 tg", "TGK"):
        assert search(library, text) == ["car.jpg"], text


def test_with_unwanted_words_alone_they_come_last(data: Path) -> None:
    shots = [
        shot("people 1.jpg", "2024-01-01 10:00"),
        shot("sea.jpg", "2020-01-01 10:00"),
        shot("sky.jpg", "2021-01-01"),
    ]
    found = search_gallery("-people", asked(stored(data, shots)))
    assert names(found) == ["sky.jpg", "sea.jpg", "people 1.jpg"]


def test_times_are_those_of_the_clock_on_the_wall(data: Path) -> None:
    """photoprism#5300: 23:45 on 30 September was shown in October."""
    zone = timezone(timedelta(hours=-8))
    late = shot("late.jpg", taken=datetime(2023, 9, 30, 23, 45, tzinfo=zone))
    library = stored(
        data, [late, shot("noon.jpg", taken=datetime(2023, 10, 29, 2, 30, tzinfo=timezone(timedelta(hours=2))))]
    )
    assert search(library, "September 2023") == ["late.jpg"]
    assert search(library, "30 september 2023 at night") == ["late.jpg"]
    assert search(library, "October 2023") == ["noon.jpg"]


def test_near_goes_across_the_date_line(data: Path) -> None:
    library = stored(
        data, [shot("east.jpg", place=SUVA_EAST), shot("west.jpg", place=SUVA_WEST), shot("rome.jpg", place=ROME)]
    )
    assert search(library, "near:-17,179.999,10km") == ["east.jpg", "west.jpg"]
    assert search(library, "near:-17,-179.999,10km") == ["east.jpg", "west.jpg"]


def test_all_planted_words_are_found(data: Path) -> None:
    """Every part of 3 letters and more of 1,000 names, without accents and in any case."""
    rng = np.random.default_rng(0)
    letters = list("abcdefghijklmnopqrstuvwxyzäöüßéèñçøåłęıœþ0123456789_-'&+")
    words = ["".join(rng.choice(letters, rng.integers(6, 14))) for _ in range(1000)]
    library = stored(data, [shot(f"{word}.jpg", camera="") for word in words])
    seen = asked(library)
    for word in words:
        start = rng.integers(0, len(word) - 3)
        piece = word[start : start + rng.integers(3, len(word) - start + 1)]
        text = str(rng.choice([piece, piece.upper(), piece.swapcase()]))
        found = names(search_gallery(f'name:"{text}"', seen, every_shot=True))
        assert f"{word}.jpg" in found, (word, text)


def test_what_people_said_can_be_asked_for(data: Path) -> None:
    library = stored(data, HOLIDAY)
    one, two, three = HOLIDAY[:3]
    library.marks.favourite([one.digest])
    library.marks.tag([two.digest], "Family")
    library.marks.album([three.digest], "Summer in Lisbon")
    Catalogue(data).save([Ruling("1", 1.0, ((one.digest, two.digest),), (one.digest,))])
    asked_for = {
        "favourites": [one],
        "tag:family": [two],
        'album:"summer in lisbon"': [three],
        "is:kept": [one],
        "is:aside": [two],
    }
    for text, found in asked_for.items():
        assert search(library, text) == [one.name for one in found], text


def test_companions_are_kinds(data: Path) -> None:
    film = Companion("f", "f.mov", "/f.mov", "f" * 64, 1, "video")
    library = stored(data, [shot("live.heic", identifier="1"), shot("plain.jpg", burst="b")])
    with sqlite3.connect(library.path) as base:
        base.execute(
            "UPDATE file SET companions = ? WHERE path = ?",
            [json.dumps([vars(film)]), os.fsencode(library.paths()[0] / "plain.jpg")],
        )
    described(library)
    assert search(library, "live photos") == ["live.heic", "plain.jpg"]
    assert search(library, "has:film") == ["plain.jpg"]
    assert search(library, "bursts") == ["plain.jpg"]


def test_rows_are_made_again_when_what_is_behind_them_changes(data: Path) -> None:
    library = stored(data, HOLIDAY)
    assert described(library) == 0, "nothing is new"
    with sqlite3.connect(library.path) as base:
        before, after = (os.fsencode(library.paths()[0] / f"Lisbon/{name}.jpg") for name in ("IMG_2", "renamed"))
        base.execute("UPDATE file SET path = ? WHERE path = ?", [after, before])
    assert described(library) == 1
    assert search(library, "renamed") == ["Lisbon/renamed.jpg"]
    assert search(library, "IMG_2") == []


def test_what_is_gone_is_found_no_longer(data: Path) -> None:
    library = stored(data, HOLIDAY)
    folder = library.paths()[0]
    left = [
        Found(one.id, one.name, str(folder / one.name), one.size, "1") for one in HOLIDAY if "IMG_2" not in one.name
    ]
    library.update(folder, left)
    assert search(library, "IMG_2") == [], "at once"
    library.forget(folder)
    with sqlite3.connect(library.path) as base:
        assert base.execute("SELECT count(*) FROM trait").fetchone() == (0,)
        assert base.execute("SELECT count(*) FROM text").fetchone() == (0,)


def test_an_index_of_a_version_before_is_searched_after_its_next_update(data: Path) -> None:
    library = stored(data, HOLIDAY)
    with sqlite3.connect(library.path) as base:
        base.execute("DROP TABLE trait")
        base.execute("DROP TABLE text")
    found = search_gallery("", asked(library))
    assert found.total == 0
    assert found.notes == ("7 photos are not searched yet: the next update makes them ready",)
    assert described(library) == len(HOLIDAY)
    assert len(search(library, "")) == len(HOLIDAY)


def test_two_processes_make_the_rows_at_once(data: Path) -> None:
    shots = [shot(f"{n}.jpg", "2020-01-01 10:00") for n in range(300)]
    library = stored(data, shots)
    with sqlite3.connect(library.path) as base:
        base.execute("UPDATE trait SET made = 'of a version before'")
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: described(library), range(4)))
    assert library.number("SELECT count(*) FROM trait") == 300
    assert library.number("SELECT count(*) FROM trait t JOIN text w ON w.rowid = t.id") == 300
    assert len(search(library, "", every_shot=True)) == 300


def test_without_an_index_nothing_is_found(data: Path) -> None:
    library = stored(data, HOLIDAY)
    shutil.rmtree(library.path.parent)
    assert search(library, "2019") == []


# By example.


@pytest.fixture
def moments(data: Path) -> Library:
    """Three shots of a beach, three of a street, and one of both."""
    axes = np.eye(16)
    shots = [
        shot(f"{place} {n}.jpg", f"2020-01-0{n} 10:00", camera="") for place in ("beach", "street") for n in (1, 2, 3)
    ]
    vectors = {one.id: axes[int("street" in one.name)] * 4 + axes[5 + n] * 0.5 for n, one in enumerate(shots)}
    both = shot("both.jpg", "2020-01-09 10:00", camera="")
    return stored(data, [*shots, both], {**vectors, both.id: axes[0] + axes[1]})


def test_an_example_finds_its_moment_first(moments: Library) -> None:
    beach = example(shot("lost.jpg"), np.eye(16)[0])
    found = search_gallery("", asked(moments), [beach])
    assert found.headings() == [("The same moment or place", 3), ("Similar", 4)]
    assert {name.split()[0] for name in names(found)[:3]} == {"beach"}
    assert names(found)[3] == "both.jpg"
    assert all("similar to the example" in why for why in found.why(found.order[:3].tolist()))


def test_an_unwanted_example_moves_the_answer(moments: Library) -> None:
    more, less = example(shot("a"), np.eye(16)[0] + np.eye(16)[1]), example(shot("b"), np.eye(16)[1], wanted=False)
    assert names(search_gallery("", asked(moments), [more]))[0] == "both.jpg"
    found = names(search_gallery("", asked(moments), [more, less]))
    assert all(name.startswith("street") for name in found[-3:])


def test_an_example_and_conditions_hold_together(moments: Library) -> None:
    beach = example(shot("lost.jpg"), np.eye(16)[0])
    found = names(search_gallery("2 january 2020", asked(moments), [beach]))
    assert found == ["beach 2.jpg", "street 2.jpg"]
    assert names(search_gallery("street", asked(moments), [beach], unsure=False))[-1].startswith("street")


def test_a_photo_of_the_library_is_an_example(moments: Library) -> None:
    seen = asked(moments)
    digest = shot("beach 1.jpg").digest
    mine = seen.example(digest)
    assert mine
    found = search_gallery("", seen, [mine])
    assert names(found)[0] == "beach 1.jpg"
    assert found.headings()[0] == ("The same picture", 1)
    assert seen.example("0" * 64) is None


def test_an_example_is_not_stored(moments: Library) -> None:
    before = moments.path.read_bytes()
    search_gallery("", asked(moments), [example(shot("lost.jpg"), np.eye(16)[0])])
    assert moments.path.read_bytes() == before


def test_what_emptied_an_answer_is_known(holiday: Library) -> None:
    seen = asked(holiday)
    found = search_gallery("Lisbon 2014 canon", seen)
    assert found.total == 0
    left = {str(chip): number for chip, number in seen.without_each(found.query)}
    assert left == {"place:Lisbon": 1, "date:2014": 1, "camera:canon": 0}


def test_the_order_can_be_chosen(holiday: Library) -> None:
    def order(text: str) -> list[str]:
        return [Path(name).stem for name in names(search_gallery(text, asked(holiday)))]

    assert order("sort:newest")[0] == order("")[0] == "wide"
    assert order("sort:oldest")[0] == "IMG_1"
    assert order("sort:oldest")[-1] == order("")[-1] == "scan of a receipt"
    assert order("sort:name img")[:2] == ["IMG_1", "IMG_2"]


def test_people_are_found_by_name_and_photos_by_the_number_of_faces(data: Path) -> None:
    together, anna, ben, nobody, unseen = (
        shot(f"{name}.jpg", "2024-01-01 10:00", digest=str(n) * 64, content="")
        for n, name in enumerate(("together", "anna", "ben", "nobody", "unseen"))
    )
    library = stored(data, [together, anna, ben, nobody, unseen])
    faces = [(together, "Anna", "Ben", "Anna"), (anna, "Anna"), (ben, "Ben"), (nobody,)]
    rows, says = {}, {"Anna": Person("a", "Anna Maria"), "Ben": Person("b", "Ben"), "Eve": Person("e", "", hidden=True)}
    with closing(Database(library.path)) as base:
        for one, *people in faces:
            base.queue("INSERT INTO done VALUES (?, ?, '')", [one.digest, FaceFinder.key])
            for place, name in enumerate(people):
                edges = f"{place} 0 {place + 1} 1"
                base.queue("INSERT INTO part VALUES (?, ?, ?, '', 'face', '{}')",
                           [one.digest, f"face {edges}", FaceFinder.key])  # fmt: skip
                rows[f"{one.digest} {edges}"] = Appearance("", says[name].id)
    store(library, "made", rows)
    assert search(library, "who:Ben") == []
    Persons(library.data).do(Change("named", tuple(says.values())))
    for text, found in {
        "who:ben": "ben together",
        'who:"anna maria"': "anna together",
        'who:"Anna Maria" who:Ben': "together",
        'who:"Anna Maria"|Ben': "anna ben together",
        "anna maria and ben": "together",
        "photos of Ben": "ben together",
        "Ben alone": "ben",
        "-who:Ben": "anna nobody unseen",
        "faces:2": "",
        "faces:3": "together",
        "faces:>=1": "anna ben together",
        "faces:0": "nobody",
        "people:none": "nobody",
        "people:some": "anna ben together",
        "who:Eve": "",
    }.items():
        assert " ".join(Path(name).stem for name in search(library, text)) == found, text
    (note,) = search_gallery("eyes:open", asked(library)).notes
    assert "eyes: finds nothing" in note


def test_a_library_without_faces_says_so(holiday: Library) -> None:
    for text in ("who:anna", "faces:2", "people:none"):
        assert search_gallery(text, asked(holiday)).notes[0].startswith("Nobody has looked for faces")
