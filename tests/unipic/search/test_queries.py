"""Queries that were written by hand before the parser, with the chips each should give."""

from datetime import date
from pathlib import Path

import pytest

from unipic.search.parse import Parser
from unipic.search.query import Chip
from unipic.search.vocabulary import Vocabulary

TODAY = date(2024, 5, 15)
LIBRARY = Vocabulary(
    places={
        **{"Rome": 120, "Zürich": 40, "Paris": 80, "Lisbon": 60, "Nice": 15, "Florence": 22, "New York City": 30},
        **{"San Francisco": 12, "Reykjavík": 9, "München": 25, "São Paulo": 7, "Orange": 3, "Bath": 4},
    },
    other_names={"munich": "München", "new york": "New York City", "lisboa": "Lisbon", "roma": "Rome"},
    countries={"IT": 142, "FR": 98, "CH": 40, "PT": 60, "US": 42, "IS": 9, "DE": 25, "BR": 7, "GB": 4},
    people={"Anna": 200, "Ben": 150, "Carl": 40, "May": 12, "Florence": 30, "Mary Ann": 5},
    cameras={
        **{"Apple iPhone 12": 400, "Google Pixel 8": 300, "Canon EOS 80D": 200, "FUJIFILM X-T30": 80},
        **{"SONY ILCE-7M3": 60, "NIKON D750": 50},
    },
)
COUNTS = {"month:5": 90, "color:orange": 50}  # of chips that are not names
EXACT = 0.97  # of the queries, as SEARCH asks


def count(chip: Chip) -> int:
    names = {"place": LIBRARY.places, "who": LIBRARY.people, "country": LIBRARY.countries}.get(chip.key, {})
    return COUNTS.get(str(chip), sum(names.get(value, 0) for value in chip.values))


def queries() -> list[tuple[str, str, str, str]]:
    lines = Path(__file__).with_name("queries.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("# ")]
    return [(query, chips, left, language) for query, chips, left, language in rows]


def understood(query: str, language: str) -> tuple[str, str]:
    found = Parser(LIBRARY, language, TODAY, count).parse(query)
    return " & ".join(map(str, found.chips)), found.words


def test_almost_all_queries_are_understood_exactly() -> None:
    wrong = []
    for query, chips, left, language in queries():
        found = understood(query, language)
        if (sorted(found[0].split(" & ")), found[1]) != (sorted(chips.split(" & ")), left):
            wrong.append(f"{query!r}: {found}, not {(chips, left)}")
    assert len(wrong) <= (1 - EXACT) * len(queries()), "\n".join(["", *wrong])


def test_there_are_enough_queries() -> None:
    assert len(queries()) >= 300
    assert len({(query, language) for query, *_, language in queries()}) == len(queries())


@pytest.mark.parametrize(
    ("query", "readings"),
    [
        ("May", {"who:May", "word:May"}),
        ("Florence", {"place:Florence", "word:Florence"}),
        ("orange", {"place:Orange", "word:orange"}),
        ("2019", {"word:2019"}),
    ],
)
def test_a_chip_has_its_other_readings(query: str, readings: set[str]) -> None:
    (chip,) = Parser(LIBRARY, "en", TODAY, count).parse(query).chips
    assert set(chip.readings) == readings
