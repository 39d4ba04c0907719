"""Learn a person's taste from earlier choices, and decide whether to use it. Pure functions of values.

A lesson is one reviewed group. The weights of the ranking's own criteria are learned, so it ranks as always and its
reasons stay true. Weights start at the defaults and leave them only as far as the choices require.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from unipic.core.language import kept

# The sign test needs at least 5 wins and no losses to pass LUCK; with fewer than 20 groups the two rankings rarely
# differ 5 times.
LEAST_GROUPS = 20
# Probability that a taste no better than the default passes. A mistake is cheap: such a taste is close to the default,
# is shown, can be switched off, and is tested again after every album.
LUCK = 0.05
FOLDS = 5
# Standard deviation of people's weights around the default (log-odds per noticeable difference). The default weights
# other than 0 average 0.27: half to one and a half times is common, none or double is not rare. In simulations, 0.1
# learns a true taste later, and 0.25 serves somebody without one worse meanwhile.
SPREAD = 0.15
# Noticeable differences are clipped here: a single shot kept for its smile despite much blur must not outvote the rest.
LOUD = 8.0
EVEN = 0.65  # certainty below which first and second are nearly equal: odds below 2 to 1
# An unchanged suggestion counts at least so much: a decided person who shares the default's taste cannot be told from
# one who does not look.
LEAST_READ = 0.5
TIED = 1e-9  # of scores
STEPS = 50
CLOSE = 1e-10  # of weights, between two steps


@dataclass(frozen=True)
class Lesson:
    """A reviewed group: its members by criteria (higher is better), and what the person kept."""

    group: str  # the same for the same group, decided again
    names: tuple[str, ...]  # of the criteria
    rows: tuple[tuple[float, ...], ...]  # one per member: how far it falls short of the best, see cleanup/rank.py
    kept: tuple[bool, ...]
    suggested: tuple[bool, ...]  # ticked in advance
    certainty: float  # of the ranking that the first member is better than the second

    def __post_init__(self) -> None:
        if not len(self.rows) == len(self.kept) == len(self.suggested):
            raise ValueError("a lesson is about each member of its group")
        if any(len(row) != len(self.names) for row in self.rows):
            raise ValueError("a member has one number per criterion")

    @property
    def teaches(self) -> bool:
        """Whether the group shows a preference: some members were kept, others not."""
        return any(self.kept) and not all(self.kept)

    @property
    def unchanged(self) -> bool:
        """Whether the suggestion was accepted as it was."""
        return self.kept == self.suggested


@dataclass(frozen=True)
class Verdict:
    """What was learned, and whether it is used."""

    groups: int  # lessons that teach
    held_out_default: float | None  # share of groups, not learned from, whose top-scored member was kept
    held_out_learned: float | None
    used: bool
    why: str  # why it is used or not
    weights: Mapping[str, float]  # learned from all groups


def learn(lessons: Iterable[Lesson], default: Mapping[str, float]) -> dict[str, float]:
    """The most likely weights, given the choices and a prior of width SPREAD around the defaults.

    Logistic regression on differences between kept and discarded members. A group counts 1 however many pairs it has,
    or less if its suggestion was left unchanged, see _read. A criterion missing from a lesson counts as equal. No
    weight is below 0: a criterion may not matter to somebody, but "sharper" would be a lie as the reason for a blurred
    shot. The order of the lessons does not matter.
    """
    groups = _teaching(lessons)
    names, start = tuple(default), np.array([*default.values()], dtype=np.float64)
    pairs, counts, _ = _pairs(groups, [_table(lesson, names) for lesson in groups], len(names))
    return dict(zip(names, _most_likely(pairs, counts, start).tolist(), strict=True))


def judge(lessons: Iterable[Lesson], default: Mapping[str, float]) -> Verdict:
    """Whether the learned weights beat the defaults on held-out groups, by more than chance.

    Cross-validation: each fifth of the groups is judged by weights from the other four. Among groups where only one of
    the two ranks a kept member first, a one-sided sign test gives the probability of the learned weights' wins by
    chance. Groups count as in learning, for both sides: unread suggestions hide a taste less while the defaults make
    them, and sustain it less once it makes them. The remaining bias favours the defaults: a taste is found late rather
    than wrongly.
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
    figures = kept("{ours:.0%} against {theirs:.0%}", ours=ours, theirs=theirs)
    if len(groups) < LEAST_GROUPS:
        used, why = False, _too_few(len(groups))
    elif ours <= theirs:
        used, why = False, kept("it does not beat the default on held-out choices: {figures}", figures=figures)
    elif lucky >= LUCK:
        chance = kept(
            "it beats the default on held-out choices, but not by more than chance: {figures}", figures=figures
        )
        used, why = False, chance
    else:
        used, why = True, kept("it beats the default on held-out choices: {figures}", figures=figures)
    return Verdict(len(groups), theirs, ours, used, why, weights)


