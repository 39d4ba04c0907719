"""A film is found by each of its chosen frames, with the time of the one that is like what is asked."""

from pathlib import Path

import numpy as np
import pytest
from tests.helpers.filmed import write_film
from tests.helpers.libraries import SETTINGS, read_in, taken
from tests.helpers.pictures import scene

from unipic.core.photo import Found
from unipic.library.filling import text_encoder, text_key
from unipic.library.index import StoredIndex
from unipic.library.library import Library
from unipic.library.searchable import Searchable
from unipic.reading.engines.inline import InlineEngine
from unipic.search.ranking import Ranked, by_examples
from unipic.sources.base import stamp
from unipic.video import gathered
from unipic.video.gathered import FilmFrame
from unipic.video.keyframes import Asked
from unipic.vision.builtin import BuiltinEncoder

SHOTS, SIZE = 4, (160, 120)


class Colours:
    """Sees the mean colours of nine fields; a text encoder for this test."""

    key, label = "colours", "colours"

    def embed(self, pictures: list[np.ndarray]) -> np.ndarray:
        rows = [one[: len(one) // 3 * 3, : one.shape[1] // 3 * 3] for one in pictures]
        fields = [r.reshape(3, len(r) // 3, 3, r.shape[1] // 3, 3).mean(axis=(1, 3)).ravel() - 100 for r in rows]
        found = np.stack(fields).astype(np.float32)
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True))


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Library, tuple[FilmFrame, ...]]:
    """Photos of other places, and a film whose frames were chosen."""
    monkeypatch.setattr("unipic.sources.base.NEW", 0)
    monkeypatch.setattr(gathered, "in_worker", lambda task, item, limits=None: task(item))
    for number in range(3):
        taken(90 + number, tmp_path / "all" / f"{number}.jpg", "")
    pictures = [np.asarray(scene(seed, *SIZE)) // (1 + seed % 2) for seed in range(SHOTS)]
    path = write_film(tmp_path / "all" / "film.mp4", [picture for picture in pictures for _ in range(40)])
    library = Library(tmp_path / "data")
    read_in(library, path.parent)
    index = StoredIndex(library.path.parent, library.thumbnails, SETTINGS.limits)
    rows = gathered.rows_for(Asked(""), BuiltinEncoder(), index)
    status = path.stat()
    film, _ = gathered.film_of(Found(str(path), path.name, str(path), status.st_size, stamp(status)), rows)
    found = gathered.gather(film, Asked(""), BuiltinEncoder(), rows)
    index.close()
    return library, found.frames


def state(library: Library) -> Searchable:
    return Searchable(library, BuiltinEncoder().key, BuiltinEncoder().calibration)


def test_each_frame_finds_its_film_at_its_time(shelf: tuple[Library, tuple[FilmFrame, ...]]) -> None:
    library, frames = shelf
    asked = state(library)
    film = asked.positions_of([library.films()[0].digest])[0]
    assert len(frames) == SHOTS
    for frame in frames:
        near = asked.nearest(frame.vector, 4, None)
        assert sorted(near.places) == [0, 1, 2, 3], "each photo and film once"
        assert near.places[0] == film
        assert near.at[film] == pytest.approx(frame.candidate.seconds, abs=0.001)
        np.testing.assert_allclose(near.vectors[0] @ frame.vector, near.cosines[0], atol=1e-3)
    photos = np.array([place for place in range(4) if place != film])
    assert set(asked.nearest(frames[0].vector, 4, photos).places) == set(photos), "only what is allowed"


def test_an_example_is_like_a_moment(shelf: tuple[Library, tuple[FilmFrame, ...]]) -> None:
    library, frames = shelf
    asked, none = state(library), np.zeros((0, 0), np.float32)
    ranked = Ranked.of(len(asked.digests))
    by_examples(ranked, asked, frames[2].vector[None], none, np.arange(4), 0.9)
    assert list(ranked.at.values()) == [pytest.approx(frames[2].candidate.seconds, abs=0.001)]


def test_what_searches_by_words_sees_the_frames_once(shelf: tuple[Library, tuple[FilmFrame, ...]]) -> None:
    library, frames = shelf
    model, film = text_encoder(Colours.key, Colours), library.films()[0].digest
    asked = "SELECT count(*) FROM vector WHERE key = ? AND digest = ? AND part != ''"
    for _ in range(2):
        library.fill(model, InlineEngine())
        assert library.number(asked, [text_key(Colours.key), film]) == len(frames)
    near = state(library).nearest(np.asarray(_seen(library, frames[1])), 1, None, text_key(Colours.key))
    assert list(near.at.values()) == [pytest.approx(frames[1].candidate.seconds, abs=0.001)]


def _seen(library: Library, frame: FilmFrame) -> np.ndarray:
    (value,) = library.ask("SELECT value FROM vector WHERE key = ? AND part = ?", [text_key(Colours.key), frame.name])[
        0
    ]
    return np.frombuffer(value, np.float16).astype(np.float32)
