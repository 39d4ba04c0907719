"""What the person decides about a Cleanup, and what follows from it. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from unipic.cleanup import Cleanup, Cluster
from unipic.photo import Photo, Unreadable


@dataclass(frozen=True)
class Choices:
    """Decisions so far. A cluster that was not seen keeps everything, whatever is ticked in it."""

    discarded: frozenset[str] = frozenset()  # members of clusters, by id
    restored: frozenset[str] = frozenset()  # copies taken back, by id
    seen: frozenset[int] = frozenset()  # clusters by their place in the cleanup


Fate = Literal["kept", "set aside", "unreadable"]


@dataclass(frozen=True)
class Outcome:
    """What happens to one file on export, why, and in favour of which photos that stay."""

    file: Photo | Unreadable
    fate: Fate
    reason: str
    instead: tuple[Photo, ...] = ()


@dataclass(frozen=True)
class Report:
    before: int  # photos
    after: int
    bytes_saved: int  # of everything set aside
    groups: int
    reviewed: int
    agreed: int  # groups where the recommended shot was kept and another one was not
    unreadable: int

    @property
    def agreement(self) -> float | None:
        """Share of the reviewed groups; None where there was nothing to agree on."""
        return self.agreed / self.reviewed if self.reviewed else None


def suggest(cleanup: Cleanup) -> Choices:
    """What is proposed: the recommended shots stay, those that are not directly similar to one, and copies with a look.

    A rating or an edit is somebody's work, and only that somebody can say whether it is worth keeping twice.
    """
    return Choices(
        discarded=frozenset(p.id for c in cleanup.clusters for p in _directly_like_best(c, cleanup.similar)),
        restored=frozenset(
            copy.id for found in cleanup.lanes for copy, look in zip(found.copies, found.looks, strict=True) if look
        ),
    )


def flip(choices: Choices, photo_id: str) -> Choices:
    """Keep what was discarded, discard what was kept."""
    return replace(choices, discarded=choices.discarded ^ {photo_id})


def restore(choices: Choices, photo_ids: Iterable[str], back: bool = True) -> Choices:
    """Take copies back, or set them aside again."""
    ids = frozenset(photo_ids)
    return replace(choices, restored=choices.restored | ids if back else choices.restored - ids)


def see(choices: Choices, *groups: int) -> Choices:
    return replace(choices, seen=choices.seen | set(groups))


def accept_all(cleanup: Cleanup, choices: Choices) -> Choices:
    """Every group decided as it stands."""
    return see(choices, *range(len(cleanup.clusters)))


def outcomes(cleanup: Cleanup, choices: Choices) -> list[Outcome]:
    """Every file of the gallery exactly once, in the gallery's order."""
    dropped = _dropped(cleanup, choices)
    decided: dict[str, Outcome] = {}
    for place, cluster in enumerate(cleanup.clusters):
        kept = tuple(photo for photo in cluster.photos if photo.id not in dropped)
        for photo, likeness in zip(cluster.photos, cluster.alike, strict=True):
            if photo.id in dropped:
                how_alike = f" (similarity to the best {likeness:.0f} of 100)" if kept else ""
                why = f"not chosen among similar shots{how_alike}"
                decided[photo.id] = Outcome(photo, "set aside", why, kept)
            else:
                why = "chosen among similar shots" if place in choices.seen else "one of similar shots not reviewed yet"
                decided[photo.id] = Outcome(photo, "kept", why)
    for found in cleanup.lanes:
        for copy, reason, look in zip(found.copies, found.reasons, found.looks, strict=True):
            if copy.id in choices.restored:
                decided[copy.id] = Outcome(copy, "kept", f"{look or 'taken back'}; {reason}")
                continue
            keeper = decided.get(found.keeper.id)
            if keeper and keeper.fate == "set aside":
                decided[copy.id] = Outcome(copy, "set aside", f"{reason}; it was not chosen itself", keeper.instead)
            else:
                decided[copy.id] = Outcome(copy, "set aside", reason, (found.keeper,))
    for photo in cleanup.singles:
        decided[photo.id] = Outcome(photo, "kept", "like no other photo")
    for file in cleanup.gallery.unreadable:
        decided[file.id] = Outcome(file, "unreadable", file.reason)
    files: tuple[Photo | Unreadable, ...] = (*cleanup.gallery.photos, *cleanup.gallery.unreadable)
    return [decided[file.id] for file in files]


def report(cleanup: Cleanup, choices: Choices) -> Report:
    everything = outcomes(cleanup, choices)
    dropped = _dropped(cleanup, choices)
    seen = _seen(cleanup, choices)
    return Report(
        before=len(cleanup.gallery.photos),
        after=sum(outcome.fate == "kept" for outcome in everything),
        bytes_saved=sum(outcome.file.size for outcome in everything if outcome.fate == "set aside"),
        groups=len(cleanup.clusters),
        reviewed=len(seen),
        agreed=sum(_agreed(cluster, dropped) for cluster in seen),
        unreadable=len(cleanup.gallery.unreadable),
    )


def _directly_like_best(cluster: Cluster, similar: float) -> list[Photo]:
    others = zip(cluster.photos[1:], cluster.alike[1:], strict=True)
    return [photo for photo, likeness in others if likeness >= similar]


def _seen(cleanup: Cleanup, choices: Choices) -> list[Cluster]:
    return [cluster for place, cluster in enumerate(cleanup.clusters) if place in choices.seen]


def _dropped(cleanup: Cleanup, choices: Choices) -> frozenset[str]:
    """Discarded members of the groups that were seen."""
    return frozenset(p.id for cluster in _seen(cleanup, choices) for p in cluster.photos if p.id in choices.discarded)


def _agreed(cluster: Cluster, dropped: frozenset[str]) -> bool:
    return cluster.best.id not in dropped and any(photo.id in dropped for photo in cluster.photos)
