"""A place for each piece of work of driver.py: originals, what was found in them, and what must be there afterwards."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.helpers.galleries import cleanup, cluster, copies_of, photo
from tests.safety.harness.driver import STEPS
from tests.safety.harness.originals import album, differences, state

from server.runs import Run, Runs
from unipic.cleanup.evidence import Evidence
from unipic.cleanup.record import cleanup_to_dict, evidence_from_dict
from unipic.core.files import PART, read_json, write_json
from unipic.core.photo import Photo, Unreadable
from unipic.destinations.base import MANIFEST
from unipic.library.decisions import Catalogue
from unipic.review.journal import Journal

EXPORTS = ("folder", "zip", "csv", "json", "tree")
TARGETS = {"folder": "clean", "zip": "clean.zip", "csv": "list.csv", "json": "list.json", "tree": "tree"}
BIG = 2_300_000  # bytes: more than two of the portions that are copied at a time


class Place:
    """Where one piece of work is done, however often it is stopped."""

    def __init__(self, root: Path, task: str, files: int = 8) -> None:
        self.root, self.task = root, task
        self.originals, self.out = root / "originals", root / "out"
        self.out.mkdir(parents=True)
        if task in EXPORTS:
            self._plan(files)
        elif task == "scan":
            self._run(files)
        else:
            self.originals.mkdir()
            if task == "state":
                self._run(0)
        self.before = state(self.originals)
        self.digests = {fact.digest for fact in self.before.values()}

    def copy(self, root: Path) -> Place:
        """The same place anew, somewhere else, over the same originals."""
        made = object.__new__(Place)
        made.__dict__ |= self.__dict__ | {"root": root, "out": root / "out"}
        root.mkdir()
        made.out.mkdir()
        for name in ("plan.json", "run"):
            if (self.root / name).is_dir():
                shutil.copytree(self.root / name, root / name)
            elif (self.root / name).exists():
                shutil.copy(self.root / name, root / name)
        return made

    @property
    def target(self) -> Path:
        return self.out / TARGETS[self.task]

    def manifest(self) -> dict[str, Any]:
        if self.task == "zip":
            with zipfile.ZipFile(self.target) as archive:
                return json.loads(archive.read(MANIFEST))
        return read_json(self.target / MANIFEST)

    # What is wrong, in words; nothing where all is well.

    def problems(self) -> list[str]:
        """At any moment, also after a kill: originals as they were, and nothing half under a real name."""
        changed = [f"original changed: {name}" for name in differences(self.before, state(self.originals))]
        return changed + {"folder": self._folder, "zip": self._zip, "tree": self._tree}.get(self.task, self._nothing)()

    def incomplete(self) -> list[str]:
        """What is missing when the work is said to be done, and what was left lying."""
        left = [f"left behind: {path}" for path in self.root.rglob("*" + PART)]
        checks: dict[str, Callable[[], list[str]]] = {
            "folder": lambda: _less(self.wanted, self._hashes()) + _manifest(self.target / MANIFEST, self.wanted),
            "zip": lambda: _less(self.wanted, self._hashes()),
            "csv": lambda: _less({"lines": str(self.files + 1)}, {"lines": str(len(self._lines()))}),
            "json": lambda: _less({"files": str(self.files)}, {"files": str(len(read_json(self.target)["files"]))}),
            "tree": lambda: self._tree() + self._whole_tree(),
            "journal": lambda: self.unanswered(STEPS),
            "catalogue": lambda: self.unanswered(STEPS),
            "state": self._state,
            "scan": self._scanned,
        }
        return left + checks[self.task]()

    def unanswered(self, number: int) -> list[str]:
        """Of the first so many steps, those that are not on disk."""
        if self.task == "journal":
            known = {step for step, _ in Journal(self.out / "review.jsonl").read()[0]}
            return [f"lost: s{i}" for i in range(number) if f"s{i}" not in known]
        if self.task == "catalogue":
            rulings = {ruling.id for ruling in Catalogue(self.out).all()}
            return [f"lost: r{i}" for i in range(number) if f"r{i}" not in rulings]
        if self.task == "state":
            return _less({f"key-{i:08}": "1" for i in range(number)}, {u.id: "1" for u in self.run.uploads()})
        return []

    # How it is made and looked at.

    @property
    def run(self) -> Run:
        return Run(self.root / "run")

    def _plan(self, files: int) -> None:
        """Lone photos, copies, shots of a moment of which one stays, names that collide, a file that is no photo."""
        self.originals.mkdir()
        made = [self._file(i, BIG if i == 1 else 700 * (i + 1)) for i in range(files)]
        keeper, big, shot, other, *lone = made
        copies = [self._file(1000 + i, 1, of=one) for i, one in enumerate((keeper, big))]
        broken = self._file(2000, 300)
        unreadable = Unreadable("broken", "broken.jpg", broken.path, "is damaged", broken.size)
        found = cleanup(
            (cluster(shot, other),),
            (keeper, big, *lone),
            (copies_of(keeper, copies[0]), copies_of(big, copies[1])),
            unreadable=(unreadable,),
        )
        write_json(self.root / "plan.json", cleanup_to_dict(found))
        self.files = files + 3
        self.names = {Path(one.path).name: one.name for one in (*made, *copies, unreadable)}
        stays = [keeper, big, shot, *lone]
        self.wanted = {one.name: one.digest for one in stays} | {"broken.jpg": broken.digest}
        # Two files of one name: the second gets a number.
        first, second = lone[0], lone[1]
        self.wanted |= {first.name: first.digest, "DCIM/IMG_4 (2).jpg": second.digest}

    def _file(self, number: int, size: int, of: Photo | None = None) -> Photo:
        path = self.originals / f"{number}.jpg"
        data = Path(of.path).read_bytes() if of else (b"%d photo " % number * (size // 6))[:size]
        path.write_bytes(data)
        name = "DCIM/IMG_4.jpg" if number == 5 else f"{('', 'DCIM/', 'DCIM/2024/')[number % 3]}IMG_{number}.jpg"
        digest = hashlib.sha256(data).hexdigest()
        return photo(f"{number}", name=name, path=str(path), digest=digest, size=len(data))

    def _run(self, files: int) -> None:
        if files:
            album(self.originals, files)
        run = Runs(self.root / "runs").new("folder", (str(self.originals),))
        run.change(settings={"encoder": "builtin", "ranker": "builtin", "workers": 1})
        run.folder.rename(self.root / "run")

    def _hashes(self) -> dict[str, str]:
        """What has a real name in the result, but for the manifest, with its sha256."""
        if self.task == "zip":
            if not self.target.exists():
                return {}
            with zipfile.ZipFile(self.target) as archive:
                return {n: _sha(archive.read(n)) for n in archive.namelist() if n != MANIFEST}
        files = [path for path in self.target.rglob("*") if path.is_file() and not path.name.endswith(PART)]
        found = {str(path.relative_to(self.target)): _sha(path.read_bytes()) for path in files}
        return {name: digest for name, digest in found.items() if name != MANIFEST}

    def _folder(self) -> list[str]:
        partial = [f"half a file: {name}" for name, digest in self._hashes().items() if digest not in self.digests]
        manifest = self.target / MANIFEST
        return partial + (_less(self.wanted, self._hashes()) + _manifest(manifest, self.wanted)) * manifest.exists()

    def _tree(self) -> list[str]:
        """A group under its name is whole: its file names every photo and its best, and all are there."""
        wrong = []
        for group in self.target.glob("group_*"):
            if group.name.endswith(".part"):
                continue
            said = read_json(group / "group.json") if (group / "group.json").exists() else {"photos": [], "best": [""]}
            listed = {file["file"]: file["sha256"] for photo in said["photos"] for file in photo["files"]}
            there = {
                name for name, digest in listed.items() if (path := group / name).exists() and self._is(path, digest)
            }
            best = all((group / name).is_file() and self._is(group / name) for name in said["best"])
            wrong += [f"half a group: {group.name}"] * (len(there) < 2 or there != {*listed} or not best)
        return wrong

    def _is(self, path: Path, digest: str = "") -> bool:
        found = _sha(path.read_bytes())
        return found == digest if digest else found in self.digests

    def _whole_tree(self) -> list[str]:
        value = json.loads((self.target / MANIFEST).read_text(encoding="ascii"))
        listed = {entry["file"]: entry["sha256"] for entry in value["kept"] + value["unreadable"]}
        wrong = [f"wrong: {name}" for name, digest in listed.items() if not self._is(self.target / name, digest)]
        left = [f"left behind: {path}" for path in self.target.glob("*.part")]
        groups = {name.partition("/")[0] for name in listed} - {"singles", "unreadable"}
        return (
            wrong
            + left
            + _less({"files": str(self.files), "groups": "3"}, {"files": str(len(listed)), "groups": str(len(groups))})
        )

    def _zip(self) -> list[str]:
        return _less(self.wanted, self._hashes()) if self.target.exists() else []

    def _nothing(self) -> list[str]:
        """Lists and records are there whole, or not at all."""
        if self.task == "csv" and self.target.exists():
            return _less({"lines": str(self.files + 1)}, {"lines": str(len(self._lines()))})
        if self.task == "json" and self.target.exists():
            return _less({"files": str(self.files)}, {"files": str(len(read_json(self.target)["files"]))})
        if self.task in ("state", "scan"):
            self.run.load()
        evidence = self.root / "run" / "evidence.json"
        return self._scanned(done=False) if evidence.exists() else []

    def _lines(self) -> list[str]:
        return self.target.read_text(encoding="utf-8-sig").splitlines()

    def _state(self) -> list[str]:
        now = self.run.load()
        return self.unanswered(3) + _less({"state": "ready"}, {"state": now.state})

    def _scanned(self, done: bool = True) -> list[str]:
        gallery = _evidence(self.root / "run").gallery
        files = {file.name for file in (*gallery.photos, *gallery.unreadable)}
        files |= {other.name for photo in gallery.photos for other in photo.companions}
        there = {str(p.relative_to(self.originals)) for p in self.originals.rglob("*") if p.is_symlink() or p.is_file()}
        wrong = [f"not accounted for: {name}" for name in sorted(files ^ there)]
        return wrong + (_less({"state": "ready"}, {"state": self.run.load().state}) if done else [])


def _evidence(folder: Path) -> Evidence:
    return evidence_from_dict(read_json(folder / "evidence.json"))


def _manifest(path: Path, wanted: dict[str, str]) -> list[str]:
    """A manifest that is there says what is there."""
    if not path.exists():
        return ["no manifest"]
    value = json.loads(path.read_text(encoding="ascii"))
    listed = {entry["file"]: entry["sha256"] for entry in value["kept"] + value["unreadable"] if "file" in entry}
    return [f"false manifest: {line}" for line in _less(wanted, listed) + _less(listed, wanted)]


def _less(wanted: dict[str, str], there: dict[str, str]) -> list[str]:
    return [f"{name} is {there.get(name)}, not {value}" for name, value in wanted.items() if there.get(name) != value]


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
