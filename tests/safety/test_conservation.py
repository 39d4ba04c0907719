"""Every file that was found is kept, set aside for one that stays, or listed as unreadable; through the real export."""

import hashlib
import json
import os
import random
import shutil
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.helpers.accepted import accept_all
from tests.helpers.galleries import called_clutter, cleanup, cluster, copies_of, photo, tools
from tests.helpers.pictures import scene, shaken
from tests.safety.harness.amounts import amount
from tests.safety.harness.ledger import record
from tests.safety.harness.originals import KINDS, SMALL, differences, state

from unipic.core.files import read_json
from unipic.core.photo import Photo, Unreadable
from unipic.core.settings import Settings, Thresholds
from unipic.destinations.base import MANIFEST, export
from unipic.destinations.folder import FolderDestination
from unipic.destinations.list import ListDestination
from unipic.destinations.zip import ZipDestination
from unipic.library.thumbnails import Thumbnails
from unipic.review.choices import Choice, kept
from unipic.review.outcomes import NO_TWIN, Outcome, outcomes
from unipic.review.proposal import propose
from unipic.sources.folder import FolderSource
from utils import arrange, examine

CORPORA = amount(pr=2, nightly=10)  # of different seeds
FATES = ("kept", "set_aside", "unreadable")


def corpus(folder: Path, number: int, seed: int) -> set[str]:
    """So many files of every kind: bursts, copies by bytes and by pixels, names that collide, and what is no photo."""
    dice, kinds, made = random.Random(seed), list(KINDS), list[Path]()
    for i in range(number):
        place = folder / dice.choice(("", "a", "a/b", "é", "A"))
        place.mkdir(parents=True, exist_ok=True)
        suffix = dice.choice(kinds) if dice.random() < 0.4 else ".jpg"
        path = place / f"{dice.choice(('IMG', 'img', 'Hawaii wa', 'best_'))}_{i // 2 if i % 5 else i}{suffix}"
        twin = dice.choice(made) if made and dice.random() < 0.2 else None
        path = path.with_suffix(twin.suffix) if twin else path
        path = path.with_name(f"{i} {path.name}") if os.path.lexists(path) else path
        if twin:
            shutil.copy(twin, path)
            continue
        picture = scene(seed * 10_000 + i // 4, *SMALL)
        KINDS[suffix](shaken(picture, dice.choice((1, 2, 4))) if dice.random() < 0.5 else picture, path)
        if suffix in (".jpg", ".png", ".webp"):
            made.append(path)
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()}


def content(target: Path) -> dict[str, bytes]:
    if target.is_dir():
        return {str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*") if path.is_file()}
    with zipfile.ZipFile(target) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def unaccounted(found: Iterable[str], before: dict[str, str], target: Path) -> list[str]:
    """What is wrong with a result. `before`: of each original, as it was looked at, the sha256."""
    there = content(target)
    manifest: dict[str, Any] = json.loads(there.pop(MANIFEST))
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in there.items()}
    entries = [entry for fate in FATES for entry in manifest[fate]]
    names = [entry["original"] for entry in entries]
    wrong = [f"unaccounted: {name}" for name in sorted({*found} ^ {*names})]
    wrong += [f"accounted for twice: {name}" for name in names if names.count(name) > 1]
    exported = {entry["file"]: entry for entry in entries if "file" in entry}
    wrong += [f"not in the manifest, or not there: {name}" for name in exported.keys() ^ hashes.keys()]
    for name, entry in exported.items():
        if hashes.get(name) != entry["sha256"]:
            wrong.append(f"{name} is not what the manifest says")
    for entry in manifest["set_aside"]:
        by_itself = entry["reason"].startswith(NO_TWIN) and entry["decided_by"] == "you"
        there_is_one = bool(entry.get("instead")) != by_itself
        wrong += [] if there_is_one and entry["reason"] else [f"{entry['original']} goes without a reason"]
        for stays in entry.get("instead", ()):
            keeper = exported.get(stays)
            if keeper is None or hashes.get(stays) != before[keeper["original"]]:
                wrong.append(f"{entry['original']} was set aside for {stays}, which is not what it was")
    listed = {entry["original"] for entry in manifest["problems"]}
    lost = [e["original"] for e in manifest["kept"] if "file" not in e and e["original"] not in listed]
    return wrong + [f"kept, but not there, and not listed: {name}" for name in lost]


