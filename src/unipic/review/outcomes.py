"""What follows from a person's choices: the outcome of every file, the figures, and both as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from unipic.cleanup.record import cleanup_to_dict
from unipic.core.photo import Photo, Unreadable, files_of
from unipic.review.choices import NONE, Choices, done, kept
from unipic.review.proposal import Group, Proposal

Fate = Literal["kept", "set aside", "unreadable"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happens to a photo with its companions, or to another file; why, and in favour of which photos."""

    file: Photo | Unreadable
    fate: Fate
    reason: str
    instead: tuple[Photo, ...] = ()
    problem: str = ""  # what prevented it since


@dataclass(frozen=True)
class Report:
    """The figures of a review."""

    before: int  # photos
    after: int
    bytes_saved: int  # of everything set aside
    groups: int  # of similar shots
    reviewed: int
    agreed: int  # groups where the recommended shot was kept and another one was not
    unreadable: int

    @property
    def agreement(self) -> float | None:
        """Share of the reviewed groups whose recommendation was followed; None without any."""
        return self.agreed / self.reviewed if self.reviewed else None


def outcomes(proposal: Proposal, choices: Choices = NONE) -> list[Outcome]:
    """An Outcome for every photo and other file of the gallery, once, in the gallery's order."""
    decided: dict[str, Outcome] = {}
    for group in proposal.shots:
        decided |= _of_shots(group, choices)
    for group in proposal.copies:
        decided |= _of_copies(group, choices, decided)
    decided = _resolved(decided)
    for file in proposal.cleanup.gallery.unreadable:
        decided[file.id] = Outcome(file, "unreadable", file.reason)
    files: tuple[Photo | Unreadable, ...] = (
        *proposal.cleanup.gallery.photos,
        *proposal.cleanup.gallery.unreadable,
    )
    return [decided.get(file.id) or Outcome(file, "kept", "like no other photo") for file in files]


def report(proposal: Proposal, choices: Choices = NONE, everything: Sequence[Outcome] | None = None) -> Report:
    """The figures. `everything`: the outcomes, if they are known already."""
    everything = outcomes(proposal, choices) if everything is None else everything
    seen = [group for group in proposal.shots if done(group, choices)]
    return Report(
        before=len(proposal.cleanup.gallery.photos),
        after=sum(outcome.fate == "kept" for outcome in everything),
        bytes_saved=sum(outcome.file.bytes for outcome in everything if outcome.fate == "set aside"),
        groups=len(proposal.shots),
        reviewed=len(seen),
        agreed=sum(_agreed(group, kept(group, choices)) for group in seen),
        unreadable=len(proposal.cleanup.gallery.unreadable),
    )


def result_to_dict(proposal: Proposal, choices: Choices) -> dict[str, Any]:
    """The figures, the outcome of each file with its reason, and the cleanup."""
    decided = outcomes(proposal, choices)
    figures = report(proposal, choices, decided)
    return {
        "report": {**asdict(figures), "agreement": figures.agreement},
        "files": [
            {
                "name": file.name,
                "fate": o.fate,
                "reason": o.reason if file is o.file else f"belongs to {o.file.name}",
                "instead": [photo.name for photo in o.instead],
                "holds": [extra.words for extra in file.holds + file.told] if isinstance(file, Photo) else [],
            }
            for o in decided
            for file in files_of(o.file)
        ],
        "cleanup": cleanup_to_dict(proposal.cleanup),
    }


def _of_shots(group: Group, choices: Choices) -> dict[str, Outcome]:
    seen, stays = done(group, choices), kept(group, choices)
    instead = tuple(photo for photo in group.photos if photo.id in stays)
    found = {}
    for photo, alike in zip(group.photos, group.alike, strict=True):
        if not seen or photo.id in stays:
            why = "chosen among similar shots" if seen else "among similar shots, not reviewed yet"
            if photo.id in group.protected:
                why = "in a protected folder"
            found[photo.id] = Outcome(photo, "kept", why)
        else:
            how = f" (similarity to the best {alike:.0f} of 100)" if alike and instead else ""
            found[photo.id] = Outcome(photo, "set aside", f"not chosen among similar shots{how}", instead)
    return found


def _of_copies(group: Group, choices: Choices, shots: Mapping[str, Outcome]) -> dict[str, Outcome]:
    """If a shot is set aside, so are its copies, except protected ones and those the person kept."""
    stays = kept(group, choices)
    if not stays and not done(group, choices):
        stays = group.suggested  # never drop every copy unless the person also confirmed the group
    gone = next((shots[photo.id] for photo in group.photos if photo.id in shots), None)
    instead, why = tuple(photo for photo in group.photos if photo.id in stays), ""
    if gone and gone.fate == "set aside":
        for_the_shot = next((photo.id for photo in group.photos if photo.id in stays), "")
        stays = (stays - {for_the_shot}) | group.protected
        instead, why = gone.instead, "the shot it is a copy of was not chosen"
    found = {}
    for photo, words in zip(group.photos, group.words, strict=True):
        about = "; ".join(filter(None, (words, why))) or "not chosen among its copies"
        if photo.id not in stays:
            own = shots.get(photo.id)
            found[photo.id] = own if own and own.fate == "set aside" else Outcome(photo, "set aside", about, instead)
        elif photo.id in group.protected:
            found[photo.id] = Outcome(photo, "kept", "in a protected folder")
        elif words:
            found[photo.id] = Outcome(photo, "kept", f"also kept; {words}" if group.id in choices else words)
        elif photo.id not in shots:
            found[photo.id] = Outcome(photo, "kept", f"the best of its copies: {group.reason}")
    return found


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


def _agreed(group: Group, stays: frozenset[str]) -> bool:
    return group.photos[0].id in stays and not group.ids <= stays
