"""The desk: whatever is said in whatever order, it is on disk, can be taken back, and holds in the next run."""

import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.helpers.desks import FOLDERS, World, desk_of, evidence, names_for, opened, scanned, three, worlds
from tests.helpers.galleries import photo

from server.runs import Run
from unipic.cleanup.evidence import Evidence
from unipic.core.errors import SettingsError
from unipic.core.photo import Photo
from unipic.core.settings import Thresholds
from unipic.library.decisions import Catalogue
from unipic.review.choices import done, kept
from unipic.review.desk import Desk, NoSuchGroup, NotUnderstood
from unipic.review.ledger import report
from unipic.review.proposal import Group, identical
from unipic.review.rules import Rules

ORDINARY = Thresholds(90.0, 50.0, "greedy", None)
Standing = dict[str, object]


def standing(desk: Desk) -> Standing:
    """Everything a person sees of a desk."""
    history = desk.history
    return {
        "version": history.version,
        "arrangement": desk.arrangement,
        "groups": desk.proposal.groups,
        "choices": desk.choices,
        "undo": history.undo,
        "redo": history.redo,
        "rules": history.rules,
        "earlier": history.earlier,
        "thresholds": history.thresholds,
        "rulings": desk.rulings,
        "place": desk.place,
        "outcomes": desk.outcomes(),
    }


def decided(desk: Desk) -> list[tuple[Counter[str], Counter[str]]]:
    """Of each decided group what is in it and what of it stays, by content."""
    return [
        (
            Counter(photo.digest for photo in group.photos),
            Counter(photo.digest for photo in group.photos if photo.id in kept(group, desk.choices)),
        )
        for group in desk.proposal.groups
        if done(group, desk.choices) and not group.protected  # which stay by a rule of this run
    ]


def together(desk: Desk, a: str, b: str) -> bool:
    """Two photos, by the first letter of their names, are in one group."""
    return any({a, b} <= {photo.name[0] for photo in group.photos} for group in desk.proposal.groups)


