"""Where faces are is measured; whose they are is worked out only when asked, and forgotten without a trace."""

import os
import shutil
import stat
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.helpers.drawn_faces import face, group
from tests.helpers.libraries import SETTINGS, read_in
from tests.helpers.pictures import save, scene

from unipic.core.errors import ModelDamaged, UnipicError
from unipic.core.face import Face, turned
from unipic.core.progress import Step, silent
from unipic.library import _cutting, faces
from unipic.library._database import Database
from unipic.library.chips import MODE
from unipic.library.faces import FINDING, TELLING, forget_faces, is_clear, leave_out, turn_on
from unipic.library.library import Library
from unipic.reading import cutting
from unipic.reading.engines.base import Engine
from unipic.reading.engines.inline import InlineEngine
from unipic.reading.engines.local import LocalEngine
from unipic.tools import Tools
from unipic.vision.base import Part
from unipic.vision.builtin import BuiltinEncoder
from unipic.vision.face_net import IDENTITY
from unipic.vision.faces import FaceFinder, part_name
from utils import find_faces

PARTY = {(20, 60, 160): 0, (200, 60, 200): 1, (430, 100, 180): 2}
CROWD = {(100, 100, 160): 3, (800, 400, 180): 1}  # of a photo twice as large as its thumbnail


