import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from unipic.library.thumbnails import Thumbnails

DIGEST = "ab" * 32


def before_it_is_named(monkeypatch: pytest.MonkeyPatch, what: Callable[[], object]) -> None:
    """`what` happens once, between the bytes of a thumbnail and its name."""
    replace = os.replace

    def late(part: Path, path: Path) -> None:
        monkeypatch.undo()
        what()
        replace(part, path)

    monkeypatch.setattr(os, "replace", late)


def test_another_run_may_be_faster_with_the_same_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = Thumbnails(tmp_path), Thumbnails(tmp_path)
    before_it_is_named(monkeypatch, lambda: other.save(DIGEST, b"a picture"))
    one.save(DIGEST, b"a picture")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [one.path(DIGEST)]
    assert one.path(DIGEST).read_bytes() == b"a picture"


def test_a_folder_that_is_gone_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    thumbnails = Thumbnails(tmp_path / "thumbs")
    before_it_is_named(monkeypatch, lambda: shutil.rmtree(tmp_path / "thumbs"))
    with pytest.raises(FileNotFoundError):
        thumbnails.save(DIGEST, b"a picture")
