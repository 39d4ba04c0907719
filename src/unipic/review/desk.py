"""The review session of one run: groups, choices and history. Every step is on disk before it is answered."""

import hashlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Literal

from unipic.cleanup.bonds import Bonds
from unipic.cleanup.evidence import Evidence
from unipic.cleanup.keeper import keeper_first
from unipic.cleanup.record import evidence_from_dict
from unipic.cleanup.result import Cleanup
from unipic.core.errors import DecisionsUnreadable
from unipic.core.files import read_json, write_json
from unipic.core.language import gettext as _, kept
from unipic.core.photo import Photo
from unipic.core.settings import Thresholds
from unipic.library.decisions import Catalogue, Ruling, ruling_of
from unipic.review._rulings import alike, regroups, ruling_id
from unipic.review.choices import Choice, Choices, kept as staying, recalled
from unipic.review.history import Change, Earlier, History, Undo
from unipic.review.journal import Journal
from unipic.review.ledger import Ledger, ledger
from unipic.review.outcomes import Outcome, Unseen, outcomes
from unipic.review.proposal import Group, Proposal, propose
from unipic.review.rules import Rules


class NoSuchGroup(Exception):
    """The photos were regrouped, and this group no longer exists."""


class NotUnderstood(Exception):
    """A request that is no valid step."""


Arrange = Callable[[Evidence, Thresholds, Bonds], Cleanup]
Answer = Literal["", "leave out", "keep"]  # what happens with verified copies that nobody looked at; "": not asked yet
EARLIER: dict[Earlier, str] = {
    "": kept("earlier decisions"),
    "used": kept("earlier decisions used"),
    "ignored": kept("earlier decisions ignored"),
}


