"""What people say of faces: kept by content, obeyed, and taken back; and every face is in one place."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from tests.helpers.galleries import photo
from tests.helpers.people import digest, face, faces_of, turned, vector_of
from tests.helpers.searched import stored

from unipic.core.errors import SettingsError
from unipic.core.face import Face
from unipic.library import persons
from unipic.library._database import Database
from unipic.library.appearances import numbers, showing
from unipic.library.library import Library
from unipic.library.persons import Change, FaceRuling, Person, Persons, checked_day, person_name
from unipic.library.searchable import copies
from unipic.people.limits import DLIB, FaceLimits
from unipic.people.people import People, Together
from unipic.people.rulings import Finder
from unipic.people.settling import Known, settle
from unipic.people.suggest import Deck

Open = Callable[..., People]
FAMILY = [[1, 2], [1, 2], [1, 2], [1], [3], [3], [3], [4]]  # who is in each photo


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """Photos for made-up faces: ten in May of each year from 2018 on."""
    days = [datetime(2018 + n // 10, 5, 1 + n % 10) for n in range(30)]
    shots = [photo(f"{n}.jpg", digest=digest(n), name=f"{n}.jpg", content="", taken=day) for n, day in enumerate(days)]
    return stored(tmp_path / "data", shots)


@pytest.fixture
def people(library: Library) -> Open:
    def opened(
        faces: Sequence[Face] | None = None, limits: FaceLimits = DLIB, key: str = "net", **how: object
    ) -> People:
        found = People(library, faces_of(*FAMILY) if faces is None else faces, key, limits)
        found.group(**how)  # type: ignore[arg-type]
        return found

    return opened


def whose(people: People) -> dict[str, str]:
    return {one.key: some.id for some in people.everybody.values() for one in some.faces}


def test_people_of_a_library(people: Open) -> None:
    found = people()
    unnamed = found.of_kind("unnamed")
    assert [(one.photos, one.years) for one in unnamed] == [(4, (2018, 2018)), (3, (2018, 2018)), (3, (2018, 2018))]
    assert [one.photos for one in found.of_kind("other")] == [1], "who is in fewer than three photos is a stranger"
    assert found.of_kind("person") == found.of_kind("hidden") == []
    assert whose(people(faces_of(*FAMILY)[::-1])) == whose(found), "ids are the same for any order"


def test_a_name_holds_whatever_finds_and_groups_faces(people: Open, library: Library) -> None:
    found = people()
    anna = found.name(found.of_kind("unnamed")[0].id, "  Anna\u00a0Maria ", born="1980-03")
    assert (anna.row.name, anna.row.born, anna.photos) == ("Anna Maria", "1980-03", 4)
    strict = people(limits=replace(DLIB, join=0.999), key="another net", tidy=True)
    assert strict.everybody[anna.id].photos == 4
    moved = [replace(one, box=tuple(edge + 0.004 for edge in one.box), vector=vector_of(10 + n, n))  # type: ignore[arg-type]
             for n, one in enumerate(faces_of(*FAMILY))]  # fmt: skip
    assert people(moved, key="other boxes").everybody[anna.id].photos == 4
    assert people([], key="no faces found").everybody[anna.id].photos == 4, "what people pointed at is a face"
    library.forget_all()
    assert Persons(library.data).all()[0][0].name == "Anna Maria"


def test_what_was_taken_out_never_comes_back(people: Open) -> None:
    found = people()
    wrong = faces_of(*FAMILY)[6].key  # of person 1, in the last photo
    anna = found.name(found.of_face(wrong).id, "Anna")  # type: ignore[union-attr]
    assert found.is_not([wrong], anna.id).photos == 3
    for again in (people(), people(tidy=True), people(how="dbscan"), people(limits=replace(DLIB, join=0.5), key="b")):
        assert wrong not in {one.key for one in again.everybody[anna.id].faces}
        assert again.of_face(wrong) is not None
    assert people().split([wrong], to=anna.id).photos == 4, "the newest word holds"


def test_a_ruling_finds_its_face_in_a_copy_and_in_a_turned_one(people: Open, library: Library) -> None:
    faces = faces_of(*FAMILY)
    copy = turned(faces[0])
    same = {copy.digest: "one", digest(0): "one"}
    ruling = FaceRuling("1", 1.0, faces[0].key, "anna", "is")
    heard = Finder([*faces, copy], same).hear([ruling])
    assert heard.of.keys() == {faces[0].key, copy.key}
    assert Finder([*faces, replace(copy, vector=vector_of(7, 7))], same).hear([ruling]).of.keys() == {faces[0].key}
    assert Finder([*faces, copy], {}).hear([ruling]).of.keys() == {faces[0].key}
    assert Finder([copy], {}).hear([ruling]).unfound.keys() == {faces[0].key}


def test_copies_are_known_by_their_pixels_and_by_a_second_look(tmp_path: Path) -> None:
    contents = ["same", "same", "", "", "other"]
    shots = [photo(f"{n}.jpg", digest=digest(n), content=content) for n, content in enumerate(contents)]
    library = stored(tmp_path / "data", shots)
    looks = [(digest(2), digest(3), "same"), (digest(3), digest(4), "other"), (digest(3), digest(9), "same")]
    with closing(Database(library.path)) as base:
        for look in looks:
            base.queue("INSERT INTO look VALUES (?, ?, '', ?, '')", look)
    same = copies(library)
    assert same == {digest(0): digest(0), digest(1): digest(0), digest(2): digest(2), digest(3): digest(2)}
    found = People(library, [face(1, 0), face(1, 1)])
    found.no_face([face(1, 0).key])
    assert len(found.not_faces) == 2, "and so a ruling holds in the copy"


def test_copies_count_once(library: Library) -> None:
    known = Known({digest(n): None for n in range(3)}, {digest(n): "same" for n in range(3)})
    three = faces_of([1], [1], [1])
    groups = {one.key: "group" for one in three}
    (some,) = settle(three, groups, Finder(three, {}).hear([]), [], known)
    assert (some.photos, some.kind, len(some.faces)) == (1, "other", 3)


def test_join_of_a_selection_joins_only_it(people: Open) -> None:
    found = people()
    first, second, third = found.of_kind("unnamed")
    anna = found.name(second.id, "Anna")
    shared = {one.digest for one in first.faces} & {one.digest for one in second.faces}
    other = third if shared else first
    joined = found.join([other.id, anna.id])
    assert (joined.id, joined.row.name, joined.photos) == (anna.id, "Anna", other.photos + 3)
    assert len(found.of_kind("unnamed")) == 1
    assert whose(people(tidy=True)) == whose(found)


def test_two_of_one_photo_are_asked_about_before_they_are_one(people: Open) -> None:
    found = people()
    one, other = (found.of_face(key).id for key in (faces_of(*FAMILY)[0].key, faces_of(*FAMILY)[1].key))  # type: ignore[union-attr]
    with pytest.raises(Together, match="together in 3 photos") as asked:
        found.join([one, other])
    assert asked.value.photos == [digest(0), digest(1), digest(2)]
    assert found.join([one, other], twice=True).photos == 4
    assert people(tidy=True).of_kind("unnamed")[0].photos == 4


def test_a_collage_is_one_person_after_twice(people: Open) -> None:
    collage = faces_of([1, 1, 1], [1], [1])
    found = people(collage)
    assert len(found.everybody) == 3
    assert len(found.twice([one.key for one in collage[:3]]).faces) == 5


def test_split_makes_another_person_that_stays(people: Open) -> None:
    found = people()
    anna = found.name(found.of_kind("unnamed")[0].id, "Anna")
    two = [one.key for one in anna.faces[:2]]
    other = found.split(two)
    for again in (found, people(tidy=True)):
        assert {one.key for one in again.everybody[other.id].faces} == set(two)
        assert again.everybody[anna.id].photos == 2


def test_statues_and_strangers_stay_away(people: Open) -> None:
    found = people()
    statue = faces_of(*FAMILY)[-1].key
    stranger = found.of_face(faces_of(*FAMILY)[7].key)
    found.no_face([statue])
    found.nobody([stranger.id])  # type: ignore[union-attr]
    more = [*faces_of(*FAMILY), face(3, 9)]
    for again in (people(), people(more, tidy=True)):
        assert [one.key for one in again.not_faces] == [statue]
        assert len(again.of_kind("unnamed")) == 2
    assert people(more).of_face(face(3, 9).key).nobody, "a new photo of the same stranger"  # type: ignore[union-attr]


def test_a_forgotten_person_s_faces_come_back_unnamed_and_can_be_named(people: Open, library: Library) -> None:
    found = people()
    anna = found.name(found.of_kind("unnamed")[0].id, "Anna Karenina")
    assert found.forget(anna.id) == 4
    assert b"Karenina" not in (library.data / "decisions.sqlite").read_bytes()
    assert found.undo() is None
    assert found.of_face(anna.faces[0].key) is None, "its numbers are gone as well"
    again = people()  # another network finds them
    assert again.of_kind("person") == []
    assert again.name(again.of_kind("unnamed")[0].id, "Anna").photos == 4


def test_every_step_can_be_undone(people: Open) -> None:
    found = people()
    before = whose(found)
    first, *_, third = found.of_kind("unnamed")
    anna = found.name(first.id, "Anna")
    steps: list[Callable[[], object]] = [
        lambda: found.name(anna.id, "Anne"),
        lambda: found.born(anna.id, "1980"),
        lambda: found.hide(anna.id),
        lambda: found.cover(anna.id, anna.faces[-1].key),
        lambda: found.join([anna.id, third.id], twice=True),
        lambda: found.split([anna.faces[0].key]),
        lambda: found.is_not([anna.faces[1].key], anna.id),
        lambda: found.no_face([anna.faces[2].key]),
        lambda: found.nobody([found.of_kind("other")[0].id]),
    ]
    states = []
    for step in steps:
        states.append((whose(found), [one.row for one in found.everybody.values()]))
        step()
    assert [step.words for step in found.records.steps()][-1] == "named Anna"
    for ids, rows in reversed(states):
        assert found.undo() is not None
        assert (whose(found), [one.row for one in found.everybody.values()]) == (ids, rows)
    assert found.undo().words == "named Anna"  # type: ignore[union-attr]
    assert found.undo() is None
    assert whose(found) == before


def test_so_many_steps_are_kept(people: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    assert persons.STEPS == 50
    monkeypatch.setattr(persons, "STEPS", 5)
    found = people()
    anna = found.name(found.of_kind("unnamed")[0].id, "Anna")
    for number in range(8):
        name = f"Anna {number}"
        found.records.do(Change(f"named {name}", (replace(anna.row, name=name),)))
    assert len(found.records.steps()) == 5
    while found.undo():
        pass
    assert found.somebody(anna.id).row.name == "Anna 2"


def test_two_tabs_that_name_one_person_are_both_told(people: Open) -> None:
    one, other = people(), people()
    id = one.of_kind("unnamed")[0].id
    anna = one.name(id, "Anna")
    anne = other.name(id, "Anne")
    assert anne.id == anna.id
    assert other.notices == ["Somebody else named this person Anna meanwhile."]
    assert one.somebody(anna.id).row.name == "Anne", "the later one holds"
    other.nobody([anne.id])
    with pytest.raises(SettingsError, match="no person"):
        one.name("gone", "Ann")


def test_a_clock_that_is_set_back_changes_no_order(people: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    found = people()
    key = found.of_kind("unnamed")[0].faces[0].key
    anna = found.name(found.of_kind("unnamed")[0].id, "Anna")
    monkeypatch.setattr("time.time", lambda: 0.0)
    found.is_not([key], anna.id)
    assert found.of_face(key).id != anna.id  # type: ignore[union-attr]
    assert found.undo().words == "not Anna"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("\u202eanna", "anna"),
        ("Zoe\u0308", "Zoë"),
        (" two\nlines\x00 ", "two lines"),
        ("ä" * 10_000, "ä" * 100),
        ("'; DROP TABLE person; --", "'; DROP TABLE person; --"),
    ],
)
def test_a_name_is_data(given: str, kept: str, people: Open) -> None:
    found = people()
    assert found.name(found.of_kind("unnamed")[0].id, given).row.name == kept
    assert [one.row.name for one in people().of_kind("person")] == [kept]


def test_names_and_days_that_are_none() -> None:
    for text in ("", "  ", "\x00\u202e"):
        with pytest.raises(SettingsError, match="letter"):
            person_name(text)
    assert [checked_day(text) for text in ("", "2015", "2015-03", " 2015-03-14 ")] == [
        "",
        "2015",
        "2015-03",
        "2015-03-14",
    ]
    for text in ("15", "2015-13", "2015-03-14-1", "March", "2015-"):
        with pytest.raises(SettingsError, match="no date"):
            checked_day(text)


def test_two_persons_may_share_a_name(people: Open) -> None:
    found = people()
    first, second, _ = found.of_kind("unnamed")
    found.name(first.id, "Anna")
    found.name(second.id, "Anna")
    assert len(found.of_kind("person")) == 2


def test_what_was_said_can_be_taken_to_another_library(people: Open, tmp_path: Path, library: Library) -> None:
    found = people()
    anna = found.name(found.of_kind("unnamed")[0].id, "Anna", "1980")
    values = json.loads(json.dumps(found.records.exported()))
    other = Persons(tmp_path / "other")
    assert other.take_over(values) == 4
    assert other.take_over(values) == 0
    assert other.all() == found.records.all()
    found.name(anna.id, "Anne")
    found.records.take_over(values)
    assert found.somebody(anna.id).row.name == "Anne", "what was said later holds"
    for bad in ({}, {"format": "x"}, {**values, "rulings": [{"id": 1}]}, {**values, "persons": [{"id": None}]},
                {**values, "rulings": [{**values["rulings"][0], "face": "no place"}]},
                {**values, "rulings": [{**values["rulings"][0], "says": "DROP"}]}):  # fmt: skip
        with pytest.raises(SettingsError, match="no file of people"):
            other.take_over(bad)


def test_searches_find_who_is_in_photos(people: Open, library: Library) -> None:
    found = people()
    anna = found.name(found.of_kind("unnamed")[0].id, "Anna")
    assert showing(library, [anna.id]) == {digest(n) for n in range(4)}
    assert numbers(library)[anna.id] == 4
    found.is_not([anna.faces[0].key], anna.id)
    assert showing(library, [anna.id]) == {digest(n) for n in range(1, 4)}
    found.undo()
    assert numbers(library)[anna.id] == 4
    for rename in (lambda: found.name(anna.id, "Anne"), found.undo):
        before = library.version()
        rename()
        assert library.version() != before, "searches look at the names again"


def test_faces_of_photos_that_are_gone_leave_the_counts_and_the_rulings_stay(people: Open, library: Library) -> None:
    found = people()
    anna = found.name(found.of_kind("unnamed")[0].id, "Anna")
    stray = face(1, 99)
    assert people([*faces_of(*FAMILY), stray]).of_face(stray.key) is None, "its photo is not shown"
    few = faces_of(*FAMILY[:2])
    assert people(few).everybody[anna.id].photos == 4, "its photo is shown, so it is a face that was not found"
    assert len(Persons(library.data).all()[1]) == 4


def test_the_likest_face_is_the_surest(people: Open) -> None:
    odd = face(1, 10, vector=vector_of(1, 5, noise=1.3))
    found = people([*faces_of(*FAMILY), odd])
    anna = found.of_face(odd.key)
    assert anna is not None
    sure = {one.key: found.likeness(one, anna) or 0 for one in anna.faces}
    assert min(sure, key=lambda key: sure[key]) == odd.key
    assert all(50 < likeness <= 100 for likeness in sure.values())
    assert found.likeness(replace(odd, vector=None), anna) is None
    assert DLIB.likeness(DLIB.middle) == 50


def test_the_cover_is_large_and_has_open_eyes_unless_one_is_chosen(people: Open) -> None:
    shut = face(1, 0, size=400.0, eyes=-4.0)
    small, large = face(1, 1, size=60.0, eyes=3.0), face(1, 2, size=150.0)
    found = people([shut, small, large])
    (anna,) = found.of_kind("unnamed")
    assert anna.cover == large
    assert found.cover(anna.id, small.key).cover == small
    with pytest.raises(SettingsError, match="no face"):
        found.cover(found.of_kind("unnamed")[0].id, "nothing 0 0 0 0")


# Questions.


def two_halves(cosine: float) -> list[Face]:
    """Eight faces in two groups that are as alike as the cosine."""
    first, second = vector_of(5, 0, noise=0), vector_of(6, 0, noise=0)
    between = float(first @ second)
    across = second - between * first
    other = cosine * first + np.sqrt(1 - cosine**2) * across / np.linalg.norm(across)
    return [face(5, n, vector=(first if n < 4 else other).astype(np.float32)) for n in range(8)]


def test_questions_are_about_what_is_likely_and_not_sure(people: Open) -> None:
    assert [one.together for one in Deck(people(two_halves(0.915))).questions()] == [False]
    for cosine in (0.89, 0.94):
        assert Deck(people(two_halves(cosine), key=str(cosine))).questions() == []


@pytest.mark.parametrize(("answer", "number"), [("same", 1), ("different", 2), ("skip", 2)])
def test_an_answer_holds_and_is_not_asked_again(people: Open, answer: str, number: int) -> None:
    found = people(two_halves(0.915))
    deck = Deck(found)
    deck.answer(deck.questions()[0], answer)  # type: ignore[arg-type]
    assert deck.questions() == []
    found.refresh()
    assert len(found.of_kind("unnamed")) == number
    assert (Deck(found).questions() == []) == (answer != "skip")
    assert deck.undo()
    assert len(deck.questions()) == 1
    assert len(found.of_kind("unnamed")) == 2
    assert not deck.undo()


def test_a_pair_of_one_photo_is_asked_about_only_if_it_is_very_alike(people: Open) -> None:
    mirror = [replace(one, digest=digest(n % 4), box=(n / 10, 0.2, n / 10 + 0.08, 0.3)) for n, one in
              enumerate(two_halves(0.98))]  # fmt: skip
    found = people(mirror)
    deck = Deck(found)
    (question,) = deck.questions()
    assert question.together
    deck.answer(question, "same")
    assert [len(one.faces) for one in people(mirror).of_kind("unnamed")] == [8], "the same person twice"
    siblings = [replace(one, digest=digest(n % 4), box=(n / 10, 0.2, n / 10 + 0.08, 0.3)) for n, one in
                enumerate(two_halves(0.95))]  # fmt: skip
    assert Deck(people(siblings, key="siblings")).questions() == []


def test_answers_add_up(people: Open) -> None:
    """What was joined to a person that others are not, is not they either."""
    rows = [one.vector for one in two_halves(0.915)]
    third = np.asarray(rows[0] + rows[4], np.float32)  # type: ignore[operator]
    third /= np.linalg.norm(third)
    names = [rows[0], rows[4]]
    faces = [face(5, 3 * n + shot, vector=vector) for n, vector in enumerate(names) for shot in range(3)]
    found = people(faces)
    found.name(found.of_face(faces[0].key).id, "Anna")  # type: ignore[union-attr]
    deck = Deck(found)
    (question,) = deck.questions()
    assert deck.card(question.first).row.name == "Anna"
    deck.answer(question, "same")
    found.refresh()
    (anna,) = found.of_kind("person")
    assert anna.photos == 6


# Laws.


@given(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=3), min_size=2, max_size=8), st.data())
@settings(max_examples=25, deadline=None)
def test_every_face_is_in_one_place_and_what_was_said_holds(
    tmp_path_factory: pytest.TempPathFactory, photos: list[list[int]], data: st.DataObject
) -> None:
    records = Persons(tmp_path_factory.mktemp("people"))
    faces = faces_of(*photos)
    rows = [Person(id, name) for id, name in (("a", "Anna"), ("b", ""))]
    says = st.sampled_from(["is", "is not", "no face", "nobody", "twice"])
    rulings = [
        FaceRuling(str(at), float(at), data.draw(st.sampled_from(faces)).key, data.draw(st.sampled_from("ab")), what)
        for at, what in enumerate(data.draw(st.lists(says, max_size=12)))
    ]
    rulings = [replace(one, person="n") if one.says == "nobody" else one for one in rulings]
    groups = {one.key: str(data.draw(st.integers(0, 2))) for one in faces}  # of an older day, perhaps
    heard = Finder(faces, {}).hear(rulings)
    found = settle(faces, groups, heard, rows, Known({one.digest: None for one in faces}))
    placed = Counter(one.key for some in found for one in some.faces)
    none = {key for key, its in heard.of.items() if its.no_face}
    assert placed == Counter(one.key for one in faces if one.key not in none)
    for some in found:
        for one in some.faces:
            said = heard.of.get(one.key)
            if said and said.person:
                assert some.id == said.person
            assert not said or some.id not in said.nots
        free = [one.digest for one in some.faces if not (one.key in heard.of and heard.of[one.key].person)]
        lifted = {one.digest for one in some.faces if one.key in heard.of and heard.of[one.key].twice}
        assert all(number == 1 or photo in lifted for photo, number in Counter(free).items())
    assert {one.id for one in found} >= {"a", "b"}, "no name is lost"
    assert records.all() == ([], []), "and nothing was written"
