"""The ledger: how many photos were found, kept and left out, and who decided. Every screen and export counts by it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from unipic.cleanup.record import cleanup_to_dict
from unipic.cleanup.result import CLUTTER
from unipic.core.language import gettext_noop as N_
from unipic.core.photo import Photo, files_of
from unipic.review.choices import NONE, Choices, done, kept
from unipic.review.outcomes import By, Outcome, outcomes
from unipic.review.proposal import Group, Lane, Proposal

Kind = Lane | Literal["single"]
KINDS: tuple[Kind, ...] = ("identical", "same", "holds", "similar", *CLUTTER, "single")
WHO: Mapping[By, str] = {
    "you": N_("you"),
    "identical": N_("identical"),
    "verified": N_("verified at full size"),
}


@dataclass(frozen=True, slots=True)
class Amount:
    """Photos, and the bytes of their files with all that belongs to them."""

    photos: int = 0
    bytes: int = 0

    @classmethod
    def of(cls, chosen: Iterable[Outcome]) -> "Amount":
        """The amount of some outcomes."""
        sizes = [outcome.file.bytes for outcome in chosen]
        return cls(len(sizes), sum(sizes))


@dataclass(frozen=True)
class Ledger:
    """What becomes of the photos of a gallery: found = kept + left out."""

    found: Amount
    kept: Amount
    left_out: Amount
    by: Mapping[By, Amount]  # of what is left out, who decided: the keys of WHO
    open: Amount  # copies verified at full size, not looked at: kept or left out as asked
    unreadable: int  # files; they are not among the photos


@dataclass(frozen=True)
class Line:
    """The photos of one kind. Each photo is in one line: a shot that has copies counts among copies."""

    kind: Kind
    groups: int
    decided: int  # groups that a person decided
    found: int  # photos
    left_out: Mapping[By, int]  # photos, by who decided


@dataclass(frozen=True)
class Report:
    """The figures of a review, as they are added to the statistics."""

    before: int  # photos
    after: int
    bytes_saved: int  # of everything left out
    groups: int  # of similar shots
    reviewed: int
    agreed: int  # groups where the recommended shot was kept and another one was not
    unreadable: int

    @property
    def agreement(self) -> float | None:
        """Share of the reviewed groups whose recommendation was followed; None without any."""
        return self.agreed / self.reviewed if self.reviewed else None


def ledger(everything: Sequence[Outcome]) -> Ledger:
    """The ledger of a gallery's outcomes."""
    photos = [outcome for outcome in everything if isinstance(outcome.file, Photo)]
    aside = [outcome for outcome in photos if outcome.fate == "set aside"]
    return Ledger(
        Amount.of(photos),
        Amount.of(outcome for outcome in photos if outcome.fate == "kept"),
        Amount.of(aside),
        {by: Amount.of(outcome for outcome in aside if outcome.by == by) for by in WHO},
        Amount.of(outcome for outcome in photos if outcome.by == "verified"),
        len(everything) - len(photos),
    )


def ledger_to_dict(found: Ledger) -> dict[str, Any]:
    """A ledger as plain values for JSON."""
    by = {WHO[by]: asdict(amount) for by, amount in found.by.items()}
    return {
        "found": asdict(found.found),
        "kept": asdict(found.kept),
        "left_out": {**asdict(found.left_out), "by": by},
        "verified_not_looked_at": asdict(found.open),
        "unreadable": found.unreadable,
    }


def lines(proposal: Proposal, choices: Choices, everything: Sequence[Outcome]) -> list[Line]:
    """A line for each kind of group there is, and one for the photos like no other."""
    shots_first = reversed(proposal.groups)
    kinds: dict[str, Kind] = {photo.id: group.lane for group in shots_first for photo in group.photos}
    found, left = Counter[str](), Counter[tuple[str, By]]()
    for outcome in everything:
        kind = kinds.get(outcome.file.id, "single")
        found[kind] += outcome.fate != "unreadable"
        left[kind, outcome.by] += outcome.fate == "set aside"
    made = []
    for kind in KINDS:
        groups = [group for group in proposal.groups if group.lane == kind]
        seen = sum(done(group, choices) for group in groups)
        made.append(Line(kind, len(groups), seen, found[kind], {by: left[kind, by] for by in WHO if left[kind, by]}))
    return [line for line in made if line.found]


def open_groups(proposal: Proposal, everything: Sequence[Outcome]) -> list[Group]:
    """The groups with copies that are verified at full size, and that nobody looked at."""
    waiting = {outcome.file.id for outcome in everything if outcome.by == "verified"}
    return [group for group in proposal.copies if not waiting.isdisjoint(group.ids)]


def report(proposal: Proposal, choices: Choices = NONE, everything: Sequence[Outcome] | None = None) -> Report:
    """The figures. `everything`: the outcomes, if they are known already."""
    figures = ledger(outcomes(proposal, choices) if everything is None else everything)
    seen = [(group, kept(group, choices)) for group in proposal.shots if done(group, choices)]
    return Report(
        before=figures.found.photos,
        after=figures.kept.photos,
        bytes_saved=figures.left_out.bytes,
        groups=len(proposal.shots),
        reviewed=len(seen),
        agreed=sum(group.photos[0].id in stays and not group.ids <= stays for group, stays in seen),
        unreadable=figures.unreadable,
    )


def result_to_dict(proposal: Proposal, choices: Choices, everything: Sequence[Outcome] | None = None) -> dict[str, Any]:
    """The figures, each file's outcome with its reason and who decided it, what may be clutter, and the cleanup."""
    everything = outcomes(proposal, choices) if everything is None else everything
    figures = report(proposal, choices, everything)
    return {
        "report": {**asdict(figures), "agreement": figures.agreement},
        "ledger": ledger_to_dict(ledger(everything)),
        "files": [
            {
                "name": file.name,
                "fate": o.fate,
                "decided_by": decided_by(o),
                "reason": o.reason if file is o.file else f"belongs to {o.file.name}",
                "instead": [photo.name for photo in o.instead],
                "holds": [extra.words for extra in file.holds + file.told] if isinstance(file, Photo) else [],
            }
            for o in everything
            for file in files_of(o.file)
        ],
        "clutter": [
            {"name": one.photos[0].name, "kind": one.lane, "reason": one.reason, "certainty": one.certainty}
            for one in proposal.clutter
        ],
        "cleanup": cleanup_to_dict(proposal.cleanup),
    }


def decided_by(outcome: Outcome) -> str:
    """Who decided, in words: one of WHO; "" for what stays since nobody decided."""
    return WHO.get(outcome.by, "") if outcome.fate == "set aside" or outcome.by == "you" else ""
