"""What was decided, for good: by content, whole or not at all, from any number of processes at once."""

import errno
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from unipic.core.errors import DecisionsUnreadable
from unipic.core.settings import PROJECT
from unipic.library._decisions import FILE
from unipic.library.decisions import Catalogue, Ruling

KEPT = Ruling("kept", 2.0, (("aa", "bb", "bb"),), ("aa", "bb"), False, ("a.jpg", "\udcff.jpg", "c\n.jpg"))
APART = Ruling("apart", 1.0, (("bb",), ("cc",)))


def test_what_is_saved_is_found_by_any_photo_it_names(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path / "new")
    assert catalogue.all() == []
    catalogue.save([KEPT, APART])
    assert catalogue.about(["aa"]) == [KEPT]
    assert catalogue.about(["bb", "zz"]) == [APART, KEPT], "in the order they were made"
    assert catalogue.about(["zz"]) == []
    assert catalogue.about([]) == []
    assert Catalogue(tmp_path / "new").all() == [APART, KEPT]


def test_a_ruling_with_the_same_id_takes_the_place_of_the_other(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path)
    catalogue.save([KEPT])
    catalogue.save([replace(KEPT, parts=(("aa", "dd"),), kept=("dd",))])
    assert catalogue.about(["bb"]) == []
    assert [ruling.kept for ruling in catalogue.about(["dd"])] == [("dd",)]


def test_what_is_taken_back_is_gone(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path)
    catalogue.save([KEPT, APART])
    catalogue.remove(["kept", "unknown"])
    assert catalogue.about(["aa", "bb", "cc"]) == [APART]


def test_a_photo_is_first_seen_once(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path)
    first = catalogue.meet(["aa", "bb"])
    again = catalogue.meet(["bb", "cc"])
    assert again["bb"] == first["bb"]
    assert again["cc"] > first["bb"]


def test_thousands_of_photos_in_one_question(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path)
    digests = [f"{i:064x}" for i in range(2_500)]
    catalogue.save([Ruling("first", 1.0, ((digests[0], digests[1]),)), Ruling("last", 2.0, ((digests[-1], "x"),))])
    assert [ruling.id for ruling in catalogue.about(digests)] == ["first", "last"]
    assert set(catalogue.meet(digests)) == set(digests)


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from unipic.library.decisions import Catalogue\n"
        "from unipic.library.decisions import Ruling\n"
        "for i in range(20): Catalogue(Path(sys.argv[1])).save([Ruling(f'{sys.argv[2]}-{i}', float(i), (('aa',),))])"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    others = [subprocess.Popen([*command, name], cwd=PROJECT / "src") for name in ("one", "two")]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: Catalogue(tmp_path).save([Ruling(f"t-{i}", float(i), (("aa",),))]), range(40)))
    assert [process.wait(60) for process in others] == [0, 0]
    assert len(Catalogue(tmp_path).about(["aa"])) == 80


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_damaged_file_is_said_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(DecisionsUnreadable, match="Move the file away"):
        Catalogue(tmp_path).all()
    assert (tmp_path / FILE).read_bytes() == content


def test_a_file_of_a_newer_unipic_is_not_touched(tmp_path: Path) -> None:
    Catalogue(tmp_path).save([KEPT])
    with sqlite3.connect(tmp_path / FILE) as base:
        base.execute("PRAGMA user_version = 99")
    with pytest.raises(DecisionsUnreadable, match="newer Unipic"):
        Catalogue(tmp_path).save([APART])


def test_a_row_that_makes_no_sense_is_damage_too(tmp_path: Path) -> None:
    Catalogue(tmp_path).save([KEPT, APART])
    with sqlite3.connect(tmp_path / FILE) as base:
        base.execute("UPDATE ruling SET parts = '[[' WHERE id = 'kept'")
    with pytest.raises(DecisionsUnreadable):
        Catalogue(tmp_path).all()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DecisionsUnreadable):
        Catalogue(tmp_path / "file" / "data").meet(["aa"])


def test_what_fails_in_the_middle_leaves_all_as_it_was(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path)
    catalogue.save([KEPT])
    with pytest.raises(DecisionsUnreadable):
        catalogue.save([APART, replace(KEPT, kept=()), Ruling("odd", object(), (("aa",),))])  # type: ignore[arg-type]
    assert catalogue.all() == [KEPT]


def test_a_file_without_content_as_a_full_disk_leaves_it_holds_no_decisions(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    assert Catalogue(tmp_path).all() == []
    assert Catalogue(tmp_path).about(["aa"]) == []
    assert (tmp_path / FILE).stat().st_size == 0, "to ask writes nothing"
    Catalogue(tmp_path).save([KEPT])
    assert Catalogue(tmp_path).all() == [KEPT]


def failing(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("it failed")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (failing(sqlite3.SQLITE_FULL), "make room on the disk"),
        (OSError(errno.ENOSPC, "No space left on device"), "make room on the disk"),
        (failing(sqlite3.SQLITE_BUSY), "try again"),
        (failing(sqlite3.SQLITE_IOERR_READ), "try again"),
        (PermissionError(errno.EACCES, "Permission denied"), "try again"),
        (failing(sqlite3.SQLITE_CORRUPT), "Move the file away"),
        (sqlite3.OperationalError("no such table: ruling"), "Move the file away"),
    ],
    ids=str,
)
def test_a_sound_file_is_not_to_be_put_away(
    error: Exception, advice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(sqlite3, "connect", fail)
    with pytest.raises(DecisionsUnreadable, match=advice):
        Catalogue(tmp_path).save([KEPT])
