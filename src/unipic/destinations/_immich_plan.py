"""What would be written to an Immich library: exact counts, and nothing that is there already."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from unipic.core.errors import DestinationError
from unipic.core.language import gettext as _, gettext_noop as N_, ngettext
from unipic.core.words import count
from unipic.destinations._immich_journal import Step, new_run
from unipic.destinations._immich_steps import Steps
from unipic.review.choices import Choices, done, kept
from unipic.review.outcomes import Outcome
from unipic.review.proposal import Proposal
from unipic.sources.immich import NEEDS, PREFIX, Asset, Connected, Listing, missing

AT_ONCE = 500  # assets in one call
MANY_ALBUMS = 200
UNDONE_BY = {"tag": ("tag.delete",), "album": ("albumAsset.delete", "album.delete"), "stack": ("stack.delete",)}
STAYS = {"tag": N_("empty tags"), "album": N_("albums"), "stack": N_("stacks")}
KINDS = {
    "tag": N_("tag"),
    "album": N_("album"),
    "favourite": N_("favourite"),
    "stack": N_("stack"),
    "trash": N_("trash"),
}
NAMED = 5  # photos that a notice names
LEAST_TRASH_DAYS = 7
NAME = 100  # characters of an album's name


@dataclass(frozen=True)
class Wishes:
    """What is to be written."""

    tags: bool = True
    albums: bool = False
    favourites: bool = False
    stacks: bool = False
    trash: bool = False
    prefix: str = "Unipic"  # of tags
    album_prefix: str = "Organized-"
    archived: bool = False  # archived photos too
    restack: bool = False  # photos that are in a stack already, too

    @property
    def purposes(self) -> list[str]:
        """What the key must allow, by its words in NEEDS."""
        return ["look at photos", *(one for one, wish in vars(self).items() if one in NEEDS and wish)]


@dataclass(frozen=True)
class Plan:
    """What would be written. Making it changes nothing."""

    steps: tuple[Step, ...]
    names: Mapping[str, str]  # of photos, by the id of their asset
    notices: tuple[str, ...] = ()  # what a person should know before
    run: str = ""

    @property
    def assets(self) -> int:
        """How many different photos are written to: the number a person confirms."""
        return len({id for step in self.steps for id in step.ids})

    @property
    def counts(self) -> dict[str, int]:
        """Numbers of photos by what they get, as "tag Unipic/best"; of "albums" and "stacks" how many are made."""
        found: Counter[str] = Counter()
        for step in self.steps:
            what = {"tag": f"tag {step.name}", "trash": "trash"}.get(step.kind, f"{step.kind}s")
            found[what] += 1 if step.kind in ("album", "stack") else len(step.ids)
        return dict(found)

    @property
    def sidecars(self) -> int:
        """How many .xmp files Immich will write beside originals: one for each photo with a new tag or mark."""
        return len({id for step in self.steps if step.kind in ("tag", "favourite") for id in step.ids})

    def lines(self) -> list[str]:
        """What would be written, in words."""
        return [in_words(what, number) for what, number in self.counts.items()]


def in_words(what: str, number: int) -> str:
    """A count of a plan as a sentence."""
    if what.startswith("tag "):
        tag = what.removeprefix("tag ")
        return ngettext("{n:,} photo gets the tag {tag}", "{n:,} photos get the tag {tag}", number, tag=tag)
    return {
        "albums": ngettext("{n:,} album is made", "{n:,} albums are made", number),
        "favourites": ngettext("{n:,} photo becomes a favourite", "{n:,} photos become favourites", number),
        "stacks": ngettext("{n:,} stack is made", "{n:,} stacks are made", number),
        "trash": ngettext("{n:,} photo goes to Immich's trash", "{n:,} photos go to Immich's trash", number),
    }[what]


def planned(
    proposal: Proposal,
    choices: Choices,
    outcomes: Sequence[Outcome],
    listing: Listing,
    there: Connected,
    wishes: Wishes,
) -> Plan:
    """What the groups of a proposal would become in Immich. DestinationError for what cannot be done safely."""
    if lacking := missing(there, wishes.purposes):
        raise DestinationError(_("The key may not do this: {permissions}", permissions=_permissions(lacking)))
    writable = {one.id: one for one in listing.assets if wishes.archived or not one.archived}
    groups = list(_groups(proposal, choices, writable))
    reader, notices = Steps(there), _gone(proposal, listing)
    if wishes.trash:
        _trash_is_safe(there)
    run = new_run()
    steps: list[Step] = []
    if wishes.tags:
        steps += _tags(groups, _aside(outcomes, writable), wishes.prefix, reader)
    if wishes.favourites:
        best = [one.ids[0] for one in groups if one.similar and one.best]
        steps += _chunks("favourite", "", [id for id in best if not writable[id].favourite])
    if wishes.albums:
        steps += _albums(groups, writable, wishes.album_prefix, run, reader, notices)
    if wishes.stacks:
        steps += _stacks(groups, writable, wishes.restack, notices)
    if wishes.trash:
        steps += _chunks("trash", "", [id for id in _aside(outcomes, writable) if not _unit(writable[id])])
    skipped = listing.archived if not wishes.archived else 0
    if skipped:
        photos = count(skipped, "archived photo")
        notices.append(_("{photos} left alone; --archived writes to them too", photos=photos))
    notices += _not_undone(there, {step.kind for step in steps})
    names = {id: writable[id].name for step in steps for id in step.ids}
    return Plan(tuple(steps), names, tuple(notices), run)


def _gone(proposal: Proposal, listing: Listing) -> list[str]:
    """A notice about photos that were in Immich when they were looked at, and are no longer shown there."""
    there = {PREFIX + asset.id for asset in listing.assets}
    photos = proposal.cleanup.gallery.photos
    gone = [photo.name for photo in photos if photo.id.startswith(PREFIX) and photo.id not in there]
    named = ", ".join(gone[:NAMED]) + (", ..." if len(gone) > NAMED else "")
    number = count(len(gone), "photo")
    return [_("{photos} no longer in Immich, and left out: {names}", photos=number, names=named)] if gone else []


@dataclass(frozen=True)
class _Together:
    """A group as far as it is in Immich and may be written to."""

    ids: tuple[str, ...]  # of assets, the best first
    similar: bool  # shots of one moment; otherwise copies of one picture
    best: bool  # the first is clearly the best
    copies: tuple[str, ...]  # those that something else is kept for


def _groups(proposal: Proposal, choices: Choices, writable: Mapping[str, Asset]) -> Iterator[_Together]:
    for group in proposal.groups:
        stays = kept(group, choices)
        order = sorted(group.photos, key=lambda photo: photo.id not in stays) if done(group, choices) else group.photos
        ids = tuple(id for photo in order if (id := photo.id.removeprefix(PREFIX)) in writable)
        if not ids or len(group.photos) < 2:
            continue
        first = order[0].id.removeprefix(PREFIX)
        clear = ids[0] == first and (not group.tie or done(group, choices))
        copies = () if group.lane == "similar" else tuple(id for id in ids if PREFIX + id != order[0].id)
        yield _Together(ids, group.lane == "similar", clear, copies)


def _aside(outcomes: Sequence[Outcome], writable: Mapping[str, Asset]) -> list[str]:
    going = (one.file.id.removeprefix(PREFIX) for one in outcomes if one.fate == "set aside")
    return [id for id in going if id in writable]


def _tags(groups: Sequence[_Together], aside: Sequence[str], prefix: str, reader: Steps) -> Iterator[Step]:
    """Each tag on those that do not carry it."""
    tags = reader.tags()
    wanted = {
        "best": [one.ids[0] for one in groups if one.similar and one.best],
        "similar": [id for one in groups if one.similar for id in one.ids],
        "duplicate": [id for one in groups for id in one.copies],
        "set aside": aside,
    }
    for name, ids in wanted.items():
        value, unique = f"{prefix}/{name}", list(dict.fromkeys(ids))
        carry = reader.carriers(tags, value, unique)
        yield from _chunks("tag", value, [id for id in unique if id not in carry])


def _chunks(kind: Any, name: str, ids: Sequence[str]) -> Iterator[Step]:
    for start in range(0, len(ids), AT_ONCE):
        yield Step(kind, name, tuple(ids[start : start + AT_ONCE]))


def _albums(
    groups: Sequence[_Together],
    writable: Mapping[str, Asset],
    prefix: str,
    run: str,
    reader: Steps,
    notices: list[str],
) -> Iterator[Step]:
    """An album for each group of shots. One of an earlier run is filled up, by its mark; a person's own never is."""
    there = reader.albums()
    marks = {_group_of(word): word for one in there for word in str(one.get("description")).split() if _group_of(word)}
    shots = sorted((one for one in groups if one.similar), key=lambda one: min(map(_when(writable), one.ids)))
    names = {str(one.get("albumName")) for one in there}
    made = 0
    for number, group in enumerate(shots, 1):
        key = _key(group, writable)
        name = _album_name(prefix, number, writable[group.ids[0]])
        if mark := marks.get(key):
            inside = reader.inside(mark)
            if ids := tuple(id for id in group.ids if id not in inside):
                yield Step("album", name, ids, mark)
            continue
        made += 1
        if name in names:
            notices.append(_("an album {name} is there already; it stays as it is, and another one is made", name=name))
        yield Step("album", name, group.ids, f"unipic:{run}:{key}")
    if made > MANY_ALBUMS:
        notices.append(
            _("{number:,} albums are many; without --create-albums the tags show the same groups", number=made)
        )