class Session(RuleBasedStateMachine):
    """A person at a desk, now and then in a new run over the same photos under other names."""

    @initialize(world=worlds(), data=st.data())
    def scan(self, world: World, data: st.DataObject) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.root, self.world, self.steps = Path(self.folder.name), world, 0
        self.files = data.draw(names_for(world))
        self.desk = desk_of(self.root, world.scan(self.files))

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()

    def step(self) -> str:
        self.steps += 1
        return f"step-{self.steps:08}"

    def some(self, data: st.DataObject) -> Group:
        return self.desk.proposal.groups[data.draw(st.integers(0, len(self.desk.proposal.groups) - 1))]

    def several(self, data: st.DataObject, least: int) -> list[Group]:
        groups = self.desk.proposal.groups
        chosen = data.draw(st.lists(st.integers(0, len(groups) - 1), min_size=least, unique=True))
        return [groups[i] for i in chosen]

    def there_are_groups(self) -> bool:
        return bool(self.desk.proposal.groups)

    @precondition(there_are_groups)
    @rule(data=st.data(), decide=st.booleans())
    def choose(self, data: st.DataObject, decide: bool) -> None:
        group = self.some(data)
        stays = data.draw(st.sets(st.sampled_from(sorted(group.ids))))
        self.desk.choose(self.step(), group.id, stays, decide)
        if decide:
            assert kept(group, self.desk.choices) == stays | group.protected

    @precondition(there_are_groups)
    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        groups = self.several(data, least=1)
        ticked = {group.id: kept(group, self.desk.choices) for group in groups}
        self.desk.accept(self.step(), ticked)
        for group in groups:
            assert done(group, self.desk.choices)
            assert kept(group, self.desk.choices) == ticked[group.id]

    @precondition(there_are_groups)
    @rule(data=st.data())
    def reopen(self, data: st.DataObject) -> None:
        group = self.some(data)
        self.desk.reopen(self.step(), [group.id])
        assert not self.desk.choices[group.id].done

    @precondition(there_are_groups)
    @rule(data=st.data())
    def apart(self, data: st.DataObject) -> None:
        self.desk.apart(self.step(), self.some(data).id)

    @precondition(there_are_groups)
    @rule(data=st.data())
    def split(self, data: st.DataObject) -> None:
        group = self.some(data)
        leaving = data.draw(st.sets(st.sampled_from(sorted(group.ids)), min_size=1))
        before = standing(self.desk)
        try:
            self.desk.split(self.step(), group.id, leaving)
        except NotUnderstood:
            assert standing(self.desk) == before

    @precondition(lambda self: len(self.desk.proposal.groups) > 1)
    @rule(data=st.data())
    def merge(self, data: st.DataObject) -> None:
        groups = self.several(data, least=2)
        self.desk.merge(self.step(), [group.id for group in groups])

    @rule(data=st.data())
    def rules(self, data: st.DataObject) -> None:
        folders = st.lists(st.sampled_from([f for f in FOLDERS if f]), max_size=2, unique=True).map(tuple)
        by = data.draw(st.lists(st.sampled_from(("larger", "fewer bytes", "original", "PNG")), max_size=2, unique=True))
        rules = Rules(data.draw(folders), data.draw(folders), data.draw(folders), tuple(by))
        before = self.settled_groups()
        self.desk.set_rules(self.step(), rules)
        self.still_settled(before)
        for group in self.desk.proposal.groups:
            assert group.protected == {photo.id for photo in group.photos if rules.protects(photo)}
        for group in self.desk.proposal.copies:
            assert rules.key(group.photos[0]) == min(rules.key(photo) for photo in group.photos)

    @rule(
        similar=st.sampled_from((80.0, 90.0, 95.0)),
        near=st.sampled_from((30.0, 50.0, 70.0)),
        grouping=st.sampled_from(("greedy", "greedy", "components", "dbscan")),
    )
    def thresholds(self, similar: float, near: float, grouping: str) -> None:
        before = self.settled_groups()
        self.desk.set_thresholds(self.step(), Thresholds(similar, near, grouping, None))
        self.still_settled(before)

    @rule(forward=st.booleans())
    def take_back(self, forward: bool) -> None:
        self.desk.take_back(self.step(), forward)

    @rule()
    def there_and_back(self) -> None:
        before = standing(self.desk)
        if self.desk.history.undo:
            self.desk.take_back(self.step())
            self.desk.take_back(self.step(), forward=True)
            after = standing(self.desk)
            assert {**after, "version": 0, "place": ""} == {**before, "version": 0, "place": ""}

    @precondition(lambda self: self.desk.rulings)
    @rule(data=st.data())
    def forget(self, data: st.DataObject) -> None:
        one = self.desk.rulings[data.draw(st.integers(0, len(self.desk.rulings) - 1))]
        self.desk.forget(self.step(), [one.id])
        assert one.id not in {ruling.id for ruling in Catalogue(self.root).all()}

    @precondition(there_are_groups)
    @rule(data=st.data())
    def stand(self, data: st.DataObject) -> None:
        self.desk.place = self.some(data).id

    @rule()
    def restart(self) -> None:
        self.desk = opened(self.root, Run(self.desk.folder))

    @rule(data=st.data())
    def scan_again(self, data: st.DataObject) -> None:
        """The same files under other names and ids, in another order, to other thresholds."""
        before, look = decided(self.desk), self.desk.history.thresholds
        self.files = [self.files[i] for i in data.draw(st.permutations(range(len(self.files))))]
        self.files = [(file, f"{data.draw(st.sampled_from(FOLDERS))}{i}.jpg") for i, (file, _) in enumerate(self.files)]
        similar, near = data.draw(st.sampled_from((80.0, 90.0, 95.0))), data.draw(st.sampled_from((30.0, 50.0, 70.0)))
        found = self.world.scan(self.files, prefix=f"{self.step()}-")
        self.desk = desk_of(self.root, found, similar=similar, near=near, grouping=look.grouping)
        after = decided(self.desk)
        for group, stays in before:
            if stays:  # that nothing stays is asked again
                assert (group, stays) in after
        assert all(self.desk.choices[g.id].remembered for g in self.desk.proposal.groups if g.id in self.desk.choices)

    def settled_groups(self) -> dict[str, frozenset[str]]:
        groups = self.desk.proposal.groups
        return {g.id: kept(g, self.desk.choices) - g.protected for g in groups if done(g, self.desk.choices)}

    def still_settled(self, before: dict[str, frozenset[str]]) -> None:
        """But for what a protected folder keeps besides."""
        for id, stays in before.items():
            group = self.desk.group(id)
            assert done(group, self.desk.choices)
            assert stays <= kept(group, self.desk.choices)

    @invariant()
    def a_restarted_server_shows_the_same(self) -> None:
        assert standing(opened(self.root, Run(self.desk.folder))) == standing(self.desk)

    @invariant()
    def every_file_has_one_outcome_and_a_living_keeper(self) -> None:
        everything = self.desk.outcomes()
        assert [outcome.file.id for outcome in everything] == [p.id for p in self.desk.evidence.gallery.photos]
        staying = {outcome.file.id for outcome in everything if outcome.fate == "kept"}
        emptied = {
            photo.id
            for group in self.desk.proposal.groups
            if done(group, self.desk.choices) and not kept(group, self.desk.choices)
            for photo in group.photos
        }
        for outcome in everything:
            assert {photo.id for photo in outcome.instead} <= staying
            if isinstance(outcome.file, Photo) and self.desk.history.rules.protects(outcome.file):
                assert outcome.fate == "kept"
            if outcome.fate == "set aside" and not emptied:
                assert outcome.instead

    @invariant()
    def groups_are_such(self) -> None:
        for groups in (self.desk.proposal.copies, self.desk.proposal.shots):
            ids = [id for group in groups for id in group.ids]
            assert len(ids) == len(set(ids))
        for group in self.desk.proposal.groups:
            assert len(group.photos) == len(group.alike) == len(group.words) > 1
            assert group.protected <= group.suggested <= group.ids
            assert group.photos[0].id in group.suggested

    @invariant()
    def what_a_person_keeps_apart_is_not_together(self) -> None:
        if self.desk.history.thresholds.grouping != "greedy":
            return  # the others follow chains
        for group in self.desk.proposal.groups:
            for a in group.photos:
                for b in group.photos:
                    assert identical(a, b) or not self.told_apart(a.digest, b.digest), (a.name, b.name)

    def told_apart(self, a: str, b: str) -> bool:
        """By the newest of what was said of both, or of those with the same pixels."""
        picture = self.world.picture
        ours, theirs = ({digest for digest in picture if picture[digest] == picture[one]} for one in (a, b))
        about = [ruling for ruling in self.desk.rulings if ours & ruling.digests and theirs & ruling.digests]
        return bool(about) and not any(ours & set(part) and theirs & set(part) for part in about[-1].parts)

    @invariant()
    def what_is_decided_here_is_on_record(self) -> None:
        on_record = {ruling.id: ruling for ruling in Catalogue(self.root).all()}
        assert {ruling.id: ruling for ruling in self.desk.rulings}.items() <= on_record.items()


