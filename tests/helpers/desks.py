"""Desks without files: made-up pictures, scanned into a run as often as a test likes, under whatever names."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from tests.helpers.galleries import likeness, photo

from server.desks import open_desk
from server.runs import Run, Runs
from server.worker import keep_evidence
from unipic.cleanup._exact import same_bytes, same_pixels
from unipic.cleanup.criteria import WEIGHTS
from unipic.cleanup.evidence import Evidence
from unipic.core.photo import Gallery, Photo
from unipic.library.decisions import Catalogue
from unipic.review.desk import Desk

Pairs = Mapping[tuple[int, int], float]
FOLDERS = ("", "albums/", "albums2/", "phone/", "phone/camera/")


def evidence(photos: Sequence[Photo], similar: dict[str, float], same: dict[str, float] | None = None) -> Evidence:
    """Pairs by the ids of both, as "a b"; of identical files only the better original has any."""
    left = list(photos)
    for find in (same_bytes, same_pixels):
        copies = {copy.id for found in find(left) for copy in found.copies}
        left = [photo for photo in left if photo.id not in copies]
    ids = {photo.id for photo in left}
    pairs = [{pair: value for pair, value in of.items() if set(pair.split()) <= ids} for of in (similar, same or {})]
    return Evidence(Gallery(tuple(photos)), likeness(left, *pairs), "plain", "built-in", WEIGHTS)


def scanned(root: Path, found: Evidence, **settings: Any) -> Run:
    """A run whose work is done. Runs under one root share what was decided."""
    run = Runs(root / "runs").new("folder")
    run.change(state="ready", settings=settings)
    keep_evidence(run, found, Catalogue(root))
    return run


def opened(root: Path, run: Run) -> Desk:
    return open_desk(run, Catalogue(root))


def desk_of(root: Path, found: Evidence, **settings: Any) -> Desk:
    return opened(root, scanned(root, found, **settings))


def three(**facts: Any) -> Evidence:
    """Shots a, b and c of one moment, a the largest, and d, which is alone."""
    photos = [photo(id, size=9000 - 1000 * i, **facts) for i, id in enumerate("abcd")]
    return evidence(photos, {"a b": 95.0, "a c": 95.0, "b c": 95.0})


@dataclass(frozen=True, repr=False)
class World:
    """Pictures, each in one or several files, and how alike they are whatever the files are called."""

    files: tuple[Photo, ...]  # one for each content
    picture: Mapping[str, int]  # by digest
    similar: Pairs
    same: Pairs = field(default_factory=dict)

    def scan(self, files: Sequence[tuple[Photo, str]], prefix: str = "") -> Evidence:
        """Each file under its name; ids are made anew."""
        photos = [replace(file, id=f"{prefix}{i}", name=name) for i, (file, name) in enumerate(files)]
        of = {photo.id: self.picture[photo.digest] for photo in photos}
        similar, same = (
            {
                f"{a.id} {b.id}": value
                for a in photos
                for b in photos
                if (value := among.get((of[a.id], of[b.id]), 0.0)) and of[a.id] < of[b.id]
            }
            for among in (self.similar, self.same)
        )
        return evidence(photos, similar, same)


@st.composite
def worlds(draw: st.DrawFn, most: int = 6) -> World:
    files, picture = [], {}
    number = draw(st.integers(2, most))
    for one in range(number):
        for other in range(draw(st.sampled_from((1, 1, 1, 2)))):
            digest = hashlib.sha256(f"{one} {other}".encode()).hexdigest()
            scale = draw(st.sampled_from((1, 2)))
            files.append(
                photo(
                    digest[:4],
                    digest=digest,
                    content=f"{one:064x}",
                    size=draw(st.integers(1, 9)) * 1000,
                    width=400 * scale,
                    height=300 * scale,
                    edited=draw(st.sampled_from(("", "", "Snapseed"))),
                    format=draw(st.sampled_from(("JPEG", "PNG"))),
                )
            )
            picture[digest] = one
    pairs = [(a, b) for a in range(number) for b in range(a + 1, number)]
    similar = {pair: draw(st.sampled_from((0.0, 60.0, 86.0, 92.0, 96.0))) for pair in pairs}
    same = {pair: draw(st.sampled_from((0.0, 0.0, 40.0, 60.0, 80.0))) for pair in pairs if similar[pair] > 80}
    return World(tuple(files), picture, similar, same)


@st.composite
def names_for(draw: st.DrawFn, world: World, more: int = 1) -> list[tuple[Photo, str]]:
    """Every content of a world in one file or in several, in any order, called anything."""
    files = [file for file in world.files for _ in range(draw(st.integers(1, 1 + more)))]
    order = draw(st.permutations(range(len(files))))
    return [(files[i], f"{draw(st.sampled_from(FOLDERS))}IMG_{i}.jpg") for i in order]
