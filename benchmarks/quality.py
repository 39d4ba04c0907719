"""Precision and recall on labelled photos: of what the pipeline puts together with each encoder, and of others.

Every number is given twice, over all photos and over half 1. The encoders' calibrations were chosen on half 0; the
limits of a copy (cleanup/compare.py) were set with both in view, so among copies half 1 is no proof.
"""

from collections import defaultdict
from collections.abc import Callable
from itertools import combinations

from benchmarks import originals, ranking
from benchmarks.encoders import SETTINGS, candidates, reached, recall_alone, seen_by_each
from benchmarks.others import others
from benchmarks.truth import (
    AMBIGUOUS,
    PHOTOS,
    Label,
    Pair,
    bursts,
    half,
    harder,
    lane_score,
    level,
    load_labels,
    related,
)
from unipic.cleanup.result import Cleanup
from utils import arrange, weigh

Lanes = dict[str, list[Pair]]
LEVELS = ("exact", "near", "similar", "open")
NAMES = dict(zip(LEVELS, ("identical", "same picture", "similar", "neither way"), strict=True))
PRECISIONS = (0.99, 0.995)


def run(_: int = 0) -> None:
    folder = PHOTOS / "gallery_dev"
    if not folder.is_dir():
        print(f"quality: skipped, there are no labelled photos at {folder}")
        return
    labels = load_labels(folder)
    halves = [labels, [label for label in labels if half(label) == 1]]
    print(f"## Quality on {len(labels)} labelled photos\n")
    print(f"{_truth(labels)}. Half 1: pairs within {len(halves[1])} photos.")
    print("Calibrations were chosen on the other half, the limits of a copy with both halves in view.\n")
    _head("encoder | lane | groups", "pairs | precision | recall")
    cleanups, alone = [], []
    for seen in seen_by_each(folder):
        cleanups.append(arrange(weigh(seen.gallery, seen.embeddings, seen.tools, SETTINGS), SETTINGS.thresholds))
        groups = groups_of(cleanups[-1])
        counts = {lane: str(len(found)) for lane, found in groups.items()}
        _lanes(cleanups[-1].encoder, pairs_of(cleanups[-1]), counts, halves)
        looked = candidates(seen)
        cells = [f"{recall_alone(seen.embeddings, part, least):.3f}" for part in halves for least in PRECISIONS]
        cells += ["{} of {}".format(*reached(looked, labels, wanted)) for wanted in ("near", "similar")]
        alone.append(f"| {cleanups[-1].encoder} | {' | '.join([*cells, str(len(looked.first))])} |")
    for other in others(folder):
        if other.problem:
            print(f"| {other.label} | skipped: {other.problem} |" + " |" * 7)
        else:
            lanes = dict.fromkeys(("near", "similar"), other.pairs)
            _lanes(f"{other.label} ({other.seconds:.0f} s)", lanes, {}, halves)
    lanes = pairs_of(cleanups[0])
    _kinds(f"By kind of edit: {cleanups[0].encoder}", lanes, halves, _edit)
    _kinds(f"By difficulty: {cleanups[0].encoder}", lanes, halves, _difficulty)
    print("\n### By the encoder alone, and what it has laid one on the other\n")
    _head("encoder", "recall at .99 | at .995", "copies reached | similar reached | pairs laid")
    print("\n".join(alone))
    originals.report(folder, cleanups[0].gallery.photos, cleanups[0])
    ranking.report(folder, cleanups[0].gallery.photos)