Session.TestCase.settings = settings(max_examples=40, stateful_step_count=12, suppress_health_check=list(HealthCheck))
TestSession = pytest.mark.slow(Session.TestCase)


# What the machine above does not tell apart.


def group_of(desk: Desk, letters: str) -> Group:
    """The group of just these photos, by the first letters of their names."""
    return next(g for g in desk.proposal.groups if sorted(photo.name[0] for photo in g.photos) == sorted(letters))


def again(root: Path, found: Evidence, prefix: str = "new-", **look: Any) -> Desk:
    """A second scan of the same files under other ids and names that begin alike, the last file first."""
    renamed = {photo.id: replace(photo, id=prefix + photo.id) for photo in reversed(found.gallery.photos)}
    pairs = found.likeness
    ids = [prefix + photo.id for photo in pairs.photos]
    similar = {
        f"{ids[a]} {ids[b]}": value for a, b, value in zip(pairs.first, pairs.second, pairs.similarity, strict=True)
    }
    same = {f"{ids[a]} {ids[b]}": value for a, b, value in zip(pairs.first, pairs.second, pairs.sameness, strict=True)}
    moved = [replace(photo, name=f"{photo.name[0]}-{prefix}.jpg") for photo in renamed.values()]
    return desk_of(root, evidence(moved, similar, {pair: value for pair, value in same.items() if value}), **look)


