"""The law of the ledger: over any gallery, any decisions and every way out, found = kept + left out, and it is said who
decided. What no person looked at leaves only if it is identical to what stays, or verified and contained in it."""

import csv
import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from tests.helpers.galleries import compare_pair, films_in, galleries, rules_over, second_look, tools, without_pictures
from tests.safety.harness.amounts import amount

from unipic.core.embeddings import Embeddings
from unipic.core.photo import Gallery, Photo, Unreadable
from unipic.core.settings import Settings, Thresholds
from unipic.destinations.aside import AsideDestination
from unipic.destinations.base import MANIFEST, export
from unipic.destinations.folder import FolderDestination
from unipic.destinations.list import ListDestination
from unipic.destinations.zip import ZipDestination
from unipic.review.choices import Choice, Choices
from unipic.review.ledger import Ledger, ledger, ledger_to_dict, lines, report, result_to_dict
from unipic.review.outcomes import LEAVES, Outcome, Unseen, outcomes
from unipic.review.proposal import Proposal, propose
from utils import arrange, weigh

pytestmark = pytest.mark.slow

SURE = 50.0  # sameness from which the sketches take two for one picture
UNSEEN: tuple[Unseen, ...] = ("nothing", "identical", "verified")
Given = tuple[Gallery, Embeddings]


@pytest.fixture(autouse=True, scope="module")
def no_pictures() -> Iterator[None]:
    with without_pictures():
        yield


@st.composite
def choices_over(draw: st.DrawFn, proposal: Proposal) -> Choices:
    """Some groups are decided, some only ticked, and most left as they are."""
    found = {}
    for group in proposal.groups:
        if draw(st.booleans()):
            ticked = draw(st.frozensets(st.sampled_from(sorted(group.ids))))
            stays = ticked if group.clutter else ticked or group.suggested
            found[group.id] = Choice(stays, draw(st.booleans()))
    return found


def proposed(given: Given, thresholds: Thresholds, data: st.DataObject) -> Proposal:
    cleanup = arrange(weigh(*given, tools(), Settings.of(workers=1), films=films_in(given[0])), thresholds)
    return propose(cleanup, data.draw(rules_over(given[0])))


def there(photo: Photo, stay: tuple[Photo, ...]) -> bool:
    """The bytes or the pixels stay, in a photo or in a file that belongs to one."""
    digests = {file.digest for one in stay for file in one.files}
    return photo.digest in digests or any(photo.content == one.content != "" for one in stay)


def verified(photo: Photo, stay: tuple[Photo, ...], gallery: Gallery) -> bool:
    """By the second look, directly or both with one third; files of the same pixels stand for each other."""

    def same(a: Photo, b: Photo) -> bool:
        return compare_pair(a, b).sameness >= SURE and second_look(a, b).verdict == "same"

    def twins(one: Photo) -> list[Photo]:
        return [other for other in gallery.photos if there(other, (replace(one, companions=()),))]

    ours, theirs = twins(photo), [twin for one in stay for twin in twins(one)]
    return any(
        same(a, b) or any(same(a, third) and same(b, third) for third in gallery.photos) for a in ours for b in theirs
    )


def contained(photo: Photo, stay: tuple[Photo, ...]) -> bool:
    held = {(extra.kind, line) for one in stay for extra in one.holds + one.told for line in extra.value.split("\n")}
    mine = {(extra.kind, line) for extra in photo.holds + photo.told for line in extra.value.split("\n")}
    return photo.digest in {file.digest for one in stay for file in one.files} or mine <= held


def adds_up(found: Ledger) -> None:
    assert found.found.photos == found.kept.photos + found.left_out.photos
    assert found.found.bytes == found.kept.bytes + found.left_out.bytes
    assert found.left_out.photos == sum(one.photos for one in found.by.values())
    assert found.left_out.bytes == sum(one.bytes for one in found.by.values())


