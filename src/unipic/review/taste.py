"""What earlier choices say about a person's taste, and whether that is worth following. Pure: values in, values out.

A lesson is one reviewed group; what is learned are the weights of the ranking's own criteria, so that it ranks as it
always does and its reasons stay true. The weights begin at the default ones and leave them only as far as choices ask.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from unipic.core.words import count

# Five right where the default is wrong, and none the other way round, is the least that LUCK lets pass; fewer groups
# seldom hold that many where the two differ.
LEAST_GROUPS = 20
# Chance that a taste which is no better than the default passes. Being wrong is cheap: such a taste is near the
# default, is shown, and can be switched off; and the same test is asked again after every album.
LUCK = 0.05
FOLDS = 5
# Log-odds for a noticeable difference: how far a weight lies from the default in one person of three. The default
# weights that are not 0 are 0.27 on average: half to one and a half times is common, none or double is not rare.
# Simulated: with 0.1 a true taste is learned later, with 0.25 somebody without one is served worse meanwhile.
SPREAD = 0.15
# Noticeable differences, beyond which more says no more. A single shot kept for the smile in it, in spite of much blur,
# must not outvote the rest.
LOUD = 8.0
EVEN = 0.65  # certainty of a first place that is hardly more than an even chance: odds below 2 to 1
# A suggestion that was left as it was counts at least so much, however little seems to be read: somebody who is decided
# and shares the default's taste looks the same as somebody who does not look.
LEAST_READ = 0.5
TIED = 1e-9  # of scores
STEPS = 50
CLOSE = 1e-10  # of weights, between two steps


@dataclass(frozen=True)
class Lesson:
    """One reviewed group: members by criteria, higher is better, and what the person did."""

    group: str  # the same for the same group, decided again
    names: tuple[str, ...]  # of the criteria
    rows: tuple[tuple[float, ...], ...]  # one per member: how far it falls short of the best, see cleanup/rank.py
    kept: tuple[bool, ...]
    suggested: tuple[bool, ...]  # what was ticked to be kept before the person came
    certainty: float  # of the ranking that the first member is better than the second

    def __post_init__(self) -> None:
        if not len(self.rows) == len(self.kept) == len(self.suggested):
            raise ValueError("a lesson is about each member of its group")
        if any(len(row) != len(self.names) for row in self.rows):
            raise ValueError("a member has one number per criterion")

    @property
    def teaches(self) -> bool:
        """Where everything or nothing was kept, nothing was preferred."""
        return any(self.kept) and not all(self.kept)

    @property
    def unchanged(self) -> bool:
        return self.kept == self.suggested


@dataclass(frozen=True)
class Verdict:
    groups: int  # that teach
    held_out_default: float | None  # share of groups, not learned from, whose top-scored member was kept
    held_out_learned: float | None
    used: bool
    why: str  # it is used, or not
    weights: Mapping[str, float]  # learned from all groups


def learn(lessons: Iterable[Lesson], default: Mapping[str, float]) -> dict[str, float]:
    """The most likely weights, given the choices and that people's weights lie around the default by SPREAD.

    Logistic regression on the differences between a kept and a discarded member. A group counts 1 (less if it was left
    as suggested, see _read) however many pairs it makes. What a lesson has no number for makes no difference in it.
    No weight is below 0: a criterion may not matter to somebody, but a reason that says "sharper" of a shot that was
    chosen for its blur would be a lie. The order of the lessons changes nothing.
    """
    groups = _teaching(lessons)
    names, start = tuple(default), np.array([*default.values()], dtype=np.float64)
    pairs, counts, _ = _pairs(groups, [_table(lesson, names) for lesson in groups], len(names))
    return dict(zip(names, _most_likely(pairs, counts, start).tolist(), strict=True))


def judge(lessons: Iterable[Lesson], default: Mapping[str, float]) -> Verdict:
    """Whether what was learned beats the default on groups it was not learned from, by more than luck.

    Each fifth of the groups is judged by weights from the other four. Of the groups where just one of the two puts a
    member first that was kept, a one-sided sign test asks how often so many would be the learned one's by a coin's
    toss. Groups count as they do in learning, on both sides: so unread suggestions hide a taste less while the default
    makes them, and keep it alive less once it makes them itself. What is left of that bias works for the default at
    first: a taste is found late rather than wrongly.
    """
    groups = _teaching(lessons)
    weights = learn(groups, default)
    if not groups:
        return Verdict(0, None, None, False, _too_few(0), weights)
    names, start = tuple(default), np.array([*default.values()], dtype=np.float64)
    tables = [_table(lesson, names) for lesson in groups]
    pairs, counts, owner = _pairs(groups, tables, len(names))
    folds = np.array([int(lesson.group[:8], 16) % FOLDS for lesson in groups])
    learned, plain = np.zeros(len(groups)), np.zeros(len(groups))
    for fold in np.unique(folds):
        others = folds[owner] != fold
        mine = _most_likely(pairs[others], counts[others], start)
        for i in np.flatnonzero(folds == fold):
            learned[i], plain[i] = _right(groups[i], tables[i] @ mine), _right(groups[i], tables[i] @ start)
    ahead, counts = learned - plain, _counts(groups)
    won, lost = (counts * np.maximum(side, 0) for side in (ahead, -ahead))
    lucky = _chance(math.floor(won.sum() + TIED), math.ceil(lost.sum() - TIED))
    ours, theirs = (float(np.average(side, weights=counts)) for side in (learned, plain))
    figures = f"{ours:.0%} against {theirs:.0%}"
    if len(groups) < LEAST_GROUPS:
        used, why = False, _too_few(len(groups))
    elif ours <= theirs:
        used, why = False, f"it does not beat the default on held-out choices: {figures}"
    elif lucky >= LUCK:
        used, why = False, f"it beats the default on held-out choices, but not by more than chance: {figures}"
    else:
        used, why = True, f"it beats the default on held-out choices: {figures}"
    return Verdict(len(groups), theirs, ours, used, why, weights)


def changes(weights: Mapping[str, float], default: Mapping[str, float]) -> list[tuple[str, float]]:
    """How much more or less of the whole each criterion weighs than by default, from -1 to 1, the largest first.

    Shares, because all weights together only say how sure the ranking is.
    """
    before, after = sum(default.values()) or 1.0, sum(weights.values()) or 1.0
    changed = [(name, weights[name] / after - default[name] / before) for name in default]
    return sorted(changed, key=lambda change: -abs(change[1]))


def _teaching(lessons: Iterable[Lesson]) -> list[Lesson]:
    return sorted((lesson for lesson in lessons if lesson.teaches), key=lambda lesson: lesson.group)


def _too_few(groups: int) -> str:
    return f"{count(groups, 'group')} so far, {LEAST_GROUPS} are needed"


def _table(lesson: Lesson, names: tuple[str, ...]) -> np.ndarray:
    """float64 [members, names]."""
    columns = dict(zip(lesson.names, np.array(lesson.rows, dtype=np.float64).T, strict=True))
    nothing = np.zeros(len(lesson.rows))
    return np.stack([columns.get(name, nothing) for name in names], axis=1)


def _read(lessons: Sequence[Lesson]) -> float:
    """Probability that a suggestion that was left as it was had been looked at.

    The best shot is ticked before the person looks. Of two shots the ranking can hardly tell apart, somebody who looks
    takes the first about as often as its certainty says; what is more went unread. One standard error less is taken,
    for to think too little of agreement is the worse mistake: corrections alone are by their nature groups where the
    default failed, and teach the opposite of it even to somebody who shares it.
    """
    even = [d for d in lessons if d.certainty < EVEN and d.suggested[:2] == (True, False)]
    unchanged = sum(lesson.unchanged for lesson in lessons)
    if not even or not unchanged:
        return 1.0
    more = [(d.kept[:2] == (True, False)) - (d.kept[:2] == (False, True)) * _odds(d.certainty) for d in even]
    unread = (math.fsum(more) - math.sqrt(math.fsum(one**2 for one in more))) / len(even)
    return min(1.0, max(LEAST_READ, 1 - unread * len(lessons) / unchanged))


def _odds(probability: float) -> float:
    return probability / (1 - probability)


def _counts(lessons: Sequence[Lesson]) -> np.ndarray:
    """float64 [N]: what each group counts."""
    read = _read(lessons)
    return np.array([read if lesson.unchanged else 1.0 for lesson in lessons])


def _pairs(
    lessons: Sequence[Lesson], tables: Sequence[np.ndarray], criteria: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """float64 [P, criteria]: kept less discarded; [P]: what each pair counts; int64 [P]: the lesson it is of."""
    differences = [np.zeros((0, criteria))]
    for lesson, table in zip(lessons, tables, strict=True):
        kept = np.array(lesson.kept)
        differences.append((table[kept][:, None] - table[~kept][None]).reshape(-1, criteria))
    sizes = np.array([len(pairs) for pairs in differences[1:]], dtype=np.int64)
    counts = np.repeat(_counts(lessons) / sizes, sizes)
    return np.clip(np.concatenate(differences), -LOUD, LOUD), counts, np.repeat(np.arange(len(sizes)), sizes)


def _most_likely(pairs: np.ndarray, counts: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Newton's method, kept at 0 or above. The loss is convex, strictly so by the prior: there is one answer."""

    def loss(w: np.ndarray) -> float:
        return float(counts @ np.logaddexp(0, -(pairs @ w)) + ((w - start) ** 2).sum() / (2 * SPREAD**2))

    w = start
    for _ in range(STEPS):
        wrong = 1 / (1 + np.exp(pairs @ w))  # probability of the other choice
        slope = -pairs.T @ (counts * wrong) + (w - start) / SPREAD**2
        bend = (pairs.T * (counts * wrong * (1 - wrong))) @ pairs + np.eye(len(w)) / SPREAD**2
        free = (w > 0) | (slope < 0)
        step = np.zeros_like(w)
        step[free] = np.linalg.solve(bend[np.ix_(free, free)], slope[free])
        length = 1.0
        while length > CLOSE and loss(np.maximum(w - length * step, 0)) > loss(w):
            length /= 2
        before, w = w, np.maximum(w - length * step, 0)
        if np.abs(w - before).max(initial=0.0) < CLOSE:
            break
    return w


def _right(lesson: Lesson, scores: np.ndarray) -> float:
    """1 if the top-scored member was kept, else 0; the share of those kept where several are on top."""
    return float(np.array(lesson.kept)[scores >= scores.max() - TIED].mean())


def _chance(won: int, lost: int) -> float:
    """Probability of as many wins or more, of as many tosses of a coin."""
    tosses = won + lost
    ways = total = 1  # of all being won
    for losses in range(lost):
        ways = ways * (tosses - losses) // (losses + 1)
        total += ways
    return total / 2**tosses