def with_one_more(like: str) -> Evidence:
    """`three`, and a photo n nobody saw before, as alike to those as these are to each other."""
    photos = [photo(id, size=9000 - 1000 * i) for i, id in enumerate("abcdn")]
    pairs = {"a b": 95.0, "a c": 95.0, "b c": 95.0, **{f"{old} n": 95.0 for old in like}}
    return evidence(photos, pairs)


def test_a_new_photo_brings_a_decided_group_back(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, three())
    desk.choose("step-1", group_of(desk, "abc").id, ["b"], done=True)
    joined = desk_of(tmp_path, with_one_more("abc"))
    group = group_of(joined, "abcn")
    assert not done(group, joined.choices)
    elsewhere = desk_of(tmp_path, with_one_more("d"))
    assert kept(group_of(elsewhere, "abc"), elsewhere.choices) == {"b"}
    assert not done(group_of(elsewhere, "dn"), elsewhere.choices)


def test_a_photo_that_was_there_when_it_was_decided_does_not(tmp_path: Path) -> None:
    """Also where a lower threshold finds it alike."""
    found = evidence([photo(id) for id in "abc"], {"a b": 95.0, "a c": 86.0, "b c": 86.0})
    desk = desk_of(tmp_path, found)
    desk.choose("step-1", group_of(desk, "ab").id, ["a"], done=True)
    desk.set_thresholds("step-2", replace(ORDINARY, similar=80.0))
    assert kept(group_of(desk, "ab"), desk.choices) == {"a"}
    assert not together(desk, "a", "c")
    lower = again(tmp_path, found, similar=80.0)
    assert done(group_of(lower, "ab"), lower.choices)
    assert len(lower.proposal.groups) == 1


def test_some_of_the_photos_do_not_bring_it_back_unless_none_of_them_was_kept(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, three())
    desk.choose("step-1", group_of(desk, "abc").id, ["b"], done=True)
    pairs = {"a b": 95.0, "b c": 95.0, "a c": 95.0}
    a, b, c, _ = three().gallery.photos
    some = desk_of(tmp_path, evidence([b, c], pairs))
    assert kept(group_of(some, "bc"), some.choices) == {"b"}
    assert some.choices[group_of(some, "bc").id].remembered
    without = desk_of(tmp_path, evidence([a, c], pairs))
    assert not done(group_of(without, "ac"), without.choices)


def test_what_is_decided_again_of_some_of_them_holds_instead(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, three())
    desk.choose("step-1", group_of(desk, "abc").id, ["a"], done=True)
    a, b, _, _ = three().gallery.photos
    some = desk_of(tmp_path, evidence([a, b], {"a b": 95.0}))
    some.choose("step-2", group_of(some, "ab").id, ["b"], done=True)
    later = again(tmp_path, three())
    assert {photo[-1] for photo in kept(group_of(later, "abc"), later.choices)} == {"b"}


def test_not_duplicates_do_not_come_back_until_a_new_photo_joins(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, three())
    desk.apart("step-1", group_of(desk, "abc").id)
    assert desk.proposal.groups == ()
    assert {outcome.fate for outcome in desk.outcomes()} == {"kept"}
    for similar in (50.0, 80.0, 99.0):
        assert again(tmp_path, three(), similar=similar).proposal.groups == ()
    joined = desk_of(tmp_path, with_one_more("ab"))
    assert together(joined, "a", "n")
    assert together(joined, "a", "b")  # that is what comes back
    assert not together(joined, "a", "c")


def test_not_duplicates_do_not_meet_through_one_that_was_there(tmp_path: Path) -> None:
    found = evidence([photo(id) for id in "abc"], {"a c": 95.0, "a b": 86.0, "b c": 88.0})
    desk = desk_of(tmp_path, found)
    desk.apart("step-1", group_of(desk, "ac").id)
    desk.set_thresholds("step-2", replace(ORDINARY, similar=80.0))
    assert [sorted(photo.name[0] for photo in group.photos) for group in desk.proposal.groups] == [["b", "c"]]


