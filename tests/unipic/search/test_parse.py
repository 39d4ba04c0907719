"""The query language at its edges: anything may be typed, and nothing typed is ever syntax of something else."""

from __future__ import annotations

import os
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from tests.unipic.search.test_queries import LIBRARY, TODAY

from unipic.search.dates import Dates
from unipic.search.parse import Parser
from unipic.search.query import QueryError
from unipic.search.spans import day_after, first_day

NIGHTLY = bool(os.environ.get("UNIPIC_NIGHTLY"))
_WORDS = """
may in rome rom paris 2019 2019-07 14 july last week between and to - .. saturday night at the with without not no or
and anna "may" "rome" " :
kind: kind:raw date: date:2019 near:1,2 size:>5MB rating:>=4 who:-Ben | , + - +dog -cat 2:horse 0.5:
screenshots iphone 12 pixel 8 red black white & heic .gif img_12.jpg a/b C:\\x http://x 😀 ZÜRICH münchen ß ﬁ \x00
christmas 29 last 1990s 90s ago 10 years one two weekend 31 feb 30 february 99 0000 9999 ... ; ' drop table near( *
15.05.2024
"""
WORDS = _WORDS.split()


def parser(language: str = "en", today: date = TODAY) -> Parser:
    return Parser(LIBRARY, language, today)


@settings(max_examples=200_000 if NIGHTLY else 600, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(st.text(max_size=60), st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)),
    st.sampled_from(["en", "de", "fr", "es-419", "xx", "zh-Hant", ""]),
    st.dates(date(1950, 1, 1), date(2300, 1, 1)),
)
def test_anything_can_be_typed(text: str, language: str, today: date) -> None:
    try:
        query = parser(language, today).parse(text)
    except QueryError:
        return
    for chip in query.chips:
        assert 0 <= chip.start < chip.end <= len(text)
        assert all(chip.values)
    for chip in query.chips:  # what a chip is written as is read as the same chip
        (again,) = parser(language, today).parse(str(chip)).chips
        assert str(again) == str(chip)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("colr:red", "Did you mean color:?"),
        ("flder:x", "Did you mean folder:?"),
        ("color:mauve", "It takes red, orange"),
        ("date:soon", "date:2019-07..2019-08"),
        ("near:99,2", "near:48.86,2.35,5km"),
        ("size:big", "size:>5MB"),
        ("rating:many", ">=4 or 3..7"),
        ("time:25", "time:22..4"),
        ("month:13", "month:7"),
        ("day:13-01", "day:saturday"),
        ("limit:0", "limit:50"),
        ("place:", ""),
    ],
)
def test_a_wrong_key_or_value_is_an_error_with_advice(text: str, advice: str) -> None:
    if not advice:
        assert not parser().parse(text).chips  # nothing was said yet
        return
    with pytest.raises(QueryError, match=advice.replace("?", r"\?").replace(".", r"\.")):
        parser().parse(text)


@pytest.mark.parametrize(
    "text", ["https://example.com/a", r"C:\Users\me\cat.jpg", "10:30", "a:b", "::", "-", "+", "--", "- -", '"', "word:"]
)
def test_what_only_looks_like_syntax_is_text(text: str) -> None:
    parser().parse(text)


def test_a_long_text_takes_no_time_and_is_cut() -> None:
    query = parser().parse("in may " * 100_000)
    assert len(query.chips) < 1000


def test_a_chip_turned_back_into_words_is_words() -> None:
    assert parser().parse("word:May word:2019").chips == ()
    assert parser().parse("word:May in Rome").words == "May"


def test_seasons_are_those_of_where_photos_were_taken() -> None:
    south = Dates("en", TODAY, south=True)
    assert south.value("summer 2019") == "2019-12..2020-02"
    assert south.value("winter 2019") == "2019-06..2019-08"


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2019", date(2019, 1, 1), date(2020, 1, 1)),
        ("2020-02", date(2020, 2, 1), date(2020, 3, 1)),
        ("2019-12-31", date(2019, 12, 31), date(2020, 1, 1)),
    ],
)
def test_where_dates_begin_and_end(text: str, first: date, after: date) -> None:
    assert (first_day(text), day_after(text)) == (first, after)