def groups_of(cleanup: Cleanup) -> dict[str, list[list[str]]]:
    """Names put together in each lane; a lane includes what the ones before it put together.

    An edited photo and its original are shown as one, as copies are.
    """
    photos = cleanup.gallery.photos
    digest = {file.name: file.digest for photo in photos for file in photo.files}
    piles = {p.id: [p.name, *(file.name for file in p.companions if file.role == "original")] for p in photos}
    for found in cleanup.lanes:
        piles[found.keeper.id] += [name for copy in found.copies for name in piles[copy.id]]
    identical = defaultdict(list)
    for keeper, names in piles.items():
        for name in names:
            identical[keeper, digest[name]].append(name)
    clustered = {photo.id for cluster in cleanup.clusters for photo in cluster.photos}
    moments = [[name for photo in cluster.photos for name in piles[photo.id]] for cluster in cleanup.clusters]
    moments += [names for keeper, names in piles.items() if keeper not in clustered]
    lanes = {"exact": list(identical.values()), "near": list(piles.values()), "similar": moments}
    return {lane: [group for group in groups if len(group) > 1] for lane, groups in lanes.items()}


def pairs_of(cleanup: Cleanup) -> Lanes:
    groups = groups_of(cleanup)
    return {lane: [pair for group in groups[lane] for pair in combinations(group, 2)] for lane in groups}


def _lanes(name: str, lanes: Lanes, groups: dict[str, str], halves: list[list[Label]]) -> None:
    for lane, found in lanes.items():
        scores = [lane_score(lane, found, labels) for labels in halves]
        cells = [f"{score.found} | {score.precision:.3f} | {score.recall:.3f}" for score in scores]
        print(f"| {name} | {NAMES[lane]} | {groups.get(lane, '')} | {' | '.join(cells)} |")
    wrong = [f"{bursts(lanes['near'], labels)} | |" for labels in halves]
    print(f"| {name} | *other shots taken for copies* | | {' '.join(wrong)}", flush=True)


def _truth(labels: list[Label]) -> str:
    exact, near, similar = (len({getattr(label, name) for label in labels} - {""}) for name in LEVELS[:3])
    return f"In truth {exact} groups of identical files, {near} of the same picture and {similar} of similar shots"


def _head(first: str, twice: str, last: str = "") -> None:
    texts = first.count("|") + 1
    cells = [f"all: {twice}", f"half 1: {twice}", *filter(None, [last])]
    columns = sum(cell.count("|") + 1 for cell in cells)
    print(f"| {first} | {' | '.join(cells)} |\n{'|---' * texts}{'|---:' * columns}|")


def _kinds(title: str, lanes: Lanes, halves: list[list[Label]], kind: Callable[[Label, Label], str]) -> None:
    """Of the pairs of each kind, how many the lanes put together."""
    print(f"\n### {title}\n")
    _head("pairs | in truth", "called one picture | called one moment")
    called = [{frozenset(pair) for pair in lanes[lane]} for lane in ("near", "similar")]
    counts = [_counts(labels, called, kind) for labels in halves]
    for row in sorted(counts[0], key=lambda row: (LEVELS.index(row[1]), row[0])):
        cells = [f"{count[row][i]} of {count[row][2]}" for count in counts for i in (0, 1)]
        print(f"| {row[0]} | {NAMES[row[1]]} | {' | '.join(cells)} |")


def _counts(
    labels: list[Label], called: list[set[frozenset[str]]], kind: Callable[[Label, Label], str]
) -> dict[tuple[str, str], list[int]]:
    """By kind and level: called one picture, called similar, and all there are."""
    counts: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for a, b in related(labels):
        if level(a, b) != "different" and not {a.family, b.family} & AMBIGUOUS and kind(a, b):
            row = counts[kind(a, b), level(a, b)]
            for i, found in enumerate(called):
                row[i] += frozenset((a.file, b.file)) in found
            row[2] += 1
    return counts


def _edit(a: Label, b: Label) -> str:
    if a.original == b.file:
        return a.edit
    if b.original == a.file:
        return b.edit
    made = a.edit or b.edit
    return "" if level(a, b) not in ("exact", "near") else "beside another copy" if made else "not made for measuring"


def _difficulty(a: Label, b: Label) -> str:
    if level(a, b) == "near":
        return harder(a.near_difficulty, b.near_difficulty) or "not said"
    return (harder(a.difficulty, b.difficulty) or "not said") if level(a, b) == "similar" else ""