def test_split_stays_split_and_merged_stays_merged(tmp_path: Path) -> None:
    pairs = {"a b": 95.0, "a c": 95.0, "b c": 95.0, "d e": 95.0}
    found = evidence([photo(id) for id in "abcde"], pairs)
    desk = desk_of(tmp_path, found)
    desk.split("step-1", group_of(desk, "abc").id, ["c"])
    desk.merge("step-2", [group_of(desk, "ab").id, group_of(desk, "de").id])
    for similar in (50.0, 80.0, 99.0):
        later = again(tmp_path, found, similar=similar)
        assert [sorted(photo.name[0] for photo in group.photos) for group in later.proposal.groups] == [list("abde")]
        assert not done(later.proposal.groups[0], later.choices)


def test_merged_groups_ask_again_and_undo_gives_them_back_as_they_were(tmp_path: Path) -> None:
    found = evidence([photo(id) for id in "abcd"], {"a b": 95.0, "c d": 95.0})
    desk = desk_of(tmp_path, found)
    desk.accept("step-1", [group.id for group in desk.proposal.groups])
    before = Catalogue(tmp_path).all()
    desk.merge("step-2", [group.id for group in desk.proposal.groups])
    assert not done(group_of(desk, "abcd"), desk.choices)
    desk.take_back("step-3")
    assert all(done(group, desk.choices) for group in desk.proposal.groups)
    assert Catalogue(tmp_path).all() == before


def copies(names: str = "xyz", **facts: Any) -> Evidence:
    """The same bytes several times."""
    same = {"digest": "d" * 64, "content": "c" * 64, **facts}
    return evidence([photo(str(i), name=name, **same) for i, name in enumerate(names)], {})


def test_of_identical_files_those_that_were_kept_stay_by_name_or_else_as_many(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, copies())
    desk.choose("step-1", desk.proposal.groups[0].id, ["1", "2"], done=True)  # y and z, though x would be proposed

    def staying(desk: Desk) -> str:
        return "".join(sorted(outcome.file.name for outcome in desk.outcomes() if outcome.fate == "kept"))

    assert staying(desk_of(tmp_path, copies())) == "yz"
    assert staying(desk_of(tmp_path, copies("zyx"))) == "yz"
    assert len(staying(desk_of(tmp_path, copies("uvw")))) == 2
    assert staying(desk_of(tmp_path, copies("uv"))) == "uv"
    more = desk_of(tmp_path, copies("wxyz"))
    assert not done(more.proposal.groups[0], more.choices)  # there is one more than was decided about


def test_identical_files_that_are_no_duplicates_all_stay(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, copies())
    desk.apart("step-1", desk.proposal.groups[0].id)
    assert {outcome.fate for outcome in desk.outcomes()} == {"kept"}
    later = desk_of(tmp_path, copies("uvw"))
    assert {outcome.fate for outcome in later.outcomes()} == {"kept"}
    assert done(later.proposal.groups[0], later.choices)


@pytest.mark.parametrize("how", ["undo", "forget", "reopen", "forget later"])
def test_what_is_taken_back_is_off_the_record(tmp_path: Path, how: str) -> None:
    desk = desk_of(tmp_path, three())
    group = group_of(desk, "abc")
    desk.accept("step-1", [group.id])
    assert len(Catalogue(tmp_path).all()) == 1
    if how == "forget later":
        desk = again(tmp_path, three())
        assert desk.earlier
    if how == "undo":
        desk.take_back("step-2")
    elif how == "reopen":
        desk.reopen("step-2", [group.id])
    else:
        desk.forget("step-2", [ruling.id for ruling in desk.rulings])
    assert Catalogue(tmp_path).all() == []
    assert not done(group_of(desk, "abc"), desk.choices)
    assert again(tmp_path, three()).choices == {}
    desk.take_back("step-3", forward=how == "undo")
    assert len(Catalogue(tmp_path).all()) == 1
    assert done(group_of(desk, "abc"), desk.choices)


