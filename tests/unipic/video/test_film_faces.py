"""Faces in films: tracks with their best faces, off until asked, and forgotten without a trace."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tests.helpers.drawn_faces import group
from tests.helpers.filmed import write_film
from tests.helpers.libraries import read_in
from tests.unipic.library.test_library_faces import Plain, chips_in, identities, look

from server.people_routes import people_routes
from unipic.core.face import Face
from unipic.library import faces
from unipic.library.appearances import times
from unipic.library.faces import forget_faces, leave_out, turn_on
from unipic.library.library import Library
from unipic.people.linking import Apart
from unipic.people.people import open_people
from unipic.people.rulings import NOTHING
from unipic.reading.scaled import jpeg
from unipic.video import film_faces
from unipic.video.film_faces import BEST, FilmFace, best_of_tracks

SIZE = (480, 360)
RATE = 5


def moving(number: int, seconds: float) -> list[np.ndarray]:
    """A drawn person who walks to the right."""
    drawn = np.asarray(group({(30, 60, 200): number}, *SIZE))
    return [np.roll(drawn, 3 * step, axis=1) for step in range(round(RATE * seconds))]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A person for four seconds, two of nobody, another person for three."""
    nobody = [np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)] * 2 * RATE
    return write_film(tmp_path_factory.mktemp("films") / "party.mp4", moving(0, 4) + nobody + moving(1, 3), RATE)


@pytest.fixture
def library(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    """Of the film alone."""
    monkeypatch.setattr("unipic.sources.base.NEW", 0)
    monkeypatch.setattr(faces, "open_face_encoder", lambda *_: Plain())
    monkeypatch.setattr("unipic.video.film_faces.open_face_encoder", lambda *_: Plain())
    monkeypatch.setattr(film_faces, "in_worker", lambda task, item, limits=None: task(item))
    library = Library(tmp_path / "data")
    read_in(library, film.parent)
    return library


def in_film(library: Library, vectors: bool = False) -> list[tuple[Face, float]]:
    return [(one, one.time) for one in faces.faces(library, vectors=vectors) if one.time is not None]


def nothing_is_left(library: Library) -> bool:
    return not (in_film(library) or identities(library) or chips_in(library))


def test_nobody_is_looked_for_before_it_is_asked(library: Library) -> None:
    assert look(library) == []
    assert nothing_is_left(library)


def test_the_best_faces_of_each_track_become_persons_with_times(library: Library) -> None:
    turn_on(library)
    assert look(library) == []
    found = in_film(library, vectors=True)
    first, second = [at for _, at in found if at < 5], [at for _, at in found if at >= 5]
    assert 1 <= len(first) <= BEST
    assert 1 <= len(second) <= BEST
    assert max(first) <= 4
    assert 6 <= min(second) <= max(second) <= 9
    assert len(chips_in(library)) == len(found)
    people = open_people(library)
    people.group()
    (film,) = library.films()
    somebody = max(people.everybody.values(), key=lambda one: len(one.faces))
    people.name(somebody.id, "Anna")
    (named,) = [one for one in people.of_kind("person") if one.row.name == "Anna"]
    moments = times(library, film.digest)[named.id]
    assert moments == sorted({one.time for one in named.faces})
    client = TestClient(Starlette(routes=people_routes(library)))
    told = client.get(f"/unipic/people/person/{named.id}").json()
    assert told["films"] == [
        {"digest": film.digest, "name": "party.mp4", "times": times(library, film.digest)[named.id]}
    ]
    box = told["all"][0]["key"].partition(" ")[2]
    assert client.get(f"/unipic/people/chip/{film.digest}", params={"box": box}).content[:2] == b"\xff\xd8"
    for digest, wrong in ((film.digest, "1 2 3 4"), (film.digest, "../../x"), ("f" * 64, box)):
        assert client.get(f"/unipic/people/chip/{digest}", params={"box": wrong}).status_code == 404
    forget_faces(library)
    assert client.get(f"/unipic/people/chip/{film.digest}", params={"box": box}).status_code == 404


def test_a_film_is_looked_through_once(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    turn_on(library)
    look(library)
    monkeypatch.setattr(film_faces, "in_worker", lambda *_: pytest.fail("the film was opened again"))
    assert look(library) == []
    assert in_film(library)


def test_forgetting_leaves_no_byte_and_finds_the_film_anew(library: Library) -> None:
    turn_on(library)
    look(library)
    before = [one.key for one, _ in in_film(library, vectors=True)]
    stored = library.ask("SELECT value FROM vector WHERE key LIKE ?", [f"{faces.IDENTITY}%"])
    secret = [*(value for (value,) in stored), *(path.read_bytes() for path in chips_in(library))]
    forget_faces(library)
    kept = b"".join(path.read_bytes() for path in library.data.rglob("*") if path.is_file())
    assert secret
    assert not any(piece in kept for piece in secret)
    assert nothing_is_left(library)
    turn_on(library)
    look(library)
    assert [one.key for one, _ in in_film(library, vectors=True)] == before


def test_a_folder_that_is_left_out_has_no_faces_in_films(library: Library, film: Path) -> None:
    turn_on(library)
    look(library)
    leave_out(library, film.parent)
    assert nothing_is_left(library)
    look(library)
    assert in_film(library) == []


def test_two_in_one_moment_are_two_people_and_two_moments_may_be_one() -> None:
    def at(time: float | None) -> Apart:
        return Apart.of(Face("a" * 64, (0.1, 0.1, 0.2, 0.2), (), 0.9, 80.0, time=time), NOTHING)

    assert at(1.0).together(at(1.0))
    assert not at(1.0).together(at(2.0))
    assert at(None).together(at(None))


@pytest.mark.parametrize(
    ("pictures", "shift", "tracks"),
    [
        pytest.param((0, 1, 2, 3, 4), 0.01, 1, id="one who stays"),
        pytest.param((0, 1, 9, 10), 0.01, 2, id="one who comes back later"),
        pytest.param((0, 1, 2), 0.4, 3, id="one who jumps"),
        pytest.param((3, 3), 0.0, 2, id="two in one picture"),
    ],
)
def test_tracks(pictures: tuple[int, ...], shift: float, tracks: int) -> None:
    chip = jpeg(Image.fromarray(np.full((150, 150, 3), 90, np.uint8)))
    found = [
        FilmFace(at, float(at), (shift * n, 0.1, shift * n + 0.2, 0.4), ((0.1, 0.1),) * 5, 0.9, 80.0 + n, chip)
        for n, at in enumerate(pictures)
    ]
    kept = best_of_tracks(found, lambda aligned: np.tile(np.eye(1, 8, dtype=np.float32), (len(aligned), 1)))
    assert len(kept) == sum(min(BEST, count) for count in _counts(pictures, tracks))


def _counts(pictures: tuple[int, ...], tracks: int) -> list[int]:
    """Faces of each track of equal length, and of the one of five."""
    return [len(pictures)] if tracks == 1 else [len(pictures) // tracks] * tracks
