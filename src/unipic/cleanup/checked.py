"""Which pairs get a second look (look.py), and what its verdicts make of the likeness.

A pair is looked at only if one of the two would be set aside for the other. A verdict may free a photo for another
keeper, so this goes on until every pair that would be set aside has been looked at.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from unipic.cleanup._near import NOT_CHECKED, SAME, keepers
from unipic.cleanup.likeness import Likeness
from unipic.core.language import kept
from unipic.core.photo import Photo
from unipic.reading.seen import Look

Pair = tuple[Photo, Photo]
Ids = tuple[str, str]


def checked(likeness: Likeness, least: float, look: Callable[[Sequence[Pair]], Sequence[Look]]) -> Likeness:
    """The likeness after the second look: different pictures have sameness 0, and what is unsure has a doubt.

    `least`: the sameness from which photos are set aside. `look` gives the verdict on each pair.
    """
    looks: dict[Ids, Look] = {}
    for threshold in sorted({SAME, max(SAME, least)}):
        while pairs := _unseen(_without_different(likeness, looks), threshold, looks):
            looks |= {(a.id, b.id): seen for (a, b), seen in zip(pairs, look(pairs), strict=True)}
    likeness = _without_different(likeness, looks)
    told = {
        ids: f"{likeness.how.get(ids) or likeness.how.get(ids[::-1], '')}, {seen.words}"
        for ids, seen in looks.items()
        if seen.verdict == "same"
    }
    rest = {ids: words for ids, words in likeness.how.items() if ids[::-1] not in told}
    return replace(likeness, how=rest | told, doubts=dict(_doubts(likeness, looks)), otherwise=None)


def _unseen(likeness: Likeness, least: float, looks: Mapping[Ids, Look]) -> list[Pair]:
    """The pairs of a keeper and its copy that nobody looked at."""
    pairs = [(keeper, copy) for keeper, copies in keepers(likeness, least) for copy in copies]
    return [(a, b) for a, b in pairs if (a.id, b.id) not in looks]


def _without_different(likeness: Likeness, looks: Mapping[Ids, Look]) -> Likeness:
    """The likeness with a sameness of 0, and the similarity of two pictures, where the verdict is "different"."""
    differ = likeness.which(ids for ids, seen in looks.items() if seen.verdict == "different")
    similarity = likeness.similarity if likeness.otherwise is None else likeness.otherwise
    return replace(
        likeness,
        sameness=np.where(differ, 0.0, likeness.sameness),
        similarity=np.where(differ, similarity, likeness.similarity),
    )


def _doubts(likeness: Likeness, looks: Mapping[Ids, Look]) -> Iterable[tuple[Ids, str]]:
    """Of each pair that still counts as one picture, why a person should look.

    Nothing if both are the same picture as a third.
    """
    same: defaultdict[str, set[str]] = defaultdict(set)
    for (a, b), seen in looks.items():
        if seen.verdict == "same":
            same[a].add(b)
            same[b].add(a)
    for pair in np.flatnonzero(likeness.sameness >= SAME).tolist():
        a, b = (likeness.photos[side[pair]].id for side in (likeness.first, likeness.second))
        found = looks.get((a, b)) or looks.get((b, a))
        if found and found.verdict != "same":
            yield (a, b), _words(found)
        elif not found and not same[a] & same[b]:
            yield (a, b), NOT_CHECKED


def _words(found: Look) -> str:
    if found.verdict == "mark":
        return kept("the same but for a mark ({place})", place=found.words)
    return kept("not checked at full size: {why}", why=found.words)
