"""Photo records and unit vectors without files, for tests of what is decided about them."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from tests.helpers.pictures import PlainEncoder

import utils
from unipic.cleanup import compare, series
from unipic.cleanup.bonds import NO_BONDS, Bonds
from unipic.cleanup.compare import PairResult, other_shot
from unipic.cleanup.film_gallery import Films
from unipic.cleanup.films import films_of, originals
from unipic.cleanup.likeness import Likeness, time_evidence
from unipic.cleanup.result import CLUTTER, Cleanup, Cluster, Clutter, DuplicateSet
from unipic.core.embeddings import Embeddings
from unipic.core.photo import FILM, FORMATS, Companion, Extra, Gallery, Measures, Photo, Unreadable
from unipic.library.decisions import Ruling
from unipic.reading.engines.inline import InlineEngine
from unipic.reading.fingerprint import bits_apart
from unipic.reading.seen import Look
from unipic.review.rules import PREFERENCES, SETS, Rules, folders
from unipic.tools import Tools

NO_HASH = "0" * 64
SHARP = Measures(0.8, 0.8, 0.8, 0.1)
NASTY = (
    "IMG_1.jpg",
    "img_1.JPG",
    "Hawaii.jpg",
    "best_man.jpg",
    "../../etc/passwd",
    "CON.jpg",
    "trailing. ",
    "e\u0301.jpg",
    "\u00e9.jpg",
    "a\u202egpj.exe",
    "\udcff.jpg",
    "\x1b[31mred.jpg",
    "",
    "a/b/c.jpg",
    "a.HEIC",
    "a.jpg",
)


def photo(id: str, **facts: Any) -> Photo:
    """A photo called like its id, of bytes of its own."""
    values: dict[str, Any] = {
        "id": id,
        "name": f"{id}.jpg",
        "path": f"/nowhere/{id}",
        "digest": hashlib.sha256(id.encode()).hexdigest(),
        "size": 1000,
        "width": 400,
        "height": 300,
        "format": "JPEG",
        "fingerprint": NO_HASH,
        "measures": SHARP,
        "comparable": True,
    }
    return Photo(**{**values, **facts})


def hash_with(*bits: int) -> str:
    """A fingerprint with just these of its 256 bits set."""
    return f"{sum(1 << bit for bit in bits):064x}"


def embeddings(photos: list[Photo], rows: Any) -> Embeddings:
    """Rows of any length, made 1."""
    vectors = np.asarray(rows, dtype=np.float64)
    return Embeddings(tuple(photos), (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32))


def at_angles(photos: list[Photo], *cosines_to_first: float) -> Embeddings:
    """In a plane, all turned the same way: the first at 0, the others at the angle of their cosine to it."""
    angles = np.arccos(np.array([1.0, *cosines_to_first]))
    return embeddings(photos, np.stack([np.cos(angles), np.sin(angles)], axis=1))


def tools(**changes: Any) -> Tools:
    plain = Tools(PlainEncoder(), None, InlineEngine(), thumbnails=None)  # type: ignore[arg-type]
    return replace(plain, **changes)


def cleanup(
    clusters: tuple[Cluster, ...] = (),
    singles: tuple[Photo, ...] = (),
    exact: tuple[DuplicateSet, ...] = (),
    near: tuple[DuplicateSet, ...] = (),
    unreadable: tuple[Unreadable, ...] = (),
    similar: float = 90.0,
) -> Cleanup:
    photos = [p for c in clusters for p in c.photos] + list(singles) + [p for s in exact + near for p in s.copies]
    return Cleanup(Gallery(tuple(photos), unreadable), exact, near, clusters, singles, similar, "plain", "built-in")


def cluster(*photos: Photo, alike: tuple[float, ...] = ()) -> Cluster:
    likeness = alike or (100.0,) + (95.0,) * (len(photos) - 1)
    return Cluster(photos, tuple(1.0 - 0.1 * i for i in range(len(photos))), likeness, "sharper")


def copies_of(keeper: Photo, *copies: Photo, kind: Any = "exact", warnings: tuple[str, ...] = ()) -> DuplicateSet:
    return DuplicateSet(keeper, copies, kind, tuple(f"{kind} copy of {keeper.name}" for _ in copies), warnings)


def likeness(photos: list[Photo], similar: dict[str, float], same: dict[str, float] | None = None) -> Likeness:
    """From pairs by the ids of both, as "a b": their similarity, and sameness where there is any."""
    place = {photo.id: i for i, photo in enumerate(photos)}
    ordered = sorted((*sorted(place[id] for id in pair.split()), pair) for pair in {**similar, **(same or {})})
    first, second = (np.array([pair[side] for pair in ordered], dtype=np.int64) for side in (0, 1))
    found = (np.array([of.get(pair, 0.0) for *_, pair in ordered]) for of in (similar, same or {}))
    how = {(pair.split()[0], pair.split()[1]): f"{pair} agree" for pair in same or {}}
    return Likeness(tuple(photos), first, second, *found, how)


ZONES = (None, UTC, timezone(timedelta(hours=-10)), timezone(timedelta(hours=5, minutes=45)))


def time_odds(a: Photo, b: Photo) -> float:
    """The log-odds of two photos by their clocks."""
    return float(time_evidence((a, b), np.array([0]), np.array([1]))[0])


@st.composite
def galleries(draw: st.DrawFn, most: int = 24) -> tuple[Gallery, Embeddings]:
    """A few places, pictures near to and far from them, each picture in one file or in several."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    spread, flips = draw(st.sampled_from((0.01, 0.05, 0.2))), draw(st.sampled_from((4, 20, 60)))
    places = [(_unit(rng.normal(size=6)), int.from_bytes(rng.bytes(32))) for _ in range(draw(st.integers(1, 3)))]
    photos: list[Photo] = []
    vectors: list[np.ndarray] = []
    for number in range(draw(st.integers(0, most))):
        twin = int(rng.integers(number)) if number and rng.random() < 0.2 else None
        vector, hash_of = places[rng.integers(len(places))]
        facts = asdict(photos[twin]) if twin is not None else _facts(rng, hash_of, flips)
        if facts["content"] and twin is not None and rng.random() < 0.5:
            facts |= _in_another_file(rng, facts["format"])
        facts["companions"] = _companions(rng, number)
        facts |= {name: _extras(facts[name]) for name in ("holds", "told")}
        photos.append(photo(**{**facts, "id": f"{number:03}", "name": _name(rng), "measures": _measures(rng, facts)}))
        vectors.append(vectors[twin] if twin is not None else _unit(vector + rng.normal(size=6) * spread))
    photos = _with_originals(rng, photos)
    broken = tuple(
        Unreadable(f"u{i}", name, "/nowhere", "is damaged", 5)
        for i, name in enumerate(draw(st.lists(st.sampled_from(NASTY), max_size=3)))
    )
    matrix = np.stack(vectors) if vectors else np.zeros((0, 1), np.float32)
    return Gallery(tuple(photos), broken), Embeddings(tuple(photos), matrix)