class Plain:
    """Says how alike faces are by their colours in 16 fields: enough for drawn ones, and quick."""

    label, mean = "plain", np.full(128, 128**-0.5, np.float32)

    @property
    def key(self) -> str:
        return faces.face_encoder_key()

    def embed(self, aligned: np.ndarray) -> np.ndarray:
        fields = aligned[:, :148, :148].reshape(len(aligned), 4, 37, 4, 37, 3).mean(axis=(2, 4)).reshape(-1, 48)
        rows = np.pad(fields - 100.0, ((0, 0), (0, 80)), constant_values=1.0)
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(autouse=True)
def plain(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unipic.sources.base.NEW", 0)
    if request.node.name != "test_with_the_real_encoder":
        monkeypatch.setattr(faces, "open_face_encoder", lambda *_: Plain())


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos that no test changes."""
    folder = tmp_path_factory.mktemp("taken")
    save(group(PARTY), folder / "party.jpg", quality=95)
    save(group(CROWD, 1280, 960), folder / "work" / "crowd.jpg", quality=95)
    save(scene(1), folder / "beach.jpg")
    return folder


@pytest.fixture(scope="module")
def read(taken: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a library that has read them."""
    data = tmp_path_factory.mktemp("read") / "data"
    read_in(Library(data), taken)
    return data


@pytest.fixture
def library(read: Path, tmp_path: Path) -> Library:
    shutil.copytree(read, tmp_path / "data")
    return Library(tmp_path / "data")


@pytest.fixture
def photos(taken: Path, library: Library, tmp_path: Path) -> Path:
    """Photos of the library that a test may change."""
    shutil.copytree(taken, tmp_path / "photos")
    library.forget(taken)
    read_in(library, tmp_path / "photos")
    return tmp_path / "photos"


def look(library: Library, engine: Engine | None = None, progress: Callable[[Step], None] = silent) -> list[str]:
    tools = Tools(BuiltinEncoder(), None, engine or InlineEngine(), library.thumbnails)
    return find_faces(library, tools, SETTINGS, progress)


def digest(library: Library, name: str) -> str:
    return next(one for one, photo in library.by_digest(library.shown()).items() if photo.name.endswith(name))


def identities(library: Library) -> int:
    return library.number(f"SELECT count(*) FROM vector WHERE key LIKE '{IDENTITY}%'")


def chips_in(library: Library) -> list[Path]:
    return sorted(library.chips.folder.rglob("*.jpg"))


# Off


def test_while_it_is_off_faces_are_found_and_nobody_is_told_apart(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faces, "open_face_encoder", lambda *_: pytest.fail("the encoder of faces was opened"))
    assert look(library) == []
    assert len(faces.faces(library)) == 5
    assert all(face.vector is None for face in faces.faces(library))
    assert faces.faces(library, vectors=True) == []
    assert identities(library) == 0
    assert not library.chips.folder.exists()
    assert library.ask(f"SELECT 1 FROM done WHERE key LIKE '{IDENTITY}%'") == []


def test_damaged_decisions_mean_off(library: Library) -> None:
    turn_on(library)
    library.marks.path.write_bytes(b"no database at all, but long enough to be taken for one" * 20)
    assert not faces.is_on(library)
    assert look(library) == []
    assert identities(library) == 0


# On


def test_a_face_has_its_place_its_size_in_the_original_and_its_vector(library: Library) -> None:
    turn_on(library)
    look(library)
    known = faces.faces(library, vectors=True)
    assert len(known) == identities(library) == len(chips_in(library)) == 5
    vectors = np.stack([one.vector for one in known if one.vector is not None])
    assert (vectors.shape, vectors.dtype) == ((5, 128), np.float32)
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-6
    assert all(one.clear for one in known)
    in_crowd = faces.faces(library, [digest(library, "crowd.jpg")], vectors=True)
    assert [round(face.size / (face.box[2] - face.box[0])) for face in in_crowd] == [1280, 1280]
    assert all(0.35 < face.size / 170 < 0.65 for face in in_crowd)
    assert faces.faces(library, [digest(library, "beach.jpg")]) == []


def test_only_small_faces_need_the_original_which_shows_more_of_them(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    whole = cutting.opened
    monkeypatch.setattr(cutting, "opened", lambda *given: opened.append(given[0].paths[0]) or whole(*given))
    turn_on(library)
    look(library)
    assert [Path(path).name for path in opened] == ["crowd.jpg"]
    chip = np.asarray(Image.open(chips_in_of(library, "crowd.jpg")[0]).convert("L"), float)
    assert np.abs(np.diff(chip, axis=1)).mean() > 1.2, "as sharp as the original, not as its thumbnail"


def chips_in_of(library: Library, name: str) -> list[Path]:
    return [path for path in chips_in(library) if path.name.startswith(digest(library, name))]


def test_chips_are_for_the_owner_s_eyes(library: Library) -> None:
    turn_on(library)
    look(library)
    assert stat.S_IMODE(os.stat(library.chips.folder).st_mode) == MODE == 0o700
    for one in faces.faces(library, vectors=True):
        path = library.chips.path(one.digest, part_name(one.box))
        assert path in chips_in(library)
        assert Image.open(path).size == (150, 150)


def test_another_model_needs_no_photo(library: Library, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turn_on(library)
    look(library)
    before = identities(library)
    monkeypatch.setattr(faces, "face_encoder_key", lambda: f"{IDENTITY}another")
    monkeypatch.setattr(cutting, "cut_out", lambda *_: pytest.fail("a photo was looked at again"))
    for path in photos.rglob("*.jpg"):
        path.unlink()
    look(library)
    assert identities(library) == 2 * before
    assert len(faces.faces(library, vectors=True)) == before


def test_what_was_looked_at_is_not_looked_at_again(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    turn_on(library)
    look(library)
    monkeypatch.setattr(FaceFinder, "find", lambda *_: pytest.fail("faces were looked for again"))
    monkeypatch.setattr(Plain, "embed", lambda *_: pytest.fail("a face was told apart again"))
    assert look(library) == []


def test_what_a_deleted_cache_costs_is_time(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    turn_on(library)
    look(library)
    before = {face.key: face.vector for face in faces.faces(library, vectors=True)}
    library.chips.clear()
    assert len(faces.faces(library, vectors=True)) == 5, "numbers are kept"
    library.forget(kind="faces")
    assert faces.faces(library) == []
    look(library)
    after = {face.key: face.vector for face in faces.faces(library, vectors=True)}
    assert before.keys() == after.keys()
    assert all((before[key] == after[key]).all() for key in before)


class Stopped(Exception):
    pass


def test_stopped_between_finding_and_telling_apart_it_goes_on(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(step: Step) -> None:
        if step.stage == TELLING.name:
            raise Stopped

    turn_on(library)
    with pytest.raises(Stopped):
        look(library, progress=stop)
    assert (identities(library), len(faces.faces(library))) == (0, 5)
    monkeypatch.setattr(FaceFinder, "find", lambda *_: pytest.fail("faces were looked for again"))
    look(library)
    assert len(faces.faces(library, vectors=True)) == 5


def test_every_engine_gives_the_same(library: Library, read: Path, tmp_path: Path) -> None:
    turn_on(library)
    look(library)
    shutil.copytree(read, tmp_path / "other")
    other = Library(tmp_path / "other")
    turn_on(other)
    engine = LocalEngine(2)
    try:
        look(other, engine)
    finally:
        engine.close()
    ours, theirs = faces.faces(library, vectors=True), faces.faces(other, vectors=True)
    assert [face.key for face in ours] == [face.key for face in theirs]
    assert all((a.vector == b.vector).all() for a, b in zip(ours, theirs, strict=True) if a.vector is not None)


def test_with_the_real_encoder(library: Library) -> None:
    """One drawn face in two photos is likest to itself."""
    turn_on(library)
    look(library)
    known = faces.faces(library, vectors=True)
    vectors = np.stack([face.vector for face in known if face.vector is not None])
    crowd = [number for number, face in enumerate(known) if face.digest == digest(library, "crowd.jpg")]
    party = [number for number in range(5) if number not in crowd]
    second = max(crowd, key=lambda number: known[number].box[0])  # drawn as the middle one of the party
    middle = sorted(party, key=lambda number: known[number].box[0])[1]
    assert max(party, key=lambda number: float(vectors[number] @ vectors[second])) == middle


def test_a_damaged_encoder_is_said_and_everything_else_goes_on(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_: object) -> None:
        raise ModelDamaged("the weights are another file.")

    turn_on(library)
    monkeypatch.setattr(faces, "open_face_encoder", damaged)
    assert look(library) == ["the weights are another file. Until then nobody is recognised."]
    assert len(faces.faces(library)) == 5


# Odd photos


def test_turned_mirrored_grey_and_deep_copies_have_the_same_face(library: Library, photos: Path) -> None:
    plainly = face(1, 480).resize((640, 480))
    exif = Image.Exif()
    exif[0x112] = 6  # shown after a quarter turn to the right
    save(plainly, photos / "odd" / "plain.png")
    save(plainly.transpose(Image.Transpose.ROTATE_90), photos / "odd" / "turned.png", exif=exif)
    save(plainly.convert("L"), photos / "odd" / "grey.png")
    deep = np.asarray(plainly.convert("L")).astype(np.uint16) * 257
    save(Image.fromarray(deep), photos / "odd" / "deep.png")
    save(Image.new("RGB", (1, 1)), photos / "odd" / "pixel.png")
    save(Image.new("RGB", (640, 480)), photos / "odd" / "black.png")
    save(plainly.transpose(Image.Transpose.FLIP_LEFT_RIGHT), photos / "odd" / "mirrored.png")
    read_in(library, photos)
    turn_on(library)
    look(library)
    found = {
        name: faces.faces(library, [digest(library, f"odd/{name}.png")], vectors=True)
        for name in ("plain", "turned", "grey", "deep", "mirrored", "pixel", "black")
    }
    assert {name: len(some) for name, some in found.items()} == {
        **dict.fromkeys(("plain", "turned", "grey", "deep", "mirrored"), 1),
        **dict.fromkeys(("pixel", "black"), 0),
    }
    (first,), (turned,), (mirrored,) = found["plain"], found["turned"], found["mirrored"]
    assert turned.box == first.box
    assert np.abs(np.array(mirrored.box)[[0, 2]] - (1 - np.array(first.box)[[2, 0]])).max() < 0.05


def test_of_a_crowd_the_largest_are_told_apart_and_all_are_counted(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crowded(self: FaceFinder, pictures: Sequence[np.ndarray]) -> list[list[Part]]:
        return [[at(number) for number in range(500)] for _ in pictures]

    monkeypatch.setattr(FaceFinder, "find", crowded)
    turn_on(library)
    look(library)
    beach = [digest(library, "beach.jpg")]
    assert len(faces.faces(library, beach)) == 500
    told = faces.faces(library, beach, vectors=True)
    assert len(told) == _cutting.MOST == 100
    assert min(one.size for one in told) >= sorted(one.size for one in faces.faces(library, beach))[-100]


def at(number: int) -> Part:
    """One of a crowd; each is a little wider than the one before it."""
    left, top, wide = number % 25 / 25, number // 25 / 25, 0.1 + number / 10_000
    box = (left, top, min(1.0, round(left + wide, 4)), min(1.0, top + 0.2))
    points = [
        [left + x * wide, top + y * 0.2] for x, y in ((0.3, 0.3), (0.7, 0.3), (0.5, 0.5), (0.35, 0.7), (0.65, 0.7))
    ]
    return Part(part_name(box), "face", box, facts={"points": points, "score": 0.9})


def test_faces_too_small_to_be_told_apart_are_counted(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_cutting, "LEAST", 110)
    turn_on(library)
    look(library)
    party = [digest(library, "party.jpg")]
    assert (len(faces.faces(library, party)), len(faces.faces(library, party, vectors=True))) == (3, 0)
    assert library.ask(f"SELECT count(*) FROM done WHERE key LIKE '{IDENTITY}%'") == [(2,)], "and not looked at again"


def test_a_photo_whose_original_is_away_is_told_apart_when_it_is_back(library: Library, photos: Path) -> None:
    crowd = photos / "work" / "crowd.jpg"
    crowd.rename(photos / "work" / "crowd.away")
    turn_on(library)
    look(library)
    assert identities(library) == 3
    (photos / "work" / "crowd.away").rename(crowd)
    look(library)
    assert identities(library) == 5


# Left out, turned off, forgotten


def test_a_folder_that_is_left_out_has_no_vectors(library: Library, taken: Path) -> None:
    leave_out(library, taken / "work")
    turn_on(library)
    look(library)
    assert faces.left_out(library) == [taken / "work"]
    assert identities(library) == len(chips_in(library)) == 3
    assert len(faces.faces(library)) == 5, "where faces are is ordinary measuring"
    leave_out(library, taken / "work", out=False)
    look(library)
    assert len(faces.faces(library, vectors=True)) == 5
    leave_out(library, taken / "work")
    assert identities(library) == len(chips_in(library)) == len(faces.faces(library, vectors=True)) == 3


def test_a_copy_elsewhere_does_not_undo_leaving_out(library: Library, photos: Path) -> None:
    (photos / "copy.jpg").write_bytes((photos / "work" / "crowd.jpg").read_bytes())
    read_in(library, photos)
    leave_out(library, photos / "work")
    turn_on(library)
    look(library)
    crowd = digest(library, "crowd.jpg")
    assert len(library.places(crowd)) == 2
    assert faces.faces(library, [crowd], vectors=True) == []


def all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_forgotten_faces_leave_no_byte(library: Library) -> None:
    """Numbers as they are stored, and the pictures: in no file of the data folder, nor in one's free pages."""
    turn_on(library)
    look(library)
    vectors = [value for (value,) in library.ask(f"SELECT value FROM vector WHERE key LIKE '{IDENTITY}%'")]
    pictures = [path.read_bytes() for path in chips_in(library)]
    everything = all_bytes(library.data)
    assert len(vectors) == len(pictures) == 5
    assert all(value in everything for value in vectors), "the search finds what is there"
    assert all(picture[-200:] in everything for picture in pictures)
    told = forget_faces(library)
    assert (told.vectors, told.chips) == (5, 5)
    everything = all_bytes(library.data)
    for number in range(0, 256, 32):  # no piece of them either
        assert not [value for value in vectors if value[number : number + 32] in everything]
    assert not [picture for picture in pictures if picture[-200:] in everything]
    assert not library.chips.folder.exists()
    assert not faces.is_on(library)
    assert len(faces.faces(library)) == 5
    look(library)
    assert identities(library) == 0


def test_what_was_left_out_leaves_no_byte(library: Library, taken: Path) -> None:
    turn_on(library)
    look(library)
    crowd = digest(library, "crowd.jpg")
    vectors = [value for (value,) in library.ask("SELECT value FROM vector WHERE digest = ? AND part != ''", [crowd])]
    leave_out(library, taken / "work")
    assert len(vectors) == 2
    assert not [value for value in vectors if value in all_bytes(library.data)]


def test_turned_off_while_faces_are_told_apart_nothing_is_left(library: Library) -> None:
    def regret(step: Step) -> None:
        if step.stage == TELLING.name and step.done:
            forget_faces(library)

    turn_on(library)
    look(library, progress=regret)
    assert identities(library) == 0
    assert chips_in(library) == []


def test_left_out_while_faces_are_told_apart_nothing_of_it_is_left(library: Library, taken: Path) -> None:
    def regret(step: Step) -> None:
        if step.stage == TELLING.name and step.done:
            leave_out(library, taken / "work")

    turn_on(library)
    look(library, progress=regret)
    assert identities(library) == len(chips_in(library)) == 3


def test_an_index_in_use_is_said_rather_than_called_clean(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    turn_on(library)
    look(library)
    monkeypatch.setattr("unipic.library._tables.LOCK_TIMEOUT_S", 0.2)
    reader = Database(library.path)
    reader._base.execute("BEGIN")
    reader._base.execute("SELECT count(*) FROM vector").fetchone()
    try:
        with pytest.raises(UnipicError, match=r"may still hold bytes of what was deleted.*Try again"):
            forget_faces(library)
    finally:
        reader._base.rollback()
        reader.close()
    assert identities(library) == 0
    assert not faces.is_on(library)
    forget_faces(library)


def test_chips_go_with_their_photos(library: Library, taken: Path) -> None:
    turn_on(library)
    look(library)
    party = library.chips.path(digest(library, "party.jpg"), "face")
    library.forget(taken)
    assert chips_in(library) == []
    assert not list(party.parent.glob("*"))


def test_chips_go_with_the_index(library: Library) -> None:
    turn_on(library)
    look(library)
    library.forget_all()
    assert chips_in(library) == []


def test_the_stages_are_announced_as_they_come(library: Library) -> None:
    steps: list[Step] = []
    look(library, progress=steps.append)
    assert [one.name for one in steps[0].ahead] == [FINDING.name]
    steps.clear()
    turn_on(library)
    look(library, progress=steps.append)
    assert [one.name for one in steps[0].ahead] == [FINDING.name, TELLING.name]
    assert (steps[-1].stage, steps[-1].done, steps[-1].total) == (TELLING.name, 2, 2)


# What may start a person

STRAIGHT = ((0.4, 0.4), (0.6, 0.4), (0.5, 0.5), (0.42, 0.6), (0.58, 0.6))
GOOD = partial(Face, "d", (0.3, 0.3, 0.7, 0.7), STRAIGHT, 0.9, 80.0)


@pytest.mark.parametrize(
    ("face", "clear"),
    [
        (GOOD(), True),
        (Face("d", (0.3, 0.3, 0.7, 0.7), STRAIGHT, 0.9, 39.9), False),
        (Face("d", (0.3, 0.3, 0.7, 0.7), STRAIGHT, 0.84, 80.0), False),
        (Face("d", (0.3, 0.3, 0.7, 0.7), (*STRAIGHT[:2], (0.58, 0.5), *STRAIGHT[3:]), 0.9, 80.0), True),
        (Face("d", (0.3, 0.3, 0.7, 0.7), (*STRAIGHT[:2], (0.595, 0.5), *STRAIGHT[3:]), 0.9, 80.0), False),
        (Face("d", (0.3, 0.3, 0.7, 0.7), ((0.5, 0.5),) * 5, 0.9, 80.0), False),
        (GOOD(vector=np.full(128, 128**-0.5, np.float32)), False),
        (GOOD(vector=np.eye(128, dtype=np.float32)[0]), True),
    ],
    ids=["good", "small", "unsure", "turned a little", "in profile", "no points", "like anybody", "like nobody else"],
)
def test_what_may_start_a_person(face: Face, clear: bool) -> None:
    assert is_clear(face, np.full(128, 128**-0.5, np.float32)) == clear


def test_a_head_on_its_side_is_no_profile() -> None:
    """The nose is measured along the line of the eyes, whichever way that runs."""
    lying = tuple((y, 1 - x) for x, y in STRAIGHT)
    assert turned(GOOD().points) == pytest.approx(0, abs=1e-9)
    assert turned(lying) == pytest.approx(0, abs=1e-9)
