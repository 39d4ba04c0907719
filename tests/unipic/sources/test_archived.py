"""Exports as they were downloaded: dated, placed and marked as their sidecars say; hostile archives in words."""

import io
import os
import random
import tarfile
import zipfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from tests.helpers import takeouts
from tests.helpers.takeouts import (
    ROOT,
    STAMP,
    Truth,
    icloud,
    picture,
    sidecar,
    takeout,
    write_parts,
    write_tgz,
    write_zip,
)
from tests.safety.harness.amounts import amount

from unipic.core import archives
from unipic.core.files import open_to_read
from unipic.core.photo import Found, Gallery, Marked, Photo, Unreadable
from unipic.core.settings import Limits
from unipic.library.companions import together
from unipic.reading.engines.inline import InlineEngine
from unipic.reading.read import read
from unipic.reading.seen import Picture
from unipic.sources.folder import FolderSource
from unipic.sources.upload import UploadSource


@dataclass(frozen=True)
class Upload:
    id: str
    name: str
    size: int


def gallery_of(*roots: Path) -> Gallery:
    files = list(FolderSource(roots).files())
    found = list(read(files, InlineEngine(), Limits()))
    photos = tuple(picture.photo for picture in found if isinstance(picture, Picture))
    gallery = Gallery(photos, tuple(file for file in found if not isinstance(file, Picture)))
    return together(gallery, InlineEngine(), files=files)


def said_of(photo: Photo) -> Truth:
    assert photo.taken is not None
    assert photo.marked is not None
    marked = photo.marked
    place = photo.place
    taken = photo.taken.replace(tzinfo=None)
    return Truth(taken, place, marked.favourite, marked.tags, marked.note, frozenset(marked.albums))


@pytest.mark.parametrize("ending", ["zip", "tgz"])
def test_every_photo_is_dated_placed_and_marked_as_its_sidecar_says(tmp_path: Path, ending: str) -> None:
    made = takeout(60)
    parts = write_parts(tmp_path, made.files, ending=ending)
    gallery = gallery_of(*parts)
    by_name = {file.name: photo for photo in gallery.photos for file in photo.files}
    wrong = {
        name: (said_of(by_name[name]), true) for name, true in made.truth.items() if said_of(by_name[name]) != true
    }
    assert not wrong
    assert not [file for file in gallery.unreadable if not file.name.endswith("metadata.json")]


def test_the_camera_s_own_words_come_before_the_sidecar_s(tmp_path: Path) -> None:
    """A clock at the camera wins over UTC, a place of the file over Google's; what is missing is taken over."""
    rng, when = random.Random(1), datetime(2013, 3, 4, 5, 6, 7)
    berlin = (52.52, 13.405)
    files = {
        f"{ROOT}/a/both.jpg": picture(rng, when, placed=True),
        f"{ROOT}/a/both.jpg.json": sidecar("both.jpg", 1_400_000_000, berlin),
        f"{ROOT}/a/timed.jpg": picture(rng, when),
        f"{ROOT}/a/timed.jpg.json": sidecar("timed.jpg", 1_400_000_000, berlin),
        f"{ROOT}/a/placed.jpg": picture(rng, placed=True),
        f"{ROOT}/a/placed.jpg.json": sidecar("placed.jpg", 1_400_000_000),
        f"{ROOT}/a/neither.jpg": picture(rng),
        f"{ROOT}/a/neither.jpg.json": sidecar("neither.jpg", 1_400_000_000),
    }
    gallery = gallery_of(write_zip(tmp_path / "one.zip", files))
    by_name = {photo.name.rpartition("/")[2]: photo for photo in gallery.photos}
    lisbon = pytest.approx((38.7, -9.1333), abs=0.001)
    assert (by_name["both.jpg"].taken, by_name["both.jpg"].place) == (when, lisbon)
    assert (by_name["timed.jpg"].taken, by_name["timed.jpg"].place) == (when, berlin)
    assert str(by_name["placed.jpg"].taken) == "2014-05-13 17:53:20+01:00", "Lisbon's time"
    assert str(by_name["neither.jpg"].taken) == "2014-05-13 16:53:20+00:00"
    assert not by_name["neither.jpg"].taken_by_camera, "UTC is said to be UTC"


