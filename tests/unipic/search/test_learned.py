"""Labels that are learned from a tag, with their precision on photos held out."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.galleries import photo
from tests.helpers.searched import asked, stored

from unipic.library.library import Library
from unipic.search.query import QueryError
from utils import search_gallery

BEACH, CITY = np.eye(16)[:2]


def found(library: Library, text: str) -> tuple[list[str], tuple[str, ...]]:
    results = search_gallery(text, asked(library))
    photos = library.photos(library.listing().ids)
    shown = {results.library.digests[at] for at in results.order.tolist()}
    return sorted(one.name for one in photos if one.digest in shown), results.notes


@pytest.fixture
def made(tmp_path: Path) -> Callable[[float], Library]:
    """20 photos of beaches and 40 of cities; `apart`: how far from each other, in standard deviations."""

    def make(apart: float) -> Library:
        rng, vectors = np.random.default_rng(5), {}
        for number in range(60):
            middle = BEACH if number < 20 else CITY
            vectors[f"{number:02}"] = apart * middle + rng.normal(size=16)
        return stored(tmp_path / "data", [photo(name, name=f"{name}.jpg") for name in vectors], vectors)

    return make


def tag(library: Library, names: range, words: str = "beach") -> None:
    photos = {one.name: one.digest for one in library.photos(library.listing().ids)}
    library.marks.tag([photos[f"{number:02}.jpg"] for number in names], words)


def test_photos_like_the_tagged_ones_are_found(made: Callable[[float], Library]) -> None:
    library = made(12)
    tag(library, range(9))
    shown, notes = found(library, "label:beach")
    beaches = {f"{number:02}.jpg" for number in range(20)}
    assert beaches.issuperset(shown)
    assert len(shown) > 15, "most of those that nobody tagged"
    assert any("of photos held out, 100% of the tagged were found; tag some 'not beach'" in note for note in notes)
    assert len(found(library, "-label:beach")[0]) == 60 - len(shown)


def test_the_precision_is_told_by_photos_that_are_not_it(made: Callable[[float], Library]) -> None:
    library = made(12)
    tag(library, range(9))
    tag(library, range(12, 20), "not beach")  # taken at the lake
    shown, notes = found(library, "label:beach")
    assert not {f"{number:02}.jpg" for number in range(12, 20)} & {*shown}
    assert any("8 tagged 'not beach'" in note and "of those found had the tag" in note for note in notes)


@pytest.mark.parametrize(
    ("tagged", "why"),
    [(range(7), "there are 7 so far"), (range(0, 60, 6), "tag more"), (range(55), "without the tag")],
)
def test_a_label_that_cannot_be_learned_says_why(made: Callable[[float], Library], tagged: range, why: str) -> None:
    library = made(12)
    tag(library, tagged)
    with pytest.raises(QueryError, match=why):
        found(library, "label:beach")
