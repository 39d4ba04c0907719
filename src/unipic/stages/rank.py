"""Rank: the members of a cluster, the recommended shot first, with a reason in one line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from unipic.cleanup import Cluster
from unipic.embeddings import Embeddings
from unipic.photo import Photo
from unipic.progress import Progress, Step, silent
from unipic.stages.keeper import keeper_first
from unipic.thumbnails import Thumbnails
from unipic.vision.base import Scorer

# Never sharpness alone: people choose by composition and exposure first, and grain looks sharp to a machine.
CRITERIA = (
    ("sharpness", 0.4, "sharper"),
    ("exposure", 0.4, "better exposed"),
    ("contrast", 0.1, "richer in contrast"),
    ("noise", -0.3, "less noisy"),
)
AT_ONCE = 64  # thumbnails in memory: 64 are 80 MB
VISIBLE = 0.03  # a difference smaller than this is not worth a word

Score = Callable[[Sequence[Photo]], np.ndarray]  # photos -> float [N], higher is better
Reason = Callable[[Photo, Photo, float, float], str]  # best, next, their scores


def builtin_score(photos: Sequence[Photo]) -> np.ndarray:
    """The weighted sum of what was measured on each photo."""
    return np.array([sum(weight * getattr(p.measures, name) for name, weight, _ in CRITERIA) for p in photos])


def builtin_reason(best: Photo, other: Photo, score: float, other_score: float) -> str:
    """Where the best shot is ahead of the next one, with both numbers."""
    ahead = []
    for name, weight, word in CRITERIA:
        a, b = getattr(best.measures, name), getattr(other.measures, name)
        if abs(a - b) >= VISIBLE and (a - b) * weight > 0:
            ahead.append(((a - b) * weight, f"{word} ({a:.2f} against {b:.2f})"))
    words = [text for _, text in sorted(ahead, reverse=True)[:2]]
    return " and ".join(words) or f"as good as the next one ({score:.2f} against {other_score:.2f})"


def prompt_score(scorer: Scorer, thumbnails: Thumbnails, prompt: str, progress: Progress = silent) -> Score:
    """How well each photo fits the prompt; so many pictures at a time that memory stays flat."""

    def score(photos: Sequence[Photo]) -> np.ndarray:
        scores = []
        for start in range(0, len(photos), AT_ONCE):
            progress(Step("Choosing the best shots", start, len(photos)))
            pictures = [thumbnails.load(photo.digest) for photo in photos[start : start + AT_ONCE]]
            scores.append(scorer.score(pictures, prompt))
        return np.concatenate(scores)

    return score


def prompt_reason(best: Photo, other: Photo, score: float, other_score: float) -> str:
    return f"fits the wish best ({score:.3f} against {other_score:.3f})"


def rank(
    groups: Sequence[Sequence[Photo]],
    embeddings: Embeddings,
    copies: dict[str, tuple[Photo, ...]],
    score: Score,
    reason: Reason,
) -> list[Cluster]:
    """One Cluster per group. `copies` are those of each member, which leave with it if it leaves."""
    row = {photo.id: i for i, photo in enumerate(embeddings.photos)}
    members = [photo for group in groups for photo in group]
    scores = dict(zip((p.id for p in members), score(members).tolist(), strict=True)) if members else {}

    def cluster(group: Sequence[Photo]) -> Cluster:
        ordered = sorted(group, key=lambda photo: (-scores[photo.id], keeper_first(photo)))
        best = embeddings.vectors[row[ordered[0].id]]

        def alike(photo: Photo) -> float:
            rows = [row[p.id] for p in (photo, *copies.get(photo.id, ()))]
            return float((embeddings.vectors[rows] @ best).min())

        first, second = ordered[0], ordered[1]
        why = reason(first, second, scores[first.id], scores[second.id])
        likeness = (1.0, *(alike(photo) for photo in ordered[1:]))
        return Cluster(tuple(ordered), tuple(scores[p.id] for p in ordered), likeness, why)

    return [cluster(group) for group in groups]
