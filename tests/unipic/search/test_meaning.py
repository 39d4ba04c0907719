"""Searching by what photos show, with an encoder that knows three colours."""

from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.helpers.libraries import read_in
from tests.helpers.readers import ColourReader

from unipic.cleanup.rank import Scores, prompt_score
from unipic.core.errors import ModelError
from unipic.core.settings import Limits
from unipic.library.captions import vectors_of
from unipic.library.filling import text_encoder, text_key
from unipic.library.index import StoredIndex
from unipic.library.library import Library
from unipic.library.searchable import Searchable
from unipic.reading.engines.inline import InlineEngine
from unipic.search.meaning import Meaning, in_use
from unipic.search.results import Results
from unipic.search.search import Asked, Choice
from unipic.vision.base import Calibration, Cutoff
from utils import search_gallery

LIMITS = Cutoff(found=0.6, maybe=0.05, measured_on="by hand")
CAPTIONS = ["warm", "leafy", "watery", "a photo"]
SHADES = {
    "tomato": (230, 20, 20),
    "brick": (160, 70, 60),
    "meadow": (30, 200, 40),
    "sea": (20, 40, 220),
    "stone": (120, 120, 120),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for number, (name, colour) in enumerate(SHADES.items()):
        noise = np.random.default_rng(number).integers(-9, 9, (240, 320, 3))
        Image.fromarray(np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)).save(folder / f"{name}.png")
    library = Library(tmp_path_factory.mktemp("data"))
    read_in(library, folder)
    for name in ("colours", "before"):
        fill(library, ColourReader(name))
    return library.data


def fill(library: Library, reader: ColourReader) -> int:
    return library.fill(text_encoder(reader.key, lambda: reader), InlineEngine())


@pytest.fixture
def library(data: Path) -> Searchable:
    return Searchable(Library(data), "no other vectors", Calibration(0.5, 10.0))


def asked(library: Searchable, cutoff: Cutoff | None = LIMITS, about: tuple[str, ...] = ()) -> Asked:
    reader = ColourReader("colours", cutoff)
    meaning = Meaning(reader, lambda: reader.embed_texts(CAPTIONS))
    return Asked(library, today=date(2024, 5, 15), meaning=meaning, about_meaning=about)


def names(found: Results, zone: str = "") -> list[str]:
    photos = found.library.reader.photos(found.library.files[found.order].tolist())
    zones = [found.zone_of(at) for at in found.order.tolist()]
    return [Path(photo.name).stem for photo, its in zip(photos, zones, strict=True) if zone in ("", its)]


def test_words_find_what_shows_them_the_surest_first(library: Searchable) -> None:
    found = search_gallery("warm", asked(library))
    assert names(found, "Found") == ["tomato"]
    assert names(found, "Less sure") == ["brick"]
    assert found.total == 2
    assert all(why.startswith("looks like the words (0.") for why in found.why(found.order.tolist()))


def test_what_nothing_shows_finds_nothing(library: Searchable) -> None:
    found = search_gallery("unicorn", asked(library))
    assert (found.total, found.headings()) == (0, [])


def test_a_condition_promotes_nothing(library: Searchable) -> None:
    """The photos that a condition leaves are judged as they were without it."""
    assert names(search_gallery("warm format:png", asked(library))) == ["tomato", "brick"]
    assert names(search_gallery("warm name:sea", asked(library))) == []


def test_a_minus_takes_away_and_weights_add(library: Searchable) -> None:
    both = asked(library).meaning
    assert both is not None
    query = both.query(asked(library).parse("warm -watery").parts)
    np.testing.assert_allclose(query, np.array([1, 0, -0.5, 0]) / np.sqrt(1.25), atol=1e-6)
    query = both.query(asked(library).parse("2:warm + leafy").parts)
    np.testing.assert_allclose(query, np.array([2, 1, 0, 0]) / np.sqrt(5), atol=1e-6)


def test_unwanted_words_alone_rank_what_shows_them_last(library: Searchable) -> None:
    found = names(search_gallery("-warm", asked(library)))
    assert len(found) == len(SHADES)
    assert "tomato" not in found[:-2]


def test_words_that_are_written_are_found_besides(library: Searchable) -> None:
    """A photo's name is as sure as its looks."""
    found = search_gallery("meadow", asked(library))
    assert names(found, "Found") == ["meadow"]
    assert "name: meadow" in found.why(found.order.tolist())[0]


