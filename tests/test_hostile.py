"""A folder of broken, hostile and odd files: each gets an answer of its own, and spoils nothing but itself."""

import csv
import json
import os
import socket
import tarfile
import time
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.pictures import save, scene
from tests.helpers.systems import ROOT
from tests.helpers.tasks import weigh

from unipic.core.photo import Found, Photo, Unreadable
from unipic.core.settings import Limits
from unipic.reading.engines.base import Failure
from unipic.reading.engines.local import LocalEngine
from unipic.reading.images import load_thumbnail
from unipic.reading.read import SMALLEST, read
from unipic.reading.seen import Picture
from unipic.sources.folder import FolderSource

PHOTOS = Path(__file__).resolve().parents[1].parent / "shared" / "photos"
pytestmark = [
    pytest.mark.photos,
    pytest.mark.slow,
    pytest.mark.skipif(not (PHOTOS / "hostile.tar").exists(), reason=f"there is no {PHOTOS / 'hostile.tar'}"),
]
NEIGHBOURS = ("bomb", "exif", "format", "names", "raw", "trunc", "video", "wrong")
LACKS_ITS_LAST_BYTE = "trunc/pillow_truncated_jpeg.jpg"  # and nothing else: a photo, whatever a strict decoder says
LIMITS = Limits()


@dataclass(frozen=True)
class Row:
    file: str
    category: str
    expected: str
    strict: str  # what Pillow does by itself

    @property
    def no_photo(self) -> bool:
        rejected = self.expected.startswith("reject") and self.strict != "ok" and self.file != LACKS_ITS_LAST_BYTE
        refused = self.expected == "refuse" or self.expected.startswith(("refuse by header", "named refusal"))
        return rejected or (refused and " or " not in self.expected) or self.category == "sidecar"

    @property
    def photo(self) -> bool:
        open_question = any(words in self.expected for words in ("or named", "or fails", "skip by rule", "reject"))
        return self.expected.startswith("should be usable") or (self.strict == "ok" and not open_question)


def rows() -> list[Row]:
    with open(PHOTOS / "hostile.csv", encoding="utf-8", newline="") as file:
        return [
            Row(json.loads(row["file"]), row["category"], row["expected"], row["pillow_strict"])
            for row in csv.DictReader(file)
            if row["materialised"] == "yes"
        ]


@dataclass(frozen=True)
class Outcomes:
    by_name: dict[str, Picture | Unreadable]
    found: int
    seconds: float
    manifests: tuple[list[object], list[object]]

    def photo(self, name: str) -> Photo:
        outcome = self.by_name[name]
        assert isinstance(outcome, Picture), f"{name!a} {getattr(outcome, 'reason', '')}"
        return outcome.photo

    def reason(self, name: str) -> str:
        outcome = self.by_name[name]
        assert isinstance(outcome, Unreadable), f"{name!a} was taken for a photo"
        return outcome.reason

    def look(self, name: str) -> np.ndarray:
        outcome = self.by_name[name]
        assert isinstance(outcome, Picture)
        return load_thumbnail(outcome.thumbnail).astype(float)


def manifest(root: Path) -> list[object]:
    listed = []
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            facts = os.lstat(os.path.join(folder, name))
            listed.append((folder, name, facts.st_mode, facts.st_size, facts.st_mtime_ns))
    return sorted(listed)


def put_neighbours(root: Path) -> None:
    for seed, folder in enumerate(NEIGHBOURS):
        save(scene(seed, 800, 600), root / folder / "neighbour.jpg")


def make_what_no_archive_holds(root: Path) -> None:
    """Links, pipes, sockets and a file larger than it is."""
    links, special = root / "links", root / "special"
    (links / "loop").mkdir(parents=True)
    special.mkdir()
    (links / "loop" / "a").symlink_to("b")
    (links / "loop" / "b").symlink_to("a")
    (links / "up").symlink_to("..")
    (links / "etc").symlink_to("/etc")
    (links / "dangling.jpg").symlink_to("missing.jpg")
    save(scene(50), links / "hard1.jpg")
    os.link(links / "hard1.jpg", links / "hard2.jpg")
    os.mkfifo(special / "pipe.jpg")
    with open(special / "sparse_5GB.jpg", "wb") as file:
        file.truncate(5_000_000_000)
    here = os.getcwd()
    os.chdir(special)  # the whole path may be too long for a socket's name
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("socket.jpg")
    finally:
        os.chdir(here)


