"""Maps of keyframes: the same input gives the same picture, without a display and without a server."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unipic.video.plots import SINGLE, Marks, figure, project, save_html, save_png


@pytest.fixture
def vectors() -> np.ndarray:
    chance = np.random.default_rng(4)
    middles = chance.normal(size=(3, 32))
    return np.concatenate([middle + 0.05 * chance.normal(size=(6, 32)) for middle in middles])


@pytest.fixture
def marks() -> Marks:
    labels = [0] * 6 + [1] * 6 + [SINGLE] * 6
    best = [place in (0, 6) for place in range(18)]
    return Marks(labels, best, [f"<b>clip</b> {place}" for place in range(18)], [_jpeg(place) for place in range(18)])


def _jpeg(place: int) -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (32, 18), (10 * place, 90, 120)).save(kept, "JPEG")
    return kept.getvalue()


def test_points_of_one_scene_lie_together_and_are_always_the_same(vectors: np.ndarray) -> None:
    points = project(vectors)
    assert points.shape == (18, 2)
    assert (points == project(vectors)).all()
    groups = points.reshape(3, 6, 2)
    inside = np.linalg.norm(groups - groups.mean(axis=1, keepdims=True), axis=2).max()
    middles = groups.mean(axis=1)
    assert inside < min(np.linalg.norm(middles[a] - middles[b]) for a, b in ((0, 1), (0, 2), (1, 2))) / 2


@pytest.mark.parametrize("number", [0, 1, 2, 4])
def test_few_points_are_laid_out_too(vectors: np.ndarray, number: int) -> None:
    points = project(vectors[:number])
    assert points.shape == (number, 2)
    assert np.isfinite(points).all()


def test_equal_vectors_are_one_point() -> None:
    points = project(np.ones((9, 8)))
    assert np.allclose(points, points[0])


@pytest.mark.parametrize("thumbnails", [False, True])
def test_a_png_is_drawn_without_a_display(
    thumbnails: bool, vectors: np.ndarray, marks: Marks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    given = marks if thumbnails else Marks(marks.labels, marks.best)
    save_png(project(vectors, exact=True), given, tmp_path / "map.png", "a $title")
    with Image.open(tmp_path / "map.png") as picture:
        assert picture.size == (2400, 1600)
        assert len(np.unique(np.asarray(picture.convert("RGB").resize((300, 200))).reshape(-1, 3), axis=0)) > 10


def test_the_page_needs_no_network_and_shows_names_as_text(vectors: np.ndarray, marks: Marks, tmp_path: Path) -> None:
    save_html(project(vectors, exact=True), marks, tmp_path / "map.html", "<i>films</i>")
    page = (tmp_path / "map.html").read_text()
    assert "<script src=" not in page
    assert "<i>films" not in page
    assert "<b>clip" not in page
    assert page.count("data:image/jpeg;base64,") == 18


def test_each_point_says_which_frame_it_is(vectors: np.ndarray, marks: Marks) -> None:
    made = figure(project(vectors, exact=True), marks)
    assert sorted(int(place) for trace in made.data for place in trace.customdata) == list(range(18))
    assert [trace.name for trace in made.data] == ["6 singles", "group 1: 6", "group 2: 6"]
