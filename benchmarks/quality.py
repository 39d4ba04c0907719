"""Precision and recall on labelled photos: of the encoders' pairs, and of what the pipeline makes of them."""

from __future__ import annotations

import tempfile
from collections import Counter
from itertools import combinations, product
from pathlib import Path

from benchmarks.ranking import compare
from benchmarks.truth import PHOTOS, Label, Pair, level, load_labels, score
from unipic.cleanup import Cleanup
from unipic.settings import Settings, models_folder
from unipic.sources.folder import FolderSource
from unipic.thumbnails import Thumbnails
from unipic.tools import open_tools
from utils import clean_gallery

# A family of test pictures in which even the makers of the labels could not say what is a copy.
AMBIGUOUS = {"f_pdq"}


def run(_: int = 0) -> None:
    folder = PHOTOS / "gallery_dev"
    if not folder.is_dir():
        print(f"quality: skipped, there are no labelled photos at {folder}")
        return
    labels = load_labels(folder)
    groups = {name: len({getattr(label, name) for label in labels} - {""}) for name in ("exact", "near", "similar")}
    print(f"## Quality on {len(labels)} labelled photos\n")
    print(f"In truth {groups['exact']} exact, {groups['near']} same-picture and {groups['similar']} similar groups.\n")
    print("| encoder | lane | sets | pairs found | precision | recall |")
    print("|---|---|---:|---:|---:|---:|")
    found = [_lanes(encoder, folder, labels) for encoder in ("mobilenet", "builtin")]
    _ranking(folder, next(cleanup for cleanup in found if cleanup))


def _ranking(folder: Path, cleanup: Cleanup) -> None:
    right, asked = compare(folder, cleanup.gallery.photos)
    print(f"\nBuilt-in ranking: the better of two shots told {right.total()} of {asked.total()} times;")
    print("; ".join(f"{kind} {right[kind]} of {asked[kind]}" for kind in asked) + "\n")


def _lanes(encoder: str, folder: Path, labels: list[Label]) -> Cleanup | None:
    settings = Settings(encoder=encoder, ranker="builtin", fetch=False)
    with (
        tempfile.TemporaryDirectory() as thumbs,
        open_tools(settings, models_folder(), Thumbnails(Path(thumbs))) as tools,
    ):
        if tools.encoder.name != encoder:
            print(f"| {encoder} | skipped: {'; '.join(tools.notices)} | | | | |")
            return None
        cleanup = clean_gallery(FolderSource([folder]), tools, settings)
    lanes = pairs_of(cleanup)
    sets = {
        "exact": sum(found.kind == "exact" for found in cleanup.exact),
        "same picture": len(cleanup.exact) + len(cleanup.near),
        "similar": len(cleanup.clusters),
    }
    results = {
        "exact": score(lanes["exact"], labels, {"exact"}, AMBIGUOUS),
        "same picture": score(lanes["near"], labels, {"exact", "near"}, AMBIGUOUS),
        "similar": score(lanes["similar"], labels, {"exact", "near", "similar"}),
    }
    label = cleanup.encoder
    for lane, result in results.items():
        print(f"| {label} | {lane} | {sets[lane]} | {result.found} | {result.precision:.4f} | {result.recall:.4f} |")
    bursts = sum(level_counts(lanes["near"], labels).get(name, 0) for name in ("similar", "open"))
    print(f"| {label} | *bursts taken for copies* | | {bursts} | | |")
    return cleanup


def pairs_of(cleanup: Cleanup) -> dict[str, list[Pair]]:
    """Pairs of names that the lanes put together; the similar lane includes its members' copies."""
    near: list[Pair] = []
    copies: dict[str, list[str]] = {}
    digest = {photo.name: photo.digest for photo in cleanup.gallery.photos}
    for found in cleanup.lanes:
        names = [copy.name for copy in found.copies]
        copies.setdefault(found.keeper.id, []).extend(names)
        near += [(found.keeper.name, name) for name in names]
    # Two copies of one keeper are offered together, so their pair counts as called the same picture.
    for names in copies.values():
        near += combinations(names, 2)
    similar = list(near)
    for cluster in cleanup.clusters:
        piles = [[photo.name, *copies.get(photo.id, [])] for photo in cluster.photos]
        similar += [pair for a, b in combinations(piles, 2) for pair in product(a, b)]
    exact = [(a, b) for a, b in near if digest[a] == digest[b]]
    return {"exact": exact, "near": near, "similar": similar}


def level_counts(found: list[Pair], labels: list[Label]) -> Counter[str]:
    by_file = {label.file: label for label in labels}
    return Counter(level(by_file[a], by_file[b]) for a, b in found if a in by_file and b in by_file)