def test_what_is_shown_is_about_photos_of_this_run_under_its_names(tmp_path: Path) -> None:
    """A visitor who holds one photo of another's decision learns no other name, and cannot take the decision back."""
    desk = desk_of(tmp_path, three())
    desk.choose("step-1", desk.proposal.shots[0].id, ["b"], done=True)
    assert [ruling.names for ruling in desk.shown] == [("b.jpg", "a.jpg", "c.jpg")]
    mine = replace(three().gallery.photos[1], id="new", name="mine.jpg")
    visitor = desk_of(tmp_path, evidence([mine], {}))
    assert (len(visitor.rulings), visitor.shown) == (1, [])
    same = again(tmp_path, three())
    assert [ruling.names for ruling in same.shown] == [("b-new-.jpg", "a-new-.jpg", "c-new-.jpg")]


def test_accepting_the_surest_is_one_step(tmp_path: Path) -> None:
    found = evidence([photo(id) for id in "abcdef"], {"a b": 95.0, "c d": 95.0, "e f": 95.0})
    desk = desk_of(tmp_path, found)
    desk.accept("step-1", [group.id for group in desk.proposal.groups])
    assert (desk.history.version, report(desk.proposal, desk.choices).reviewed) == (1, 3)
    assert desk.history.undo is not None
    assert desk.history.undo.what == "3 groups accepted"
    desk.take_back("step-2")
    assert (desk.choices, report(desk.proposal, desk.choices).reviewed, desk.history.undo) == ({}, 0, None)


def test_reopened_a_group_follows_the_thresholds_again(tmp_path: Path) -> None:
    found = evidence([photo(id) for id in "abc"], {"a b": 95.0, "a c": 86.0, "b c": 86.0})
    desk = desk_of(tmp_path, found)
    group = group_of(desk, "ab")
    desk.accept("step-1", [group.id])
    desk.set_thresholds("step-2", replace(ORDINARY, similar=80.0))
    desk.reopen("step-3", [group.id])
    assert together(desk, "b", "c")
    desk.take_back("step-4")
    assert done(group_of(desk, "ab"), desk.choices)


def test_decided_shots_stay_shots_where_copies_are_sought_more_freely(tmp_path: Path) -> None:
    photos = [photo(id, size=9000 - 1000 * i) for i, id in enumerate("abc")]
    found = evidence(photos, {"a b": 86.0, "b c": 95.0, "a c": 86.0}, {"a b": 40.0, "b c": 40.0})
    desk = desk_of(tmp_path, found)
    desk.choose("step-1", group_of(desk, "bc").id, ["b", "c"], done=True)
    desk.set_thresholds("step-2", replace(ORDINARY, near=30.0))
    assert kept(group_of(desk, "bc"), desk.choices) == {"b", "c"}
    assert {outcome.fate for outcome in desk.outcomes()} == {"kept"}


def test_decided_copies_stay_copies_where_they_are_sought_more_strictly(tmp_path: Path) -> None:
    photos = [photo(id, size=9000 - 1000 * i) for i, id in enumerate("abc")]
    found = evidence(photos, {"a b": 99.0, "b c": 95.0}, {"a b": 60.0})
    desk = desk_of(tmp_path, found)
    desk.accept("step-1", [group_of(desk, "ab").id])
    desk.set_thresholds("step-2", replace(ORDINARY, near=95.0))
    assert [outcome.file.name for outcome in desk.outcomes() if outcome.fate == "set aside"] == ["b.jpg"]


def test_steps_of_two_desks_are_in_the_same_order_for_both(tmp_path: Path) -> None:
    """As when a server is replaced by another one that is open already."""
    run = scanned(tmp_path, three())
    one, two = opened(tmp_path, run), opened(tmp_path, run)
    group = group_of(one, "abc")
    one.choose("step-1", group.id, ["a"], done=False)
    two.choose("step-2", group.id, ["b"], done=False)
    two.take_back("step-3")
    one.choose("step-4", group.id, ["c"], done=True)
    two.refresh()
    assert standing(one) == standing(two) == standing(opened(tmp_path, run))
    assert one.history.version == 4
    two.refresh()
    two.choose("step-4", group.id, ["a"], done=True)  # sent again, to the other one
    assert standing(one) == standing(two)