def changes(weights: Mapping[str, float], default: Mapping[str, float]) -> list[tuple[str, float]]:
    """By how much the share of each criterion differs from the default, -1 to 1, the largest first.

    Shares, because the sum of all weights only says how certain the ranking is.
    """
    before, after = sum(default.values()) or 1.0, sum(weights.values()) or 1.0
    changed = [(name, weights[name] / after - default[name] / before) for name in default]
    return sorted(changed, key=lambda change: -abs(change[1]))


def _teaching(lessons: Iterable[Lesson]) -> list[Lesson]:
    return sorted((lesson for lesson in lessons if lesson.teaches), key=lambda lesson: lesson.group)


def _too_few(groups: int) -> str:
    return kept(
        "{n:,} group so far, {least} are needed" if groups == 1 else "{n:,} groups so far, {least} are needed",
        n=groups,
        least=LEAST_GROUPS,
    )


def _table(lesson: Lesson, names: tuple[str, ...]) -> np.ndarray:
    """float64 [members, names]."""
    columns = dict(zip(lesson.names, np.array(lesson.rows, dtype=np.float64).T, strict=True))
    nothing = np.zeros(len(lesson.rows))
    return np.stack([columns.get(name, nothing) for name in names], axis=1)


def _read(lessons: Sequence[Lesson]) -> float:
    """Probability that the person looked before leaving a suggestion unchanged.

    The best shot is ticked in advance. Between two nearly equal shots, somebody who looks keeps the first about as
    often as its certainty says; any excess went unread. One standard error is subtracted, since underestimating
    agreement is the worse mistake: corrections alone come from groups where the default failed, and teach its opposite
    even to somebody who shares it.
    """
    even = [d for d in lessons if d.certainty < EVEN and d.suggested[:2] == (True, False)]
    unchanged = sum(lesson.unchanged for lesson in lessons)
    if not even or not unchanged:
        return 1.0
    odds = ((d.kept[:2], d.certainty / (1 - d.certainty)) for d in even)
    more = [(kept == (True, False)) - (kept == (False, True)) * odd for kept, odd in odds]
    unread = (math.fsum(more) - math.sqrt(math.fsum(one**2 for one in more))) / len(even)
    return min(1.0, max(LEAST_READ, 1 - unread * len(lessons) / unchanged))


def _counts(lessons: Sequence[Lesson]) -> np.ndarray:
    """float64 [N]: the weight of each group."""
    read = _read(lessons)
    return np.array([read if lesson.unchanged else 1.0 for lesson in lessons])


def _pairs(
    lessons: Sequence[Lesson], tables: Sequence[np.ndarray], criteria: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """float64 [P, criteria]: kept minus discarded; [P]: the weight of each pair; int64 [P]:

    the number of its lesson.
    """
    differences = [np.zeros((0, criteria))]
    for lesson, table in zip(lessons, tables, strict=True):
        kept = np.array(lesson.kept)
        differences.append((table[kept][:, None] - table[~kept][None]).reshape(-1, criteria))
    sizes = np.array([len(pairs) for pairs in differences[1:]], dtype=np.int64)
    counts = np.repeat(_counts(lessons) / sizes, sizes)
    return np.clip(np.concatenate(differences), -LOUD, LOUD), counts, np.repeat(np.arange(len(sizes)), sizes)


def _most_likely(pairs: np.ndarray, counts: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Newton's method with weights of at least 0. The prior makes the loss strictly convex, so the answer is unique."""

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
    """1 if the top-scored member was kept, else 0; with ties at the top, the share of those kept."""
    return float(np.array(lesson.kept)[scores >= scores.max() - TIED].mean())


def _chance(won: int, lost: int) -> float:
    """Probability of at least so many wins in as many coin tosses."""
    tosses = won + lost
    ways = total = 1  # all tosses won
    for losses in range(lost):
        ways = ways * (tosses - losses) // (losses + 1)
        total += ways
    return total / 2**tosses
