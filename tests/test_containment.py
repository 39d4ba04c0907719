"""The law of containment: whatever is set aside unasked is in what stays, in files nobody thought of.

What each file holds is known from how it was made, not from what was read of it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image, PngImagePlugin
from tests.helpers.containers import SHOWN, deep, encoded, film, noise, see_through, several, with_chunk
from tests.helpers.galleries import rules_over, tools, without_pictures
from tests.helpers.pictures import PlainEncoder, xmp
from tests.safety.harness.amounts import amount

from unipic.core.embeddings import Embeddings
from unipic.core.photo import Found, Gallery, Photo
from unipic.core.settings import Limits, Settings
from unipic.reading.read import read_file
from unipic.reading.seen import Picture, half
from unipic.review.choices import NONE, accept
from unipic.review.outcomes import outcomes
from unipic.review.proposal import propose
from unipic.review.rules import Rules
from utils import arrange, weigh

pytestmark = pytest.mark.slow

SMALL = SHOWN.resize((SHOWN.width * 2 // 3, SHOWN.height * 2 // 3), Image.Resampling.LANCZOS)
Truth = frozenset[str]
numbers = st.lists(st.integers(1, 3), max_size=3, unique=True).map(tuple)
some = st.lists(st.integers(1, 2), max_size=2, unique=True).map(tuple)
words = st.lists(st.sampled_from(("sea", "dog", "Łódź")), max_size=3, unique=True).map(tuple)


@dataclass(frozen=True)
class Made:
    """A file and what it holds besides the picture."""

    data: bytes
    truth: Truth


def tokens(kind: str, values: tuple[object, ...]) -> Truth:
    return frozenset(f"{kind} {value}" for value in values)


def packet(keywords: tuple[str, ...]) -> bytes:
    members = "".join(f"<rdf:li>{word}</rdf:li>" for word in keywords)
    dc = "xmlns:dc='http://purl.org/dc/elements/1.1/'"
    return xmp(inside=f"<dc:subject {dc}><rdf:Bag>{members}</rdf:Bag></dc:subject>")


@cache
def jpeg(films: tuple[int, ...], views: tuple[int, ...], keywords: tuple[str, ...], rest: int, large: bool) -> Made:
    kind = "MPO" if views else "JPEG"
    data = several(kind, views, SHOWN if large else SMALL, **({"xmp": packet(keywords)} if keywords else {}))
    data += b"".join(map(film, films)) + (noise(rest, 700) if rest else b"")
    truth = tokens("film", films) | tokens("view", views) | tokens("word", keywords)
    return Made(data, truth | tokens("rest", (rest,) if rest else ()))


@cache
def png(films: tuple[int, ...], frames: tuple[int, ...], keywords: tuple[str, ...], rest: int, alpha: int) -> Made:
    texts = PngImagePlugin.PngInfo()
    for word in keywords:
        texts.add_text(f"Remark {len(word)}{word[0].encode()[0]}", word)
    if alpha and not frames:
        picture = see_through(alpha if alpha > 1 else None)
        data = encoded(picture, "PNG", pnginfo=texts)
    else:
        data = several("PNG", frames, pnginfo=texts)
    data = with_chunk(data, b"prVt", noise(rest, 90)) if rest else data
    truth = tokens("film", films) | tokens("text", keywords) | tokens("chunk", (rest,) if rest else ())
    truth |= tokens("frames", (frames,) if frames else ()) | tokens("alpha", (alpha,) if alpha and not frames else ())
    return Made(data + b"".join(map(film, films)), truth)


@cache
def tiff(pages: tuple[int, ...], large: bool) -> Made:
    return Made(several("TIFF", pages, SHOWN if large else SMALL), tokens("page", pages))


@cache
def moving(kind: str, frames: tuple[int, ...], films: tuple[int, ...]) -> Made:
    truth = tokens("film", films) | tokens(f"{kind} frames", (frames,) if frames else ())
    return Made(several(kind, frames) + b"".join(map(film, films)), truth)


@cache
def heif(pictures: tuple[int, ...]) -> Made:
    return Made(several("HEIF", pictures), tokens("heif picture", pictures))


each_file = st.one_of(
    st.builds(jpeg, numbers, some, words, st.integers(0, 2), st.booleans()),
    st.builds(png, some, some, words, st.integers(0, 2), st.integers(0, 3)),
    st.builds(tiff, numbers, st.booleans()),
    st.builds(moving, st.sampled_from(("GIF", "WEBP")), some, some),
    st.builds(heif, some),
    st.just(Made(deep(), tokens("bits", (16,)))),
)


@pytest.fixture(autouse=True, scope="module")
def no_pictures() -> Iterator[None]:
    with without_pictures(doubtful=False):
        yield


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], Picture]:
    """Each content is read once."""
    folder = tmp_path_factory.mktemp("files")

    @cache
    def read(data: bytes) -> Picture:
        path = Path(folder) / "photo"
        path.write_bytes(data)
        found = read_file(Found("", "", str(path), len(data)), Limits())
        assert isinstance(found, Picture), found
        return found

    return read


def gallery_of(pictures: list[Picture]) -> tuple[Gallery, Embeddings]:
    """All of them show one picture, so what they are compared by is said to be the same."""
    photos = [
        replace(one.photo, id=f"{i:03}", name=f"{'ab'[i % 2]}/{i}", fingerprint="0" * 64, comparable=True)
        for i, one in enumerate(pictures)
    ]
    vectors = half(PlainEncoder().embed(np.stack([one.view for one in pictures]))).astype(np.float32)
    vectors = np.repeat(vectors[:1], len(photos), axis=0)
    return Gallery(tuple(photos)), Embeddings(tuple(photos), vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def gone_and_kept(gallery: Gallery, embeddings: Embeddings, rules: Rules) -> list[tuple[Photo, tuple[Photo, ...]]]:
    """Each photo that is set aside unasked, or where a person accepts what is proposed, and what stays instead."""
    options = Settings.of(workers=1)
    proposal = propose(arrange(weigh(gallery, embeddings, tools(), options), options.thresholds), rules)
    found = []
    for choices in (NONE, accept(proposal.copies, NONE)):
        for outcome in outcomes(proposal, choices):
            if outcome.fate == "set aside" and isinstance(outcome.file, Photo):
                found.append((outcome.file, outcome.instead))
    return found


@given(st.lists(each_file, min_size=2, max_size=7), st.data())
@settings(max_examples=amount(pr=60, nightly=1500), deadline=None)
def test_what_is_set_aside_is_in_what_stays(
    reader: Callable[[bytes], Picture], files: list[Made], data: st.DataObject
) -> None:
    gallery, embeddings = gallery_of([reader(file.data) for file in files])
    truth = {photo.id: file.truth for photo, file in zip(gallery.photos, files, strict=True)}
    for photo, instead in gone_and_kept(gallery, embeddings, data.draw(rules_over(gallery))):
        assert truth[photo.id] <= frozenset[str]().union(*(truth[one.id] for one in instead))


def test_copies_that_hold_nothing_more_still_go(reader: Callable[[bytes], Picture]) -> None:
    """Otherwise the law would be kept by keeping everything."""
    pairs = (
        (jpeg((1, 2), (), (), 0, large=True), jpeg((1,), (), (), 0, large=False)),
        (jpeg((1,), (2,), ("dog",), 1, large=True), jpeg((), (2,), ("dog",), 0, large=True)),
        (jpeg((1,), (), ("sea", "dog"), 1, large=True), jpeg((), (), ("dog",), 0, large=True)),
        (tiff((1, 2, 3), large=True), tiff((2,), large=True)),
        (tiff((1, 2), large=True), jpeg((), (), (), 0, large=False)),
        (png((1,), (), ("sea",), 1, 1), png((), (), (), 0, 1)),
        (jpeg((1,), (), (), 0, large=True), moving("GIF", (), (1,))),
    )
    for more, less in pairs:
        gone = gone_and_kept(*gallery_of([reader(less.data), reader(more.data)]), Rules())
        assert {photo.id for photo, _ in gone} == {"000"}, (more.truth, less.truth)
