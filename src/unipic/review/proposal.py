"""The proposal: every group of copies or similar shots, which photos should stay, and how certain that is."""

import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from unipic.cleanup.contained import lost
from unipic.cleanup.copies import LIKE
from unipic.cleanup.faces import Row, needed as needed_for
from unipic.cleanup.keeper import keeper_first, keeper_reason, warning_about
from unipic.cleanup.rank import LOOK_EQUAL
from unipic.cleanup.result import CLEAR, Cleanup, Cluster, DuplicateSet, Series
from unipic.core.language import gettext as _, kept, retold
from unipic.core.photo import Photo, digest_in_words
from unipic.review.rules import SETS, Rules

Lane = Literal["identical", "same", "holds", "similar"]

# None of 115 pairs found to be the same picture in one half of the labelled photos was wrong. So at most 3 in 100 are,
# with 95 % confidence (the rule of three).
SAME_PICTURE = 0.97
UNSURE = 0.5
AHEAD = math.log(CLEAR / (1 - CLEAR))  # log-odds of scores from which one shot is clearly better than another
# Removed from a cluster's reason: the doubt is shown separately, the numbers in the table beside the photos.
NUMBERS = re.compile(r"^too close to call; | \([^()]* against [^()]*\)")


@dataclass(frozen=True)
class Group:
    """Photos to decide about together, the recommended one first."""

    id: str
    lane: Lane
    photos: tuple[Photo, ...]
    alike: tuple[float | None, ...]  # similarity to the first, 0 to 100; None: not directly
    words: tuple[str, ...]  # for each photo: how it resembles the first, or what to know of it
    reason: str  # why the first one is recommended
    doubt: str  # why a person should check the proposal; "" if nothing speaks against it
    certainty: float  # probability that the proposal is right, 0.5 to 1
    suggested: frozenset[str]  # ids of those that stay
    protected: frozenset[str]  # ids of those that can never be set aside
    tie: int = 0  # how many shots are about equally good, if more than one: they all stay, and none is recommended
    equals: frozenset[str] = frozenset()  # ids of those that stay for no other reason than that
    people: tuple[Row, ...] = ()  # of each person the face in each photo, in the order of the photos

    @property
    def headline(self) -> str:
        """The reason as a line for people."""
        if self.tie:
            all_tied = self.tie == len(self.photos)
            if self.tie == 2 and all_tied:
                return _("These look equally good: keep both, or pick")
            if self.tie == 2:
                return _("2 of these look equally good: keep both, or pick")
            if all_tied:
                return _("These look equally good: keep all, or pick")
            return _("{number} of these look equally good: keep all {number}, or pick", number=self.tie)
        if self.reason.endswith(LOOK_EQUAL):
            return _("No clear winner: {reason}", reason=retold(self.reason))
        return _("Recommended: {reason}", reason=retold(self.reason))

    @cached_property
    def ids(self) -> frozenset[str]:
        """Ids of the photos."""
        return frozenset(photo.id for photo in self.photos)


@dataclass(frozen=True)
class Proposal:
    """A cleanup in groups. Each photo is in at most one group of copies and one of shots."""

    cleanup: Cleanup
    groups: tuple[Group, ...]  # copies first, then shots
    rules: Rules

    @cached_property
    def by_id(self) -> Mapping[str, Group]:
        """Groups by id."""
        return {group.id: group for group in self.groups}

    @cached_property
    def copies(self) -> tuple[Group, ...]:
        """The groups of copies."""
        return tuple(group for group in self.groups if group.lane != "similar")

    @cached_property
    def shots(self) -> tuple[Group, ...]:
        """The groups of similar shots."""
        return tuple(group for group in self.groups if group.lane == "similar")


def propose(cleanup: Cleanup, rules: Rules = Rules()) -> Proposal:  # noqa: B008  frozen
    """The groups, with what stays by the cleanup and the person's rules."""
    by_keeper: defaultdict[str, list[DuplicateSet]] = defaultdict(list)
    for found in cleanup.lanes:
        by_keeper[found.keeper.id].append(found)
    kept_whole = {p.id: one for one in cleanup.series if one.kind not in rules.thin for p in one.photos}
    groups = [_copies(sets, cleanup, rules, kept_whole) for sets in by_keeper.values()]
    copies = dict(zip(by_keeper, groups, strict=True))
    groups += [_shots(cluster, copies, cleanup, rules, kept_whole) for cluster in cleanup.clusters]
    return Proposal(cleanup, tuple(groups), rules)


