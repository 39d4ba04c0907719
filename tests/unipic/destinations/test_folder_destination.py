import os
from pathlib import Path

import pytest
from tests.helpers.galleries import cleanup, photo
from tests.helpers.systems import ROOT

from unipic.core.errors import AlreadyThere, DestinationError
from unipic.core.files import PART, hash_file
from unipic.core.photo import Photo
from unipic.destinations.base import MANIFEST, export
from unipic.destinations.folder import FolderDestination
from unipic.review.outcomes import Outcome, outcomes
from unipic.review.proposal import propose


def on_disk(path: Path, data: bytes) -> Photo:
    path.write_bytes(data)
    return photo(path.name, name=path.name, path=str(path), digest=hash_file(path), size=len(data))


def kept(*photos: Photo) -> list[Outcome]:
    return outcomes(propose(cleanup(singles=photos)))


def test_the_time_of_a_file_is_kept(tmp_path: Path) -> None:
    one = on_disk(tmp_path / "a.jpg", b"abc")
    os.utime(one.path, ns=(1, 1_700_000_000_123_456_789))
    export(FolderDestination(tmp_path / "out"), kept(one))
    assert (tmp_path / "out" / "a.jpg").stat().st_mtime_ns == 1_700_000_000_123_456_789


def test_a_folder_with_other_things_in_it_keeps_them(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_bytes(b"mine")
    export(FolderDestination(tmp_path / "out"), kept(on_disk(tmp_path / "a.jpg", b"abc")))
    assert sorted(os.listdir(tmp_path / "out")) == ["a.jpg", "mine.txt", MANIFEST]


@pytest.mark.parametrize("what", ["other content", "a link to the same content", "a dangling link", "a folder"])
def test_a_name_that_is_taken_is_left_and_said_before_anything_is_copied(what: str, tmp_path: Path) -> None:
    one, two = on_disk(tmp_path / "a.jpg", b"abc"), on_disk(tmp_path / "b.jpg", b"b")
    out = tmp_path / "out"
    out.mkdir()
    target = out / "b.jpg"
    if what == "other content":
        target.write_bytes(b"precious")
    elif what == "a folder":
        target.mkdir()
    else:
        target.symlink_to(two.path if "same" in what else tmp_path / "nowhere")
    before = target.lstat()
    with pytest.raises(AlreadyThere, match="nothing was overwritten"):
        export(FolderDestination(out), kept(one, two))
    assert os.listdir(out) == ["b.jpg"]
    assert target.lstat() == before
    assert not (tmp_path / "nowhere").exists()


def test_a_second_run_finishes_even_when_an_original_changed_before_the_first(tmp_path: Path) -> None:
    one, two = on_disk(tmp_path / "a.jpg", b"abc"), on_disk(tmp_path / "b.jpg", b"b")
    Path(one.path).write_bytes(b"edited")
    out = tmp_path / "out"
    export(FolderDestination(out), kept(one, two))
    (out / MANIFEST).unlink()
    (out / "b.jpg").unlink()
    written = export(FolderDestination(out), kept(one, two)).written
    assert [entry.problem for entry in written] == ["changed since the scan; exported as it is now", ""]
    assert (out / "a.jpg").read_bytes() == b"edited"


def test_parts_of_a_run_that_was_killed_are_removed(tmp_path: Path) -> None:
    (tmp_path / "out" / "sub").mkdir(parents=True)
    for name in (f"a.jpg.01234567{PART}", f"sub/b.jpg.89abcdef{PART}"):
        (tmp_path / "out" / name).write_bytes(b"half")
    export(FolderDestination(tmp_path / "out"), kept(on_disk(tmp_path / "a.jpg", b"abc")))
    assert sorted(os.listdir(tmp_path / "out")) == ["a.jpg", "sub", MANIFEST]
    assert os.listdir(tmp_path / "out" / "sub") == []


@pytest.mark.skipif(ROOT, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir(mode=0o500)
    with pytest.raises(DestinationError, match="Permission denied"):
        export(FolderDestination(tmp_path / "out"), kept(on_disk(tmp_path / "a.jpg", b"abc")))