def read_all(root: Path, gone: str = "") -> Outcomes:
    """`gone` is removed after it was listed."""
    files = list(FolderSource([root]).files())
    if gone:
        (root / gone).unlink()
    engine = LocalEngine(2, LIMITS.photo_seconds, LIMITS.worker_memory)
    before, began = manifest(root), time.monotonic()
    try:
        outcomes = list(read(files, engine, LIMITS))
    finally:
        engine.close()
    names = [outcome.photo.name if isinstance(outcome, Picture) else outcome.name for outcome in outcomes]
    assert names == [file.name for file in files]
    by_name = dict(zip(names, outcomes, strict=True))
    return Outcomes(by_name, len(files), time.monotonic() - began, (before, manifest(root)))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(PHOTOS / "hostile.tar") as archive:
        archive.extractall(root, filter="data")
    (root / "hostile" / "hostile.csv").unlink(missing_ok=True)
    return root / "hostile"


@pytest.fixture(scope="module")
def outcomes(hostile: Path) -> Outcomes:
    put_neighbours(hostile)
    make_what_no_archive_holds(hostile)
    save(scene(51), hostile / "race" / "vanishing.jpg")
    return read_all(hostile, gone="race/vanishing.jpg")


def test_every_file_has_an_answer_in_time(outcomes: Outcomes) -> None:
    assert {row.file for row in rows()} <= set(outcomes.by_name)
    assert len(outcomes.by_name) == outcomes.found
    assert outcomes.seconds < 60
    for outcome in outcomes.by_name.values():
        assert isinstance(outcome, Picture) or outcome.reason


def test_no_file_cost_a_worker_or_its_whole_time(outcomes: Outcomes) -> None:
    reasons = [outcome.reason for outcome in outcomes.by_name.values() if isinstance(outcome, Unreadable)]
    assert not [reason for reason in reasons if "crashed" in reason or "took longer" in reason]


def test_nothing_was_changed(outcomes: Outcomes) -> None:
    before, after = outcomes.manifests
    assert before == after


def test_what_is_no_photo_is_none(outcomes: Outcomes) -> None:
    named = {row.file: outcomes.reason(row.file) for row in rows() if row.no_photo}
    assert len(named) > 45
    assert all(reason.startswith(("is ", "ends early", "has more than")) for reason in named.values())


def test_what_is_a_photo_is_one(outcomes: Outcomes) -> None:
    photos = [outcomes.photo(row.file) for row in rows() if row.photo]
    assert len(photos) > 130
    assert all(min(photo.width, photo.height) > 0 and len(photo.digest) == 64 for photo in photos)


def test_damage_is_said(outcomes: Outcomes) -> None:
    """Never as good as whole: unreadable, or a photo with a note."""
    damaged = [row.file for row in rows() if "pixels damaged: flag" in row.expected]
    assert len(damaged) == 4
    for name in damaged:
        outcome = outcomes.by_name[name]
        assert isinstance(outcome, Unreadable) or outcome.photo.note


def test_a_missing_end_marker_costs_nothing(outcomes: Outcomes) -> None:
    for name in (
        "trunc/jpeg_no_eoi.jpg",
        "trunc/kavala_IMG_0136.JPG",
        "trunc/kavala_IMG_0140.JPG",
        LACKS_ITS_LAST_BYTE,
    ):
        assert outcomes.photo(name).note == "the file lacks its end marker, the picture is whole"


def test_the_tiny_and_the_empty_are_compared_with_nothing(outcomes: Outcomes) -> None:
    for row in rows():
        if row.category == "size":
            photo = outcomes.photo(row.file)
            tiny = min(photo.width, photo.height) < SMALLEST
            assert photo.comparable is not (tiny or "solid" in row.file)


def test_metadata_that_lies_is_nothing(outcomes: Outcomes) -> None:
    for row in rows():
        if row.file.startswith("exif/date_"):
            assert outcomes.photo(row.file).taken is None
        if row.file.startswith("exif/gps_"):
            assert outcomes.photo(row.file).place is None
    assert len(outcomes.photo("exif/huge_make.jpg").camera) <= 80


def test_several_pictures_in_a_file_are_said(outcomes: Outcomes) -> None:
    for name, frames in (("animated.gif", 4), ("animated.webp", 4), ("apng.png", 4), ("stereo.mpo", 2)):
        assert outcomes.photo(f"format/{name}").note == f"first of {frames} pictures in the file"