def group_id(photos: Iterable[Photo]) -> str:
    """16 hexadecimal digits, the same for the same photos in any order."""
    ids = "\n".join(sorted(photo.id for photo in photos))
    return hashlib.blake2s(ids.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


# Copies.


def _copies(sets: Sequence[DuplicateSet], cleanup: Cleanup, rules: Rules, kept_whole: Mapping[str, Series]) -> Group:
    keeper = sets[0].keeper
    reasons = {copy.id: reason for found in sets for copy, reason in zip(found.copies, found.reasons, strict=True)}
    found = [keeper, *(copy for found in sets for copy in found.copies)]
    photos = sorted(found, key=rules.key)  # stable: without a rule, the better original stays first
    first = photos[0]
    same = {photo.id: _same_picture(photo, first, keeper, found, cleanup) for photo in photos}
    originals = {copy.id for found in sets if found.kind == "original" for copy in found.copies}  # the keeper is edited
    doubts = {copy.id: doubt for found in sets for copy, doubt in zip(found.copies, found.doubts, strict=True)}
    open_questions = {p.id: _doubt(p, first, keeper, doubts, cleanup) for p in photos[1:]}
    protected = frozenset(photo.id for photo in photos if rules.protects(photo))
    anyway = [p for p in photos[1:] if p.id in protected or not same[p.id]]
    warnings, holds = _warnings(photos, anyway, kept_whole, open_questions)
    stays = {p.id for p in photos[1:] if not same[p.id] or warnings[p.id]}
    lane: Lane = "holds" if holds else "identical" if all(s.kind not in LIKE for s in sets) else "same"
    goes = len(photos) - len({first.id} | stays | protected)
    doubt = "; ".join(
        dict.fromkeys(kept("one copy is {warning}", warning=warning) for warning in warnings.values() if warning)
    )
    return Group(
        group_id(photos),
        lane,
        tuple(photos),
        tuple(100.0 if same[p.id] and (p.id in originals) == (first.id in originals) else None for p in photos),
        ("", *(_how(p, first, keeper, reasons, same[p.id], warnings[p.id]) for p in photos[1:])),
        rules.reason(first, photos[1]) or keeper_reason(first, photos[1]) or kept("the better original"),
        doubt,
        UNSURE if doubt or not goes else 1.0 if lane == "identical" else SAME_PICTURE,
        frozenset({first.id} | stays | protected),
        protected,
    )


def _warnings(
    photos: Sequence[Photo], anyway: Sequence[Photo], kept_whole: Mapping[str, Series], doubts: Mapping[str, str]
) -> tuple[dict[str, str], bool]:
    """Why a person should look before each photo but the first goes, and whether any file holds more than the picture.

    `anyway` stay: what they hold is not lost with another one. `doubts`: what the look at full size left open.
    """
    first, stay, warnings, holds = photos[0], [photos[0], *anyway], dict[str, str](), False
    for photo in sorted(photos[1:], key=keeper_first):
        others = [one for one in stay[1:] if one is not photo]
        about = _belongs(photo, first, kept_whole) or warning_about(photo, first, *others)
        warnings[photo.id] = ", ".join(filter(None, (doubts[photo.id], about)))
        holds = holds or bool(lost(photo, [first, *others]))
        if warnings[photo.id] and photo not in stay:
            stay.append(photo)
    return warnings, holds


def _doubt(photo: Photo, first: Photo, keeper: Photo, doubts: Mapping[str, str], cleanup: Cleanup) -> str:
    """What the second look leaves open between the two, by their own pixels and those of the keeper."""
    if identical(photo, first):
        return ""
    if keeper in (photo, first):
        return doubts.get(photo.id, "") or doubts.get(first.id, "")
    direct = cleanup.likeness.doubt(photo, first) if cleanup.likeness else ""
    return direct or doubts.get(photo.id, "") or doubts.get(first.id, "")


def _belongs(photo: Photo, first: Photo, kept_whole: Mapping[str, Series]) -> str:
    """A warning if a series would lose a shot; "" if an identical file stays."""
    one = None if identical(photo, first) else kept_whole.get(photo.id)
    return kept("part of {series} ({reason})", series=SETS[one.kind][0], reason=one.reason) if one else ""


def _how(photo: Photo, first: Photo, keeper: Photo, reasons: Mapping[str, str], same: bool, warning: str) -> str:
    if first is keeper:
        words = reasons[photo.id]
    elif photo.digest == first.digest:
        words = kept("the same bytes as {name} ({digest})", name=first.name, digest=digest_in_words(first))
    elif identical(photo, first):
        words = kept("the same pixels as {name}", name=first.name)
    elif same:
        words = kept("the same picture as {name}", name=first.name)
    else:
        words = kept(
            "the same picture as {name}, not directly compared with {other}", name=keeper.name, other=first.name
        )
    return f"{warning}; {words}" if warning else words


def identical(a: Photo, b: Photo) -> bool:
    """The same bytes, or the same pixels in another file."""
    return a.digest == b.digest or a.content == b.content != ""


def _same_picture(a: Photo, b: Photo, keeper: Photo, photos: Sequence[Photo], cleanup: Cleanup) -> bool:
    """Whether they are directly the same picture, by their own pixels or those of an identical file."""
    if keeper in (a, b) or identical(a, b):
        return True
    likeness = cleanup.likeness
    if likeness is None:
        return identical(a, keeper) or identical(b, keeper)
    ours, theirs = ([p for p in photos if p in likeness and identical(p, one)] for one in (a, b))
    return any(likeness.same(p, q) >= cleanup.same for p in ours for q in theirs)


# Shots of one moment.


def _shots(
    cluster: Cluster, copies: Mapping[str, Group], cleanup: Cleanup, rules: Rules, kept_whole: Mapping[str, Series]
) -> Group:
    files = {p.id: copies[p.id].photos if p.id in copies else (p,) for p in cluster.photos}
    order = sorted(cluster.photos, key=lambda photo: min(rules.key(file) for file in files[photo.id]))
    best, second = order[0], order[1]
    # By some rules a copy of the best stays instead of the best.
    face = best if best.id not in copies or best.id in copies[best.id].suggested else files[best.id][0]
    alike = [_alike(photo, best, face, cluster, files, cleanup) for photo in order]
    protected = frozenset(photo.id for photo in order if rules.protects(photo))
    like_best = [value is not None and value >= cleanup.similar for value in alike]
    whole = {p.id: kept_whole[file.id] for p in order for file in files[p.id] if file.id in kept_whole}
    unlike = {photo.id for photo, like in zip(order, like_best, strict=True) if not like}
    tied = _tied(cluster) if best is cluster.best and not whole else frozenset()
    needed = frozenset({best.id} | protected | whole.keys() | unlike)
    people = _faces_in(order, cluster)
    nobody_lost = needed_for(people, [i for i, photo in enumerate(order) if photo.id in needed])
    because = {order[i].id: words for i, words in nobody_lost.items()}
    needed |= because.keys()
    stays = needed | tied
    reason, certainty = NUMBERS.sub("", cluster.reason), cluster.certainty
    doubt = kept("too close to call") if cluster.close_call else ""
    if best is not cluster.best:
        reason = next(filter(None, (rules.reason(a, second) for a in files[best.id])), kept("by your rules"))
        certainty, doubt = 1.0, ""
    least = min((value for p, value in zip(order, alike, strict=True) if p.id not in stays and value), default=100.0)
    return Group(
        group_id(order),
        "similar",
        tuple(order),
        tuple(alike),
        tuple(_told(photo, files[photo.id], whole, because.get(photo.id, "")) for photo in order),
        reason,
        "; ".join(
            dict.fromkeys(
                [
                    *(kept("{series}, kept whole", series=SETS[s.kind][0]) for s in whole.values()),
                    *filter(None, [doubt]),
                ]
            )
        ),
        max(UNSURE, min(certainty, least / 100)) if len(stays) < len(order) else UNSURE,
        stays,
        protected,
        len(tied),
        tied - needed,
        people,
    )


def _faces_in(order: Sequence[Photo], cluster: Cluster) -> tuple[Row, ...]:
    """The faces of the cluster's people, in the order of the photos."""
    place = {photo.id: i for i, photo in enumerate(cluster.photos)}
    return tuple(tuple(row[place[photo.id]] for photo in order) for row in cluster.people)


def _tied(cluster: Cluster) -> frozenset[str]:
    """Ids of the shots that the best one is not clearly better than, with the best itself; empty if it is."""
    if not cluster.close_call:
        return frozenset()
    best = cluster.scores[0]
    close = {photo.id for photo, score in zip(cluster.photos, cluster.scores, strict=True) if best - score < AHEAD}
    return frozenset(close | {photo.id for photo in cluster.photos[:2]})


def _alike(
    photo: Photo, best: Photo, face: Photo, cluster: Cluster, files: Mapping[str, Sequence[Photo]], cleanup: Cleanup
) -> float | None:
    """The lowest similarity of the photo and its copies to the best; None if they were not compared.

    Identical copies were not.
    """
    if photo is best:
        return 100.0
    if best is cluster.best and identical(face, best):
        return cluster.alike[cluster.photos.index(photo)] or None
    likeness = cleanup.likeness
    seen = [file for file in files[best.id] if likeness and file in likeness and identical(file, face)]
    if likeness is None or not seen:
        return None
    return min(likeness.similar(file, seen[0]) for file in files[photo.id] if file in likeness) or None


def _told(photo: Photo, files: Sequence[Photo], whole: Mapping[str, Series], because: str) -> str:
    one = whole.get(photo.id)
    words = kept("part of {series}: {reason}", series=SETS[one.kind][0], reason=one.reason) if one else ""
    return "; ".join(filter(None, (words, because, _along([file for file in files if file is not photo]))))


def _along(copies: Sequence[Photo]) -> str:
    names = ", ".join(copy.name for copy in copies[:3]) + (", ..." if len(copies) > 3 else "")
    return kept("its copies: {names}", names=names) if copies else ""
