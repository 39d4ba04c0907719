import os
import zipfile
from pathlib import Path

import pytest
from tests.helpers.galleries import cleanup, photo

from unipic.core.files import hash_file
from unipic.core.photo import Photo, Unreadable
from unipic.destinations import zip as zips
from unipic.destinations.base import MANIFEST, export
from unipic.destinations.zip import ZipDestination
from unipic.review.outcomes import outcomes
from unipic.review.proposal import propose


def on_disk(path: Path, data: bytes, format: str = "JPEG") -> Photo:
    path.write_bytes(data)
    return photo(path.name, name=path.name, path=str(path), digest=hash_file(path), size=len(data), format=format)


def zipped(target: Path, *photos: Photo, unreadable: tuple[Unreadable, ...] = (), replace: bool = False) -> Path:
    export(ZipDestination(target, replace), outcomes(propose(cleanup(singles=photos, unreadable=unreadable))))
    return target


def test_only_what_gets_smaller_is_packed(tmp_path: Path) -> None:
    photos = [on_disk(tmp_path / f"a.{form.lower()}", b"x" * 10_000, form) for form in ("JPEG", "HEIF", "BMP", "TIFF")]
    notes = tmp_path / "notes.txt"
    notes.write_bytes(b"x" * 10_000)
    broken = Unreadable("u", "notes.txt", str(notes), "is not in any photo format", 10_000)
    with zipfile.ZipFile(zipped(tmp_path / "out.zip", *photos, unreadable=(broken,))) as archive:
        packed = {info.filename: info.compress_type == zipfile.ZIP_DEFLATED for info in archive.infolist()}
    assert packed == {
        "a.jpeg": False,
        "a.heif": False,
        "a.bmp": True,
        "a.tiff": True,
        "notes.txt": True,
        MANIFEST: True,
    }


def test_the_manifest_comes_last(tmp_path: Path) -> None:
    with zipfile.ZipFile(zipped(tmp_path / "out.zip", on_disk(tmp_path / "z.jpg", b"z"))) as archive:
        assert archive.namelist() == ["z.jpg", MANIFEST]


def test_entries_that_are_too_large_for_the_old_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "BIG", 1)
    with zipfile.ZipFile(zipped(tmp_path / "out.zip", on_disk(tmp_path / "a.jpg", b"abc"))) as archive:
        assert archive.getinfo("a.jpg").extract_version >= zipfile.ZIP64_VERSION
        assert archive.read("a.jpg") == b"abc"


@pytest.mark.parametrize(
    ("moment", "year"), [(1_700_000_000, 2023), (0, 1980), (-1_000_000_000, 1980), (2**33 * 4, 2107), (2**62, 1980)]
)
def test_a_clock_that_was_set_wrong_stops_nothing(moment: int, year: int) -> None:
    zip_time = zips._zip_time(moment)
    assert zip_time[0] == year
    zipfile.ZipInfo("a", zip_time)


def test_the_time_of_a_file_is_kept(tmp_path: Path) -> None:
    one = on_disk(tmp_path / "a.jpg", b"abc")
    os.utime(one.path, (1_700_000_000, 1_700_000_000))
    with zipfile.ZipFile(zipped(tmp_path / "out.zip", one)) as archive:
        assert archive.getinfo("a.jpg").date_time[:2] == (2023, 11)


def test_a_result_may_be_made_anew_where_that_is_asked_for(tmp_path: Path) -> None:
    target = zipped(tmp_path / "out.zip", on_disk(tmp_path / "a.jpg", b"a"))
    with zipfile.ZipFile(zipped(target, on_disk(tmp_path / "b.jpg", b"b"), replace=True)) as archive:
        assert archive.namelist() == ["b.jpg", MANIFEST]


def test_names_beyond_ascii_and_folders(tmp_path: Path) -> None:
    one = on_disk(tmp_path / "a.jpg", b"a")
    photos = [photo(name, name=name, path=one.path, digest=one.digest, size=1) for name in ("São/é.jpg", "日本/猫.jpg")]
    with zipfile.ZipFile(zipped(tmp_path / "out.zip", *photos)) as archive:
        assert archive.namelist()[:2] == ["São/é.jpg", "日本/猫.jpg"]
