"""What a person sees of a folder: its subfolders and how many files they have."""

import os
from pathlib import Path

import pytest

from unipic.core.errors import SourceError
from unipic.core.settings import data_folder
from unipic.sources import browse
from unipic.sources.browse import Counted, counted, subfolders


def fill(folder: Path, files: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        (folder / f"{number}.jpg").touch()
    return folder


def test_subfolders_by_name_with_the_files_of_all_below_them(tmp_path: Path) -> None:
    fill(tmp_path / "b" / "deep" / "deeper", 2)
    fill(tmp_path / "b", 1)
    fill(tmp_path / "A", 0)
    fill(tmp_path, 5)
    assert subfolders(tmp_path) == [Counted(tmp_path / "A", 0), Counted(tmp_path / "b", 3)]
    assert [one.empty for one in subfolders(tmp_path)] == [True, False]


def test_links_hidden_folders_and_unipic_s_own_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIPIC_DATA", str(fill(tmp_path / "data", 1)))
    assert data_folder() == tmp_path / "data"
    fill(tmp_path / ".hidden", 1)
    os.symlink(fill(tmp_path / "real", 1), tmp_path / "link")
    os.symlink(tmp_path, tmp_path / "real" / "loop")
    assert subfolders(tmp_path) == [Counted(tmp_path / "real", 1)]


def test_counting_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browse, "COUNTED", 3)
    assert counted(fill(tmp_path / "three", 3)) == Counted(tmp_path / "three", 3)
    assert counted(fill(tmp_path / "four", 4)) == Counted(tmp_path / "four", 3, more=True)


def test_a_folder_that_is_not_there_is_an_error_and_one_inside_counts_as_empty(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="may not be read"):
        subfolders(tmp_path / "nowhere")
    assert counted(tmp_path / "nowhere").empty
