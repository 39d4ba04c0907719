"""Exports from the command line to a clean gallery and the library: bytes as they were, and what the sidecars knew."""

import hashlib
import json
from pathlib import Path
from random import Random

import pytest
from tests.helpers.takeouts import ROOT, STAMP, picture, sidecar, takeout, write_parts
from tests.safety.harness.originals import differences, state
from typer.testing import CliRunner

from main import app
from unipic.api import Settings, index, open_library
from unipic.sources import base

pytestmark = pytest.mark.slow
PLAIN = ("--encoder", "builtin", "--ranker", "builtin", "--offline", "--workers", "1")


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def test_a_clean_gallery_has_the_original_bytes_and_sidecars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    made = takeout(12)
    parts = [str(path) for path in write_parts(tmp_path / "parts", made.files, parts=3)]
    before = state(tmp_path / "parts")
    out, listing = tmp_path / "clean", tmp_path / "list.json"
    told = CliRunner().invoke(app, ["clean", *parts, *PLAIN, "--to", str(out), "--sidecars", "--list", str(listing)])
    assert told.exit_code == 0, told.output
    originals = {hashlib.sha256(data).hexdigest() for name, data in made.files.items()}
    there = digests(out)
    ours = {name for name in there if name.endswith(".xmp") or "unipic" in name}
    assert {digest for name, digest in there.items() if name not in ours} <= originals
    files = json.loads(listing.read_bytes())["files"]
    photos = [one for one in files if one["name"].endswith(".jpg")]
    assert {one["name"] for one in photos} == set(made.truth)
    copies = [one for one in photos if one["fate"] == "set aside"]
    assert copies
    assert {one["decided_by"] for one in copies} == {"identical"}, "a copy in an album is an identical file"
    (sidecar,) = out.rglob("IMG_00000.jpg.xmp")
    text = sidecar.read_text()
    assert all(word in text for word in ("Gary's birthday", "Anna", "2014-01-04T", "GPSLatitude", "words of 0"))
    names = [one["name"] for one in files if not one["name"].endswith(".xmp")]
    assert sorted(names) == sorted(made.files), "every file found is in the list once"
    assert CliRunner().invoke(app, ["clean", *parts, *PLAIN, "--move-aside", "--yes", "1"]).exit_code == 2
    assert not differences(before, state(tmp_path / "parts"))


def test_the_library_takes_over_what_google_knew_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIPIC_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(base, "NEW", 0)
    made = takeout(12)
    parts = write_parts(tmp_path / "parts", made.files, parts=2)
    library, settings = open_library(), Settings.of(ranker="builtin", encoder="builtin", workers=1, fetch=False)
    (update,) = index(library, *parts, settings=settings)
    assert [folder.path.name for folder in library.folders()] == [f"{STAMP}-*.zip"]
    photos = library.photos(library.listing().ids)
    said = {file.name: photo for photo in photos for file in photo.files}
    for name, true in made.truth.items():
        if name in said:
            photo = said[name]
            assert (photo.taken and photo.taken.replace(tzinfo=None), photo.place) == (true.taken, true.place), name
    days = {day for day, _ in library.listing().days}
    assert "" not in days
    assert [(album.name, album.photos) for album in library.marks.albums()] == [("Gary's birthday", 2)]
    assert library.marks.tags() == {"Anna": 2, "Ben": 2}
    library.marks.tag([photo.digest for photo in photos], "Anna", False)
    (again,) = index(library, settings=settings)
    assert (again.new, again.gone) == (0, 0)
    more = {f"{ROOT}/Photos from 2014/new.jpg": picture(Random(9))}
    more[f"{ROOT}/Photos from 2014/new.jpg.json"] = sidecar("new.jpg", 1_400_000_000)
    write_parts(tmp_path / "more", more, parts=1)
    (tmp_path / "more" / f"{STAMP}-001.zip").rename(tmp_path / "parts" / f"{STAMP}-003.zip")
    (grown,) = index(library, settings=settings)
    assert grown.new == 2
    assert library.marks.tags() == {"Ben": 2}, "what a person removed stays removed"
    assert update.files == len(made.files)


def test_check_says_what_is_in_the_parts_and_what_is_missing(tmp_path: Path) -> None:
    parts = write_parts(tmp_path, takeout(12).files, parts=4)
    parts[1].unlink()
    told = CliRunner().invoke(app, ["check", *(str(part) for part in parts if part.exists()), "--json"])
    first, gone = json.loads(told.output)
    assert told.exit_code == 1
    assert first["words"].endswith(" files")
    assert gone["about"] == f"{STAMP}-002.zip"
    assert "is missing" in gone["words"]
