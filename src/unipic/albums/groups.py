"""Groups for an album: similar shots, copies and series that share a photo become one group, with its best shots."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from unipic.cleanup.keeper import keeper_first
from unipic.cleanup.result import Cleanup, Cluster, Series
from unipic.core.language import kept
from unipic.core.photo import Photo, local_time

LEAST = float("-inf")  # the score of a photo that was not ranked
GROUP = "group_"  # how folders of groups begin


@dataclass(frozen=True)
class AlbumGroup:
    """Photos that belong together, in order of time."""

    photos: tuple[Photo, ...]
    best: tuple[Photo, ...]  # one that is recommended, or those that a person chose
    why_best: str
    why_grouped: str
    scores: Mapping[str, float]  # of the ranking, by photo id; higher is better
    series: tuple[Series, ...] = ()
    number: int = 0

    @property
    def folder(self) -> str:
        """The name of its folder: group_0001."""
        return f"{GROUP}{self.number:04}"


def groups_of(
    cleanup: Cleanup, chosen: frozenset[str] = frozenset(), only_copies: bool = False
) -> tuple[AlbumGroup, ...]:
    """Groups of two photos or more, by the time of the first photo. `chosen`: ids of those a person decided to keep."""
    clusters = () if only_copies else cleanup.clusters
    series = () if only_copies else cleanup.series
    bonds = [one.photos for one in clusters] + [one.photos for one in series]
    bonds += [(found.keeper, *found.copies) for found in cleanup.lanes]
    facts = _Facts(_ByPhoto(clusters), _ByPhoto(series), _copies(cleanup), chosen)
    found = [_group(photos, facts) for photos in _joined(bonds)]
    return tuple(sorted(found, key=lambda group: _when(group.photos[0])))


Bond = TypeVar("Bond", Cluster, Series)


class _ByPhoto(Generic[Bond]):
    """Clusters or series by their photos."""

    def __init__(self, bonds: Sequence[Bond]) -> None:
        self._bonds: Sequence[Bond] = bonds
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        for place, bond in enumerate(bonds):
            for photo in bond.photos:
                self._places[photo.id].append(place)

    def of(self, photos: Iterable[Photo]) -> list[Bond]:
        """Those that have one of the photos, in their order."""
        places = {place for photo in photos for place in self._places.get(photo.id, ())}
        return [self._bonds[place] for place in sorted(places)]


@dataclass(frozen=True)
class _Facts:
    """What a group is told by."""

    clusters: _ByPhoto[Cluster]
    series: _ByPhoto[Series]
    copies: Mapping[str, int]  # how many, by the keeper's id
    chosen: frozenset[str]


def _copies(cleanup: Cleanup) -> Mapping[str, int]:
    copies = Counter[str]()
    for found in cleanup.lanes:
        copies[found.keeper.id] += len(found.copies)
    return copies


def left_of(groups: Iterable[AlbumGroup], stay: frozenset[str]) -> tuple[AlbumGroup, ...]:
    """The groups of which two photos or more stay, with those alone. `stay`: ids."""
    found = []
    for group in groups:
        photos = tuple(photo for photo in group.photos if photo.id in stay)
        if len(photos) > 1:
            ranked = sorted((-group.scores.get(photo.id, LEAST), keeper_first(photo), photo) for photo in photos)
            best = tuple(photo for photo in group.best if photo.id in stay) or (ranked[0][2],)
            found.append(replace(group, photos=photos, best=best))
    return tuple(found)


def numbered(groups: Sequence[AlbumGroup], known: Mapping[int, frozenset[str]]) -> tuple[AlbumGroup, ...]:
    """The groups with numbers. `known`: digests of the photos in folders that are there already, by number.

    A group keeps the number of the folder that holds most of its photos; others get the next free ones, in order.
    """
    shared = [
        (len(digests & {photo.digest for photo in group.photos}), -number, at)
        for at, group in enumerate(groups)
        for number, digests in known.items()
    ]
    numbers: dict[int, int] = {}
    for amount, number, at in sorted(shared, key=lambda one: (-one[0], -one[1], one[2])):
        if amount and at not in numbers and -number not in numbers.values():
            numbers[at] = -number
    following = max(known, default=0) + 1
    for at in range(len(groups)):
        if at not in numbers:
            numbers[at], following = following, following + 1
    return tuple(replace(group, number=numbers[at]) for at, group in enumerate(groups))


def _joined(bonds: Iterable[Sequence[Photo]]) -> Iterator[list[Photo]]:
    """Photos that are connected, in order of time."""
    photos: dict[str, Photo] = {}
    neighbours: defaultdict[str, set[str]] = defaultdict(set)
    for bond in bonds:
        for photo in bond:
            photos[photo.id] = photo
            neighbours[photo.id].add(bond[0].id)
            neighbours[bond[0].id].add(photo.id)
    seen: set[str] = set()
    for start in photos:
        waiting, members = [start], set[str]()
        while waiting:
            if (one := waiting.pop()) not in seen:
                seen.add(one)
                members.add(one)
                waiting.extend(neighbours[one])
        if len(members) > 1:
            yield sorted((photos[id] for id in members), key=_when)


def _group(photos: Sequence[Photo], facts: _Facts) -> AlbumGroup:
    shots, whole = facts.clusters.of(photos), tuple(facts.series.of(photos))
    best, why = _best(photos, shots, whole)
    decided = tuple(photo for photo in photos if photo.id in facts.chosen)
    if decided:
        best, why = decided, kept("chosen by you")
    copies = sum(facts.copies.get(photo.id, 0) for photo in photos)
    grouped = [one.reason for one in whole]
    grouped += [kept("{n} similar shots of one moment", n=sum(len(one.photos) for one in shots))] if shots else []
    if copies == 1:
        grouped.append(kept("1 of them is a copy of another"))
    elif copies:
        grouped.append(kept("{n} of them are copies of another", n=copies))
    scores = {photo.id: score for one in shots for photo, score in zip(one.photos, one.scores, strict=True)}
    return AlbumGroup(tuple(photos), best, why, "; ".join(grouped), scores, whole)


def _best(photos: Sequence[Photo], shots: Sequence[Cluster], series: Sequence[Series]) -> tuple[tuple[Photo, ...], str]:
    """The recommended photo and the reason: of the largest cluster, else the middle of a series, else the original."""
    if shots:
        largest = max(shots, key=lambda one: len(one.photos))
        return (largest.best,), largest.reason
    if series:
        middle = middle_of(max(series, key=lambda one: len(one.photos)))
        bracket = series[0].kind == "bracket"
        return (middle,), kept("the middle exposure") if bracket else kept("the middle of the series")
    return (min(photos, key=keeper_first),), kept("the better original")


def middle_of(series: Series) -> Photo:
    """The frame in the middle: of a bracket that with the least correction of exposure, else by time."""
    biases = [shot.bias for shot in series.photos]
    if series.kind == "bracket" and None not in biases:
        return min(series.photos, key=lambda shot: (abs(shot.bias or 0.0), shot.id))
    return series.photos[len(series.photos) // 2]


def _when(photo: Photo) -> tuple[str, str, str]:
    taken = local_time(photo)
    return taken.isoformat() if taken else "9", photo.name, photo.id
