"""What words may mean besides dates: names that occur in the library, kinds, colours, looks and judgement."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from unipic.core.folding import folded
from unipic.search._tongue import tongue
from unipic.search.keys import COLOUR_NAMES, FORMATS
from unipic.search.query import Chip

# Names of places, countries and people that are also words: these need a capital, or a word such as "in" before them.
_ALSO_WORDS = """
nice bath reading orange mobile split cork male wells deal rugby battle beer buffalo phoenix independence hope
providence beach park lake man of young sandwich ball best bend bird boulder bright cool cold spring eagle
flower grand hat lead moscow pearl plain rose star sun turkey china jersey chad jordan georgia guinea mali niger
oman cuba togo cook may june april august will grace joy faith mark bill art jack sky dawn summer autumn frank
"""
ALSO_WORDS = frozenset(_ALSO_WORDS.split())
SHORT_NAME = 4  # letters of a place's name in another language that needs "in" before it: such are often words
# Words of cameras' names that say little alone, or are words.
_WEAK_MODELS = """
apple pixel galaxy google nothing honor palm red edge note one find mate moto light pro plus max mini ultra lite
se mark ii iii iv the eos digital camera corporation power shot zoom x z a s g
"""
WEAK_MODELS = frozenset(_WEAK_MODELS.split())
PHOTOS = ["photos", "photo", "pictures", "picture", "pics", "pic", "images", "image", "shots", "files", "snaps"]

_PHRASES: Mapping[str, str] = {
    "kind:screenshot": "screenshot, screenshots, screen shot, screen shots",
    "kind:document": "document, documents, receipt, receipts, invoice, invoices, scanned document, scanned documents",
    "kind:selfie": "selfie, selfies",
    "kind:panorama": "panorama, panoramas",
    "kind:live": "live photo, live photos, live picture, live pictures",
    "kind:burst": "burst, bursts, burst photos, burst shots",
    "kind:raw": "raw, raws, raw photos, raw files",
    "is:portrait": "vertical, portrait format, portrait orientation, upright format",
    "is:landscape": "landscape format, landscape orientation, horizontal format",
    "is:square": "square photos, square pictures, square format",
    "is:blurry": "blurry, blurred, out of focus",
    "is:dark": "dark photos, dark pictures, too dark, underexposed",
    "is:bright": "bright photos, bright pictures, too bright, overexposed",
    "is:bw": "b&w, bw, monochrome, black and white, black & white, black-and-white",
    "is:favourite": "favourite, favourites, favorite, favorites",
    "is:best": "best shots, best photos, best pictures",
    "is:copy": "copies, duplicates",
    "rating:1..": "rated",
    "has:edits": "edited",
    "has:place": "with location, with a location, with gps",
    "-has:place": "without location, without a location, no location, without gps",
    "people:none": "nobody, no people, without people, no one, without anyone",
    "faces:4..": "group photo, group photos, group picture, group pictures, group shot, group shots",
    "smiling:yes": "smiling",
    "eyes:open": "eyes open, open eyes",
    "eyes:closed": "eyes closed, closed eyes",
}
PHRASES: Mapping[str, str] = {
    **{phrase: chip for chip, phrases in _PHRASES.items() for phrase in phrases.split(", ")},
    **{name: f"color:{colour}" for name, colour in COLOUR_NAMES.items()},
}
_STARS = re.compile(r"([1-5]|one|two|three|four|five) stars?( or more| and more| or better)?")
_STAR_NAMES = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_BEFORE = {  # words before a chip that belong to it
    "place": {"in", "at", "near", "from", "around"},
    "country": {"in", "at", "from", "around"},
    "who": {"with", "of", "by"},
    "camera": {"with", "on", "from", "by", "using", "shot", "taken", "my", "the", "our"},
}
_ALWAYS_BEFORE = {"all", "my", "the", "our"}


@dataclass(frozen=True)
class Vocabulary:
    """Names that occur in a library, with the number of their photos."""

    places: Mapping[str, int] = field(default_factory=dict)
    other_names: Mapping[str, str] = field(default_factory=dict)  # of places, folded, to the name in `places`
    countries: Mapping[str, int] = field(default_factory=dict)  # by two letters
    people: Mapping[str, int] = field(default_factory=dict)
    cameras: Mapping[str, int] = field(default_factory=dict)
    south: bool = False  # most photos were taken south of the equator

    @cached_property
    def place_names(self) -> dict[str, str]:
        """Folded names of places to the name in `places`."""
        return {**self.other_names, **{folded(name): name for name in self.places}}

    @cached_property
    def people_names(self) -> dict[str, str]:
        """Folded names of people to the name in `people`."""
        return {folded(name): name for name in self.people}

    @cached_property
    def models(self) -> frozenset[str]:
        """Runs of words in cameras' names, folded."""
        names = [folded(name).split() for name in self.cameras]
        runs = (name[i:j] for name in names for i in range(len(name)) for j in range(i + 1, len(name) + 1))
        return frozenset(" ".join(run) for run in runs)


def named(vocabulary: Vocabulary, language: str, words: str) -> Iterator[tuple[list[Chip], bool]]:
    """What folded words may be called (a place, a person, a camera, a kind, a colour), and whether they are even

    in small letters and without a word such as "in" before them.
    """
    also = words in ALSO_WORDS
    if place := vocabulary.place_names.get(words):
        own = words == folded(place) or len(words) > SHORT_NAME
        yield [Chip("place", (place,))], own and not also
    country = tongue(language).countries.get(words)
    if country in vocabulary.countries:
        yield [Chip("country", (str(country),))], not also
    for name, alone in _people(words):
        if name in vocabulary.people_names:
            chips = [Chip("who", (vocabulary.people_names[name],)), *([Chip("faces", ("1",))] if alone else [])]
            yield chips, not also
    if words in vocabulary.models and not words.isdecimal():
        yield [Chip("camera", (words,))], words not in WEAK_MODELS
    if chip := PHRASES.get(words):
        yield [_chip(chip)], True
    if words.removeprefix(".") in FORMATS and words != "raw":
        yield [Chip("format", (FORMATS[words.removeprefix(".")],))], True
    if match := _STARS.fullmatch(words):
        stars = _STAR_NAMES.get(match[1]) or int(match[1])
        yield [Chip("rating", (f"{stars}.." if match[2] else str(stars),))], True


def belongs_before(word: str, key: str) -> bool:
    """Whether a word before a chip of this key is part of it."""
    return word in _BEFORE.get(key, ()) or (word in _ALWAYS_BEFORE and key not in ("place", "country"))


def is_preposition(word: str, key: str) -> bool:
    """Whether what follows this word is surely a name of this key."""
    return word in _BEFORE.get(key, ())


def _people(words: str) -> Iterator[tuple[str, bool]]:
    """Names these words may hold, and whether nobody else is meant."""
    yield words, False
    for alone in (words.removeprefix("only "), words.removesuffix(" alone"), words.removesuffix(" only")):
        if alone != words:
            yield alone, True


def _chip(text: str) -> Chip:
    key, _, value = text.lstrip("-").partition(":")
    return Chip(key, (value,), text.startswith("-"))