def films_in(gallery: Gallery) -> Films:
    """The films among the photos of a gallery, each like no other."""
    return Films(gallery, tuple(originals(films_of(gallery))), ())


@contextmanager
def without_pictures(doubtful: bool = True) -> Iterator[None]:
    """What is found by laying photos one on the other goes by their hashes.

    `doubtful`: the look at full size finds some pairs different, and is unsure of some others.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compare.Sketches, "prepare", lambda *_: None)
        patch.setattr(compare, "compare_pair", compare_pair)
        patch.setattr(utils, "look", lambda pairs, **_: [second_look(*pair) if doubtful else SAME for pair in pairs])
        patch.setattr(utils, "find_clutter", lambda photos, *_: called_clutter(photos))
        patch.setattr(series, "_wanders", lambda shots, _: bool(int(shots[0].digest, 16) % 2))
        yield


def compare_pair(a: Photo, b: Photo, *_: object) -> PairResult:
    """What laying one on the other would find, by their hashes."""
    apart = bits_apart(a.fingerprint, b.fingerprint)
    across = 0.5 if series._when(a) < series._when(b) else -0.5
    seen = PairResult(max(0, 60 - apart), swept=(across, 0.0) if int(b.digest, 16) % 3 == 0 else None)
    if other_shot(a, b) or apart > 25:
        return seen
    return replace(seen, sameness=100.0 - 2 * apart, how=f"{apart} bits differ")


def called_clutter(photos: Sequence[Photo]) -> tuple[Clutter, ...]:
    """Every third photo, of any kind, by its digest."""
    numbers = ((photo, int(photo.digest, 16)) for photo in sorted(photos, key=lambda photo: photo.id))
    return tuple(Clutter(p, CLUTTER[n % len(CLUTTER)], "It looks like it.", 0.9) for p, n in numbers if n % 3 == 0)


SAME = Look("same", "checked at full size")


def second_look(a: Photo, b: Photo) -> Look:
    """What the look at full size would find, by their hashes."""
    match (int(a.digest, 16) + int(b.digest, 16)) % 7:
        case 0:
            return Look("different", "differs")
        case 1:
            return Look("mark", "the same but for a mark (top left)")
        case _:
            return SAME


@st.composite
def rules_over(draw: st.DrawFn, gallery: Gallery) -> Rules:
    """Of the folders that occur, some protected, preferred or avoided, and some preferences."""
    some = st.lists(st.sampled_from(folders(gallery.photos) or [""]), max_size=2, unique=True)
    names = st.lists(st.sampled_from(sorted(PREFERENCES)), max_size=3, unique=True)
    thin = st.lists(st.sampled_from(sorted(SETS)), unique=True)
    return Rules(*(tuple(draw(kind)) for kind in (some, some, some, names, thin)))


@st.composite
def bonds_over(draw: st.DrawFn, gallery: Gallery) -> Bonds:
    """Of some of the photos it was said what belongs together and what does not; some were there by then."""
    digests = sorted({photo.digest for photo in gallery.photos})
    if not digests:
        return NO_BONDS
    rulings = []
    for number in range(draw(st.integers(0, 4))):
        named = draw(st.lists(st.sampled_from(digests), min_size=1, max_size=5, unique=True))
        cut = draw(st.integers(0, len(named) - 1))
        stays = draw(st.none() | st.lists(st.sampled_from(named), unique=True).map(tuple)) if not cut else None
        parts = tuple(tuple(part) for part in (named[:cut], named[cut:]) if part)
        rulings.append(Ruling(f"{number}", float(number), parts, stays, draw(st.booleans())))
    times = st.dictionaries(st.sampled_from(digests), st.sampled_from((0.5, 1.5, 2.5)))
    return Bonds(rulings, draw(times))


def _extras(values: Any) -> tuple[Extra, ...]:
    return tuple(one if isinstance(one, Extra) else Extra(**one) for one in values)


def _held(rng: np.random.Generator, *kinds: str) -> tuple[Extra, ...]:
    """Of few contents, so that now and then one file has what others have."""
    found = {kind: sorted(map(str, {*rng.integers(3, size=2).tolist()})) for kind in kinds if rng.random() < 0.2}
    return tuple(Extra(kind, f"a {kind}", "\n".join(values)) for kind, values in found.items())


def _facts(rng: np.random.Generator, hash_of: int, flips: int) -> dict[str, Any]:
    flipped = sum(1 << int(bit) for bit in rng.choice(256, size=rng.integers(flips), replace=False))
    taken = datetime(2024, 3, 31, 1, 59) + timedelta(seconds=int(rng.choice((0, 1, 40, 4000))))
    scale = int(rng.choice((1, 2, 4)))
    return {
        "digest": hashlib.sha256(rng.bytes(8)).hexdigest(),
        "size": int(rng.integers(1, 5)) * 1000,
        "width": 400 * scale,
        "height": 300 * scale,
        "format": str(rng.choice(FORMATS)),
        "fingerprint": f"{hash_of ^ flipped:064x}",
        "comparable": bool(rng.random() < 0.9),
        "taken": taken.replace(tzinfo=ZONES[rng.integers(len(ZONES))]) if rng.random() < 0.8 else None,
        "place": (38.7, -9.1) if rng.random() < 0.5 else None,
        "camera": str(rng.choice(("", "Canon EOS 5D"))),
        "quality": [None, 40, 70, 85, 95, 100][rng.integers(6)],
        "rating": [None, -1, 0, 3, 5][rng.integers(5)],
        "edited": str(rng.choice(("", "", "Snapseed"))),
        "exposure": str(rng.choice(("", "1/125 s", "1/60 s"))),
        "content": rng.bytes(8).hex() if rng.random() < 0.7 else "",
        "holds": _held(rng, "film", "pages"),
        "told": _held(rng, "caption"),
        "bias": [None, None, 0.0, -1.0, 1.0][rng.integers(5)],
        "burst": str(rng.choice(("", "", "", "one"))),
    }


def _in_another_file(rng: np.random.Generator, format: str) -> dict[str, Any]:
    """What differs where the content is the same.

    A photo and a film never have the same: that of a film is of its coded pictures and sound, and says so.
    """
    new = _facts(rng, 0, 4)
    while (new["format"] == FILM) != (format == FILM):
        new["format"] = str(rng.choice(FORMATS))
    names = ("digest", "size", "format", "taken", "place", "camera", "rating", "edited", "told")
    return {name: new[name] for name in names}


def _companions(rng: np.random.Generator, number: int) -> tuple[Companion, ...]:
    """Of few contents, so that copies now and then have the same."""
    contents = [int(rng.integers(3)) for _ in range(rng.integers(3))] if rng.random() < 0.3 else []
    return tuple(
        Companion(f"{number:03}-{i}", f"IMG_{number}.MOV", "/nowhere", f"{content:064x}", 100, "video")
        for i, content in enumerate(contents)
    )


def _with_originals(rng: np.random.Generator, photos: list[Photo]) -> list[Photo]:
    """Now and then one is the edit of another, and has its bytes with it in one more file."""
    if len(photos) < 2 or rng.random() < 0.5:
        return photos
    edit, original = (int(i) for i in rng.choice(len(photos), 2, replace=False))
    if photos[edit].digest == photos[original].digest:
        return photos
    file = Companion(f"o{edit}", "IMG_1.JPG", "/nowhere", photos[original].digest, photos[original].size, "original")
    photos[edit] = replace(photos[edit], companions=(*photos[edit].companions, file))
    return photos


def _name(rng: np.random.Generator) -> str:
    """Half of them of a camera, so that some share a stem; half of them as no camera would."""
    return (
        f"{rng.choice(('', 'a/', 'b/', 'a/b/'))}IMG_{rng.integers(3)}.jpg"
        if rng.random() < 0.5
        else str(rng.choice(np.array(NASTY, dtype=object)))
    )


def _measures(rng: np.random.Generator, facts: dict[str, Any]) -> Measures:
    """Copies by bytes measure the same."""
    known = facts.get("measures")
    return Measures(**known) if known else Measures(*(float(value) for value in rng.choice((0.2, 0.5, 0.9), size=4)))


def _unit(vector: np.ndarray) -> np.ndarray:
    return (vector / np.linalg.norm(vector)).astype(np.float32)