def test_films_and_edits_find_their_photos_in_other_parts(tmp_path: Path) -> None:
    rng = random.Random(2)
    photo, words = f"{ROOT}/a/IMG_1.jpg", sidecar("IMG_1.jpg", 1_400_000_000)
    parts = [
        {photo: picture(rng), f"{ROOT}/a/PXL_2.MP.jpg": picture(rng)},
        {f"{ROOT}/a/IMG_1.MP4": takeouts.film(2.0), f"{ROOT}/a/PXL_2.MP": takeouts.film(2.0)},
        {f"{ROOT}/a/IMG_1-bearbeitet.jpg": picture(rng), f"{photo}.supplemental-metadata.json": words},
    ]
    paths = [write_zip(tmp_path / f"{STAMP}-{number:03}.zip", files) for number, files in enumerate(parts, 1)]
    gallery = gallery_of(*paths)
    joined = {
        photo.name.rpartition("/")[2]: {one.name.rpartition("/")[2] for one in photo.companions}
        for photo in gallery.photos
    }
    whole = {"IMG_1.jpg", "IMG_1.MP4", "IMG_1.jpg.supplemental-metadata.json"}
    assert joined == {"IMG_1-bearbeitet.jpg": whole, "PXL_2.MP.jpg": {"PXL_2.MP"}}
    assert not gallery.unreadable


def test_icloud_s_lists_date_and_mark_photos(tmp_path: Path) -> None:
    gallery = gallery_of(*icloud(tmp_path))
    by_name = {photo.name: photo for photo in gallery.photos}
    one, two, again, three = (
        by_name[f"iCloud Photos/Photos/IMG_{name}.JPG"] for name in ("0001", "0002", "0002 [2]", "0003")
    )
    assert [str(photo.taken) for photo in (one, two, again, three)] == [
        "2022-06-04 12:11:00+00:00",
        "2022-06-05 09:00:00+00:00",
        "2019-03-11 20:34:00+00:00",
        "2019-03-12 00:00:00+00:00",
    ]
    assert one.marked == Marked(favourite=True, albums=("Holiday",))
    assert two.marked == Marked(tags=("iCloud: hidden",))
    assert three.marked == Marked(tags=("iCloud: deleted",), albums=("Holiday",))
    assert [file.name for file in one.companions] == ["iCloud Photos/Photos/IMG_0001.MOV"], "of the other part"
    assert {file.reason for file in gallery.unreadable} == {
        "is an export's list of photos or albums; what it says was taken over"
    }


