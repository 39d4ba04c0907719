"""The desk: whatever is said in whatever order, it is on disk, can be taken back, and holds in the next run."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.desks import FOLDERS, World, desk_of, names_for, opened, worlds

from screens.desk import Desk, NotUnderstood
from unipic.catalogue import Catalogue
from unipic.history import Thresholds
from unipic.photo import Photo
from unipic.proposal import Group, identical
from unipic.review import done, kept
from unipic.rules import Rules

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
        if __import__("os").environ.get("DBG"):
            pic = self.world.picture
            note(f"thresholds {self.desk.history.thresholds}")
            for g in self.desk.proposal.groups:
                c = self.desk.choices.get(g.id)
                note(f"   {g.id[:4]} {g.lane} {[(p.id, pic[p.digest], p.digest[:4]) for p in g.photos]} {c and (sorted(c.kept), c.done)}")
            for r in self.desk.rulings:
                note(f"   ruling {[[(pic[d], d[:4]) for d in part] for part in r.parts]} kept {r.kept and [d[:4] for d in r.kept]} moment {r.moment}")
            note("step " + __import__("sys")._getframe(1).f_code.co_name)
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
        self.desk = opened(self.root, self.desk.run)

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
        one, two = standing(opened(self.root, self.desk.run)), standing(self.desk)
        for k in one if __import__("os").environ.get("DBG") else ():
            if one[k] != two[k]:
                if k == "groups":
                    for g, h in zip(one[k], two[k]):
                        for f in vars(g):
                            if f != "ids" and getattr(g, f, 0) != getattr(h, f, 0):
                                note(f"   DIFF {f} {str(getattr(g, f))[:1500]} / {str(getattr(h, f))[:1500]}")
                else:
                    note(f"   DIFF {k} {str(one[k])[:1800]} / {str(two[k])[:1800]}")
        assert one == two

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


Session.TestCase.settings = settings(
    max_examples=int(__import__("os").environ.get("EX", 60)), stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink] if 0 else [Phase.generate], report_multiple_bugs=False
)
TestSession = Session.TestCase
