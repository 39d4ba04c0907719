"""From photos to persons: faces are found, told apart once somebody asked, and grouped; and a selfie is compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.helpers.drawn_faces import face, group
from tests.helpers.libraries import SETTINGS, read_in
from tests.helpers.people import face as made_up, faces_of, vector_of
from tests.helpers.pictures import save, scene

from unipic.core.errors import SourceError
from unipic.examples import faces_in_picture
from unipic.library.faces import forget_faces, turn_on
from unipic.library.library import Library
from unipic.people.limits import DLIB
from unipic.people.selfie import clear_faces, photos_of
from unipic.reading.engines.inline import InlineEngine
from unipic.tools import Tools
from unipic.vision.builtin import BuiltinEncoder
from utils import find_people

PLACES = [(20, 60, 200), (30, 80, 200), (60, 40, 200)]  # of a face in each photo


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setattr("unipic.sources.base.NEW", 0)
    for number, place in enumerate(PLACES):
        save(group({place: 0, (400, 80 + 20 * number, 180): 2}), tmp_path / "photos" / f"{number}.jpg", quality=95)
    save(scene(1), tmp_path / "photos" / "beach.jpg")
    library = Library(tmp_path / "data")
    read_in(library, tmp_path / "photos")
    return library


def test_from_photos_to_persons(library: Library, tmp_path: Path) -> None:
    tools = Tools(BuiltinEncoder(), None, InlineEngine(), library.thumbnails)
    people, notices = find_people(library, tools, SETTINGS)
    assert (list(people.everybody), notices) == ([], []), "whose faces they are is worked out only when asked"
    turn_on(library)
    people, _ = find_people(library, tools, SETTINGS)
    assert sum(len(one.faces) for one in people.everybody.values()) == 6
    assert all(len({one.digest for one in some.faces}) == len(some.faces) for some in people.everybody.values())
    ana = people.name(next(iter(people.everybody)), "Ana")
    again, _ = find_people(library, tools, SETTINGS, tidy=True)
    assert again.everybody[ana.id].faces[0].key == ana.faces[0].key
    save(group({PLACES[0]: 0}), tmp_path / "selfie.jpg", quality=95)
    selfie = faces_in_picture(tmp_path / "selfie.jpg", tools, SETTINGS)[0]
    assert [match.sure for match in photos_of(selfie, people.faces, DLIB)][:3] == [True] * 3
    chips = len(list(library.chips.folder.rglob("*.jpg")))
    vectors = [np.asarray(one.vector, np.float16).tobytes() for one in ana.faces if one.vector is not None]
    again.forget(ana.id)
    assert len(list(library.chips.folder.rglob("*.jpg"))) == chips - len(ana.faces)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert vectors
    assert not any(vector in kept for vector in vectors)
    assert b"Ana" not in kept
    assert {one.key for one in ana.faces}.isdisjoint(one.key for one in find_people(library, tools, SETTINGS)[0].faces)
    with pytest.raises(SourceError, match="no face"):
        faces_in_picture(tmp_path / "photos" / "beach.jpg", tools, SETTINGS)
    with pytest.raises(SourceError, match="not a file"):
        faces_in_picture(tmp_path / "gone.jpg", tools, SETTINGS)


def test_the_largest_face_comes_first() -> None:
    picture = np.asarray(group({(20, 60, 120): 0, (250, 60, 260): 2}))
    largest, *others = clear_faces(picture)
    assert largest.box[0] > 0.3
    assert len(others) == 1
    assert clear_faces(np.asarray(Image.new("RGB", (64, 64)))) == []
    assert face(0).size == (240, 240)


def test_a_poor_face_is_less_sure_than_a_clear_one() -> None:
    clear, poor = faces_of([1], [1])
    poor = made_up(1, 1, clear=False, vector=clear.vector)
    stranger = made_up(2, 2)
    selfie = made_up(1, 9, vector=(clear.vector + 0.37 * vector_of(7, 7)) / 1.0)  # type: ignore[operator]
    selfie.vector[:] /= np.linalg.norm(selfie.vector)  # type: ignore[index]
    cosine = float(selfie.vector @ clear.vector)  # type: ignore[operator]
    found = photos_of(selfie, [clear, poor, stranger], DLIB)
    assert {match.digest: match.sure for match in found} == {
        clear.digest: cosine >= DLIB.you,
        poor.digest: cosine >= DLIB.attach,
    }
    assert photos_of(made_up(1, 1, vector=None), [clear], DLIB) == []
    assert photos_of(selfie, [], DLIB) == []


def test_a_person_who_is_not_to_be_found_again(library: Library, tmp_path: Path) -> None:
    """Faces of new photos that are hers are deleted as soon as they are told apart; deleting all ends that."""
    turn_on(library)
    tools = Tools(BuiltinEncoder(), None, InlineEngine(), library.thumbnails)
    people, _ = find_people(library, tools, SETTINGS)
    ana = next(some for some in people.everybody.values() if some.faces[0].box[0] < 0.5)
    assert len(people.faces) == 6
    people.forget(ana.id, again=False)
    save(group({PLACES[0]: 0, (400, 80, 180): 2}), tmp_path / "photos" / "new.jpg", quality=90)
    read_in(library, tmp_path / "photos")
    left = find_people(library, tools, SETTINGS)[0].faces
    assert len(left) == 6 - len(ana.faces) + 1
    assert all(one.box[0] > 0.5 for one in left)
    forget_faces(library)
    turn_on(library)
    assert len(find_people(library, tools, SETTINGS)[0].faces) == 8