def in_list(found: Iterable[str], path: Path, everything: list[Outcome]) -> list[str]:
    """The list names each file once, with its fate."""
    rows = read_json(path)["files"]
    fates = {row["name"]: row["fate"] for row in rows}
    of = {outcome.file.name: outcome.fate for outcome in everything}
    wrong = [
        f"{name} is {fates.get(name)} in the list, not {fate}" for name, fate in of.items() if fates.get(name) != fate
    ]
    return wrong + [f"not in the list: {name}" for name in {*found} - fates.keys()]


def hashes_of(source: Path) -> dict[str, str]:
    return {name: fact.digest for name, fact in state(source).items()}


@pytest.mark.parametrize("seed", range(CORPORA))
def test_nothing_is_unaccounted_for(seed: int, tmp_path: Path) -> None:
    """Whether nothing was reviewed, everything accepted, or somebody ticked anything at all."""
    number = amount(pr=100, nightly=500)
    source = tmp_path / "photos"
    found = corpus(source, number, seed)
    assert len(found) == number
    before, dice = state(source), random.Random(seed)
    thumbnails = Thumbnails(tmp_path / "thumbs")
    evidence = examine(FolderSource([source]), tools(thumbnails=thumbnails), Settings.of(workers=1))
    evidence = replace(evidence, clutter=called_clutter(evidence.gallery.photos))
    proposal = propose(arrange(evidence, Thresholds(similar=dice.choice((60.0, 90.0)))))
    ticked = {g.id: Choice(frozenset(dice.sample(sorted(g.ids), k=1)), done=True) for g in proposal.groups}
    clutter = {group.id: Choice(frozenset(), done=True) for group in proposal.clutter}
    wrong, aside = list[str](), 0
    for i, choices in enumerate(({}, accept_all(proposal), ticked, clutter)):
        everything = outcomes(proposal, choices)
        gone = {outcome.file.id for outcome in everything if outcome.fate == "set aside"}
        lone = {group.photos[0].id for group in proposal.clutter}
        assert gone & lone == (lone if choices is clutter else set()), "clutter goes only where a person said so"
        aside += sum(outcome.fate == "set aside" for outcome in everything)
        target = tmp_path / f"{i}" if i % 2 else tmp_path / f"{i}.zip"
        export(FolderDestination(target) if i % 2 else ZipDestination(target), everything)
        export(ListDestination(tmp_path / f"{i}.json"), everything)
        wrong += unaccounted(found, hashes_of(source), target)
        wrong += in_list(found - _companions(everything), tmp_path / f"{i}.json", everything)
    wrong += [f"original changed: {name}" for name in differences(before, state(source))]
    record("T3", "files of a corpus accounted for", number, len(wrong), f"4 exports, {aside} set aside")
    assert not wrong, "\n".join(wrong)
    assert aside > 0


def _companions(everything: list[Outcome]) -> set[str]:
    """Names of files that go with a photo, and stand in its row or in rows of their own."""
    photos = [outcome.file for outcome in everything if isinstance(outcome.file, Photo)]
    return {companion.name for photo in photos for companion in photo.companions}


