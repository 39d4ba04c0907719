"""Location is taken out for certain or not at all, and nothing else changes."""

import json
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rawpy
from PIL import Image
from tests.helpers.located import located
from tests.helpers.pictures import save, scene
from tests.helpers.places import EXIF, FILM, OTHER, XMP, film, needs_exiftool, pixels, said, takeout, tell
from tests.helpers.raws import raw_photo

from unipic.core.errors import LocationLeft, NoExiftool
from unipic.core.settings import Limits
from unipic.reading import location
from unipic.reading._imagedata import image_data, places_between
from unipic.reading.images import decode
from unipic.reading.location import Stripper

pytestmark = [needs_exiftool, pytest.mark.slow]

ODD = (
    "-config.jpg",
    "new\nline.jpg",
    "%d%f.jpg",
    "caf\udce9.jpg",
    "| touch evil |.jpg",
    "@a.jpg",
    "é.jpg",
    "{ready1}.jpg",
)


@pytest.fixture(scope="module")
def stripper() -> Iterator[Stripper]:
    """It takes longer to start than to work."""
    with Stripper() as stripper:
        yield stripper


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return tell(save(scene(1, 200, 150), tmp_path / "a.jpg"), *EXIF, *XMP, *OTHER)


def fake(folder: Path, *lines: str) -> Path:
    """A program that is no exiftool."""
    program = folder / "exiftool"
    program.write_text("\n".join(("#!/bin/sh", *lines)))
    program.chmod(0o755)
    return program


def answering(folder: Path, *lines: str) -> Path:
    """It says its version when it is asked for it, then does something else."""
    reading = ("while read -r line; do", 'if [ "$line" = "-execute1" ]; then', 'echo 12.57; echo "{ready1}"')
    return fake(folder, *reading, 'elif [ "${line#-execute}" != "$line" ]; then', *lines, "fi", "done")


def test_what_is_no_place_stays(stripper: Stripper, photo: Path) -> None:
    before = pixels(photo)
    stripper.strip(photo)
    assert said(photo) == []
    assert pixels(photo) == before
    packet = Image.open(photo).info["xmp"]
    assert b"Kept" in packet
    assert b"<xmp:Rating>4<" in packet


