"""Which faces belong together: of all faces at once, or of new ones beside those that were grouped before."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from unipic.core.face import Face
from unipic.people.attach import attach, grow
from unipic.people.density import dense
from unipic.people.limits import FaceLimits
from unipic.people.linking import Era, link, no_era
from unipic.people.rulings import NOTHING, Said

VERSION = 1  # raised when faces are grouped in another way

How = Literal["linkage", "dbscan"]
HOWS: tuple[How, ...] = ("linkage", "dbscan")
NAMED_FROM = 24.0  # pixels: a narrower face is counted and never named; of such pairs a third is missed


def group_all(
    faces: Sequence[Face], said: Mapping[str, Said], limits: FaceLimits, era: Era = no_era, how: How = "linkage"
) -> dict[str, str]:
    """The group of each face that is in one, by its key. A group is named by the first key of its clear faces."""
    clear, poor = _sorted_out(faces, said)
    groups = link(clear, said, limits, era) if how == "linkage" else dense(clear, limits)
    named = {face.key: group[0].key for group in groups for face in group}
    return {**named, **attach(poor, _of_persons(clear, named, said), said, limits)}


def group_more(
    faces: Sequence[Face],
    known: Mapping[str, str],
    said: Mapping[str, Said],
    limits: FaceLimits,
    era: Era = no_era,
) -> dict[str, str]:
    """The same with the groups that are known of some of the faces, which stay together."""
    clear, poor = _sorted_out(faces, said)
    groups = _by_name(clear, known)
    named = {face.key: name for name, group in groups.items() for face in group}
    named |= grow([face for face in clear if face.key not in named], groups, said, limits, era)
    left = [face for face in poor if face.key not in known]
    stay = {face.key: known[face.key] for face in poor if face.key in known}
    return {**named, **stay, **attach(left, _of_persons(clear, named, said), said, limits)}


def _sorted_out(faces: Iterable[Face], said: Mapping[str, Said]) -> tuple[list[Face], list[Face]]:
    """Clear faces, and poor ones that may be somebody's."""
    there = [face for face in faces if face.vector is not None and not said.get(face.key, NOTHING).no_face]
    return [face for face in there if face.clear], [
        face for face in there if not face.clear and face.size >= NAMED_FROM
    ]


def _by_name(faces: Iterable[Face], names: Mapping[str, str]) -> dict[str, list[Face]]:
    groups: dict[str, list[Face]] = {}
    for face in faces:
        if face.key in names:
            groups.setdefault(names[face.key], []).append(face)
    return groups


def _of_persons(clear: Sequence[Face], names: Mapping[str, str], said: Mapping[str, Said]) -> dict[str, list[Face]]:
    """The groups, with those of one person as one, under the name of the first."""
    whole: dict[str, list[Face]] = {}
    first: dict[str, str] = {}
    for name, group in sorted(_by_name(clear, names).items()):
        person = next((its.person for face in group if (its := said.get(face.key, NOTHING)).person), "")
        whole.setdefault(first.setdefault(person, name) if person else name, []).extend(group)
    return whole
