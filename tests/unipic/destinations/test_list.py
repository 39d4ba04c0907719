"""The list copies nothing, so it is no part of the suite over ZIP and folder. What it owes like them is asked here."""

import csv
import errno
import io
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.galleries import NASTY, photo

from unipic.core import files
from unipic.core.errors import AlreadyThere, DestinationError, DiskFull, SettingsError
from unipic.core.files import PART
from unipic.core.photo import Unreadable
from unipic.core.progress import Step
from unipic.destinations.base import Result, export
from unipic.destinations.list import COLUMNS, ListDestination
from unipic.review.outcomes import Outcome

KEEPER = photo("a", name="DCIM/a.jpg", taken=datetime(2024, 5, 1, 12, 30, tzinfo=UTC))
SECOND = photo("c", name="c.jpg")
OUTCOMES = (
    Outcome(KEEPER, "kept", "chosen among similar shots", by="you"),
    Outcome(photo("b", format="HEIF", size=7), "set aside", "not chosen", (KEEPER, SECOND)),
    Outcome(SECOND, "kept", "like no other photo"),
    Outcome(Unreadable("u", "notes.txt", "/nowhere/u", "is damaged", 5), "unreadable", "is damaged"),
)

both = pytest.mark.parametrize("suffix", [".csv", ".json", ".CSV"])


def written(path: Path, outcomes: Sequence[Outcome] = OUTCOMES, **options: Any) -> list[dict[str, Any]]:
    assert export(ListDestination(path, **options), outcomes) == Result()
    if path.suffix.lower() == ".json":
        return json.loads(path.read_bytes())["files"]
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""), strict=True))


def test_json_has_every_file_once_with_all_that_is_known(tmp_path: Path) -> None:
    rows = written(tmp_path / "list.json")
    assert all(tuple(row) == COLUMNS for row in rows)
    assert rows[0] == {
        "name": "DCIM/a.jpg",
        "path": "/nowhere/a",
        "fate": "kept",
        "decided_by": "you",
        "reason": "chosen among similar shots",
        "instead": [],
        "size": 1000,
        "sha256": KEEPER.digest,
        "format": "JPEG",
        "width": 400,
        "height": 300,
        "taken": "2024-05-01T12:30:00+00:00",
    }
    assert (rows[1]["fate"], rows[1]["instead"], rows[1]["taken"]) == ("set aside", ["DCIM/a.jpg", "c.jpg"], None)
    assert (rows[3]["reason"], rows[3]["size"], rows[3]["sha256"]) == ("is damaged", 5, None)
    assert json.loads((tmp_path / "list.json").read_bytes())["made_by"] == "Unipic"


def test_csv_has_the_same_in_cells(tmp_path: Path) -> None:
    rows = written(tmp_path / "list.csv")
    assert [row["name"] for row in rows] == ["DCIM/a.jpg", "b.jpg", "c.jpg", "notes.txt"]
    assert tuple(rows[0]) == COLUMNS
    assert rows[1]["instead"] == "DCIM/a.jpg; c.jpg"
    assert (rows[0]["size"], rows[0]["width"], rows[3]["width"], rows[3]["sha256"]) == ("1000", "400", "", "")


def test_csv_is_what_spreadsheets_and_rfc_4180_expect(tmp_path: Path) -> None:
    written(tmp_path / "list.csv", [Outcome(photo("a", name='São "x", 日本\nb.jpg'), "kept", "why")])
    data = (tmp_path / "list.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbfname,path,")
    assert data.endswith(b"\r\n")
    assert '\r\n"São ""x"", 日本\nb.jpg",/nowhere/a,kept,'.encode() in data


