"""What follows from a person's choices: the outcome of every file of the gallery. ledger.py counts them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from unipic.core.language import kept
from unipic.core.photo import Photo, Unreadable
from unipic.review.choices import NONE, Choices, done, kept as staying
from unipic.review.proposal import Group, Proposal, identical

Fate = Literal["kept", "set aside", "unreadable"]
# Who decided: a person; or, of a copy that nobody looked at, what it was found to be: identical to what stays, or the
# same picture by the second look (cleanup/look.py). "": nobody, so the photo stays.
By = Literal["", "you", "identical", "verified"]
# What may be left out without a person's look. "verified" includes what is identical.
Unseen = Literal["nothing", "identical", "verified"]
LEAVES: Mapping[Unseen, frozenset[By]] = {
    "nothing": frozenset(),
    "identical": frozenset({"identical"}),
    "verified": frozenset({"identical", "verified"}),
}
NOT_SEEN = kept("kept until you have looked")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happens to a photo with its companions, or to another file; why, and in favour of which photos."""

    file: Photo | Unreadable
    fate: Fate
    reason: str
    instead: tuple[Photo, ...] = ()
    problem: str = ""  # what prevented it since
    by: By = ""


def outcomes(proposal: Proposal, choices: Choices = NONE, unseen: Unseen = "verified") -> list[Outcome]:
    """An Outcome for every photo and other file of the gallery, once, in the gallery's order.

    `unseen`: which copies may be left out of groups that nobody decided. Copies of a shot go with it in any case, if a
    person decided that the shot goes.
    """
    decided: dict[str, Outcome] = {}
    for group in proposal.shots:
        decided |= _of_shots(group, choices)
    for group in proposal.copies:
        decided |= _of_copies(group, choices, decided, unseen)
    decided = _resolved(decided)
    for file in proposal.cleanup.gallery.unreadable:
        decided[file.id] = Outcome(file, "unreadable", file.reason)
    files: tuple[Photo | Unreadable, ...] = (*proposal.cleanup.gallery.photos, *proposal.cleanup.gallery.unreadable)
    return [decided.get(file.id) or Outcome(file, "kept", kept("like no other photo")) for file in files]


def _of_shots(group: Group, choices: Choices) -> dict[str, Outcome]:
    seen, stays = done(group, choices), staying(group, choices)
    by: By = "you" if seen else ""
    instead = tuple(photo for photo in group.photos if photo.id in stays)
    found = {}
    for photo, alike in zip(group.photos, group.alike, strict=True):
        if not seen or photo.id in stays:
            why = kept("chosen among similar shots") if seen else kept("among similar shots, not reviewed yet")
            if photo.id in group.protected:
                why = kept("in a protected folder")
            found[photo.id] = Outcome(photo, "kept", why, by=by)
        else:
            why = kept("not chosen among similar shots")
            if alike and instead:
                why = kept("not chosen among similar shots (similarity to the best {alike:.0f} of 100)", alike=alike)
            found[photo.id] = Outcome(photo, "set aside", why, instead, by=by)
    return found


def _of_copies(group: Group, choices: Choices, shots: Mapping[str, Outcome], unseen: Unseen) -> dict[str, Outcome]:
    """If a shot is set aside, so are its copies, except protected ones and those the person kept."""
    seen = done(group, choices)
    open_copies = {} if seen else _open_copies(group, choices, unseen)
    stays = (
        staying(group, choices) if seen else group.ids - {i for i, by in open_copies.items() if by in LEAVES[unseen]}
    )
    shot = next((shots[photo.id] for photo in group.photos if photo.id in shots), None)
    instead, why = tuple(photo for photo in group.photos if photo.id in stays), ""
    if shot and shot.fate == "set aside":
        stays = stays - open_copies.keys()
        for_the_shot = next((photo.id for photo in group.photos if photo.id in stays), "")
        stays = (stays - {for_the_shot}) | group.protected
        instead, why, open_copies = shot.instead, kept("the shot it is a copy of was not chosen"), {}
    found = {}
    for photo, words in zip(group.photos, group.words, strict=True):
        own = shots.get(photo.id)
        if photo.id not in stays:
            about = "; ".join(filter(None, (words, why))) or kept("not chosen among its copies")
            by = open_copies.get(photo.id, "you")
            gone = own and own.fate == "set aside"
            found[photo.id] = own if own and gone else Outcome(photo, "set aside", about, instead, by=by)
            continue
        by = "you" if seen or (own and own.by) else open_copies.get(photo.id, "")
        if photo.id in group.protected:
            found[photo.id] = Outcome(photo, "kept", kept("in a protected folder"), by=by)
        elif photo.id in open_copies:
            found[photo.id] = Outcome(photo, "kept", f"{NOT_SEEN}; {words}", by=by)
        elif words:
            also = kept("also kept; {words}", words=words)
            found[photo.id] = Outcome(photo, "kept", also if group.id in choices else words, by=by)
        elif own is None:
            best = kept("the best of its copies: {reason}", reason=group.reason)
            found[photo.id] = Outcome(photo, "kept", best, by=by)
    return found


def _open_copies(group: Group, choices: Choices, unseen: Unseen) -> dict[str, By]:
    """The copies of an undecided group that may go without a look, by id: identical to what stays, or verified.

    These are the ones that the proposal sets aside: it keeps what holds something of its own and what the second look
    left in doubt. What a person ticked stays, too.
    """
    may_go = group.ids - group.suggested - staying(group, choices)
    stay = [photo for photo in group.photos if photo.id not in may_go]
    found: dict[str, By] = {}
    for photo in group.photos:
        if photo.id in may_go:
            there = any(_has_it(other, photo) for other in stay)
            found[photo.id] = "identical" if there else "verified"
            if not there and unseen != "verified":
                stay.append(photo)
    return found


def _has_it(stays: Photo, photo: Photo) -> bool:
    """Whether the bytes or the pixels of `photo` are in what stays, or in a file that belongs to it."""
    return identical(photo, stays) or any(file.digest == photo.digest for file in stays.files)


def _resolved(decided: dict[str, Outcome]) -> dict[str, Outcome]:
    """Replace keepers that are set aside themselves by the photos that stay for them."""

    def living(photos: tuple[Photo, ...], above: frozenset[str]) -> tuple[Photo, ...]:
        found: dict[str, Photo] = {}
        for photo in photos:
            outcome = decided.get(photo.id)
            if outcome is None or outcome.fate == "kept":
                found[photo.id] = photo
            elif photo.id not in above:
                found |= {other.id: other for other in living(outcome.instead, above | {photo.id})}
        return tuple(found.values())

    return {
        id: replace(outcome, instead=living(outcome.instead, frozenset({id}))) if outcome.instead else outcome
        for id, outcome in decided.items()
    }