def test_a_step_cut_short_is_none_and_the_next_one_is_not_lost(tmp_path: Path) -> None:
    run = scanned(tmp_path, three())
    desk = opened(tmp_path, run)
    group, path = group_of(desk, "abc"), run.folder / "review.jsonl"
    desk.choose("step-1", group.id, ["a"], done=False)
    one = len(path.read_bytes())
    desk.choose("step-2", group.id, ["b"], done=True)
    both = path.read_bytes()
    for cut in range(one, len(both)):
        path.write_bytes(both[:cut])
        desk = opened(tmp_path, run)
        assert kept(group, desk.choices) == {"a"}
        desk.choose("step-2", group.id, ["c"], done=False)
        assert standing(opened(tmp_path, run)) == standing(desk)
        assert (kept(group, desk.choices), desk.history.version) == ({"c"}, 2)


def test_refused_steps_leave_everything_as_it_was(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, three())
    group, before = group_of(desk, "abc"), standing(desk)
    for refused in (
        lambda: desk.choose("s", group.id, ["d"], done=True),
        lambda: desk.split("s", group.id, ["a", "d"]),
        lambda: desk.split("s", group.id, []),
        lambda: desk.split("s", group.id, group.ids),
        lambda: desk.merge("s", [group.id]),
        lambda: desk.merge("s", [group.id, group.id]),
        lambda: desk.accept("s", []),
        lambda: desk.reopen("s", []),
    ):
        with pytest.raises(NotUnderstood):
            refused()
    for gone in (lambda: desk.apart("s", "0" * 16), lambda: desk.accept("s", [group.id, "0" * 16])):
        with pytest.raises(NoSuchGroup):
            gone()
    with pytest.raises(SettingsError):
        desk.set_thresholds("s", replace(ORDINARY, similar=1000.0))
    with pytest.raises(NoSuchGroup):
        desk.place = "0" * 16
    assert standing(desk) == before == standing(opened(tmp_path, Run(desk.folder)))


def test_a_damaged_record_costs_the_memory_and_not_the_run(tmp_path: Path) -> None:
    (tmp_path / "decisions.sqlite").write_bytes(b"no database at all, but long enough to be taken for one" * 20)
    found = evidence([photo(id) for id in "abc"], {"a b": 95.0, "a c": 86.0, "b c": 86.0})
    desk = desk_of(tmp_path, found)
    assert any("Earlier decisions are not used" in notice for notice in desk.proposal.cleanup.notices)
    desk.accept("step-1", [group_of(desk, "ab").id])
    assert "cannot be used" in desk.problem
    desk.set_thresholds("step-2", replace(ORDINARY, similar=80.0))
    assert done(group_of(desk, "ab"), desk.choices)  # and in this run they hold all the same
    assert not together(desk, "a", "c")


def test_protection_goes_before_what_was_decided(tmp_path: Path) -> None:
    photos = [photo(id, name=f"{id}/{id}.jpg") for id in "ab"]
    desk = desk_of(tmp_path, evidence(photos, {"a b": 95.0}))
    group = group_of(desk, "ab")
    desk.choose("step-1", group.id, ["a"], done=True)
    desk.set_rules("step-2", Rules(protect=("b",)))
    assert kept(desk.group(group.id), desk.choices) == {"a", "b"}
    assert {outcome.file.id: outcome.fate for outcome in desk.outcomes()}["b"] == "kept"
    desk.choose("step-3", group.id, [], done=True)
    assert {outcome.fate for outcome in desk.outcomes() if outcome.file.id == "b"} == {"kept"}
    desk.take_back("step-4")
    desk.take_back("step-5")
    assert kept(desk.group(group.id), desk.choices) == {"a"}


def test_the_arrangement_tells_of_a_protected_folder(tmp_path: Path) -> None:
    """The browser asks anew by it, and shows what can not be set aside."""
    photos = [photo(id, name=f"{id}/{id}.jpg") for id in "ab"]
    desk = desk_of(tmp_path, evidence(photos, {"a b": 95.0}))
    before, first = desk.arrangement, desk.proposal.groups[0].photos[0]
    desk.set_rules("step-1", Rules(protect=(first.name[0],)))
    assert desk.proposal.groups[0].protected == {first.id}
    assert desk.arrangement != before


# Copies that are verified and that nobody looked at


