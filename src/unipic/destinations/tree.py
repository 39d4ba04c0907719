"""A tree of folders: groups with their originals and best shots, days, or events. albums/plan.py says what goes where.

A second run continues: what is there with the right content stays, groups keep their numbers and may grow. A group gets
its name only when it is whole; until then its folder is called group_0001.part.
"""

import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from unipic.albums.groups import GROUP
from unipic.albums.plan import UNREADABLE, Placed, Tree, is_film
from unipic.core.errors import AlreadyThere, Cancelled, DiskFull, SettingsError
from unipic.core.files import atomic_file, copy_and_hash, hash_file, make_folder
from unipic.core.language import gettext as _, kept, ngettext, retold
from unipic.core.photo import Photo, Unreadable, files_of
from unipic.core.progress import Progress, Step, silent
from unipic.core.words import printable, size
from unipic.destinations._alone import alone_in_folder
from unipic.destinations._earlier import (
    NUMBERED,
    alone_in,
    best_in,
    folders_in,
    homes_in,
    known_groups,
    made_in,
    manifest_of,
    places_in,
    sweep,
)
from unipic.destinations._group_writing import GroupWriter, How, accepted, no_details
from unipic.destinations._manifest import manifest
from unipic.destinations._spots import File, Spots, best_name, names_of
from unipic.destinations._writing import checked, explained, keepers_arrived, other_content, result_of, writing
from unipic.destinations.base import MANIFEST, Item, Plan, Result, Written, folder_ready, is_written, stripper_ready
from unipic.destinations.linking import holds
from unipic.review.outcomes import Outcome

__all__ = ["How", "TreeDestination", "TreePlan", "accepted", "alone_in_folder", "known_groups", "no_details", "tree_in"]

REASONS = f"{UNREADABLE}/reasons.txt"


@dataclass(frozen=True)
class TreePlan(Plan):
    """A plan with what is in place already."""

    there: frozenset[str] = frozenset()  # names that hold what they should
    best: Mapping[str, str] = field(default_factory=dict)  # name of the best shot in its group's folder -> its file's
    groups: Mapping[int, tuple[Placed, ...]] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """Bytes of all files that are still to be written."""
        return sum(item.file.size for item in self.items if item.name not in self.there)


