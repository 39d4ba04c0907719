"""A film's page in real Chromium: the lasso in the map, two films at one moment, the time that an address names."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from tests.browser.conftest import Server, start_server, stop_server
from tests.browser.test_axe import Inspector
from tests.helpers.filmed import write_film
from tests.helpers.libraries import read_in
from tests.helpers.pictures import scene

from server.film_work import ASKED, as_found
from unipic.core.photo import Photo
from unipic.core.settings import Limits, models_folder
from unipic.library.index import StoredIndex
from unipic.library.library import Library
from unipic.video.gathered import film_of, gather, rows_for
from unipic.video.reading import fingerprints_of
from unipic.vision.registry import open_encoder

pytestmark = [pytest.mark.browser, pytest.mark.nightly]
SHOTS, SIZE = 6, (160, 120)


@pytest.fixture(scope="module")
def shelf(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Photo]]:
    """A film of six shots whose pictures were found, and the same film at half its size."""
    data, films = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("films")
    pictures = [np.asarray(scene(seed, *SIZE)) // (1 + seed % 2) for seed in range(SHOTS)]
    frames = [np.roll(picture, 2 * step, axis=1) for picture in pictures for step in range(30)]
    write_film(films / "party.mp4", frames)
    write_film(films / "small.mp4", [np.ascontiguousarray(frame[::2, ::2]) for frame in frames])
    library = Library(data)
    read_in(library, films)
    found = {film.name: film for film in library.films()}
    encoder, _ = open_encoder("auto", models_folder(), fetch=False)
    index = StoredIndex(library.path.parent, library.thumbnails, Limits())
    rows = rows_for(ASKED, encoder, index)
    gather(film_of(as_found(found["party.mp4"]), rows)[0], ASKED, encoder, rows)
    fingerprints_of([*found.values()], index)
    index.close()
    started, process = start_server(data)
    yield started, found["party.mp4"]
    stop_server(process)


def test_the_lasso_keeps_and_leaves_out(page: Any, shelf: tuple[Server, Photo], quiet: Callable[[], None]) -> None:
    server, film = shelf
    page.set_default_timeout(30_000)
    page.goto(f"{server.url}/videos?film={film.digest}")
    page.get_by_text("Map", exact=True).click()
    page.locator(".js-plotly-plot .scatterlayer, .js-plotly-plot .gl-canvas-focus").first.wait_for(state="attached")
    plot = page.locator(".js-plotly-plot").first
    plot.hover()
    page.locator('.modebar-btn[data-val="lasso"]').first.click()
    box = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    around = [(0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99), (0.01, 0.02)]
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in around]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=8)
    page.mouse.up()
    page.get_by_text(f"{SHOTS} pictures", exact=True).first.wait_for()
    page.get_by_role("button", name="Keep these").click()
    page.get_by_role("heading", name=f"{SHOTS} pictures").wait_for()
    page.get_by_role("button", name="Leave these out").click()
    page.get_by_text("No picture is kept.").wait_for()
    quiet()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_films_together_and_the_moment_of_an_address(
    new_page: Callable[..., Any], shelf: tuple[Server, Photo], width: int, scheme: str
) -> None:
    server, film = shelf
    page = new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page.set_default_timeout(30_000)
    page.goto(f"{server.url}/videos?film={film.digest}&at=3.5")
    page.get_by_text("at 0:04").wait_for()
    page.get_by_role("heading", name="The same film").wait_for()
    page.get_by_text("of the shorter film's pictures agree").wait_for()
    inspector = Inspector(page)
    inspector.look("film")
    assert not inspector.found