class Gallery(RuleBasedStateMachine):
    """A person at work over a folder that others change: scan, choose, export, and all again, in any order."""

    exports = 0

    @initialize(copies=st.lists(st.sampled_from("abcde"), min_size=2, max_size=7))
    def begin(self, copies: list[str]) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="unipic-gallery-"))
        self.source = self.root / "photos"
        self.source.mkdir()
        self.made = self.tried = 0
        for letter in copies:
            self.add(letter)
        self.scan("copies")

    def teardown(self) -> None:
        if hasattr(self, "root"):
            shutil.rmtree(self.root)

    @rule(letter=st.sampled_from("abcdef"))
    def add(self, letter: str) -> None:
        (self.source / f"{self.made}.jpg").write_bytes(letter.encode() * 50)
        self.made += 1

    @rule(which=st.integers(0, 20), how=st.sampled_from(("edit", "same size", "delete", "swap", "link")))
    def change(self, which: int, how: str) -> None:
        files = sorted(path for path in self.source.iterdir() if not path.is_symlink())
        if not files:
            return
        path = files[which % len(files)]
        if how == "edit":
            path.write_bytes(path.read_bytes() + b"!")
        elif how == "same size":
            facts = path.stat()
            path.write_bytes(b"x" * facts.st_size)
            os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        elif how == "delete":
            path.unlink()
        elif how == "swap":
            files[-1].rename(self.source / "swap")
            if path.exists():
                path.rename(files[-1])
            (self.source / "swap").rename(path)
        else:
            path.rename(self.root / f"elsewhere {path.name}")
            path.symlink_to(self.root / f"elsewhere {path.name}")

    @rule(lane=st.sampled_from(("copies", "shots")))
    def scan(self, lane: str) -> None:
        """Files of the same bytes as copies of the first, or as shots of one moment; links cannot be read."""
        self.looked: dict[str, str] = {}
        groups: dict[str, list[Photo]] = {}
        unreadable = []
        for path in sorted(self.source.iterdir()):
            if path.is_symlink():
                unreadable.append(Unreadable(path.name, path.name, str(path), "is a symbolic link", copyable=False))
                continue
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            self.looked[path.name] = digest
            one = photo(path.name, name=path.name, path=str(path), digest=digest, size=path.stat().st_size)
            groups.setdefault(digest, []).append(one)
        several = [photos for photos in groups.values() if len(photos) > 1]
        single = [photos[0] for photos in groups.values() if len(photos) == 1]
        if lane == "copies":
            sets = tuple(copies_of(first, *rest) for first, *rest in several)
            found = cleanup(singles=(*single, *(one[0] for one in several)), exact=sets, unreadable=tuple(unreadable))
        else:
            found = cleanup(tuple(cluster(*photos) for photos in several), tuple(single), unreadable=tuple(unreadable))
        self.proposal, self.choices = propose(found), dict[str, Choice]()
        self.found = {*self.looked, *(file.name for file in unreadable)}

    @rule(which=st.integers(0, 20), bits=st.integers(1, 63), done=st.booleans())
    def choose(self, which: int, bits: int, done: bool) -> None:
        """Any photos of a group; at least one, as the darkroom has it."""
        if self.proposal.groups:
            group = self.proposal.groups[which % len(self.proposal.groups)]
            ids = [one.id for i, one in enumerate(group.photos) if bits >> i & 1] or [group.photos[0].id]
            self.choices[group.id] = Choice(frozenset(ids), done)
            assert kept(group, self.choices)

    @rule()
    def accept(self) -> None:
        self.choices = dict(accept_all(self.proposal, self.choices))

    @rule(kind=st.sampled_from(("folder", "zip")))
    def export(self, kind: str) -> None:
        self.tried += 1
        target = self.root / f"{self.tried}{'.zip' * (kind == 'zip')}"
        before = state(self.source)
        destination = FolderDestination(target) if kind == "folder" else ZipDestination(target)
        export(destination, outcomes(self.proposal, self.choices))
        assert unaccounted(self.found, self.looked, target) == []
        assert differences(before, state(self.source)) == []
        Gallery.exports += 1

    @invariant()
    def every_file_has_one_fate(self) -> None:
        if hasattr(self, "proposal"):
            everything = outcomes(self.proposal, self.choices)
            assert sorted(outcome.file.name for outcome in everything) == sorted(self.found)
            stays = {outcome.file.id for outcome in everything if outcome.fate == "kept"}
            for outcome in everything:
                assert outcome.fate != "set aside" or {one.id for one in outcome.instead} & stays


def test_whatever_happens_between_scan_and_export() -> None:
    number = amount(pr=40, nightly=2000)
    Gallery.exports = 0
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_state_machine_as_test(
        Gallery, settings=settings(max_examples=number, stateful_step_count=12, suppress_health_check=quiet)
    )
    record("T3", "runs of a state machine", number, 0, f"{Gallery.exports} exports")
    assert Gallery.exports > number / 4  # 1.3 a run in the mean of 2,000
