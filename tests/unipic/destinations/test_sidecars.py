"""Tags, albums, notes and favourites go out as XMP sidecars, beside originals that stay as they are."""

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from tests.helpers.galleries import photo
from tests.helpers.pictures import save, scene

from unipic.core.files import hash_file
from unipic.core.photo import Companion, Photo
from unipic.destinations.base import export
from unipic.destinations.sidecars import sidecar, with_sidecars, without_room
from unipic.destinations.zip import ZipDestination
from unipic.library.marks import Marked
from unipic.reading._xmp import read_xmp
from unipic.review.outcomes import Outcome

MARKED = Marked(True, ("Lisbon", "<b>&tram</b>"), ("Best|of 2024",), "the day\x00 it rained")


@pytest.fixture
def original(tmp_path: Path) -> Photo:
    path = save(scene(1), tmp_path / "a.jpg")
    return replace(photo("a"), path=str(path), name="2024/a.jpg", digest=hash_file(path), size=path.stat().st_size)


def test_what_people_said_lies_beside_the_copy(original: Photo, tmp_path: Path) -> None:
    outcomes = with_sidecars([Outcome(original, "kept", "")], {original.digest: MARKED}, tmp_path / "sidecars")
    export(ZipDestination(tmp_path / "out.zip"), outcomes)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert set(archive.namelist()) == {"2024/a.jpg", "2024/a.jpg.xmp", "unipic-manifest.json"}
        assert archive.read("2024/a.jpg") == Path(original.path).read_bytes()
        written = archive.read("2024/a.jpg.xmp")
    for words in (b"Lisbon", b"&lt;b&gt;&amp;tram&lt;/b&gt;", b"Albums|Best/of 2024", b"the day  it rained"):
        assert words in written
    assert read_xmp(written).rating == 5


def test_a_rating_of_the_photo_s_own_stays(original: Photo) -> None:
    assert b"Rating" not in sidecar(replace(original, rating=3), MARKED)


def test_a_sidecar_of_the_photo_s_own_is_neither_changed_nor_doubled(original: Photo, tmp_path: Path) -> None:
    own = Companion("x", "2024/a.xmp", str(tmp_path / "a.xmp"), "d" * 64, 10, "sidecar")
    there = Outcome(replace(original, companions=(own,)), "kept", "")
    assert with_sidecars([there], {original.digest: MARKED}, tmp_path / "sidecars") == [there]
    assert without_room([there], {original.digest: MARKED}) == [there.file]


def test_what_is_set_aside_or_has_no_marks_gets_none(original: Photo, tmp_path: Path) -> None:
    outcomes = [Outcome(original, "set aside", ""), Outcome(replace(original, id="b", digest="b" * 64), "kept", "")]
    assert with_sidecars(outcomes, {original.digest: MARKED}, tmp_path / "sidecars") == outcomes
    assert not (tmp_path / "sidecars").exists()


def test_made_again_it_is_the_same_file(original: Photo, tmp_path: Path) -> None:
    first, second = (
        with_sidecars([Outcome(original, "kept", "")], {original.digest: MARKED}, tmp_path / "sidecars")
        for _ in range(2)
    )
    assert first == second
