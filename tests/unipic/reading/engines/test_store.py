from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.helpers.galleries import photo

from unipic.core.errors import SettingsError, UnipicError
from unipic.core.photo import Found, Unreadable
from unipic.reading.engines._store import TOGETHER, Place, Store, row_of
from unipic.reading.seen import Seen

pytest.importorskip("pyarrow", reason="Ray's store needs pyarrow")

KEY = "reader 1, encoder 1"


def found(name: str, stamp: str = "1 1 1 1") -> Found:
    return Found(f"id of {name!r}", name, f"/photos/{name}", 1000, stamp)


def row(file: Found, **facts: Any) -> dict[str, Any]:
    taken = photo(file.id, name=file.name, path=file.path, place=(1.5, -2.5), **facts)
    vector = np.arange(4, dtype=np.float16) + len(file.name)
    return row_of(file, taken, vector.tobytes(), file.name.encode(errors="surrogateescape"), KEY)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = Store(str(tmp_path / "rows"), KEY)
    opened.ready()
    return opened


def known(store: Store, files: list[Found]) -> list[Seen | Unreadable]:
    places = store.find(files)
    assert len(places) == len(files)
    return store.read(files, [places[i] for i in range(len(files))])


def test_what_was_written_is_read_back(store: Store) -> None:
    files = [found(f"{n}.jpg") for n in range(3 * TOGETHER + 1)]
    store.write([row(file) for file in files[:20]])
    store.write([row(file) for file in files[20:]])
    mixed = [files[i] for i in np.random.default_rng(0).permutation(len(files))]
    for file, seen in zip(mixed, known(store, mixed), strict=True):
        assert isinstance(seen, Seen)
        assert seen.photo == photo(file.id, name=file.name, path=file.path, place=(1.5, -2.5))
        assert seen.vector.dtype == np.float16
        assert seen.vector.tolist() == [len(file.name) + i for i in range(4)]
        assert seen.thumbnail == file.name.encode()


@pytest.mark.parametrize("name", ["é", "\udcff.jpg", "\x1b[31m", "a\x00b", "", "🦊/..%2f#?"])
def test_any_name_comes_back_as_it_was(store: Store, name: str) -> None:
    store.write([row(found(name))])
    (seen,) = known(store, [found(name)])
    assert isinstance(seen, Seen)
    assert (seen.photo.name, seen.photo.path) == (name, f"/photos/{name}")


def test_a_file_that_was_touched_is_not_known(store: Store) -> None:
    file = found("a.jpg")
    store.write([row(file)])
    others = [
        found("a.jpg", stamp="2 2 2 2"),
        Found(file.id, file.name, file.path, 1001, file.stamp),
        Found(file.id, file.name, "/elsewhere/a.jpg", file.size, file.stamp),
    ]
    assert store.find([file, *others]).keys() == {0}


def test_a_file_written_just_now_is_never_known(store: Store) -> None:
    file = found("a.jpg", stamp="")
    store.write([row(file)])
    assert store.find([file]) == {}


def test_what_other_makers_saw_is_not_known(store: Store) -> None:
    store.write([row(found("a.jpg"))])
    assert Store(store.address, "reader 2, encoder 1").find([found("a.jpg")]) == {}


def test_a_row_answers_under_the_names_the_file_has_now(store: Store) -> None:
    file = found("a.jpg")
    store.write([row(file)])
    (seen,) = known(store, [Found("another id", "holiday/a.jpg", file.path, file.size, file.stamp)])
    assert isinstance(seen, Seen)
    assert (seen.photo.id, seen.photo.name, seen.photo.path) == ("another id", "holiday/a.jpg", file.path)


def test_what_could_not_be_read_is_told_once(store: Store) -> None:
    file = found("a.jpg")
    lost = Unreadable(file.id, file.name, file.path, "may not be read: permission denied", 0, copyable=False)
    places = store.write([row_of(file, lost, None, None, KEY)])
    assert store.read([file], places) == [lost]
    assert store.find([file]) == {}


def test_writing_again_doubles_nothing(store: Store, tmp_path: Path) -> None:
    rows = [row(found("a.jpg")), row(found("b.jpg"))]
    assert store.write(rows) == store.write(rows)
    assert len([path for path in (tmp_path / "rows").rglob("*") if path.is_file()]) == 1


def test_what_is_no_row_of_ours_is_passed_over(store: Store, tmp_path: Path) -> None:
    (place,) = store.write([row(found("a.jpg"))])
    (whole,) = (tmp_path / "rows").rglob("*.parquet")
    whole.with_name("half.parquet").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    whole.with_name("empty.parquet").write_bytes(b"")
    whole.with_name("dead.part").write_bytes(whole.read_bytes())
    assert store.find([found("a.jpg")]) == {0: place}


def test_a_store_that_cannot_be_written_is_said_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SettingsError, match=r"cannot be written to.*--ray-store"):
        Store(str(tmp_path / "file" / "rows"), KEY).ready()


def test_an_address_nobody_knows_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be Ray's store"):
        Store("carrier-pigeon://loft", KEY).ready()


def test_rows_that_are_not_here_name_the_folder_to_share(store: Store) -> None:
    with pytest.raises(UnipicError, match="every node shares"):
        store.read([found("a.jpg")], [Place("elsewhere.parquet", 0)])