class TreeDestination:
    """Writes a tree. Only what the outcomes keep is written."""

    def __init__(self, folder: Path, tree: Tree, how: How | None = None) -> None:
        self.folder, self.tree, self.how = folder, tree, how or How()
        self.notes: list[str] = []  # what a person should know of what was written, though nothing went wrong
        self._groups = GroupWriter(folder, self.notes)
        self._places = {placed.asset.id: placed for placed in tree.placed}

    def ready(self) -> None:
        stripper_ready(self.how.strip_location)
        if self.how.strip_location and self.how.linker.link != "copy":
            raise SettingsError(_("a link leads to the original with its location; --strip-location needs --link copy"))
        folder_ready(self.folder)
        said = manifest_of(self.folder)
        if said is not None and said.get("tree") != self.tree.kind:
            words = _("{folder} already holds another result. Choose another folder.", folder=self.folder)
            if "tree" in said:
                kind = said["tree"]
                words = _(
                    "{folder} already holds a tree of {kind}. Choose another folder.", folder=self.folder, kind=kind
                )
            raise AlreadyThere(words)
        self.how.linker.check(self.folder, (placed.asset.path for placed in self.tree.placed))

    def plan(self, outcomes: Sequence[Outcome]) -> TreePlan:
        """See Destination.plan. Files that are there already are compared by content."""
        chosen = [o for o in outcomes if is_written(o) and o.file.id in self._places]
        order = {placed.asset.id: at for at, placed in enumerate(self.tree.placed)}
        spots = Spots(self.folder, self._same, {placed.folder for placed in self.tree.placed} | folders_in(self.folder))
        spots.reserve(MANIFEST, REASONS)
        items, there, best, homes = list[Item](), set[str](), dict[str, str](), homes_in(self.folder)
        groups: defaultdict[int, list[Placed]] = defaultdict(list)
        events = self._event_folders() if self.tree.kind == "events" else {}
        for outcome in sorted(chosen, key=lambda one: order[one.file.id]):
            placed = self._home(self._places[outcome.file.id], homes)
            placed = replace(placed, folder=events.get(placed.folder, placed.folder))
            alone = placed.best and self.tree.best_only and placed.group >= 0
            spot = spots.settle(placed.asset, names_of(placed, alone))
            for file, name, ours in zip(files_of(placed.asset), spot.names, spot.there, strict=True):
                items.append(Item(outcome, file, name))
                there |= {name} if ours else set()
            if placed.group >= 0:
                groups[placed.group].append(placed)
                if placed.best:
                    best[spot.names[0] if alone else best_name(spot.names[0])] = spot.names[0]
        named = {item.name: item for item in items}
        for name, of in best.items():
            item = named[of]
            if name != of and not self._has_best(name):
                items.append(Item(item.outcome, item.file, name))
            if self._same(self.folder / name, item.file):
                there.add(name)
        return TreePlan(
            tuple(outcomes),
            tuple(items),
            there=frozenset(there),
            best=best,
            groups={at: tuple(members) for at, members in groups.items()},
        )

    def carry_out(self, plan: Plan, progress: Progress = silent) -> Result:
        """Write what is missing. A second run after a stop completes it."""
        self.ready()
        plan = self.plan(checked(plan.outcomes, progress))
        advice = _("What is in it is whole; run again to finish it.")
        with explained(self.folder, lambda: [i for i in plan.items if i.name not in plan.there], advice):
            make_folder(self.folder)
            with nullcontext() if self.how.locked else alone_in_folder(self.folder):
                sweep(self.folder)
                self._check_room(plan)
                self._groups.alone = alone_in(self.folder)
                written = self._written(plan, progress)
                main = [entry for entry in written if entry.item.name not in plan.best or self.tree.best_only]
                keepers_arrived(plan.outcomes, main)
                self._reasons(plan.outcomes)
                told = [self._told(outcome) for outcome in plan.outcomes]
                with atomic_file(self.folder / MANIFEST) as file:
                    more = {"tree": self.tree.kind, "link": self.how.linker.link, **self.how.facts}
                    file.writelines(manifest(told, main, self.how.strip_location, more))
        for words, times in self.how.linker.notes.items():
            several = ngettext("{n:,} file was {words}", "{n:,} files were {words}", times, words=_(words))
            self.notes.append(several if times > 1 else _(words))
        return replace(result_of(main), problems=result_of(written).problems)

    def needed(self, plan: TreePlan) -> int:
        """Bytes of disk that the files take which are not there yet; with reflinks, where the file system has none."""
        return sum(self.how.linker.bytes_of(item) for item in plan.items if item.name not in plan.there)

    # Where files go.

    def _home(self, placed: Placed, homes: dict[str, list[tuple[int, str]]]) -> Placed:
        """A photo that lies in a group of an earlier run stays there, under its name."""
        asset = placed.asset
        known = homes.get(asset.digest, []) if isinstance(asset, Photo) and self.tree.kind == "groups" else []
        own = self.tree.groups[placed.group].number if placed.group >= 0 else 0
        if not known:
            return placed
        number, name = known.pop(next((at for at, one in enumerate(known) if one[0] == own), 0))
        group = next((at for at, one in enumerate(self.tree.groups) if one.number == number), -1)
        folder = f"{GROUP}{number:04}/{PurePosixPath(name).parent}".removesuffix("/.")
        return replace(
            placed, folder=folder, name=PurePosixPath(name).name, group=group, best=placed.best and number == own
        )

    def _event_folders(self) -> dict[str, str]:
        """The folder of an earlier run that holds most photos of an event, whose title may be another one by now."""
        earlier = places_in(self.folder)
        found: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for placed in self.tree.placed:
            if isinstance(placed.asset, Photo) and (name := earlier.get(placed.asset.digest)):
                found[placed.folder][name.rpartition("/")[0]] += 1
        return {folder: max(sorted(counts), key=counts.__getitem__) for folder, counts in found.items()}

    def _same(self, path: Path, file: File) -> bool:
        if self.how.strip_location:  # the copy is another file; put() makes it again and compares
            try:
                return os.lstat(path).st_mtime_ns == os.lstat(file.path).st_mtime_ns
            except OSError:
                return False
        return holds(path, file.path, file.size, getattr(file, "digest", None))

    def _has_best(self, name: str) -> bool:
        """Whether the group has a best shot already: it stays, and a new one is a suggestion."""
        return bool(best_in(self.folder / name.partition("/")[0]))

    # Writing.

    def _check_room(self, plan: TreePlan) -> None:
        missing = next((item for item in plan.items if item.name not in plan.there), None)
        if missing and self.how.linker.clones(self.folder, missing.file.path):
            return
        needed, free = self.needed(plan), shutil.disk_usage(self.folder).free
        if needed > free:
            raise DiskFull(
                _(
                    "{folder} has room for {free}, the tree needs {needed}: nothing was written.",
                    folder=self.folder,
                    free=size(free),
                    needed=size(needed),
                )
            )

    def _written(self, plan: TreePlan, progress: Progress) -> list[Written]:
        """Group by group, each of which gets its name when it is whole; then the rest."""
        by_group: defaultdict[str, list[Item]] = defaultdict(list)
        for item in plan.items:
            first = item.name.partition("/")[0]
            by_group[first if NUMBERED.fullmatch(first) else ""].append(item)
        written, done = list[Written](), 0
        with writing(lambda item, original: self._put(item, original, plan), self.how.strip_location) as write:
            for name in sorted(by_group, key=lambda one: (one == "", len(one), one)):
                lot = by_group[name]
                written += write(lot, _shifted(progress, done, len(plan.items)))
                done += len(lot)
                if name:
                    self._finish(name, plan, written[-len(lot) :])
                if self.how.stop():
                    raise Cancelled(_("Stopped. What is in the folder is whole; run again to finish it."))
        return written

    def _put(self, item: Item, original: BinaryIO, plan: TreePlan) -> str:
        path = self._groups.path(item.name)
        if item.name in plan.there and os.path.lexists(path):
            digest = item.digest or hash_file(path)
            if self.how.strip_location and copy_and_hash(original) != (digest := hash_file(path)):
                raise other_content(path)
            return digest
        if os.path.lexists(path):
            raise other_content(path)
        return self.how.linker.put(item, original, path)

    def _finish(self, name: str, plan: TreePlan, written: Sequence[Written]) -> None:
        """Write the group's texts, and give it its name."""
        at = next((at for at, group in enumerate(self.tree.groups) if group.folder == name), -1)
        if at in plan.groups:  # else they lie in a group that is no group any more
            self._groups.finish(self.tree.groups[at], plan.best, written, self.how)

    # What is said.

    def _reasons(self, outcomes: Iterable[Outcome]) -> None:
        """Why each file in `unreadable` could not be read, a line each."""
        lines = [
            f"{file.name}: {retold(file.reason)}"
            for file in (outcome.file for outcome in outcomes)
            if isinstance(file, Unreadable) and not is_film(file)
        ]
        if lines:
            make_folder(self.folder / UNREADABLE)
            with atomic_file(self.folder / REASONS) as opened:
                opened.write("\n".join([*map(printable, lines), ""]).encode("utf-8"))

    def _told(self, outcome: Outcome) -> Outcome:
        why = self.tree.left.get(outcome.file.id)
        return replace(outcome, reason=kept("not written: {why}", why=why)) if why else outcome


def kinds_made(folder: Path, group: str) -> frozenset[str]:
    """Which kinds of pictures were made of a group."""
    return frozenset(str(one.get("kind", "")) for one in made_in(folder / group))


def tree_in(folder: Path) -> str:
    """The kind of the finished tree in a folder; "" if there is none."""
    return str((manifest_of(folder) or {}).get("tree", ""))


def _shifted(progress: Progress, before: int, total: int) -> Progress:
    def told(step: Step) -> None:
        progress(replace(step, done=before + step.done, total=total) if step.stage == "Copying" else step)

    return told
