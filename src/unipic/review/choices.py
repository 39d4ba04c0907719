"""A person's choices about a Proposal. Pure functions of values."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace

from unipic.cleanup.bonds import settled
from unipic.library.decisions import Ruling
from unipic.review.proposal import Group


@dataclass(frozen=True)
class Choice:
    """The photos a person ticked in one group. A group nobody touched has no Choice; its proposal applies."""

    kept: frozenset[str]  # ids of photos that stay
    done: bool = False  # the person has decided; until then all similar shots stay
    remembered: bool = False  # decided in an earlier run over the same photos


Choices = Mapping[str, Choice]  # by group id
NONE: Choices = {}


def kept(group: Group, choices: Choices) -> frozenset[str]:
    """Ids of the group's photos that stay: as the person ticked, or else as suggested."""
    choice = choices.get(group.id)
    return (choice.kept & group.ids) | group.protected if choice else group.suggested


def done(group: Group, choices: Choices) -> bool:
    """Whether the person has decided the group."""
    choice = choices.get(group.id)
    return choice is not None and choice.done


def flip(group: Group, choices: Choices, photo_id: str) -> Choice:
    """The choice after one photo changed between kept and set aside."""
    return Choice(kept(group, choices) ^ ({photo_id} & group.ids))


def accept(groups: Iterable[Group], choices: Choices) -> dict[str, Choice]:
    """A decision for each group as it is ticked now."""
    return {group.id: replace(choices.get(group.id) or Choice(group.suggested), done=True) for group in groups}


def best_only(groups: Iterable[Group], choices: Choices = NONE) -> dict[str, Choice]:
    """A decision for each group: as a person ticked it, or else of equally good shots only the first stays."""
    untouched = {group.id: Choice(group.suggested - group.equals) for group in groups}
    return {id: replace(choices.get(id) or choice, done=True) for id, choice in untouched.items()}


def recalled(groups: Iterable[Group], rulings: Iterable[Ruling], earlier: Set[str] = frozenset()) -> dict[str, Choice]:
    """Choices for the groups that rulings settle; `remembered` if one of the rulings is in `earlier`, by id."""
    by_digest: defaultdict[str, list[Ruling]] = defaultdict(list)
    for ruling in rulings:
        for digest in ruling.digests:
            by_digest[digest].append(ruling)
    found = {}
    for group in groups:
        # A ruling about shots of a moment says nothing about copies of one of them, and one about a photo by itself
        # nothing about any other.
        of_copies = group.lane != "similar"
        named = {r.id: r for photo in group.photos for r in by_digest.get(photo.digest, ())}
        about = [r for r in named.values() if not (of_copies and r.moment) and r.alone == group.clutter]
        if about and group.clutter:
            stays: frozenset[str] | None = group.ids if about[-1].kept else frozenset()
        else:
            stays = settled(group.photos, about) if about else None
        if stays is not None:
            known = any(ruling.id in earlier for ruling in about)
            found[group.id] = Choice(stays | group.protected, done=True, remembered=known)
    return found