def _when(writable: Mapping[str, Asset]) -> Any:
    return lambda id: (str(writable[id].original.taken or "9999"), writable[id].name)


def _key(group: _Together, writable: Mapping[str, Asset]) -> str:
    """Tells a group from others by its photos, whatever ids the server gives them."""
    digests = sorted(writable[id].original.sha1 for id in group.ids)
    return hashlib.blake2s("".join(digests).encode(), digest_size=8).hexdigest()


def _group_of(mark: str) -> str:
    first, _colon, rest = mark.partition(":")
    return rest.rpartition(":")[2] if first == "unipic" else ""


def _album_name(prefix: str, number: int, asset: Asset) -> str:
    day = f"{asset.original.taken:%Y-%m-%d}" if asset.original.taken else "undated"
    return f"{prefix}{number:04} {day} {asset.city}".strip()[:NAME]


def _stacks(
    groups: Sequence[_Together], writable: Mapping[str, Asset], restack: bool, notices: list[str]
) -> Iterator[Step]:
    """A stack for each group of shots, the best on top. A photo that is in a stack stays in it unless asked."""
    left = 0
    for group in groups:
        ids = group.ids if restack else tuple(id for id in group.ids if not writable[id].stack)
        left += group.similar and len(ids) < len(group.ids)
        so = all(writable[id].stack and writable[id].stack[1] == group.ids[0] for id in ids)  # type: ignore[index]
        if group.similar and len(ids) > 1 and len(ids) == len(group.ids) and not so:
            yield Step("stack", "", ids)
    if left:
        notices.append(
            _(
                "{groups} with photos that are in a stack already left alone; --restack for those",
                groups=count(left, "group"),
            )
        )


