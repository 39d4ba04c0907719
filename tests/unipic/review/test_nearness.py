"""Nearness: words that tell a repeated frame from another pose."""

import pytest

from unipic.review.nearness import nearness


@pytest.mark.parametrize(
    ("alike", "words"),
    [
        ([100.0, 99.999, 99.9, 90.0, None], ["", "same frame", "moved", "another view", ""]),
        ([100.0, 100.0, 0.0], ["", "same frame", "another view"]),
        ([100.0, 100.0, 99.9999], ["", "", ""]),  # the same words for all tell nothing
        ([100.0, 91.0], ["", ""]),
        ([100.0, None, None], ["", "", ""]),
    ],
)
def test_words(alike: list[float | None], words: list[str]) -> None:
    assert nearness(alike) == words