class Desk:
    """A review session, opened from the run's folder. Steps are taken one at a time."""

    def __init__(
        self, folder: Path, thresholds: Thresholds, created: float, catalogue: Catalogue, arrange: Arrange
    ) -> None:
        """`created`: when the run was made, in seconds since 1970. `arrange` groups the evidence."""
        self.folder = folder
        self.lock = threading.RLock()
        self.evidence: Evidence = evidence_from_dict(read_json(folder / "evidence.json"))
        self.photos = {photo.id: photo for photo in self.evidence.gallery.photos}
        self._find = arrange
        self._catalogue = catalogue
        self._journal = Journal(folder / "review.jsonl")
        self._known: set[str] = set()  # ids of applied steps: one sent twice counts once
        self._before = {one["id"]: ruling_of(**one) for one in read_json(folder / "remembered.json")}
        # `created` replaces an unknown time.
        self._first_seen = {p.digest: created for p in self.evidence.gallery.photos} | dict(self.evidence.first_seen)
        self.history = History(thresholds)
        self.history.begin(Change("", rulings=self._before))
        self.problem = ""  # why decisions are not remembered for later runs
        self._counted: tuple[tuple[int, str, Answer], Ledger] | None = None
        self._read = 0  # bytes of the journal that are applied
        self.catch_up()
        self._arrange()

    def catch_up(self) -> dict[str, Change]:
        """Apply steps from disk that are not applied yet, other processes' included. Returns the changes by step."""
        steps, self._read = self._journal.read(self._read)
        changes = {}
        for step, entry in steps:
            if step not in self._known:
                self._known.add(step)
                changes[step] = self.history.add(entry)
        return changes

    # Reading.

    @property
    def choices(self) -> Choices:
        """What the person ticked or decided, here or in an earlier run over the same photos."""
        return {**self._remembered, **self.history.choices}

    def outcomes(self, unseen: Unseen | None = None) -> list[Outcome]:
        """The outcome of every file as things are now. `unseen`: what may go without a look, by default as answered."""
        answered: Unseen = "verified" if self.unseen == "leave out" else "identical"
        return outcomes(self.proposal, self.choices, unseen or answered)

    def group(self, id: str) -> Group:
        """The group with this id. Raises NoSuchGroup."""
        try:
            return self.proposal.by_id[id]
        except KeyError:
            raise NoSuchGroup(_("The groups have changed, and this group no longer exists.")) from None

    @property
    def place(self) -> str:
        """Id of the group the person was at, "" if unknown. Stored in place.json."""
        path = self.folder / "place.json"
        place = read_json(path) if path.exists() else ""
        return place if place in self.proposal.by_id else ""

    @place.setter
    def place(self, id: str) -> None:
        """Remember the group. Raises NoSuchGroup."""
        write_json(self.folder / "place.json", self.group(id).id)

    @property
    def ledger(self) -> Ledger:
        """The ledger of outcomes(), counted once per step."""
        now = (self.history.version, self.arrangement, self.unseen)
        if self._counted is None or self._counted[0] != now:
            self._counted = now, ledger(self.outcomes())
        return self._counted[1]

    @property
    def unseen(self) -> Answer:
        """What the person said of verified copies that nobody looked at. Stored in unseen.json."""
        path = self.folder / "unseen.json"
        answer: Answer = read_json(path) if path.exists() else ""
        return answer if answer in ("leave out", "keep") else ""

    @unseen.setter
    def unseen(self, answer: Answer) -> None:
        """Remember the answer for this run."""
        write_json(self.folder / "unseen.json", answer)

    @property
    def rulings(self) -> list[Ruling]:
        """Rulings about these photos, of this run and earlier ones, oldest first."""
        return sorted(self.history.rulings.values(), key=lambda ruling: (ruling.at, ruling.id))

    @property
    def earlier(self) -> list[Ruling]:
        """Rulings of earlier runs that still hold."""
        return [ruling for ruling in self.rulings if self._before.get(ruling.id) == ruling]

    @property
    def followed(self) -> int:
        """How many groups follow decisions of earlier runs: decided by them, or made or taken apart by them."""
        before = {ruling.id for ruling in self.earlier if self.history.earlier != "ignored"}
        by_hand = [ruling for ruling in self.shown if ruling.kept is None and ruling.id in before]
        choices = [choice for id, choice in self.choices.items() if id in self.proposal.by_id]
        return len(by_hand) + sum(choice.done and choice.remembered for choice in choices)

    @property
    def shown(self) -> list[Ruling]:
        """Rulings about photos of this run and no others, under the names they have here, oldest first.

        Others hold too, but tell of photos that whoever opened this run may not have.
        """
        names = {photo.digest: photo.name for photo in self.photos.values()}
        held = [ruling for ruling in self.rulings if ruling.digests <= names.keys()]
        return [replace(ruling, names=tuple(names[digest] for digest in ruling.in_order)) for ruling in held]

    # Steps.

    def knows(self, step: str) -> bool:
        """Whether the step was taken already."""
        return step in self._known

    def choose(self, step: str, id: str, stays: Iterable[str], done: bool) -> Change:
        """Tick the photos of a group, or, with `done`, decide it."""
        group, stays = self.group(id), frozenset(stays)
        if not stays <= group.ids:
            raise NotUnderstood(_("That photo is not in this group."))
        before, choice = staying(group, self.choices), Choice(stays | group.protected, done)
        if done:
            n = len(choice.kept)
            what = kept(
                "{n:,} photo of {photos} kept" if n == 1 else "{n:,} photos of {photos} kept",
                n=n,
                photos=len(group.photos),
            )
        else:
            flipped = [photo for photo in group.photos if photo.id in before ^ choice.kept]
            name = flipped[0].name if len(flipped) == 1 else kept("{n:,} photos", n=len(flipped))
            what = kept("{photo} changed", photo=name)
            if choice.kept > before:
                what = kept("{photo} kept", photo=name)
            elif choice.kept < before:
                what = kept("{photo} set aside", photo=name)
        return self._take(step, Change(what, {id: choice}, self._rulings_of([group], {id: choice}), place=id))

    def accept(self, step: str, ids: Iterable[str]) -> Change:
        """Decide groups as they are ticked."""
        groups = self._groups(ids)
        choices = {group.id: Choice(staying(group, self.choices), done=True) for group in groups}
        n = len(groups)
        what = kept("{n:,} group accepted" if n == 1 else "{n:,} groups accepted", n=n)
        return self._take(step, Change(what, choices, self._rulings_of(groups, choices)))

    def set_aside(self, step: str, ids: Iterable[str]) -> Change:
        """Set clutter aside, each photo by a decision of its own. NotUnderstood for other groups."""
        groups = self._groups(ids)
        if not all(group.clutter for group in groups):
            raise NotUnderstood(_("Of these photos some have others like them; decide those by group."))
        choices = {group.id: Choice(frozenset(), done=True) for group in groups}
        what = kept("{n:,} set aside", n=len(groups))
        return self._take(step, Change(what, choices, self._rulings_of(groups, choices)))

    def reopen(self, step: str, ids: Iterable[str]) -> Change:
        """Groups are undecided again; their ticks stay."""
        groups = self._groups(ids)
        choices = {group.id: Choice(staying(group, self.choices)) for group in groups}
        n = len(groups)
        what = kept("{n:,} group reopened" if n == 1 else "{n:,} groups reopened", n=n)
        place = groups[0].id if len(groups) == 1 else ""
        return self._take(step, Change(what, choices, self._rulings_of(groups, choices), place=place))

    def apart(self, step: str, id: str) -> Change:
        """The group's photos are no duplicates: they are grouped again only if a new photo joins them."""
        group = self.group(id)
        parts = alike(group.photos)
        if len(parts) == 1:  # identical content: all of them stay, and that is settled
            return self.choose(step, id, group.ids, done=True)
        return self._rule(step, kept("not duplicates"), [group], parts)

    def split(self, step: str, id: str, leaving: Iterable[str]) -> Change:
        """Move some photos of a group into a group of their own."""
        group, leaving = self.group(id), frozenset(leaving)
        if not leaving <= group.ids:
            raise NotUnderstood(_("That photo is not in this group."))
        out = [part for part in alike(group.photos) if leaving & {photo.id for photo in part}]
        left = [photo for part in out for photo in part]
        rest = [photo for photo in group.photos if photo not in left]
        if not left or not rest:
            raise NotUnderstood(_("Choose some photos of the group, but not all. Identical files stay together."))
        n = len(left)
        what = kept("{n:,} photo split off" if n == 1 else "{n:,} photos split off", n=n)
        return self._rule(step, what, [group], [rest, left])

    def merge(self, step: str, ids: Sequence[str]) -> Change:
        """Make one group of several."""
        groups = self._groups(ids)
        if len(groups) < 2 or any(group.clutter for group in groups):
            raise NotUnderstood(_("Choose at least two groups to merge."))
        photos = {photo.id: photo for group in groups for photo in group.photos}
        return self._rule(step, kept("{n:,} groups merged", n=len(groups)), groups, [[*photos.values()]])

    def set_rules(self, step: str, rules: Rules) -> Change:
        """Replace the person's rules."""
        return self._take(step, Change(kept("rules changed"), rules=rules))

    def set_thresholds(self, step: str, thresholds: Thresholds) -> Change:
        """Group by other thresholds."""
        return self._take(step, Change(kept("thresholds changed"), thresholds=thresholds))

    def set_earlier(self, step: str, earlier: Earlier) -> Change:
        """Use the decisions of earlier runs here, or ignore them. Either way they stay remembered."""
        return self._take(step, Change(EARLIER[earlier], earlier=earlier))

    def forget(self, step: str, ids: Iterable[str]) -> Change:
        """Delete rulings, here and for all later runs."""
        gone = {id: None for id in ids if id in self.history.rulings}
        n = len(gone)
        what = kept("{n:,} decision forgotten" if n == 1 else "{n:,} decisions forgotten", n=n)
        return self._take(step, Change(what, self._opened(gone), gone))

    def take_back(self, step: str, forward: bool = False) -> Change:
        """Undo the last step, or redo it."""
        return self._take(step, Undo(forward))

    # Implementation.

    def _groups(self, ids: Iterable[str]) -> list[Group]:
        groups = [self.group(id) for id in dict.fromkeys(ids)]
        if not groups:
            raise NotUnderstood(_("No group was named."))
        return groups

    def _now(self) -> float:
        """The time, but later than every ruling, even if the clock was set back."""
        return max(time.time(), max((ruling.at for ruling in self.history.rulings.values()), default=0.0) + 1e-6)

    def _rule(self, step: str, what: str, groups: Sequence[Group], parts: Sequence[Sequence[Photo]]) -> Change:
        photos = [photo for part in parts for photo in part]
        ruling = Ruling(
            ruling_id("parts", photos),
            self._now(),
            tuple(tuple(photo.digest for photo in part) for part in parts),
            names=tuple(photo.name for photo in photos),
        )
        # Decisions about the former groups, and about others with some of these photos, no longer hold.
        about = [r.id for r in self._about(photos) if r.kept is not None and len(r.digests & ruling.digests) > 1]
        gone = dict.fromkeys([*about, *(id for group in groups for id in self._settling(group))])
        choices = self._opened(gone) | {group.id: None for group in groups if group.id in self.history.choices}
        return self._take(step, Change(what, choices, {**gone, ruling.id: ruling}, place=groups[0].id))

    def _rulings_of(self, groups: Iterable[Group], choices: Choices) -> dict[str, Ruling | None]:
        """Rulings to store for decided groups, and None for those that no longer hold."""
        found: dict[str, Ruling | None] = {}
        now = self._now()
        for group in groups:
            found |= dict.fromkeys(self._settling(group))
            if choices[group.id].done:
                moment = group.lane == "similar"
                id = ruling_id("clutter" if group.clutter else "moment" if moment else "copies", group.photos)
                photos = sorted(group.photos, key=lambda photo: photo.id not in choices[group.id].kept)
                digests, names = (tuple(getattr(photo, what) for photo in photos) for what in ("digest", "name"))
                stays = digests[: len(choices[group.id].kept)]
                found[id] = Ruling(id, now, (digests,), stays, moment, names)
        return found

    def _settling(self, group: Group) -> list[str]:
        """Rulings that decide this group and no larger one."""
        digests, moment = {photo.digest for photo in group.photos}, group.lane == "similar"
        about = [r for r in self._about(group.photos) if r.alone == group.clutter and r.kept is not None]
        return [r.id for r in about if r.digests <= digests and (r.moment == moment or len(r.digests) > 1)]

    def _opened(self, gone: Iterable[str]) -> dict[str, Choice | None]:
        """Choices to drop, of groups that are undecided without these rulings."""
        here = [self.proposal.by_id[id] for id in self.history.choices if id in self.proposal.by_id]
        return {group.id: None for group in here if not set(gone).isdisjoint(self._settling(group))}

    def _take(self, step: str, entry: Change | Undo) -> Change:
        """Write a step to the journal, apply it, and update the catalogue for later runs."""
        if self.knows(step):
            return Change("")
        self._journal.append(step, entry)
        before = dict(self.history.rulings)
        changes = self.catch_up()  # in the order on disk, other processes' steps included
        change = changes.pop(step)
        self._tell_catalogue(change)
        pairs = [(before.get(id), self.history.rulings.get(id)) for id in change.rulings]
        touched = [ruling for pair in pairs for ruling in pair if ruling]
        deciding = isinstance(entry, Change) and self.history.thresholds.grouping != "dbscan"
        anew = change.rules or change.thresholds or change.earlier is not None
        if changes or anew or any(regroups(*pair, deciding) for pair in pairs):
            self._arrange()
        elif touched:
            self._index()
            self._recall({digest for ruling in touched for digest in ruling.digests})
        return change

    def _tell_catalogue(self, change: Change) -> None:
        if change.rulings:
            try:
                gone = [id for id, ruling in change.rulings.items() if not ruling]
                self._catalogue.save((ruling for ruling in change.rulings.values() if ruling), gone)
            except DecisionsUnreadable as error:  # the step is in the journal, so it holds in this run
                self.problem = str(error)

    def refresh(self) -> None:
        """Apply steps of other processes. Call before anything is shown or changed."""
        if self.catch_up():
            self._arrange()

    def _arrange(self) -> None:
        """Group anew, by everything that holds now."""
        self._index()
        bonds = Bonds(self._holding, self._first_seen)
        found = propose(self._find(self.evidence, self.history.thresholds, bonds), self.history.rules)
        shots = sorted(found.shots, key=lambda g: (-len(g.photos), min(keeper_first(p) for p in g.photos)))
        rest = (*shots, *found.clutter) if self.evidence.ranked else ()
        self.proposal: Proposal = replace(found, groups=(*found.copies, *rest))
        self._remembered: dict[str, Choice] = {}
        self._recall({photo.digest for photo in self.evidence.gallery.photos})
        told = "\n".join(
            f"{g.id} {g.lane} {[p.id for p in g.photos]} {g.alike} {g.words} {g.reason} {g.doubt} {g.certainty} "
            f"{sorted(g.suggested)} {sorted(g.protected)} {g.tie}"
            for g in self.proposal.groups
        )
        told += self.history.earlier  # the browser then asks for the choices too
        self.arrangement = hashlib.blake2s(told.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

    def _recall(self, digests: Set[str]) -> None:
        """Update the choices that rulings settle, for the groups that hold any of these digests."""
        groups = [g for g in self.proposal.groups if not digests.isdisjoint(photo.digest for photo in g.photos)]
        rulings = {ruling.id: ruling for group in groups for ruling in self._about(group.photos)}
        for group in groups:
            self._remembered.pop(group.id, None)
        earlier = {id for id, ruling in rulings.items() if self._before.get(id) == ruling}
        self._remembered |= recalled(groups, rulings.values(), earlier)

    def _index(self) -> None:
        self._by_digest: defaultdict[str, list[Ruling]] = defaultdict(list)
        for ruling in self._holding:
            for digest in ruling.digests:
                self._by_digest[digest].append(ruling)

    @property
    def _holding(self) -> list[Ruling]:
        """All rulings but those that are ignored here."""
        ignored = self._before if self.history.earlier == "ignored" else {}
        return [ruling for ruling in self.history.rulings.values() if ignored.get(ruling.id) != ruling]

    def _about(self, photos: Iterable[Photo]) -> list[Ruling]:
        found = {ruling.id: ruling for photo in photos for ruling in self._by_digest.get(photo.digest, ())}
        return list(found.values())
