"""Tags, albums, favourites and stacks in an Immich library: planned, counted, journalled, and taken back exactly.

Nothing is deleted for good, no description, date, place or visibility is changed, and no photo is uploaded. Only with
`trash` do photos go to Immich's own trash, from where undo takes them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from unipic.core.errors import Cancelled, DestinationError, ImmichError
from unipic.core.progress import Progress, silent
from unipic.core.progress import Step as Told
from unipic.core.settings import immich_folder
from unipic.core.words import count, printable
from unipic.destinations._immich_journal import Journal, Step, alone, journals, new_run
from unipic.destinations._immich_steps import GONE, Steps
from unipic.review.choices import Choices, done, kept
from unipic.review.outcomes import Outcome
from unipic.review.proposal import Proposal
from unipic.sources.immich import PREFIX, Asset, Connected, Listing, Refused, folder_of, missing

__all__ = [
    "Journal",
    "Plan",
    "Result",
    "Step",
    "Wishes",
    "apply",
    "open_runs",
    "planned",
    "runs",
    "take_back",
    "written_runs",
]

AT_ONCE = 500  # assets in one call
MANY_ALBUMS = 200
LEAST_TRASH_DAYS = 7
STAGE, UNDOING = "Writing to Immich", "Taking back from Immich"
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
        wanted = {
            "tags": self.tags,
            "albums": self.albums,
            "favourites": self.favourites,
            "stacks": self.stacks,
            "trash": self.trash,
        }
        return ["look at photos", *(name for name, wish in wanted.items() if wish)]


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
            if step.kind == "tag":
                found[f"tag {step.name}"] += len(step.ids)
            else:
                one_each = step.kind in ("album", "stack")
                found[f"{step.kind}s" if step.kind != "trash" else "trash"] += 1 if one_each else len(step.ids)
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
        return f"{count(number, 'photo')} {'gets' if number == 1 else 'get'} the tag {what.removeprefix('tag ')}"
    return {
        "albums": f"{count(number, 'album')} {'is' if number == 1 else 'are'} made",
        "favourites": f"{count(number, 'photo')} {'becomes a favourite' if number == 1 else 'become favourites'}",
        "stacks": f"{count(number, 'stack')} {'is' if number == 1 else 'are'} made",
        "trash": f"{count(number, 'photo')} {'goes' if number == 1 else 'go'} to Immich's trash",
    }[what]


@dataclass
class Result:
    """What became of a plan, or of its undo."""

    run: str
    steps: int = 0  # done
    of: int = 0
    written: int = 0  # photos that were changed
    problems: list[str] = field(default_factory=list)


# The plan.


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
        raise DestinationError("The key may not do this: " + _permissions(lacking))
    writable = {one.id: one for one in listing.assets if wishes.archived or not one.archived}
    groups = list(_groups(proposal, choices, writable))
    reader, notices = Steps(there), list[str]()
    if wishes.trash:
        _trash_is_safe(there)
    run = new_run()
    steps: list[Step] = []
    if wishes.tags:
        steps += _tags(groups, _aside(outcomes, writable), wishes.prefix, reader)
    if wishes.favourites:
        best = [one.ids[0] for one in groups if one.similar and one.best]
        are = {id for id in best if writable[id].favourite}
        steps += _chunks("favourite", "", [id for id in best if id not in are])
    if wishes.albums:
        steps += _albums(groups, writable, wishes.album_prefix, run, reader, notices)
    if wishes.stacks:
        steps += _stacks(groups, writable, wishes.restack, notices)
    if wishes.trash:
        steps += _chunks("trash", "", [id for id in _aside(outcomes, writable) if not _unit(writable[id])])
    skipped = listing.archived if not wishes.archived else 0
    notices += [f"{count(skipped, 'archived photo')} left alone; --archived writes to them too"] if skipped else []
    if lost := missing(there, ["undo"]):
        notices.append("Undo will not be able to do all of it with this key: " + _permissions(lost))
    names = {id: writable[id].name for step in steps for id in step.ids}
    return Plan(tuple(steps), names, tuple(notices), run)


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
        if key in marks:
            mark = marks[key]
            inside = reader.inside(mark)
            ids = tuple(id for id in group.ids if id not in inside)
            if ids:
                yield Step("album", name, ids, mark)
            continue
        made += 1
        if name in names:
            notices.append(f"an album {name} is there already; it stays as it is, and another one is made")
        yield Step("album", name, group.ids, f"unipic:{run}:{key}")
    if made > MANY_ALBUMS:
        notices.append(f"{made:,} albums are many; without --create-albums the tags show the same groups")


def _when(writable: Mapping[str, Asset]) -> Any:
    return lambda id: (str(writable[id].original.taken or "9999"), writable[id].name)


def _key(group: _Together, writable: Mapping[str, Asset]) -> str:
    """Tells a group from others by its photos, whatever ids the server gives them."""
    digests = sorted(writable[id].original.sha1 for id in group.ids)
    return hashlib.blake2s("".join(digests).encode(), digest_size=8).hexdigest()


def _group_of(mark: str) -> str:
    first, _, rest = mark.partition(":")
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
            f"{count(left, 'group')} with photos that are in a stack already left alone; --restack for those"
        )


def _unit(asset: Asset) -> bool:
    """Whether it is only a part: of a Live Photo, or of a stack."""
    return asset.live or asset.stack is not None


def _trash_is_safe(there: Connected) -> None:
    trash = bool((there.client.get("/server/features") or {}).get("trash"))
    days = (there.client.get("/server/config") or {}).get("trashDays")
    if not trash or not isinstance(days, int) or days < LEAST_TRASH_DAYS:
        kept = f"keeps photos for {days} days" if trash else "is switched off"
        raise DestinationError(
            f"The trash of this Immich {kept}, so what goes there is soon deleted for good. It needs at least "
            f"{LEAST_TRASH_DAYS} days. Leave --trash out: the tag for what is set aside shows the same photos."
        )


def _permissions(lacking: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{permission} (for {purpose})" for permission, purpose in lacking)


# Applying, and taking back.


def apply(there: Connected, plan: Plan | Journal, progress: Progress = silent) -> Result:
    """Write all of a plan, or what is left of a run that was interrupted.

    DestinationError where it cannot go on: what was done is in the journal, and it can go on or be taken back.
    """
    server = there.client.server
    with alone(server):
        if isinstance(plan, Plan):
            if waiting := open_runs(there):
                raise DestinationError(
                    f"Run {waiting[-1].run} was interrupted after {waiting[-1].done} of "
                    f"{len(waiting[-1].steps)} steps. Let it go on, or undo it, first."
                )
            journal = Journal.begin(server, list(plan.steps), plan.run or new_run())
        else:
            journal = plan
        return _applied(there, journal, progress)


def _applied(there: Connected, journal: Journal, progress: Progress) -> Result:
    steps = Steps(there, _made(there))
    result = Result(journal.run, of=len(journal.steps))
    for number, step in enumerate(journal.steps):
        progress(Told(STAGE, number, len(journal.steps), "step"))
        if journal.past[number].result is None:
            with _explained(journal, "written", "Let it go on, or undo it."):
                before = journal.past[number].before
                if before is None:
                    before = steps.before(step)
                    journal.write(number, "intent", before)
                journal.write(number, "done", _done(steps, step, before))
    journal.write(0, "finished")
    progress(Told(STAGE, len(journal.steps), len(journal.steps), "step"))
    for number, step in enumerate(journal.steps):
        outcome = journal.past[number].result or {}
        failed = outcome.get("failed", {})
        result.steps += 1
        result.problems += [f"{_named(step)}: {id}: {why}" for id, why in failed.items()]
    result.written = len(_changed(journal))
    return result


def _changed(journal: Journal) -> set[str]:
    """Ids of the assets that the run changed."""
    found: set[str] = set()
    for number, step in enumerate(journal.steps):
        done = journal.past[number].result or {}
        found.update(done.get("added", step.ids if done.get("stack") else ()))
    return found


def _done(steps: Steps, step: Step, before: dict[str, Any]) -> dict[str, Any]:
    """What came of a step. A refusal that concerns its photos alone is no reason to stop."""
    try:
        return steps.do(step, before)
    except Refused as refused:
        if refused.permission or refused.status not in GONE:
            raise
        return {"failed": {id: str(refused) for id in step.ids}}


def take_back(there: Connected, run: str, progress: Progress = silent) -> Result:
    """Undo a run: what it added goes, what it took apart is put together. What others did since stays, and is named.

    DestinationError if it is not known, or the server is lost: it can be undone further later.
    """
    with alone(there.client.server):
        journal = next((one for one in runs(there) if one.run == run), None)
        if journal is None:
            known = ", ".join(one.run for one in runs(there)) or "none"
            raise DestinationError(
                f"There is no run {printable(run)} on {there.client.server.url}; there are: {known}."
            )
        steps, waiting = Steps(there, _made(there)), journal.begun[::-1]
        result = Result(run, of=len(waiting))
        for number in waiting:
            progress(Told(UNDOING, result.steps, len(waiting), "step"))
            with _explained(journal, "taken back", "Undo does the rest later."):
                journal.write(number, "undone", steps.undo(journal.steps[number], journal.past[number]))
            result.steps += 1
            result.problems += [f"left: {one}" for one in journal.past[number].undone or ()]
        journal.write(0, "finished")
        progress(Told(UNDOING, len(waiting), len(waiting), "step"))
        result.written = len(_changed(journal))
        return result


def runs(there: Connected) -> list[Journal]:
    """The runs on this server that are not undone, oldest first."""
    return [one for one in journals(folder_of(there.client.server)) if one.begun or one.open]


def written_runs() -> list[Journal]:
    """The runs on every server that are not undone."""
    folders = sorted(immich_folder().iterdir()) if immich_folder().is_dir() else []
    return [one for folder in folders for one in journals(folder) if one.begun or one.open]


def open_runs(there: Connected) -> list[Journal]:
    """Those of the runs that were interrupted."""
    return [one for one in runs(there) if one.open]


def _made(there: Connected) -> set[str]:
    """Ids of tags that runs on this server made."""
    past = [past for one in journals(folder_of(there.client.server)) for past in one.past]
    return {str(id) for one in past for id in (one.result or {}).get("made", ())}


@contextmanager
def _explained(journal: Journal, what: str, advice: str) -> Iterator[None]:
    """Errors of the server say how far it got, and what to do."""
    try:
        yield
    except (ImmichError, KeyboardInterrupt, Cancelled) as error:
        done = journal.done if what == "written" else sum(one.undone is not None for one in journal.past)
        far = f"{done:,} of {count(len(journal.steps), 'step')} {what}; nothing is lost. {advice}"
        if isinstance(error, ImmichError):
            raise DestinationError(f"Stopped: {error} {far}") from error
        raise Cancelled(f"Stopped: {far}") from error


def _named(step: Step) -> str:
    return f"{step.kind} {step.name}".strip()