@pytest.mark.parametrize("kind", ["Landscape", "Portrait"])
def test_all_orientations_show_one_upright_picture(outcomes: Outcomes, kind: str) -> None:
    names = [f"orientation/{kind}_{number}.jpg" for number in range(1, 9)]
    assert len({(outcomes.photo(name).width, outcomes.photo(name).height) for name in names}) == 1
    for a, b in combinations(names, 2):
        assert np.abs(outcomes.look(a) - outcomes.look(b)).mean() < 10  # the number painted in differs


def test_orientations_that_are_none_change_nothing(outcomes: Outcomes) -> None:
    looks = [outcomes.look(f"orientation/invalid_{number}.jpg") for number in (0, 9, 65535)]
    assert np.array_equal(looks[0], looks[1])
    assert np.array_equal(looks[0], looks[2])


def test_content_under_another_suffix(outcomes: Outcomes) -> None:
    kinds = {"jpeg_named.png": "JPEG", "png_named.jpg": "PNG", "heic_named.jpg": "HEIF", "webp_named.jpeg": "WEBP"}
    for name, kind in kinds.items():
        assert outcomes.photo(f"wrong/{name}").format == kind


def test_neighbours_are_what_they_are_alone(outcomes: Outcomes, tmp_path: Path) -> None:
    put_neighbours(tmp_path)
    alone = read_all(tmp_path)
    assert len(alone.by_name) == len(NEIGHBOURS)
    for name in alone.by_name:
        assert replace(outcomes.photo(name), path="") == replace(alone.photo(name), path="")
        here, there = outcomes.by_name[name], alone.by_name[name]
        assert isinstance(here, Picture)
        assert isinstance(there, Picture)
        assert here.view.tobytes() == there.view.tobytes()
        assert here.thumbnail == there.thumbnail


def test_links_are_not_followed(outcomes: Outcomes) -> None:
    for name in ("links/loop/a", "links/loop/b", "links/up", "links/etc", "links/dangling.jpg"):
        assert outcomes.reason(name) == "is a symbolic link, which is not followed"
    assert not [name for name in outcomes.by_name if name.startswith(("links/etc/", "links/up/"))]
    assert outcomes.photo("links/hard1.jpg").digest == outcomes.photo("links/hard2.jpg").digest


def test_what_is_no_regular_file_is_never_read(outcomes: Outcomes) -> None:
    assert outcomes.reason("special/pipe.jpg") == outcomes.reason("special/socket.jpg") == "is not a regular file"
    assert outcomes.reason("special/sparse_5GB.jpg") == "is 5.0 GB, larger than the 2.0 GB a photo may have"


def test_a_file_that_vanished_is_named(outcomes: Outcomes) -> None:
    assert outcomes.reason("race/vanishing.jpg") == "was deleted after the folder was listed"


@pytest.mark.skipif(ROOT, reason="root may read what nobody may")
def test_what_may_not_be_read_is_named(tmp_path: Path) -> None:
    save(scene(1), tmp_path / "unreadable.jpg").chmod(0)
    (tmp_path / "locked").mkdir(mode=0)
    try:
        outcomes = read_all(tmp_path)
    finally:
        (tmp_path / "locked").chmod(0o700)
    assert outcomes.reason("unreadable.jpg") == "may not be read: permission denied"
    assert outcomes.reason("locked") == "is a folder that may not be read: Permission denied"


def test_bombs_take_little_time_and_memory(hostile: Path) -> None:
    bombs = [file for file in FolderSource([hostile / "bomb"]).files() if isinstance(file, Found)]
    engine = LocalEngine(1, seconds=5.0, memory=LIMITS.worker_memory)
    try:
        results = list(engine.map(weigh, bombs))
    finally:
        engine.close()
    assert len(results) >= 16
    for bomb, result in results:
        assert not isinstance(result, Failure), bomb.name
        assert result.busy < 5
        assert result.memory < 600_000_000


def test_thumbnails_are_plain_jpegs(outcomes: Outcomes) -> None:
    """Nothing of a hostile file's comments, profiles or tails is shown to a browser."""
    for outcome in outcomes.by_name.values():
        if isinstance(outcome, Picture):
            assert outcome.thumbnail.startswith(b"\xff\xd8\xff\xe0")
            assert b"Exif" not in outcome.thumbnail
            assert b"<script" not in outcome.thumbnail
            assert max(load_thumbnail(outcome.thumbnail).shape[:2]) <= 640