def test_until_limits_are_measured_nothing_is_hidden_and_that_is_said(
    library: Searchable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unipic.search.meaning.SHOWN", 3)
    found = search_gallery("warm", asked(library, None), unsure=False)
    assert names(found, "Nearest to the words")[:2] == ["tomato", "brick"]
    assert len(names(found)) == len(SHADES)
    said = "From photo 4 on it may be anything: the limits of Colours (colours) were not measured"
    assert found.notes == (said,)
    monkeypatch.setattr("unipic.search.meaning.MOST", 2)
    found = search_gallery("warm", asked(library, None))
    assert names(found) == ["tomato", "brick"]
    assert found.notes == ("Of 5 photos the 2 nearest to the words are listed",)


def test_more_photos_are_asked_while_some_are_shown(library: Searchable, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = names(search_gallery("warm", asked(library)))
    monkeypatch.setattr("unipic.search.meaning.BLOCK", 1)
    assert names(search_gallery("warm", asked(library))) == whole


def test_long_words_and_other_languages_are_told(library: Searchable) -> None:
    notes = search_gallery("warm " * 20, asked(library)).notes
    assert any(note.startswith("The words are too long for Colours (colours), which read them up to") for note in notes)
    assert "Colours (colours) understands only English" in search_gallery("värme", asked(library)).notes
    assert search_gallery("warm", asked(library)).notes == ()


def test_what_could_be_had_is_said_to_who_searches_by_words(library: Searchable) -> None:
    offer = ("SigLIP2 finds more",)
    assert offer[0] in search_gallery("warm", asked(library, about=offer)).notes
    assert search_gallery("format:png", asked(library, about=offer)).notes == ()


@pytest.mark.parametrize("text", ["{}", "{words}", "%s", "NEAR(warm *", "'; DROP TABLE vector; --", "🏖️", "x" * 10_000])
def test_a_query_is_data(library: Searchable, text: str) -> None:
    assert search_gallery(f'"{text}"', asked(library)).total >= 0


def test_a_model_that_cannot_be_loaded_leaves_the_letters(library: Searchable, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> np.ndarray:
        raise ModelError("Colours cannot be loaded.")

    monkeypatch.setattr(ColourReader, "embed_texts", broken)
    ask = Asked(library, meaning=Meaning(ColourReader("colours", LIMITS), lambda: np.zeros((0, 4), np.float32)))
    found = search_gallery("meadow", ask)
    assert names(found) == ["meadow"]
    assert found.notes == ("Colours cannot be loaded. Words are looked for as they are written alone",)


def test_examples_and_words_go_together(library: Searchable) -> None:
    ask = asked(library)
    query = ask.parse("warm")
    ranked = ask.rank(query, ask.allowed(()), [], lambda one, other: False)
    assert ranked is not None
    assert ask.results(query, ask.allowed(()), ranked, Choice()).total == 2


# Filling, and a change of models.


def test_a_photo_is_looked_at_once(data: Path) -> None:
    reader = ColourReader("once")
    assert (fill(Library(data), reader), reader.looked) == (len(SHADES), len(SHADES))
    assert (fill(Library(data), reader), reader.looked) == (0, len(SHADES))


def test_a_picture_without_numbers_is_left_out_and_not_tried_again(data: Path, library: Searchable) -> None:
    reader = ColourReader("broken")
    embed = reader.embed

    def broken(pictures: list[np.ndarray]) -> np.ndarray:
        rows = embed(pictures)
        rows[0], rows[1] = np.nan, 0
        return rows

    reader.embed = broken  # type: ignore[method-assign,assignment]
    assert fill(Library(data), reader) == len(SHADES)
    assert fill(Library(data), reader) == 0
    assert library.number_by(text_key(reader.key)) == len(SHADES) - 2


def test_the_wanted_model_answers_once_it_has_seen_as_much_as_an_earlier_one(library: Searchable) -> None:
    new, now, before = (ColourReader(name) for name in ("new", "colours", "before"))
    assert in_use([], library) == (None, [])
    assert in_use([now, before], library) == (now, [])
    encoder, (said,) = in_use([new, before], library)
    assert encoder is before
    assert said.startswith("Searched with the earlier model, Colours (before): Colours (new) has seen 0 of 5 photos; ")
    encoder, (said,) = in_use([new], library)
    assert encoder is None
    assert said.startswith("Colours (new) has seen 0 of 5 photos; the next update shows it the others")


def test_captions_are_read_once(tmp_path: Path) -> None:
    reader = ColourReader()
    rows = vectors_of(CAPTIONS, reader, tmp_path)
    assert reader.read == 4
    np.testing.assert_array_equal(vectors_of(CAPTIONS, reader, tmp_path), rows)
    assert reader.read == 4
    (file,) = (tmp_path / "texts").iterdir()
    file.write_bytes(file.read_bytes()[:-3])
    np.testing.assert_array_equal(vectors_of(CAPTIONS, reader, tmp_path), rows)
    assert reader.read == 8, "a damaged file"
    vectors_of([*CAPTIONS, "a dog"], reader, tmp_path)
    vectors_of(CAPTIONS, ColourReader("other"), tmp_path)
    assert len(list((tmp_path / "texts").iterdir())) == 3


class Rating:
    """Rates by a reader's vectors, as CLIP does."""

    names = ("wish",)

    def __init__(self, encoder: ColourReader) -> None:
        self.encoder, self.key = encoder, f"rating {encoder.key}"
        self.name = self.label = self.key

    def score(self, pictures: Sequence[np.ndarray], prompt: str) -> np.ndarray:
        return self.rate(self.encoder.embed(pictures), prompt)

    def rate(self, vectors: np.ndarray, prompt: str) -> np.ndarray:
        return vectors.astype(np.float16).astype(np.float32)[:, :1]


@pytest.mark.parametrize("search_first", [True, False])
def test_a_picture_is_looked_at_once_for_the_search_and_the_best_shot(data: Path, search_first: bool) -> None:
    library, reader = Library(data), ColourReader(f"search first: {search_first}")
    photos, wish = library.photos(library.listing().ids.tolist()), f"a wish, {search_first}"

    def rated() -> Scores:
        with closing(StoredIndex(library.path.parent, library.thumbnails, Limits())) as index:
            return prompt_score(photos, Rating(reader), library.thumbnails, wish, index=index)

    alone = {photo.id: Rating(reader).score([library.thumbnails.load(photo.digest)], wish)[0, 0] for photo in photos}
    reader.looked = 0
    found = [fill(library, reader), rated()] if search_first else [rated(), fill(library, reader)]
    assert reader.looked == len(photos) == len(SHADES)
    assert {"wish": alone} in found
    assert prompt_score(photos, Rating(reader), library.thumbnails, wish) == {"wish": alone}  # nothing is remembered
    assert reader.looked == 2 * len(photos)
