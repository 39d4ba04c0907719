"""What chips are called on the screen."""

import pytest
from tests.unipic.search.test_parse import parser
from tests.unipic.search.test_queries import queries

from unipic.search.labels import label


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("14 July 2019", "14 July 2019"),
        ("May to July 2018", "May 2018 to July 2018"),
        ("since 2020", "from 2020"),
        ("until 2019", "up to 2019"),
        ("before 2015", "before 2015"),
        ("in winter", "December to February"),
        ("christmas", "24 December to 26 December"),
        ("on saturday", "Saturday"),
        ("day:14", "14"),
        ("at night", "21:00 to 6:00"),
        ("Italy", "Italy"),
        ("Rome or Paris", "Rome or Paris"),
        ("not blurry", "not blurry"),
        ("b&w", "black and white"),
        ("no location", "not with a location"),
        ("4 stars or more", "rating: from 4 stars"),
        ("heic", "HEIF"),
        ("near:48.86,2.35,5km", "48.86, 2.35 within 5 km"),
        ("size:>5MB", "size: >5MB"),
        ("mp:>=12", "mp: 12.."),
        ("tag:family", "tag: family"),
    ],
)
def test_a_chip_in_words(text: str, words: str) -> None:
    (chip,) = parser().parse(text).chips
    assert label(chip).removeprefix("near: ") == words


def test_every_chip_has_words() -> None:
    for query, _, _, language in queries():
        for chip in parser(language).parse(query).chips:
            assert label(chip, language).strip()
