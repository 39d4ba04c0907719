"""Between scan and export a file becomes another: it is noticed, and nothing goes in favour of it or with it."""

import hashlib
import json
import os
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice, product
from pathlib import Path
from typing import Any

from tests.helpers.accepted import accept_all
from tests.helpers.galleries import cleanup, cluster, copies_of, photo
from tests.safety.harness.amounts import amount
from tests.safety.harness.ledger import record

from unipic.core.errors import ChangedSinceScan
from unipic.core.files import PART
from unipic.core.photo import Photo
from unipic.core.progress import Step
from unipic.destinations.base import MANIFEST, export
from unipic.destinations.folder import FolderDestination
from unipic.destinations.zip import ZipDestination
from unipic.review.outcomes import Outcome, outcomes
from unipic.review.proposal import propose

VICTIMS = ("keeper", "copy", "shot", "other", "lone")


def edit(path: Path) -> None:
    with open(path, "ab") as file:
        file.write(b"!")


def replace_by_another(path: Path) -> None:
    other = path.with_name("another")
    other.write_bytes(b"another photo")
    other.replace(path)


def same_size_and_time(path: Path) -> None:
    facts = path.stat()
    path.write_bytes(bytes(byte ^ 1 for byte in path.read_bytes()))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def become_a_link(path: Path) -> None:
    """To the very same bytes: only that it is a link tells."""
    elsewhere = path.with_name("elsewhere")
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def delete(path: Path) -> None:
    path.unlink()


def become_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


ACCIDENTS: tuple[Callable[[Path], None], ...] = (
    *(edit, replace_by_another, same_size_and_time, become_a_link, delete, become_a_pipe),
)


@dataclass(frozen=True)
class Case:
    victim: str
    accident: Callable[[Path], None]
    kind: str  # of the destination
    step: int | None  # of copying at which it happens; None: before the export

    def __str__(self) -> str:
        return f"{self.accident.__name__} {self.victim}, {self.kind}, at {self.step}"


def cases(number: int) -> list[Case]:
    """All combinations before the export, then the same while it is at work."""
    dice = random.Random(9)
    every = list(product(VICTIMS, ACCIDENTS, ("folder", "zip")))
    found = [Case(*some, None) for some in every][:number]
    return found + [Case(*some, dice.randrange(5)) for some in islice(cycle(every), number - len(found))]


def album(folder: Path, dice: random.Random) -> tuple[dict[str, Photo], list[Outcome]]:
    """A photo and its copy, two shots of one moment of which one stays, a lone photo, and other ones between them."""
    folder.mkdir()
    data = {name: dice.randbytes(dice.randrange(20, 40_000)) for name in (*VICTIMS, "a", "z")}
    data["copy"] = data["keeper"]
    made = {}
    for name, content in data.items():
        path = folder / f"{name}.jpg"
        path.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        made[name] = photo(name, name=path.name, path=str(path), digest=digest, size=len(content))
    alone = (made["a"], made["keeper"], made["lone"], made["z"])
    found = cleanup((cluster(made["shot"], made["other"]),), alone, (copies_of(made["keeper"], made["copy"]),))
    proposal = propose(found)
    return made, outcomes(proposal, accept_all(proposal))


def content(target: Path) -> dict[str, bytes]:
    if target.is_dir():
        return {path.name: path.read_bytes() for path in target.iterdir()}
    with zipfile.ZipFile(target) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def stale(case: Case, photos: dict[str, Photo], target: Path) -> list[str]:
    """What is wrong with a finished result."""
    there = content(target)
    manifest: dict[str, Any] = json.loads(there.pop(MANIFEST))
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in there.items()}
    listed = {entry["file"]: entry["sha256"] for entry in manifest["kept"] if "file" in entry}
    wrong = [
        f"{name} is not what the manifest says" for name in {*listed, *hashes} if listed.get(name) != hashes.get(name)
    ]
    scanned = {one.name: one.digest for one in photos.values()}
    name = photos[case.victim].name
    for entry in manifest["set_aside"]:
        if name in (entry["original"], *entry["instead"]):
            wrong.append(f"{entry['original']} was set aside for {entry['instead']}")
        wrong += [f"{stays} stays no more" for stays in entry["instead"] if hashes.get(stays) != scanned[stays]]
    if not any(name in (entry["original"], entry.get("file")) for entry in manifest["problems"]):
        wrong.append(f"{name} is not listed")
    unnamed = scanned.keys() - {entry["original"] for entry in manifest["kept"] + manifest["set_aside"]}
    return wrong + [f"{one} is not accounted for" for one in unnamed]


def attempt(case: Case, folder: Path, dice: random.Random) -> list[str]:
    folder.mkdir()
    photos, plan = album(folder / "photos", dice)
    target = folder / ("clean" if case.kind == "folder" else "clean.zip")
    destination = FolderDestination(target) if case.kind == "folder" else ZipDestination(target)
    victim, open_cases = Path(photos[case.victim].path), [case]

    def meanwhile(step: Step) -> None:
        if open_cases and (case.step is None or (step.stage == "Copying" and step.done == case.step)):
            open_cases.pop().accident(victim)

    if case.step is None:
        meanwhile(Step("Before", 0, 0))
    try:
        export(destination, plan, meanwhile)
    except ChangedSinceScan as error:
        wrong = [] if photos[case.victim].name in str(error) else [f"does not name the file: {error}"]
        wrong += ["a result that is not finished says it is"] * (target.is_file() or (target / MANIFEST).exists())
        return wrong + [f"left behind: {path}" for path in folder.rglob("*" + PART)]
    if case.step is not None and _copied_already(case, photos, target):
        return []
    return stale(case, photos, target)


def _copied_already(case: Case, photos: dict[str, Photo], target: Path) -> bool:
    """It came after all that was to be read was read: the result is of what was looked at, and true."""
    one, there = photos[case.victim], content(target)
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in there.items()}
    aside = {entry["original"]: entry["sha256"] for entry in json.loads(there[MANIFEST])["set_aside"]}
    return one.digest in (hashes.get(one.name), aside.get(one.name))


def test_what_changed_since_it_was_looked_at_is_noticed(tmp_path: Path) -> None:
    number, dice, wrong = amount(pr=60, nightly=200), random.Random(99), list[str]()
    plan = cases(number)
    for i, case in enumerate(plan):
        wrong += [f"{case}: {line}" for line in attempt(case, tmp_path / f"{i}", dice)]
    record("T9", "files that changed between scan and export", len(plan), len(wrong))
    assert len(plan) == number
    assert not wrong, "\n".join(wrong)


def test_while_it_is_copied(tmp_path: Path) -> None:
    """At the very moment a keeper is copied, in each way a file can become another."""
    wrong = []
    for i, (accident, kind) in enumerate(product(ACCIDENTS, ("folder", "zip"))):
        case = Case("keeper", accident, kind, i % 4)
        wrong += [f"{case}: {line}" for line in attempt(case, tmp_path / f"{i}", random.Random(i))]
    record("T9", "keepers that changed while they were copied", len(ACCIDENTS) * 2, len(wrong))
    assert not wrong, "\n".join(wrong)
