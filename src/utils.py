"""The pipeline, as a story. Each line is a stage; what it does lives in unipic/stages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeVar

from unipic.cleanup import Cleanup, Cluster, DuplicateSet
from unipic.embeddings import Embeddings
from unipic.likeness import Likeness
from unipic.photo import Gallery, Photo
from unipic.progress import Progress, Step, silent
from unipic.settings import Settings
from unipic.sources.base import Source
from unipic.stages.clusters import clusters
from unipic.stages.compare import compare
from unipic.stages.embed import embed
from unipic.stages.exact import same_bytes, same_pixels
from unipic.stages.near import fold, near_duplicates
from unipic.stages.rank import prompt_score, rank
from unipic.stages.read import read
from unipic.tools import Tools
from unipic.words import count

T = TypeVar("T")


def clean_gallery(source: Source, tools: Tools, settings: Settings, progress: Progress = silent) -> Cleanup:
    """What is the same picture, what is the same moment, and which shot of it is best. Nothing is removed."""
    progress(Step("Finding files", 0, 0))
    files = list(source.files())
    pictures = _counted(read(files, tools.engine, settings), "Looking at photos", len(files), progress)
    gallery, embeddings = embed(pictures, tools.encoder, tools.thumbnails.save)
    return find(gallery, embeddings, tools, settings, progress)


def find(
    gallery: Gallery, embeddings: Embeddings, tools: Tools, settings: Settings, progress: Progress = silent
) -> Cleanup:
    """The same from what is known of each photo, without another look at the files."""
    progress(Step("Finding copies", 0, 0))
    same = same_bytes(gallery.photos)
    same, pixels = fold(same, same_pixels(_without_copies(gallery.photos, same)))
    exact = same + pixels
    originals = embeddings.of(_without_copies(gallery.photos, exact))
    likeness = compare(
        originals, tools.encoder.calibration, tools.thumbnails, settings.near_bits, settings.workers, progress
    )
    exact, same_picture = fold(exact, near_duplicates(likeness, settings.near))

    progress(Step("Grouping similar shots", 0, 0))
    shots = likeness.of(_without_copies(likeness.photos, same_picture))
    moments = clusters(shots, settings.similar, settings.time_window, settings.grouping)
    lanes = exact + same_picture
    ranked = _ranked(moments, likeness, lanes, tools, settings, progress)
    grouped = {photo.id for moment in moments for photo in moment}
    staying = {photo.id for photo in shots.photos}
    return Cleanup(
        gallery=gallery,
        exact=tuple(found for found in lanes if found.kind != "near"),
        near=tuple(found for found in lanes if found.kind == "near"),
        clusters=tuple(ranked),
        singles=tuple(photo for photo in gallery.photos if photo.id in staying - grouped),
        similar=settings.similar,
        encoder=tools.encoder.label,
        ranker=_ranker(tools),
        notices=tools.notices,
    )


def _without_copies(photos: Iterable[Photo], sets: Iterable[DuplicateSet]) -> list[Photo]:
    copies = {copy.id for found in sets for copy in found.copies}
    return [photo for photo in photos if photo.id not in copies]


def _ranked(
    moments: list[list[Photo]],
    likeness: Likeness,
    sets: list[DuplicateSet],
    tools: Tools,
    settings: Settings,
    progress: Progress,
) -> list[Cluster]:
    progress(Step("Choosing the best shots", 0, 0))
    copies: defaultdict[str, tuple[Photo, ...]] = defaultdict(tuple)
    for found in sets:
        copies[found.keeper.id] += found.copies
    if tools.scorer is None:
        return rank(moments, likeness, copies, weights=tools.weights)
    columns = prompt_score(tools.scorer, tools.thumbnails, settings.wish, progress)
    return rank(moments, likeness, copies, columns, tools.weights)


def _ranker(tools: Tools) -> str:
    label = tools.scorer.label if tools.scorer else "what is measured (focus, shake, light, grain, tilt, framing)"
    return f"{label}, by your taste ({count(tools.taste.groups, 'group')})" if tools.taste else label


def _counted(items: Iterable[T], stage: str, total: int, progress: Progress) -> Iterator[T]:
    for done, item in enumerate(items):
        progress(Step(stage, done, total))
        yield item
    progress(Step(stage, total, total))