def test_a_file_without_a_place_is_not_touched(stripper: Stripper, tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png", "a.bmp", "a.gif"):
        path = save(scene(1, 60, 40), tmp_path / name)
        before = path.read_bytes(), path.stat()
        stripper.strip(path)
        assert (path.read_bytes(), path.stat()) == before


def test_the_original_is_only_read(stripper: Stripper, photo: Path, tmp_path: Path) -> None:
    before = photo.read_bytes(), photo.stat().st_mtime_ns
    (tmp_path / "out").mkdir()
    with photo.open("rb") as file:
        copy = stripper.stripped(file, photo.name, tmp_path / "out")
    assert (photo.read_bytes(), photo.stat().st_mtime_ns) == before
    assert list((tmp_path / "out").iterdir()) == [copy]
    assert said(copy) == []


@pytest.mark.parametrize("name", ODD)
def test_a_name_is_data(stripper: Stripper, name: str, photo: Path, tmp_path: Path) -> None:
    odd = photo.rename(tmp_path / name)
    assert located(stripper, [odd]) == {odd: True}
    stripper.strip(odd)
    assert located(stripper, [odd]) == {odd: False}
    assert os.listdir(tmp_path) == [name]


def test_a_suffix_is_data(stripper: Stripper, photo: Path, tmp_path: Path) -> None:
    with photo.open("rb") as file:
        assert stripper.stripped(file, "a.jpg\n-o", tmp_path).suffix == ""


def test_configuration_of_the_user_is_not_read(photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".ExifTool_config").write_text(f'open(F, ">", "{tmp_path}/was read"); 1;')
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("EXIFTOOL_HOME", str(tmp_path))
    with Stripper() as stripper:
        stripper.strip(photo)
    assert not (tmp_path / "was read").exists()


def test_every_kind_of_file_says_whether_it_has_a_place(stripper: Stripper, photo: Path, tmp_path: Path) -> None:
    plain = [save(scene(n, 60, 40), tmp_path / f"{n}.jpg") for n in range(4)]
    clip = tell(film(tmp_path / "a.mov"), FILM[0])
    sidecar = takeout(tmp_path / "a.json")
    damaged = tmp_path / "damaged.jpg"
    damaged.write_bytes(b"")
    files = [photo, *plain, clip, sidecar, damaged]
    found = located(stripper, files)
    assert list(found) == files
    assert [path.name for path, there in found.items() if there] == ["a.jpg", "a.mov", "a.json", "damaged.jpg"]


def test_a_wrong_suffix_is_no_hindrance(stripper: Stripper, photo: Path, tmp_path: Path) -> None:
    for name in ("a.png", "a.mov", "a", "a.heic"):
        photo = photo.rename(tmp_path / name)
        tell_as_jpeg(photo)
        stripper.strip(photo)
        assert said(photo) == []


def tell_as_jpeg(path: Path) -> None:
    tell(path.rename(path.with_name("told.jpg")), *EXIF).rename(path)


# What cannot be done for certain


def refused(stripper: Stripper, path: Path, words: str) -> None:
    with pytest.raises(LocationLeft, match=words) as raised:
        stripper.strip(path)
    assert str(path.parent) not in str(raised.value), "no temporary path"
    assert "image files updated" not in str(raised.value), "nor what the tool said"


def test_a_place_in_a_second_picture_behind_the_first_is_refused(
    stripper: Stripper, photo: Path, tmp_path: Path
) -> None:
    plain = save(scene(2, 60, 40), tmp_path / "plain.jpg")
    both = tmp_path / "both.jpg"
    both.write_bytes(plain.read_bytes() + photo.read_bytes())
    refused(stripper, both, "would keep its location in")
    both.write_bytes(photo.read_bytes() + photo.read_bytes())
    refused(stripper, both, "would keep its location in")


def test_a_raw_photo_keeps_its_sensors_values_and_its_preview(stripper: Stripper, tmp_path: Path) -> None:
    path = raw_photo(tmp_path / "photo.dng")
    before = seen_in_raw(tell(path, *EXIF))
    assert located(stripper, [path]) == {path: True}
    stripper.strip(path)
    assert located(stripper, [path]) == {path: False}
    assert seen_in_raw(path) == before


def seen_in_raw(path: Path) -> tuple[bytes, bytes]:
    with rawpy.imread(str(path)) as raw:
        return raw.raw_image.tobytes(), decode(str(path), 1000, Limits()).picture.tobytes()


def test_a_second_picture_without_a_place_does_not_hinder(stripper: Stripper, photo: Path, tmp_path: Path) -> None:
    plain = save(scene(2, 60, 40), tmp_path / "plain.jpg").read_bytes()
    photo.write_bytes(photo.read_bytes() + plain)
    stripper.strip(photo)
    assert photo.read_bytes().endswith(plain)
    assert said(photo) == []


@pytest.mark.parametrize("what", FILM)
def test_a_place_in_the_film_of_a_motion_photo_is_refused(
    stripper: Stripper, what: str, photo: Path, tmp_path: Path
) -> None:
    clip = tell(film(tmp_path / "a.mov"), what)
    photo.write_bytes(photo.read_bytes() + clip.read_bytes())
    refused(stripper, photo, "would keep its location in")


def test_a_picture_that_would_change_is_refused(
    stripper: Stripper, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(("one picture", "another"))
    monkeypatch.setattr(location, "image_data", lambda path: next(answers))
    refused(stripper, photo, "would be another picture")


def test_a_container_that_is_not_known_is_refused(stripper: Stripper, tmp_path: Path) -> None:
    page = tmp_path / "a.pdf"
    Image.new("RGB", (20, 20)).save(page)
    tell(page, "-XMP-exif:GPSLatitude=38.7")
    refused(stripper, page, "of a kind whose location cannot be removed")


def test_a_copy_that_could_not_be_freed_does_not_stay(stripper: Stripper, photo: Path, tmp_path: Path) -> None:
    photo.write_bytes(photo.read_bytes() * 2)
    (tmp_path / "out").mkdir()
    with photo.open("rb") as file, pytest.raises(LocationLeft, match=r"^folder/b\.jpg would keep its location"):
        stripper.stripped(file, "folder/b.jpg", tmp_path / "out")
    assert os.listdir(tmp_path / "out") == []


# Sidecars of Takeout


def test_numbers_become_0_and_all_else_stays(stripper: Stripper, tmp_path: Path) -> None:
    path = takeout(tmp_path / "a.jpg.json")
    stripper.strip(path)
    nowhere = dict.fromkeys(("latitude", "longitude", "altitude", "latitudeSpan", "longitudeSpan"), 0.0)
    about = {"title": "a.jpg", "geoData": nowhere, "geoDataExif": nowhere, "people": [{"name": "Ana"}]}
    assert json.loads(path.read_text()) == about


@pytest.mark.parametrize(
    "value",
    [
        {"enrichments": [{"locationEnrichment": {"location": [{"name": "Lisbon", "latitudeE7": 1}]}}]},
        {"a": [{"b": {"latitude": 1}}]},
        {"placeName": "Lisbon"},
        [{"country": "Portugal"}],
    ],
)
def test_words_about_places_go_at_any_depth(stripper: Stripper, value: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(value))
    assert located(stripper, [path]) == {path: True}
    stripper.strip(path)
    assert located(stripper, [path]) == {path: False}
    assert "Lisbon" not in path.read_text()


def test_a_json_without_a_place_is_not_touched(stripper: Stripper, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"b":1,  "a":"ä"}')
    stripper.strip(path)
    assert path.read_text() == '{"b":1,  "a":"ä"}'


@pytest.mark.parametrize("data", [b"{", b"", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_refused(stripper: Stripper, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    refused(stripper, path, "is no JSON that can be read")


# The program


def test_without_exiftool_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoExiftool, match="libimage-exiftool-perl"):
        Stripper()


@pytest.mark.parametrize("version", ["12.37", "9.99", "no version"])
def test_one_that_is_too_old_is_not_used(version: str, tmp_path: Path) -> None:
    program = fake(
        tmp_path,
        "while read -r line; do",
        f'[ "$line" = "-execute1" ] && echo "{version}" && echo "{{ready1}}"',
        "done",
    )
    with pytest.raises(NoExiftool, match="too old"), Stripper(program):
        raise AssertionError("it was used")


def test_one_that_hangs_costs_one_file(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    program = answering(tmp_path / "bin", "exec sleep 1000")
    began = time.monotonic()
    with Stripper(program, patience=0.5) as stripper, pytest.raises(LocationLeft, match="takes exiftool longer than"):
        stripper.strip(photo)
    assert time.monotonic() - began < 60


def test_one_that_ends_costs_one_file_and_is_started_again(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    program = answering(tmp_path / "bin", "exit 1")
    with Stripper(program) as stripper:
        for _ in range(2):
            with pytest.raises(LocationLeft, match="makes exiftool end"):
                stripper.strip(photo)


def test_one_that_says_it_did_it_is_not_believed(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    program = answering(tmp_path / "bin", 'echo "    1 image files updated"', 'echo "{ready${line#-execute}}"')
    with Stripper(program) as stripper, pytest.raises(LocationLeft, match="cannot be read by exiftool"):
        stripper.strip(photo)


def test_nothing_runs_and_nothing_lies_about_when_it_is_over(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    with Stripper() as stripper:
        stripper.strip(photo)
        process = stripper._tool._process
        assert process
        assert process.poll() is None
    assert process.poll() is not None
    assert os.listdir(tmp_path / "tmp") == []


# What is picture


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.gif", "a.tif", "a.mov"])
def test_another_picture_is_other_data_and_the_same_with_other_words_is_not(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    _ = film(path) if name.endswith("mov") else save(scene(1, 60, 40), path)
    before = image_data(path)
    assert before
    tell(path, *XMP)
    assert image_data(path) == before
    _ = (
        path.write_bytes(path.read_bytes().replace(b"frames", b"FRAMES"))
        if name.endswith("mov")
        else save(scene(2, 60, 40), path)
    )
    assert image_data(path) not in ("", before)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF",
        b"II*\0",
        b"II*\0\xff\xff\xff\xff",
        b"MM\0*" + b"\xff" * 40,
        b"\0\0\0\x01ftyp",
        b"\0\0\0\0mdat",
        b"GIF8",
        b"x" * 99,
    ],
)
def test_broken_files_say_nothing(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(data)
    assert len(image_data(path)) in (0, 64)
    assert places_between(path) is False


def test_a_copy_of_ours_is_for_us_alone(stripper: Stripper, photo: Path, tmp_path: Path) -> None:
    with photo.open("rb") as file:
        copy = stripper.stripped(file, "b.jpg", tmp_path)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