@pytest.mark.parametrize(
    "name", ["=1+1.jpg", "+1.jpg", "-1.jpg", "@SUM(A1).jpg", "\t=1.jpg", "\r=1.jpg", "\n=1.jpg", '=cmd|" /C calc"!A0']
)
def test_no_cell_is_a_formula(name: str, tmp_path: Path) -> None:
    evil = photo("e", name=name, path=name, format=name)
    rows = written(tmp_path / "list.csv", [Outcome(evil, "kept", name), Outcome(KEEPER, "set aside", "", (evil,))])
    for column in ("name", "path", "reason", "format"):
        assert rows[0][column] == "'" + name
    assert rows[1]["instead"] == "'" + name
    assert written(tmp_path / "list.json", [Outcome(evil, "kept", name)])[0]["name"] == name


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        (" =1.jpg", "' =1.jpg"),
        ("\u00a0\u200b=1.jpg", "'\u00a0\u200b=1.jpg"),
        ('"=1.jpg', "'\"=1.jpg"),
        ("\u201c+1.jpg", "'\u201c+1.jpg"),
        ("\uff1d1.jpg", "'\uff1d1.jpg"),
        ("\uff0b1.jpg", "'\uff0b1.jpg"),
        ("\u22121.jpg", "'\u22121.jpg"),
        ("\uff20SUM.jpg", "'\uff20SUM.jpg"),
        ("a;=1.jpg", "a;'=1.jpg"),
        ("a; =1.jpg", "a;' =1.jpg"),
        (";=1.jpg", ";'=1.jpg"),
        ('a,"=1.jpg', "a,'\"=1.jpg"),
        ("a\t=1.jpg", "a\t'=1.jpg"),
        ("a|@1.jpg", "a|'@1.jpg"),
        ("a\n-1.jpg", "a\n'-1.jpg"),
        ("a;=1;+2.jpg", "a;'=1;'+2.jpg"),
        ("a-b+c=d, e.jpg", "a-b+c=d, e.jpg"),
        ("rain; sun.jpg", "rain; sun.jpg"),
    ],
)
def test_no_part_of_a_cell_is_a_formula_in_another_locale(name: str, cell: str, tmp_path: Path) -> None:
    assert written(tmp_path / "list.csv", [Outcome(photo("e", name=name), "kept", "why")])[0]["name"] == cell


@both
def test_any_name_can_be_listed(suffix: str, tmp_path: Path) -> None:
    everything = [
        Outcome(photo(str(i), name=name), "kept", "why") for i, name in enumerate((*NASTY, "a\x00b", "x" * 5000))
    ]
    rows = written(tmp_path / f"list{suffix}", everything)
    assert len(rows) == len(everything)
    if suffix == ".json":
        assert [row["name"] for row in rows] == [outcome.file.name for outcome in everything]


@both
def test_paths_of_ours_are_nobodys(suffix: str, tmp_path: Path) -> None:
    rows = written(tmp_path / f"list{suffix}", paths=False)
    assert [row["path"] for row in rows] == [""] * 4
    assert b"nowhere" not in (tmp_path / f"list{suffix}").read_bytes()


@both
def test_the_same_again_is_the_same_list(suffix: str, tmp_path: Path) -> None:
    one, two = tmp_path / f"1{suffix}", tmp_path / f"2{suffix}"
    written(one)
    written(two)
    assert one.read_bytes() == two.read_bytes()


@both
def test_nothing_at_all_is_a_list_too(suffix: str, tmp_path: Path) -> None:
    assert written(tmp_path / f"list{suffix}", []) == []


@both
def test_what_is_there_is_not_overwritten(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"list{suffix}"
    path.write_bytes(b"precious")
    for attempt in (ListDestination(path).ready, lambda: export(ListDestination(path), OUTCOMES)):
        with pytest.raises(AlreadyThere, match="nothing was overwritten"):
            attempt()
    assert path.read_bytes() == b"precious"
    assert len(written(path, replace=True)) == 4


@pytest.mark.parametrize("name", ["list.txt", "list", "csv", "list.csv.exe"])
def test_another_kind_of_list_is_refused_at_once(name: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"must end in \.csv .* or \.json"):
        ListDestination(tmp_path / name)


def test_a_place_that_cannot_be_is_refused_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(DestinationError, match="is not a folder; create it first"):
        ListDestination(tmp_path / "missing" / "list.csv").ready()


@both
def test_a_disk_that_fills_up_leaves_nothing(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(DiskFull, match="The unfinished list was removed"):
        export(ListDestination(tmp_path / f"list{suffix}"), OUTCOMES)
    assert os.listdir(tmp_path) == []


@both
def test_stopped_in_the_middle_nothing_is_left(suffix: str, tmp_path: Path) -> None:
    def stopped() -> Any:
        yield OUTCOMES[0]
        raise KeyboardInterrupt

    class Endless(list[Outcome]):
        __iter__ = lambda self: stopped()  # type: ignore[assignment]  # noqa: E731

    with pytest.raises(KeyboardInterrupt):
        export(ListDestination(tmp_path / f"list{suffix}"), Endless(OUTCOMES))
    assert os.listdir(tmp_path) == []


def test_what_a_killed_writer_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / f"list.csv.01234567{PART}").write_bytes(b"half")
    (tmp_path / f"other.csv.01234567{PART}").write_bytes(b"half")
    steps: list[Step] = []
    export(ListDestination(tmp_path / "list.csv"), OUTCOMES, steps.append)
    assert sorted(os.listdir(tmp_path)) == ["list.csv", f"other.csv.01234567{PART}"]
    assert [(step.done, step.total) for step in steps] == [(0, 4), (4, 4)]
