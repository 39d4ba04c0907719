"""Faces in films: tracks with their best faces, off until asked, and forgotten without a trace."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.helpers.drawn_faces import group
from tests.helpers.filmed import write_film
from tests.helpers.libraries import read_in
from tests.unipic.library.test_library_faces import Plain, chips_in, identities, look

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

SIZE = (640, 480)


def moving(number: int, seconds: float) -> list[np.ndarray]:
    """A drawn person who walks to the right."""
    return [np.asarray(group({(40 + 2 * step, 80, 260): number}, *SIZE)) for step in range(round(25 * seconds))]


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    """Of one film: a person for four seconds, a moment of nobody, another person."""
    monkeypatch.setattr("unipic.sources.base.NEW", 0)
    for module in (faces, film_faces):
        monkeypatch.setattr(module, "open_face_encoder", lambda *_: Plain(), raising=False)
    monkeypatch.setattr("utils.open_face_encoder", lambda *_: Plain())
    monkeypatch.setattr(film_faces, "in_worker", lambda task, item, limits=None: task(item))
    nobody = [np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)] * 50
    write_film(tmp_path / "films" / "party.mp4", moving(0, 4) + nobody + moving(1, 3))
    library = Library(tmp_path / "data")
    read_in(library, tmp_path / "films")
    return library


def in_film(library: Library, vectors: bool = False) -> list[Face]:
    return [one for one in faces.faces(library, vectors=vectors) if one.time is not None]


def test_nobody_is_looked_for_before_it_is_asked(library: Library) -> None:
    assert look(library) == []
    assert in_film(library) == [] and identities(library) == 0 and chips_in(library) == []


def test_the_best_faces_of_each_track_have_their_times(library: Library) -> None:
    turn_on(library)
    assert look(library) == []
    found = in_film(library, vectors=True)
    first, second = ([one for one in found if (one.time or 0) < 5], [one for one in found if (one.time or 0) >= 5])
    assert 1 <= len(first) <= BEST and 1 <= len(second) <= BEST
    assert all(0 <= (one.time or 0) <= 4 for one in first) and all(6 <= (one.time or 0) <= 9 for one in second)
    assert len(chips_in(library)) == len(found)
    before = library.version()
    assert look(library) == [] and in_film(library) and library.path.stat().st_mtime_ns == before[0], "looked at once"


def test_they_become_persons_of_the_film_with_times(library: Library) -> None:
    turn_on(library)
    look(library)
    people = open_people(library)
    people.group()
    (film,) = library.films()
    somebody = max(people.everybody.values(), key=lambda one: len(one.faces))
    people.name(somebody.id, "Anna")
    (named,) = [one for one in people.of_kind("person") if one.row.name == "Anna"]
    told = times(library, film.digest)
    assert told[named.id] == sorted({one.time for one in named.faces})
    assert film.digest in {one.digest for one in named.faces}


def test_forgetting_leaves_no_byte_and_finds_the_film_anew(library: Library) -> None:
    turn_on(library)
    look(library)
    found = in_film(library, vectors=True)
    vectors = [np.asarray(one.vector, np.float16).tobytes() for one in found]
    stored = library.ask("SELECT value FROM vector WHERE key LIKE ?", [f"{faces.IDENTITY}%"])
    chips = [path.read_bytes() for path in chips_in(library)]
    forget_faces(library)
    kept = b"".join(path.read_bytes() for path in library.data.rglob("*") if path.is_file())
    assert found and not any(value in kept for (value,) in stored) and not any(chip in kept for chip in chips)
    assert not any(vector in kept for vector in vectors) and in_film(library) == []
    turn_on(library)
    look(library)
    assert [one.key for one in in_film(library, vectors=True)] == [one.key for one in found]


def test_a_folder_that_is_left_out_has_no_faces_in_films(library: Library, tmp_path: Path) -> None:
    turn_on(library)
    look(library)
    leave_out(library, tmp_path / "films")
    assert in_film(library) == [] and identities(library) == 0 and chips_in(library) == []
    look(library)
    assert in_film(library) == []


def test_two_in_one_moment_are_two_people_and_two_moments_may_be_one() -> None:
    def at(time: float | None) -> Apart:
        return Apart.of(Face("a" * 64, (0.1, 0.1, 0.2, 0.2), (), 0.9, 80.0, time=time), NOTHING)

    assert at(1.0).together(at(1.0)) and not at(1.0).together(at(2.0)) and at(None).together(at(None))


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