@given(galleries(), st.sampled_from((10.0, 50.0, 80.0)), st.data())
@settings(max_examples=amount(pr=50, nightly=1000), deadline=None)
def test_what_nobody_looked_at_leaves_only_identical_or_verified(given: Given, near: float, data: Any) -> None:
    """Whatever the threshold of copies: below that of the second look, nothing more goes unseen."""
    proposal = proposed(given, Thresholds(near=near), data)
    choices = data.draw(choices_over(proposal))
    before: set[str] = set()
    for unseen in UNSEEN:
        everything = outcomes(proposal, choices, unseen)
        adds_up(ledger(everything))
        rows = lines(proposal, choices, everything)
        assert sum(row.found for row in rows) == len(given[0].photos)
        assert sum(sum(row.left_out.values()) for row in rows) == ledger(everything).left_out.photos
        told = report(proposal, choices, everything)
        assert (told.before, told.after) == (ledger(everything).found.photos, ledger(everything).kept.photos)
        gone = [outcome for outcome in everything if outcome.fate == "set aside"]
        for outcome in gone:
            assert outcome.by
            photo = outcome.file
            if not outcome.instead:
                alone = next(group for group in proposal.clutter if photo.id in group.ids)
                assert outcome.by == "you", "what has no twin that stays goes by a person's decision about it"
                assert choices[alone.id] == Choice(frozenset(), done=True)
            if outcome.by != "you" and isinstance(photo, Photo):
                assert outcome.by in LEAVES[unseen]
                assert contained(photo, outcome.instead)
                if outcome.by == "identical":
                    assert there(photo, outcome.instead)
                else:
                    assert verified(photo, outcome.instead, given[0])
        ids = {outcome.file.id for outcome in gone}
        assert before <= ids, "who allows more keeps less"
        before = ids


def on_disk(gallery: Gallery, folder: Path) -> Gallery:
    """The same gallery with a file for each photo and companion; equal digests are equal bytes."""

    def stored(file: Any) -> Any:
        content = f"file {file.digest}".encode()
        path = folder / "originals" / file.id
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return replace(file, digest=hashlib.sha256(content).hexdigest(), size=len(content), path=str(path))

    photos = [replace(stored(p), companions=tuple(map(stored, p.companions))) for p in gallery.photos]
    broken = [replace(one, copyable=False) for one in gallery.unreadable]
    return Gallery(tuple(photos), tuple(broken))


@given(galleries(most=12), st.sampled_from(UNSEEN), st.data())
@settings(max_examples=amount(pr=25, nightly=300), deadline=None)
def test_every_way_out_tells_the_same_figures(given: Given, unseen: Unseen, data: Any) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        gallery = on_disk(given[0], folder)
        proposal = proposed((gallery, given[1].of(gallery.photos)), Thresholds(), data)
        choices = data.draw(choices_over(proposal))
        everything = outcomes(proposal, choices, unseen)
        on_screen = ledger_to_dict(ledger(everything))
        assert result_to_dict(proposal, choices, everything)["ledger"] == on_screen
        export(ZipDestination(folder / "out.zip"), everything)
        export(FolderDestination(folder / "out"), everything)
        with zipfile.ZipFile(folder / "out.zip") as archive:
            zipped = json.loads(archive.read(MANIFEST))
        copied = json.loads((folder / "out" / MANIFEST).read_bytes())
        for made in (zipped, copied):
            assert made["ledger"] == on_screen
            told(made["kept"], made["set_aside"], everything)
        listed_alike(folder, everything)
        moved = AsideDestination([folder / "originals"]).plan(everything)
        going = {item.outcome.file.id for item in moved.items}
        assert going <= {outcome.file.id for outcome in everything if outcome.fate == "set aside"}
        assert len(going) + len(moved.problems) == on_screen["left_out"]["photos"], "moved, or named with the reason"


def told(kept: list[dict[str, Any]], aside: list[dict[str, Any]], everything: list[Outcome]) -> None:
    """A line for each file, and who decided in each line of what is left out."""
    files = {
        fate: sum(len(o.file.files) for o in everything if o.fate == fate and isinstance(o.file, Photo))
        for fate in ("kept", "set aside")
    }
    assert (len(kept), len(aside)) == (files["kept"], files["set aside"])
    assert all(line["decided_by"] for line in aside)


def listed_alike(folder: Path, everything: list[Outcome]) -> None:
    for suffix in (".csv", ".json"):
        export(ListDestination(folder / f"list{suffix}"), everything)
    with open(folder / "list.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    found = json.loads((folder / "list.json").read_bytes())["files"]
    assert [row["fate"] for row in rows] == [row["fate"] for row in found]
    assert all(bool(row["decided_by"]) for row in rows if row["fate"] == "set aside")
    unread = [outcome for outcome in everything if isinstance(outcome.file, Unreadable)]
    assert sum(row["fate"] == "unreadable" for row in rows) == len(unread)
