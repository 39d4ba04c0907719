"""The pipeline, as a story. Each line is a stage; what it does lives in unipic/stages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeVar

from unipic.cleanup import Cleanup, Cluster, DuplicateSet
from unipic.embeddings import Embeddings
from unipic.photo import Gallery, Photo
from unipic.progress import Progress, Step, silent
from unipic.settings import Settings
from unipic.sources.base import Source
from unipic.stages.clusters import clusters
from unipic.stages.embed import embed
from unipic.stages.exact import renditions, same_bytes
from unipic.stages.near import fold, near_duplicates
from unipic.stages.rank import builtin_reason, builtin_score, prompt_reason, prompt_score, rank
from unipic.stages.read import read
from unipic.tools import Tools

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
    near, similar = settings.near or tools.encoder.near, settings.similar or tools.encoder.similar
    progress(Step("Finding copies", 0, 0))
    exact = same_bytes(gallery.photos)
    originals = embeddings.of(_without_copies(gallery.photos, exact))
    other_formats = renditions(originals, similar, settings.near_bits)
    same_picture = near_duplicates(originals, near, settings.near_bits, other_formats)
    exact, same_picture = fold(exact, same_picture)
    originals = originals.of(_without_copies(originals.photos, same_picture))

    progress(Step("Grouping similar shots", 0, 0))
    moments = clusters(originals, similar, settings.time_window)
    lanes = exact + same_picture
    ranked = _ranked(moments, embeddings, lanes, tools, settings, progress)
    grouped = {photo.id for moment in moments for photo in moment}
    return Cleanup(
        gallery=gallery,
        exact=tuple(found for found in lanes if found.kind != "near"),
        near=tuple(found for found in lanes if found.kind == "near"),
        clusters=tuple(ranked),
        singles=tuple(photo for photo in originals.photos if photo.id not in grouped),
        similar=similar,
        encoder=tools.encoder.label,
        ranker=tools.scorer.label if tools.scorer else "built-in (sharpness, exposure, contrast, noise)",
        notices=tools.notices,
    )


def _without_copies(photos: Iterable[Photo], sets: Iterable[DuplicateSet]) -> list[Photo]:
    copies = {copy.id for found in sets for copy in found.copies}
    return [photo for photo in photos if photo.id not in copies]


def _ranked(
    moments: list[list[Photo]],
    embeddings: Embeddings,
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
        return rank(moments, embeddings, copies, builtin_score, builtin_reason)
    score = prompt_score(tools.scorer, tools.thumbnails, settings.wish, progress)
    return rank(moments, embeddings, copies, score, prompt_reason)


def _counted(items: Iterable[T], stage: str, total: int, progress: Progress) -> Iterator[T]:
    for done, item in enumerate(items):
        progress(Step(stage, done, total))
        yield item
    progress(Step(stage, total, total))