def test_verified_copies_stay_until_the_person_answers(tmp_path: Path) -> None:
    """And for as long as the run is there, the last answer holds."""
    found = evidence([photo("a", size=9), photo("b", size=8)], {}, {"a b": 80.0})
    run = scanned(tmp_path, found)
    desk = opened(tmp_path, run)
    assert (desk.unseen, desk.ledger.left_out.photos, desk.ledger.open.photos) == ("", 0, 1)
    desk.unseen = "leave out"
    assert (desk.ledger.left_out.photos, desk.ledger.by["verified"].photos) == (1, 1)
    assert {outcome.fate for outcome in desk.outcomes("identical")} == {"kept"}, "progress is saved without them"
    again = opened(tmp_path, run)
    assert (again.unseen, again.ledger) == ("leave out", desk.ledger)
    again.unseen = "keep"
    assert again.ledger.left_out.photos == 0
    again.accept("step-0001", [again.proposal.groups[0].id])
    assert (again.ledger.by["you"].photos, again.ledger.open.photos) == (1, 0)


def test_an_answer_nobody_could_give_is_none(tmp_path: Path) -> None:
    desk = desk_of(tmp_path, three())
    (desk.folder / "unseen.json").write_text('"all"')
    assert desk.unseen == ""


def test_copies_below_the_limit_of_the_second_look_are_left_to_the_person(tmp_path: Path) -> None:
    found = evidence([photo("a", size=9), photo("b", size=8)], {}, {"a b": 40.0})
    desk = desk_of(tmp_path, found, near=30.0)
    (group,) = desk.proposal.groups
    assert group.suggested == group.ids
    assert "not checked at full size" in group.doubt
    assert {outcome.fate for outcome in desk.outcomes("verified")} == {"kept"}


def test_earlier_decisions_can_be_ignored_here_and_stay_remembered(tmp_path: Path) -> None:
    """Another person's run over the same photos need not follow what was decided before."""
    found = evidence([photo(id) for id in "abcdef"], {"a b": 95.0, "c d": 95.0, "e f": 95.0})
    desk = desk_of(tmp_path, found)
    desk.choose("step-1", group_of(desk, "ab").id, ["a"], done=True)
    desk.apart("step-2", group_of(desk, "cd").id)
    before = Catalogue(tmp_path).all()
    assert (desk.followed, desk.history.earlier) == (0, ""), "these are this run's own"

    other = again(tmp_path, found)
    assert (other.followed, len(other.proposal.groups)) == (2, 2)
    seen = other.arrangement
    other.set_earlier("step-3", "ignored")
    assert other.followed == 0
    assert len(other.proposal.groups) == 3, "what was taken apart is a group again"
    assert other.choices == {}
    assert other.arrangement != seen
    assert Catalogue(tmp_path).all() == before
    assert len(other.earlier) == 2, "they can still be looked through"

    other.take_back("step-4")
    assert (other.followed, other.arrangement, other.history.earlier) == (2, seen, "")
    other.take_back("step-5", forward=True)
    last = group_of(other, "ef")
    other.choose("step-6", last.id, last.ids, done=True)
    assert again(tmp_path, found).followed == 3
    assert Catalogue(tmp_path).all()[: len(before)] == before


def test_the_answer_about_earlier_decisions_outlives_the_session(tmp_path: Path) -> None:
    found = three()
    desk = desk_of(tmp_path, found)
    first_shot = desk.proposal.groups[0].photos[0].id
    desk.choose("step-1", desk.proposal.groups[0].id, [first_shot], done=True)
    run = scanned(tmp_path, found)
    first = opened(tmp_path, run)
    first.set_earlier("step-2", "used")
    assert first.followed == 1
    first.set_earlier("step-3", "ignored")
    second = opened(tmp_path, run)
    assert (second.history.earlier, second.followed, second.choices) == ("ignored", 0, {})
    group = second.proposal.groups[0]
    second.choose("step-4", group.id, group.ids, done=True)
    assert kept(group, second.choices) == group.ids
    assert again(tmp_path, found).followed == 1, "the later decision about the same photos holds from here on"
    second.take_back("step-5")
    (choice,) = again(tmp_path, found).choices.values()
    assert choice.kept == {"new-a"}