def hostile_zip(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("good.jpg", "../../etc/cron.d/out.jpg", "/etc/passwd.jpg", "C:\\Windows\\evil.jpg", "in.zip"):
            archive.writestr(zipfile.ZipInfo(name), b"words of " + name.encode())
        archive.writestr(zipfile.ZipInfo("good.jpg"), b"other words, same name")
        link = zipfile.ZipInfo("link.jpg")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr(zipfile.ZipInfo("bomb.jpg"), bytes(101_000_000), zipfile.ZIP_DEFLATED)
        archive.writestr(zipfile.ZipInfo("odd.jpg"), b"packed", zipfile.ZIP_LZMA)
        archive.writestr(zipfile.ZipInfo("locked.jpg"), b"secret")
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\1\2")
    data[at + 8] |= 1  # the last file's flag of encryption
    path.write_bytes(data)
    return path


def hostile_tgz(path: Path) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name in ("good.jpg", "../out.jpg", "good.jpg"):
            info = tarfile.TarInfo(name)
            info.size, info.mtime = 5, 1e300
            archive.addfile(info, io.BytesIO(b"words"))
        for name, kind in (
            ("link.jpg", tarfile.SYMTYPE),
            ("hard.jpg", tarfile.LNKTYPE),
            ("pipe.jpg", tarfile.FIFOTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "good.jpg"
            archive.addfile(info)
    return path


def test_hostile_members_cost_themselves_alone_and_say_why(tmp_path: Path) -> None:
    files = [*FolderSource([hostile_zip(tmp_path / "a.zip")]).files()]
    told = {file.name: file.reason for file in files if isinstance(file, Unreadable)}
    read = {}
    for file in files:
        if isinstance(file, Found):
            with open_to_read(file.path) as opened:
                read[file.name] = opened.read()
    assert read == {"good.jpg": b"words of good.jpg", "good [2].jpg": b"other words, same name"}
    outside = "has a name that leads out of the archive, which no export has; it was not opened"
    assert told.pop("etc/cron.d/out.jpg") == told.pop("etc/passwd.jpg") == told.pop("C:/Windows/evil.jpg") == outside
    assert told == {
        "in.zip": "is an archive inside an archive; unpack it and add it by itself",
        "link.jpg": "is a link in an archive, which is not followed",
        "bomb.jpg": "would unpack to 101,000,000 bytes, as only a bomb does; it was not unpacked",
        "odd.jpg": "is packed in a way that exports are not; unpack the archive and give the folder",
        "locked.jpg": "is encrypted; unpack the archive with its password and give the folder",
    }
    tar = [*FolderSource([hostile_tgz(tmp_path / "b.tgz")]).files()]
    for file in tar:
        if isinstance(file, Found):
            with open_to_read(file.path) as opened:
                assert opened.read() == b"words"
    assert sorted(file.name for file in tar if isinstance(file, Found)) == ["good [2].jpg", "good.jpg"]
    reasons = {file.name: file.reason for file in tar if isinstance(file, Unreadable)}
    link = "is a link in an archive, which is not followed"
    assert reasons == {"out.jpg": outside, "link.jpg": link, "hard.jpg": link, "pipe.jpg": "is not a regular file"}
    assert sorted(os.listdir(tmp_path)) == ["a.zip", "b.tgz"], "nothing was unpacked beside them"


def test_missing_and_damaged_parts_are_named_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = takeout(30)
    paths = write_parts(tmp_path, made.files, parts=10)
    paths[2].unlink()
    paths[4].write_bytes(paths[4].read_bytes()[:-60])  # a download that was cut off
    whole = bytearray(paths[6].read_bytes())
    whole[80:100] = bytes(20)  # in the first file's bytes
    paths[6].write_bytes(whole)
    given = [path for path in paths if path.exists()]
    gallery = gallery_of(*given)
    reasons = {file.name: file.reason for file in gallery.unreadable}
    assert reasons.pop(f"{STAMP}-003.zip").startswith("is missing: photos in it are not looked at")
    assert f"is damaged in {STAMP}-005.zip; download this part again" in reasons.pop(f"{STAMP}-005.zip")
    damaged = [name for name, reason in reasons.items() if f"is damaged in {STAMP}-007.zip" in reason]
    assert len(damaged) == 1
    assert len(gallery.photos) > 15
    monkeypatch.setattr(archives, "SUSPECT", 1_000_000)
    bomb = write_tgz(tmp_path / "bomb.tgz", {"a.jpg": bytes(20_000_000), "b.jpg": b"b"})
    assert [file.reason for file in FolderSource([bomb]).files() if isinstance(file, Unreadable)] == [
        "is damaged in bomb.tgz; download this part again (it unpacks to as much as only a bomb does). "
        "What came before the damage is used"
    ]


def test_any_place_of_a_tgz_can_be_read_and_truncation_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "APART", 100_000)
    rng = random.Random(3)
    files = {f"{number:03}.bin": rng.randbytes(rng.randrange(40_000)) for number in range(60)}
    path = write_tgz(tmp_path / "a.tgz", files)
    found = [file for file in FolderSource([path]).files() if isinstance(file, Found)]
    assert [file.name for file in found] == sorted(files)
    for file in rng.sample(found, len(found)):
        with open_to_read(file.path) as opened:
            assert opened.read() == files[file.name]
            assert os.fstat(opened.fileno()).st_mtime == takeouts.FIRST
    cut = tmp_path / "cut.tgz"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    listed = [*FolderSource([cut]).files()]
    assert len(listed) > 20
    assert isinstance(listed[-1], Unreadable)
    assert "download this part again" in listed[-1].reason


def test_an_archive_in_a_folder_is_named_and_not_opened(tmp_path: Path) -> None:
    write_zip(tmp_path / "holiday.zip", {"a.jpg": picture(random.Random(1))})
    (file,) = gallery_of(tmp_path).unreadable
    assert file.reason == "is a ZIP archive, not a photo; give it by itself to have it looked into"


def test_uploaded_parts_are_one_export(tmp_path: Path) -> None:
    made = takeout(12)
    uploads = []
    for number, path in enumerate(write_parts(tmp_path / "p", made.files, parts=3)):
        path.rename(tmp_path / f"key{number}")
        uploads.append(Upload(f"key{number}", path.name, (tmp_path / f"key{number}").stat().st_size))
    files = list(UploadSource(tmp_path, uploads).files())
    assert len({file.id for file in files}) == len(files) == len(made.files)
    assert {file.name for file in files} == set(made.files)
    with open_to_read(files[0].path) as opened:
        assert opened.read() == made.files[files[0].name]


def test_any_damage_is_an_answer_and_no_crash(tmp_path: Path) -> None:
    """Bytes changed, cut out or cut off at random: each file is listed, read whole, or says why not."""
    rng = random.Random(4)
    files = {f"a/{number}.txt": bytes(rng.randrange(30)) + rng.randbytes(40) for number in range(4)}
    seeds = [write_zip(tmp_path / "s.zip", files).read_bytes(), write_tgz(tmp_path / "s.tgz", files).read_bytes()]
    told = 0
    for number in range(amount(pr=150, nightly=5_000)):
        data = bytearray(seeds[number % 2])
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(len(data))
            data[at : at + rng.choice((0, 1, 1, 4))] = rng.randbytes(rng.choice((0, 1, 1, 4)))
        path = tmp_path / f"mutant{number}.{('zip', 'tgz')[number % 2]}"
        path.write_bytes(data[: rng.choice((len(data), len(data), rng.randrange(1, len(data) + 1)))])
        for file in FolderSource([path]).files():
            told += isinstance(file, Unreadable)
            if isinstance(file, Found):
                try:
                    with open_to_read(file.path) as opened:
                        assert len(opened.read()) == file.size
                except OSError as error:
                    told += bool(error.strerror)
        path.unlink()
    assert told > 50