def _unit(asset: Asset) -> bool:
    """Whether it is only a part: of a Live Photo, or of a stack."""
    return asset.live or asset.stack is not None


def _trash_is_safe(there: Connected) -> None:
    trash = bool((there.client.get("/server/features") or {}).get("trash"))
    days = (there.client.get("/server/config") or {}).get("trashDays")
    if not trash or not isinstance(days, int) or days < LEAST_TRASH_DAYS:
        why = _("The trash of this Immich is switched off, so what goes there is soon deleted for good.")
        if trash:
            why = _(
                "The trash of this Immich keeps photos for {days} days, so what goes there is soon deleted for good.",
                days=days,
            )
        advice = _(
            "It needs at least {days} days. Leave --trash out: the tag for what is set aside shows the same photos.",
            days=LEAST_TRASH_DAYS,
        )
        raise DestinationError(f"{why} {advice}")


def _not_undone(there: Connected, kinds: Set[str]) -> list[str]:
    """What a key that may write cannot take back."""
    lacking = {kind: [one for one in needs if not there.may(one)] for kind, needs in UNDONE_BY.items() if kind in kinds}
    return [
        _(
            "Undo will leave {what} behind: the key lacks {permissions}.",
            what=_(STAYS[kind]),
            permissions=", ".join(lacks),
        )
        for kind, lacks in lacking.items()
        if lacks
    ]


def _permissions(lacking: Sequence[tuple[str, str]]) -> str:
    """Permissions by what they are for."""
    by_purpose: dict[str, list[str]] = {}
    for permission, purpose in lacking:
        by_purpose.setdefault(purpose, []).append(permission)
    return "; ".join(
        _("{permissions} (for {purpose})", permissions=", ".join(some), purpose=_(purpose))
        for purpose, some in by_purpose.items()
    )
