"""What Apple's cameras write beside the standards, and what is no such thing."""

import tempfile
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given
from tests.helpers.assets import IDENTIFIER, box, film, maker_note

from unipic.reading.apple import BURST, CONTENT, Clip, maker_note as texts_of, read_clip


def clip(path: Path, data: bytes) -> Clip:
    path.write_bytes(data)
    with open(path, "rb") as file:
        return read_clip(file)


def test_the_texts_of_a_maker_note() -> None:
    note = maker_note(identifier=IDENTIFIER, burst="B" * 36)
    assert texts_of(note) == {BURST: "B" * 36, CONTENT: IDENTIFIER}


@pytest.mark.parametrize("note", [None, b"", b"Nikon", "Apple iOS", maker_note()[:14], maker_note()[:15]])
def test_what_is_no_maker_note_of_apples_says_nothing(note: object) -> None:
    assert texts_of(note) == {}


@given(st.integers(14, 70), st.binary(max_size=40))
def test_a_broken_maker_note_breaks_nothing(cut: int, tail: bytes) -> None:
    texts = texts_of(maker_note(identifier=IDENTIFIER)[:cut] + tail)
    assert all(text.isprintable() for text in texts.values())


@pytest.mark.parametrize("version", [0, 1])
def test_what_a_film_says(version: int, tmp_path: Path) -> None:
    assert clip(tmp_path / "f", film(2.5, IDENTIFIER, version)) == Clip(2.5, IDENTIFIER)
    assert clip(tmp_path / "f", film(300.0, "", version)) == Clip(300.0, "")


def test_a_film_whose_pictures_are_counted_in_64_bits(tmp_path: Path) -> None:
    wide = (1).to_bytes(4) + b"mdat" + (16 + 5).to_bytes(8) + bytes(5)
    assert clip(tmp_path / "f", film(2.5, IDENTIFIER, first=wide)) == Clip(2.5, IDENTIFIER)


def test_what_is_no_film_says_nothing(tmp_path: Path) -> None:
    for data in (b"", b"text", bytes(100), box(b"moov"), box(b"moov", box(b"mvhd", bytes(3))), film()[:60]):
        assert clip(tmp_path / "f", data) == Clip()


def test_a_clock_of_nothing_is_no_length(tmp_path: Path) -> None:
    assert clip(tmp_path / "f", box(b"moov", box(b"mvhd", bytes(100)))) == Clip()


@given(st.integers(0, 400), st.integers(0, 255), st.binary(max_size=20))
def test_a_broken_film_breaks_nothing(at: int, value: int, tail: bytes) -> None:
    data = bytearray(film(2.5, IDENTIFIER))
    data[at % len(data)] = value
    with tempfile.TemporaryFile() as file:
        file.write(bytes(data) + tail)
        file.flush()
        file.seek(0)
        assert read_clip(file).identifier.isprintable()
