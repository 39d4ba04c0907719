import hashlib
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.helpers.galleries import photo
from tests.helpers.systems import needs_pipes

from unipic.core.photo import Photo, Unreadable
from unipic.destinations.base import export, plan_to_copy
from unipic.destinations.folder import FolderDestination
from unipic.destinations.preview import preview
from unipic.review.outcomes import Outcome


def on_disk(folder: Path, id: str, name: str, data: bytes) -> Photo:
    path = folder / id
    path.write_bytes(data)
    return photo(id, name=name, path=str(path), digest=hashlib.sha256(data).hexdigest(), size=len(data))


@pytest.fixture
def outcomes(tmp_path: Path) -> list[Outcome]:
    folder = tmp_path / "originals"
    folder.mkdir()
    keeper, twin = on_disk(folder, "1", "a.jpg", b"12345"), on_disk(folder, "2", "A.jpg", b"1234567890")
    (folder / "u").write_bytes(b"text")
    return [
        Outcome(keeper, "kept", "why"),
        Outcome(twin, "kept", "why"),
        Outcome(on_disk(folder, "3", "b.jpg", b"x" * 100), "set aside", "copy", (keeper,)),
        Outcome(Unreadable("u", "notes.txt", str(folder / "u"), "is no photo", 4), "unreadable", "is no photo"),
        Outcome(Unreadable("l", "link", "/nowhere", "is a link", copyable=False), "unreadable", "is a link"),
    ]


def test_says_what_will_happen(outcomes: list[Outcome]) -> None:
    found = preview(plan_to_copy(outcomes))
    assert (found.photos, found.unreadable, found.left, found.bytes) == (2, 1, 1, 19)
    assert (found.aside, found.aside_bytes) == (1, 100)
    assert found.renamed == (("A.jpg", "A (2).jpg"),)
    assert (found.gone, found.changed) == ((), ())


def test_what_it_says_is_what_a_destination_does(outcomes: list[Outcome], tmp_path: Path) -> None:
    found = preview(plan_to_copy(outcomes))
    written = export(FolderDestination(tmp_path / "out"), outcomes).written
    assert len(written) == found.photos + found.unreadable
    assert sum((tmp_path / "out" / entry.item.name).stat().st_size for entry in written) == found.bytes
    assert {(e.item.file.name, e.item.name) for e in written} >= set(found.renamed)


@needs_pipes
def test_originals_that_are_not_what_they_were_are_named(outcomes: list[Outcome]) -> None:
    os.remove(outcomes[0].file.path)
    Path(outcomes[1].file.path).write_bytes(b"longer than it was")
    os.remove(outcomes[3].file.path)
    os.mkfifo(outcomes[3].file.path)  # looked at, not opened
    found = preview(plan_to_copy(outcomes))
    assert (found.gone, found.changed) == (("a.jpg", "notes.txt"), ("A.jpg",))


def test_what_is_set_aside_needs_not_be_there(outcomes: list[Outcome]) -> None:
    os.remove(outcomes[2].file.path)
    assert preview(plan_to_copy(outcomes)).gone == ()


def test_missing_room(outcomes: list[Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = preview(plan_to_copy(outcomes))
    assert found.missing(tmp_path) == 0
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10))
    assert found.missing(tmp_path) == found.needed - 10 > 0


def test_nothing_at_all(tmp_path: Path) -> None:
    found = preview(plan_to_copy([]))
    assert (found.photos, found.aside, found.bytes, found.missing(tmp_path)) == (0, 0, 0, 0)
